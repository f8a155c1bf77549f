"""Scans without a way back, prepared once for inputs of one shape: what the single steps of a stream call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from amine.learn.nn import compiled, memory, pool
from amine.learn.nn.device import BLOCK
from amine.learn.nn.transforms import transformed

if TYPE_CHECKING:
    from amine.learn.nn.scanned import Scanned, State

REF = "_ref"  # remaining refractory steps
MOST = 8  # shapes that are kept for a module


class Forward:
    """The arguments of a forward scan that neither inputs nor states decide."""

    def __init__(self, m: Scanned, x: State):
        like = next(iter(x.values()))
        self.call, _ = compiled.prepared(m, x, False, False)
        c, call = m.constants(like.dtype, like.device), self.call
        self.scalars = np.array([float(c[n]) for n in call.plain.SCALARS] or [0.0], call.real)
        self.own = compiled.lane_constants(call, c, call.plain.DIFFER)
        n, lanes = len(call.code.STATES), call.lanes
        self.names = [*call.code.STATES, *([REF] if m.code.REFRACTORY is not None else [])]
        self.nothing = (
            np.empty((0, call.steps, lanes), call.real),  # results
            np.empty((len(call.code.KEPT), 0, lanes), call.real),
            np.empty((0, lanes), np.uint8),
            np.empty((n, 0, lanes), call.real),  # states by step
        )

    def __call__(self, m: Scanned, drives: Sequence[torch.Tensor], start: State) -> tuple[State, State]:
        """Spikes, and the states at the end, which are finite, for drives in the order of the kernel."""
        call, code, real = self.call, self.call.code, self.call.real
        steps, lanes, shape = call.steps, call.lanes, (call.batch, call.n)
        given, first = [_flat(start[s], 1, lanes) for s in code.STATES], start.get("_ref")
        states = given[0] if len(given) == 1 else np.concatenate(given) if given else np.empty((0, lanes), real)
        wait = np.zeros(lanes, real) if first is None else _flat(first, lanes).astype(real)
        out, end, waited = (
            memory.empty((steps, lanes), real),
            np.empty((len(given), lanes), real),
            np.zeros(lanes, real),
        )
        results, keep, marks, trace = self.nothing
        args = (steps, call.first_step, call.dt, self.scalars, call.surrogate, self.own, states, wait)
        args += (out, results, keep, marks, trace, end, waited)
        rows = tuple(_flat(x, steps, lanes) for x in drives)
        if lanes <= BLOCK:
            code.forward(0, lanes, *args, *rows)
        else:
            pool.spread(lambda _, a, b: code.forward(a, b, *args, *rows), lanes, BLOCK)
        ends = {s: torch.from_numpy(row.reshape(shape)) for s, row in zip(code.STATES, end, strict=True)}
        if first is not None:
            ends["_ref"] = torch.from_numpy(waited.astype(np.int32).reshape(shape))
        if not math.isfinite(end.sum()):
            m.check_finite(ends)
        if not all(math.isfinite(row.sum()) for row in rows):
            m.check_inputs(dict(zip(code.DRIVES, drives, strict=True)))
        return {"spikes": torch.from_numpy(out.reshape(steps, *shape))}, ends


def _flat(t: torch.Tensor, *shape: int) -> np.ndarray:
    return t.detach().contiguous().numpy().reshape(shape)


def run(m: Scanned, x: State, start: State) -> tuple[State, State]:
    """As :func:`compiled.run`, for neurons that spike and learn nothing, where no gradient is wanted."""
    key = (*(k for k in x), *next(iter(x.values())).shape, next(iter(x.values())).dtype)
    found = m.forwards.get(key)
    if found is None:
        if len(m.forwards) >= MOST:
            m.forwards.clear()
        found = m.forwards[key] = Forward(m, x)
    return found(m, [x[i] for i in found.call.code.DRIVES], start)


def again(m: Scanned, x: object, state: State | None) -> tuple[torch.Tensor, State] | None:
    """Spikes and states of a step as one before, of which all was checked; None if a condition of that does not hold.

    What single steps of a stream take is mostly checks, of which these are left: no gradients, transforms or autocast, inputs and states of the
    same kind and shape.
    """
    if torch.compiler.is_compiling() or type(state) is not dict or type(x) is not torch.Tensor:
        return None
    if torch.is_grad_enabled() or m.factors or m.surrogate.soft or m.backend == "torch":
        return None
    shape = x.shape
    if len(shape) != 3 or shape[2] != m.n or not x.is_cpu:
        return None
    found: Forward | None = m.forwards.get(("x", *shape, x.dtype))
    if found is None or transformed() or torch.is_autocast_enabled("cpu"):
        return None
    names = found.names
    if len(state) != len(names):
        return None
    for s in names:
        value = state.get(s)
        if value is None or value.shape != shape[1:] or s != REF and value.dtype != x.dtype:
            return None
    out, end = found(m, (x,), state)
    return out["spikes"], end


def fits(m: Scanned, x: State, start: State) -> bool:
    """Whether a scan is one of these."""
    if len(m.learned) or m.factors or m.surrogate.soft or not m.code.SPIKES or m.code.RESULTS:
        return False
    if any(t.device.type != "cpu" for t in x.values()):
        return False
    return not torch.is_grad_enabled() or not any(t.requires_grad for t in (*x.values(), *start.values()))


__all__ = ["again", "fits", "run"]
