"""Synaptic parts as torch modules: receptors as filters of their input, and release as a function of spikes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn import synaptic_programs
from amine.learn.nn.parameters import check_learnable, natural
from amine.learn.nn.scanned import Scanned, State, sequence
from amine.learn.nn.shapes import Layout, floating
from amine.learn.nn.surrogate import surrogate
from amine.learn.nn.tensors import TorchNumpy
from amine.models.find import chosen
from amine.models.model import Model

if TYPE_CHECKING:
    from amine.engine.codegen.program import Program
    from amine.given import Quantity, Values
    from amine.learn.given import Bounds, Sequenced


class _Part(Scanned):
    """A model without threshold, whose results are its outputs."""

    kind, make = "", ""

    def __init__(
        self,
        model: Model | str,
        n: int,
        dt: Quantity,
        learn: Iterable[str] | str,
        per_neuron: bool,
        bounds: Mapping[str, Bounds] | None,
        backend: str,
        seed: int,
        changes: Mapping[str, Values],
    ):
        word = type(self).__name__
        made = chosen(model, (self.kind,), word)(**changes)
        super().__init__(made, n, dt, f"{word} '{made.name}'", backend)
        self.units = dict(made.units)
        learned = check_learnable(learn, self.units, self.where)
        values = self.realised({p: (v, made.units[p]) for p, v in made.parameters.items()}, seed)
        arrays = {p for p, x in values.items() if np.ndim(x)} | (set(learned) if per_neuron else set())
        self.arrays = frozenset(arrays)
        self.surrogate = surrogate("fast_sigmoid")
        self.learn(learned, values, arrays, bounds, lambda unit: natural(unit, 10.0, 100.0, 10.0))

    def program(self) -> Program:
        """The program of one step."""
        return getattr(synaptic_programs, self.make)(self.model, self.arrays)

    def structure(self) -> list[Any]:
        """Plain data on which the generated code depends."""
        return [self.make, self.model.structure(), sorted(self.arrays)]


@constructor
class Receptor(_Part):
    """A receptor as a filter from arriving weights to its current, with gating such as the magnesium block of NMDA.

    Parameters
    ----------
    model : a receptor model or its name. n : number of postsynaptic neurons. dt : time step.
    learn, per_neuron, bounds, backend, seed, parameters : as for :class:`Neurons`.

    Raises
    ------
    AmineError
        On an unknown model or parameter, a value out of bounds, a shape that does not fit.

    Examples
    --------
    >>> import torch
    >>> receptor = Receptor("NMDA", 2)
    >>> w = torch.zeros(3, 1, 2); w[0] = 1.0
    >>> low, _ = receptor(w, v=-80.0)
    >>> high, _ = receptor(w, v=-30.0)
    >>> bool((high[1] > low[1]).all())     # the block by magnesium is lifted, although the driving force is less
    True
    """

    kind, make = "receptor", "receptor_program"

    def __init__(
        self,
        model: Model | str,
        n: int,
        *,
        dt: Quantity = "1 ms",
        learn: Iterable[str] | str = (),
        per_neuron: bool = False,
        bounds: Mapping[str, Bounds] | None = None,
        backend: str = "auto",
        seed: int = 0,
        **parameters: Any,
    ):
        super().__init__(model, n, dt, learn, per_neuron, bounds, backend, seed, parameters)

    def forward(
        self, w: Sequenced, state: State | None = None, *, v: float | torch.Tensor | None = None
    ) -> tuple[torch.Tensor, State]:
        """The current in pA at the start of each step.

        Parameters
        ----------
        w : sum of the weights that arrive in each step ``[time, batch, ...]``, in the unit of the receptor's weights.
        state : state from which to continue; None: that at time zero.
        v : voltage in mV: a tensor of the same shape or a number; required by conductances.
        """
        x = floating(sequence(w), f"{self.where}, input")
        if v is None and "E_rev" in self.model.units:
            raise AmineError(f"{self.where}, v", "a conductance needs the voltage", hint="give v= in mV")
        voltage = torch.as_tensor(0.0 if v is None else v, dtype=x.dtype, device=x.device)
        out, end = self.over({"w": x, "v": voltage.expand_as(x)}, state, False)
        return out["current"], end


@constructor
class Release(_Part):
    """Short-term plasticity: scales each spike by the amount that it releases.

    Parameters
    ----------
    model : a release model or its name. n : number of presynaptic neurons. dt : time step.
    learn, per_neuron, bounds, backend, seed, parameters : as for :class:`Neurons`.

    Raises
    ------
    AmineError
        On an unknown model or parameter, a value out of bounds, a shape that does not fit.

    Examples
    --------
    >>> import torch
    >>> train = torch.ones(4, 1, 1)
    >>> released, _ = Release("tsodyks_markram", 1)(train)
    >>> bool(released[3] < released[0])     # depression
    True
    """

    kind, make = "release", "release_program"

    def __init__(
        self,
        model: Model | str,
        n: int,
        *,
        dt: Quantity = "1 ms",
        learn: Iterable[str] | str = (),
        per_neuron: bool = False,
        bounds: Mapping[str, Bounds] | None = None,
        backend: str = "auto",
        seed: int = 0,
        **parameters: Any,
    ):
        super().__init__(model, n, dt, learn, per_neuron, bounds, backend, seed, parameters)

    def forward(self, spikes: Sequenced, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Spikes ``[time, batch, ...]`` times their payloads, and the state at the end."""
        x = floating(sequence(spikes), f"{self.where}, input")
        if not self.code.STATES:  # release without states: the payload is a number
            layout = Layout(x.shape, self.n, self.alike(), f"{self.where}, input")
            flat = layout.fold(x)
            return layout.unfold(flat * self.payload(flat)), {}
        out, end = self.over({"s": x}, state, False)
        return out["released"], end

    def payload(self, like: torch.Tensor) -> torch.Tensor:
        """The payload of a model without states."""
        one = {"s": torch.ones_like(like[0])}
        _, out = self.code.step(TorchNumpy(), self.constants(like.dtype, like.device), {}, one, one["s"], 0.0)
        return torch.as_tensor(out["released"], dtype=like.dtype)
