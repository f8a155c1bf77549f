"""Neurons as a torch module: any neuron model, currents over time in, spikes and states out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch

from amine.engine.cells import CellStructure, port_name
from amine.errors import AmineError, did_you_mean
from amine.learn.nn import constants, source
from amine.learn.nn.parameters import check_learnable
from amine.learn.nn.rest import excitability
from amine.learn.nn.scanned import Scanned, State, check_sequence, detach, sequence
from amine.learn.nn.surrogate import Surrogate
from amine.learn.nn.surrogate import surrogate as find_surrogate
from amine.models._base import Model
from amine.units import to_internal


class Neurons(Scanned):
    """Neurons of one model, advanced over a whole sequence at once.

    Parameters
    ----------
    model : a neuron model, or its name in the library.
    n : number of neurons.
    dt : time step.
    learn : names of parameters to learn (also ``"gain"``), of the neuron or, as ``tau_AMPA``, of its receptors.
    per_neuron : whether each neuron learns values of its own, or all share one.
    bounds : ``{name: (low, high)}`` for learned parameters, either None; those that must be positive are kept so anyway.
    surrogate : ``"fast_sigmoid"``, ``"arctan"``, ``"triangular"``, ``"gaussian"``, a :class:`Surrogate`, or a function of
        (margin/scale) on tensors.
    scale : width of the surrogate, as a quantity in the threshold's unit or a number of distances from rest to threshold.
    detach_reset : whether gradients pass by the reset (True), or flow through it.
    gain : what turns the input into pA. ``"auto"``: the least impulse of one step that makes a resting neuron fire, so that
        an input of 1 means what it means in dimensionless networks, and weights from the usual initialisations suit;
        None: the input is in pA; else a quantity.
    receptors : receptors that take part: labels of the model's own, or ``{label: receptor model}``. Each adds an input
        ``label`` of what arrives in a step, in the unit of its weights.
    backend : ``"compiled"``, ``"torch"`` (runs on any device), or ``"auto"``: compiled on the CPU if there is a kernel.
    seed : for parameters that are distributions.
    driven : parameters that something outside changes, such as a drug: see :attr:`Scanned.factors`.
    parameters : values of the model's parameters, arrays ``(n,)`` for values that differ.

    Raises
    ------
    AmineError
        On an unknown model, parameter or surrogate, a value out of bounds, a shape that does not fit.

    Examples
    --------
    >>> import torch
    >>> from amine.learn import nn as ann
    >>> cells = ann.Neurons("lif", 3, learn=["tau_m"])
    >>> spikes, state = cells(torch.ones(5, 2, 3) * 1.5)
    >>> spikes.shape, spikes[0].sum().item()
    (torch.Size([5, 2, 3]), 6.0)
    """

    def __init__(
        self,
        model: Model | str,
        n: int,
        *,
        dt: Any = "1 ms",
        learn: Iterable[str] | str = (),
        per_neuron: bool = True,
        bounds: Mapping[str, tuple[Any, Any]] | None = None,
        surrogate: Any = "fast_sigmoid",
        scale: Any = None,
        detach_reset: bool = True,
        gain: Any = "auto",
        receptors: Iterable[str] | Mapping[str, Any] = (),
        backend: str = "auto",
        seed: int = 0,
        driven: Iterable[str] = (),
        **parameters: Any,
    ):
        model = neuron_model(model, parameters)
        super().__init__(model, n, dt, f"Neurons '{model.name}'", backend)
        self.detach_reset = bool(detach_reset)
        self.ports = _ports(self.model, receptors, self.where)
        self.units = {**self.model.units, "gain": "pA"}
        self.units |= {port_name(p, label): r.units[p] for label, r in self.ports.items() for p in r.units}
        learned = check_learnable(learn, self.units, self.where)
        own = {p: (v, self.model.units[p]) for p, v in self.model.parameters.items()}
        for label, r in self.ports.items():
            own |= {port_name(p, label): (v, r.units[p]) for p, v in r.parameters.items()}
        values = self.realised(own, seed)
        arrays = {p for p, x in values.items() if np.ndim(x)} | (set(learned) if per_neuron else set())
        self.cell = CellStructure(self.model, tuple(self.ports.items()), 0, (), False, frozenset(arrays), tuple(driven))
        values |= {p: 1.0 for p in driven if p not in values}
        self.code: ModuleType = self.load()
        self.surrogate = find_surrogate(surrogate)
        self.excitability = excitability(self.code, values, self.dt, self.where)
        self.distance = self._distance(values)
        self.width = self._width(scale)
        values["gain"] = self._gain(gain)
        self.learn(learned, values, arrays, bounds, self.distance)

    # --- what it is made of ------------------------------------------------------------------------------------

    def program(self) -> Any:
        """The step of these neurons, in SymPy."""
        from amine.learn.nn.program import cell_program

        return cell_program(self.cell, self.detach_reset)

    def structure(self) -> list[Any]:
        """What decides their generated code, beside surrogate and inputs."""
        return [self.cell.key(), self.detach_reset]

    def _distance(self, values: Mapping[str, Any]) -> float:
        """From rest to where the threshold acts, in the threshold's unit."""
        if self.excitability is not None:
            return self.excitability.distance
        d = float(np.mean(np.abs(self.code.margin_at_rest(constants.Numbers(), {**values, "gain": 1.0}))))
        return d if d > 0 else 1.0

    def shape(self) -> tuple[float, float, float]:
        """Width, height and edge of the surrogate, in the threshold's unit."""
        edge = 0.0 if self.excitability is None else self.excitability.edge
        return self.width, self.surrogate.height / self.distance, edge

    def _width(self, scale: Any) -> float:
        scale = self.surrogate.scale if scale is None else scale
        if scale is None:
            return self.surrogate.relative * self.distance
        where = f"{self.where}, scale"
        if isinstance(scale, int | float) and not isinstance(scale, bool):
            x = float(scale) * self.distance
        else:
            x = float(to_internal(scale, "mV", where))
        if not (np.isfinite(x) and x > 0):
            raise AmineError(where, "the width must be positive", given=str(scale))
        return x

    def _gain(self, gain: Any) -> float:
        where = f"{self.where}, gain"
        if gain is None or not self.code.SPIKES and gain == "auto":
            return 1.0
        if not (isinstance(gain, str) and gain == "auto"):
            return float(to_internal(gain, "pA", where, positive=True) if isinstance(gain, str) else gain)
        if self.excitability is None:
            raise AmineError(
                where,
                "no current moves the neuron to its threshold, so there is no automatic gain",
                mend='give a gain such as "100 pA", or None for inputs in pA',
            )
        return self.excitability.impulse

    # --- running -----------------------------------------------------------------------------------------------

    def forward(
        self, current: torch.Tensor | Mapping[str, torch.Tensor], state: State | None = None, returns: str = "spikes"
    ) -> tuple[Any, State]:
        """Advances the neurons over a sequence.

        Parameters
        ----------
        current : input ``[time, batch, n]``, in pA after the gain; with receptors a mapping of ``"x"`` (the current) and
            labels to such tensors.
        state : state to go on from, as returned; None: that at time zero.
        returns : ``"spikes"``, or ``"states"`` for a mapping of ``"spikes"`` and all states at the end of each step.

        Returns
        -------
        (spikes, state)
            Spikes ``[time, batch, n]`` of 0 and 1 and the state at the end. A model without threshold gives its voltage.

        Raises
        ------
        AmineError
            If a shape does not fit: the sentence says which axis.
        """
        return self.advance(self.inputs(current), state, returns)

    def advance(
        self, x: dict[str, torch.Tensor], state: State | None, returns: str, weight: torch.Tensor | None = None
    ) -> tuple[Any, State]:
        """Advances over checked inputs; ``weight`` [to, from] feeds spikes back a step later."""
        if returns not in ("spikes", "states"):
            raise AmineError(f"{self.where}, returns", f"'{returns}' is not known", expected="'spikes' or 'states'")
        out, end = self.scan(x, state, returns == "states", weight)
        return (out if returns == "states" else out["spikes" if self.code.SPIKES else "v"]), end

    def inputs(self, current: Any) -> dict[str, torch.Tensor]:
        """The inputs by their names in the program, checked."""
        current = sequence(current)
        given = {"x": current} if isinstance(current, torch.Tensor) else dict(current)
        known = {"x": "x", **{label: source.arrival(label) for label in self.ports}}
        for k, v in given.items():
            if k not in known:
                raise AmineError(
                    f"{self.where}, input '{k}'", "there is no such input", mend=did_you_mean(str(k), known)
                )
            check_sequence(v, self.n, f"{self.where}, input" + ("" if k == "x" else f" '{k}'"))
        shapes = {tuple(v.shape) for v in given.values()}
        if len(shapes) != 1:
            raise AmineError(f"{self.where}, input", "the inputs differ in shape", given=str(sorted(shapes)))
        return {known[k]: v for k, v in given.items()}

    def extra_repr(self) -> str:
        return f"'{self.model.name}', {self.n}, dt={self.dt:g} ms, surrogate='{self.surrogate.name}', learn={list(self.learned)}"


def neuron_model(model: Any, parameters: Mapping[str, Any]) -> Model:
    """A neuron model by name or itself, with other values of some parameters."""
    from amine.network.network import _model

    return _model(model, ("neuron",), "Neurons")(**parameters)


def _ports(model: Model, receptors: Any, where: str) -> dict[str, Model]:
    from amine import models

    if isinstance(receptors, str):
        receptors = (receptors,)
    out: dict[str, Model] = {}
    named = receptors.items() if isinstance(receptors, Mapping) else ((r, None) for r in receptors)
    for label, r in named:
        found = model.receptors.get(label) if r is None else r
        if found is None or isinstance(found, str):
            found = models.get(found or label)
        if found.kind != "receptor":
            raise AmineError(f"{where}, receptor '{label}'", f"'{found.name}' is a {found.kind} model")
        out[label] = found
    return out


__all__ = ["Neurons", "State", "Surrogate", "check_sequence", "detach", "sequence"]
