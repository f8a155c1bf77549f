"""Estimated accuracy of the integration of a cable cell, before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine import equations
from amine.models.firing import time_step
from amine.units import dimension_of
from amine.values import Array, Value, scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.models.multicompartment import Cable


def _number(value: Value, unit: str) -> float:
    if isinstance(value, Array):
        return float(value.values.mean())
    if not isinstance(value, str):
        return float(value.internal(unit, "").a)
    try:
        return scalar(value, unit, "")
    except ValueError:
        return 0.0  # a value along the path, which the estimate ignores


def leak(model: Cable) -> np.ndarray:
    """Membrane conductance of each compartment at rest (nS), from channels without gates."""
    cell, g = model.cell, np.zeros(len(model.cell))
    for k, x in enumerate(model.layers):
        conductances = [p for p, u in x.model.units.items() if dimension_of(u) == dimension_of("mS/cm**2")]
        for name in (model.names[k, p] for p in conductances if not x.model.state_units):
            g[list(x.compartments)] += _number(model.parameters[name], model.units[name])
    return g * cell.area


def capacitance(model: Cable) -> np.ndarray:
    """Capacitance of each compartment in pF."""
    c = np.zeros(len(model.cell))
    for name, at in model.capacitances:
        c[list(at)] = _number(model.parameters[name], model.units[name])
    return c * model.cell.area


def accuracy(model: Cable, dt: Quantity) -> dict[str, float]:
    """See :meth:`amine.models.multicompartment.Cable.accuracy`."""
    step = time_step(dt, f"{model.where}, accuracy")
    cell = model.cell
    real = cell.area > 0
    r_a = _number(model.parameters["R_a"], "Ohm*cm")
    g, c = leak(model)[real], capacitance(model)[real]
    per_area = np.maximum(g, c / 50.0) / cell.area[real]  # without a leak, as if the time constant were 50 ms
    length_constant = np.sqrt(cell.diameter[real] / (4 * r_a * per_area * np.sqrt(2)))
    space = float(((cell.length[real] / length_constant) ** 2 / 24).max())
    tau = min([*_gate_times(model), float((c / np.maximum(g, 1e-30)).min())])
    return {
        "space": space,
        "time": float(step / (2 * tau) if model.method == "backward_euler" else (step / tau) ** 2 / 12),
    }


def _gate_times(model: Cable) -> list[float]:
    """The shortest time constants of the gates between -70 and 20 mV in ms."""
    found, seen = [], set()
    v = np.linspace(-70.0, 20.0, 19)
    for k, x in enumerate(model.layers):
        if x.label in seen:
            continue
        seen.add(x.label)
        values = {p: _number(model.parameters[model.names[k, p]], u) for p, u in x.model.units.items()}
        for s, e in x.model.parsed.full_rhs.items():
            rate = equations.fastest_rate(e, s, v, {"T": _number(model.parameters["T"], "K"), **values})
            if rate is not None:
                found.append(float(np.float64(1) / rate))
    return found
