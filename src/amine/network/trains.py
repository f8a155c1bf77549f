"""Spike trains that are drawn beforehand, as parameters of a ``spike_list``: renewal processes and packets of pulses."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from amine.errors import AmineError
from amine.network.numbers import number, whole_number
from amine.units import to_internal
from amine.values import Array

if TYPE_CHECKING:
    from collections.abc import Callable

    from amine.given import Quantity


class Trains(TypedDict):
    """Times (ms) and neurons of spikes, sorted by time."""

    times: Array
    indices: Array


def gamma_trains(
    n: int, rate: Quantity, duration: Quantity, *, order: float = 1.0, seed: int = 0, start: Quantity = "0 ms"
) -> Trains:
    """Renewal trains with intervals of a gamma distribution, in equilibrium at the start.

    Parameters
    ----------
    n : number of trains. rate : of each. start, duration : beginning and length.
    order : shape of the distribution: the coefficient of variation of the intervals is ``1/sqrt(order)``; 1 is a Poisson process.
    seed : seed of the random numbers.

    Raises
    ------
    AmineError
        Wrong unit, or an order that is not positive.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> P = net.population("P", 10, "spike_list", **am.gamma_trains(10, "20 Hz", "1 s", order=4.0))
    """
    where = "gamma_trains()"
    shape = number(order, "1", f"{where}, order", positive=True)
    mean = 1.0 / _rate(rate, where)
    return _renewal(
        n, mean, duration, start, seed, where, lambda rng, size: rng.gamma(shape, mean / shape, size), 1.0 / shape
    )


def dead_time_trains(
    n: int, rate: Quantity, duration: Quantity, *, dead_time: Quantity, seed: int = 0, start: Quantity = "0 ms"
) -> Trains:
    """Poisson trains with a dead time after each spike, in equilibrium at the start.

    Parameters
    ----------
    n : number of trains. rate : of each, dead times included. start, duration : beginning and length.
    dead_time : shortest interval; the coefficient of variation is ``1 - rate*dead_time``.
    seed : seed of the random numbers.

    Raises
    ------
    AmineError
        Wrong unit, or a rate that the dead time does not allow.

    Examples
    --------
    >>> trains = dead_time_trains(10, "50 Hz", "1 s", dead_time="5 ms")
    >>> bool(trains["times"].values.max() < 1000.0)
    True
    """
    where = "dead_time_trains()"
    dead = number(dead_time, "ms", f"{where}, dead_time", nonnegative=True)
    mean = 1.0 / _rate(rate, where)
    if dead >= mean:
        given, expected = f"{1e3 / mean:g} Hz", f"below {1e3 / dead:g} Hz"
        raise AmineError(f"{where}, rate", "the dead time does not allow it", given=given, expected=expected)
    draw = lambda rng, size: dead + rng.exponential(mean - dead, size)  # noqa: E731
    return _renewal(n, mean, duration, start, seed, where, draw, (1.0 - dead / mean) ** 2)


def _rate(rate: Quantity, where: str) -> float:
    return number(rate, "1/ms", f"{where}, rate", positive=True)


def _renewal(
    n: int,
    mean: float,
    duration: Quantity,
    start: Quantity,
    seed: int,
    where: str,
    draw: Callable[[np.random.Generator, int], np.ndarray],
    cv2: float,
) -> Trains:
    """Trains of independent intervals; each begins so long before that its phase at the start is that of equilibrium."""
    n = whole_number(n, f"{where}, n", 1, 2**31 - 65)
    span = number(duration, "ms", f"{where}, duration", positive=True)
    first = number(start, "ms", f"{where}, start", nonnegative=True)
    rng = np.random.default_rng(whole_number(seed, f"{where}, seed", 0, 2**63 - 1))
    most = int(span / mean + 10.0 * np.sqrt((1.0 + cv2) * (1.0 + span / mean)) + 20)
    times, indices = [], []
    for i in range(n):
        # the interval around the start is drawn in proportion to its length, and the start lies anywhere in it
        drawn = draw(rng, 512)
        around = rng.choice(drawn, p=drawn / drawn.sum())
        t = rng.uniform() * around + np.concatenate([[0.0], np.cumsum(draw(rng, most))])
        while t[-1] < span:
            t = np.concatenate([t, t[-1] + np.cumsum(draw(rng, most))])
        t = t[t < span]
        times.append(first + t)
        indices.append(np.full(len(t), i))
    return _sorted(np.concatenate(times), np.concatenate(indices))


def pulse_packets(n: int, times: Quantity, *, spikes: int, sd: Quantity, seed: int = 0) -> Trains:
    """Packets of spikes: around each of some times, normally distributed spikes of neurons drawn without replacement.

    Parameters
    ----------
    n : number of neurons. times : centres of the packets: one or an array. sd : standard deviation of times within a packet.
    spikes : number of spikes of a packet, at most one a neuron; spikes before time zero are left out.
    seed : seed of the random numbers.

    Raises
    ------
    AmineError
        Wrong unit, or more spikes than neurons.

    Examples
    --------
    >>> packets = pulse_packets(100, ["50 ms", "150 ms"], spikes=60, sd="2 ms")
    >>> len(packets["times"].values)
    120
    """
    where = "pulse_packets()"
    n = whole_number(n, f"{where}, n", 1, 2**31 - 65)
    each = whole_number(spikes, f"{where}, spikes", 1, n)
    width = number(sd, "ms", f"{where}, sd", nonnegative=True)
    rng = np.random.default_rng(whole_number(seed, f"{where}, seed", 0, 2**63 - 1))
    centres = np.atleast_1d(to_internal(times, "ms", f"{where}, times", nonnegative=True))
    t = np.concatenate([c + width * rng.standard_normal(each) for c in centres])
    i = np.concatenate([rng.choice(n, each, replace=False) for _ in centres])
    return _sorted(t[t >= 0.0], i[t >= 0.0])


def _sorted(times: np.ndarray, indices: np.ndarray) -> Trains:
    order = np.lexsort((indices, times))
    return {"times": Array(times[order], "ms"), "indices": Array(indices[order].astype(float), "1")}


__all__ = ["Trains", "dead_time_trains", "gamma_trains", "pulse_packets"]
