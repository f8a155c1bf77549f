"""One pass through a circuit as a differentiable function of learned parameters, initial states and inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import numpy as np
import torch

from amine.learn.nn.circuit_run import Gradients, Outputs, Run, State
from amine.learn.nn.context import Context
from amine.learn.nn.once import once

if TYPE_CHECKING:
    from amine.learn.nn.circuit import Circuit

K = TypeVar("K")
Slot: TypeAlias = tuple[str, str | tuple[str, str]]  # kind of a tensor (input, weight, constant, state), and its key


class Call:
    """One pass: the run, its initial state, the tensors that may receive gradients, and the kind and key of each (``slots``)."""

    def __init__(self, circuit: Circuit, run: Run, begin: State, tensors: list[torch.Tensor], slots: list[Slot]):
        self.circuit, self.run, self.begin, self.tensors, self.slots = circuit, run, begin, tensors, slots
        self.end: State | None = None

    def forward(self, need: bool) -> list[np.ndarray]:
        """Runs the circuit; ``need`` keeps the values for the backward pass."""
        out, self.end = self.run.forward(self.begin, need)
        self.end.step = self.run.first + self.run.T
        return [self._part(out, p, what) for _, p, what in self.circuit.outputs]

    @staticmethod
    def _part(out: Outputs, p: str, what: str) -> np.ndarray:
        if what == "spikes":
            return out.spikes[p]
        return out.counts[p] if what in ("rate", "rates") else out.states[p, what]

    def backward(self, grads: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
        """Gradients of the tensors from those of the outputs; None where none is needed."""
        asked = Outputs({}, {}, {})
        for (_, p, what), g in zip(self.circuit.outputs, grads, strict=True):
            if g is None:
                continue
            rows = np.ascontiguousarray(g.detach().numpy().reshape(g.shape[0], -1))
            if what == "spikes":
                _add(asked.spikes, p, rows)
            elif what in ("rate", "rates"):
                _add(asked.counts, p, rows)
            else:
                _add(asked.states, (p, what), rows)
        found = self.run.backward(asked)
        return [self._gradient(found, kind, key, t) for (kind, key), t in zip(self.slots, self.tensors, strict=True)]

    def _gradient(self, g: Gradients, kind: str, key: str | tuple[str, str], like: torch.Tensor) -> torch.Tensor | None:
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


def _add(table: dict[K, np.ndarray], key: K, rows: np.ndarray) -> None:
    """Adds rows to those of a key, if there are any."""
    table[key] = rows + table[key] if key in table else rows


class _PassContext(Context, Protocol):
    call: Call


class Pass(torch.autograd.Function):
    """A call as one differentiable function of its tensors."""

    @staticmethod
    def forward(ctx: _PassContext, call: Call, need: bool, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ctx.call = call
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)
        out = [torch.from_numpy(x) for x in call.forward(need)]
        end = torch.zeros(1)
        ctx.mark_non_differentiable(end)
        return (*out, end)

    @staticmethod
    @once("Circuit", 'use layers with backend="torch"')
    def backward(ctx: _PassContext, *grads: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        _ = ctx.saved_tensors  # raises if one was changed in place since, as the run shares its memory
        return None, None, *ctx.call.backward(list(grads[:-1]))
