"""A session of the lab: a running network under the hand, without any web.

It advances in slices of whole milliseconds, logs what is set, branches with common random numbers, and goes back to the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.lab.actions import (
    LONGEST,
    SHORTEST,
    bolus_name,
    bolus_of,
    can_be_silenced,
    constant,
    silence_name,
    silence_of,
)
from amine.lab.background import REST, Background
from amine.lab.controls import Control, Slider, controls_of, values_of
from amine.lab.lane import Entry, Lane, Mark, replay
from amine.models.multicompartment import Cable
from amine.network.estimate import available_bytes
from amine.network.network import Network
from amine.network.parts import View
from amine.records import dataclass
from amine.view.frames import pack

if TYPE_CHECKING:
    from amine.results.segment import Segment

ROWS, TRACED = 4000, 100  # neurons that are drawn, and neurons of a population whose voltage is recorded
SLICE, SAMPLE = 1.0, 0.5  # ms of a slice and of a sample of a voltage
MOST_MS, MOST_SECONDS, MOST_LOG = (
    200.0,
    0.05,
    20_000,
)  # of one frame: time of the network and on the clock; entries of a log
MOST_REPLAY = 600_000.0  # ms that a link may ask to be replayed
BARS = 24  # of a histogram of weights
LIVE, GHOST = "live", "ghost"


@dataclass
class Shape:
    """Which neurons are drawn and recorded: rows of the raster by neuron (-1: none), and recorded neurons by population."""

    rows: np.ndarray
    shown: dict[str, list[int]] = field(default_factory=dict)  # neurons of each population in the order of their rows
    traced: dict[str, list[int]] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)  # first row of each population


class Session:
    """A network that runs, with its controls.

    Parameters
    ----------
    net : its description; values that are to be set follow :meth:`amine.Network.loop`.
    sliders : controls that are open from the start.

    Raises
    ------
    AmineError
        If the network does not fit into memory, cannot be simulated, or has no such control.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> _ = net.population("P", 100, "poisson", rate="20 Hz")
    >>> s = Session(net)
    >>> s.set("P.rate", 60.0)
    >>> len(s.frame(50.0)) > 100, s.time
    (True, 50.0)
    """

    def __init__(self, net: Network, sliders: tuple[Slider, ...] = ()):
        size = net.estimate()
        if size["bytes"] > available_bytes() / 3:
            raise AmineError(
                "lab", "the network does not fit into memory", given=f"{size['bytes'] / 1e9:.2g} GB", hint="scale it"
            )
        self.described = net
        self.network = self._probed(net)
        self.lanes = {LIVE: Lane(self.network.loop(keep=False))}
        self.shape = self._shape()
        self.controls = controls_of(self.live.loop, sliders)
        self.values = values_of(self.live.loop, self.controls)
        self.watched: tuple[str, int] | None = next(((p, n[0]) for p, n in self.shape.traced.items() if n), None)
        self.start = self.live.mark()
        self.marked: Mark | None = None
        self.responded, self._moved = False, -REST
        self._background = Background(self.network)
        self._cost: float | None = None  # seconds on the clock that a slice took
        self._asked: tuple[str, tuple[tuple[str, str], ...]] | None = None

    # --- what is there ---------------------------------------------------------------------------------------------

    @property
    def live(self) -> Lane:
        """The lane under the hand."""
        return self.lanes[LIVE]

    @property
    def time(self) -> float:
        """Time reached in ms."""
        return self.live.loop.time

    def _probed(self, net: Network) -> Network:
        """The network with recordings of the voltages of some neurons, which change no spike."""
        out = Network.from_dict(net.to_dict())
        every = max(round(SAMPLE / net.dt), 1) * net.dt
        for p in list(out.populations.values()):
            if p.model.kind == "neuron" and not isinstance(p.model, Cable) and "v" in p.model.state_units:
                step = -(-p.n // TRACED)
                out.probe(View(p.name, 0, p.n, step), "v", every=f"{every!r} ms", name=f"lab {p.name}")
        return out

    def _shape(self) -> Shape:
        places = self.live.recent.populations
        total = sum(n for _, _, n in places)
        shape, at = Shape(np.full(total, -1, np.int64)), 0
        for name, first, n in places:
            count = n if total <= ROWS else max(1, round(ROWS * n / total))
            chosen = np.unique(np.linspace(0, n - 1, count).astype(int))
            shape.rows[first + chosen] = at + np.arange(chosen.size)
            shape.shown[name], shape.first[name] = chosen.tolist(), at
            at += chosen.size
            traced = next((p.target for p in self.network.probes if p.name == f"lab {name}"), None)
            shape.traced[name] = [] if traced is None else list(range(traced.start, traced.stop, traced.step))
        return shape

    def describe(self) -> dict[str, Any]:
        """What a page needs to know of the network, as plain data."""
        p = self.described.populations
        cuts = can_be_silenced(self.described)
        return {
            "name": self.described.name or "Network",
            "dt": self.described.dt,
            "seed": self.described.seed,
            "populations": [
                {"name": n, "neurons": p[n].n, "model": p[n].model.name, "rows": len(rows), "first": rows[:1], "traced": bool(self.shape.traced[n]), "cuts": n in cuts}
                for n, rows in self.shape.shown.items()
            ],
            "controls": [c.__dict__ for c in self.controls.values()],
            **self.state(),
        }  # fmt: skip

    def state(self) -> dict[str, Any]:
        """What may change: time, values, log, digest, branch, the neuron whose voltage is drawn, rows that are silenced."""
        self._flow()
        return {
            "time": self.time,
            "step": self.live.step,
            "values": self.values,
            "log": [[e.step, e.name, e.value] for e in self.live.log],
            "digest": self.live.digest.text(),
            "branched": None if self.marked is None else self.marked.time,
            "watched": self.watched,
            "silenced": self._silenced(),
        }

    def _flowing(self) -> list[str]:
        """Names of doses whose concentration changes by itself, after a bolus."""
        out: dict[str, bool] = {}
        for e in self.live.log:
            one = bolus_of(e.name)
            out[e.name if one is None else f"dose:{one[0]}"] = one is not None
        return [name for name, flows in out.items() if flows]

    def _flow(self) -> None:
        """Takes over concentrations that change by themselves."""
        flowing = self._flowing()
        if flowing:
            now = self.live.loop.settable()
            self.values.update({name: float(now[name].value) for name in flowing})

    def _silenced(self) -> list[list[int]]:
        """Rows of the raster of silenced neurons: the first, and the one after the last."""
        out = []
        for e in self.live.log:
            few = silence_of(e.name)
            if few is None:
                continue
            chosen, at = np.asarray(self.shape.shown[few[0]]), self.shape.first[few[0]]
            out.append([at + int(np.searchsorted(chosen, few[1])), at + int(np.searchsorted(chosen, few[2]))])
        return out

    # --- acting ----------------------------------------------------------------------------------------------------

    def set(self, name: str, value: object) -> None:
        """Sets a control of the live lane from now on; raises AmineError, and changes nothing, if it cannot be."""
        self.set_all({name: value})

    def set_all(self, values: Mapping[str, object]) -> None:
        """Sets several controls, or none of them if one cannot be set."""
        checked = {name: self._control(name).check(x) for name, x in values.items()}
        logged = {e.name for e in self.live.log}
        flowing = self._flowing()
        new = {n: x for n, x in checked.items() if x != self.values[n] or n not in logged or n in flowing}
        if len(self.live.log) + len(new) > MOST_LOG:
            raise AmineError("lab", "the log is full", hint="rewind")
        before = self.live.mark() if len(new) > 1 else None
        try:
            for name, x in new.items():
                self.live.set(name, self.controls[name].text(x))
        except AmineError:
            if before is not None:
                self.live.go_back(before)
            raise
        self.values.update(new)
        if new:
            self._moved = time.monotonic()
            self._background.rest()

    def _control(self, name: object) -> Control:
        if not isinstance(name, str) or name not in self.controls:
            hint = did_you_mean(str(name)[:40], self.controls)
            raise AmineError("lab", f"there is no control '{str(name)[:40]}'", hint=hint)
        return self.controls[name]

    def bolus(self, drug: str, peak: object, half_life: object) -> None:
        """Gives a dose into the blood on top of what is there: it adds ``peak`` (uM) at once and is lost with a half-life (ms)."""
        name = f"dose:{drug}"
        control = self._control(name)
        x = control.check(peak)
        self._flow()
        if self.values[name] + x > control.high:
            given = f"{self.values[name]:.3g} and {x:.3g} uM"
            raise AmineError(f"bolus of {drug[:40]}", "together they are above the range", given=given)
        self._given(drug, x, half_life)

    def wash_out(self, drug: str, half_life: object) -> None:
        """Lets the present concentration of a drug fall with a half-life (ms)."""
        control = self._control(f"dose:{drug}")
        self._flow()
        level, before = self.values[control.name], self.live.mark()
        if level <= 0:
            return
        try:
            self.live.set(control.name, control.text(0.0))
            self._given(drug, level, half_life)
        except AmineError:
            self.live.go_back(before)
            raise

    def _given(self, drug: str, peak: float, half_life: object) -> None:
        where = f"bolus of {drug[:40]}"
        if (
            isinstance(half_life, bool)
            or not isinstance(half_life, int | float)
            or not SHORTEST <= half_life <= LONGEST
        ):
            expected = f"{SHORTEST:g} to {LONGEST:g} ms"
            raise AmineError(where, "the half-life is out of range", given=repr(half_life)[:40], expected=expected)
        if not peak > 0:
            raise AmineError(where, "it needs a concentration above 0")
        if constant(self.described, drug) is None:
            raise AmineError(where, "the network's own dose changes with time", hint="describe it with a constant dose")
        if len(self.live.log) + 2 > MOST_LOG:
            raise AmineError("lab", "the log is full", hint="rewind")
        self.live.set(bolus_name(drug, float(round(half_life))), f"{peak!r} uM")
        self._flow()

    def silence(self, population: str, first: object, last: object) -> None:
        """Cuts the synapses of the neurons from ``first`` up to but without ``last`` onto all others."""
        for x in (first, last):
            if isinstance(x, bool) or not isinstance(x, int):
                raise AmineError("silence", "this is not the number of a neuron", given=repr(x)[:40])
        self.live.set(silence_name(population, int(str(first)), int(str(last))), "1")

    def respond(self, name: object) -> dict[str, Any]:
        """Dose and response of a control so far, computed by a process of low priority; anew where other values have changed since."""
        control = self._control(name)
        if control.reason:
            raise AmineError(f"control '{control.name}'", f"it cannot be set while the network runs: {control.reason}")
        others = tuple((e.name, e.value) for e in self.live.log if e.name != control.name)
        if self._asked != (control.name, others):
            if time.monotonic() - self._moved < REST:  # it goes on being moved
                return {"name": control.name, "points": [], "done": False}
            self._background.ask(self.live, control)
            self._asked = (control.name, others)
        points, self.responded = self._background.found()
        return {"name": control.name, "points": points, "done": self.responded}

    def response_so_far(self) -> tuple[list[dict[str, Any]], Control | None]:
        """Points of the response that was asked for last, and its control; None if none was."""
        if self._asked is None:
            return [], None
        return self._background.found()[0], self.controls[self._asked[0]]

    def _responding(self, name: object) -> dict[str, Any] | None:
        """The response to a control, or why there is none."""
        if name is None:
            return None
        try:
            return self.respond(name)
        except AmineError as e:
            return {"name": str(name)[:200], "points": [], "done": True, "error": str(e)}

    def watch(self, population: str, neuron: int) -> None:
        """Draws the voltage of the recorded neuron nearest to one."""
        traced = self.shape.traced.get(population)
        if not traced or isinstance(neuron, bool) or not isinstance(neuron, int):
            raise AmineError("lab", f"no voltage is recorded of '{str(population)[:40]}'")
        self.watched = (population, min(traced, key=lambda n: abs(n - neuron)))

    def branch(self) -> None:
        """Lets a copy run on from here with the same random numbers and the values of now; the live lane is compared with it."""
        self.marked = self.live.mark()
        self.lanes[GHOST] = self.live.branch()

    def join(self) -> None:
        """Ends the comparison."""
        self.lanes.pop(GHOST, None)
        self.marked = None

    def rewind(self, to: str = "start") -> None:
        """Returns to the start, or to the time of the branch (``"branch"``), where the comparison begins anew."""
        if to == "branch" and self.marked is not None:
            self.live.go_back(self.marked)
            self.lanes[GHOST].go_back(self.marked)
        else:
            self.join()
            self.live.go_back(self.start)
        self.values = values_of(self.live.loop, self.controls)
        self._unit_of_rates()

    def _unit_of_rates(self) -> None:
        """Values in the units of the controls, as they were set."""
        for e in self.live.log:
            number = e.value.split()[0]
            if e.name in self.values:
                self.values[e.name] = float(number)

    def replay(self, log: Sequence[Entry], step: int) -> None:
        """Returns to the start and does what a log says up to a step; all of it is checked before."""
        if step * self.described.dt > MOST_REPLAY or step < 0 or len(log) > MOST_LOG:
            raise AmineError("link", "it is too long", given=f"{step} steps, {len(log)} entries")
        checked, last = [], 0
        for e in log:
            if not last <= e.step <= step:
                raise AmineError("link", "its times are in disorder", given=f"step {e.step}")
            checked.append(Entry(e.step, e.name, self._linked(e)))
            last = e.step
        self.rewind()
        self.lanes[LIVE] = replay(self.live.loop, checked, step)
        self._unit_of_rates()

    def _linked(self, e: Entry) -> str:
        """The value of an entry of a link, checked."""
        one, few = bolus_of(e.name), silence_of(e.name)
        try:
            x = float(e.value.split()[0])
        except (ValueError, IndexError):
            raise AmineError("link", "a value is no number", given=e.value[:40]) from None
        name = e.name if one is None else f"dose:{one[0]}"
        if few is not None:
            p = self.described.populations.get(few[0])
            if p is None or not few[1] < few[2] <= p.n:
                raise AmineError("link", f"it silences what is not there: '{e.name[:40]}'")
            return "1"
        if name not in self.controls:
            raise AmineError("link", f"it sets what is not there: '{e.name[:40]}'", given=f"step {e.step}")
        control = self.controls[name]
        if one is not None and not (0 < x <= control.high):
            raise AmineError("link", "a bolus is out of range", given=f"{x!r}")
        return control.text(control.check(x) if one is None else x)

    # --- time ------------------------------------------------------------------------------------------------------

    def advance(self, ms: float, seconds: float = MOST_SECONDS) -> dict[str, list[Segment]]:
        """Runs all lanes for a time in whole slices, or less when the time on the clock is over; what happened, by lane."""
        if isinstance(ms, bool) or not isinstance(ms, int | float) or not 0 <= ms <= MOST_MS:
            raise AmineError(
                "lab", "the time of a frame is out of range", given=repr(ms)[:40], expected=f"0 to {MOST_MS:g} ms"
            )
        dt = self.described.dt
        each = max(1, round(SLICE / dt))
        left = round(ms / (each * dt))
        out: dict[str, list[Segment]] = {name: [] for name in self.lanes}
        began = time.perf_counter()
        rest = seconds
        while left > 0 and rest > 0:
            size = 1 if self._cost is None else int(rest / self._cost)
            now = max(1, min(size, left))
            for name, lane in self.lanes.items():
                out[name].append(lane.advance(now * each))
            left -= now
            before, rest = rest, seconds - (time.perf_counter() - began)
            self._cost = max((before - rest) / now, 1e-6)
        return out

    def frame(self, ms: float, seconds: float = MOST_SECONDS, numbers: bool = False, respond: object = None) -> bytes:
        """Runs for a time and returns what happened as a frame (:mod:`amine.view.frames`), with numbers and the response to a control."""
        start = self.time
        happened = self.advance(ms, seconds)
        about: dict[str, Any] = {"start": start, "stop": self.time, "step": self.live.step, "watched": self.watched}
        arrays: dict[str, np.ndarray] = {}
        for name, segments in happened.items():
            self._spikes(name, segments, start, arrays)
            self._traces(name, segments, arrays)
            self._chemistry(name, segments, arrays)
        if numbers:
            about["numbers"] = {name: lane.recent.numbers(self.time) for name, lane in self.lanes.items()}
            about["digest"] = self.live.digest.text()
            about["weights"] = self.weights()
            about["response"] = self._responding(respond)
        return pack(about, arrays)

    def weights(self) -> list[dict[str, Any]]:
        """Histograms of the weights of plastic projections."""
        out = []
        for p in self.network.projections:
            if p.plasticity is None:
                continue
            w = self.live.loop.weights(p.name)
            x = np.asarray(w.weights, float)
            low, high = w.bounds or (float(x.min(initial=0.0)), float(x.max(initial=0.0)))
            if high > 4 * x.max(initial=0.0) > 0:  # weights that keep far from their bound fill the picture
                high = float(f"{2 * x.max():.1g}")
            counts = np.histogram(x, BARS, (low, max(high, low + 1e-12)))[0]
            out.append({"name": p.name, "unit": w.unit, "low": low, "high": high, "counts": counts.tolist()})
        return out

    def _spikes(self, lane: str, segments: Sequence[Segment], start: float, arrays: dict[str, np.ndarray]) -> None:
        """Times since ``start`` (ms) and rows of the spikes, and counts of each population in bins of 1 ms."""
        times = np.concatenate([s.spikes.times for s in segments] or [np.zeros(0)]) - start
        ids = np.concatenate([s.spikes.ids for s in segments] or [np.zeros(0, np.int64)]).astype(np.int64)
        rows = self.shape.rows[ids]
        drawn = rows >= 0
        arrays[f"{lane}.t"] = times[drawn].astype(np.float32)
        arrays[f"{lane}.row"] = rows[drawn].astype(np.uint16)
        bins = round(self.time - start + 0.499)
        where = np.clip(np.ceil(times - 1e-6).astype(np.int64) - 1, 0, max(bins - 1, 0))
        for k, (_, first, n) in enumerate(self.live.recent.populations):
            inside = (ids >= first) & (ids < first + n)
            arrays[f"{lane}.n{k}"] = np.bincount(where[inside], minlength=bins).astype(np.uint32)

    def _traces(self, lane: str, segments: Sequence[Segment], arrays: dict[str, np.ndarray]) -> None:
        """Voltage of the watched neuron and its times."""
        if self.watched is None:
            return
        population, neuron = self.watched
        column = self.shape.traced[population].index(neuron)
        found = [s.probes[f"lab {population}"] for s in segments]
        if not found:
            return
        if lane == LIVE:
            arrays["live.heard"] = self._heard(population, neuron, segments)
        arrays[f"{lane}.v"] = np.concatenate([np.asarray(p["v"])[:, column] for p in found]).astype(np.float32)
        if lane == LIVE:
            arrays["v.t"] = np.concatenate([np.asarray(p.times) for p in found]).astype(np.float32)

    def _heard(self, population: str, neuron: int, segments: Sequence[Segment]) -> np.ndarray:
        """Times of the spikes of a neuron since the first segment's start (ms)."""
        first = next(at for name, at, _ in self.live.recent.populations if name == population)
        times = [s.spikes.times[s.spikes.ids == first + neuron] - segments[0].start for s in segments]
        return np.concatenate(times).astype(np.float32)

    def _chemistry(self, lane: str, segments: Sequence[Segment], arrays: dict[str, np.ndarray]) -> None:
        """Concentrations and occupancies, each a mean over places."""
        for key in segments[0].slow if segments else ():
            x = [np.asarray(v).mean(1) for s in segments if key in s.slow for v in s.slow[key].values.values()]
            arrays[f"{lane}.slow.{key}"] = np.concatenate(x).astype(np.float32)


__all__ = ["GHOST", "LIVE", "Session", "Shape"]
