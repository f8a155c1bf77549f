"""Losses as the mean over a batch, stable for extreme scores, and the predictions that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor

LOSSES = ("cross_entropy", "mse")


class Loss:
    """The mean loss of a batch as a function of the scores that the network gives.

    Parameters
    ----------
    kind : ``cross_entropy`` or ``mse``.
    task : ``regression``, ``binary`` (one score a sample), ``classes`` (one score a class) or ``labels`` (one score for each label, of which any may hold).
    weights : weight of each class, or None.

    Notes
    -----
    For two classes cross-entropy is the log-loss, computed from the score s as ``log(1 + exp(s)) - y s`` without overflow, so that the
    logarithm of zero never appears. ``mse`` compares probabilities with 0 and 1, or a regression's outputs with its targets.

    Examples
    --------
    >>> Loss("cross_entropy", "binary")(torch.tensor([[-1000.0]]), torch.tensor([[1.0]])).item()
    1000.0
    """

    def __init__(self, kind: str, task: str, weights: Tensor | None = None):
        self.kind, self.task, self.weights = kind, task, weights
        self.samples: Tensor | None = None  # weight of each sample of the batch, or None

    @contextmanager
    def weighing(self, samples: Tensor | None) -> Iterator[None]:
        """Context in which each sample of the batch has a weight (samples,)."""
        self.samples = samples
        try:
            yield
        finally:
            self.samples = None

    def __call__(self, scores: Tensor, target: Tensor) -> Tensor:
        each = self.each(scores, target)
        if self.weights is not None:
            classes = target[:, 0].long() if self.task == "binary" else target
            each = each * self.weights[classes]
        return each.mean() if self.samples is None else (each * self.samples).mean()

    def each(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of each sample."""
        if self.kind == "cross_entropy":
            if self.task == "binary":
                return (torch.logaddexp(scores, torch.zeros_like(scores)) - target * scores)[:, 0]
            if self.task == "labels":
                return F.binary_cross_entropy_with_logits(scores, target, reduction="none").mean(1)
            return F.cross_entropy(scores, target, reduction="none")
        wanted = F.one_hot(target, scores.shape[1]).to(scores.dtype) if self.task == "classes" else target
        return (self.prediction(scores) - wanted).square().mean(1)

    def prediction(self, scores: Tensor) -> Tensor:
        """Probabilities, or the values of a regression."""
        if self.task in ("binary", "labels"):
            return torch.sigmoid(scores)
        return torch.softmax(scores, 1) if self.task == "classes" else scores

    def error(self, scores: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and its derivative by the scores."""
        with torch.enable_grad():
            leaf = scores.detach().requires_grad_()
            value = self(leaf, target)
            (gradient,) = torch.autograd.grad(value, leaf)
        return value.detach(), gradient
