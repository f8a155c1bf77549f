"""Models of neurons with several compartments: a discretised morphology with channels on its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from amine import equations
from amine.errors import AmineError, did_you_mean
from amine.frozen import FrozenDict, closed
from amine.models.accuracy import accuracy
from amine.models.limits import demands
from amine.models.model import Model
from amine.models.naming import state_name
from amine.morphology.compartments import Compartments, discretise
from amine.morphology.shape import Morphology
from amine.records import dataclass
from amine.values import Value, from_plain, normalise, scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Site, Span

SPREADS = ("area", "uniform", "each")
METHODS = ("backward_euler", "crank_nicolson")
ALONG = re.compile(r"\bx\b")
EQUATIONS = """area_i*C_m*dv_i/dt = sum over neighbours j of (v_j - v_i)/R_ij + area_i*(sum of channel currents) + I_i
R_ij = R_a * integral of dx/(pi r**2) from centre to centre"""


@closed("put other channels on a neuron: am.models.cable(morphology, channels)")
@dataclass(frozen=True, eq=False)
class Layer:
    """A channel on a part of a cell: the place, the label and model of the channel, and the compartments."""

    place: str
    label: str
    model: Model
    compartments: tuple[int, ...]


@closed("model({attribute}=...) gives a copy with another value")
@dataclass(frozen=True, eq=False)
class Cable(Model):
    """A neuron model with a tree of compartments; made by :func:`amine.models.membrane.cable`.

    Fields beyond those of every model: ``cell`` the compartments, ``layers`` the channels on them, ``method`` of the tree solve,
    ``spike_at`` the compartment at which spikes are detected.
    """

    cell: Any = None
    layers: tuple[Layer, ...] = ()
    method: str = "backward_euler"
    spike_at: int = 0

    def __repr__(self) -> str:
        channels = ", ".join(f"{x.label} on {x.place}" for x in self.layers)
        return f"<Cable {self.name}: {len(self.cell)} compartments of {self.cell.morphology.name}; {channels}>"

    def _value(self, name: str, value: object) -> Value:
        where = f"{self.where}, parameter '{name}'"
        if self.depends_on_path(value):
            along(self.cell, value, self.units[name], where)
            return value.strip()
        if name == "T":
            value = kelvin(value, where)
        value = normalise(value, self.units[name], where, **demands(self.all_limits.get(name)))
        if name in ("R_a", "T", "v_init") and not isinstance(value, str):
            raise AmineError(where, "it must be one value for all neurons")
        return value

    @cached_property
    def all_limits(self) -> Mapping[str, str]:
        """Limits of the parameters of the cell, and of its channels under their names in the cell."""
        found = {
            n: "positive" for n in self.units if n in ("R_a", "T") or n == "C_m" or n.startswith("C_m_")
        }  # names defined by the cell itself
        for k, x in enumerate(self.layers):
            found |= {self.names[k, p]: limit for p, limit in x.model.all_limits.items()}
        return found | {"t_ref": "nonnegative"}

    @staticmethod
    def depends_on_path(value: object) -> TypeGuard[str]:
        """Whether a parameter value is a formula of the path distance ``x`` from the soma."""
        return isinstance(value, str) and bool(ALONG.search(value))

    @cached_property
    def names(self) -> dict[tuple[int, str], str]:
        """Name in the cell of each layer's parameters, by (layer, parameter)."""
        return _names(self.layers, set(self.units))

    @property
    def capacitances(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names of the capacitance parameters with the compartments to which each applies, the largest set first."""
        found = [n for n in self.units if n == "C_m" or n.startswith("C_m_")]
        sized = [(n, self.cell.at(_place_of(n, self.cell), where=self.where)) for n in found]
        return sorted(sized, key=lambda x: -len(x[1]))

    def channels_at(self, i: int) -> dict[str, int]:
        """Labels of the channels on compartment ``i`` with the index of their layer."""
        return {x.label: k for k, x in enumerate(self.layers) if i in x.compartments}

    def place(self, place: Site, distance: Span | None, spread: str, where: str) -> tuple[str, tuple[int, ...], str]:
        """A place in words, its compartments, and the spread of inputs over them; raises AmineError if it does not exist."""
        if spread not in SPREADS:
            raise AmineError(where, f"spread '{spread}' is not known", hint=did_you_mean(str(spread), SPREADS))
        text = place if isinstance(place, str) else ",".join(map(str, np.atleast_1d(place)[:4]))
        if spread == "each":
            order = [self.cell.at(p, where=where) for p in np.atleast_1d(place)]
            if any(len(c) != 1 for c in order):
                raise AmineError(where, "spread='each' needs one compartment for each pair", given=text)
            found = tuple(c[0] for c in order)
        else:
            found = self.cell.at(place, distance, where)
        if distance is not None:
            text += f", {distance if isinstance(distance, str) else ' .. '.join(map(str, distance))}"
        return text, found, spread

    @cached_property
    def parsed(self) -> Any:
        """The parsed equations of its channels, by label."""
        return {x.label: x.model.parsed for x in self.layers}

    @property
    def integrators(self) -> dict[str, str]:
        """Integration method of each state."""
        found = {"v": f"implicit tree solve ({self.method})"}
        for x in self.layers:
            found |= {state_name(s, x.label): m for s, m in x.model.integrators.items()}
        return found

    @cached_property
    def state_units(self) -> dict[str, str]:
        """Units of the membrane states; in a network the names include the compartment, ``v@3``."""
        found = {"v": "mV"}
        for x in self.layers:
            found |= {state_name(s, x.label): u for s, u in x.model.state_units.items()}
        return FrozenDict(found, self.where, "put other channels on it")

    def latex(self) -> str:
        """The equations of its channels as LaTeX."""
        return "\n".join(dict.fromkeys(x.model.latex() for x in self.layers))

    def structure(self) -> list[Any]:
        """All that determines generated code, apart from the places of its inputs."""
        return ["cable", self.method, "V_r" in self.units, [[x.label, x.model.structure()] for x in self.layers]]

    def to_dict(self) -> dict[str, Any]:
        """The model as plain data, with its morphology."""
        layers = [[x.place, x.label, x.model.to_dict(), list(x.compartments)] for x in self.layers]
        return super().to_dict() | {
            "cable": {
                "morphology": self.cell.morphology.to_dict(),
                "layers": layers,
                "method": self.method,
                "spike_at": self.spike_at,
            }
        }

    def bytes_per_neuron(self, real: int = 4) -> int:
        """Minimum memory for the states of one neuron in bytes; ``real`` is the size of a floating-point number."""
        states = sum(len(x.compartments) * len(x.model.state_units) for x in self.layers)
        return (3 * len(self.cell) + states + 2) * real

    def accuracy(self, dt: Quantity) -> dict[str, float]:
        """Estimated relative errors of the discretisation in space and in time, for steps of ``dt``; a bare number is in ms.

        In space, a segment of length h causes an error of about (h/lambda)^2/24 at the frequency 1/(2 pi tau_m), with the
        conductances at rest. In time, the error is dt/(2 tau) for backward Euler or (dt/tau)^2/12 for Crank-Nicolson, with the
        time constant tau of the fastest gate between -70 and 20 mV, or of the membrane in passive cells.
        """
        return accuracy(self, dt)


def kelvin(value: object, where: str) -> str:
    """A temperature such as ``"6.3 degC"`` or ``"279.45 K"`` as text in kelvin."""
    m = re.match(r"^\s*([-+]?[\d.]+)\s*(?:degC|°C|celsius)\s*$", value) if isinstance(value, str) else None
    x = float(m.group(1)) + 273.15 if m else scalar(value, "K", where, positive=True)
    if not 233.15 <= x <= 373.15:
        raise AmineError(
            where,
            "the temperature is out of range",
            given=f"{x:g} K",
            expected="-40 to 100 degC",
            hint='write it as "36 degC"',
        )
    return f"{round(x, 9)!r} K"


def along(cell: Compartments, text: str, unit: str, where: str) -> np.ndarray:
    """Values (n compartments) of a parameter that depends on the path distance ``x``, such as ``"2*mS/cm**2*exp(-x/(100*um))"``."""
    return equations.formula_of_path(text, cell.distance, unit, where)


def _names(layers: tuple[Layer, ...], units: set[str]) -> dict[tuple[int, str], str]:
    found = {}
    for k, x in enumerate(layers):
        for p in x.model.units:
            one = f"{p}_{x.label}"
            found[k, p] = one if one in units else f"{one}_{word(x.place)}"
    return found


def word(place: str) -> str:
    return "all" if place == "*" else re.sub(r"\W+", "_", place).strip("_")


def _place_of(name: str, cell: Compartments) -> str:
    if name in ("C_m", "C_m_all"):
        return "*"
    short = name[4:]
    places = [*cell.morphology.regions, *(b.name for b in cell.morphology.branches), "dendrite"]
    return next((p for p in places if word(p) == short), short)


def from_dict(data: Mapping[str, Any]) -> Cable:
    """Model from the data of :meth:`Cable.to_dict`."""
    d = data["cable"]
    cell = discretise(Morphology.from_dict(d["morphology"]))
    layers = tuple(Layer(str(p), str(n), Model.from_dict(m), tuple(int(i) for i in c)) for p, n, m, c in d["layers"])
    if any(not 0 <= i < len(cell) for x in layers for i in x.compartments) or not 0 <= int(d["spike_at"]) < len(cell):
        raise AmineError("model", "damaged description", given="a compartment that is not there")
    if d["method"] not in METHODS:
        raise AmineError("model", "damaged description", given=repr(d["method"])[:40])
    return Cable(
        str(data["name"]),
        "neuron",
        str(data["equations"]),
        dict(data["units"]),
        {str(n): from_plain(v) for n, v in data["parameters"].items()},
        str(data.get("source", "")),
        str(data.get("doc", "")),
        {str(n): Model.from_dict(r) for n, r in data.get("receptors", {}).items()},
        dict(data.get("symbols", {})),
        cell=cell,
        layers=layers,
        method=d["method"],
        spike_at=int(d["spike_at"]),
    )
