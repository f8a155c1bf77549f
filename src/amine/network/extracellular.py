"""Electrodes beside multicompartment neurons: extracellular potentials of their membrane currents, as point or line sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.frozen import append
from amine.network.cables import has_tree
from amine.network.checks import placeless
from amine.network.doors import door
from amine.network.numbers import name_of, number, steps_of
from amine.network.parts import Probe
from amine.network.recordings import window
from amine.units import to_internal
from amine.values import Array, normalise, scalar

if TYPE_CHECKING:
    import numpy.typing as npt
    import pint

    from amine.given import Quantity
    from amine.morphology.compartments import Compartments
    from amine.network.network import Network
    from amine.network.parts import Neurons, Population

POTENTIAL = "V_e"  # name of what electrodes record, in uV
SOURCES = ("line", "point")
MOST = 10_000  # electrodes of a recording


@door
def electrodes(
    net: Network,
    target: Neurons,
    places: npt.ArrayLike | pint.Quantity | Array,
    *,
    conductivity: Quantity = "0.3 S/m",
    source: str = "line",
    every: Quantity | None = None,
    start: Quantity | None = None,
    stop: Quantity | None = None,
    name: str | None = None,
) -> Probe:
    """Record extracellular potentials of multicompartment neurons at electrodes in an infinite homogeneous medium.

    The membrane current of a compartment is the sum of the currents along the tree that reach it, so that the currents of a neuron sum to
    zero. ``run.probes[name]["V_e"]`` (samples, electrodes) is in uV.

    Parameters
    ----------
    target : a population of multicompartment neurons or a slice; their coordinates are those of the morphology, moved by ``positions`` of the
        population if it has any.
    places : coordinates (electrodes, 3) with a unit of length.
    conductivity : of the medium.
    source : ``"line"``: the current of a compartment leaves evenly along its axis; ``"point"``: at its centre. Distances are at least the radius.
    every, start, stop, name : as for :meth:`Network.probe`.

    Raises
    ------
    AmineError
        The neurons are points, the coordinates have another shape or unit, or the conductivity is not positive.

    Notes
    -----
    Holt GR, Koch C (1999) J Comput Neurosci 6:169-184. Potentials of single precision have an error of some 1e-3 pA for each current; take
    ``precision="float64"`` for small ones.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> tree = am.models.cable(am.morphology.ball_and_stick(segments=5), {"*": ["leak"]})
    >>> E = net.population("E", 1, tree)
    >>> net.electrodes(E, [[0, 50, 0]] * am.units.um, every="0.5 ms").name
    'E.V_e'
    """
    group = placeless(net, target, "Electrodes")
    name = f"{group.views()[0].population}.{POTENTIAL}" if name is None else name_of(name, "Electrodes")
    where = f"Electrodes '{name}'"
    if len(group.views()) > 1:
        raise AmineError(where, "one population or slice is needed", hint="make one call for each")
    view = group.views()[0]
    if not has_tree(net.populations[view.population]):
        hint = "record the synaptic currents of points, net.probe(E, 'I_AMPA', reduce='sum'), for am.results.lfp_proxy"
        raise AmineError(where, f"the neurons of '{view.population}' are points, whose currents sum to zero", hint=hint)
    if any(p.name == name for p in (*net.probes, *net.weight_probes)):
        raise AmineError(where, "the name is taken", hint="give it another with name=")
    if not isinstance(source, str) or source not in SOURCES:
        raise AmineError(f"{where}, source", "this is not known", given=repr(source)[:40], expected="'line' or 'point'")
    sigma = number(conductivity, "S/m", f"{where}, conductivity", positive=True)
    unit = float(to_internal("1 S/m", "S/m", where))
    interval = None if every is None else steps_of(every, net.dt, f"{where}, every")
    span = window(net, start, stop, where)
    medium = (f"{sigma / unit!r} S/m", source)
    return append(
        net.probes, Probe(name, view, (POTENTIAL,), interval, *span, electrodes=_places(places, where), medium=medium)
    )


def _places(given: object, where: str) -> tuple[tuple[float, float, float], ...]:
    value = normalise(given, "um", f"{where}, places")
    x: Any = value.values if isinstance(value, Array) else np.empty(0)
    if x.ndim != 2 or x.shape[1] != 3 or not 1 <= len(x) <= MOST:
        raise AmineError(
            f"{where}, places", "the array has the wrong shape", given=str(x.shape), expected="(electrodes, 3)"
        )
    return tuple((float(a), float(b), float(c)) for a, b, c in x)


def potentials(population: Population, spec: Probe) -> np.ndarray:
    """Potentials (electrodes, neurons, compartments) in uV for each mV at a compartment."""
    cell, model = population.model.cell, population.model
    t = spec.target
    moved = np.zeros((t.n, 3))
    if population.positions is not None:
        chosen = population.positions[t.start : t.stop : t.step]
        moved[:, : chosen.shape[1]] = chosen
    text, source = spec.medium
    sigma = float(text.split()[0])
    e = np.asarray(spec.electrodes)[:, None, :] - moved[None]
    per_current = transfer(cell, e.reshape(-1, 3), sigma, source).reshape(len(spec.electrodes), t.n, len(cell))
    r_a = scalar(model.parameters["R_a"], model.units["R_a"], "R_a")
    return per_current @ membrane_currents(cell, r_a)


def membrane_currents(cell: Compartments, r_a: float) -> np.ndarray:
    """Matrix (compartments, compartments) of the membrane currents in pA for each mV; each row and column sums to zero."""
    out = np.zeros((len(cell), len(cell)))
    i = np.flatnonzero(cell.parent >= 0)
    j = cell.parent[i]
    g = 1.0 / (r_a * cell.resistance[i])
    for a, b in ((i, j), (j, i)):
        np.add.at(out, (a, b), g)
        np.add.at(out, (a, a), -g)
    return out


def transfer(cell: Compartments, electrodes: np.ndarray, sigma: float, source: str) -> np.ndarray:
    """Potentials (electrodes, compartments) in uV for each pA of membrane current, in a medium of ``sigma`` S/m."""
    out = np.zeros((len(electrodes), len(cell)))
    real, radius = cell.real, np.maximum(cell.diameter / 2, 1e-6)
    if source == "point":
        d = np.sqrt(((electrodes[:, None] - cell.places[real][None]) ** 2).sum(-1))
        out[:, real] = 1.0 / (4 * math.pi * sigma * np.maximum(d, radius[real]))
        return out
    a, b = cell.ends()[real].transpose(1, 0, 2)
    axis = b - a
    length = np.maximum(np.sqrt((axis**2).sum(1)), 1e-6)
    unit = axis / length[:, None]
    along = electrodes[:, None] - a[None]
    p = (along * unit[None]).sum(-1)
    r = np.sqrt(np.maximum((along**2).sum(-1) - p**2, radius[real] ** 2))
    out[:, real] = (np.arcsinh(p / r) - np.arcsinh((p - length) / r)) / (4 * math.pi * sigma * length)
    return out


__all__ = ["POTENTIAL", "electrodes", "membrane_currents", "potentials", "transfer"]
