"""Sequences of layers that hand states on, and apply PyTorch's own layers to every step."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn.described import Described
from amine.learn.nn.linear import Linear
from amine.learn.nn.readout import Readout
from amine.learn.nn.scanned import State, sequence
from amine.learn.nn.shapes import channels_last, floating
from amine.learn.nn.transforms import as_operator, transformed

if TYPE_CHECKING:
    from amine.learn.given import Drive

LayerState: TypeAlias = "State | list[LayerState] | Any | None"  # of a module of a sequence
ATTENDING = (nn.MultiheadAttention, nn.TransformerEncoder, nn.TransformerEncoderLayer)
TWO_INPUTS = (nn.Transformer, nn.TransformerDecoder, nn.TransformerDecoderLayer, nn.Bilinear)


def takes_state(module: nn.Module) -> bool:
    """Whether the module follows the protocol ``forward(x, state=None) -> (y, state)``: it has an argument ``state`` or ``states``."""
    forward = getattr(module.forward, "__func__", module.forward)
    return _has_state.__wrapped__(forward) if torch.compiler.is_compiling() else _has_state(forward)


@lru_cache(256)
def _has_state(forward: Callable[..., object]) -> bool:
    names = inspect.signature(forward).parameters
    return "state" in names or "states" in names


def each_step(module: nn.Module) -> bool:
    """Whether a module is PyTorch's own, made of such ones alone, and knows no time: it is applied to every step."""
    if isinstance(module, (nn.RNNBase, nn.RNNCellBase, *ATTENDING, *TWO_INPUTS)):
        return False
    if not type(module).forward.__module__.startswith("torch.nn"):
        return False
    return all(each_step(m) for m in module.children())


