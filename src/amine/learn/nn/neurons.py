"""Neurons as a torch module: any neuron model, currents over time in, spikes and states out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

from amine.engine.cells import CellStructure, port_name
from amine.errors import AmineError, did_you_mean
from amine.learn.nn import constants, plain, source
from amine.learn.nn.parameters import Bounded, check_learnable
from amine.learn.nn.rest import excitability
from amine.learn.nn.surrogate import Surrogate
from amine.learn.nn.surrogate import surrogate as find_surrogate
from amine.learn.nn.tensors import TorchNumpy
from amine.models._base import Model
from amine.units import to_internal

State = dict[str, torch.Tensor]
REF, SPIKES = "_ref", "_spikes"  # steps still to wait, and spikes of the last step, beside the model's own states
BACKENDS = ("auto", "compiled", "torch")


class Neurons(nn.Module):
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
        **parameters: Any,
    ):
        super().__init__()
        self.model = neuron_model(model, parameters)
        self.where = f"Neurons '{self.model.name}'"
        self.n = _count(n, self.where)
        self.dt = float(to_internal(dt, "ms", f"{self.where}, dt", positive=True))
        if backend not in BACKENDS:
            raise AmineError(
                f"{self.where}, backend", f"'{backend}' is not known", mend=did_you_mean(str(backend), BACKENDS)
            )
        self.backend, self.detach_reset = backend, bool(detach_reset)
        self.ports = _ports(self.model, receptors, self.where)
        self.units = {**self.model.units, "gain": "pA"}
        self.units |= {port_name(p, label): r.units[p] for label, r in self.ports.items() for p in r.units}
        learned = check_learnable(learn, self.units, self.where)
        values = self._values(seed)
        unknown = sorted(set(bounds or {}) - set(learned))
        if unknown:
            raise AmineError(f"{self.where}, bounds", f"'{unknown[0]}' is not learned", mend="name it in learn=, too")
        arrays = {p for p, x in values.items() if np.ndim(x)} | (set(learned) if per_neuron else set())
        self.cell = CellStructure(self.model, tuple(self.ports.items()), 0, (), False, frozenset(arrays))
        self.code: ModuleType = self._load()
        self.surrogate = find_surrogate(surrogate)
        self.excitability = excitability(self.code, values, self.dt, self.where)
        self.distance = self._distance(values)
        self.width = self._width(scale)
        values["gain"] = self._gain(gain)
        self.fixed = {p: x for p, x in values.items() if p not in learned}
        self.learned = nn.ModuleDict()
        for p in learned:
            start = np.broadcast_to(np.asarray(values[p], float), (self.n,)) if p in arrays else values[p]
            size = self.distance if self.units[p] == "mV" else max(1e-3, float(np.max(np.abs(values[p]))))
            where = f"{self.where}, parameter '{p}'"
            self.learned[p] = Bounded(p, start, self.units[p], where, (bounds or {}).get(p), size)
        self._constants: dict[Any, Any] = {}
        self.kernels: dict[str, ModuleType] = {}

    # --- what it is made of ------------------------------------------------------------------------------------

    def _values(self, seed: int) -> dict[str, Any]:
        from amine.network.values import realise

        rng = np.random.default_rng(seed)
        own = {p: (v, self.model.units[p]) for p, v in self.model.parameters.items()}
        for label, r in self.ports.items():
            own |= {port_name(p, label): (v, r.units[p]) for p, v in r.parameters.items()}
        out: dict[str, Any] = {}
        for p, (v, unit) in own.items():
            where = f"{self.where}, parameter '{p}'"
            x = np.asarray(realise(v, unit, self.n, rng, where), float)
            if x.ndim and x.shape != (self.n,):
                raise AmineError(where, "the array has the wrong shape", given=str(x.shape), expected=f"({self.n},)")
            out[p] = x if x.ndim else float(x)
        return out

    def program(self) -> Any:
        """The step of these neurons, in SymPy."""
        from amine.learn.nn.program import cell_program

        return cell_program(self.cell, self.detach_reset)

    def structure(self) -> list[Any]:
        """What decides their generated code, beside surrogate and inputs."""
        return [self.cell.key(), self.detach_reset]

    def _load(self) -> ModuleType:
        def make() -> str:
            from amine.learn.nn.writing import plain_source

            return plain_source(self.program())

        return source.load(["plain", *self.structure()], make)

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

    # --- values ------------------------------------------------------------------------------------------------

    def value(self, name: str) -> torch.Tensor:
        """A parameter's present value in its unit of the coherent system (mV, ms, pA, nS, pF)."""
        if name in self.learned:
            return self.learned[name]()
        if name not in self.fixed:
            raise AmineError(
                self.where, f"parameter '{name}' is not known", mend=did_you_mean(name, [*self.fixed, *self.learned])
            )
        return torch.as_tensor(self.fixed[name], dtype=torch.float64)

    def set(self, name: str, value: Any) -> None:
        """Sets a learned parameter to a quantity; raises AmineError if that is out of its bounds."""
        if name not in self.learned:
            raise AmineError(self.where, f"parameter '{name}' is not learned", mend=did_you_mean(name, self.learned))
        self.learned[name].set(to_internal(value, self.units[name], f"{self.where}, parameter '{name}'"))  # type: ignore[operator]

    def constants(self, dtype: torch.dtype, device: Any) -> dict[str, torch.Tensor]:
        """The constants of a step, with gradients where something is learned."""
        key = (dtype, str(device))
        if not self.learned:
            if key not in self._constants:
                found = constants.numbers(self.code, self.fixed, self.dt, self.where)
                self._constants[key] = {k: torch.as_tensor(v, dtype=dtype, device=device) for k, v in found.items()}
            return self._constants[key]
        values = {**self.fixed, **{p: self.learned[p]() for p in self.learned}}
        for p in self.learned:
            if not bool(torch.isfinite(values[p]).all()):
                raise AmineError(
                    f"{self.where}, parameter '{p}'",
                    "it is no longer a finite number",
                    mend="lower the learning rate or clip gradients",
                )
        values = {
            k: v if isinstance(v, torch.Tensor) else torch.as_tensor(v, dtype=torch.float64, device=device)
            for k, v in values.items()
        }
        found = constants.tensors(self.code, values, self.dt)
        return {k: v.to(dtype=dtype, device=device) for k, v in found.items()}

    def initial(self, batch: int, dtype: torch.dtype, device: Any) -> State:
        """The state at time zero; where it is made of learned parameters, gradients flow into them."""
        values = {**self.fixed, **{p: self.learned[p]() for p in self.learned}}
        start = self.code.initial(TorchNumpy() if self.learned else constants.Numbers(), values)
        out: State = {}
        for s in self.code.STATES:
            x = torch.as_tensor(start[s]).to(dtype=dtype, device=device)
            out[s] = x.expand(batch, self.n)
        if self.code.REFRACTORY is not None:
            out[REF] = torch.zeros(batch, self.n, dtype=torch.int32, device=device)
        return out

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
        drive = next(iter(x.values()))
        if state is None:
            state = self.initial(drive.shape[1], drive.dtype, drive.device)
        else:
            state = self._checked(state, drive)
        x |= {z: torch.randn_like(drive) for z in self.code.NOISES}
        run = self._backend(drive)
        out, end = run(self, x, state, returns == "states", weight)
        return (out if returns == "states" else out["spikes" if self.code.SPIKES else "v"]), end

    def _backend(self, like: torch.Tensor) -> Any:
        if self.backend != "torch":
            from amine.learn.nn import compiled

            if compiled.available(self, like):
                return compiled.run
            if self.backend == "compiled":
                raise AmineError(
                    f"{self.where}, backend",
                    "there is no kernel for this",
                    given=f"{like.device}, {like.dtype}, surrogate '{self.surrogate.name}'",
                    expected="float32 or float64 on the CPU and a surrogate given as text",
                    mend='use backend="torch"',
                )
        return plain.run

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

    def _checked(self, state: State, like: torch.Tensor) -> State:
        wanted = [*self.code.STATES, *([REF] if self.code.REFRACTORY is not None else [])]
        missing = [s for s in wanted if s not in state]
        if missing:
            raise AmineError(
                f"{self.where}, state", f"'{missing[0]}' is missing", mend="pass a state as it was returned"
            )
        for s in wanted:
            if tuple(state[s].shape) != tuple(like.shape[1:]):
                raise AmineError(
                    f"{self.where}, state '{s}'",
                    "the shape is wrong",
                    given=str(tuple(state[s].shape)),
                    expected=str(tuple(like.shape[1:])),
                )
        out = {s: state[s] if s == REF else state[s].to(like.dtype) for s in wanted}
        return out | ({SPIKES: state[SPIKES]} if SPIKES in state else {})

    def extra_repr(self) -> str:
        return f"'{self.model.name}', {self.n}, dt={self.dt:g} ms, surrogate='{self.surrogate.name}', learn={list(self.learned)}"


