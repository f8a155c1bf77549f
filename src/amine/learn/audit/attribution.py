"""Attribution of a score to the input features (Captum) and to single spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from amine.learn import report
from amine.optional import optional
from amine.view.report import table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.learn.base import Estimator
    from amine.learn.data import Data, Split

SAMPLES = 60


def attribute(model: Estimator, X: np.ndarray) -> np.ndarray:
    """Share of each feature in the score of the predicted class (samples, features).

    Integrated gradients from the mean sample (Sundararajan M, Taly A, Yan Q 2017, ICML), by Captum; for spiking networks through the
    surrogate. Where a network has no automatic gradient (EventProp), features are replaced by their mean one at a time.
    """
    with optional("audit"):
        from captum.attr import FeatureAblation, IntegratedGradients

    network = model.network_.eval()
    x = torch.from_numpy(model.prepared(np.array(X))).to(model.spec_.dtype)
    base = x.mean(0, keepdim=True)
    with torch.no_grad():
        scores = network(x)
    target = scores.argmax(1) if scores.shape[1] > 1 else 0
    scale = getattr(network, "range", None)
    if scale is not None:
        base = base + 1e-4 * scale.span  # away from the edges at which the encoder clips
    if not hasattr(network, "trace"):
        return FeatureAblation(network).attribute(x, baselines=base, target=target).detach().numpy()
    method = IntegratedGradients(network)
    steps = 16 if model.spec_.spiking else 50
    return (
        method.attribute(x, baselines=base.expand_as(x), target=target, n_steps=steps, internal_batch_size=256)
        .detach()
        .numpy()
    )


def spike_saliency(model: Estimator, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spikes of the last hidden layer (steps, neurons) for one sample x (features,), and the share of each in the score of the predicted class.

    The share is the spike times the derivative of the score by it: to first order, the loss in score without the spike.
    """
    network = model.network_.eval()
    line = torch.from_numpy(model.prepared(np.array(x)[None])).to(model.spec_.dtype)
    with torch.no_grad():
        activity = network.trace(line)
    spikes = activity[-2].detach().requires_grad_()
    with torch.enable_grad():
        scores: Tensor = network.readout(network.maps[-1](spikes))
        (slope,) = torch.autograd.grad(scores[0, int(scores.argmax())], spikes)
    fired = spikes.detach()[:, 0].numpy()
    return fired, fired * slope[:, 0].numpy()


def attribution(model: Estimator, d: Data, parts: Split) -> report.Part:
    """Section of the report on attribution."""
    X = parts[2][:SAMPLES]
    shares = attribute(model, X)
    size = np.abs(shares).mean(0)
    order = np.argsort(size)[::-1][:10]
    names = d.features or [f"feature {k}" for k in range(d.X.shape[1])]
    body = [
        report.shown(
            _map(size, d, names, order), "Mean absolute share of each feature in the score of the predicted class."
        )
    ]
    if len(d.shape) != 2:
        body.append(table(("Feature", "Share"), [(names[k], f"{size[k]:.3g}") for k in order], numbers=1))
    if model.spec_.spiking and hasattr(model.network_, "trace"):
        fired, share = spike_saliency(model, X[0])
        body.append(
            report.shown(
                _spikes(fired, share),
                "Spikes of the last hidden layer for one sample, coloured by their share in the score: positive (blue) or negative (orange).",
            )
        )
    return {"strongest_features": [str(names[k]) for k in order[:3]]}, "Attribution", body


def _map(size: np.ndarray, d: Data, names: Sequence[str], order: np.ndarray) -> Figure:
    if len(d.shape) == 2:
        fig, axes = figure(4, 3.4)
        fig.colorbar(axes[0, 0].imshow(size.reshape(d.shape), cmap="viridis", aspect="auto"), ax=axes[0, 0])
        return fig
    fig, axes = figure(6, 3)
    axes[0, 0].barh([str(names[k])[:28] for k in order][::-1], size[order][::-1], color=colour(0))
    axes[0, 0].set(xlabel="share")
    return fig


def _spikes(fired: np.ndarray, share: np.ndarray) -> Figure:
    fig, axes = figure(6, 3)
    t, n = np.nonzero(fired)
    s = share[t, n]
    top = max(float(np.abs(s).max(initial=0.0)), 1e-12)
    axes[0, 0].scatter(t, n, s=4 + 26 * np.abs(s) / top, c=np.where(s >= 0, colour(0), colour(1)), lw=0)
    axes[0, 0].set(xlabel="step", ylabel="neuron")
    axes[0, 0].locator_params(axis="x", integer=True)
    return fig
