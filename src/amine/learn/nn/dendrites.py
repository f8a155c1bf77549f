"""Neurons with dendritic branches: each branch sums its synapses and responds like a thin dendrite with NMDA receptors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import nn

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn.context import Context
from amine.learn.nn.described import Described
from amine.learn.nn.once import once
from amine.learn.nn.shapes import floating, same_kind
from amine.learn.nn.transforms import as_operator, autocasting, on_cpu_first

# a branch at rest at -65 mV, synapses that reverse at 0 mV, the magnesium block of Jahr & Stevens (1990) at 1 mM
E_L, E_SYN, MG, SLOPE = -65.0, 0.0, 1.0 / 3.57, 0.062


@njit(nogil=True, cache=True)
def _steady(g, ratio, v, slope):
    """Writes voltages v and derivatives dv/dg; by Newton's method with bounds from rest, which finds the lower of two stable voltages."""
    for i in range(g.size):
        if math.isnan(g[i] - g[i]):  # nor is the voltage finite
            v[i] = slope[i] = math.nan
            continue
        low, high, x = E_L, E_SYN, E_L
        for _ in range(60):
            block = 1 / (1 + MG * math.exp(-SLOPE * x))
            f = (x - E_L) - g[i] * (1 + ratio * block) * (E_SYN - x)
            d = 1 + g[i] * (1 + ratio * block) - g[i] * ratio * SLOPE * block * (1 - block) * (E_SYN - x)
            low, high = (x, high) if f < 0 else (low, x)
            new = x - f / d if d > 0 else 0.5 * (low + high)
            new = new if low <= new <= high else 0.5 * (low + high)
            done = abs(new - x) < 1e-9
            x = new
            if done:
                break
        block = 1 / (1 + MG * math.exp(-SLOPE * x))
        d = 1 + g[i] * (1 + ratio * block) - g[i] * ratio * SLOPE * block * (1 - block) * (E_SYN - x)
        v[i], slope[i] = x, (1 + ratio * block) * (E_SYN - x) / max(d, 1e-3)


