"""Neurons with recurrent connections."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn.described import Described
from amine.learn.nn.neurons import Neurons, State

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.learn.given import Drive


@constructor
class Recurrent(Described):
    """Neurons with learned connections among themselves; a spike arrives in the next step.

    Parameters
    ----------
    neurons : a :class:`Neurons` module. n : their number, for a check; None: not checked.
    weight : initial weights ``[to, from]`` in the unit of the neurons' drive; None: uniform within 1/sqrt(n).
    autapses : whether neurons may connect to themselves; if not, these weights stay zero.

    Raises
    ------
    AmineError
        If the neurons do not spike, ``n`` is not their number, or the weights do not fit.

    Examples
    --------
    >>> import torch
    >>> from amine.learn import nn as ann
    >>> layer = ann.Recurrent(ann.Neurons("lif", 8))
    >>> layer(torch.rand(10, 2, 8))[0].shape
    torch.Size([10, 2, 8])
    """

    def __init__(
        self,
        neurons: Neurons,
        n: int | None = None,
        *,
        weight: torch.Tensor | npt.ArrayLike | None = None,
        autapses: bool = True,
    ):
        super().__init__()
        if not isinstance(neurons, Neurons) or not neurons.code.SPIKES:
            raise AmineError("Recurrent", "it needs neurons that spike", given=repr(neurons)[:60])
        if neurons.any:
            raise AmineError("Recurrent", "the number of its neurons is open", hint="give Neurons(model, n)")
        if n is not None and n != neurons.n:
            raise AmineError(
                "Recurrent, n", "it is not the number of its neurons", given=str(n), expected=str(neurons.n)
            )
        n = neurons.n
        if weight is None:
            weight = torch.empty(n, n).uniform_(-1 / math.sqrt(n), 1 / math.sqrt(n))
        weight = torch.as_tensor(weight).detach().clone()
        if tuple(weight.shape) != (n, n):
            raise AmineError(
                "Recurrent, weight", "the shape is wrong", given=str(tuple(weight.shape)), expected=f"({n}, {n})"
            )
        self.neurons: Neurons = neurons
        self.autapses = autapses
        self.weight = nn.Parameter(weight)

    def described(self) -> dict[str, Any]:
        """Whether neurons connect to themselves."""
        return {"autapses": self.autapses}

    @property
    def n(self) -> int:
        """Number of neurons."""
        return self.neurons.n

    def matrix(self) -> torch.Tensor:
        """The effective weights ``[to, from]``: without autapses, the diagonal is zero."""
        return self.weight if self.autapses else self.weight - torch.diag(self.weight.diagonal())

    def forward(self, current: Drive, state: State | None = None, returns: str = "spikes") -> tuple[Any, State]:
        """Same as :meth:`Neurons.forward`; the state also holds the spikes of the last step."""
        return self.neurons.advance(self.neurons.inputs(current), state, returns, self.matrix())
