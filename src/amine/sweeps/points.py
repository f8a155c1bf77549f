"""Points of a sweep and what measures them: a network that is built once and set to each point, or a function of the values."""

from __future__ import annotations

import hashlib
import inspect
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Protocol, TypeAlias, cast

import numpy as np

from amine.engine.time.log import from_plain_data
from amine.engine.time.loop import Loop, Snapshot
from amine.errors import AmineError
from amine.network.network import Network
from amine.records import dataclass
from amine.results.measures import OF_RUNS, UnknownMeasure, check, measure
from amine.results.run import Run
from amine.sweeps import potencies
from amine.sweeps.described import described, quiet
from amine.values import scalar

OF_POPULATIONS = ("rate", "cv", "synchrony")
KEPT = 2  # built networks that a thread keeps
Value: TypeAlias = "float | np.ndarray"
Function: TypeAlias = Callable[[Run], object]


@dataclass(frozen=True)
class Point:
    """Values by name as plain data, in the order of the axes, and a seed."""

    values: Mapping[str, Any]
    seed: int

    @property
    def key(self) -> str:
        """Text that is equal for equal points."""
        return json.dumps([self.values, self.seed], sort_keys=True)


@dataclass(frozen=True)
class Done:
    """Measures of a point, or why they could not be taken; ``unknown`` if no point has them."""

    values: Mapping[str, Value]
    error: str = ""
    unknown: bool = False


class Subject(Protocol):
    """What a sweep measures; it is sent to other processes as data."""

    @property
    def measures(self) -> Sequence[Measure]: ...
    def identity(self) -> dict[str, Any]:
        """Plain data that decide the results."""
        ...

    @property
    def most(self) -> int:
        """Points that are best measured at once; 1 if it does not matter."""
        ...

    def run(self, points: Sequence[Point]) -> Iterator[Done]:
        """Measure points, in their order."""
        ...


# --- measures ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """A measure: a name of the library's (:func:`amine.results.measures.measure`), or a function of a run."""

    name: str
    function: Function | None = None

    def of(self, run: Run, start: str) -> Value:
        """The value in a run, without the time before ``start``."""
        if self.function is None:
            return measure(run, self.name, start)
        found = np.asarray(self.function(run))
        if found.dtype.kind not in "biuf":
            raise AmineError(f"measure '{self.name}'", "it returned no number", given=repr(found)[:40])
        return float(found) if found.ndim == 0 else found.astype(float)

    def identity(self) -> str:
        """Digest of the text of a function; empty for a name of the library's."""
        if self.function is None:
            return ""
        return text_digest(self.function)


def text_digest(function: Callable[..., object]) -> str:
    """Digest of the text of a function; of the values of an instance of a dataclass that can be called."""
    try:
        text = repr(function) if is_dataclass(function) else inspect.getsource(function)
    except (OSError, TypeError):
        text = getattr(function, "__qualname__", type(function).__qualname__)
    return hashlib.sha256(text.encode()).hexdigest()


