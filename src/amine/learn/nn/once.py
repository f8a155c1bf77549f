"""Functions whose gradients cannot be differentiated again, and say so wherever that is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from amine.errors import AmineError
from amine.learn.nn.context import Context


def link(*tensors: torch.Tensor | None) -> torch.Tensor | None:
    """A tensor without entries that depends on all given ones; None if no gradient is wanted.

    A function that is given it, and saves it, can connect its gradients to its inputs without keeping them in memory.

    >>> link(torch.ones(3, requires_grad=True), torch.ones(2)).shape
    torch.Size([0])
    """
    if not torch.is_grad_enabled():
        return None
    wanted = [t.reshape(-1)[:0].float() for t in tensors if t is not None and t.requires_grad]
    return torch.cat(wanted) if wanted else None


class _Refusal(torch.autograd.Function):
    """Hands tensors on; whoever asks for the gradients of these is refused."""

    generate_vmap_rule = True

    @staticmethod
    def forward(place: str, hint: str, n: int, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(t.view_as(t) for t in tensors[:n])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[torch.Tensor, ...]) -> None:
        ctx.refusal = inputs[:2]

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> None:
        place, hint = ctx.refusal
        raise AmineError(place, "its gradient cannot be differentiated twice", hint=hint)


def once(place: str, hint: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of the backward half of a function: a gradient of its gradients is refused.

    Torch's own ``once_differentiable`` refuses only if a gradient that arrives has a history itself; otherwise the second derivatives are
    missing without a word, and with ``allow_unused=True`` they are None. Here the gradients are connected to all saved tensors.

    Parameters
    ----------
    place : names the function. hint : another way to second derivatives.
    """

    def decorate(backward: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(ctx: Context, *gradients: torch.Tensor | None) -> Any:
            with torch.no_grad():
                found = backward(ctx, *gradients)
            if not torch.is_grad_enabled():
                return found
            out = [t for t in found if t is not None]
            sources = [t for t in (*ctx.saved_tensors, *gradients) if t is not None and t.requires_grad]
            linked = iter(_Refusal.apply(place, hint, len(out), *out, *sources) if sources else out)  # type: ignore[arg-type]
            return tuple(None if t is None else next(linked) for t in found)

        return refusing

    return decorate
