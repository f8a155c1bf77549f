"""Surrogate derivatives, in place of the derivative of a spike by the margin to the threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import torch

from amine.equations.expression import parse_expression
from amine.equations.symbols import NONE
from amine.errors import AmineError, did_you_mean
from amine.learn.nn.context import Context
from amine.learn.nn.printers import CodePrinter
from amine.learn.nn.tensors import TorchNumpy
from amine.records import dataclass

if TYPE_CHECKING:
    import sympy as sp

    from amine.given import Quantity
    from amine.learn.given import SurrogateLike


@dataclass(frozen=True)
class Surrogate:
    """A surrogate derivative ``height * shape((margin - edge) / scale)``.

    The edge is the margin beyond which the neuron fires: 0 for most; negative for one with an upswing, such as AdEx,
    that fires without further input. The distance from rest to that edge is the unit of width and height.

    Parameters
    ----------
    shape : text in ``x``, such as ``"1/(1 + x**2)"``; it has its maximum 1 at 0. Or a function of a tensor, with which
        neurons run in plain PyTorch.
    scale : width, in the unit of the threshold's variable (mV for a voltage); None: ``relative`` times the distance
        from rest to threshold.
    relative : see ``scale``.
    height : derivative at threshold, in spikes per distance from rest to threshold.
    support : the shape is zero where ``|x|`` is larger; None if it is never zero.
    primitive : text of an antiderivative of ``shape``, for soft spikes.
    soft : the spike itself becomes the primitive, so that gradients are exact; for tests and for annealing.

    Examples
    --------
    >>> Surrogate("1/(1 + x**2)", relative=0.5).height
    1.0
    """

    shape: str | Callable[[torch.Tensor], torch.Tensor]
    scale: Quantity | None = None
    relative: float = 1.0
    height: float = 1.0
    support: float | None = None
    primitive: str = ""
    soft: bool = False
    name: str = "own"

    @property
    def callable(self) -> bool:
        """Whether the shape is a function of a tensor, for which there is no compiled kernel."""
        return callable(self.shape)

    @property
    def text(self) -> str:
        """The shape, if it is given as text."""
        assert isinstance(self.shape, str)
        return self.shape

    def described(self) -> str:
        """What it is, for states of modules: its name, or text where it is one's own, and whether spikes are soft."""
        own = self.text if self.name == "own" and isinstance(self.shape, str) else self.name
        return own + (", soft" if self.soft else "")

    def key(self) -> list[Any]:
        """Plain data on which generated code depends."""
        return [self.shape, self.primitive if self.soft else "", self.soft]


_KINDS = {
    "fast_sigmoid": Surrogate(
        "1/(1 + abs(x))**2", relative=1 / 25, primitive="1 + x/(1 + abs(x))", name="fast_sigmoid"
    ),
    "arctan": Surrogate("1/(1 + x**2)", relative=0.3183098861837907, primitive="", name="arctan"),
    "triangular": Surrogate(
        "max(0, 1 - abs(x))",
        relative=1.0,
        height=0.3,
        support=1.0,
        primitive="where(x < 0, 0.5*max(0, 1 + x)**2, 1 - 0.5*max(0, 1 - x)**2)",
        name="triangular",
    ),
    "gaussian": Surrogate("exp(-x**2/2)", relative=0.4, primitive="", name="gaussian"),
}


def surrogate(what: SurrogateLike, scale: Quantity | None = None) -> Surrogate:
    """A surrogate by its name, its function or as an object, with another scale if one is given.

    ``fast_sigmoid`` is that of Zenke & Ganguli (2018, Neural Comput 30:1514) with snnTorch's width, ``arctan`` that of
    Fang et al. (2021, ICCV), ``triangular`` that of Bellec et al. (2018, NeurIPS) with its dampening of 0.3 and compact
    support.

    Raises
    ------
    AmineError
        If there is none of that name.
    """
    if isinstance(what, str):
        if what not in _KINDS:
            raise AmineError("Neurons, surrogate", f"surrogate '{what}' is not known", hint=did_you_mean(what, _KINDS))
        found = _KINDS[what]
    elif isinstance(what, Surrogate):
        found = what
    elif callable(what):
        found = Surrogate(what)
    else:
        raise AmineError(
            "Neurons, surrogate",
            "this is not a surrogate",
            given=repr(what)[:40],
            expected="a name, a function or ann.Surrogate",
        )
    if found.callable:
        _check_shape(found.shape)
    return found if scale is None else replace(found, scale=scale)


def _check_shape(shape: Any) -> None:
    """Raises AmineError unless a function gives a number for each of a tensor."""
    x = torch.tensor([-1.0, 0.0, 1.0])
    try:
        y, said = shape(x), ""
    except Exception as e:  # of anyone's function
        y, said = None, f"{type(e).__name__}: {e}"
    if not isinstance(y, torch.Tensor) or y.shape not in ((), x.shape):
        given = (said or f"a value of type {type(y).__name__}").partition("\n")[0][:80]
        raise AmineError(
            "Neurons, surrogate", "this is no function of a tensor", given=given, expected="a tensor of its shape"
        )


def expression(text: str) -> sp.Expr:
    """A shape or primitive as a SymPy expression, read by the parser of equations."""
    return parse_expression(text, {"x": NONE}, "Surrogate", NONE)


def torch_function(text: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """A shape or primitive as a function of a tensor."""
    names: dict[str, Any] = {"np": TorchNumpy(), "abs": torch.abs}
    exec(f"def shape(x):\n    return {CodePrinter('numpy')(expression(text))}\n", names)
    return names["shape"]


class TorchSurrogate:
    """Spikes as a function of the margin, with a surrogate derivative, for the plain PyTorch version.

    Parameters
    ----------
    of : the surrogate.
    scale : width in the margin's unit. height : derivative at the centre. edge : margin at the centre.
    """

    def __init__(self, of: Surrogate, scale: float, height: float, edge: float):
        self.of, self.soft, self.scale, self.height, self.edge = of, of.soft, scale, height, edge
        self.shape = torch_function(of.shape) if isinstance(of.shape, str) else of.shape
        if of.soft and not of.primitive:
            raise AmineError("Surrogate", "soft spikes need a primitive", given=of.name)
        self.primitive = torch_function(of.primitive) if of.soft else None

    def __reduce__(self) -> tuple[Any, ...]:
        """Made anew from the text, since compiled functions of it cannot be pickled."""
        return type(self), (self.of, self.scale, self.height, self.edge)

    def __call__(self, margin: torch.Tensor) -> torch.Tensor:
        if self.primitive is not None:
            return self.height * self.scale * self.primitive((margin - self.edge) / self.scale)
        return _Spike.apply(margin, self)


class _SpikeContext(Context, Protocol):
    surrogate: TorchSurrogate


class _Spike(torch.autograd.Function):
    """Forward and context apart, as transforms of ``torch.func`` want it."""

    generate_vmap_rule = True

    @staticmethod
    def forward(margin: torch.Tensor, surrogate: TorchSurrogate) -> torch.Tensor:
        del surrogate
        return (margin > 0).to(margin.dtype)

    @staticmethod
    def setup_context(ctx: _SpikeContext, inputs: tuple[torch.Tensor, TorchSurrogate], output: torch.Tensor) -> None:
        ctx.save_for_backward(inputs[0])
        ctx.surrogate = inputs[1]

    @staticmethod
    def backward(ctx: _SpikeContext, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        s = ctx.surrogate
        return grad * (s.height * s.shape((ctx.saved_tensors[0] - s.edge) / s.scale)), None
