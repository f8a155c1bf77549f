"""Point neurons: one voltage, one loop over each block of neurons."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple, final

import numpy as np

from amine.engine.build.accuracy import warn_of_the_step
from amine.engine.build.draws import DrawnValues, WithDraws, count, initial_value, require_finite
from amine.engine.build.kind import Filling
from amine.engine.build.propagator import propagators
from amine.engine.build.slices import Slice
from amine.engine.resolve.resolved import Member
from amine.equations.given import is_draw
from amine.models.naming import given_start, stimulus_input
from amine.network.plasticity import loaded_states


class Readers(NamedTuple):
    """Names of the parameters that are read, by what is made of them."""

    constants: frozenset[str]
    initial: frozenset[str]
    damping: frozenset[str]  # of the iteration that couples voltages through gap junctions


class _Recorder(dict[str, Any]):
    """Parameters by name, which records those that are read."""

    def __init__(self, values: DrawnValues):
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if is_draw(name):
            return 0.5
        self.read.add(name)
        return super().__getitem__(name)


@final
class PointCell:
    """A kind of point neurons: number ``index`` of the kinds of cells of a generated module."""

    def __init__(self, module: ModuleType, index: int):
        self.module, self.index, self.code = module, index, module.CELLS[index]

    def slice(self, m: Member, base: int, id0: int) -> Slice:
        return Slice(m, base, id0, self.code["rows"], self.code["states"], self.code)

    def width(self, at: Slice) -> int:
        return len(self.code["scalars"])

    def fill(self, at: Slice, given: Filling) -> None:
        warn_of_the_step(at.member, self.code["integrators"], given.net.dt)
        self.put_constants(at, given)
        self._states(at, given)
        at.silence(given.X)
        at.never_spiked(given.X)
        for j, s in enumerate(at.member.stimuli):
            at.put(given.X, stimulus_input(j), count(s.views, at.member))

    def put_constants(self, at: Slice, given: Filling, changed: str | None = None) -> None:
        """Puts all that is made of parameters into the arrays; raises AmineError, and changes nothing, if it is not finite.

        If only the parameter ``changed`` is another, propagators are made anew only if it is part of them.
        """
        found = self._constants(at, given, changed)
        for i, name in enumerate(self.code["scalars"]):
            if name in found:
                given.constants[i] = found[name]
        for row in self.code["rows"][len(self.code["states"]) :]:
            if row in found:
                at.put(given.X, row, found[row])

    def readers(self, values: DrawnValues, dt: float) -> Readers:
        """Parameters that constants, initial values, and the damping of gap junctions are made of."""
        constants, initial, damping = (_Recorder(values) for _ in range(3))
        with np.errstate(all="ignore"):
            self._function("constants")(constants, dt)
            if self.code["linear"] is not None:
                self._function("matrices")(constants)
            self._function("initial")(initial)
            if "_trial" in self.code["rows"]:
                self._function("susceptibility")(damping)
        return Readers(frozenset(constants.read), frozenset(initial.read), frozenset(damping.read))

    def _function(self, name: str) -> Callable[..., Any]:
        return getattr(self.module, f"{name}_{self.index}")

    def _constants(self, at: Slice, given: Filling, changed: str | None) -> dict[str, Any]:
        m, dt = at.member, given.net.dt
        with np.errstate(all="ignore"):  # non-finite values are reported below, by name
            found = dict(self._function("constants")(given.values, dt))
        if self.code["linear"] is not None:
            values = _Recorder(given.values)
            with np.errstate(all="ignore"):
                matrices = self._function("matrices")(values)
            if changed is None or changed in values.read:
                entries = {
                    f"matrix {k}": np.array([np.sum(e) for row in x for e in row] or [0.0])
                    for k, x in zip("ABG", matrices, strict=True)
                }
                require_finite(entries, m, "a coefficient", given.X.dtype)
                found |= propagators(matrices, self.code["linear"], dt)
        require_finite(found, m, "a constant made of its parameters", given.X.dtype)
        return found

    def _states(self, at: Slice, given: Filling) -> None:
        m = at.member
        own = dict(loaded_states(given.net, m.name))
        for s in self.code["states"]:
            value = initial_value(m, s, self.code["units"][s])
            own |= {} if value is None else {s: value}
        known = given.values | {given_start(s): x for s, x in own.items()}
        start = self._function("initial")(WithDraws(known, m))
        for s in self.code["states"]:
            x = own[s] if s in own else start.get(s, 0.0)
            require_finite({s: x}, m, "an initial value", given.X.dtype)
            at.put(given.X, s, x)


__all__ = ["PointCell", "Readers"]
