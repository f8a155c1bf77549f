"""``am.sweep``: measures over values of a network, of a cell, or of a function's arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.models.model import Model
from amine.network.network import Network
from amine.records import dataclass
from amine.results.run import Run
from amine.sweeps import cells, described
from amine.sweeps.axes import ANY, DESIGNS, DOSE, Axis, Target, axis_of, grid, sampled
from amine.sweeps.bench import Bench, How, opened_bench
from amine.sweeps.executors import Executor
from amine.sweeps.outcome import Sweep
from amine.sweeps.points import (
    Conditions,
    FunctionSubject,
    NetworkSubject,
    Point,
    Subject,
    digest_of,
    measures_of,
)
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import FilePath, Quantity


def sweep(
    subject: Network | Model | Callable[..., object],
    values: Mapping[str, Any],
    measures: str
    | Callable[[Run], object]
    | Sequence[str | Callable[[Run], object]]
    | Mapping[str, Callable[[Run], object]],
    *,
    duration: Quantity = "1 s",
    start: Quantity = "0 ms",
    seeds: int | Sequence[int] = 1,
    design: str = "grid",
    points: int | None = None,
    common: bool = True,
    together: bool | None = None,
    executor: Executor | int | None = None,
    batch: int | None = None,
    store: FilePath | None = None,
    precision: str = "float32",
    threads: int = 1,
    progress: bool = True,
) -> Sweep:
    """Measure a network at many values of what it is made of.

    A value that a running network follows (:meth:`amine.engine.time.loop.Loop.settable`) is set in a network that is built once for each
    seed and process; another one is described, built and run for its points. Results are those of a network described with the values, to
    the last bit, whatever the executor.

    Parameters
    ----------
    subject : a network; a neuron model, of which one is measured, called ``cell`` (its parameters are ``"tau_m"`` or ``"cell.tau_m"``); or a
        function of the values and of ``seed`` that returns a network, a run, or measures by name.
    values : by name the values of an axis: texts with units, ``array * am.units.pA``, distributions, waveforms; for sampled designs a
        range (lowest, highest). Names are those of a running network (``"E.tau_m"``, ``"E.AMPA.tau"``, ``"P->E.weight"``, ``"P.rate"``,
        ``"dose:ketamine"``, in uM where no unit is given), ``rate`` and ``weight`` of Poisson input, and the number of a projection's
        pattern, such as ``"E->I.p"``; those of a function are its arguments.
    measures : names such as ``"rate:E"``, or ``"rate"`` for all populations (:func:`amine.results.measures.measure`), or functions of a :class:`amine.Run` that return a number
        or an array; ``{name: function}`` names them.
    duration, start : biological time of each run, and the time at its beginning that named measures leave out.
    seeds : a number of seeds (that of the network and the next ones), or several. All points have the same: common random numbers.
    design : ``"grid"``: all combinations; ``"list"``: the k-th values of all axes are the k-th point; ``"latin"``, ``"sobol"``: ``points`` points in the ranges, those of doses on a logarithmic scale.
    points : number of points of a sampled design.
    common : False gives each point seeds of its own.
    together : whether the points are neurons of one population, some fifty times as fast; None: where the subject is a single unconnected
        neuron without random numbers. True allows random numbers, which are then not common.
    executor : None: this process; a number of processes of this machine; or what has the ``submit`` of :mod:`concurrent.futures`: a pool of
        processes, threads or MPI ranks, ``Client(...).get_executor()`` of Dask, an ``AutoExecutor`` of submitit.
    batch : points of one task of an executor.
    store : folder that keeps finished points: the same call after a kill, or one with more values, seeds or measures, runs what is missing.
    precision, threads : as for :meth:`amine.Network.run`.
    progress : a bar on the terminal.

    Raises
    ------
    AmineError
        A name, unit, measure or design that is not known, a store of another sweep, or a fault at every point. A fault at some points is
        a warning; it stands in ``failures`` of the result.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> E = net.population("E", 1, "lif")
    >>> found = am.sweep(net, {"E.I_e": ["300 pA", "400 pA", "500 pA"]}, "rate:E", duration="500 ms", progress=False)
    >>> found.mean("rate:E").tolist()
    [0.0, 32.0, 62.0]
    """
    if not values:
        raise AmineError("sweep", "no value is named", hint='such as {"E.I_e": ["300 pA", "400 pA"]}')
    conditions = conditions_of(duration, start, precision, threads, "sweep")
    made = made_of(subject, list(values), measures, conditions)
    given = {made.names[n]: v for n, v in values.items()}
    each = seeds_of(seeds, made.seed, "sweep")
    axes, places = _designed(given, made.targets, design, points, made.seed)
    made = made.with_axes(axes, together)
    asked = [_points(axes, place, each, design, common) for place in places]
    flat = sorted((p for row in asked for p in row), key=made.order)
    with opened_bench(made.subject, How(executor, batch, store, progress), len(flat), "sweep") as bench:
        bench.measure(flat)
        bench.report()
    return _table(axes, design, each, asked, bench, conditions)


# --- what is swept -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A subject, its first seed, the names as they were given -> as they are, and what they stand for."""

    subject: Subject
    seed: int
    names: Mapping[str, str]
    targets: Mapping[str, Target]

    def with_axes(self, axes: Sequence[Axis], together: bool | None = None) -> Made:
        """The subject, with the values that it can set in a network that is built, or as one population."""
        s = self.subject
        if not isinstance(s, NetworkSubject):
            if together:
                raise AmineError("sweep, together", "a function is called for each point")
            return self
        live = frozenset(a.name for a in axes if _is_live(a, self.targets[a.name]))
        found = NetworkSubject(s.network, live, s.measures, s.conditions)
        if together is False:
            return replace(self, subject=found)
        net, names = described.described(s.network, {}, self.seed), [a.name for a in axes]
        single = all(isinstance(v, str) for a in axes for v in a.values)
        why = cells.why_not(net, names, bool(together)) if single else "values are no single numbers"
        if why and together:
            raise AmineError("sweep, together", f"points cannot be neurons of one population: {why}")
        units = cells.internal({n: self.targets[n].unit for n in names})
        return replace(self, subject=found if why else cells.CellSubject(found, units))

    def order(self, p: Point) -> tuple[int, str]:
        """Points of one built network stand together."""
        if not isinstance(self.subject, NetworkSubject):
            return p.seed, ""
        live = self.subject.live
        return p.seed, digest_of([v for n, v in p.values.items() if n not in live])