def measures_of(given: object, net: Network | None, conditions: Conditions, where: str) -> tuple[Measure, ...]:
    """Measures as users give them: a name or a function, several of these, or functions by name; checked for ``net``, if that is known."""
    populations = [] if net is None else [n for n, p in net.populations.items() if p.record_spikes]
    if isinstance(given, Mapping):
        found = [Measure(str(n), f if callable(f) else None) for n, f in given.items()]
        for m, f in zip(found, given.values(), strict=True):
            if not callable(f):
                raise AmineError(f"{where}, measure '{m.name}'", "this is no function of a run", given=repr(f)[:40])
    else:
        each = [given] if isinstance(given, str) or callable(given) else list(cast("Iterable[Any]", given))
        found = [_measure(m, where) for one in each for m in _of_each(one, populations)]
    if not found:
        raise AmineError(where, "no measure is named", hint='give measures=["rate:E"] or such')
    names = [m.name for m in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        hint = 'give functions by name: measures={"early": f, "late": g}'
        raise AmineError(where, f"two measures are called '{twice[0]}'", hint=hint)
    for m in found:
        if m.function is None and net is not None:
            check(m.name, populations, [*net.notes.get("measures", {}), *OF_RUNS], conditions.length)
    return tuple(found)


def _of_each(given: object, populations: Sequence[str]) -> list[object]:
    """``rate`` alone is ``rate:E`` of each population."""
    return [f"{given}:{p}" for p in populations] if given in OF_POPULATIONS and populations else [given]


def _measure(given: object, where: str) -> Measure:
    if isinstance(given, str):
        return Measure(given)
    if not callable(given):
        raise AmineError(where, "this is no measure", given=repr(given)[:40], expected="a name or a function of a run")
    return Measure(getattr(given, "__name__", type(given).__name__), given)


def digest_of(data: object) -> str:
    """SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


# --- subjects ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conditions:
    """How each point is simulated."""

    duration: str
    start: str = "0 ms"
    precision: str = "float32"
    threads: int = 1

    @property
    def length(self) -> float:
        """What is measured of each run, in ms."""
        return scalar(self.duration, "ms", "duration") - scalar(self.start, "ms", "start")

    def identity(self) -> dict[str, Any]:
        """All that decides results."""
        return {"duration": self.duration, "start": self.start, "precision": self.precision}


@dataclass(frozen=True)
class NetworkSubject:
    """A network, whose values named ``live`` are set in one that is built once; others need one described with them."""

    network: Mapping[str, Any]
    live: frozenset[str]
    measures: tuple[Measure, ...]
    conditions: Conditions

    @property
    def most(self) -> int:
        """Points are measured one by one."""
        return 1

    @property
    def digest(self) -> str:
        """Digest of the description without its seed."""
        return digest_of({k: v for k, v in self.network.items() if k != "seed"})

    def identity(self) -> dict[str, Any]:
        """Plain data that decide the results."""
        return {"network": self.digest, **self.conditions.identity()}

    def run(self, points: Sequence[Point]) -> Iterator[Done]:
        """Measure points, in their order."""
        digest = self.digest
        for p in points:
            try:
                with quiet():
                    run = self._run(digest, p)
                    yield Done({m.name: m.of(run, self.conditions.start) for m in self.measures})
            except Exception as e:  # a measure of a user's may raise anything
                yield failed(e)

    def _run(self, digest: str, p: Point) -> Run:
        loop, begin = self.built(digest, {n: v for n, v in p.values.items() if n not in self.live}, p.seed)
        loop.restore(begin)
        for name, value in p.values.items():
            if name in self.live:
                loop.set(name, from_plain_data(value))
        loop.advance(self.conditions.duration)
        return loop.run()

    def built(self, digest: str, values: Mapping[str, Any], seed: int) -> tuple[Loop, Snapshot]:
        """A network with a seed and with other values in its description, and its state at time zero."""
        c = self.conditions
        key = digest_of([digest, values, seed, c.precision, c.threads])
        kept = _kept.networks
        if key not in kept:
            while len(kept) >= KEPT:
                kept.popitem(last=False)
            with potencies.replaced({n: v for n, v in values.items() if n.startswith(potencies.POTENCY)}):
                loop = described(self.network, values, seed).loop(threads=c.threads, precision=c.precision)
            kept[key] = loop, loop.snapshot()
        kept.move_to_end(key)
        return kept[key]


class _Kept(threading.local):
    """Networks of a thread at time zero, by what they were built from; the last that was used is the last."""

    def __init__(self) -> None:
        self.networks: OrderedDict[str, tuple[Loop, Snapshot]] = OrderedDict()


_kept = _Kept()


def forget() -> None:
    """Gives the memory of this thread's kept networks back."""
    _kept.networks.clear()


@dataclass(frozen=True)
class FunctionSubject:
    """A function of the values and of ``seed``, which returns a network, a run, or measures by name."""

    function: Callable[..., object]
    name: str
    measures: tuple[Measure, ...]
    conditions: Conditions

    @property
    def most(self) -> int:
        """Points are measured one by one."""
        return 1

    def identity(self) -> dict[str, Any]:
        """Plain data that decide the results."""
        return {"function": self.name, "text": text_digest(self.function), **self.conditions.identity()}

    def run(self, points: Sequence[Point]) -> Iterator[Done]:
        """Measure points, in their order."""
        for p in points:
            try:
                with quiet():
                    yield Done(self._measured(self.function(**p.values, seed=p.seed)))
            except Exception as e:  # a user's function may raise anything
                yield failed(e)

    def _measured(self, found: object) -> dict[str, Value]:
        c = self.conditions
        if isinstance(found, Network):
            found = found.run(c.duration, threads=c.threads, precision=c.precision, progress=False)
        if isinstance(found, Run):
            return {m.name: m.of(found, c.start) for m in self.measures}
        if not isinstance(found, Mapping):
            expected = "a network, a run, or measures by name"
            raise AmineError(
                f"function '{self.name}'", "it returned none of these", given=repr(found)[:40], expected=expected
            )
        for m in self.measures:
            if m.name not in found:
                known = ", ".join(map(str, found))
                raise UnknownMeasure(
                    f"function '{self.name}'", f"it returned no measure '{m.name}'", hint=f"known are {known}"
                )
        return {m.name: float(found[m.name]) for m in self.measures}


def failed(e: Exception) -> Done:
    """A point without measures, and why in one sentence."""
    said = str(e) if isinstance(e, AmineError) else f"{type(e).__name__}: {e}"
    return Done({}, said, isinstance(e, UnknownMeasure))


__all__ = [
    "Conditions",
    "Done",
    "FunctionSubject",
    "Measure",
    "NetworkSubject",
    "Point",
    "Subject",
    "Value",
    "digest_of",
    "failed",
    "forget",
    "measures_of",
]
