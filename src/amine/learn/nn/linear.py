"""A dense layer that exploits the sparseness of spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn import memory
from amine.learn.nn.context import Context
from amine.learn.nn.neurons import sequence
from amine.learn.nn.once import link, once
from amine.learn.nn.shapes import floating, same_kind
from amine.learn.nn.sparse import FORWARD, GRADIENT, Events, forward, weights
from amine.learn.nn.transforms import as_operator, autocasting, transformed

if TYPE_CHECKING:
    from amine.learn.given import Device, Sequenced

FEW = 16  # rows below which a dense product takes less time than to transpose the matrix


@constructor
class Linear(nn.Linear):
    """Same as ``torch.nn.Linear``, for inputs ``[time, batch, in]`` that are mostly zero.

    Each call counts the nonzero entries. If they are few, the product and the gradient of the weights are sums
    of rows of the matrix, otherwise, and for less than 16 rows, PyTorch's. Spikes may be booleans or whole numbers. Under autocast the product is PyTorch's.

    Parameters
    ----------
    in_features, out_features, bias : as in PyTorch.
    sparse : whether sums of rows are used; None to choose by the density of nonzero entries.

    Examples
    --------
    >>> import torch
    >>> layer = Linear(5, 3)
    >>> layer(torch.zeros(4, 2, 5)).shape
    torch.Size([4, 2, 3])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Device | None = None,
        dtype: torch.dtype | None = None,
        *,
        sparse: bool | None = None,
    ):
        super().__init__(in_features, out_features, bias, device, dtype)
        self.sparse = sparse

    def forward(self, input: Sequenced) -> torch.Tensor:
        """The product ``[time, batch, out]``; of the output (spikes, state) of neurons, the spikes are taken."""
        if self._single(input):
            return super().forward(input)  # type: ignore[arg-type]  # a tensor
        given = sequence(input)
        x = floating(given, "Linear, input")
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise AmineError(
                "Linear, input",
                "the last axis does not fit the number of inputs",
                given=str(tuple(x.shape)) if x.ndim == 0 else str(x.shape[-1]),
                expected=str(self.in_features),
            )
        if x is not given:
            x = x.to(self.weight.dtype)
        if autocasting(x):
            return super().forward(x)
        same_kind(x, self.weight, "Linear")
        if not self.sparse and x.numel() < FEW * self.in_features and not torch.compiler.is_compiling():
            return super().forward(x)
        if self.sparse is False or x.device.type != "cpu" or x.dtype not in (torch.float32, torch.float64):
            return super().forward(x)
        if x.numel() == 0 or transformed():
            return super().forward(x)
        if as_operator(x):
            return torch.ops.amine.product(x, self.weight, self.bias, self.sparse)
        events = Events(x.detach().contiguous().numpy().reshape(-1, self.in_features))
        if not self.sparse and events.density >= FORWARD:
            return super().forward(x)
        few = bool(self.sparse) or events.density < GRADIENT
        return _Product.apply(x, self.weight, self.bias, events, few, link(x) if few else None)

    def _single(self, x: object) -> bool:
        """Whether an input needs neither checks nor sums of rows: a few rows of the weights' kind."""
        if type(x) is not torch.Tensor or self.sparse or torch.compiler.is_compiling():
            return False
        w = self.weight
        if x.dtype is not w.dtype or x.device != w.device or x.layout is not torch.strided or x.ndim == 0:
            return False
        return x.shape[-1] == self.in_features and x.numel() < FEW * self.in_features


