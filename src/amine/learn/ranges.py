"""Scaling of features to 0..1 by a range that outliers do not stretch, and that follows a stream of samples."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

FAR = 20.0  # spreads beyond the quartiles from which on a value does not count for the range of a feature
GRID = 32  # quantiles by which the samples so far are remembered
SCALERS = ("auto", "robust", "range", "none")


class Range(nn.Module):
    """Scales each feature to 0..1 by its range, and clips what lies outside.

    Of the samples so far it keeps ``GRID`` quantiles of each feature, so that an outlier is known as one in a stream, too, even if it came first.

    Parameters
    ----------
    n : number of features. dtype : of the samples.
    robust : whether values that lie far outside all others do not count for the range: beyond the quartiles by 20 times their distance or, if
        they are the same, by 20 times the median distance of the values that differ from the median.
    shared : whether all features share one range.

    Examples
    --------
    >>> scale = Range(1, torch.float32)
    >>> scale.take(torch.tensor([[0.0], [1.0], [2.0], [3.0], [4.0], [1e4]]))
    >>> scale(torch.tensor([[1.0], [1e4]])).flatten().tolist()
    [0.25, 1.0]
    """

    low: Tensor
    high: Tensor
    grid: Tensor
    seen: Tensor

    def __init__(self, n: int, dtype: torch.dtype, *, robust: bool = True, shared: bool = False):
        super().__init__()
        self.robust, self.shared = robust, shared
        self.register_buffer("low", torch.zeros(n, dtype=dtype))
        self.register_buffer("high", torch.ones(n, dtype=dtype))
        self.register_buffer("grid", torch.zeros(GRID, 1 if shared else n, dtype=dtype))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Samples (samples, features) or (samples, steps, features) in 0..1."""
        return ((x - self.low) / self.span).clamp(0, 1)

    @property
    def span(self) -> Tensor:
        """Width of the range (features,); 1 for a feature that was constant."""
        return torch.where(self.high > self.low, self.high - self.low, 1.0)

    def take(self, x: Tensor) -> None:
        """Takes the range from samples (samples, features) and forgets earlier ones."""
        self.seen.zero_()
        self._follow(self._columns(x))

    def widen(self, x: Tensor) -> None:
        """Takes the range from these samples (samples, features) and all earlier ones."""
        self._follow(self._columns(x))

    def _columns(self, x: Tensor) -> np.ndarray:
        return x.detach().reshape(-1, 1 if self.shared else x.shape[-1]).numpy()

    def _follow(self, x: np.ndarray) -> None:
        values, weights, ends = x, np.ones(len(x)), x
        if int(self.seen):
            ends = np.concatenate([torch.stack([self.low, self.high])[:, : x.shape[1]].numpy(), x])
            weights = np.concatenate([np.full(GRID, int(self.seen) / GRID), np.ones(len(ends))])
            values = np.concatenate([self.grid.numpy(), ends])
        lower, upper = self._fence(values, weights) if self.robust else (-np.inf, np.inf)
        inside = (ends >= lower) & (ends <= upper)
        low, high = np.where(inside, ends, np.inf).min(0), np.where(inside, ends, -np.inf).max(0)
        self.low.copy_(torch.from_numpy(low).expand_as(self.low))
        self.high.copy_(torch.from_numpy(high).expand_as(self.high))
        self.grid.copy_(torch.from_numpy(_quantiles(values, weights, (np.arange(GRID) + 0.5) / GRID)))
        self.seen += len(x)

    @staticmethod
    def _fence(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest value (features,) that count for the range."""
        q1, middle, q3 = _quantiles(values, weights, np.array([0.25, 0.5, 0.75]))
        away = np.abs(values - middle)
        counted = weights[:, None] * (away > 0)
        some = counted.sum(0) > 0
        typical = _quantiles(away, np.where(some, counted, 1.0), np.array([0.5]))[0]
        spread = np.where(q3 > q1, q3 - q1, np.where(some, typical, np.inf))
        return q1 - FAR * spread, q3 + FAR * spread


def _quantiles(values: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weighted quantiles (at, features) of values (samples, features): the lower of the two nearest values where they lie between."""
    weights = np.broadcast_to(weights.reshape(len(values), -1), values.shape)
    order = np.argsort(values, 0, kind="stable")
    ordered, total = np.take_along_axis(values, order, 0), np.take_along_axis(weights, order, 0).cumsum(0)
    out = np.empty((len(at), values.shape[1]), values.dtype)
    for k, p in enumerate(at):
        wanted = p * total[-1]
        out[k] = np.take_along_axis(ordered, (total >= wanted * (1 - 1e-12)).argmax(0)[None], 0)[0]
    return out
