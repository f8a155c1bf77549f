"""Type of the context that torch passes to the forward and backward halves of a custom differentiable function."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class Context(Protocol):
    """Context of one call; subclasses declare the attributes that a function keeps for its backward pass."""

    needs_input_grad: tuple[bool, ...]  # one entry for each argument of forward

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to :meth:`save_for_backward`, or None."""
        ...

    def save_for_backward(self, *tensors: torch.Tensor | None) -> None:
        """Keeps tensors for the backward pass."""
        ...

    def mark_non_differentiable(self, *tensors: torch.Tensor) -> None:
        """Marks outputs through which no gradient flows."""
        ...

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients arrive as zeros (True) or as None."""
        ...
