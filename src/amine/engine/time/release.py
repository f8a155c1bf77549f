"""States and parameters of release at the source neurons of a running network: ``E->I.u``, ``E->I.x``, ``E->I.U``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.device.arrays import exact
from amine.engine.device.tables import R_KIND, R_LAST, R_STATES, RELEASE
from amine.engine.time.names import RELEASED, SHARED, Handle
from amine.errors import AmineError, within
from amine.network.parts import Synapses
from amine.units import dimension_of, internal_unit, to_internal
from amine.values import Array, Value, normalise, realise, scalar

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation
    from amine.given import Values


class ReleaseValues:
    """What the source neurons of the projections of a simulation release with; equal models of one population share their states."""

    def __init__(self, sim: Simulation):
        self._sim = sim

    def handles(self) -> Iterator[Handle]:
        """States, one for each source neuron, and parameters."""
        net = self._sim.net
        names = [s.name for s in net.projections]
        for s in net.projections:
            rows = self._rows(s)
            if len(rows) != 1:
                continue
            model = s.release
            taken = {"weight", "delay", *s.receptors, *(() if s.plasticity is None else s.plasticity.units)}
            shared = SHARED if names.count(s.name) > 1 else ""
            for own, unit in {**model.state_units, **model.units}.items():
                if own in taken:
                    continue
                state = own in model.state_units
                coherent, limit = internal_unit(dimension_of(unit)), "" if state else model.all_limits.get(own) or ""
                reason = shared or ("" if state else self._reason(s, rows[0]))
                label = "state" if state else "parameter"
                yield Handle(f"{s.name}.{own}", RELEASED, -1, s.name, coherent, label, own, limit, reason)

    def _rows(self, s: Synapses) -> list[tuple[int, int]]:
        """Source population and row of the table of release models of a projection, if its release is that of its source neurons."""
        if s.release is None:
            return []
        routes = [r for r in self._sim.resolved.routes if r.synapses.name == s.name and r.synapses.release == s.release]
        return sorted(
            {(r.origin, int(self._sim.arrays.Q[r.origin, RELEASE]) + r.release) for r in routes if r.release >= 0}
        )

    def _reason(self, s: Synapses, row: tuple[int, int]) -> str:
        """Why its parameters cannot be set; empty if they can."""
        others = [o.name for o in self._sim.net.projections if o is not s and row in self._rows(o)]
        if others:
            return f"'{others[0]}' shares the release of its source neurons"
        return "doses or modulators may act on release" if "slow" in self._sim.states else ""

    def _row(self, h: Handle) -> tuple[Synapses, int, int]:
        """The projection, its source population, and its row."""
        s = next(s for s in self._sim.net.projections if s.name == h.key)
        return s, *self._rows(s)[0]

    def _names(self, h: Handle, row: int) -> list[str]:
        """States or parameters of a row, in their order."""
        return self._code(row)["names" if h.label == "state" else "parameters"]

    def _states(self, p: int, row: int) -> tuple[np.ndarray, np.ndarray]:
        """States (n, states) at each neuron's last spike, and the steps of these (n,), as views."""
        a, n = self._sim.arrays, self._sim.slices[p].n
        k = int(self._code(row)["states"])
        first, last = a.RT[row, R_STATES], a.RT[row, R_LAST]
        return a.R[first : first + n * k].reshape(n, k), a.last[last : last + n]

    def _code(self, row: int) -> dict[str, Any]:
        return self._sim.module.RELEASES[int(self._sim.arrays.RT[row, R_KIND])]

    def _now(self, p: int, row: int) -> np.ndarray:
        """States (n, states) at the present."""
        sim = self._sim
        x, last = self._states(p, row)
        of = getattr(sim.module, f"release_between_{int(sim.arrays.RT[row, R_KIND])}")
        elapsed, out = (sim.step - 1 - last) * sim.net.dt, np.array(x)
        for i, (rate, drive) in enumerate(of(sim.arrays.RC[row])):
            if rate == 0:
                out[:, i] += drive * elapsed
                continue
            rest = -drive / rate
            out[:, i] = rest + (out[:, i] - rest) * exact.exp(rate * elapsed)
        return out

    def shown(self, h: Handle) -> float | np.ndarray:
        """The present value: of each source neuron (n,), or a parameter."""
        _, p, row = self._row(h)
        column = self._names(h, row).index(h.own)
        return self._now(p, row)[:, column] if h.label == "state" else float(self._sim.arrays.RC[row, column])

    def size(self, h: Handle) -> int:
        """Number of source neurons; 1 for a parameter."""
        return self._sim.slices[self._row(h)[1]].n if h.label == "state" else 1

    def checked(self, h: Handle, value: Values, where: str) -> Value:
        """A value as plain data, of the unit, shape and limits that it must have."""
        if h.label == "state":
            found = normalise(value, h.unit, where, shape=(self.size(h),))
            stream = self._sim.slices[self._row(h)[1]].member.stream.child("set release", h.name, self._sim.step)
            x = realise(found, h.unit, self.size(h), stream.generator(), where)
            if not np.isfinite(x).all():
                raise AmineError(where, "a value is not a finite number")
            return found if np.ndim(x) == 0 else Array(np.asarray(x), h.unit)
        s = self._row(h)[0]
        with within(where):
            found = s.release(**{h.own: value}).parameters[h.own]
        if not isinstance(found, str):
            raise AmineError(where, "it is one value for all source neurons", given=repr(found)[:40])
        return found

    def lasting(self, h: Handle) -> bool:
        """Whether what is set stays what it is, until it is set again."""
        return h.label != "state" or self._sim.step == 0

    def put(self, h: Handle, value: Value) -> None:
        """Puts a checked value in place; states are brought to the present before."""
        s, p, row = self._row(h)
        column = self._names(h, row).index(h.own)
        x, last = self._states(p, row)
        x[:], last[:] = self._now(p, row), self._sim.step - 1
        if h.label == "state":
            x[:, column] = realise(value, h.unit, self.size(h), np.random.default_rng(0), h.name)
            return
        self._sim.arrays.RC[row, column] = float(to_internal(value, h.unit, h.name))
        if self._sim.step == 0:
            x[:] = getattr(self._sim.module, f"release_initial_{int(self._sim.arrays.RT[row, R_KIND])}")(
                self._sim.arrays.RC[row]
            )
            self._begun(s)

    def _begun(self, s: Synapses) -> None:
        """Puts states at time zero that were set in place again."""
        now = self._sim.changes.now
        for h in self.handles():
            if h.key == s.name and h.label == "state" and h.name in now:
                self.put(h, now[h.name])  # type: ignore[arg-type]  # a value

    def put_again(self, h: Handle, value: Value) -> None:
        """Puts a value in place that was set before: states only at time zero, later they are kept with all others."""
        if self._sim.step == 0:
            self.put(h, value)
        else:
            self.again()

    def again(self) -> None:
        """Puts present parameters in place; states are those of that time already."""
        if not len(self._sim.arrays.RC) or "slow" in self._sim.states:
            return
        now = self._sim.changes.now
        for h in self.handles():
            if h.label == "parameter":
                s, _, row = self._row(h)
                value = now.get(h.name, s.release.parameters[h.own])
                self._sim.arrays.RC[row, self._names(h, row).index(h.own)] = scalar(value, h.unit, h.name)  # type: ignore[arg-type]


__all__ = ["ReleaseValues"]
