"""Dose-response: any measure of any network against the concentration of a drug, in parallel processes, resumable, with Hill fits."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from rich.console import Console
from rich.progress import Progress

from amine.compounds.catalogue import drug as find_drug
from amine.engine.resolve.chemistry import signals_of
from amine.errors import AmineError, AmineWarning, warn
from amine.files import is_intact, read_json, sealed, write_text
from amine.network.network import Network
from amine.optional import optional
from amine.pharmacology.fit import HillFit, hill_fit
from amine.results.measures import check, measure
from amine.shown import Shown
from amine.units import to_internal
from amine.values import scalar
from amine.view.dose import dose_response as picture
from amine.view.inline import box, paragraph, png_image, table

if TYPE_CHECKING:
    from distributed import Client
    from matplotlib.figure import Figure

    from amine.given import FilePath, Quantity

Point = tuple[float, int]  # concentration in uM, seed
FORMAT = "amine dose-response 2"
WAIT = 30  # seconds for a scheduler to answer


class Measurable(Protocol):
    """A network, or a subject that represents an experiment of the library; the argument of :func:`dose_response`."""

    @property
    def populations(self) -> Mapping[str, object]: ...
    @property
    def seed(self) -> int: ...
    def to_dict(self) -> dict[str, Any]: ...


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


@dataclass(frozen=True)
class Experiment:
    """Network, drug, measures and times of a dose-response, as plain data that is sent to other processes."""

    network: Mapping[str, Any]
    drug: str
    measures: tuple[str, ...]
    duration: str
    start: str
    precision: str = "float32"

    def identity(self) -> dict[str, Any]:
        """Entries that must agree for a folder of results to be continued; measures may be added."""
        text = json.dumps({k: v for k, v in self.network.items() if k != "seed"}, sort_keys=True)
        return {
            "format": FORMAT,
            "network": hashlib.sha256(text.encode()).hexdigest(),
            "drug": self.drug,
            "duration": self.duration,
            "start": self.start,
            "precision": self.precision,
        }


def run_point(experiment: Experiment, concentration: float, seed: int, measures: Sequence[str]) -> dict[str, float]:
    """Run the network with one concentration (uM) and seed, and measure; concentration 0 is a run without the drug."""
    net = Network.from_dict(experiment.network)
    net.seed = seed
    if concentration > 0:
        net.dose(experiment.drug, f"{concentration!r} uM")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*acts on nothing", AmineWarning)  # dose_response has warned once
        run = net.run(experiment.duration, precision=experiment.precision, progress=False)
    return {m: measure(run, m, experiment.start) for m in measures}


@dataclass(eq=False)
class DoseResponse(Shown):
    """Measures at each concentration and seed.

    ``values`` maps each measure to an array (concentrations, seeds); concentrations are in uM, the first is 0: the control without drug.
    """

    drug: str
    concentrations: list[float]
    seeds: list[int]
    values: dict[str, np.ndarray]
    info: dict[str, Any] = field(default_factory=dict)

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
        (out / "fits.json").write_text(json.dumps({"drug": self.drug, "fits": fits, **self.info}, indent=1))
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
        return picture(self, self.fits)


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
    network: Measurable,
    drug: str,
    concentrations: Sequence[Quantity],
    measures: Sequence[str] | str,
    *,
    duration: Quantity = "1 s",
    start: Quantity = "0 ms",
    seeds: int | Sequence[int] = 1,
    folder: FilePath | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    precision: str = "float32",
    progress: bool = True,
    simulate: Callable[[Experiment, float, int, Sequence[str]], Mapping[str, float]] = run_point,
) -> DoseResponse:
    """Run a network without a drug and at several concentrations of it, and measure.

    Parameters
    ----------
    network : the network without the drug, or a :class:`Subject`; it is sent to the processes as data.
    drug : name of the drug.
    concentrations : uM as numbers, or text with units; the control is added.
    measures : such as ``"rate:E"``; see :func:`amine.results.measures.measure`.
    duration, start : biological time of each run, and the initial time that measures leave out.
    seeds : number of seeds (those of the network and the next ones), or a list.
    folder : keeps finished points as JSON; a second call with the same experiment runs only the missing ones.
    workers : processes on this machine (None: one for each processor; 0: none, all in this process);
        unless it is 0, a script needs ``if __name__ == "__main__":``.
    scheduler : address of a Dask scheduler, to run on a cluster instead.
    progress : a bar on the terminal.
    simulate : function that runs a point, for custom experiments; it must be importable in the processes.

    Returns
    -------
    DoseResponse
        Also written to ``folder`` as table, fits and picture.

    Raises
    ------
    AmineError
        Unknown drug, measure or population, a drug that acts on nothing here, a folder with another experiment.

    Examples
    --------
    >>> r = dose_response(am.circuits.wang2002(0.2), "ketamine", ["1 uM"], "rate:A", workers=0)  # doctest: +SKIP
    """
    names, (doses, each) = _names(measures, network), _axes(concentrations, seeds, network.seed)
    _check_times(duration, start)
    experiment = Experiment(network.to_dict(), find_drug(drug).id, names, str(duration), str(start), precision)
    _warn_if_idle(network, experiment.drug)
    store = _Store(folder, experiment)
    missing = [(c, s) for s in each for c in doses if not store.has((c, s), names)]
    _run_all(experiment, missing, store, workers, scheduler, progress, simulate)
    result = _result(experiment, store, doses, each)
    if folder is not None:
        result.write(folder)
    return result


def _result(experiment: Experiment, store: _Store, doses: list[float], seeds: list[int]) -> DoseResponse:
    """Measures of all finished points."""
    values = {m: np.array([[store.get((c, s))[m] for s in seeds] for c in doses]) for m in experiment.measures}
    info = {"duration": experiment.duration, "start": experiment.start, "seeds": seeds}
    return DoseResponse(experiment.drug, doses, seeds, values, info)


def _check_times(duration: Quantity, start: Quantity) -> None:
    for value, what in ((duration, "duration"), (start, "start")):
        to_internal(value, "ms", f"dose_response, {what}", nonnegative=True)


def _names(measures: Sequence[str] | str, network: Measurable) -> tuple[str, ...]:
    """Names of the measures, each checked."""
    names = (measures,) if isinstance(measures, str) else tuple(measures)
    if not names:
        raise AmineError("dose_response", "no measure is named", hint='give measures=["rate:E"] or such')
    for m in names:
        check(m, network.populations)
    return names


def _axes(
    concentrations: Sequence[Quantity], seeds: int | Sequence[int], first_seed: int
) -> tuple[list[float], list[int]]:
    """Concentrations in uM, rising from 0, and seeds."""
    doses = [0.0, *sorted({_concentration(c) for c in concentrations} - {0.0})]
    each = list(range(first_seed, first_seed + seeds)) if isinstance(seeds, int) else [int(s) for s in seeds]
    if len(doses) < 2 or not each:
        raise AmineError("dose_response", "no concentration or no seed is given")
    return doses, each


def _warn_if_idle(network: Measurable, drug: str) -> None:
    """Warn if a drug acts on nothing in the network, naming the targets it does act on."""
    if not isinstance(network, Network):  # an experiment, whose networks warn when they are run
        return
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


class _Store:
    """Finished points, in memory and, if a folder is given, in one JSON file each."""

    def __init__(self, folder: FilePath | None, experiment: Experiment):
        self.points: dict[Point, dict[str, float]] = {}
        self.folder = None if folder is None else Path(folder)
        if self.folder is None:
            return
        known = self.folder / "experiment.json"
        if known.exists():
            self._compare(known, experiment)
        elif self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise AmineError(f"folder '{folder}'", "it exists and holds no dose-response", hint="choose another")
        (self.folder / "points").mkdir(parents=True, exist_ok=True)
        _replace(known, experiment.identity())
        for file in sorted((self.folder / "points").glob("*.json")):
            data = _read(file, {"concentration", "seed", "values"})
            self.points[float(data["concentration"]), int(data["seed"])] = {
                k: _float(v) for k, v in data["values"].items()
            }

    def _compare(self, file: Path, experiment: Experiment) -> None:
        found, wanted = _read(file, set()), experiment.identity()
        for key, value in wanted.items():
            if found.get(key) != value:
                raise AmineError(
                    f"folder '{self.folder}'",
                    f"it holds an experiment with another {key}",
                    given=str(value)[:20],
                    expected=str(found.get(key))[:20],
                    hint="choose another folder",
                )

    def has(self, point: Point, measures: Sequence[str]) -> bool:
        return set(measures) <= set(self.points.get(point, {}))

    def get(self, point: Point) -> dict[str, float]:
        return self.points[point]

    def put(self, point: Point, values: Mapping[str, float]) -> None:
        mine = self.points.setdefault(point, {})
        mine.update({k: float(v) for k, v in values.items()})
        if self.folder is not None:
            plain = {k: v if np.isfinite(v) else None for k, v in mine.items()}
            data = {"concentration": point[0], "seed": point[1], "values": plain}
            _replace(self.folder / "points" / f"{point[0]:.6g}uM-{point[1]}.json", data)


def _float(v: float | None) -> float:
    return float("nan") if v is None else float(v)


def _replace(path: Path, data: Mapping[str, object]) -> None:
    """Write a file with a digest of its content, atomically."""
    write_text(path, json.dumps(sealed(data), indent=1), f"file '{path}'")


def _read(path: Path, form: set[str]) -> dict[str, Any]:
    """Content of a file that :func:`_replace` wrote; AmineError if it is damaged or an entry of ``form`` is missing."""
    where, hint = f"file '{path}'", "remove it: what it held is then simulated again"
    data = read_json(path, where, hint)
    if not isinstance(data, dict) or not is_intact(data) or not form <= data.keys():
        raise AmineError(where, "it is damaged: its content is not what was written", hint=hint)
    return data


def _run_all(
    experiment: Experiment,
    points: Sequence[Point],
    store: _Store,
    workers: int | None,
    scheduler: str | None,
    progress: bool,
    simulate: Callable[..., Mapping[str, float]],
) -> None:
    if not points:
        return
    if workers == 0 and scheduler is None:
        done: Iterator[tuple[Point, Mapping[str, float]]] = (
            (p, simulate(experiment, *p, experiment.measures)) for p in points
        )
        _collect(done, store, len(points), progress)
        return
    with optional("dose_response", "workers=0"):
        from distributed import Client, LocalCluster
    n = min(workers or os.cpu_count() or 1, len(points))
    cluster = None
    if scheduler is None:
        cluster = LocalCluster(n_workers=n, threads_per_worker=1, processes=True, dashboard_address="", silence_logs=40)
    try:
        with Client(cluster if cluster is not None else scheduler, timeout=WAIT) as client:
            _collect(_from_client(client, experiment, points, simulate), store, len(points), progress)
    except OSError as e:
        raise AmineError("dose_response", f"scheduler '{scheduler}' does not answer", given=str(e)[:60]) from e
    finally:
        if cluster is not None:
            cluster.close()


def _from_client(
    client: Client, experiment: Experiment, points: Sequence[Point], simulate: Callable[..., Mapping[str, float]]
) -> Iterator[tuple[Point, Mapping[str, float]]]:
    """Results as they finish. One point with drug and one without go first, so that the others find their compiled code."""
    from distributed import as_completed

    first = [next((p for p in points if p[0] == 0), None), next((p for p in points if p[0] > 0), None)]
    pilots = [p for p in first if p is not None]
    shared = client.scatter(experiment, broadcast=True)
    for batch in (pilots, [p for p in points if p not in pilots]):
        futures = {client.submit(simulate, shared, *p, experiment.measures, pure=False): p for p in batch}
        try:
            for future in as_completed(list(futures)):
                yield futures[future], future.result()
        finally:
            client.cancel(list(futures))


def _collect(done: Iterator[tuple[Point, Mapping[str, float]]], store: _Store, n: int, progress: bool) -> None:
    """Store each point as it finishes, with a progress bar on standard error."""
    if not progress:
        for point, values in done:
            store.put(point, values)
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("dose-response", total=n)
        for point, values in done:
            store.put(point, values)
            bar.advance(task)
