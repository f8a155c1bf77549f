"""What is done to a running network beside turning a value: a bolus of a drug, and neurons that are silenced.

In a log each is a name and one number, as a value that was set: ``bolus:DRUG:HALF-LIFE`` (half-life in ms) with the peak in uM, and
``silence:POPULATION:FIRST:LAST`` with 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds.doses import Course, bath, bolus
from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    from amine.engine.time.connections import Connections
    from amine.engine.time.loop import Loop
    from amine.lab.lane import Entry
    from amine.network.network import Network

BOLUS, SILENCE = "bolus:", "silence:"
SHORTEST, LONGEST = 50.0, 600_000.0  # ms of a half-life


def bolus_name(drug: str, half_life: float) -> str:
    """Name of a bolus in a log."""
    return f"{BOLUS}{drug}:{half_life!r}"


def silence_name(population: str, first: int, last: int) -> str:
    """Name of silenced neurons in a log."""
    return f"{SILENCE}{population}:{first}:{last}"


def bolus_of(name: str) -> tuple[str, float] | None:
    """Drug and half-life (ms) of a bolus in a log; None if it is none or damaged."""
    found = re.fullmatch(r"bolus:(.+):(\d{1,7}(?:\.\d{1,9})?)", name)
    if found is None or not SHORTEST <= float(found[2]) <= LONGEST:
        return None
    return found[1], float(found[2])


def silence_of(name: str) -> tuple[str, int, int] | None:
    """Population, first neuron and the one after the last of silenced neurons in a log; None if it is none or damaged."""
    found = re.fullmatch(r"silence:(.+):(\d{1,9}):(\d{1,9})", name)
    return None if found is None else (found[1], int(found[2]), int(found[3]))


def constant(net: Network, drug: str) -> float | None:
    """The concentration (uM) of a drug as described; None if it changes with time."""
    courses = [d.course for d in net.doses if d.drug == drug]
    if any(c.kind != "constant" or c.numbers["start"] > 0 or np.isfinite(c.numbers["stop"]) for c in courses):
        return None
    return float(sum(c.numbers["first"] for c in courses))


def _parts(net: Network, drug: str, log: Sequence[Entry]) -> tuple[str, list[tuple[str, str, str]]]:
    """The level that was last set, and since then each bolus: peak, half-life, time."""
    level, given = f"{constant(net, drug)!r} uM", []
    for e in log:
        found = bolus_of(e.name)
        if e.name == f"dose:{drug}":
            level, given = e.value, []
        elif found is not None and found[0] == drug:
            given.append((e.value, f"{found[1]!r} ms", f"{e.step * net.dt!r} ms"))
    return level, given


def course(net: Network, drug: str, log: Sequence[Entry]) -> Course:
    """Concentration of a drug after all that a log holds: the level that was set, and each bolus since then."""
    level, given = _parts(net, drug, log)
    out = bath(level)
    for peak, half_life, at in given:
        out = out + bolus(peak, elimination=half_life, at=at)
    return out


def line(net: Network, log: Sequence[Entry]) -> str:
    """Python text that does the last entry of a log to ``sim``."""
    e = log[-1]
    one, few = bolus_of(e.name), silence_of(e.name)
    if few is not None:
        return f"silence(sim, {few[0]!r}, {few[1]}, {few[2]})"
    if one is None:
        return f"sim.set({e.name!r}, {e.value!r})"
    level, given = _parts(net, one[0], log)
    parts = [f"am.bath({level!r})", *(f"am.bolus({p!r}, elimination={h!r}, at={t!r})" for p, h, t in given)]
    return f"sim.set({f'dose:{one[0]}'!r}, {' + '.join(parts)})"


def silence(loop: Loop, population: str, first: int, last: int) -> None:
    """Cut the synapses of some neurons of a running network onto all others: they fire on, but reach nobody.

    Parameters
    ----------
    loop : the running network.
    population : their population.
    first, last : neurons from ``first`` up to but without ``last``.

    Raises
    ------
    AmineError
        If there are no such neurons, they have no synapses, or a rule would let them grow again. Nothing is then cut.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> E = net.population("E", 10, "lif_cond")
    >>> _ = net.synapses(E, E, receptor="AMPA", weight="1 nS", connect="all_to_all", name="E->E")
    >>> loop = net.loop()
    >>> silence(loop, "E", 0, 5)
    >>> float(loop.connections("E->E").weight.sum())
    50.0
    """
    where = f"silence '{population[:40]}'"
    net = loop.network
    if population not in net.populations:
        raise AmineError(where, "there is no such population", hint=did_you_mean(population, net.populations))
    if not 0 <= first < last <= net.populations[population].n:
        raise AmineError(where, "there are no such neurons", given=f"{first} to {last}")
    sources = [p for p in net.projections if population in {v.population for v in p.source.views()}]
    if not sources:
        raise AmineError(where, "its neurons have no synapses onto others")
    for p in sources:
        if p.plasticity is not None:
            raise AmineError(where, f"a rule changes the weights of '{p.name}', which would grow again")
    before = loop.snapshot()
    try:
        for p in sources:
            found = loop.connections(p.name)
            which = np.flatnonzero(_from(found, population, first, last))
            if which.size:
                nothing: dict[str, Any] = {r: f"0 {u}" for r, u in found.units.items()}
                loop.set(p.name, synapses=which, **nothing)
    except AmineError:
        loop.restore(before)
        raise


def can_be_silenced(net: Network) -> set[str]:
    """Populations with synapses onto others, none of which a rule changes."""
    plastic, plain = set[str](), set[str]()
    for p in net.projections:
        (plain if p.plasticity is None else plastic).update(v.population for v in p.source.views())
    return plain - plastic


def _from(found: Connections, population: str, first: int, last: int) -> np.ndarray:
    """Which synapses come from these neurons (synapses,)."""
    inside = (found.pre >= first) & (found.pre < last)
    sources = found.populations[0]
    return inside if len(sources) == 1 else inside & (found.of[:, 0] == sources.index(population))


__all__ = [
    "LONGEST",
    "SHORTEST",
    "bolus_name",
    "bolus_of",
    "can_be_silenced",
    "constant",
    "course",
    "line",
    "silence",
    "silence_name",
    "silence_of",
]
