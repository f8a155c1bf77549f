"""Parameters of rules of plasticity in a running network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.time.names import RULE, SHARED, Handle
from amine.engine.transmission.plastic import Plastic, PlasticNetwork
from amine.errors import AmineError, within
from amine.network.plasticity import weight_unit
from amine.units import dimension_of, internal_unit, to_internal
from amine.values import Value

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation
    from amine.given import Values
    from amine.models.model import Model


class RuleValues:
    """Parameters of the rules of a simulation, by name: ``E->E.eta``. The present ones are those of its plastic synapses."""

    def __init__(self, sim: Simulation):
        self._sim = sim

    def handles(self) -> Iterator[Handle]:
        """The parameters of the rules of all projections."""
        plastic = self._sim.plastic
        names = [s.name for s in self._sim.net.projections]
        for part in () if plastic is None else plastic.parts:
            s = part.synapses
            taken = {"weight", "delay", *s.receptors}
            for own, unit in s.plasticity.units.items():
                if own not in part.parameters or own in taken:
                    continue
                coherent = weight_unit(self._sim.net, s) if unit == "weight" else internal_unit(dimension_of(unit))
                limit = s.plasticity.all_limits.get(own) or ""
                reason, before = self._reasons(part, own)
                reason = SHARED if names.count(s.name) > 1 else reason
                yield Handle(
                    f"{s.name}.{own}", RULE, -1, s.name, coherent, own=own, limit=limit, reason=reason, before=before
                )

    def _plastic(self) -> PlasticNetwork:
        found = self._sim.plastic
        assert found is not None
        return found

    def _part(self, name: str) -> tuple[int, Plastic]:
        parts = self._plastic().parts
        q = [p.synapses.name for p in parts].index(name)
        return q, parts[q]

    def _reasons(self, part: Plastic, own: str) -> tuple[str, str]:
        """Why a parameter cannot be set at all, and why not before the first step; empty if it can."""
        code, model = part.code, part.synapses.plasticity
        if part.synapses.fused:
            return "its rule has states that are part of the equations of the targets", ""
        if code["sums"]:
            return "its rule sums over all synapses of a target at fixed times", ""
        if own == "clock" or own in code["phases"]:
            return "it is a number of steps that is counted when the network is built", ""
        if own in _read_by(model, [*code["trace"], *code["held"]]):
            return "what the targets remember of their last spikes decays with it", ""
        changed = self._made("initial", part, own)
        return "", "the states at the start are made of it" if changed else ""

    def _made(self, what: str, part: Plastic, own: str) -> bool:
        """Whether initial states depend on a parameter."""
        of = getattr(self._plastic().module, f"rule_{what}_{part.kind}")
        with np.errstate(all="ignore"):
            other = {**part.parameters, own: part.parameters[own] * 1.1 + 0.1}
            return repr(dict(of(part.parameters))) != repr(dict(of(other)))

    def shown(self, h: Handle) -> float:
        """The present value."""
        return self._part(h.key)[1].parameters[h.own]

    def size(self, h: Handle) -> int:
        """Number of values."""
        return 1

    def checked(self, h: Handle, value: Values, where: str) -> Value:
        """A value as plain data, of the unit and limits that it must have."""
        model = self._part(h.key)[1].synapses.plasticity
        with within(where):
            found = model(**{h.own: value}).parameters[h.own]
        if not isinstance(found, str):
            raise AmineError(where, "a parameter of a rule is one value for all synapses", given=repr(found)[:40])
        _ = to_internal(found, h.unit, where)
        return found

    def put(self, h: Handle, value: Value) -> None:
        """Puts a checked value in place from now on: synapses are brought up to date with the one before."""
        q, part = self._part(h.key)
        x = float(to_internal(value, h.unit, h.name))
        if x == part.parameters[h.own]:
            return
        if self._sim.step:
            self._plastic().settle(q, self._sim)
        self._plastic().put_parameters(q, {**part.parameters, h.own: x})

    def again(self) -> None:
        """Puts what was set in place of the described values; states are those of that time already."""
        plastic = self._sim.plastic
        if plastic is None:
            return
        now = self._sim.changes.now
        for q, part in enumerate(plastic.parts):
            values = dict(part.described)
            for h in self.handles():
                if h.key == part.synapses.name and isinstance(now.get(h.name), str):
                    values[h.own] = float(to_internal(now[h.name], h.unit, h.name))
            if values != part.parameters:
                plastic.put_parameters(q, values)


def _read_by(model: Model, states: list[str]) -> set[str]:
    """Names in the equations of some states, also by way of named parts."""
    text = re.sub(r"#[^\n]*", "", model.equations).replace(";", "\n")
    lines = dict(re.findall(r"^\s*d\s*(\w+)\s*/\s*dt\s*=([^:\n]*)", text, re.M))
    named = dict(re.findall(r"^\s*([A-Za-z_]\w*)\s*=(?!=)([^:\n]*):", text, re.M))
    found: set[str] = set()
    waiting = [lines.get(s, s) for s in states]
    while waiting:
        names = set(re.findall(r"[A-Za-z_]\w*", waiting.pop())) - found
        found |= names
        waiting += [named[n] for n in names if n in named]
    return found


__all__ = ["RuleValues"]
