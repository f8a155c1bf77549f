"""The compiled version: scans of generated kernels as one differentiable function of inputs, states and constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from amine.learn.nn import memory, pool, source, sparse
from amine.learn.nn.calls import Call, CardKept, Grad, Gradients, Kept, Launcher, Made
from amine.learn.nn.context import Context
from amine.learn.nn.cuda import loading
from amine.learn.nn.cuda import scan as card
from amine.learn.nn.cuda.text import text
from amine.learn.nn.device import BLOCK, tiles
from amine.learn.nn.kernels import Kernel
from amine.learn.nn.once import link, once
from amine.learn.nn.sparse import GRADIENT
from amine.learn.nn.surrogate import expression

if TYPE_CHECKING:
    from amine.learn.given import Real
    from amine.learn.nn.scanned import Scanned, State

_NONE = torch.empty(0)


def available(m: Scanned, like: torch.Tensor) -> bool:
    """Whether there is a kernel: on the CPU or a card of NVIDIA's, in float32 or float64, for a surrogate given as text."""
    there = like.device.type == "cpu" or like.is_cuda and loading.missing() is None
    return there and like.dtype in (torch.float32, torch.float64) and not m.surrogate.callable


def kernel(m: Scanned, inputs: list[str], bits: int) -> ModuleType:
    """The generated module for these inputs and precision."""
    return _generated(m, inputs, bits, "kernel", Kernel.source)


def card_text(m: Scanned, inputs: list[str], bits: int) -> str:
    """The kernels for these inputs and precision as CUDA C."""
    return _generated(m, inputs, bits, "cuda", lambda k: f"TEXT = {text(k)!r}\n").TEXT


def _generated(m: Scanned, inputs: list[str], bits: int, what: str, write: Callable[[Kernel], str]) -> ModuleType:
    """A module that is written from the kernels for these inputs and precision, or found in the cache."""
    learned, s = m.touched, m.surrogate

    def make() -> str:
        primitive = expression(s.primitive) if s.soft else None
        return write(Kernel(m.program(), learned, inputs, bits, expression(s.text), primitive, s.support))

    known = (what, tuple(learned), tuple(inputs), bits, s.text, s.primitive, s.soft, s.support)
    if known not in m.kernels:
        m.kernels[known] = source.load([what, m.structure(), learned, inputs, bits, s.key(), s.support], make)
    return m.kernels[known]


def launcher(m: Scanned, inputs: list[str], bits: int, device: torch.device) -> Launcher | None:
    """What starts the kernels on a device; None on the CPU."""
    if device.type == "cpu":
        return None
    return loading.loaded(card_text(m, inputs, bits), device.index or 0)


def prepared(m: Scanned, x: State, trace: bool, recurrent: bool) -> tuple[Call, State]:
    """The call for these inputs, and the inputs with the current that recurrent spikes are added to."""
    like = next(iter(x.values()))
    if recurrent and "x" not in x:
        x = {"x": torch.zeros_like(like), **x}
    bits = 32 if like.dtype == torch.float32 else 64
    inputs = [i for i in m.code.INPUTS if i in x]
    code, launch = kernel(m, inputs, bits), launcher(m, inputs, bits, like.device)
    width, height, edge = m.shape()
    real = np.float32 if bits == 32 else np.float64
    steps, batch, n = like.shape
    surrogate = np.array([1 / width, height, edge], real)
    return Call(code, m.code, steps, batch, n, 0, m.dt, surrogate, trace, real, launch), x


def run(m: Scanned, x: State, start: State, trace: bool, weight: torch.Tensor | None = None) -> tuple[State, State]:
    """As :func:`amine.learn.nn.plain.run`."""
    call, x = prepared(m, x, trace, weight is not None)
    code, like = call.code, next(iter(x.values()))
    c = m.constants(like.dtype, like.device)
    learned = [c[name] for name in code.LEARNED]
    drives = [x[i] for i in code.DRIVES]
    states = [start[s] for s in code.STATES]
    wait = start.get("_ref")
    extra = [] if weight is None else [weight, start.get("_spikes", torch.zeros_like(like[0]))]
    tensors = [*drives, *states, *learned, *extra]
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        spikes, traces, results, waited, *ends = _Scan.apply(call, c, wait, link(*tensors), *tensors)
        made = Made(spikes, traces, results, waited, ends)  # type: ignore[arg-type]  # one tensor for each state
    else:
        made, _ = forward(call, c, wait, drives, states, extra, False)
    return named(m, made, call.traced, wait is not None, weight is not None)


