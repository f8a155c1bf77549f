"""A scan on a card: tensors made for the kernels' results, and the kernels started on them; as the scans of :mod:`amine.learn.nn.compiled`."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from amine.learn.nn.calls import Call, CardKept, Grad, Gradients, Launcher, Made, Value


def forward(
    call: Call,
    launch: Launcher,
    c: dict[str, torch.Tensor],
    wait: torch.Tensor | None,
    drives: Sequence[torch.Tensor],
    states: Sequence[torch.Tensor],
    extra: Sequence[torch.Tensor],
    need: bool,
) -> tuple[Made, CardKept]:
    """As :func:`amine.learn.nn.compiled.forward`."""
    code, T, L, shape = call.code, call.steps, call.lanes, (call.batch, call.n)
    like = (*drives, *states)[0]
    spikes = call.plain.SPIKES
    made = Made(
        like.new_empty(T if spikes else 0, *shape),
        like.new_empty(len(code.STATES), T if call.traced else 0, *shape),
        like.new_empty(len(code.RESULTS), T, *shape),
        like.new_zeros(shape, dtype=torch.int32),
        like.new_empty(len(code.STATES), *shape),
    )
    scalars = [c[n].detach() for n in call.plain.SCALARS]
    own = [c[n].detach().expand(call.n) for n in call.plain.DIFFER]
    kept = CardKept(
        torch.stack(scalars) if scalars else like.new_zeros(1),
        torch.stack(own) if own else like.new_empty(0, call.n),
        like.new_empty(len(code.KEPT), T + 1 if need else 0, L),
        like.new_empty(T + 1 if need and spikes else 0, L, dtype=torch.uint8),
        like.new_empty(T if need and extra and "x" in code.READS else 0, L),
    )
    arrays: list[Value] = [None if wait is None else _flat(wait.to(torch.int32)), made.waited, made.spikes]
    arrays += [made.results, kept.states, kept.marks, made.traces, made.ends]
    name = "forward"
    if extra:
        name, arrays = "forward_recurrent", [*arrays, _flat(extra[0].t()), _flat(extra[1]), kept.total]
    given = [_flat(t) for t in (*states, *drives)]
    launch(name, L, call.n, [*_numbers(call), *arrays, *_constants(call, kept), *given])
    return made, kept


def backward(
    call: Call,
    launch: Launcher,
    kept: CardKept,
    drives: Sequence[torch.Tensor],
    extra: Sequence[torch.Tensor],
    given: Sequence[Grad],
    wanted: Sequence[bool],
    learned: Sequence[torch.Size],
    soft: torch.Tensor | None,
) -> Gradients:
    """As :func:`amine.learn.nn.compiled.backward`."""
    code, T, L = call.code, call.steps, call.lanes
    g_out, g_trace, g_results, _, *g_end = given
    lam = kept.scalars.new_empty(len(code.STATES), call.batch, call.n)
    acc = kept.scalars.new_empty(len(learned), L)
    asked = {i: bool(wanted[j]) for j, i in enumerate(code.DRIVES)}
    through = {i for i in code.GRADIENTS if asked[i] or (i == "x" and extra and wanted[-2])}
    grads = {i: lam.new_empty(T if i in through else 0, call.batch, call.n) for i in code.GRADIENTS}
    reads = [
        kept.total if extra and i == "x" else _flat(x)
        for i, x in zip(code.DRIVES, drives, strict=True)
        if i in code.READS
    ]
    arrays: list[Value] = [*_strided(g_out, T, L), None if g_results is None else _flat(g_results)]
    arrays += [kept.states, kept.marks, None if g_trace is None else _flat(g_trace), lam, acc]
    name, g_before = "backward", lam.new_empty(call.batch if extra and wanted[-1] else 0, call.n)
    if extra:
        name, arrays = "backward_recurrent", [*arrays, _flat(extra[0]), lam.new_empty(2, L), g_before]
    ends = [None if g is None else _flat(g) for g in g_end]
    launch(name, L, call.n, [*_numbers(call), *arrays, *_constants(call, kept), *ends, *reads, *grads.values()])
    g_extra: list[Grad] = []
    if extra:
        spikes = (kept.marks[1:] & 1).to(lam.dtype) if soft is None else soft.reshape(T, L)
        gw = _recurrent_weights(spikes, extra[1], grads["x"].reshape(-1, L), call.n) if wanted[-2] else None
        g_extra = [gw, g_before if wanted[-1] else None]
    out_x = [grads[i] if i in grads and asked[i] else None for i in code.DRIVES]
    constants = [_to_shape(row, call, shape) for row, shape in zip(acc, learned, strict=True)]
    return Gradients(out_x, lam, constants, g_extra)


def _numbers(call: Call) -> list[Value]:
    """What all kernels are given first."""
    return [call.lanes, call.n, call.steps, call.first_step, float(call.dt), *map(float, call.surrogate)]


def _constants(call: Call, kept: CardKept) -> list[torch.Tensor]:
    return [*kept.scalars[: len(call.plain.SCALARS)], *kept.own]


def _flat(t: torch.Tensor) -> torch.Tensor:
    return t.detach().contiguous()


def _strided(g: Grad, T: int, L: int) -> list[Value]:
    """Gradient of the spikes as an array with its distances between steps and between lanes, which are 0 where it is constant."""
    if g is None or not g.numel():
        return [None, 0, 0]
    g = g.detach()
    if not any(g.stride()):
        return [g, 0, 0]
    if g.stride(0) == 0:
        return [g[0].contiguous(), 0, 1]
    return [g.contiguous(), L, 1]


def _recurrent_weights(spikes: torch.Tensor, before: torch.Tensor, gx: torch.Tensor, n: int) -> torch.Tensor:
    """Gradient of the weights [to, from]: spikes of a step times gradients of the drive in the next."""
    first = gx[:1].reshape(-1, n).t() @ before.detach().reshape(-1, n)
    return gx[1:].reshape(-1, n).t() @ spikes[:-1].reshape(-1, n) + first


def _to_shape(row: torch.Tensor, call: Call, shape: torch.Size) -> torch.Tensor:
    """Gradient of a constant from that of all lanes, summed over the lanes that share its value."""
    g = row.reshape(call.batch, call.n).sum(0)
    return g if len(shape) else g.sum()


__all__ = ["backward", "forward"]
