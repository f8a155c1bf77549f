"""The plain PyTorch version: the generated step in a loop over time. Reference of the kernels; runs on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from amine.learn.nn.surrogate import TorchSurrogate
from amine.learn.nn.tensors import TorchNumpy

if TYPE_CHECKING:
    from amine.learn.nn.scanned import Scanned, State


def run(
    m: Scanned,
    x: State,
    start: State,
    trace: bool,
    weight: torch.Tensor | None = None,
    sources: State | None = None,
) -> tuple[State, State]:
    """Spikes (or the states of a model without threshold), with ``trace`` all states too, and the last state.

    ``weight`` [to, from] feeds the spikes of a step back into the drive of the next; ``sources`` stand in for those of the module.
    """
    like = next(iter(x.values()))
    np_ = TorchNumpy(TorchSurrogate(m.surrogate, *m.shape()))
    c = m.constants(like.dtype, like.device, sources)
    zero = torch.zeros_like(like[0])
    state: dict[str, Any] = dict(start)
    ref, fired = state.pop("_ref", None), state.pop("_spikes", None)
    rows: dict[str, list[torch.Tensor]] = {}
    for k in range(like.shape[0]):
        now = {i: x[i][k] if i in x else zero for i in (*m.code.INPUTS, *m.code.NOISES)}
        if weight is not None and fired is not None:
            now["x"] = now["x"] + fired @ weight.t()
        free = torch.ones_like(zero) if ref is None or m.surrogate.soft else (ref <= 0).to(like.dtype)
        state, out = m.code.step(np_, c, state, now, free, k * m.dt)
        if ref is not None:
            ref = refractory(ref, out["spikes"], c[m.code.REFRACTORY])
        fired = out.get("spikes")
        kept = {name: x for name, x in out.items() if name != "margin"}
        kept |= state if trace or not kept else {}
        for name, value in kept.items():
            rows.setdefault(name, []).append(value)
    if ref is not None:
        state["_ref"] = ref
    if weight is not None:
        state["_spikes"] = fired
    return {name: torch.stack(v) for name, v in rows.items()}, state


def refractory(ref: torch.Tensor, spikes: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Number of steps after this one for which a lane remains refractory."""
    return torch.where(spikes.detach() > 0, steps.detach().to(ref.dtype), (ref - 1).clamp_min(0))
