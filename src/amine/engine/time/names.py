"""Names of the values of a running network: ``E.v``, ``E.AMPA.g``, ``E.tau_m``, ``E.AMPA.tau``, ``P.rate``.

They are those of :meth:`amine.Network.to_module`: the population, the receptor if the value is one of its, and the state or parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.point import PointCell, Readers
from amine.engine.build.slices import Slice
from amine.engine.device.tables import SOURCE_FOLLOWED, SOURCE_POISSON
from amine.models.naming import port_name
from amine.network.receptors import coupled_names, states_of
from amine.records import dataclass
from amine.units import dimension_of, internal_unit

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation

STATE, PARAMETER, RATE, DOSE = "state", "parameter", "rate", "dose"
WEIGHT, DELAY, STIMULUS, TIMES = "weight", "delay", "stimulus", "times"
INPUT, RULE = "input", "rule"  # rate or weight of a Poisson input; parameter of a rule of plasticity
RELEASED = "release"  # state or parameter of release at source neurons
SHARED = "several values have this name"


@dataclass(frozen=True)
class Settable:
    """A value of a running network.

    ``name`` is its name, ``kind`` state, parameter, rate, dose, weight, delay, stimulus, times, input (of Poisson input), rule or release, ``unit`` the unit in which it is read; ``value``
    its present value, one or one for each neuron or synapse (n,); ``limit`` what its values must be, such as positive. It ``follows`` a running network, or else ``reason`` is
    why it does not; then it is given in the description of a new one.
    """

    name: str
    kind: str
    unit: str
    value: float | np.ndarray
    limit: str
    follows: bool
    reason: str


class Listing(dict[str, Settable]):
    """Values by name; printed, one line for each."""

    def __repr__(self) -> str:
        wide = max((len(n) for n in self), default=0)
        return "\n".join(f"{n:<{wide}}  {_shown(s)}" for n, s in self.items())


def _shown(s: Settable) -> str:
    """Present value or range, unit, what it is, and why it does not follow."""
    x = np.asarray(s.value)
    low, high = (x.min(), x.max()) if x.size else (np.nan, np.nan)
    value = f"{low:.6g}" if low == high else f"{low:.6g} .. {high:.6g}"
    unit = "" if s.unit in ("", "1") else f" {s.unit}"
    said = [w for w in (s.kind, s.limit, "" if s.follows else f"does not follow: {s.reason}") if w]
    return f"{value}{unit}  ({', '.join(said)})"


@dataclass(frozen=True)
class Handle:
    """Place of a value: population ``p``, and ``key``, its row of the state array or its name in the fused system."""

    name: str
    kind: str
    p: int
    key: str
    unit: str
    label: str = ""  # receptor
    own: str = ""  # name within its model
    limit: str = ""
    reason: str = ""  # why it cannot be set
    later: str = ""  # why it cannot be set after the first step
    before: str = ""  # why it cannot be set before the first step

    def refusal(self, step: int) -> str:
        """Why it cannot be set at a step; empty if it can."""
        return self.reason or (self.later if step else self.before)


def handles(sim: Simulation) -> list[Handle]:
    """The values of all populations of a simulation, and its doses."""
    return [*(h for p, at in enumerate(sim.slices) for h in _population(sim, p, at)), *_doses(sim)]


def by_name(found: Sequence[Handle]) -> dict[str, Handle]:
    """Values by name; those that share one are marked, since the name says no more which is meant."""
    times = Counter(h.name for h in found)
    return {h.name: h if times[h.name] == 1 else replace(h, reason=SHARED) for h in found}


def _doses(sim: Simulation) -> Iterator[Handle]:
    slow = sim.resolved.slow
    if slow is None:
        return
    binding = {e.drug for each in slow.blockers.values() for _, e in each}
    for drug in slow.doses:
        reason = (
            "a constant dose decides the rates of kinetic schemes when they are built" if sim.resolved.schemes else ""
        )
        before = "the channels that it has bound at the start are computed from it" if drug in binding else ""
        yield Handle(f"dose:{drug}", DOSE, -1, drug, "uM", limit="nonnegative", reason=reason, before=before)


def _population(sim: Simulation, p: int, at: Slice) -> Iterator[Handle]:
    m = at.member
    if m.structure is None:
        yield from _source(sim, p, at)
        return
    readers, coupled = None, coupled_names(m.population, sim.net)
    if m.plan is None:
        readers = PointCell(sim.module, m.kind).readers(sim.arrays.values[p], sim.net.dt)
        yield from _states(sim, p, at)
    names = {n: ("", n) for n in m.population.parameters if n not in m.population.model.moved}
    names |= {port_name(n, label): (label, n) for label, r in m.receptors.items() for n in r.port.parameters}
    for key, (value_of, own) in names.items():
        model = m.receptors[value_of].port if value_of else m.population.model
        name = f"{m.name}.{value_of}.{own}" if value_of else f"{m.name}.{own}"
        limit = model.all_limits.get(own) or ""
        reason, later = _reasons(at, key, value_of, readers, coupled)
        yield Handle(name, PARAMETER, p, key, _coherent(model.units[own]), value_of, own, limit, reason, later)


def _source(sim: Simulation, p: int, at: Slice) -> Iterator[Handle]:
    if at.member.kind in (SOURCE_POISSON, SOURCE_FOLLOWED):  # of the latter, what courses are added to
        yield Handle(f"{at.member.name}.rate", RATE, p, "rate", _coherent("Hz"), "", "rate", "nonnegative")


def _states(sim: Simulation, p: int, at: Slice) -> Iterator[Handle]:
    m = at.member
    of_receptors = {port_name(s, label): (label, s) for label, r in m.receptors.items() for s in r.port.state_units}
    known = states_of(m.population, sim.net)
    for key in at.states:
        label, own = of_receptors.get(key, ("", m.population.model.voltage_name if key == "v" else key))
        name = f"{m.name}.{label}.{own}" if label else f"{m.name}.{own}"
        yield Handle(name, STATE, p, key, _coherent(known.get(key, at.code["units"].get(key, "1"))), label, own)


def _coherent(unit: str) -> str:
    return internal_unit(dimension_of(unit))


def _reasons(at: Slice, key: str, label: str, readers: Readers | None, coupled: set[str]) -> tuple[str, str]:
    """Why a parameter cannot be set at all, and why not after the first step; empty if it can."""
    m = at.member
    if key in m.formulas:
        return "it is a formula of the path from the soma, which the compiled code reads compartment by compartment", ""
    if label and m.receptors[label].scheme is not None:
        return "the propagators of a kinetic scheme are computed when it is built", ""
    if key in at.needs or key in m.varying:
        return "doses or modulators change what is made of it", ""
    if readers is None:  # a cell with compartments
        return "", "only initial values are made of it" if key == "v_init" else ""
    if key in readers.damping:
        return "the coupling through gap junctions is damped in proportion to it", ""
    if key in readers.constants or key in coupled:
        return "", ""
    if key in readers.initial:
        return "", "only initial values are made of it"
    return "nothing that changes with time depends on it", ""


__all__ = [
    "DELAY",
    "DOSE",
    "INPUT",
    "PARAMETER",
    "RATE",
    "RELEASED",
    "RULE",
    "SHARED",
    "STATE",
    "STIMULUS",
    "TIMES",
    "WEIGHT",
    "Handle",
    "Settable",
    "by_name",
    "handles",
]