def _is_live(axis: Axis, target: Target) -> bool:
    """Whether a running network follows all values of an axis; parameters that differ between neurons are described."""
    return target.follows and (target.kind != "parameter" or all(isinstance(v, str) for v in axis.values))


def made_of(given: object, names: Sequence[str], measures: object, conditions: Conditions) -> Made:
    """A network, a model or a function as what is swept."""
    if isinstance(given, Model):
        return _model_subject(given, names, measures, conditions)
    if isinstance(given, Network):
        return network_subject(given, names, measures, conditions)
    if not callable(given):
        expected = "a network, or a function that returns one"
        raise AmineError("sweep", "this cannot be swept", given=repr(given)[:40], expected=expected)
    name = getattr(given, "__name__", type(given).__name__)
    known = inspect.signature(given).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values())
    for n in [*names, "seed"]:
        if n not in known and not open_ended:
            raise AmineError(f"function '{name}'", f"it has no argument '{n}'", hint=did_you_mean(n, known))
    found = FunctionSubject(given, name, measures_of(measures, None, conditions, "sweep"), conditions)
    first = known["seed"].default if "seed" in known else 0
    targets = {n: Target("uM", "nonnegative") if n.startswith(DOSE) else Target(ANY) for n in names}
    return Made(found, first if isinstance(first, int) else 0, {n: n for n in names}, targets)


def network_subject(net: Network, names: Sequence[str], measures: object, conditions: Conditions) -> Made:
    """A network as what is swept; it is built here once, and so compiled for all processes of this machine."""
    proper = {n: described.canonical(n) for n in names}
    if len(set(proper.values())) < len(proper):
        raise AmineError("sweep", "two names stand for one value", given=", ".join(names)[:80])
    base = described.prepared(net, names)
    data = base.to_dict()
    subject = NetworkSubject(data, frozenset(), measures_of(measures, base, conditions, "sweep"), conditions)
    loop, _ = subject.built(subject.digest, {}, base.seed)
    known = described.targets(loop)
    targets = {n: described.target(known, n) for n in proper.values()}
    for n, t in targets.items():
        if t.kind in ("stimulus", "times") and not t.follows:
            raise AmineError(f"sweep, '{n}'", f"it cannot be swept: {t.reason}")
    return Made(subject, base.seed, proper, targets)