def per_step(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The module applied to each step of ``[time, batch, ...]``, all steps at once: time and batch are folded into one axis.

    >>> per_step(nn.Conv2d(1, 2, 3), torch.zeros(5, 4, 1, 8, 8)).shape
    torch.Size([5, 4, 2, 6, 6])
    """
    for m in module.modules():
        if isinstance(m, nn.Softmax | nn.Softmin | nn.LogSoftmax) and m.dim == 0:
            raise AmineError(
                f"Sequential, {type(m).__name__}",
                "it runs over the samples, which are folded with the steps here",
                given="dim=0",
                hint="take the axis of the neurons, or write a module with forward(x, state=None) -> (y, state) around it",
            )
    y = module(_laid_out(module, x.flatten(0, 1)))
    if not isinstance(y, torch.Tensor) or y.shape[:1] != (x.shape[0] * x.shape[1],):
        raise AmineError(
            f"Sequential, {type(module).__name__}",
            "its output for one step is not one tensor of [batch, ...]",
            given=f"{tuple(y.shape)} for {x.shape[0]} steps of {x.shape[1]} samples"
            if isinstance(y, torch.Tensor)
            else type(y).__name__,
            hint="write a module with forward(x, state=None) -> (y, state) around it",
        )
    return y.unflatten(0, x.shape[:2])


def _laid_out(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Images for a convolution on the CPU with the channels next to each other; neurons and pools after it keep that order."""
    if x.ndim != 4 or x.device.type != "cpu" or x.dtype == torch.float64 or as_operator(x) or transformed():
        return x
    return channels_last(x) if any(isinstance(m, nn.Conv2d) for m in module.modules()) else x


@constructor
class PerStep(nn.Module):
    """A module of one's own that is applied to each step of a sequence, as :class:`Sequential` does with PyTorch's.

    >>> PerStep(nn.Flatten())(torch.zeros(5, 4, 2, 3)).shape
    torch.Size([5, 4, 6])
    """

    def __init__(self, module: nn.Module):
        super().__init__()
        if not isinstance(module, nn.Module):
            raise AmineError("PerStep", "this is no module", given=repr(module)[:40], expected="a torch.nn.Module")
        if remembers(module):
            raise AmineError(
                f"PerStep, {type(module).__name__}",
                "it has a state or layers with one inside, so steps cannot be folded",
                hint="put it into the sequence as it is",
            )
        self.module = module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sequence [time, batch, ...] of the module's outputs."""
        y = floating(x, "PerStep, input")
        if y.ndim < 2:
            given, expected = str(tuple(y.shape)), "[time, batch, ...]"
            raise AmineError("PerStep, input", "the number of axes is wrong", given=given, expected=expected)
        return per_step(self.module, y)


class Sequential(nn.Sequential):
    """A sequence of modules that passes each module its own state.

    ``forward(x, states=None) -> (output, states)``: ``states`` has one entry for each module, None for those without state.

    Modules with an argument ``state`` (all layers of :mod:`amine.learn.nn` that have one, and one's own) are called as
    ``module(x, state)`` and return ``(y, state)``. PyTorch's own layers (``Conv2d``, ``BatchNorm2d``, ``AvgPool2d``, ``Flatten``,
    ``LayerNorm``, ``Dropout`` and so on) are applied to every step by itself, with time and batch folded into one axis, so the
    statistics of a BatchNorm are those over samples and time; ``RNN``, ``GRU`` and ``LSTM`` and their cells carry their hidden state;
    ``MultiheadAttention`` and ``TransformerEncoder`` are causal self-attention over time, and their state is the sequence so far. Other modules are given the sequence as it is: wrap them in
    :class:`PerStep` if they know no time. Modules of one's own that have layers with a state inside, and take none, run a sequence once; to go on with them is an error. Once a read-out has removed the time axis, layers are applied to ``[batch, ...]``.

    >>> import torch
    >>> from amine.learn import nn as ann
    >>> net = ann.Sequential(torch.nn.Conv2d(1, 4, 3), ann.Neurons("lif"), torch.nn.Flatten(), torch.nn.Linear(144, 3), ann.Readout("spike_count"))
    >>> net(torch.rand(10, 2, 1, 8, 8))[0].shape
    torch.Size([2, 3])
    """

    def forward(
        self,
        x: Drive | PackedSequence,
        states: list[LayerState] | None = None,
        lengths: torch.Tensor | None = None,
    ) -> tuple[Any, list[LayerState]]:
        """Output and states; ``lengths`` (batch,) are numbers of steps of padded sequences, which a packed sequence has itself.

        Read-outs then score each sequence at its own end, whatever follows. States are those at the end of the padding, except of read-outs.
        """
        if isinstance(x, PackedSequence):
            x, lengths = pad_packed_sequence(x)
        if lengths is not None and not any(isinstance(m, Readout) for m in self.modules()):
            raise AmineError(
                "Sequential, lengths",
                "no read-out ends the sequences",
                hint="end it with Readout(...), or leave lengths out",
            )
        return chained(list(self), x, states, lengths)


def chained(
    modules: list[nn.Module], x: Any, states: list[LayerState] | None, lengths: torch.Tensor | None = None
) -> tuple[Any, list[LayerState]]:
    """Output and states of modules that follow each other."""
    if states is not None and len(states) != len(modules):
        raise AmineError(
            "Sequential, states",
            "there must be one for each module",
            given=str(len(states)),
            expected=str(len(modules)),
        )
    ends: list[LayerState] = []
    y: Any = x[0] if isinstance(x, tuple) else x
    timed = not isinstance(y, torch.Tensor) or y.ndim > 2 or bool(modules) and looks_up(modules[0])
    for i, m in enumerate(modules):
        before = y.shape[:2] if isinstance(y, torch.Tensor) else None
        place = f"Sequential, module {i}"
        state: Any = None if states is None else states[i]
        if lengths is not None and timed and isinstance(m, Readout | Sequential) and scores(m):
            y, end = m(y, state, lengths)
        elif is_chain(m):
            y, end = chained(list(m), y, state, lengths)
        else:
            y, end = called(place, m, y, state, timed, continued=states is not None)
        same = isinstance(y, torch.Tensor) and y.ndim > 2 and y.shape[:2] == before
        timed = timed and (before is None or same or each_step(m))
        ends.append(end)
    return y, ends


def remembers(m: nn.Module) -> bool:
    """Whether a module or one inside it has a state."""
    if not m._modules:
        return takes_state(m) or isinstance(m, (nn.RNNBase, nn.RNNCellBase, *ATTENDING))
    return any(takes_state(k) or isinstance(k, (nn.RNNBase, nn.RNNCellBase, *ATTENDING)) for k in m.modules())


def is_chain(m: nn.Module) -> TypeGuard[nn.Sequential]:
    """Whether a module is a sequence of PyTorch's with states inside, which are handed on as those of one's own."""
    return isinstance(m, nn.Sequential) and type(m).forward is nn.Sequential.forward and remembers(m)


def looks_up(m: nn.Module) -> bool:
    """Whether a module takes whole numbers ``[time, batch]`` and gives a vector for each."""
    return isinstance(m, nn.Embedding) or isinstance(m, nn.Sequential) and len(m) > 0 and looks_up(m[0])


def scores(m: nn.Module) -> bool:
    """Whether a module is a read-out or has one."""
    return any(isinstance(k, Readout) for k in m.modules())


def called(
    where: str, m: nn.Module, x: Any, state: LayerState, timed: bool, continued: bool = False
) -> tuple[Any, LayerState]:
    """Output and state of one module; ``continued``: whether the input goes on where another ended."""
    if takes_state(m):
        out = m(x) if state is None else m(x, state)
        if not (isinstance(out, tuple) and len(out) == 2):
            raise AmineError(where, "a module with a state must return (output, state)", given=type(out).__name__)
        return out
    if type(m) is Linear and "forward" not in m.__dict__:  # the commonest, which is none of what follows
        return m(x), None
    if isinstance(m, TWO_INPUTS):
        raise AmineError(where, f"{type(m).__name__} needs two inputs, and a sequence hands on one")
    if not timed and isinstance(m, (nn.RNNBase, nn.RNNCellBase, *ATTENDING)):
        raise AmineError(
            where,
            f"{type(m).__name__} runs over time, and its input has no axis of time any more",
            given=str(tuple(x.shape)),
            hint="put it before the read-out",
        )
    if isinstance(m, nn.RNNBase):
        return _recurrent(m, x, state)
    if isinstance(m, nn.RNNCellBase):
        return _stepped(m, x, state)
    if isinstance(m, ATTENDING):
        return _attending(m, x, state)
    if each_step(m):
        return (per_step(m, x) if timed else m(x)), None
    out = m(x)
    if continued and (isinstance(out, tuple) or m._modules and remembers(m)):
        raise AmineError(
            where,
            f"{type(m).__name__} has a state or layers with one inside, and takes none, so a sequence cannot go on",
            hint="write forward(x, state=None) -> (y, state)",
        )
    return (out[0] if isinstance(out, tuple) else out), None


def _recurrent(m: nn.RNNBase, x: torch.Tensor, state: LayerState) -> tuple[torch.Tensor, LayerState]:
    """PyTorch's recurrent layers over [time, batch, n]; the hidden state is theirs."""
    if m.bidirectional and state is not None:
        raise AmineError(
            f"Sequential, {type(m).__name__}",
            "a bidirectional layer has seen the end of each part before it, so parts do not make up the whole",
            hint="give it the whole sequence at once, or make it with bidirectional=False",
        )
    s = x.transpose(0, 1) if m.batch_first else x
    y, end = m(s, state)
    return (y.transpose(0, 1) if m.batch_first else y), end


def _stepped(m: nn.RNNCellBase, x: torch.Tensor, state: LayerState) -> tuple[torch.Tensor, LayerState]:
    """PyTorch's recurrent cells, one step after another; of an LSTMCell, the hidden state is the output."""
    out = []
    for now in x:
        state = m(now, state)
        out.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(out), state


def _attending(m: nn.Module, x: torch.Tensor, state: Any) -> tuple[torch.Tensor, LayerState]:
    """Self-attention of each step to itself and the steps before; the state is the sequence [time, batch, n] so far."""
    whole = x if state is None else torch.cat([state["past"], x])
    batch_first = next(a.batch_first for a in m.modules() if isinstance(a, nn.MultiheadAttention))
    s = whole.transpose(0, 1) if batch_first else whole
    n, new = len(whole), len(x)
    later = torch.ones(n, n, dtype=torch.bool, device=x.device).triu(1)
    if isinstance(m, nn.MultiheadAttention):
        now = s[:, -new:] if batch_first else s[-new:]
        y = m(now, s, s, need_weights=False, attn_mask=later[-new:])[0]
    else:
        y = m(s, later, is_causal=True)
        y = y[:, -new:] if batch_first else y[-new:]
    return (y.transpose(0, 1) if batch_first else y), {"past": whole}


@constructor
class Residual(Sequential, Described):
    """A residual block of layers whose output is joined with its input, spike by spike.

    Parameters
    ----------
    modules : layers of the block, whose output has the shape of the input.
    join : ``"add"``, ``"and"`` (both) or ``"iand"`` (the input without the block's spikes), the element-wise functions of SEW blocks
        (Fang W et al. 2021, NeurIPS 34:21056).

    Raises
    ------
    AmineError
        If ``join`` is not known, or the shapes differ.

    Examples
    --------
    >>> from amine.learn import nn as ann
    >>> block = Residual(torch.nn.Conv2d(4, 4, 3, padding=1), ann.Neurons("lif"))
    >>> block(torch.ones(3, 2, 4, 5, 5))[0].shape
    torch.Size([3, 2, 4, 5, 5])
    """

    def __init__(self, *modules: nn.Module, join: str = "add"):
        super().__init__(*modules)
        if join not in ("add", "and", "iand"):
            raise AmineError("Residual, join", f"'{join}' is not known", expected="'add', 'and' or 'iand'")
        self.join = join

    def described(self) -> dict[str, Any]:
        """How both are joined."""
        return {"join": self.join}

    def forward(
        self,
        x: Drive | PackedSequence,
        states: list[LayerState] | None = None,
        lengths: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, list[LayerState]]:
        start: Any = x if isinstance(x, PackedSequence) else floating(sequence(x), "Residual, input")
        y, ends = super().forward(start, states, lengths)
        if y.shape != start.shape:
            raise AmineError(
                "Residual", "output and input differ in shape", given=f"{tuple(y.shape)} and {tuple(start.shape)}"
            )
        return self.joined(y, start), ends

    def joined(self, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Spikes of the block and its input, joined."""
        return y + x if self.join == "add" else y * x if self.join == "and" else (1 - y) * x


__all__ = [
    "PerStep",
    "Residual",
    "Sequential",
    "called",
    "each_step",
    "is_chain",
    "per_step",
    "remembers",
    "scores",
    "takes_state",
]
