"""Values of a running network that are those of a part as a whole: rates and weights of Poisson inputs, parameters of rules of plasticity, and release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.time.names import INPUT, RELEASED, RULE, Handle
from amine.engine.time.poisson import PoissonValues
from amine.engine.time.release import ReleaseValues
from amine.engine.time.rules import RuleValues
from amine.values import Value

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation
    from amine.given import Values


class WholeValues:
    """These values of a simulation, by name."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self.poisson, self.rules, self.release = PoissonValues(sim), RuleValues(sim), ReleaseValues(sim)
        self._by: dict[str, PoissonValues | RuleValues | ReleaseValues] = {
            INPUT: self.poisson,
            RULE: self.rules,
            RELEASED: self.release,
        }
        self.kinds = frozenset(self._by)

    def handles(self) -> Iterator[Handle]:
        """All of them."""
        yield from self.poisson.handles()
        yield from self.rules.handles()
        yield from self.release.handles()

    def shown(self, h: Handle) -> float | np.ndarray:
        """The present value."""
        return self._by[h.kind].shown(h)

    def size(self, h: Handle) -> int:
        """Number of targets of an input or of sources of release; 1 for a parameter."""
        return self._by[h.kind].size(h)

    def checked(self, h: Handle, value: Values, where: str) -> Value:
        """A value as plain data, as it can be set now."""
        return self._by[h.kind].checked(h, value, where)

    def put(self, h: Handle, value: Value) -> None:
        """Puts a checked value in place, from now on."""
        self._by[h.kind].put(h, value)

    def put_again(self, h: Handle, value: Value) -> None:
        """Puts a value in place that was set before, beside states that know it."""
        if h.kind == INPUT:
            self.poisson.put(h, value)
        elif h.kind == RULE:
            self.rules.again()
        else:
            self.release.put_again(h, value)

    def lasting(self, h: Handle) -> bool:
        """Whether what is set stays what it is until it is set again, unlike a state."""
        return h.kind != RELEASED or self.release.lasting(h)

    def again(self) -> None:
        """Makes all tables from the present values."""
        self.poisson.again()
        self.rules.again()
        self.release.again()

    @contextmanager
    def undone(self, kinds: set[str]) -> Iterator[None]:
        """Context in which an error leaves all of them as they were, if values of these ``kinds`` are set."""
        if not kinds & self.kinds:
            yield
            return
        sim, changes = self._sim, self._sim.changes
        poisson, now, logged = [at.member.poisson for at in sim.slices], dict(changes.now), len(changes.log or ())
        plastic = sim.plastic if RULE in kinds else None
        synapses = None if plastic is None else plastic.snapshot()
        released = sim.arrays.R.copy(), sim.arrays.last.copy()
        try:
            yield
        except BaseException:
            for at, inputs in zip(sim.slices, poisson, strict=True):
                at.member = replace(at.member, poisson=inputs)
            changes.now = now
            del (changes.log or [])[logged:]
            self.again()
            if plastic is not None and synapses is not None:
                plastic.restore(synapses)
            sim.arrays.R[:], sim.arrays.last[:] = released
            raise


__all__ = ["WholeValues"]