def named(m: Scanned, made: Made, traced: bool, waits: bool, recurrent: bool) -> tuple[State, State]:
    """Rows and last state by name."""
    rows: State = {"spikes": made.spikes} if m.code.SPIKES else {}
    if traced:
        rows |= {s: made.traces[i] for i, s in enumerate(m.code.STATES)}
    rows |= {r: made.results[i] for i, r in enumerate(m.code.RESULTS)}
    end: State = {s: made.ends[i] for i, s in enumerate(m.code.STATES)}
    if waits:
        end["_ref"] = made.waited
    if recurrent:
        end["_spikes"] = made.spikes[-1]
    return rows, end


def _flat(t: torch.Tensor, *shape: int) -> np.ndarray:
    """A tensor as a contiguous array of the given shape that shares its memory where it can."""
    return t.detach().contiguous().numpy().reshape(shape)


def _empty(real: Real, *shape: int) -> tuple[torch.Tensor, np.ndarray]:
    """A new tensor and the array that shares its memory."""
    a = memory.empty(shape, real)
    return torch.from_numpy(a), a


def lane_constants(call: Call, c: dict[str, torch.Tensor], names: list[str]) -> np.ndarray:
    """Constants that differ between neurons (constants, lanes)."""
    out = np.empty((len(names), call.lanes), call.real)
    for row, name in zip(out, names, strict=True):
        row.reshape(call.batch, call.n)[:] = c[name].detach().numpy()
    return out


def forward(
    call: Call,
    c: dict[str, torch.Tensor],
    wait: torch.Tensor | None,
    drives: Sequence[torch.Tensor],
    states: Sequence[torch.Tensor],
    extra: Sequence[torch.Tensor],
    need: bool,
) -> tuple[Made, Kept | CardKept]:
    """All steps; ``extra`` are the weights and last spikes of recurrent neurons, ``need`` says whether there will be a way back."""
    if call.launch is not None:
        return card.forward(call, call.launch, c, wait, drives, states, extra, need)
    code, T, L, real = call.code, call.steps, call.lanes, call.real
    n_states = len(code.STATES)
    scalars = np.array([float(c[n]) for n in call.plain.SCALARS] or [0.0], real)
    D = lane_constants(call, c, call.plain.DIFFER)
    S = np.stack([_flat(s, L) for s in states]) if states else np.empty((0, L), real)
    w = np.zeros(L, real) if wait is None else _flat(wait, L).astype(real)
    out_t, out = _empty(real, T if call.plain.SPIKES else 0, call.batch, call.n)
    R_t, R = _empty(real, len(code.RESULTS), T, call.batch, call.n)
    trace_t, trace = _empty(real, n_states, T if call.traced else 0, call.batch, call.n)
    keep = memory.empty((len(code.KEPT), T + 1 if need else 0, L), real)
    marks = memory.empty((T + 1 if need and call.plain.SPIKES else 0, L), np.uint8)
    if len(marks):
        marks[0] = 2  # no spike before the first step
    end_t, end = _empty(real, n_states, call.batch, call.n)
    waited = np.zeros(L, real)
    X = [_flat(d, T, L) for d in drives]
    args = [T, call.first_step, call.dt, scalars, call.surrogate, D, S, w]
    args += [out.reshape(-1, L), R.reshape(len(R), T, L), keep, marks, trace.reshape(n_states, -1, L)]
    args += [end.reshape(n_states, L), waited, *X]
    total = np.empty((0, L), real)
    if extra:
        total = np.empty((T if need and "x" in code.READS else 0, L), real)
        more = (call.n, _flat(extra[0].t(), call.n, call.n), _flat(extra[1], L), total)
        pool.spread(
            lambda _, a, b: _by_groups(code.forward_recurrent, call, a, b, *args, *more), call.batch, call.group
        )
    else:
        pool.spread(lambda _, a, b: code.forward(a, b, *args), L, BLOCK)
    waited_t = torch.from_numpy(waited.astype(np.int32)).reshape(call.batch, call.n)
    return Made(out_t, trace_t, R_t, waited_t, end_t), Kept(scalars, D, keep, marks, total)


