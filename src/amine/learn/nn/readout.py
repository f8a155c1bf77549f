"""Read-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from amine import models
from amine.doors import constructor
from amine.errors import AmineError, did_you_mean
from amine.learn.nn.described import Described
from amine.learn.nn.neurons import Neurons, State, sequence
from amine.learn.nn.scanned import check_lengths, check_steps
from amine.learn.nn.shapes import HALF, floating

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.learn.given import Sequenced

STATES = {
    "spike_count": {"count"},
    "max_over_time": {"v", "most"},
    "leaky": {"v"},
    "first_spike": {"score", "fired", "silent"},
}
READOUTS = tuple(STATES)


_INTEGRATOR = models.neuron(
    "leaky_integrator",
    "dv/dt = (R*I - v)/tau : mV\ninitial v = 0*mV",
    doc="A leaky integrator, for read-outs.",
    tau="20 ms",
    R="1 mV/pA",
)


@constructor
class Readout(Described):
    """A read-out of scores ``[batch, ...]`` from a sequence ``[time, batch, ...]``.

    Parameters
    ----------
    kind : ``"spike_count"``: the sum over time. ``"max_over_time"``: the maximum of a leaky mean of the input
        (Cramer et al. 2022, IEEE Trans Neural Netw Learn Syst 33:2744). ``"leaky"``: that mean at the end.
        ``"first_spike"``: number of steps left at the first spike, 0 without a spike, so that earlier spikes score higher.
    tau : time constant of the leaky mean. dt : time step. learn : whether tau is learned.

    Raises
    ------
    AmineError
        If the kind is not known.

    Examples
    --------
    >>> import torch
    >>> Readout("first_spike")(torch.tensor([0.0, 1.0, 1.0]).reshape(3, 1, 1))[0].item()
    2.0
    """

    def __init__(
        self, kind: str = "max_over_time", *, tau: Quantity = "20 ms", dt: Quantity = "1 ms", learn: bool = False
    ):
        super().__init__()
        if kind not in READOUTS:
            raise AmineError("Readout", f"readout '{kind}' is not known", hint=did_you_mean(str(kind), READOUTS))
        self.kind = kind
        leaky = kind in ("max_over_time", "leaky")
        self.integrator = (
            Neurons(_INTEGRATOR, dt=dt, tau=tau, gain=None, learn=["tau"] if learn else [], per_neuron=False)
            if leaky
            else None
        )

    def described(self) -> dict[str, str]:
        """The kind."""
        return {"kind": self.kind}

    def forward(
        self, x: Sequenced, state: State | None = None, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, State]:
        """Scores [batch, ...] of a sequence [time, batch, ...] and the state at its end, from which a next part goes on.

        With ``state`` the scores are those of the whole sequence so far. ``lengths`` (batch,) are numbers of steps of sequences that were padded:
        scores and state are those at the end of each, whatever follows.
        """
        y = floating(sequence(x), "Readout, input")
        check_steps(y, "Readout, input")
        if y.dtype in HALF:  # sums of many steps and numbers of steps have too many digits
            score, end = self(y.float(), state, lengths)
            return score.to(y.dtype), end
        if lengths is not None:
            return self._each(y, state, check_lengths(lengths, y, "Readout, lengths"))
        if state is not None and set(state) != STATES[self.kind]:
            raise AmineError(
                "Readout, state",
                "this is not a state of its kind",
                given=str(sorted(state)),
                hint="pass it as returned",
            )
        if self.kind == "spike_count":
            total = y.sum(0) if state is None else state["count"] + y.sum(0)
            return total, {"count": total}
        return self._first(y, state) if self.kind == "first_spike" else self._leaky(y, state)

    def _each(self, y: torch.Tensor, state: State | None, lengths: torch.Tensor) -> tuple[torch.Tensor, State]:
        """Scores and state of sequences of different length: those of one length together."""
        scores: dict[int, torch.Tensor] = {}
        ends: dict[str, dict[int, torch.Tensor]] = {}
        for n in lengths.unique().tolist():
            which = (lengths == n).nonzero()[:, 0]
            part = None if state is None else {k: v[which] for k, v in state.items()}
            score, end = self(y[:n, which], part)
            for k, b in enumerate(which.tolist()):
                scores[b] = score[k]
                for name, v in end.items():
                    ends.setdefault(name, {})[b] = v[k]
        batch = range(len(lengths))
        return torch.stack([scores[b] for b in batch]), {k: torch.stack([v[b] for b in batch]) for k, v in ends.items()}

    def _first(self, y: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        """Steps left at the first spike."""
        before = torch.cumprod(torch.cat([torch.ones_like(y[:1]), 1 - y[:-1]]), 0)  # 1 until the first spike
        left = torch.arange(y.shape[0], 0, -1, dtype=y.dtype, device=y.device).reshape(-1, *[1] * (y.ndim - 1))
        score, fired = (y * before * left).sum(0), (y * before).sum(0)
        silent = before[-1] * (1 - y[-1])
        if state is not None:
            score = state["score"] + state["fired"] * y.shape[0] + state["silent"] * score
            fired, silent = state["fired"] + state["silent"] * fired, state["silent"] * silent
        return score, {"score": score, "fired": fired, "silent": silent}

    def _leaky(self, y: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        """Leaky mean at the end, or its maximum."""
        assert self.integrator is not None
        v, end = self.integrator(y, None if state is None else {"v": state["v"]})
        if self.kind == "leaky":
            return v[-1], {"v": end["v"]}
        most = v.amax(0) if state is None else torch.maximum(state["most"].to(v.dtype), v.amax(0))
        return most, {"v": end["v"], "most": most}

    def extra_repr(self) -> str:
        return repr(self.kind)


__all__ = ["Readout", "State"]
