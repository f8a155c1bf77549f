"""Training with differential privacy (Opacus): how much accuracy it costs that no single sample can be told from the model."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.base import clone

from amine.errors import AmineError
from amine.learn import report, training
from amine.view.report import table

if TYPE_CHECKING:
    from amine.learn.base import Estimator
    from amine.learn.data import Data


def private(
    model: Estimator,
    X: np.ndarray,
    y: np.ndarray,
    *,
    noise: float = 1.0,
    norm: float = 1.0,
    epochs: int = 20,
    batch: int = 64,
    delta: float | None = None,
) -> tuple[Any, float]:
    """A new model of the same kind, trained by noisy gradients of single samples (DP-SGD), and its epsilon.

    Abadi M et al. (2016) CCS; Yousefpour A et al. (2021) Opacus, arXiv:2109.12298.

    Parameters
    ----------
    model : an estimator with rate neurons and ``rule="backprop"``; its arguments are taken over.
    noise : standard deviation of the noise, in units of ``norm``. norm : to which each sample's gradient is cut.
    delta : probability that the bound fails; None for 1/samples.

    Raises
    ------
    AmineError
        If the network can't be trained so, and why.
    """
    if getattr(model.rule, "name", model.rule) != "backprop" or model.spec_.spiking:
        raise AmineError(
            "private()", "gradients of single samples are needed", expected="rate neurons and rule='backprop'"
        )
    from opacus import PrivacyEngine

    fresh: Any = clone(model)
    new = fresh.set_params(epochs=1, optimizer="sgd", rate=1e-9, progress=False).fit(X, y)
    new._start(*new._check_data(X, y, reset=True))
    x, target = new._tensors_of(X, new._check_data(X, y, reset=False)[1])
    opt = torch.optim.SGD(new.network_.parameters(), lr=0.5)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, target), batch_size=min(batch, len(x)))
    generator = torch.Generator().manual_seed(int(new.seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine = PrivacyEngine(accountant="rdp")
        made: Any = engine.make_private(
            module=new.network_.train(),
            optimizer=opt,
            data_loader=loader,
            noise_multiplier=noise,
            max_grad_norm=norm,
            noise_generator=generator,
        )
        network, opt, loader = made
        with training.few_threads(0):
            for _ in range(epochs):
                for xb, yb in loader:
                    if len(xb) == 0:
                        continue
                    opt.zero_grad()
                    new._learner.loss(network(xb), yb).backward()
                    opt.step()
        epsilon = engine.get_epsilon(delta or 1 / len(x))
    new.network_ = network._module
    for p in new.network_.parameters():
        vars(p).pop("grad_sample", None)
    network.remove_hooks()
    return new, float(epsilon)


def privacy(model: Estimator, d: Data, parts: Any) -> tuple[dict[str, Any], str, list[str]]:
    """The part of the report on what privacy would cost."""
    a, b, c, e = parts
    rows, summary = [("none", "∞", f"{model.score(c, e):.4f}")], {}
    try:
        for noise in (0.6, 1.5):
            new, epsilon = private(model, a, b, noise=noise)
            score = float(new.score(c, e))
            rows.append((f"{noise:g}", f"{epsilon:.2f}", f"{score:.4f}"))
            summary[f"private_noise_{noise:g}"] = {"epsilon": epsilon, "score": score}
    except AmineError as problem:
        return {}, "Differential privacy", [report.paragraph(f"Not tried: {problem.problem} ({problem.expected}).")]
    body = [
        report.paragraph(
            f"The same network trained by noisy gradients of single samples. Delta is 1/{len(a)}; this model itself was trained without such noise and promises nothing."
        ),
        table(("Noise", "Epsilon", "Held out"), rows, numbers=1),
    ]
    return summary, "Differential privacy", body