def backward(
    call: Call,
    kept: Kept | CardKept,
    drives: Sequence[torch.Tensor],
    extra: Sequence[torch.Tensor],
    given: Sequence[Grad],
    wanted: Sequence[bool],
    learned: Sequence[torch.Size],
    soft: torch.Tensor | None,
) -> Gradients:
    """The way back for gradients ``given`` of what :func:`forward` made; ``wanted`` is for the drives, then the last two of ``extra``."""
    if call.launch is not None:
        assert isinstance(kept, CardKept)
        return card.backward(call, call.launch, kept, drives, extra, given, wanted, learned, soft)
    assert isinstance(kept, Kept)
    code, T, L, real = call.code, call.steps, call.lanes, call.real
    n_states = len(code.STATES)
    g_out, g_trace, g_R, _, *g_end = given
    gout = _gradient(g_out, T, L, real)
    GR = np.zeros((len(code.RESULTS), T, L), real) if g_R is None else _flat(g_R, len(code.RESULTS), T, L)
    gtrace = (
        np.empty((n_states, 0, L), real) if g_trace is None or not g_trace.numel() else _flat(g_trace, n_states, T, L)
    )
    lam_t, lam = _empty(real, n_states, call.batch, call.n)
    for i, g in enumerate(g_end):
        lam[i] = 0 if g is None else g.detach().numpy()
    acc = np.zeros((len(learned), L), real)
    asked = {i: bool(wanted[j]) for j, i in enumerate(code.DRIVES)}
    through = {i for i in code.GRADIENTS if asked[i] or (i == "x" and extra and wanted[-2])}
    grads = {i: _empty(real, T if i in through else 0, call.batch, call.n) for i in code.GRADIENTS}
    reads = [
        kept.total if extra and i == "x" else _flat(x, T, L)
        for i, x in zip(code.DRIVES, drives, strict=True)
        if i in code.READS
    ]
    args = [T, call.first_step, call.dt, kept.scalars, call.surrogate, kept.own, gout, GR, kept.states, kept.marks]
    args += [gtrace, lam.reshape(n_states, L), acc, *reads, *(a.reshape(-1, L) for _, a in grads.values())]
    g_extra: list[Grad] = []
    if extra:
        N, before = call.n, _flat(extra[1], L)
        gb_t, gb = _empty(real, call.batch if wanted[-1] else 0, N)
        more = (N, tiles(_flat(extra[0], N, N)), gb.reshape(-1))
        pool.spread(
            lambda _, a, b: _by_groups(code.backward_recurrent, call, a, b, *args, *more), call.batch, call.group
        )
        spikes = kept.marks[1:] if soft is None else _flat(soft, T, L)  # soft ones are not 0 or 1
        gw = _recurrent_weights(spikes, before, grads["x"][1].reshape(T, L), N) if wanted[-2] else None
        g_extra = [gw, gb_t if wanted[-1] else None]
    else:
        pool.spread(lambda _, a, b: code.backward(a, b, *args), L, BLOCK)
    out_x = [grads[i][0] if i in grads and asked[i] else None for i in code.DRIVES]
    return Gradients(out_x, lam_t, [_to_shape(acc[j], call, shape) for j, shape in enumerate(learned)], g_extra)


class _ScanContext(Context, Protocol):
    call: Call
    sizes: tuple[int, int, int]  # numbers of drives, states and learned constants
    kept: Kept | CardKept
    learned: list[torch.Size]
    read: list[bool]  # which drives the adjoint reads


