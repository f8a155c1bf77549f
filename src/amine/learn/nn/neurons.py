"""Neurons as a torch module: any neuron model, currents over time in, spikes and states out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from amine import models
from amine.doors import constructor
from amine.engine.resolve.cells import CellStructure
from amine.errors import AmineError, did_you_mean
from amine.learn.nn import forwards, source
from amine.learn.nn.cells import Cells
from amine.learn.nn.parameters import check_learnable
from amine.learn.nn.scanned import State, check_sequence, detach, sequence
from amine.learn.nn.shapes import floating
from amine.learn.nn.surrogate import Surrogate
from amine.models.find import chosen
from amine.models.model import Model
from amine.models.naming import port_name

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.learn.given import Bounds, Drive, SurrogateLike


@constructor
class Neurons(Cells):
    """Neurons of one model, advanced over a whole sequence ``[time, batch, ...]`` at once.

    Parameters
    ----------
    model : a neuron model, or its name in the library.
    n : number of neurons: behind time and batch, either all axes of an input together count n, or the first of them (channels of
        a convolution) or the last does, and places share these neurons' parameters. None: any axes; all have the same parameters.
    dt : time step.
    learn : names of parameters to learn (also ``"gain"``), of the neuron or, as ``tau_AMPA``, of its receptors.
    per_neuron : whether each neuron learns its own values, or all share one.
    bounds : ``{name: (low, high)}`` for learned parameters, either None; those that must be positive are kept so anyway.
    surrogate : ``"fast_sigmoid"``, ``"arctan"``, ``"triangular"``, ``"gaussian"``, a :class:`Surrogate`, or a function of
        the tensor margin/scale.
    scale : width of the surrogate, as a quantity in the threshold's unit or a number of distances from rest to threshold.
    detach_reset : whether gradients bypass the reset (True), or flow through it.
    gain : current in pA for an input of 1. ``"auto"``: the smallest impulse of one step that makes a resting neuron fire, as
        in dimensionless networks, so that the usual initial weights are suitable; None: the input is in pA; else a quantity.
    receptors : receptors of the neurons: labels of the model's own, or ``{label: receptor model}``. Each adds an input
        ``label``: the weights that arrive in a step, in their unit.
    backend : ``"compiled"``, ``"torch"`` (runs on any device), or ``"auto"``: compiled on the CPU if there is a kernel.
    seed : for parameters that are distributions.
    driven : parameters that are changed from outside, for example by a drug: see :attr:`Scanned.factors`.
    parameters : values of the model's parameters; arrays ``(n,)`` for one value per neuron.

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
        n: int | None = None,
        *,
        dt: Quantity = "1 ms",
        learn: Iterable[str] | str = (),
        per_neuron: bool = True,
        bounds: Mapping[str, Bounds] | None = None,
        surrogate: SurrogateLike = "fast_sigmoid",
        scale: Quantity | None = None,
        detach_reset: bool = True,
        gain: Quantity | None = "auto",
        receptors: Iterable[str] | Mapping[str, Model | str | None] = (),
        backend: str = "auto",
        seed: int = 0,
        driven: Iterable[str] = (),
        **parameters: Any,
    ):
        made = neuron_model(model, parameters)
        super().__init__(made, 1 if n is None else n, dt, f"Neurons '{made.name}'", backend)
        self.any = n is None
        per_neuron = per_neuron and not self.any
        self.ports = _ports(self.model, receptors, self.where)
        self.units = {**{self.model.read_as(p): u for p, u in self.model.units.items()}, "gain": "pA"}
        self.units |= {port_name(p, label): r.units[p] for label, r in self.ports.items() for p in r.units}
        learned = check_learnable(learn, self.units, self.where)
        own = {self.model.read_as(p): (v, self.model.units[p]) for p, v in self.model.parameters.items()}
        for label, r in self.ports.items():
            own |= {port_name(p, label): (v, r.units[p]) for p, v in r.parameters.items()}
        values = self.realised(own, seed)
        drawn = sorted(p for p, x in values.items() if np.ndim(x))
        if self.any and drawn:
            raise AmineError(
                self.where, f"parameter '{drawn[0]}' has a value for each neuron", hint="give n, the number of neurons"
            )
        arrays = set(drawn) | (set(learned) if per_neuron else set())
        values |= {p: 1.0 for p in driven if p not in values}
        cell = CellStructure(self.model, tuple(self.ports.items()), 0, (), False, frozenset(arrays), tuple(driven))
        self.settle(cell, values, surrogate, scale, gain, detach_reset)
        self.learn(learned, values, arrays, bounds, self.natural)

    # --- running -----------------------------------------------------------------------------------------------

    def forward(self, current: Drive, state: State | None = None, returns: str = "spikes") -> tuple[Any, State]:
        """Advances the neurons over a sequence.

        Parameters
        ----------
        current : input ``[time, batch, ...]``, in pA after the gain; with receptors a mapping of ``"x"`` (the current) and
            labels to such tensors.
        state : state from which to continue, as returned; None: that at time zero.
        returns : ``"spikes"``, or ``"states"`` for a mapping of ``"spikes"`` and all states at the end of each step.

        Returns
        -------
        (spikes, state)
            Spikes of the same shape, 0 and 1, and the state ``[batch, ...]`` at the end. A model without threshold gives its
            voltage. States are float32 for inputs of half precision, too.

        Raises
        ------
        AmineError
            If a shape does not fit; the message names the axis. If a state is not finite at the end.
        """
        if returns == "spikes" and (found := forwards.again(self, current, state)) is not None:
            return found
        return self.advance(self.inputs(current), state, returns)

    def advance(
        self, x: dict[str, torch.Tensor], state: State | None, returns: str, weight: torch.Tensor | None = None
    ) -> tuple[Any, State]:
        """Advances over checked inputs; ``weight`` [to, from] feeds spikes back a step later."""
        if returns not in ("spikes", "states"):
            raise AmineError(f"{self.where}, returns", f"'{returns}' is not known", expected="'spikes' or 'states'")
        out, end = self.over(x, state, returns == "states", weight)
        if returns == "states":
            return out, end
        return (out["spikes"] if self.code.SPIKES else out["v"].to(next(iter(x.values())).dtype)), end

    def inputs(self, current: Drive) -> dict[str, torch.Tensor]:
        """The inputs by their names in the program, checked."""
        x = sequence(current)
        given = x if isinstance(x, Mapping) else {"x": x}
        if not given:
            raise AmineError(f"{self.where}, input", "there is none", expected="a tensor, or tensors by receptor")
        known = {"x": "x", **{label: source.arrival(label) for label in self.ports}}
        for k in given:
            if k not in known:
                raise AmineError(
                    f"{self.where}, input '{k}'", "there is no such input", hint=did_you_mean(str(k), known)
                )
        place = f"{self.where}, input"
        return {known[k]: floating(v, place if k == "x" else f"{place} '{k}'") for k, v in given.items()}

    def extra_repr(self) -> str:
        return f"'{self.model.name}', {None if self.any else self.n}, dt={self.dt:g} ms, surrogate='{self.surrogate.name}', learn={list(self.learned)}"


def neuron_model(model: Model | str, parameters: Mapping[str, object]) -> Model:
    """A neuron model, by name or as an object, with other values of some parameters."""
    return chosen(model, ("neuron",), "Neurons")(**parameters)


def _ports(model: Model, receptors: Iterable[str] | Mapping[str, Model | str | None], where: str) -> dict[str, Model]:
    """Receptor models by label."""
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