def _model_subject(model: Model, names: Sequence[str], measures: object, conditions: Conditions) -> Made:
    """A neuron model as a network of one neuron."""
    if model.kind != "neuron":
        raise AmineError("sweep", "this model is no neuron", given=f"{model.kind} '{model.name}'")
    net = cells.network_of(model, measures_of(measures, None, conditions, "sweep"))
    proper = {n: n if n.startswith(f"{cells.CELL}.") else f"{cells.CELL}.{n}" for n in names}
    made = network_subject(net, list(proper.values()), measures, conditions)
    return replace(made, names=proper)


def conditions_of(duration: Quantity, start: Quantity, precision: str, threads: int, where: str) -> Conditions:
    """Conditions of all runs, checked."""
    whole, first = (
        scalar(x, "ms", f"{where}, {name}", nonnegative=True) for x, name in ((duration, "duration"), (start, "start"))
    )
    if first >= whole:
        raise AmineError(f"{where}, start", "nothing is left to measure", given=f"{first:g} ms of {whole:g} ms")
    return Conditions(f"{whole!r} ms", f"{first!r} ms", precision, threads)


def seeds_of(seeds: int | Sequence[int], first: int, where: str) -> list[int]:
    """Seeds as whole numbers."""
    each = list(range(first, first + seeds)) if isinstance(seeds, int) else [int(s) for s in seeds]
    if not each or min(each) < 0 or len(set(each)) < len(each):
        expected = "one or more different whole numbers"
        raise AmineError(f"{where}, seeds", "these are no seeds", given=str(seeds)[:40], expected=expected)
    return each


def _designed(
    given: Mapping[str, Any], targets: Mapping[str, Target], design: str, points: int | None, seed: int
) -> tuple[list[Axis], list[tuple[int, ...]]]:
    """Axes, and for each point the number of its value on each axis."""
    if design not in DESIGNS:
        raise AmineError("sweep, design", f"'{design}' is not known", hint=did_you_mean(str(design), DESIGNS))
    whole = design in ("grid", "list")
    if (points is None) != whole:
        hint = "leave it out" if whole else "such as points=100"
        raise AmineError("sweep, points", f"it is given with sampled designs alone; this is '{design}'", hint=hint)
    if points is None:
        axes = [axis_of(n, v, targets[n]) for n, v in given.items()]
        if design == "grid":
            return axes, grid(axes)
        sizes = {a.name: len(a.values) for a in axes}
        if len(set(sizes.values())) > 1:
            given_sizes = ", ".join(f"{n}: {k}" for n, k in sizes.items())
            raise AmineError("sweep, design", "the axes of a list must be of one length", given=given_sizes)
        return axes, [(k,) * len(axes) for k in range(len(axes[0].values))]
    return sampled(given, targets, design, points, seed), [(k,) * len(given) for k in range(points)]


def _points(
    axes: Sequence[Axis], place: tuple[int, ...], seeds: Sequence[int], design: str, common: bool
) -> list[Point]:
    values = {a.name: a.values[k] for a, k in zip(axes, place, strict=True)}
    shift = 0 if common else int(digest_of(values)[:12], 16)
    return [Point(values, s + shift) for s in seeds]


# --- the table -----------------------------------------------------------------------------------------------------


def _table(
    axes: list[Axis],
    design: str,
    seeds: list[int],
    asked: Sequence[Sequence[Point]],
    bench: Bench,
    conditions: Conditions,
) -> Sweep:
    shape = tuple(len(a.values) for a in axes) if design == "grid" else (len(asked),)
    values = {}
    for m in bench.subject.measures:
        found = [bench.of(p).get(m.name, np.nan) for row in asked for p in row]
        values[m.name] = _stacked(found, f"measure '{m.name}'").reshape(*shape, len(seeds), *_inner(found))
    return Sweep(axes, design, seeds, values, list(bench.failed.values()), conditions.identity())


def _inner(found: Sequence[Any]) -> tuple[int, ...]:
    """Shape of a measure that is an array."""
    return next((np.shape(x) for x in found if np.ndim(x)), ())


def _stacked(found: Sequence[Any], where: str) -> np.ndarray:
    """Values of all points, NaN for those without; raises AmineError if arrays differ in shape."""
    inner = _inner(found)
    shapes = {np.shape(x) for x in found if np.ndim(x) or np.isfinite(x)}
    if len(shapes) > 1:
        given = " and ".join(map(str, sorted(shapes)[:2]))
        raise AmineError(where, "it has another shape at another point", given=given)
    return np.array([np.broadcast_to(x, inner) for x in found], float)


__all__ = ["Made", "conditions_of", "made_of", "network_subject", "seeds_of", "sweep"]
