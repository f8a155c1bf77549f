"""Training with differential privacy (Opacus): the accuracy lost if no single sample may be recognisable from the model."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.base import clone

from amine.errors import AmineError
from amine.learn import report, training
from amine.optional import optional
from amine.view.report import table

if TYPE_CHECKING:
    from torch import nn

    from amine.learn.data import Data, Split
    from amine.learn.estimators import Classifier
    from amine.learn.losses import Loss


def private(
    model: Classifier,
    X: np.ndarray,
    y: np.ndarray,
    *,
    noise: float = 1.0,
    norm: float = 1.0,
    epochs: int = 20,
    batch: int = 64,
    delta: float | None = None,
) -> tuple[Classifier, float]:
    """A new model of the same kind, trained with noisy gradients of single samples (DP-SGD), and its epsilon.

    Abadi M et al. (2016) CCS; Yousefpour A et al. (2021) Opacus, arXiv:2109.12298.

    Parameters
    ----------
    model : an estimator with rate neurons and ``rule="backprop"``, whose arguments are used.
    noise : standard deviation of the noise, in units of ``norm``. norm : greatest norm of a sample's gradient, which is clipped to it.
    epochs, batch : number of passes, and of samples per update. delta : probability that the bound fails; None for 1/samples.

    Raises
    ------
    AmineError
        If the network can't be trained like this; the message gives the reason.
    """
    if getattr(model.rule, "name", model.rule) != "backprop" or model.spec_.spiking:
        raise AmineError(
            "private()", "gradients of single samples are needed", expected="rate neurons and rule='backprop'"
        )
    with optional("audit"):
        from opacus import PrivacyEngine

    fresh: Any = clone(model)
    new = fresh.set_params(epochs=1, optimizer="sgd", rate=1e-9, progress=False).fit(X, y)
    new._start(*new._check_data(X, y, reset=True))
    x, target, _ = new._tensors_of(X, new._check_data(X, y, reset=False)[1])
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, target), batch_size=min(batch, len(x)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine = PrivacyEngine(accountant="rdp")
        made: Any = engine.make_private(
            module=new.network_.train(),
            optimizer=torch.optim.SGD(new.network_.parameters(), lr=0.5),
            data_loader=loader,
            noise_multiplier=noise,
            max_grad_norm=norm,
            noise_generator=torch.Generator().manual_seed(new.seed_),
        )
        network, opt, batches = made
        _train(network, new._learner.loss, opt, batches, epochs)
        epsilon = engine.get_epsilon(delta or 1 / len(x))
    new.network_ = network._module
    for p in new.network_.parameters():
        vars(p).pop("grad_sample", None)
    network.remove_hooks()
    return new, float(epsilon)


def _train(
    network: nn.Module,
    loss: Loss,
    opt: torch.optim.Optimizer,
    batches: Iterable[tuple[torch.Tensor, torch.Tensor]],
    epochs: int,
) -> None:
    """Gradient descent over the batches; those that random sampling leaves empty are skipped."""
    with training.few_threads(0):
        for _ in range(epochs):
            for x, target in batches:
                if len(x) == 0:
                    continue
                opt.zero_grad()
                loss(network(x), target).backward()
                opt.step()


def privacy(model: Classifier, d: Data, parts: Split) -> report.Part:
    """Section of the report on the cost of privacy in accuracy."""
    a, b, c, e = parts
    rows, summary = [("none", "∞", f"{model.score(c, e):.4f}")], {}
    try:
        for noise in (0.6, 1.5):
            new, epsilon = private(model, a, b, noise=noise)
            score = float(new.score(c, e))
            rows.append((f"{noise:g}", f"{epsilon:.2f}", f"{score:.4f}"))
            summary[f"private_noise_{noise:g}"] = {"epsilon": epsilon, "score": score}
    except AmineError as problem:
        return {}, "Differential privacy", [report.paragraph(f"Not tested: {problem.problem} ({problem.expected}).")]
    body = [
        report.paragraph(
            f"The same network trained with noisy gradients of single samples. Delta is 1/{len(a)}; the audited model was trained without noise and gives no such guarantee."
        ),
        table(("Noise", "Epsilon", "Held out"), rows, numbers=1),
    ]
    return summary, "Differential privacy", body
