"""Dose-response: any measure of a network against the concentration of a drug, as a sweep, with Hill fits."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds.catalogue import drug as find_drug
from amine.engine.resolve.chemistry import signals_of
from amine.errors import AmineError, warn
from amine.network.network import Network
from amine.pharmacology.fit import HillFit, hill_fit
from amine.records import dataclass
from amine.shown import Shown
from amine.sweeps import potencies, sweep
from amine.sweeps.executors import Executor
from amine.sweeps.outcome import Sweep
from amine.values import scalar
from amine.view.dose import dose_response as picture
from amine.view.inline import box, paragraph, png_image, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath, Quantity
    from amine.results.run import Run


def concentrations(first: Quantity, last: Quantity, points: int) -> list[float]:
    """Concentrations in uM, evenly spaced on a logarithmic scale.

    Parameters
    ----------
    first, last : the lowest and the highest, such as ``"10 nM"``.
    points : their number, both ends included; at least 2.

    Raises
    ------
    AmineError
        Fewer than two points, or ends that do not rise.

    Examples
    --------
    >>> concentrations("10 nM", "1 uM", 3)
    [0.01, 0.1, 1.0]
    """
    ends = (("lowest", first), ("highest", last))
    a, b = (scalar(x, "uM", f"concentrations, the {name}", positive=True) for name, x in ends)
    if points < 2 or b <= a:
        raise AmineError("concentrations", "they do not rise", given=f"{first} to {last} in {points} points")
    return [float(f"{x:.6g}") for x in np.geomspace(a, b, points)]


@dataclass(eq=False)
class DoseResponse(Shown):
    """Measures at each concentration and seed.

    ``values`` maps each measure to an array (concentrations, seeds); concentrations are in uM, the first is 0: the control without drug.
    ``samples`` maps each measure to an array (samples, concentrations), means over seeds with potencies drawn from their published ranges;
    it is empty where none were drawn.
    """

    drug: str
    concentrations: list[float]
    seeds: list[int]
    values: dict[str, np.ndarray]
    info: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, np.ndarray] = field(default_factory=dict)

    @staticmethod
    def of(found: Sweep, drug: str, samples: Mapping[str, np.ndarray] | None = None) -> DoseResponse:
        """The curves of a sweep over the dose of one drug."""
        doses = found.axes[0].numbers.tolist()
        return DoseResponse(drug, doses, found.seeds, dict(found.values), dict(found.info), dict(samples or {}))

    def band(self, measure: str, level: float = 0.9) -> tuple[np.ndarray, np.ndarray] | None:
        """Lower and upper end of the share ``level`` of the samples at each concentration; None without samples."""
        x = self.samples.get(measure)
        if x is None or not np.isfinite(x).any(0).all():
            return None
        low, high = np.nanquantile(x, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def EC50_range(self, measure: str, level: float = 0.9) -> tuple[float, float] | None:
        """Range (uM) of the EC50 over the share ``level`` of the samples; None where few of them have a Hill curve."""
        found = []
        for row in self.samples.get(measure, ()):
            try:
                f = hill_fit(self.concentrations, row)
            except AmineError:
                continue
            if f.p <= 0.05:
                found.append(f.EC50)
        if len(found) < 5:
            return None
        low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    @cached_property
    def fits(self) -> dict[str, HillFit | None]:
        """Hill fit of each measure over all seeds; None if there are too few values."""
        c = np.repeat(self.concentrations, len(self.seeds))
        out: dict[str, HillFit | None] = {}
        for name, y in self.values.items():
            try:
                out[name] = hill_fit(c, y)
            except AmineError:
                out[name] = None
        return out

    def summary(self) -> str:
        """Means over seeds and the fits, as a table."""
        names = list(self.values)
        width = [max(12, len(n)) for n in names]
        lines = [f"{self.drug + ' (uM)':<16}" + "".join(f"  {n:>{w}}" for n, w in zip(names, width))]
        for k, c in enumerate(self.concentrations):
            row = "".join(f"  {_mean(self.values[n][k]):>{w}.4g}" for n, w in zip(names, width))
            lines.append(f"{c:<16.4g}" + row if c else f"{'control':<16}" + row)
        for name in names:
            lines.append(f"{name}: {_sentence(self.fits[name])}")
            if (span := self.EC50_range(name)) is not None:
                n = len(self.samples[name])
                lines.append(
                    f"  EC50 over {n} samples of the published affinities (90 %): {span[0]:.3g} to {span[1]:.3g} uM"
                )
        return "\n".join(lines)

    def write(self, folder: FilePath) -> Path:
        """Write ``table.csv``, ``fits.json`` and ``response.png`` into a folder."""
        out = Path(folder)
        with open(out / "table.csv", "w", newline="") as f:
            w = csv.writer(f)
            w.writerow(["concentration_uM", "seed", *self.values])
            for i, c in enumerate(self.concentrations):
                for j, s in enumerate(self.seeds):
                    w.writerow([repr(c), s, *(repr(float(v[i, j])) for v in self.values.values())])
        fits = {n: None if f is None else f.to_dict() for n, f in self.fits.items()}
        (out / "fits.json").write_text(
            json.dumps({"drug": self.drug, "fits": fits, "seeds": self.seeds, **self.info}, indent=1)
        )
        self.figure().savefig(out / "response.png")
        return out

    def html(self) -> str:
        """Return the curves, means and fits as HTML, without JavaScript."""
        means = [
            (f"{c:.4g}" if c else "control", *(f"{_mean(v[k]):.4g}" for v in self.values.values()))
            for k, c in enumerate(self.concentrations)
        ]
        fits = [paragraph(f"{name}: {_sentence(self.fits[name])}") for name in self.values]
        lead = f"{len(self.concentrations) - 1} concentrations and a control, {len(self.seeds)} seeds"
        picture = png_image(self.figure(), f"Dose-response of {self.drug}", 420 * min(3, len(self.values)))
        rows = table((f"{self.drug} (uM)", *self.values), means, numbers=1)
        return box(f"Dose-response of {self.drug}", lead, picture, *fits, rows)

    def figure(self) -> Figure:
        """Figure of each measure against concentration: all seeds, their mean, the control and the fit."""
        return picture(self, self.fits, {m: self.band(m) for m in self.values})


def _mean(y: np.ndarray) -> float:
    return float(np.nanmean(y)) if np.isfinite(y).any() else float("nan")


def _sentence(f: HillFit | None) -> str:
    if f is None:
        return "too few values for a fit"
    if f.p > 0.05:
        return f"no Hill curve fits better than a constant (p = {f.p:.2g})"
    e, s = f.interval["EC50"], f.interval["slope"]
    return (
        f"EC50 {f.EC50:.3g} uM (95 %: {e[0]:.3g} to {e[1]:.3g}), slope {f.slope:.2g} ({s[0]:.2g} to {s[1]:.2g}), "
        f"from {f.zero:.4g} to {f.infinity:.4g}, r2 {f.r2:.3f}"
    )


# --- the experiment ----------------------------------------------------------------------------------------------


def dose_response(
    network: Network | Callable[..., object],
    drug: str,
    concentrations: Sequence[Quantity],
    measures: str | Callable[[Run], object] | Sequence[str | Callable[[Run], object]],
    *,
    duration: Quantity = "1 s",
    start: Quantity = "0 ms",
    seeds: int | Sequence[int] = 1,
    samples: int = 0,
    executor: Executor | int | None = None,
    batch: int | None = None,
    store: FilePath | None = None,
    precision: str = "float32",
    progress: bool = True,
) -> DoseResponse:
    """Measure a network without a drug and at several concentrations of it: a sweep over its dose (:func:`amine.sweep`).

    Parameters
    ----------
    network : the network; a dose of the drug that it has is replaced. Or a function of ``seed`` and of ``"dose:DRUG"`` (text in uM), such
        as a :class:`Subject`, an experiment of the library.
    drug : name of the drug.
    concentrations : uM as numbers, or text with units; the control, 0 uM, is added.
    measures : such as ``"rate:E"``, or functions of a run; see :func:`amine.results.measures.measure`.
    duration, start : biological time of each run, and the initial time that measures leave out.
    seeds : number of seeds (those of the network and the next ones), or a list.
    samples : number of samples of the drug's potencies, each drawn from its published range, for bands around the curves; a drug
        without such a range is warned of.
    executor, batch : where points are run, as for :func:`amine.sweep`; None: in this process; a number: so many processes.
    store : folder that keeps finished points; a second call runs only the missing ones. Table, fits and picture are written there, too.
    precision, progress : as for :func:`amine.sweep`.

    Raises
    ------
    AmineError
        Unknown drug, measure or population, or a store with another sweep. A drug that acts on nothing here is warned of.

    Examples
    --------
    >>> r = dose_response(am.circuits.wang2002(0.2), "ketamine", ["1 uM"], "rate:A")  # doctest: +SKIP
    """
    known = find_drug(drug).id
    doses = [0.0, *sorted({_concentration(c) for c in concentrations} - {0.0})]
    if len(doses) < 2:
        raise AmineError("dose_response", "no concentration is given")
    _check_samples(network, samples)
    if isinstance(network, Network):
        _warn_if_idle(network, known)
    how = {
        "duration": duration,
        "start": start,
        "seeds": seeds,
        "executor": executor,
        "batch": batch,
        "store": store,
        "precision": precision,
        "progress": progress,
    }
    found = sweep(network, {f"dose:{known}": doses}, measures, **how)
    drawn = {} if samples == 0 else sampled_curves(network, {known: doses}, measures, samples, how)
    result = DoseResponse.of(found, known, drawn)
    if store is not None:
        result.write(store)
    return result


def sampled_curves(
    network: Network | Callable[..., object],
    doses: Mapping[str, Sequence[float]],
    measures: Any,
    samples: int,
    how: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Measures (samples, points), means over seeds, with potencies drawn from their published ranges.

    ``doses`` (uM) by drug has one entry for each point, ``how`` holds the options of a sweep.
    """
    _check_samples(network, samples)
    drawn = potencies.sampled(doses, samples)
    if not drawn:
        warn("dose_response, samples", f"no potency of {', '.join(doses)} has a published range: there is no band")
        return {}
    n = len(next(iter(doses.values())))
    values: dict[str, Any] = {f"dose:{d}": list(c) * samples for d, c in doses.items()}
    values |= {name: [v for v in each for _ in range(n)] for name, each in drawn.items()}
    found = sweep(network, values, measures, design="list", **how)
    return {m: found.mean(m).reshape(samples, n) for m in found.values}


def _check_samples(network: object, samples: int) -> None:
    """Raises AmineError if potencies cannot be drawn so often."""
    if samples < 0:
        raise AmineError("dose_response, samples", "this is no number of samples", given=str(samples))
    if samples and not isinstance(network, Network):
        hint = "give a network"
        raise AmineError("dose_response, samples", "the potencies within a function are not known", hint=hint)


def _warn_if_idle(network: Network, drug: str) -> None:
    """Warn if a drug acts on nothing in the network, naming the targets it does act on."""
    net = Network.from_dict(network.to_dict())
    net.dose(drug, "1 uM")
    found = signals_of(net)
    for where, problem in found.idle if found is not None else ():
        if where == f"Dose of {drug}":
            warn(where, problem)


def _concentration(c: Quantity) -> float:
    if isinstance(c, int | float) and not isinstance(c, bool):
        c = f"{c!r} uM"
    return scalar(c, "uM", "dose_response, concentrations", nonnegative=True)
