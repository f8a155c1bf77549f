"""Rates that follow a course in time; start and stop of sources: a rate between two times as a waveform, and the given spikes between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.distributions import Distribution
from amine.errors import AmineError
from amine.frozen import append
from amine.network.makers import step, table
from amine.network.numbers import number
from amine.network.parts import Group, Population, Stimulus, Waveform
from amine.units import dimension_of
from amine.values import Array, Formula, Value, normalise

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.network.network import Network

RATE = "rate"  # the input of Poisson sources


def during(rate: Value | Waveform, start: Quantity | None, stop: Quantity | None, where: str) -> Value | Waveform:
    """A rate from ``start`` to ``stop``, as a waveform; unchanged without either."""
    if start is None and stop is None:
        return rate
    if isinstance(rate, Waveform):
        raise AmineError(
            where, "a waveform has times of its own", hint="leave start= and stop= out, or give the waveform its times"
        )
    if isinstance(rate, Distribution | Formula):
        hint = "give an array, or a rate in one value"
        raise AmineError(where, "a rate with a start and a stop is no distribution", given=repr(rate)[:40], hint=hint)
    first, last = window(start, stop, where)
    if not isinstance(rate, Array):
        made = step(rate, f"{first!r} ms", None if last is None else f"{last!r} ms")
    else:
        times = [first] if last is None else [first, last]
        values = np.stack([rate.values, 0.0 * rate.values][: len(times)])
        made = table([f"{t!r} ms" for t in times], Array(values, rate.unit))
    assert isinstance(made, Waveform)
    return made


def window(start: Quantity | None, stop: Quantity | None, where: str) -> tuple[float, float | None]:
    """Times (ms) of a start and a stop; None if it does not stop."""
    first = 0.0 if start is None else number(start, "ms", f"{where}, start", nonnegative=True)
    last = None if stop is None else number(stop, "ms", f"{where}, stop", nonnegative=True)
    if last is not None and last <= first:
        raise AmineError(where, "it stops before it starts", given=f"{start}..{stop}")
    return first, last


def spikes_during(given: dict[str, Any], where: str) -> dict[str, Any]:
    """Parameters of a list of spikes with those from ``start`` to before ``stop`` alone, which are taken out of them."""
    start, stop = given.pop("start", None), given.pop("stop", None)
    if (start is None and stop is None) or not {"times", "indices"} <= set(given):
        return given
    first, last = window(start, stop, where)
    times, indices = (
        normalise(given[k], u, f"{where}, parameter '{k}'") for k, u in (("times", "ms"), ("indices", "1"))
    )
    if not isinstance(times, Array) or not isinstance(indices, Array) or times.values.shape != indices.values.shape:
        return given  # is refused by the population
    kept = (times.values >= first) & (times.values < (np.inf if last is None else last))
    return {**given, "times": Array(times.values[kept], "ms"), "indices": Array(indices.values[kept], "1")}


def enter_course(net: Network, population: Population, course: Waveform) -> None:
    """Adds a course of the rates of a source, which has been checked."""
    append(net.stimuli, Stimulus(f"rate->{population.name}", Group(population.views()), course, RATE))


def course_of(current: Waveform, unit: str, targets: int, where: str) -> Waveform:
    """A waveform; raises AmineError if it is in another unit, or has not a column for each of ``targets``."""
    if dimension_of(current.unit) != dimension_of(unit):
        raise AmineError(where, "the waveform has the wrong unit", given=current.unit, expected=unit)
    if current.kind == "courses" and current.numbers["values"].values.shape[1] != targets:
        given = f"{current.numbers['values'].values.shape[1]} columns"
        raise AmineError(where, "a column for each target is needed", given=given, expected=str(targets))
    return current


__all__ = ["RATE", "course_of", "during", "enter_course", "spikes_during", "window"]
