"""Memories over a day: fading, consolidation, and the effect of a blocker of protein synthesis.

Sources reach cells through synapses with tagging and capture (``am.plasticity.tagging``). A pattern associates some sources with some cells: in
training the sources fire at 80 Hz, a teacher makes the cells fire at 130 Hz, and inhibition silences the others. Strong training is three
trains of 0.4 s, weak training one of 0.3 s. At recall, half of a pattern's sources fire once together, and cells whose noisy voltage passes the
threshold answer. Recall is the share of the pattern's cells that answer, minus the share of the other cells that do.

Bouts of activity (training, and some seconds in each hour in which sources fire at 1 Hz) are simulated; the hours between them are rests in
closed form (``Network.rest``), so that a day costs no more than its bouts. One condition has a rule without slow states instead of tagging,
triplets of spikes (Pfister & Gerstner 2006), which forgets only by overwriting.

Equations and constants are those of Luboeinski J, Tetzlaff C (2021) Commun Biol 4:275, except for the sum of changes that triggers protein
synthesis: there 0.5, here 12, since a cell has twelve synapses of each pattern that change together. Windows after Frey U, Morris RGM (1997) Nature 385:533-536 and (1998) Trends Neurosci 21:181-188.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine import models, plasticity, units
from amine.errors import AmineError
from amine.experiments.outcome import Outcome, Table
from amine.network.network import Network
from amine.network.numbers import whole_number
from amine.records import dataclass
from amine.units import to_internal
from amine.view.style import colour, figure

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure

    from amine.given import Quantity
    from amine.models.model import Model
    from amine.network.weights import Weights

W_0, TAU_S, TAU_M, C = 50.0, 2.0, 20.0, 250.0  # pA, ms, ms, pF
PEAK = (
    W_0 * TAU_S / C * (TAU_S / TAU_M) ** (TAU_S / (TAU_M - TAU_S))
)  # mV, height of the potential of one synapse of weight w_0
SOURCES, CELLS, ACTIVE, PATTERNS = (
    64,
    64,
    12,
    4,
)  # sources of each of two pathways, cells, neurons of a pattern on either side, patterns
HOURS = (0.1, 1, 2, 3, 4, 6, 8, 12, 16, 20, 24)
LAGS = (-6.0, -4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0)
CONDITIONS = ("strong", "weak", "strong, anisomycin", "weak, then strong elsewhere", "spikes alone")
BLOCKED = "10 uM"

CELL = """
dv/dt = (E_L - v)/tau_m + I/C + sigma*sqrt(2/tau_m)*xi : mV
threshold v > V_th
reset v = E_L
refractory t_ref hold v
initial v = E_L
"""


def cell() -> Model:
    """A leaky neuron with noise; ``sigma`` is the standard deviation of its voltage at rest."""
    return models.neuron(
        "noisy_cell",
        CELL,
        source="Stein RB (1967) Biophys J 7:37-68",
        receptors={"exc": models.get("exc")(tau=f"{TAU_S} ms"), "kick": models.get("exc")(tau="1 ms")},
        E_L="-65 mV",
        V_th="-60 mV",
        tau_m=f"{TAU_M} ms",
        C=f"{C} pF",
        t_ref="5 ms",
        sigma=f"{0.45 * PEAK!r} mV",
    )


def rule(condition: str) -> Model:
    """Rule of a condition: tagging and capture, with or without anisomycin, or triplets of spikes."""
    if condition == "spikes alone":
        return plasticity.get("triplet", "V1")(w_ref=f"{W_0} pA", w_max=f"{2 * W_0} pA")
    dose = BLOCKED if "anisomycin" in condition else "0 uM"
    return plasticity.get("tagging")(
        D="19 ms", w_0=f"{W_0} pA", w_max=f"{4 * W_0} pA", theta_pro=f"{ACTIVE}", anisomycin=dose
    )


@dataclass(frozen=True)
class Material:
    """Patterns: ``sources`` of both pathways (2, patterns, active), numbered one pathway after the other, and ``cells`` (patterns, active)."""

    sources: np.ndarray
    cells: np.ndarray

    @staticmethod
    def drawn(seed: int) -> Material:
        """Random patterns; both pathways project to the same cells."""
        rng = np.random.default_rng([seed, 21])

        def some(n: int) -> np.ndarray:
            return np.stack([rng.choice(n, ACTIVE, replace=False) for _ in range(PATTERNS)])

        return Material(np.stack([some(SOURCES), some(SOURCES) + SOURCES]), some(CELLS))


Spikes = tuple[np.ndarray, np.ndarray]


def training(material: Material, pathway: int, strong: bool, seed: int) -> tuple[Spikes, Spikes, float]:
    """Spikes of sources and of the teacher, each neuron at a random phase, and the duration (ms)."""
    rng = np.random.default_rng([seed, 22, pathway])
    length, trains = (400.0, 3) if strong else (300.0, 1)
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[], []]
    begin = 100.0
    for _ in range(trains):
        for active, cells in zip(material.sources[pathway], material.cells, strict=True):
            for side, (ids, rate) in enumerate(((active, 80.0), (cells, 130.0))):
                gap = 1000.0 / rate
                t = begin + rng.uniform(0, gap, (ACTIVE, 1)) + gap * np.arange(int(length / gap))
                found[side].append((t.ravel(), np.repeat(ids, t.shape[1])))
            begin += length + 600.0
    sources, teacher = ((np.concatenate([x for x, _ in f]), np.concatenate([i for _, i in f])) for f in found)
    return sources, teacher, float(np.ceil(begin / 1000.0) * 1000.0)


def ongoing(span: float, seed: int) -> Spikes:
    """Spikes of all sources at 1 Hz, without any pattern, for ``span`` ms."""
    rng = np.random.default_rng([seed, 23])
    n = rng.poisson(2 * SOURCES * span / 1000.0)
    return rng.uniform(1.0, span - 100.0, n), rng.integers(0, 2 * SOURCES, n)


NONE: Spikes = np.zeros(0), np.zeros(0, int)


def network(
    sources: Spikes,
    teacher: Spikes,
    seed: int,
    learns: Model | None,
    weights: npt.ArrayLike | None = None,
    held: bool = False,
) -> Network:
    """Network of sources, teacher and cells, whose synapses have the rule ``learns``, or fixed ``weights`` (sources, cells) in pA."""
    net = Network(seed, "0.5 ms", "Forgetting")
    P, T = (
        net.population(n, m, "spike_list", times=np.round(2 * t) / 2 * units.ms, indices=i)
        for n, m, (t, i) in (("sources", 2 * SOURCES, sources), ("teacher", CELLS, teacher))
    )
    threshold = -65.0 + (40.0 if held else 6.9 * PEAK)
    cells = net.population("cells", CELLS, cell(), V_th=threshold * units.mV)
    net.synapses(T, cells, receptor="kick", weight="50000 pA", connect="one_to_one")
    w = f"{W_0} pA" if learns is not None else np.asarray(weights).ravel() * units.pA
    more = {} if learns is None else {"rule": learns, "name": "memory"}
    net.synapses(P, cells, receptor="exc", weight=w, connect="all_to_all", **more)
    return net


class Story:
    """Synapses of one condition over time (hours)."""

    def __init__(self, condition: str, material: Material, seed: int):
        self.rule, self.material, self.seed, self.hour = rule(condition), material, seed, 0.0
        self.weights: Weights | None = None

    def _bout(self, sources: Spikes, teacher: Spikes, span: float, held: bool) -> None:
        net = network(sources, teacher, self.seed + round(100 * self.hour), self.rule, held=held)
        if self.weights is not None:
            net.load_weights("memory", self.weights)
        self.weights = net.run(f"{span} ms", precision="float64", progress=False).weights("memory")
        self.hour += span / 3.6e6

    def train(self, pathway: int, strong: bool) -> Story:
        """Train all patterns of a pathway."""
        self._bout(*training(self.material, pathway, strong, self.seed), held=True)
        return self

    def live(self, span: float) -> None:
        """Simulate a bout of ongoing activity of ``span`` ms."""
        if span > 0:
            self._bout(ongoing(span, self.seed + round(self.hour)), NONE, span, held=False)

    def rest(self, until: float) -> Story:
        """Advance the synapses to an hour without activity."""
        if self.weights is not None and until > self.hour:
            net = network(NONE, NONE, self.seed, self.rule)
            self.weights = net.rest("memory", self.weights, f"{until - self.hour!r} h")
        self.hour = max(until, self.hour)
        return self

    def matrix(self) -> np.ndarray:
        """Weights (sources, cells) in pA."""
        assert self.weights is not None
        return self.weights.matrix(2 * SOURCES, CELLS)

    def member(self, state: str = "w") -> float:
        """Mean of a state over the synapses of the first pathway that join a pattern's sources with its cells."""
        assert self.weights is not None
        belongs = np.zeros((2 * SOURCES, CELLS), bool)
        for i, j in zip(self.material.sources[0], self.material.cells, strict=True):
            belongs[np.ix_(i, j)] = True
        return float(self.weights[state][belongs[self.weights.sources, self.weights.targets]].mean())

    def recall(self, trials: int) -> float:
        """Share of a pattern's cells that answer to half of its sources, minus that of the other cells, averaged over trials."""
        return recall(self.matrix(), self.material, trials, self.seed + round(100 * self.hour))


