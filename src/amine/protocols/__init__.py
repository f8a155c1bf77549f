"""Stimulation protocols of plasticity, each with the resulting curve of weight changes in one call.

All points of a curve are synapses of one network and one run. Times are arrival times of spikes at the synapse.

>>> import amine as am
>>> curve = pairing(am.plasticity.stdp(A_plus=0.01), ["-10 ms", "10 ms"], n=1)
>>> curve.change.round(4)
array([0.9873, 1.0121])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.doors import close
from amine.errors import AmineError, did_you_mean
from amine.protocols._curve import Curve, Train, measure
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.models.model import Model

LAGS = tuple(f"{x} ms" for x in range(-100, 101, 5))
MOST = 1_000_000  # repetitions of a pattern
FREQUENCIES = ("0.1 Hz", "10 Hz", "20 Hz", "40 Hz", "50 Hz")


def _values(xs: Sequence[Quantity], unit: str, where: str) -> np.ndarray:
    out = np.array([scalar(x, unit, where) for x in xs])
    if not len(out):
        raise AmineError(where, "no value is given")
    return out


def _period(frequency: Quantity, where: str) -> float:
    return 1.0 / scalar(frequency, "1/ms", where, positive=True)


OPTIONS = ("weight", "neuron", "receptors", "rest", "repeats", "precision", "seed", "threads")


def _options(more: dict[str, Any]) -> dict[str, Any]:
    """Options that all protocols have; raises AmineError for others."""
    for name in more:
        if name not in OPTIONS:
            raise AmineError("protocols", f"option '{name}' is not known", hint=did_you_mean(name, OPTIONS))
    return more


LONGEST = 1e12  # ms


def _count(n: int, where: str) -> int:
    """A number of repetitions that can be made; raises AmineError for others."""
    if not 0 <= n <= MOST:
        raise AmineError(where, "this number of repetitions cannot be made", given=str(n), expected=f"0 to {MOST}")
    return n


def repeated(pattern: Train, n: int, period: float, start: float = 20.0) -> Train:
    """Repeat a pattern of (pre, post) times in ms ``n`` times, every ``period`` ms from ``start`` ms on."""
    _count(n, "protocols.repeated, n")
    for name, x in {"period": period, "start": start}.items():
        if not abs(x) <= LONGEST:
            expected = f"at most {LONGEST:g} ms"
            raise AmineError(f"protocols.repeated, {name}", "this is no time", given=str(x)[:40], expected=expected)
    at = start + period * np.arange(n)
    try:
        before, after = (np.asarray(x, float).ravel() for x in pattern)
    except (TypeError, ValueError) as e:
        expected = "two lists of times in ms: before, after"
        raise AmineError(
            "protocols.repeated, pattern", "this is no pattern", given=repr(pattern), expected=expected
        ) from e
    return np.sort((at[:, None] + before).ravel()), np.sort((at[:, None] + after).ravel())


def pairing(
    rule: str | Model, lags: Sequence[Quantity] = LAGS, *, n: int = 60, frequency: Quantity = "1 Hz", **more: Any
) -> Curve:
    """Pair pre- and postsynaptic spikes: change of the weight against the lag (post minus pre).

    Parameters
    ----------
    rule : a rule of :mod:`amine.plasticity` or its name.
    lags : lags of the postsynaptic after the presynaptic spike.
    n, frequency : number of pairs and their rate.
    more : initial ``weight`` (default: the middle of the bounds), ``neuron`` and ``receptors`` of the target,
        ``rest`` after the last spike, ``repeats`` of each point, ``precision``, ``seed``, ``threads``.

    Raises
    ------
    AmineError
        Wrong unit, or the target does not spike when it should.

    Examples
    --------
    >>> import amine as am
    >>> pairing(am.plasticity.stdp(A_plus=0.01), ["10 ms"], n=1).change.round(4)
    array([1.0121])
    """
    x = _values(lags, "ms", "protocols.pairing, lags")
    period = _period(frequency, "protocols.pairing, frequency")
    first = max(20.0, 20.0 - x.min())
    trains = [repeated(([0.0], [lag]), n, period, first) for lag in x]
    return measure(rule, trains, x, "lag (ms)", f"{n} pairs at {frequency}", **_options(more))


def frequency_series(
    rule: str | Model,
    frequencies: Sequence[Quantity] = FREQUENCIES,
    *,
    lag: Quantity = "10 ms",
    n: int = 60,
    **more: Any,
) -> Curve:
    """Pair spikes at several frequencies: change of the weight against the frequency.

    Parameters
    ----------
    frequencies : rates of the pairs. lag : post minus pre. n : number of pairs.
    rule, more : as for :func:`pairing`.
    """
    x = _values(frequencies, "Hz", "protocols.frequency_series, frequencies")
    delta = scalar(lag, "ms", "protocols.frequency_series, lag")
    trains = [repeated(([0.0], [delta]), n, 1.0 / f, max(20.0, 20.0 - delta)) for f in x]
    hertz = x * 1e3
    return measure(rule, trains, hertz, "frequency (Hz)", f"{n} pairs, lag {lag}", **_options(more))


def triplets(
    rule: str | Model,
    times: Sequence[tuple[Quantity, Quantity]] = (
        ("-5 ms", "5 ms"),
        ("-10 ms", "10 ms"),
        ("-5 ms", "15 ms"),
        ("-15 ms", "5 ms"),
    ),
    *,
    order: str = "pre-post-pre",
    n: int = 60,
    frequency: Quantity = "1 Hz",
    **more: Any,
) -> Curve:
    """Two spikes of one side around one of the other: change of the weight for each pair of ``times`` relative to the middle spike.

    Parameters
    ----------
    times : two times for each point. order : ``"pre-post-pre"`` or ``"post-pre-post"``.
    n, frequency : number and rate of triplets. rule, more : as for :func:`pairing`.

    Raises
    ------
    AmineError
        Unknown order, or wrong unit.
    """
    if order not in ("pre-post-pre", "post-pre-post"):
        raise AmineError(
            "protocols.triplets", "unknown order", given=repr(order), expected="'pre-post-pre' or 'post-pre-post'"
        )
    around = [_values(t, "ms", "protocols.triplets, times") for t in times]
    period = _period(frequency, "protocols.triplets, frequency")
    shapes: list[Train] = [(t, np.zeros(1)) if order == "pre-post-pre" else (np.zeros(1), t) for t in around]
    trains = [repeated(s, n, period, 20.0 - min(t.min(), 0.0)) for s, t in zip(shapes, around, strict=True)]
    labels = tuple(f"({t[0]:g}, {t[-1]:g})" for t in around)
    return measure(
        rule, trains, np.arange(len(trains)), "times (ms)", f"{n} triplets {order}", labels=labels, **_options(more)
    )


def quadruplets(
    rule: str | Model, intervals: Sequence[Quantity] = tuple(f"{x} ms" for x in (-100, -60, -40, -20, -10, 10, 20, 40, 60, 100)), *,
    lag: Quantity = "5 ms", n: int = 60, frequency: Quantity = "1 Hz", **more: Any,
) -> Curve:  # fmt: skip
    """A post-pre and a pre-post pair, ``intervals`` apart (negative: pre-post first): change of the weight against the interval.

    Parameters
    ----------
    intervals : from the middle of the post-pre pair to that of the pre-post pair. lag : time within a pair, positive.
    n, frequency : number and rate of quadruplets. rule, more : as for :func:`pairing`.
    """
    x = _values(intervals, "ms", "protocols.quadruplets, intervals")
    d = scalar(lag, "ms", "protocols.quadruplets, lag", positive=True)
    period = _period(frequency, "protocols.quadruplets, frequency")
    shapes: list[Train] = [(np.array([d / 2, T - d / 2]), np.array([-d / 2, T + d / 2])) for T in x]
    first = 20.0 + d - min(x.min(), 0.0)
    trains = [repeated(s, n, period, first) for s in shapes]
    return measure(rule, trains, x, "interval (ms)", f"{n} quadruplets", **_options(more))


def tetanus(
    rule: str | Model, frequencies: Sequence[Quantity] = ("1 Hz", "5 Hz", "10 Hz", "20 Hz", "50 Hz", "100 Hz"), *,
    pulses: int = 100, lag: Quantity = "2 ms", **more: Any,
) -> Curve:  # fmt: skip
    """Trains of ``pulses`` that each make the target spike after ``lag``: change of the weight against the frequency.

    Parameters
    ----------
    frequencies : rates of the pulses. pulses : number of pulses. lag : post minus pre.
    rule, more : as for :func:`pairing`.
    """
    curve = frequency_series(rule, frequencies, lag=lag, n=pulses, **_options(more))
    return Curve(
        f"trains of {pulses} pulses",
        curve.x,
        curve.x_label,
        curve.before,
        curve.after,
        curve.unit,
        curve.spread,
        curve.labels,
    )


def theta_burst(
    rule: str | Model, bursts: Sequence[int] = (1, 2, 5, 10, 20), *, spikes: int = 4, within: Quantity = "100 Hz", theta: Quantity = "5 Hz",
    lag: Quantity = "2 ms", **more: Any,
) -> Curve:  # fmt: skip
    """Bursts at the theta rhythm: change of the weight against the number of bursts.

    Parameters
    ----------
    bursts : numbers of bursts. spikes, within : number of spikes in a burst, and their rate.
    theta : rate of bursts. lag : post minus pre. rule, more : as for :func:`pairing`.
    """
    where = "protocols.theta_burst"
    d = scalar(lag, "ms", f"{where}, lag")
    inside = np.arange(_count(spikes, f"{where}, spikes")) * _period(within, f"{where}, within")
    period = _period(theta, f"{where}, theta")
    trains = [repeated((inside, inside + d), int(b), period, max(20.0, 20.0 - d)) for b in bursts]
    return measure(
        rule, trains, np.array(bursts, float), "bursts", f"bursts of {spikes} at {within}, {theta}", **_options(more)
    )


def dopamine_pulses(
    rule: str | Model, delays: Sequence[Quantity] = tuple(f"{x} s" for x in (0, 0.25, 0.5, 1, 2, 3, 5)), *, lag: Quantity = "10 ms", amount: Quantity = "0.5 uM",
    removal: Quantity = "5 1/s", field: str = "dopamine", **more: Any,
) -> Curve:  # fmt: skip
    """One pair, then a pulse of a field: change of the weight against the delay of the pulse.

    Parameters
    ----------
    delays : from the pair to the pulse. lag : post minus pre of the pair. field : name of the field, which the rule reads.
    amount : increase of the concentration by the pulse. removal : rate of its decay. rule, more : as for :func:`pairing`.
    """
    x = _values(delays, "ms", "protocols.dopamine_pulses, delays")
    d = scalar(lag, "ms", "protocols.dopamine_pulses, lag")
    first = max(20.0, 20.0 - d)
    parts = []
    for delay in x:  # the field reaches all neurons, so each delay needs a separate run
        pulse = {"name": field, "time": first + max(d, 0.0) + delay, "release": amount, "removal": removal}
        rest = delay + 3.0 / scalar(removal, "1/ms", "protocols.dopamine_pulses, removal", positive=True) + 10.0
        parts.append(
            measure(
                rule,
                [repeated(([0.0], [d]), 1, 1.0, first)],
                x[:1],
                "",
                "",
                pulse=pulse,
                **_options({"rest": f"{rest} ms", **more}),
            )
        )
    joined = [np.concatenate([getattr(p, a) for p in parts]) for a in ("before", "after", "spread")]
    return Curve(
        "a pair, then a pulse of " + field, x * 1e-3, "delay (s)", joined[0], joined[1], parts[0].unit, joined[2]
    )


__all__ = [
    "Curve",
    "dopamine_pulses",
    "frequency_series",
    "pairing",
    "quadruplets",
    "repeated",
    "tetanus",
    "theta_burst",
    "triplets",
]

close(globals(), __all__)
