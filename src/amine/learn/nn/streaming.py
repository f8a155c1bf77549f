"""A network that is given a stream, step by step or piece by piece, and keeps its states itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn.scanned import detach
from amine.learn.nn.sequential import Sequential, scores

if TYPE_CHECKING:
    from amine.learn.nn.sequential import LayerState


@constructor
class Stream:
    """A network with its states, for streams and truncated backpropagation.

    Parameters
    ----------
    net : a :class:`Sequential`, which is used and not copied.

    Raises
    ------
    AmineError
        If it is something else, or the number of samples changes without a reset.

    Examples
    --------
    >>> import torch
    >>> from amine.learn import nn as ann
    >>> net = ann.Sequential(ann.Linear(3, 4), ann.Neurons("lif", 4))
    >>> stream, x = ann.Stream(net), torch.rand(6, 2, 3)
    >>> steps = torch.stack([stream.step(now) for now in x])
    >>> torch.equal(steps, net(x)[0])
    True
    """

    def __init__(self, net: Sequential):
        if not isinstance(net, Sequential):
            raise AmineError("Stream", "this is not a Sequential of amine", given=type(net).__name__)
        self.net = net
        self.states: list[LayerState] | None = None
        self._batch: int | None = None
        self._scores = False  # whether the network ends with scores that have no axis of time

    def reset(self) -> None:
        """Forgets the states: what comes next starts at time zero."""
        self.states = self._batch = None

    def step(self, x: torch.Tensor) -> Any:
        """Output of one step ``[batch, ...]``; a read-out gives its scores of all steps so far."""
        if self.states is None:
            self._scores = scores(self.net)
        y = self.feed(x[None])
        return y if self._scores else y[0]

    def feed(self, x: torch.Tensor) -> Any:
        """Output of a piece ``[time, batch, ...]``, which continues the last one; gradients do not reach the pieces before."""
        if self._batch is not None and x.shape[1] != self._batch:
            raise AmineError(
                "Stream",
                "the number of samples has changed",
                given=str(x.shape[1]),
                expected=str(self._batch),
                hint="call reset() first",
            )
        self._batch = x.shape[1]
        y, self.states = self.net(x, None if self.states is None else detach(self.states))
        return y


__all__ = ["Stream"]
