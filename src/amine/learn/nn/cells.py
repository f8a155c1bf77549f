"""Cells that spike: base of the neurons of a layer and of the populations of a circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.keys import structural_key
from amine.errors import AmineError
from amine.learn.nn import constants
from amine.learn.nn.parameters import natural
from amine.learn.nn.program import cell_program
from amine.learn.nn.rest import Excitability, excitability, rheobase
from amine.learn.nn.scanned import Scanned
from amine.learn.nn.surrogate import surrogate as find_surrogate
from amine.units import to_internal
from amine.values import scalar

if TYPE_CHECKING:
    from amine.engine.codegen.program import Program
    from amine.given import Quantity
    from amine.learn.given import ParameterValue, SurrogateLike

CURRENT, TIME = 100.0, 10.0  # pA, ms: of a neuron that no current brings to a threshold


class Cells(Scanned):
    """A neuron model with receptors as a scan, and the surrogate of its spikes."""

    cell: CellStructure
    detach_reset: bool
    excitability: Excitability | None
    distance: float
    width: float
    fixed_at_first: dict[str, ParameterValue]  # all parameters at the start
    _natural: tuple[float, float, float] | None  # voltage (mV), current (pA) and time (ms)

    def settle(
        self,
        cell: CellStructure,
        values: dict[str, ParameterValue],
        surrogate: SurrogateLike,
        scale: Quantity | None,
        gain: Quantity | None,
        detach_reset: bool,
    ) -> None:
        """Sets the surrogate in the neuron's own units, and the gain, which is added to ``values``."""
        if cell.neuron.inputs or "v" not in cell.neuron.state_units:
            what = "named inputs of neurons" if cell.neuron.inputs else "neurons without a voltage v"
            raise AmineError(self.where, f"{what} are not differentiated", given=cell.neuron.name)
        self._natural, self.fixed_at_first = None, dict(values)
        self.cell, self.detach_reset = cell, bool(detach_reset)
        self.surrogate = find_surrogate(surrogate)
        self.excitability = excitability(self.code, values, self.dt, self.where)
        self.distance = self._distance(values)
        self.width = self._width(scale)
        values["gain"] = self._gain(gain)

    def program(self) -> Program:
        """The program of these neurons."""
        return cell_program(self.cell, self.detach_reset)

    def structure(self) -> list[Any]:
        """Plain data on which their generated code depends, beside surrogate and inputs."""
        return [structural_key(self.cell), self.detach_reset]

    def _distance(self, values: Mapping[str, ParameterValue]) -> float:
        """Distance from rest to the margin at which the neuron fires, in the threshold's unit."""
        if self.excitability is not None:
            return self.excitability.distance
        d = float(
            np.mean(np.abs(self.code.margin_at_rest(constants.Numbers(), {**values, "gain": 1.0, "dt": self.dt})))
        )
        return d if d > 0 else 1.0

    def shape(self) -> tuple[float, float, float]:
        """Width, height and edge of the surrogate, in the threshold's unit."""
        edge = 0.0 if self.excitability is None else self.excitability.edge
        return self.width, self.surrogate.height / self.distance, edge

    def deciding(self) -> dict[str, ParameterValue]:
        """Fixed values, and the shape of the surrogate."""
        edge = 0.0 if self.excitability is None else self.excitability.edge
        return super().deciding() | {"surrogate": np.array([self.width, self.distance, edge, self.surrogate.height])}

    def decide(self, values: dict[str, ParameterValue]) -> None:
        """Takes fixed values and the shape of the surrogate from a state."""
        super().decide(values)
        if "surrogate" in values:
            self.width, self.distance, edge, height = (float(x) for x in np.asarray(values["surrogate"]))
            self.surrogate = replace(self.surrogate, height=height)
            if self.excitability is not None:
                self.excitability = replace(self.excitability, distance=self.distance, edge=edge)

    def natural(self, unit: str) -> float:
        """Natural size of a quantity of this unit, from the neuron's distance to threshold, rheobase and the time between both."""
        if self._natural is None:
            impulse = None if self.excitability is None else self.excitability.impulse
            if impulse is None:
                self._natural = (self.distance, CURRENT, TIME)
            else:
                current = rheobase(self.code, self.fixed_at_first, self.dt, self.where, impulse)
                self._natural = (self.distance, current, max(impulse * self.dt / current, self.dt))
        return natural(unit, *self._natural)

    def _width(self, scale: Quantity | None) -> float:
        scale = self.surrogate.scale if scale is None else scale
        if scale is None:
            return self.surrogate.relative * self.distance
        where = f"{self.where}, scale"
        if isinstance(scale, int | float) and not isinstance(scale, bool):
            x = float(scale) * self.distance
        else:
            x = scalar(scale, "mV", where)
        if not (np.isfinite(x) and x > 0):
            raise AmineError(where, "the width must be positive", given=str(scale))
        return x

    def _gain(self, gain: Quantity | None) -> float:
        where = f"{self.where}, gain"
        if gain is None or not self.code.SPIKES and gain == "auto":
            return 1.0
        if not (isinstance(gain, str) and gain == "auto"):
            return float(to_internal(gain, "pA", where, positive=True) if isinstance(gain, str) else gain)
        if self.excitability is None:
            raise AmineError(
                where,
                "no current moves the neuron to its threshold, so there is no automatic gain",
                hint='give a gain such as "100 pA", or None for inputs in pA',
            )
        return self.excitability.impulse