def product(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """The product of spikes ``[time, batch, in]`` and a weight ``[out, in]`` as sums of rows, whose order depends on no other sample.

    >>> product(torch.eye(2)[:, None], torch.tensor([[1.0, 2.0]]), None).flatten().tolist()
    [1.0, 2.0]
    """
    events = Events(x.detach().contiguous().numpy().reshape(-1, x.shape[-1]))
    return _Product.apply(x, weight, bias, events, True, link(x))  # type: ignore[return-value]


class _ProductContext(Context, Protocol):
    events: Events | None  # None if the gradient of the weights is a dense product


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: _ProductContext,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        e: Events,
        sparse_gradient: bool,
        linked: torch.Tensor | None,  # of the input, where that is not kept
    ) -> torch.Tensor:
        e.listed(x.detach().contiguous().numpy().reshape(e.shape))
        y = forward(e, weight.detach().contiguous().numpy(), None if bias is None else bias.detach().numpy())
        ctx.events = e if sparse_gradient else None
        ctx.save_for_backward(weight, linked, *([] if sparse_gradient else [x]))
        return torch.from_numpy(
            y.reshape(*x.shape[:-1], weight.shape[0])
        )  # no view, which could not be changed in place

    @staticmethod
    @once("Linear", "make it with sparse=False, for PyTorch's own product")
    def backward(ctx: _ProductContext, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        weight, _, *dense = ctx.saved_tensors
        g = grad.contiguous().reshape(-1, grad.shape[-1])
        gx = None
        if ctx.needs_input_grad[0]:
            room = memory.empty((len(g), weight.shape[1]), g.detach().numpy().dtype)
            gx = torch.mm(g.detach(), weight.detach(), out=torch.from_numpy(room)).reshape(*grad.shape[:-1], -1)
        gw = None
        if ctx.needs_input_grad[1] and dense:
            gw = g.t() @ dense[0].reshape(-1, weight.shape[1])
        elif ctx.needs_input_grad[1] and ctx.events is not None:
            gw = torch.from_numpy(weights(ctx.events, g.detach().numpy()))
        gb = g.sum(0) if ctx.needs_input_grad[2] else None
        return gx, gw, gb, None, None, None


# --- as an operator -----------------------------------------------------------------------------------------------------


def _events(x: torch.Tensor) -> Events:
    return Events(x.detach().contiguous().numpy().reshape(-1, x.shape[-1]))


@torch.library.custom_op("amine::product", mutates_args=())
def _operator(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, sparse: bool | None) -> torch.Tensor:
    """The same choice and sums, as one node of a graph."""
    e = _events(x)
    if not sparse and (len(e.masks) < FEW or e.density >= FORWARD):
        return nn.functional.linear(x, weight, bias)
    e.listed(x.detach().contiguous().numpy().reshape(e.shape))
    y = forward(e, weight.detach().contiguous().numpy(), None if bias is None else bias.detach().numpy())
    return torch.from_numpy(y).reshape(*x.shape[:-1], weight.shape[0])


@_operator.register_fake
def _(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, sparse: bool | None) -> torch.Tensor:
    return x.new_empty(*x.shape[:-1], weight.shape[0])


@torch.library.custom_op("amine::product_weights", mutates_args=())
def _weights(x: torch.Tensor, g: torch.Tensor, sparse: bool | None) -> torch.Tensor:
    """Gradient of the weights [out, in]."""
    e, rows = _events(x), g.detach().contiguous().reshape(-1, g.shape[-1])
    if not sparse and e.density >= GRADIENT:
        return rows.t() @ x.reshape(-1, x.shape[-1])
    e.listed(x.detach().contiguous().numpy().reshape(e.shape))
    return torch.from_numpy(weights(e, rows.numpy()))


@_weights.register_fake
def _(x: torch.Tensor, g: torch.Tensor, sparse: bool | None) -> torch.Tensor:
    return x.new_empty(g.shape[-1], x.shape[-1])


def _keep(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
    x, weight, bias, ctx.sparse = inputs
    ctx.save_for_backward(x, weight)


def _back(ctx: Any, g: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
    x, weight = ctx.saved_tensors
    gx = g @ weight if ctx.needs_input_grad[0] else None
    gw = torch.ops.amine.product_weights(x, g, ctx.sparse) if ctx.needs_input_grad[1] else None
    gb = g.reshape(-1, g.shape[-1]).sum(0) if ctx.needs_input_grad[2] else None
    return gx, gw, gb, None


_operator.register_autograd(_back, setup_context=_keep)
