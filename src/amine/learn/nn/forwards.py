"""Scans without a way back, prepared once for inputs of one shape: what the single steps of a stream call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from amine.learn.nn import compiled, memory, pool
from amine.learn.nn.device import BLOCK

if TYPE_CHECKING:
    from amine.learn.nn.scanned import Scanned, State

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
        self.nothing = (
            np.empty((0, call.steps, lanes), call.real),  # results
            np.empty((len(call.code.KEPT), 0, lanes), call.real),
            np.empty((0, lanes), np.uint8),
            np.empty((n, 0, lanes), call.real),  # states by step
        )

    def __call__(self, x: State, start: State) -> tuple[State, State]:
        """Spikes and the states at the end."""
        call, code, real = self.call, self.call.code, self.call.real
        steps, lanes, shape = call.steps, call.lanes, (call.batch, call.n)
        first = [_flat(start[s], lanes) for s in code.STATES]
        states = (
            first[0].reshape(1, lanes) if len(first) == 1 else np.stack(first) if first else np.empty((0, lanes), real)
        )
        waits = start.get("_ref")
        wait = np.zeros(lanes, real) if waits is None else _flat(waits, lanes).astype(real)
        out, end = memory.empty((steps, *shape), real), np.empty((len(first), *shape), real)
        waited = np.zeros(lanes, real)
        results, keep, marks, trace = self.nothing
        args = (steps, call.first_step, call.dt, self.scalars, call.surrogate, self.own, states, wait)
        args += (out.reshape(steps, lanes), results, keep, marks, trace, end.reshape(len(first), lanes), waited)
        args += tuple(_flat(x[i], steps, lanes) for i in code.DRIVES)
        if lanes <= BLOCK:
            code.forward(0, lanes, *args)
        else:
            pool.spread(lambda _, a, b: code.forward(a, b, *args), lanes, BLOCK)
        ends = {s: torch.from_numpy(end[i]) for i, s in enumerate(code.STATES)}
        if waits is not None:
            ends["_ref"] = torch.from_numpy(waited.astype(np.int32).reshape(shape))
        return {"spikes": torch.from_numpy(out)}, ends


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
    return found(x, start)


def fits(m: Scanned, x: State, start: State) -> bool:
    """Whether a scan is one of these."""
    if len(m.learned) or m.factors or m.surrogate.soft or not m.code.SPIKES or m.code.RESULTS:
        return False
    if any(t.device.type != "cpu" for t in x.values()):
        return False
    return not torch.is_grad_enabled() or not any(t.requires_grad for t in (*x.values(), *start.values()))


__all__ = ["fits", "run"]
