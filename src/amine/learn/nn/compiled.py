"""The compiled version: scans of generated kernels as one differentiable function of inputs, states and constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import torch

from amine.learn.nn import memory, pool, source, sparse
from amine.learn.nn.context import Context
from amine.learn.nn.device import BLOCK, tiles
from amine.learn.nn.kernels import Kernel
from amine.learn.nn.once import link, once
from amine.learn.nn.sparse import GRADIENT
from amine.learn.nn.surrogate import expression

if TYPE_CHECKING:
    from amine.learn.given import Real
    from amine.learn.nn.scanned import Scanned, State

Grad: TypeAlias = torch.Tensor | None  # missing where no gradient arrives or is wanted


def available(m: Scanned, like: torch.Tensor) -> bool:
    """Whether there is a kernel: on the CPU, in float32 or float64, for a surrogate given as text."""
    return like.device.type == "cpu" and like.dtype in (torch.float32, torch.float64) and not m.surrogate.callable


def kernel(m: Scanned, inputs: list[str], bits: int) -> ModuleType:
    """The generated module for these inputs and precision."""
    learned = m.touched

    def make() -> str:
        primitive = expression(m.surrogate.primitive) if m.surrogate.soft else None
        shape = expression(m.surrogate.text)
        return Kernel(m.program(), learned, inputs, bits, shape, primitive, m.surrogate.support).source()

    key = ["kernel", m.structure(), learned, inputs, bits, m.surrogate.key(), m.surrogate.support]
    text = repr(key)
    if text not in m.kernels:
        m.kernels[text] = source.load(key, make)
    return m.kernels[text]


@dataclass
class Call:
    """Arguments of a scan beside the tensors that carry gradients."""

    code: ModuleType
    plain: ModuleType
    steps: int
    batch: int
    n: int
    first_step: int
    dt: float
    surrogate: np.ndarray
    trace: bool
    real: Real

    @property
    def traced(self) -> bool:
        """Whether states are an output: on request, or if there is no other output."""
        return self.trace or not (self.plain.SPIKES or self.code.RESULTS)

    @property
    def group(self) -> int:
        """Number of samples of a recurrent layer that are advanced together: a multiple of four, about a thousand lanes."""
        return max(4, 1024 // self.n // 4 * 4)

    @property
    def lanes(self) -> int:
        """Number of lanes: one for each neuron of each sample."""
        return self.batch * self.n


def run(m: Scanned, x: State, start: State, trace: bool, weight: torch.Tensor | None = None) -> tuple[State, State]:
    """As :func:`amine.learn.nn.plain.run`."""
    like = next(iter(x.values()))
    if weight is not None and "x" not in x:
        x = {"x": torch.zeros_like(like), **x}
    given = [i for i in m.code.INPUTS if i in x]
    bits = 32 if like.dtype == torch.float32 else 64
    code = kernel(m, given, bits)
    width, height, edge = m.shape()
    real = np.float32 if bits == 32 else np.float64
    steps, batch, n = like.shape
    call = Call(code, m.code, steps, batch, n, 0, m.dt, np.array([1 / width, height, edge], real), trace, real)
    c = m.constants(like.dtype, like.device)
    learned = [c[name] for name in code.LEARNED]
    drives = [x[i] for i in code.DRIVES]
    states = [start[s] for s in code.STATES]
    wait = start.get("_ref")
    extra = [] if weight is None else [weight, start.get("_spikes", torch.zeros_like(like[0]))]
    tensors = [*drives, *states, *learned, *extra]
    spikes, traces, results, waited, *ends = _Scan.apply(call, c, wait, link(*tensors), *tensors)
    rows: State = {"spikes": spikes} if m.code.SPIKES else {}
    if call.traced:
        rows |= {s: traces[i] for i, s in enumerate(code.STATES)}
    rows |= {r: results[i] for i, r in enumerate(code.RESULTS)}
    end: State = dict(zip(code.STATES, ends, strict=True))
    if wait is not None:
        end["_ref"] = waited
    if weight is not None:
        end["_spikes"] = spikes[-1]
    return rows, end


def _flat(t: torch.Tensor, *shape: int) -> np.ndarray:
    """A tensor as a contiguous array of the given shape that shares its memory where it can."""
    return t.detach().contiguous().numpy().reshape(shape)


def _empty(real: Real, *shape: int) -> tuple[torch.Tensor, np.ndarray]:
    """A new tensor and the array that shares its memory."""
    a = memory.empty(shape, real)
    return torch.from_numpy(a), a


def _lane_constants(call: Call, c: dict[str, torch.Tensor], names: list[str]) -> np.ndarray:
    """Constants that differ between neurons (constants, lanes)."""
    out = np.empty((len(names), call.lanes), call.real)
    for row, name in zip(out, names, strict=True):
        row.reshape(call.batch, call.n)[:] = c[name].detach().numpy()
    return out


class _ScanContext(Context, Protocol):
    call: Call
    sizes: tuple[int, int, int]  # numbers of drives, states and learned constants
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # scalars, lane constants, kept values, marks
    reads: list[np.ndarray]  # drives that the adjoint reads
    extra: tuple[torch.Tensor, np.ndarray, np.ndarray] | None  # recurrent: weight, spikes before the first step, spikes
    learned: list[torch.Size]


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
        code, T, L, real = call.code, call.steps, call.lanes, call.real
        n_drives, n_states, n_learned = len(code.DRIVES), len(code.STATES), len(code.LEARNED)
        drives, states = tensors[:n_drives], tensors[n_drives : n_drives + n_states]
        extra = tensors[n_drives + n_states + n_learned :]
        need = any(t.requires_grad for t in tensors)
        scalars = np.array([float(c[n]) for n in call.plain.SCALARS] or [0.0], real)
        D = _lane_constants(call, c, call.plain.DIFFER)
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
            WT = _flat(extra[0].t(), call.n, call.n)
            before = _flat(extra[1], L)
            total = np.empty((T if need and "x" in code.READS else 0, L), real)
            more = (call.n, WT, before, total)
            pool.spread(
                lambda _, a, b: _by_groups(code.forward_recurrent, call, a, b, *args, *more), call.batch, call.group
            )
        else:
            pool.spread(lambda _, a, b: code.forward(a, b, *args), L, BLOCK)
        ctx.call, ctx.sizes = call, (n_drives, n_states, n_learned)
        ctx.arrays = (scalars, D, keep, marks)
        reads = [total if extra and i == "x" else x for i, x in zip(code.DRIVES, X, strict=True) if i in code.READS]
        ctx.reads = reads
        spikes = out.reshape(-1, L) if code.SOFT else marks[1:]  # soft ones are not 0 or 1
        ctx.extra = (extra[0], before, spikes) if extra else None
        shared = [d for i, d in zip(code.DRIVES, drives, strict=True) if i in code.READS and not (extra and i == "x")]
        ctx.save_for_backward(linked, *shared, *extra, *([out_t] if code.SOFT and extra else []))
        ctx.learned = [t.shape for t in tensors[n_drives + n_states : n_drives + n_states + n_learned]]
        ctx.set_materialize_grads(False)
        waited_t = torch.from_numpy(waited.astype(np.int32)).reshape(call.batch, call.n)
        ctx.mark_non_differentiable(waited_t)
        return out_t, trace_t, R_t, waited_t, *end_t.unbind(0)

    @staticmethod
    @once("compiled neurons", 'make them with backend="torch"')
    def backward(
        ctx: _ScanContext, g_out: Grad, g_trace: Grad, g_R: Grad, g_waited: Grad, *g_end: Grad
    ) -> tuple[Grad, ...]:
        del g_waited
        _ = ctx.saved_tensors  # raises if one was changed in place since, as the arrays share its memory
        call = ctx.call
        code, T, L, real = call.code, call.steps, call.lanes, call.real
        n_drives, n_states, n_learned = ctx.sizes
        scalars, D, keep, marks = ctx.arrays
        wanted = ctx.needs_input_grad[4:]
        gout = _gradient(g_out, T, L, real)
        GR = np.zeros((len(code.RESULTS), T, L), real) if g_R is None else _flat(g_R, len(code.RESULTS), T, L)
        gtrace = (
            np.empty((n_states, 0, L), real)
            if g_trace is None or not g_trace.numel()
            else _flat(g_trace, n_states, T, L)
        )
        lam_t, lam = _empty(real, n_states, call.batch, call.n)
        for i, g in enumerate(g_end):
            lam[i] = 0 if g is None else g.detach().numpy()
        acc = np.zeros((n_learned, L), real)
        given = {i: bool(wanted[j]) for j, i in enumerate(code.DRIVES)}
        kept = {i for i in code.GRADIENTS if given[i] or (i == "x" and ctx.extra is not None and wanted[-2])}
        grads = {i: _empty(real, T if i in kept else 0, call.batch, call.n) for i in code.GRADIENTS}
        args = [T, call.first_step, call.dt, scalars, call.surrogate, D, gout, GR, keep, marks, gtrace]
        args += [lam.reshape(n_states, L), acc, *ctx.reads, *(a.reshape(-1, L) for _, a in grads.values())]
        g_extra: list[Grad] = []
        if ctx.extra is not None:
            weight, before, spikes = ctx.extra
            W, N = tiles(_flat(weight, call.n, call.n)), call.n
            gb_t, gb = _empty(real, call.batch if wanted[-1] else 0, N)
            more = (N, W, gb.reshape(-1))
            pool.spread(
                lambda _, a, b: _by_groups(code.backward_recurrent, call, a, b, *args, *more), call.batch, call.group
            )
            gw = _recurrent_weights(spikes, before, grads["x"][1].reshape(T, L), N) if wanted[-2] else None
            g_extra = [gw, gb_t if wanted[-1] else None]
        else:
            pool.spread(lambda _, a, b: code.backward(a, b, *args), L, BLOCK)
        out_x = [grads[i][0] if i in grads and given[i] else None for i in code.DRIVES]
        out_c = [_to_shape(acc[j], call, shape) for j, shape in enumerate(ctx.learned)]
        return None, None, None, None, *out_x, *lam_t.unbind(0), *out_c, *g_extra


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