def recall(weights: np.ndarray, material: Material, trials: int, seed: int) -> float:
    """See :meth:`Story.recall`."""
    rng, gap = np.random.default_rng([seed, 24]), 150.0
    which = np.tile(np.arange(PATTERNS), trials)
    cues = np.stack([rng.choice(material.sources[0][p], ACTIVE // 2, replace=False) for p in which])
    begin = 100.0 + gap * np.arange(len(cues))
    net = network((np.repeat(begin, cues.shape[1]), cues.ravel()), NONE, seed, None, weights)
    spikes = net.run(f"{begin[-1] + gap} ms", progress=False).spikes["cells"]
    trial = ((spikes.times - begin[0]) // gap).astype(int)
    soon = (trial >= 0) & (spikes.times - begin[np.maximum(trial, 0)] < 25.0)
    answered = np.zeros((len(cues), CELLS), bool)
    answered[trial[soon], spikes.indices[soon]] = True
    belongs = np.zeros_like(answered)
    np.put_along_axis(belongs, material.cells[which], True, 1)
    return float(answered[belongs].mean() - answered[~belongs].mean())


def course(
    condition: str, material: Material, hours: Sequence[float], live: float, trials: int, seed: int
) -> list[float]:
    """Recall at ``hours`` after training, with a bout of ``live`` ms of ongoing activity at each whole hour."""
    story = Story(condition, material, seed).train(0, not condition.startswith("weak"))
    elsewhere = (
        0.5 if condition == "weak, then strong elsewhere" else float("inf")
    )  # h, when the other pathway is trained
    out, whole = [], 1
    for hour in hours:
        if elsewhere < hour:
            story.rest(elsewhere).train(1, True)
            elsewhere = float("inf")
        while whole < hour:
            story.rest(float(whole)).live(live)
            whole += 1
        out.append(story.rest(hour).recall(trials))
    return out


def window(lag: float, material: Material, trials: int, seed: int) -> tuple[float, float, float]:
    """Weak training, and strong training of the other pathway ``lag`` hours later: lag, late phase and recall after eight hours."""
    story = Story("window", material, seed)
    if lag < 0:
        story.train(1, True).rest(-lag).train(0, False)
    else:
        story.train(0, False).rest(lag).train(1, True)
    story.rest(max(0.0, -lag) + 8.0)
    return lag, story.member("z"), story.recall(trials)


def forgetting(
    seed: int = 0,
    ongoing: str = "20 s",
    trials: int = 20,
    hours: Sequence[float] = HOURS,
    lags: Sequence[float] = LAGS,
    progress: bool = False,
) -> Outcome:
    """Measure recall over a day after weak training, strong training, strong training under anisomycin, and with a rule without slow states.

    Parameters
    ----------
    seed : seed of patterns, input and noise. ongoing : time in each hour with activity without patterns.
    trials : trials of recall for each pattern and time. hours : hours after training at which recall is measured, rising.
    lags : hours from the weak training to a strong training of other synapses of the same cells; negative if that came first.
    progress : print the recall of each condition on standard error.

    Returns
    -------
    Outcome
        ``<condition>, at the start`` and ``<condition>, at the end``: recall at the first and the last of ``hours``.

    Raises
    ------
    AmineError
        A number is out of range, or the hours do not rise.
    """
    n = whole_number(trials, "forgetting, trials", 1, 10**4)
    live, times = _length(ongoing), _rising(hours)
    material, began, found = Material.drawn(seed), time.perf_counter(), {}
    for c in CONDITIONS:
        found[c] = course(c, material, times, live, n, seed)
        if progress:
            _say(f"{c}: {found[c][0]:.2f} to {found[c][-1]:.2f}")
    windows = [window(float(lag), material, n, seed) for lag in lags]
    about = (__doc__ or "").split("\n\n")[1:]
    return Outcome(
        "forgetting",
        "Forgetting over a day, with and without consolidation",
        " ".join(about).replace("\n", " ").replace("``", ""),
        _measures(times, found),
        _tables(times, found, windows),
        {
            "Recall against time after training.": lambda: _curves(times, found),
            "Window of capture: recall of a weak memory after eight hours, against when other synapses of its cells were trained strongly.": (
                lambda: _windows(windows)
            ),
        },
        {"seed": seed, "ongoing": ongoing, "trials": n, "hours": str(times), "lags": str(list(lags))},
        {"all": time.perf_counter() - began},
        {"hours": np.array(times), "recall": {c: np.array(x) for c, x in found.items()}, "windows": np.array(windows)},
    )


def _length(ongoing: Quantity) -> float:
    """Length of a bout of ongoing activity in ms, a multiple of the time step."""
    live = to_internal(ongoing, "ms", "forgetting, ongoing", nonnegative=True)
    if 0 < live < 200 or live > 3e6:
        raise AmineError(
            "forgetting, ongoing", "it is out of range", given=str(ongoing), expected="0, or 0.2 s to 50 min"
        )
    return float(np.ceil(2 * live) / 2)


def _rising(hours: Sequence[float]) -> list[float]:
    """Times of recall in hours, checked."""
    times = [float(h) for h in hours]
    if not times or times[0] <= 0 or any(b <= a for a, b in zip(times, times[1:], strict=False)) or times[-1] > 1000:
        raise AmineError("forgetting, hours", "they do not rise", given=str(hours)[:40], expected="rising, above 0")
    return times


def _measures(times: Sequence[float], found: Mapping[str, list[float]]) -> dict[str, float]:
    """Recall at the first and the last hour, and the time at which it has halved, by condition."""
    ends = {f"{c}, at the {w}": x[k] for c, x in found.items() for k, w in ((0, "start"), (-1, "end"))}
    half = {c: next((h for h, q in zip(times, x, strict=True) if q < x[0] / 2), float("inf")) for c, x in found.items()}
    return ends | {f"{c}, hours to half": h for c, h in half.items() if np.isfinite(h)}


def _tables(
    times: Sequence[float], found: Mapping[str, list[float]], windows: Sequence[tuple[float, float, float]]
) -> dict[str, Table]:
    return {
        "Recall": (
            ("hours", *found),
            [(f"{h:g}", *(f"{x[k]:.2f}" for x in found.values())) for k, h in enumerate(times)],
        ),
        "Weak training, and strong training of other synapses of the same cells": (
            ("hours from weak to strong", "late phase after 8 h", "recall after 8 h"),
            [(f"{lag:+g}", f"{z:.3f}", f"{q:.2f}") for lag, z, q in windows],
        ),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _curves(times: Sequence[float], found: dict[str, list[float]]) -> Figure:
    fig, axes = figure(7.0, 3.6)
    ax = axes[0, 0]
    for k, (name, x) in enumerate(found.items()):
        ax.plot(times, x, "o-", ms=3.5, color=colour(k), label=name)
    ax.set_xlabel("time after training (h)")
    ax.set_ylabel("recall")
    ax.set_ylim(-0.05, 1.05)
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return fig


def _windows(rows: Sequence[tuple[float, float, float]]) -> Figure:
    fig, axes = figure(5.5, 3.2)
    ax = axes[0, 0]
    if rows:
        lag, late, right = np.array(sorted(rows)).T
        ax.plot(lag, right, "o-", color=colour(0), label="recall")
        ax.plot(lag, late, "s--", color=colour(1), label="late phase")
    ax.axvline(0.0, color="#999999", lw=0.8)
    ax.set_xlabel("strong training after the weak one (h)")
    ax.set_ylabel("after 8 h")
    ax.set_ylim(-0.05, 1.05)
    ax.legend(frameon=False, fontsize=8)
    return fig