def detach(state: State) -> State:
    """The state without its past: for truncated backpropagation through time."""
    return {s: x.detach() for s, x in state.items()}


def sequence(x: Any) -> Any:
    """The output of the layer before: a tensor, or the first of (output, state)."""
    return x[0] if isinstance(x, tuple) else x


def neuron_model(model: Any, parameters: Mapping[str, Any]) -> Model:
    """A neuron model by name or itself, with other values of some parameters."""
    from amine.network.network import _model

    return _model(model, ("neuron",), "Neurons")(**parameters)


def check_sequence(x: Any, n: int, where: str) -> None:
    """Raises AmineError unless ``x`` is a floating tensor [time, batch, n] with at least one step."""
    if not isinstance(x, torch.Tensor):
        raise AmineError(where, "this is not a tensor", given=type(x).__name__, expected=f"[time, batch, {n}]")
    if x.ndim != 3:
        raise AmineError(
            where, "the number of axes is wrong", given=str(tuple(x.shape)), expected=f"[time, batch, {n}]"
        )
    if x.shape[2] != n:
        raise AmineError(
            where, "the last axis does not fit the number of neurons", given=str(x.shape[2]), expected=str(n)
        )
    if x.shape[0] == 0 or x.shape[1] == 0:
        raise AmineError(
            where, "there are no steps" if x.shape[0] == 0 else "the batch is empty", given=str(tuple(x.shape))
        )
    if not x.is_floating_point():
        raise AmineError(where, "the values are not floating-point numbers", given=str(x.dtype))


def _count(n: Any, where: str) -> int:
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise AmineError(where, "the number of neurons must be a positive whole number", given=repr(n))
    return n


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


__all__ = ["Neurons", "State", "Surrogate", "detach"]