class _Scan(torch.autograd.Function):
    """Inputs: call, constants, waiting times, link to all tensors, drives, states, learned constants; recurrent ones also weight and spikes."""

    @staticmethod
    def forward(
        ctx: _ScanContext,
        call: Call,
        c: dict[str, torch.Tensor],
        wait: torch.Tensor | None,
        linked: torch.Tensor | None,
        *tensors: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        code = call.code
        n_drives, n_states, n_learned = len(code.DRIVES), len(code.STATES), len(code.LEARNED)
        drives, states = tensors[:n_drives], tensors[n_drives : n_drives + n_states]
        learned, extra = tensors[n_drives + n_states :][:n_learned], tensors[n_drives + n_states + n_learned :]
        need = any(t.requires_grad for t in tensors)
        made, ctx.kept = forward(call, c, wait, drives, states, extra, need)
        ctx.call, ctx.sizes, ctx.learned = call, (n_drives, n_states, n_learned), [t.shape for t in learned]
        ctx.read = [i in code.READS and not (bool(extra) and i == "x") for i in code.DRIVES]
        shared = [d for d, read in zip(drives, ctx.read, strict=True) if read]
        ctx.save_for_backward(linked, *shared, *extra, *([made.spikes] if code.SOFT and extra else []))
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(made.waited)
        return (*made[:4], *made.ends)

    @staticmethod
    @once("compiled neurons", 'make them with backend="torch"')
    def backward(ctx: _ScanContext, *given: Grad) -> tuple[Grad, ...]:
        _, *saved = ctx.saved_tensors  # raises if one was changed in place since, as the arrays share its memory
        shared = iter(saved)
        call, extra = ctx.call, len(ctx.needs_input_grad) > 4 + sum(ctx.sizes)
        drives = [next(shared) if read else _NONE for read in ctx.read]
        pair = [next(shared), next(shared)] if extra else []
        g = backward(call, ctx.kept, drives, pair, given, ctx.needs_input_grad[4:], ctx.learned, next(shared, None))
        return None, None, None, None, *g.drives, *g.states.unbind(0), *g.constants, *g.extra


def _by_groups(scan: Callable[..., object], call: Call, first: int, last: int, *args: object) -> None:
    """Runs a recurrent scan for one group of samples after the other, so that their states stay in cache."""
    for a in range(first, last, call.group):
        scan(a * call.n, min(a + call.group, last) * call.n, *args)


def _recurrent_weights(spikes: np.ndarray, before: np.ndarray, gx: np.ndarray, n: int) -> torch.Tensor:
    """Gradient of the weights [to, from]: spikes of a step (or their marks) times gradients of the drive in the next."""
    total = np.zeros((n, n), gx.dtype)
    past = spikes[:-1] & 1 if spikes.dtype == np.uint8 else spikes[:-1]
    for rows, g in ((past.reshape(-1, n), gx[1:].reshape(-1, n)), (before.reshape(-1, n), gx[:1].reshape(-1, n))):
        events = sparse.Events(rows)
        if events.density > GRADIENT:
            total += (torch.from_numpy(g).t() @ torch.from_numpy(rows.astype(g.dtype, copy=False))).numpy()
        elif events.start[-1]:
            total += sparse.weights(events.listed(rows), g)
    return torch.from_numpy(total)


def _gradient(g: Grad, T: int, L: int, real: Real) -> np.ndarray:
    """Gradient of the spikes (time, lanes); a single row if it is constant in time, no row if it is missing."""
    if g is None or not g.numel():
        return np.empty((0, L), real)
    if g.stride(0) == 0:
        g = g[:1]
    return _flat(g, g.shape[0], L)


def _to_shape(row: np.ndarray, call: Call, shape: torch.Size) -> torch.Tensor:
    """Gradient of a constant from that of all lanes, summed over the lanes that share its value."""
    g = torch.from_numpy(row.reshape(call.batch, call.n).sum(0))
    return g if len(shape) else g.sum()
