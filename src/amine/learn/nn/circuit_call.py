"""One pass through a circuit as a differentiable function of everything that may be learned or given."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from amine.learn.nn.circuit_run import Run, State


class Call:
    """One pass: the run, where it begins, the tensors that gradients may flow to, and what each is."""

    def __init__(self, circuit: Any, run: Run, begin: State, tensors: list[torch.Tensor], slots: list[tuple[str, Any]]):
        self.circuit, self.run, self.begin, self.tensors, self.slots = circuit, run, begin, tensors, slots
        self.end: State | None = None

    def forward(self, need: bool) -> list[np.ndarray]:
        out, self.end = self.run.forward(self.begin, need)
        self.end.step = self.run.first + self.run.T  # type: ignore[attr-defined]
        return [self._part(out, p, what) for _, p, what in self.circuit.outputs]

    @staticmethod
    def _part(out: dict[str, Any], p: str, what: str) -> np.ndarray:
        if what == "spikes":
            return out["spikes"][p]
        return out["counts"][p] if what in ("rate", "rates") else out["states"][p, what]

    def backward(self, grads: list[Any]) -> list[Any]:
        asked: dict[str, Any] = {"spikes": {}, "counts": {}, "states": {}}
        for (_, p, what), g in zip(self.circuit.outputs, grads, strict=True):
            if g is None:
                continue
            kind = "spikes" if what == "spikes" else "counts" if what in ("rate", "rates") else "states"
            key = (p, what) if kind == "states" else p
            rows = np.ascontiguousarray(g.numpy().reshape(g.shape[0], -1))
            asked[kind][key] = rows + asked[kind][key] if key in asked[kind] else rows
        g = self.run.backward(asked)
        return [self._gradient(g, kind, key, t) for (kind, key), t in zip(self.slots, self.tensors, strict=True)]

    def _gradient(self, g: Any, kind: str, key: Any, like: torch.Tensor) -> Any:
        if not like.requires_grad:
            return None
        B = self.run.B
        if kind == "input":
            _, p, what = next(i for i in self.circuit.inputs if i[0] == key)
            x = g.inputs[p] if what == "spikes" else g.currents[p]
        elif kind == "weight":
            found = [
                g.weights[i] for i, c in enumerate(self.circuit.connections) if c.learned == key and i in g.weights
            ]
            x = sum(found) if like.ndim else np.asarray(sum(f.sum() for f in found))
        else:
            name, part = key
            p, _, r = name.partition(":")
            scan = self.run.scans[name] if name in self.run.scans else self.run.releases[p][int(r)]
            if kind == "state":
                x = g.lam[name][scan.code.STATES.index(part)].reshape(B, scan.n)
            else:
                x = g.constants[name][scan.code.LEARNED.index(part)].reshape(B, scan.n).sum(0)
                x = x if like.ndim else x.sum()
        return torch.as_tensor(np.asarray(x)).to(like.dtype).reshape(like.shape)


class Pass(torch.autograd.Function):
    """A call as one function of its tensors."""

    @staticmethod
    def forward(ctx: Any, call: Call, need: bool, *tensors: torch.Tensor) -> Any:  # type: ignore[override]
        ctx.call = call
        ctx.set_materialize_grads(False)
        out = [torch.from_numpy(x) for x in call.forward(need)]
        end = torch.zeros(1)
        ctx.mark_non_differentiable(end)
        return (*out, end)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:  # type: ignore[override]
        return None, None, *ctx.call.backward(list(grads[:-1]))
