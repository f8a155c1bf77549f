"""Doses that bring a measure where it is wanted: of one drug, or pairs of two, with what additivity would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds import catalogue
from amine.engine.resolve.drugs import Drugs
from amine.engine.resolve.drugs import doses as add_doses
from amine.engine.resolve.signals import Signals
from amine.errors import AmineError
from amine.network.in_use import receptors_in_use
from amine.network.network import Network
from amine.pharmacology.additivity import bliss, crossing, isobole, loewe
from amine.pharmacology.response import DoseResponse, concentrations, sampled_curves
from amine.records import dataclass
from amine.results.run import Run
from amine.shown import Shown
from amine.sweeps import potencies, sweep
from amine.sweeps.executors import Executor
from amine.sweeps.outcome import Sweep
from amine.sweeps.points import OF_POPULATIONS
from amine.values import scalar
from amine.view.design import design as picture
from amine.view.inline import box, paragraph, png_image, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath, Quantity

FINER = 5  # doses between two, on the way to that of one drug
WIDE = 30.0  # a range of doses reaches so many times below and above the potencies
LEVEL = 0.9  # share of samples within a range


@dataclass(eq=False)
class Design(Shown):
    """Doses with which a measure reaches ``target``; made by :func:`design`.

    ``doses`` are the concentrations (uM) of each drug alone that reach it, NaN where none within the range does, ``ranges`` where these lie
    for the share 0.9 of the samples of the affinities. Of one drug, ``curve`` is its dose-response. Of two, ``surface`` (doses of the
    first, doses of the second) is the measure in ``grid``; ``pairs`` (pairs, 2) are doses that reach the target together, on the line through the
    surface; ``index`` (pairs,) is a/A + b/B with doses a, b of a pair and A, B of each alone: 1 if the drugs are additive, below 1 if they
    are synergistic; ``loewe`` and ``bliss`` are the surfaces of additive (Loewe 1928) and of independent drugs (Bliss 1939).
    """

    measure: str
    target: float
    drugs: list[str]
    doses: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    grid: list[np.ndarray]
    surface: np.ndarray
    curve: DoseResponse | None = None
    pairs: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    index: np.ndarray = field(default_factory=lambda: np.zeros(0))
    loewe: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    bliss: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def summary(self) -> str:
        """The doses as text."""
        control = float(self.surface.ravel()[0])
        lines = [f"{self.measure} = {self.target:g} (without drug {control:.3g})"]
        for k, (drug, c) in enumerate(self.doses.items()):
            said = f"{c:.3g} uM" if np.isfinite(c) else f"not reached, {_reach(self.alone(k), self.grid[k])}"
            span = self.ranges.get(drug)
            between = f" ({span[0]:.3g} to {span[1]:.3g} over the published affinities)" if span else ""
            lines.append(f"{drug} alone: {said}{between}")
        for (a, b), x in zip(self.pairs, self.index):
            said = f", index {x:.2f}" if np.isfinite(x) else ""
            lines.append(f"{self.drugs[0]} {a:.3g} uM with {self.drugs[1]} {b:.3g} uM{said}")
        if len(self.drugs) == 2 and not len(self.pairs):
            low, high = float(np.nanmin(self.surface)), float(np.nanmax(self.surface))
            lines.append(f"no pair of doses reaches it: all lie from {low:.3g} to {high:.3g}")
        return "\n".join(lines)

    def alone(self, k: int) -> np.ndarray:
        """The measure (doses,) under drug number ``k`` alone."""
        return self.surface if len(self.drugs) == 1 else self.surface[:, 0] if k == 0 else self.surface[0, :]

    def figure(self) -> Figure:
        """Draw the curve with the dose; of two drugs the surface with the line of the target, the isobologram, and differences from additivity."""
        return picture(self)

    def html(self) -> str:
        """Return doses and figure as HTML, without JavaScript."""
        wide = 420 if len(self.drugs) == 1 else 840
        rows = [(f"{a:.3g}", f"{b:.3g}", f"{x:.3g}") for (a, b), x in zip(self.pairs, self.index)]
        parts = [
            png_image(self.figure(), "Doses that reach the target", wide),
            *map(paragraph, self.summary().splitlines()),
        ]
        if rows:
            parts.append(table((f"{self.drugs[0]} (uM)", f"{self.drugs[1]} (uM)", "index"), rows))
        return box(f"Design: {self.measure} = {self.target:g}", " and ".join(self.drugs), *parts)

    def __repr__(self) -> str:
        said = ", ".join(f"{d} {c:.3g} uM" for d, c in self.doses.items())
        return f"<Design: {self.measure} = {self.target:g} with {said}; {len(self.pairs)} pairs>"


def _reach(y: np.ndarray, c: np.ndarray) -> str:
    """What a drug alone does over its doses."""
    if not np.isfinite(y).any():
        return "no value is known"
    return f"{float(np.nanmin(y)):.3g} to {float(np.nanmax(y)):.3g} over {c[1]:.2g} to {c[-1]:.2g} uM"


def design(
    network: Network,
    measure: str | Callable[[Run], object],
    *,
    target: float,
    drugs: Sequence[str],
    ranges: Mapping[str, Sequence[Quantity]] | None = None,
    points: int = 9,
    samples: int = 0,
    duration: Quantity = "1 s",
    start: Quantity = "0 ms",
    seeds: int | Sequence[int] = 1,
    executor: Executor | int | None = None,
    store: FilePath | None = None,
    precision: str = "float32",
    progress: bool = True,
) -> Design:
    """Find the dose of a drug, or the pairs of doses of two, that bring a measure where it is wanted.

    Parameters
    ----------
    network : the network; doses of these drugs that it has are replaced.
    measure : such as ``"rate:E"``, or a function of a run that returns a number. target : the value wanted.
    drugs : one or two.
    ranges : by drug the range of concentrations (lowest, highest); by default from a thirtieth of its least potency at targets of this network to
        thirty times the greatest.
    points : concentrations of each drug, evenly spaced on a logarithmic scale; 0 is added. With two drugs all pairs are run.
    samples : number of samples of the drugs' potencies from their published ranges, which give a range of each drug's dose.
    duration, start, seeds, executor, store, precision, progress : as for :func:`amine.sweep`.

    Raises
    ------
    AmineError
        Unknown drug or measure, more than two drugs, a drug that acts on nothing here and has no range.

    Examples
    --------
    >>> found = am.pharmacology.design(net, "rate:E", target=5.0, drugs=["diazepam"])  # doctest: +SKIP
    """
    chosen = [catalogue.drug(d).id for d in ([drugs] if isinstance(drugs, str) else drugs)]
    if not 1 <= len(chosen) <= 2 or len(set(chosen)) < len(chosen):
        raise AmineError("design, drugs", "one drug or two different ones are needed", given=", ".join(chosen)[:60])
    goal = scalar(target, "1", "design, target")
    given = {catalogue.drug(d).id: r for d, r in (ranges or {}).items()}
    grids = [np.array([0.0, *_doses(network, d, given.get(d), points)]) for d in chosen]
    how = {
        "duration": duration,
        "start": start,
        "seeds": seeds,
        "executor": executor,
        "store": store,
        "precision": precision,
        "progress": progress,
    }
    _check_one(network, measure)
    found = sweep(network, {f"dose:{d}": g.tolist() for d, g in zip(chosen, grids, strict=True)}, measure, **how)
    if len(chosen) == 1:
        return _of_one(network, found, goal, chosen[0], grids[0], measure, samples, how)
    return _of_two(network, found, goal, chosen, grids, measure, samples, how)


def _check_one(network: Network, measure: object) -> None:
    """Raises AmineError if a name stands for several measures, or none."""
    several = isinstance(measure, str) and measure in OF_POPULATIONS and len(network.populations) > 1
    if several or not (isinstance(measure, str) or callable(measure)):
        expected = "such as rate:E, or a function of a run"
        raise AmineError("design, measure", "one measure is needed", given=repr(measure)[:60], expected=expected)


def _doses(network: Network, drug: str, given: Sequence[Quantity] | None, points: int) -> list[float]:
    """Concentrations (uM) of a drug, rising."""
    if given is not None:
        if len(given) != 2:
            raise AmineError(f"design, range of {drug}", "the lowest and the highest are needed", given=str(given)[:40])
        lowest, highest = given
        return concentrations(lowest, highest, points)
    found = potencies_in(network, drug)
    if not found:
        hint = f'give ranges={{"{drug}": ("10 nM", "10 uM")}}'
        raise AmineError(f"design, range of {drug}", "it has no potency at a target of this network", hint=hint)
    return concentrations(f"{min(found) / WIDE!r} uM", f"{max(found) * WIDE!r} uM", points)


def potencies_in(network: Network, drug: str) -> list[float]:
    """Potencies (uM) of a drug at the targets that a network has."""
    net = Network.from_dict(network.to_dict())
    net.dose(drug, "1 uM")
    signals = Signals(1, net.dt)
    add_doses(net, signals)
    effects = Drugs(net, signals, receptors_in_use(net)).effects
    return [e.potency for e in effects if e.drug == catalogue.drug(drug).id]


def _of_one(
    network: Network,
    found: Sweep,
    goal: float,
    drug: str,
    grid: np.ndarray,
    measure: Any,
    samples: int,
    how: Mapping[str, Any],
) -> Design:
    """The dose of one drug."""
    name = next(iter(found.values))
    c, y = grid, found.mean(name)
    for _ in range(2):  # between the doses on both sides of the target, in ever finer steps
        k = _bracket(y, goal)
        if k is None or c[k] <= 0:
            break
        between = np.geomspace(c[k], c[k + 1], FINER + 2)[1:-1]
        extra = sweep(network, {f"dose:{drug}": between.tolist()}, measure, **how).mean(name)
        c, y = np.insert(c, k + 1, between), np.insert(y, k + 1, extra)
    drawn = sampled_curves(network, {drug: grid.tolist()}, measure, samples, how) if samples else {}
    span = _range([crossing(grid, row, goal) for rows in drawn.values() for row in rows])
    spans = {} if span is None else {drug: span}
    curve = DoseResponse.of(found, drug, drawn)
    return Design(name, goal, [drug], {drug: crossing(c, y, goal)}, spans, [grid], found.mean(name), curve)


def _bracket(y: np.ndarray, goal: float) -> int | None:
    """Number of the first dose after which the measure passes the target."""
    sides = np.sign(y - goal)
    passed = np.flatnonzero((sides[:-1] * sides[1:] < 0) & np.isfinite(y[:-1]) & np.isfinite(y[1:]))
    return int(passed[0]) if len(passed) else None


def _range(found: Sequence[float]) -> tuple[float, float] | None:
    """Range of the share 0.9 of doses; None where fewer than half of the samples reach the target."""
    known = np.array([x for x in found if np.isfinite(x)])
    if len(known) * 2 < len(found) or not len(known):
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _of_two(
    network: Network,
    found: Sweep,
    goal: float,
    drugs: list[str],
    grids: list[np.ndarray],
    measure: Any,
    samples: int,
    how: Mapping[str, Any],
) -> Design:
    """Pairs of doses of two drugs."""
    name = next(iter(found.values))
    y = found.mean(name)
    alone = {drugs[0]: crossing(grids[0], y[:, 0], goal), drugs[1]: crossing(grids[1], y[0, :], goal)}
    spans: dict[str, tuple[float, float]] = {}
    if samples:
        none = [np.zeros(len(g)) for g in grids]
        doses = {drugs[0]: [*grids[0], *none[1]], drugs[1]: [*none[0], *grids[1]]}
        for rows in sampled_curves(network, doses, measure, samples, how).values():
            parts = rows[:, : len(grids[0])], rows[:, len(grids[0]) :]
            for d, g, part in zip(drugs, grids, parts, strict=True):
                r = _range([crossing(g, row, goal) for row in part]) if potencies.ranges([d]) else None
                if r is not None:
                    spans[d] = r
    pairs = isobole(grids[0], grids[1], y, goal)
    index = pairs[:, 0] / alone[drugs[0]] + pairs[:, 1] / alone[drugs[1]]
    extra = {"loewe": loewe(grids[0], grids[1], y), "bliss": bliss(y)}
    return Design(name, goal, drugs, alone, spans, grids, y, None, pairs, index, **extra)


__all__ = ["Design", "design", "potencies_in"]
