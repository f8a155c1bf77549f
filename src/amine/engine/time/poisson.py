"""Rates and weights of Poisson inputs of a running network, where they are values and no courses in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from amine.distributions import Distribution
from amine.engine.build.inputs import poisson_tables
from amine.engine.time.names import INPUT, Handle
from amine.engine.transmission.drives import Running as Drives
from amine.engine.transmission.inputs import PoissonInput
from amine.errors import AmineError
from amine.network.parts import PoissonInput as Input
from amine.network.parts import Waveform
from amine.units import dimension_of, internal_unit, to_internal
from amine.values import Array, Value, normalise, realise

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation
    from amine.given import Values


class PoissonValues:
    """Rates and weights of the Poisson inputs of a simulation, by name. The present ones are those of its members."""

    def __init__(self, sim: Simulation):
        self._sim = sim

    def handles(self) -> Iterator[Handle]:
        """The rates and weights that are no waveforms."""
        for i in self._sim.net.inputs:
            for own, value in (("rate", i.rate), ("weight", i.weight)):
                if not isinstance(value, Waveform):
                    unit = internal_unit(dimension_of("Hz")) if own == "rate" else self._weight_unit(i)
                    limit = "nonnegative" if own == "rate" or unit == "nS" else ""
                    yield Handle(f"{i.name}.{own}", INPUT, -1, i.name, unit, own=own, limit=limit)

    def _weight_unit(self, i: Input) -> str:
        first = i.target.views()[0].population
        return next(at.member.ports[i.receptor].weight_unit for at in self._sim.slices if at.member.name == first)

    def _present(self, name: str) -> Input:
        """A Poisson input as it is now."""
        return next(i for at in self._sim.slices for i in at.member.poisson if i.name == name)

    def shown(self, h: Handle) -> float | np.ndarray:
        """The present value: one for all targets, or one for each (targets,)."""
        value = self._value(h)
        if isinstance(value, str):
            return float(to_internal(value, h.unit, h.name))
        return np.asarray(realise(value, h.unit, self.size(h), self._generator(h, 0), h.name))

    def size(self, h: Handle) -> int:
        """Number of its targets."""
        return self._present(h.key).target.n

    def _value(self, h: Handle) -> Value:
        i = self._present(h.key)
        value = i.rate if h.own == "rate" else i.weight
        assert not isinstance(value, Waveform)
        return value

    def _generator(self, h: Handle, step: int) -> np.random.Generator:
        """The random numbers of the draw: those of the description before the first step."""
        sim = self._sim
        number = [i.name for i in sim.net.inputs].index(h.key)
        stream = sim.resolved.streams.inputs[number].child(h.own)
        return (stream.child("set", step) if step else stream).generator()

    def checked(self, h: Handle, value: Values, where: str) -> Value:
        """A value as plain data, of the unit, shape and limits that it must have."""
        found = normalise(value, h.unit, where, shape=(self.size(h),), nonnegative=h.limit == "nonnegative")
        if isinstance(self._value(h), str) and not isinstance(found, str):
            raise AmineError(
                where,
                "the compiled code has one value for all targets",
                given="values that differ",
                hint="give the Poisson input an array or a distribution when it is made",
            )
        if isinstance(found, Distribution) and self._sim.step:
            x = realise(found, h.unit, self.size(h), self._generator(h, self._sim.step), where)
            return Array(np.broadcast_to(np.asarray(x, float), (self.size(h),)).copy(), h.unit)
        if isinstance(found, str) and not isinstance(self._value(h), str):
            return Array(np.full(self.size(h), float(to_internal(found, h.unit, where))), h.unit)
        return found

    def put(self, h: Handle, value: Value) -> None:
        """Puts a checked value in place; raises AmineError, and changes nothing, if counts cannot be drawn with it."""
        before = [at.member for at in self._sim.slices]
        old = self._present(h.key)
        new = replace(old, **{h.own: value})
        for at in self._sim.slices:
            poisson = tuple(new if i is old else i for i in at.member.poisson)
            at.member = replace(at.member, poisson=poisson)
        try:
            self.again()
        except AmineError:
            for at, member in zip(self._sim.slices, before, strict=True):
                at.member = member
            self.again()
            raise

    def again(self) -> None:
        """Makes the tables of counts and weights from the present values."""
        sim, a = self._sim, self._sim.arrays
        if "poisson" not in sim.states:
            return
        a.PI, a.PF, a.PT = poisson_tables(sim.net, sim.slices, a.X, sim.real)
        sim.states["poisson"] = PoissonInput().assemble(sim.drawn["poisson"], sim.built)
        drives = sim.states.get("drives")
        if isinstance(drives, Drives):
            drives.draw_again()


__all__ = ["PoissonValues"]