def _solved(g: torch.Tensor, ratio: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Voltage as a fraction of the synapses' driving force at rest, and its derivative by g."""
    given = g.detach().to("cpu", torch.float64).contiguous().numpy()
    v, slope = np.empty(given.size), np.empty(given.size)
    _steady(given.ravel(), ratio, v, slope)
    span = E_SYN - E_L
    return torch.from_numpy((v.reshape(given.shape) - E_L) / span).to(g), torch.from_numpy(
        slope.reshape(given.shape) / span
    ).to(g)


class _Branch(torch.autograd.Function):
    """Steady voltage of a branch for the synaptic conductance g (in units of its leak), as a fraction of the synapses' driving force at rest.

    (v - E_L) = g (1 + r B(v)) (E - v), with B the magnesium block; the gradient is that of the implicit function.
    """

    @staticmethod
    def forward(g: torch.Tensor, ratio: float) -> tuple[torch.Tensor, torch.Tensor]:
        return _solved(g, ratio)

    @staticmethod
    def setup_context(
        ctx: Context, inputs: tuple[torch.Tensor, float], output: tuple[torch.Tensor, torch.Tensor]
    ) -> None:
        ctx.save_for_backward(output[1], inputs[0])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def vmap(info: object, dims: tuple[int, None], g: torch.Tensor, ratio: float) -> tuple[Any, Any]:
        """Every branch is solved by itself, so a batch of them is one larger tensor."""
        return _Branch.apply(g, ratio), (dims[0], dims[0])

    @staticmethod
    @once("Dendrites", "take first derivatives only, or finite differences of them")
    def backward(ctx: Context, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradients[0] * ctx.saved_tensors[0], None


@torch.library.custom_op("amine::branch", mutates_args=())
def _operator(g: torch.Tensor, ratio: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The same as one node of a graph."""
    return _solved(g, ratio)


@_operator.register_fake
def _(g: torch.Tensor, ratio: float) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.empty_like(g), torch.empty_like(g)


def _keep(ctx: Context, inputs: tuple[torch.Tensor, float], output: tuple[torch.Tensor, torch.Tensor]) -> None:
    ctx.save_for_backward(output[1])


def _back(ctx: Context, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
    return gradients[0] * ctx.saved_tensors[0], None


_operator.register_autograd(_back, setup_context=_keep)


def branch_response(g: torch.Tensor, ratio: float = 8.0) -> torch.Tensor:
    """Response of a branch, 0 at rest and 1 at the synapses' reversal, to a conductance ``g`` in units of its leak.

    ``ratio`` is NMDA over AMPA conductance: 0 gives a saturating branch without threshold, about 10 and more a jump.

    >>> branch_response(torch.tensor([0.0, 0.1, 1.0], dtype=torch.float64)).numpy().round(3).tolist()
    [0.0, 0.156, 0.865]
    """
    made: Any = torch.ops.amine.branch(g, float(ratio)) if as_operator(g) else _Branch.apply(g, float(ratio))
    return made[0]


@constructor
class Dendrites(Described):
    """A layer of neurons with ``branches`` dendrites each.

    The synaptic conductance of a branch is the softplus of the sum of its weighted inputs; its response is that of a thin
    dendrite with AMPA and NMDA receptors in the steady state: weak, then steep, then saturated
    (Poirazi P, Brannon T, Mel BW (2003) Neuron 37:989-999). The soma sums its branches.

    Parameters
    ----------
    in_features, out_features : as in ``torch.nn.Linear``.
    branches : number of dendrites of each neuron.
    synapses : number of inputs of each branch, drawn at random once; None: all inputs reach every branch.
    ratio : NMDA over AMPA conductance; 0 is a branch without NMDA.
    linear : whether branches only sum their inputs, as in a point neuron: the control.
    seed : seed of the choice of inputs.

    Raises
    ------
    AmineError
        If a number is out of range.

    Examples
    --------
    >>> layer = Dendrites(64, 10, branches=8, synapses=8)
    >>> sum(p.numel() for p in layer.parameters()), layer(torch.zeros(5, 64)).shape
    (810, torch.Size([5, 10]))
    """

    @on_cpu_first
    def __init__(
        self,
        in_features: int,
        out_features: int,
        branches: int = 4,
        *,
        synapses: int | None = None,
        ratio: float = 8.0,
        linear: bool = False,
        seed: int = 0,
    ):
        super().__init__()
        for name, x in (("in_features", in_features), ("out_features", out_features), ("branches", branches)):
            if not isinstance(x, int) or x < 1:
                raise AmineError(f"Dendrites, {name}", "this is not a number of at least 1", given=repr(x))
        k = in_features if synapses is None else synapses
        if not isinstance(k, int) or not 1 <= k <= in_features:
            raise AmineError(
                "Dendrites, synapses", "the number is out of range", given=repr(k), expected=f"1..{in_features}"
            )
        if not 0 <= ratio <= 12:
            raise AmineError("Dendrites, ratio", "the number is out of range", given=repr(ratio), expected="0..12")
        self.in_features, self.out_features, self.branches, self.ratio, self.linear = (
            in_features,
            out_features,
            branches,
            ratio,
            linear,
        )
        draw = torch.Generator().manual_seed(seed)
        n = out_features * branches
        order = torch.stack([torch.randperm(in_features, generator=draw)[:k] for _ in range(n)])
        self.register_buffer("inputs", order.reshape(out_features, branches, k))
        self.weight = nn.Parameter(torch.randn(out_features, branches, k, generator=draw) * (1.5 / k**0.5))
        self.threshold = nn.Parameter(torch.full((out_features, branches), 2.0))
        self.strength = nn.Parameter(torch.randn(out_features, branches, generator=draw) * (2.0 / branches**0.5))
        self.bias = nn.Parameter(torch.zeros(out_features))

    def described(self) -> dict[str, Any]:
        """Ratio of conductances, and whether branches are linear."""
        return {"ratio": float(self.ratio), "linear": bool(self.linear)}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Somatic drive [..., out] for inputs [..., in]."""
        return (self.respond(x) * self.strength).sum(-1) + self.bias

    def respond(self, x: torch.Tensor) -> torch.Tensor:
        """Response of each branch [..., out, branches]."""
        inputs: Any = self.inputs
        x = floating(x, "Dendrites, input")
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            given, expected = str(tuple(x.shape)), f"[..., {self.in_features}]"
            raise AmineError(
                "Dendrites, input", "the last axis does not fit the number of inputs", given=given, expected=expected
            )
        if not autocasting(x):
            same_kind(x, self.weight, "Dendrites")
        if inputs.shape[-1] == self.in_features:
            full = torch.zeros_like(self.weight).scatter(2, inputs, self.weight)
            total = torch.einsum("...i,obi->...ob", x, full)
        else:
            total = (x[..., inputs] * self.weight).sum(-1)
        if self.linear:
            return total - self.threshold
        return branch_response(nn.functional.softplus(total - self.threshold), self.ratio)


__all__ = ["Dendrites", "branch_response"]
