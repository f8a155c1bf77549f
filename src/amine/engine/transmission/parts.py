"""Transmission beyond linear filters: schemes at the source, synapses that release or bind each for itself.

Each part has its bundles, its state and its arguments of the kernel; a simulation asks this one place for all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

PARTS = ("kinetic", "synaptic", "minis", "explicit")


class Transmission:
    """All such parts of a network; drawn before the constants of the targets are worked out, put together after."""

    def __init__(self, sim: Any, resolved: Any):
        self.sim, self.resolved = sim, resolved
        self.names = [p for p in PARTS if p in resolved.parts]
        self.parts: dict[str, Any] = {}
        self.drawn: dict[str, list[Any]] = {name: self._draw(name) for name in self.names}
        self.quanta = self._quanta()

    def _draw(self, name: str) -> list[Any]:
        s = self.sim
        if name == "kinetic":
            from amine.engine.transmission import kinetic as kinetic_wiring

            return kinetic_wiring.build(self.resolved, s.places, s.blocks, s.precision)
        if name == "synaptic":
            from amine.engine.transmission import synaptic as synaptic_wiring

            return synaptic_wiring.build(self.resolved, s.module, s.places, s.blocks, s.precision)
        if name == "minis":
            from amine.engine.transmission import minis

            return minis.build(self.resolved, s.module, s.places, s.blocks, s.precision)
        from amine.engine.transmission import explicit as explicit_wiring

        return explicit_wiring.build(self.resolved, s.places, s.blocks, s.precision)

    def _quanta(self) -> dict[int, dict[str, float]]:
        """Values that follow from all synapses of a receptor together, by population and parameter."""
        if "kinetic" not in self.drawn:
            return {}
        from amine.engine.transmission import kinetic as kinetic_wiring

        return kinetic_wiring.quanta(self.resolved, self.sim.places, self.drawn["kinetic"], self.sim.precision)

    @property
    def bundles(self) -> list[Any]:
        """All synapses; spontaneous release has those of spikes once more."""
        return [x.bundle for name in self.names if name != "minis" for x in self.drawn[name]]

    def assemble(self) -> None:
        """States and tables."""
        for name in self.names:
            self.parts[name] = self._assemble(name)

    def _assemble(self, name: str) -> Any:
        s, Q = self.sim, self.sim.arrays.Q
        if name == "kinetic":
            from amine.engine.transmission import kinetic as kinetic_wiring

            first = max(1, len(s.arrays.RT))
            return kinetic_wiring.assemble(
                self.resolved, s.module, s.places, s.blocks, self.drawn[name], self.quanta, first, s.arrays, s.net.dt
            )
        if name == "synaptic":
            from amine.engine.transmission import synaptic as synaptic_wiring

            return synaptic_wiring.assemble(self.drawn[name], s.places, Q, s.threads)
        if name == "minis":
            from amine.engine.transmission.minis import Minis

            return Minis(self.drawn[name], s.blocks, s.places, s.net.dt, s.real)
        from amine.engine.transmission import explicit as explicit_wiring

        return explicit_wiring.assemble(self.resolved, s.module, s.places, self.drawn[name], Q, s.threads, s.net.dt)

    # --- what it asks of the lists of spikes -------------------------------------------------------------------

    @property
    def lists(self) -> list[int]:
        """Populations of the lists beyond those of spikes: starts and ends of pulses."""
        return [p.origin for p in self.resolved.pulses for _ in ("start", "end")]

    @property
    def rows(self) -> int:
        """Rows of payload."""
        return sum(p.group.dim for p in self.resolved.pulses)

    @property
    def reach(self) -> int:
        """Steps back that ends of pulses look."""
        return self.parts["kinetic"].width if "kinetic" in self.parts else 0

    # --- running ------------------------------------------------------------------------------------------------

    def arguments(self, t: int) -> tuple[Any, ...]:
        """What the kernel takes of each part, in the order of a structure's parts."""
        out = []
        for name in self.resolved.parts:
            if name in self.parts:
                more = (np.int64(self.sim.own),) if name == "kinetic" else ()
                out.append((*self.parts[name].arguments(t), *more))
        return tuple(out)

    def copy(self) -> dict[str, Any]:
        """For going back within a chunk."""
        return {name: p.copy() for name, p in self.parts.items()}

    def paste(self, saved: dict[str, Any]) -> None:
        """Back from :meth:`copy`."""
        for name, p in self.parts.items():
            p.paste(saved[name])

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint must hold, whatever the number of threads."""
        return {f"{name}.{k}": v for name, p in self.parts.items() for k, v in p.state().items()}

    def set_state(self, s: Any) -> None:
        """Back from :meth:`state`."""
        for name, p in self.parts.items():
            p.set_state({k.removeprefix(f"{name}."): v for k, v in s.items() if k.startswith(f"{name}.")})
