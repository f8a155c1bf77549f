"""Waveforms of injected currents and kernels of distance-dependent connections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.doses import Course, bath, dose_ramp, dose_table
from amine.errors import AmineError
from amine.network.numbers import number, probability
from amine.network.parts import Waveform
from amine.network.pattern import DistanceKernel
from amine.units import to_internal
from amine.values import Array, unit_of

if TYPE_CHECKING:
    from amine.given import Quantity


def _concentration(value: object) -> bool:
    """True if a value is a concentration, for which step, ramp and table make doses instead of currents."""
    value = value[0] if isinstance(value, list | tuple) and value else value
    return isinstance(value, str) and value.rstrip().endswith("M")


def _unit(value: object, where: str) -> str:
    """Coherent unit of a value or of the first of a list."""
    return unit_of(value[0] if isinstance(value, list | tuple) and value else value, where)


def step(current: Quantity, start: Quantity = "0 ms", stop: Quantity | None = None) -> Waveform | Course:
    """Constant current, or concentration, from ``start`` to ``stop``.

    Parameters
    ----------
    current : value, such as ``"100 pA"``; a concentration such as ``"1 uM"`` makes a dose.
    start, stop : times; None: to the end.

    Raises
    ------
    AmineError
        Wrong unit, or ``stop`` is not after ``start``.

    Examples
    --------

    >>> step("100 pA", start="10 ms").numbers["value"]
    100.0
    >>> step("1 uM", start="10 ms").at(20.0)
    array(1.)
    """
    if _concentration(current):
        return bath(current, start, stop)
    unit = _unit(current, "step(), current")
    return Waveform("step", {"value": number(current, unit, "step(), current"), **_span("step", start, stop)}, unit)


def ramp(first: Quantity, last: Quantity, start: Quantity, stop: Quantity) -> Waveform | Course:
    """Current that changes linearly from ``first`` to ``last``, zero before and after; or a concentration, which then stays at ``last``.

    Parameters
    ----------
    first, last : values at the beginning and the end, such as ``"0 pA"``.
    start, stop : times of beginning and end.

    Raises
    ------
    AmineError
        Wrong unit, or ``stop`` is not after ``start``.

    Examples
    --------

    >>> ramp("0 pA", "10 pA", "0 ms", "100 ms").at(np.array([50.0]))
    array([5.])
    """
    if _concentration(first) or _concentration(last):
        return dose_ramp(first, last, start, stop)
    unit = _unit(first, "ramp(), first")
    a, b = number(first, unit, "ramp(), first"), number(last, unit, "ramp(), last")
    return Waveform("ramp", {"first": a, "last": b, **_span("ramp", start, stop)}, unit)


def sine(
    amplitude: Quantity,
    frequency: Quantity,
    mean: Quantity | None = None,
    start: Quantity = "0 ms",
    stop: Quantity | None = None,
) -> Waveform:
    """Sinusoidal current ``mean + amplitude sin(2 pi frequency (t - start))`` from ``start`` to ``stop``, zero outside.

    Parameters
    ----------
    amplitude, mean : currents, such as ``"10 pA"``.
    frequency : such as ``"10 Hz"``.
    start, stop : times; None: to the end.

    Raises
    ------
    AmineError
        Wrong unit, a frequency that is not positive, or ``stop`` is not after ``start``.

    Examples
    --------

    >>> round(float(sine("10 pA", "10 Hz").at(np.array([25.0]))[0]), 6)
    10.0
    """
    unit = _unit(amplitude, "sine(), amplitude")
    return Waveform(
        "sine",
        {
            "amplitude": number(amplitude, unit, "sine(), amplitude"),
            "frequency": number(frequency, "Hz", "sine(), frequency", positive=True),
            "mean": 0.0 if mean is None else number(mean, unit, "sine(), mean"),
            **_span("sine", start, stop),
        },
        unit,
    )


def noise(
    sd: Quantity, tau: Quantity, mean: Quantity | None = None, start: Quantity = "0 ms", stop: Quantity | None = None
) -> Waveform:
    """Noise current, independent for each neuron: an Ornstein-Uhlenbeck process of standard deviation ``sd``, stationary from the start.

    Its values at times apart by s correlate by exp(-s/tau), whatever the time step; between steps it is constant. It is decided by the network's
    seed, the stimulus, the neuron and the step.

    Parameters
    ----------
    sd : standard deviation, such as ``"50 pA"``. tau : correlation time, such as ``"5 ms"``. mean : None: zero.
    start, stop : times; it is zero outside; None: to the end.

    Raises
    ------
    AmineError
        Wrong unit, a negative ``sd``, a ``tau`` that is not positive, or ``stop`` is not after ``start``.

    Examples
    --------

    >>> noise("50 pA", tau="5 ms").numbers["tau"]
    5.0
    """
    unit = _unit(sd, "noise(), sd")
    numbers = {
        "sd": number(sd, unit, "noise(), sd", nonnegative=True),
        "tau": number(tau, "ms", "noise(), tau", positive=True),
        "mean": 0.0 if mean is None else number(mean, unit, "noise(), mean"),
        **_span("noise", start, stop),
    }
    return Waveform("noise", numbers, unit)


def table(times: Quantity | Sequence[Quantity], values: Quantity | Sequence[Quantity] | Array) -> Waveform | Course:
    """Piecewise constant current, or concentration: each of ``values`` holds from the time in ``times`` on; zero before the first.

    Parameters
    ----------
    times : rising times, such as ``["0 ms", "10 ms"]`` or an array with a unit.
    values : as many currents, or concentrations; or an array (times, neurons) with a course for each target neuron.

    Raises
    ------
    AmineError
        Wrong unit, different lengths, or times that do not rise.

    Examples
    --------

    >>> table(["0 ms", "10 ms"], ["1 pA", "2 pA"]).at(np.array([5.0, 10.0]))
    array([1., 2.])
    """
    if not isinstance(values, Array) and _concentration(values):
        return dose_table(times, values)
    unit = values.unit if isinstance(values, Array) else _unit(values, "table(), values")
    v = np.asarray(values.values if isinstance(values, Array) else to_internal(values, unit, "table(), values"), float)
    t = np.asarray(to_internal(times, "ms", "table(), times"))
    if t.ndim != 1 or v.ndim not in (1, 2) or len(t) != len(v) or not len(t):
        raise AmineError("table()", "times and values must be lists of one length", given=f"{t.shape} and {v.shape}")
    if not np.isfinite(v).all():
        raise AmineError("table(), values", "a value is not a finite number")
    if (np.diff(t) <= 0).any():
        raise AmineError("table()", "times must increase")
    if v.ndim == 2:
        return Waveform("courses", {"times": [float(x) for x in t], "values": Array(v, unit)}, unit)
    return Waveform("table", {"times": [float(x) for x in t], "values": [float(x) for x in v]}, unit)


def _span(name: str, start: Quantity, stop: Quantity | None) -> dict[str, float]:
    a = number(start, "ms", f"{name}(), start", nonnegative=True)
    b = math.inf if stop is None else number(stop, "ms", f"{name}(), stop")
    if b <= a:
        raise AmineError(f"{name}()", "it stops before it starts", given=f"{start}..{stop}")
    return {"start": a, "stop": b}


def gaussian(sigma: Quantity, p_max: float = 1.0) -> DistanceKernel:
    """Kernel of connection probability ``p_max exp(-d^2 / (2 sigma^2))`` at distance d.

    Parameters
    ----------
    sigma : width, such as ``"200 um"``.
    p_max : probability at distance 0, above 0 and at most 1.

    Raises
    ------
    AmineError
        Wrong unit, or a probability out of range.

    Examples
    --------

    >>> gaussian("200 um", 0.3).scale
    '200 um'
    """
    return _kernel("gaussian", sigma, p_max)


def exponential_decay(length: Quantity, p_max: float = 1.0) -> DistanceKernel:
    """Kernel of connection probability ``p_max exp(-d / length)`` at distance d.

    Parameters
    ----------
    length : length constant, such as ``"100 um"``.
    p_max : probability at distance 0, above 0 and at most 1.

    Raises
    ------
    AmineError
        Wrong unit, or a probability out of range.

    Examples
    --------

    >>> exponential_decay("100 um").shape
    'exponential'
    """
    return _kernel("exponential", length, p_max)


def box(radius: Quantity, p_max: float = 1.0) -> DistanceKernel:
    """Kernel of connection probability ``p_max`` up to a distance and zero beyond.

    Parameters
    ----------
    radius : the distance, such as ``"50 um"``.
    p_max : probability within it, above 0 and at most 1.

    Raises
    ------
    AmineError
        Wrong unit, or a probability out of range.

    Examples
    --------

    >>> box("50 um", 0.5).p_max
    0.5
    """
    return _kernel("box", radius, p_max)


def _kernel(shape: str, scale: Quantity, p_max: float) -> DistanceKernel:
    x = number(scale, "um", f"{shape}(), scale", positive=True)
    p = probability(p_max, f"{shape}(), p_max")
    if p == 0:
        raise AmineError(f"{shape}()", "p_max is outside 0..1", given=str(p_max))
    return DistanceKernel(shape, scale if isinstance(scale, str) else f"{x!r} um", p)
