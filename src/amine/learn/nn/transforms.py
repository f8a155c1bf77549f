"""How a module is called: as usual, inside a transform of torch.func, or where only shapes are known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import torch
from torch import nn

P = ParamSpec("P")


def transformed() -> bool:
    """Whether a transform of ``torch.func`` (grad, vmap and so on) is active, in which tensors have no memory that a kernel could read."""
    return torch._C._are_functorch_transforms_active()


def as_operator(x: torch.Tensor) -> bool:
    """Whether a scan is one operator of PyTorch's, of which only shapes are computed: in ``torch.compile``, ``torch.export``, on ``meta``."""
    return torch.compiler.is_compiling() or x.is_meta


def autocasting(x: torch.Tensor) -> bool:
    """Whether autocast is on for the device of a tensor, which ``meta`` does not know."""
    return not x.is_meta and torch.is_autocast_enabled(x.device.type)


def without_autocast(x: torch.Tensor) -> AbstractContextManager[Any]:
    """A context in which the precision of tensors is as given."""
    return nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False)


def on_cpu_first(init: Callable[Concatenate[Any, P], None]) -> Callable[Concatenate[Any, P], None]:
    """Decorator of a module's ``__init__`` that looks at values: it runs on the CPU, and the module goes to PyTorch's default device then.

    >>> class Two(nn.Module):
    ...     @on_cpu_first
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.two = nn.Parameter(torch.tensor([2.0][: int(torch.ones(1))]))
    >>> with torch.device("meta"):
    ...     Two().two.device
    device(type='meta')
    """

    @wraps(init)
    def first(self: nn.Module, *args: P.args, **kwargs: P.kwargs) -> None:
        device = torch.get_default_device()
        if device.type == "cpu":
            return init(self, *args, **kwargs)
        with torch.device("cpu"):
            init(self, *args, **kwargs)
        self.to(device)

    return first


__all__ = ["as_operator", "autocasting", "on_cpu_first", "transformed", "without_autocast"]
