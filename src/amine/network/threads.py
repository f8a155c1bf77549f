"""How many threads a network deserves: as many as the processor offers, fewer where they would meet more often than they compute."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from amine.errors import AmineError
from amine.network.estimate import RATE, estimate, interval, state_bytes
from amine.network.numbers import whole_number

if TYPE_CHECKING:
    from amine.network.network import Network

MOST = 1024
AUTO = "auto"
# rough costs on processors of today: of a value of a neuron's state in a step, of a spike at a synapse (bound by memory), and the work
# between two meetings with which another thread pays
VALUE, EVENT, MEETING = 0.2e-9, 0.7e-9, 20e-6  # s


def threads_of(given: int | str, net: Network, where: str) -> int:
    """Number of threads for a simulation: the given one, or for ``"auto"`` one that fits the network and the free cores.

    Raises
    ------
    AmineError
        It is neither a whole number of 1 to 1024 nor ``"auto"``.
    """
    if isinstance(given, str):
        if given != AUTO:
            expected = f"a whole number of 1..{MOST}, or 'auto'"
            raise AmineError(
                f"{where}, threads", "this is no number of threads", given=repr(given)[:40], expected=expected
            )
        return chosen(net, cores())
    return whole_number(given, f"{where}, threads", 1, MOST)


def cores() -> int:
    """Cores on which this process may run."""
    return min(MOST, len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)


def chosen(net: Network, cores: int) -> int:
    """Threads with which a network runs fastest on so many cores, by its size and its least delay, with all neurons at 10 Hz."""
    values = state_bytes(net, "float32") / 4
    events = estimate(net)["synapses"] * RATE * 1e-3 * net.dt
    between = (VALUE * values + EVENT * events) * interval(net)
    return max(1, min(cores, 1 + int(between / MEETING)))
