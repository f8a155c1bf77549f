"""Base of neurons, receptors and release models: parameters, constants, states, and a scan over time."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import nn

from amine.equations.given import is_uniform
from amine.errors import AmineError, did_you_mean
from amine.learn.nn import compiled, constants, forwards, operators, plain, source
from amine.learn.nn.cuda import loading
from amine.learn.nn.fixed import Fixed
from amine.learn.nn.parameters import Bounded
from amine.learn.nn.shapes import HALF, Layout, is_channels_last
from amine.learn.nn.surrogate import Surrogate
from amine.learn.nn.tensors import TorchNumpy
from amine.learn.nn.transforms import as_operator, autocasting, transformed, without_autocast
from amine.learn.nn.writing import plain_source
from amine.models.model import Model
from amine.models.naming import given_start
from amine.units import to_internal
from amine.values import realise, scalar

if TYPE_CHECKING:
    from amine.engine.codegen.program import Program
    from amine.given import Quantity
    from amine.learn.given import Bounds, Device, ParameterValue
    from amine.values import Value

State = dict[str, torch.Tensor]
MOST = 64  # layouts that are kept
REF, SPIKES = "_ref", "_spikes"  # remaining refractory steps, and spikes of the last step, beside the model's states
BACKENDS = ("auto", "compiled", "torch")


class NotFinite(AmineError, FloatingPointError):
    """A state that is no finite number any more."""


class Scanned(Fixed):
    """A model's equations as a scan over ``[time, batch, n]``.

    ``learned`` holds the learned parameters, ``fixed`` the values of the others; ``factors`` are tensors that multiply
    parameters, with gradients (their names must be given as ``driven`` when the module is made).
    """

    surrogate: Surrogate
    _code: ModuleType | None

    def __init__(self, model: Model, n: int, dt: Quantity, where: str, backend: str):
        super().__init__()
        self.model, self.where = model, where
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise AmineError(where, "the number of neurons must be a positive whole number", given=repr(n))
        self.n = n
        self.dt = scalar(dt, "ms", f"{where}, dt", positive=True)
        if backend not in BACKENDS:
            raise AmineError(
                f"{where}, backend", f"'{backend}' is not known", hint=did_you_mean(str(backend), BACKENDS)
            )
        self.backend, self._code = backend, None
        self.units: dict[str, str] = {}
        self.fixed: dict[str, ParameterValue] = {}
        self.learned = nn.ModuleDict()
        self.factors: dict[str, torch.Tensor] = {}
        self.any = False  # whether every element of an input is a neuron, however many there are
        self.starts: Mapping[str, np.ndarray] = {}  # initial values (n,) set by the network
        self.drawn: dict[str, np.ndarray] = {}  # random numbers (n,) of the model's initial values
        self.forwards: dict[tuple[object, ...], Any] = {}  # prepared scans without gradients, by the inputs' shape
        self.layouts: dict[tuple[torch.Size, bool, bool], Layout] = {}
        self.kernels: dict[tuple[object, ...], ModuleType] = {}
        self.noise: Callable[[torch.Tensor, str], torch.Tensor] = (
            random_like  # numbers of a name, shaped like the input
        )
        self.handle = ""  # by which operators find it
        self._constants: dict[tuple[torch.dtype, str], dict[str, torch.Tensor]] = {}

    @property
    def code(self) -> ModuleType:
        """The generated plain module."""
        if self._code is None:
            self._code = self.load()
        return self._code

    def __getstate__(self) -> dict[str, Any]:
        """State without generated code, which is loaded again, so that the module can be copied and pickled."""
        return {**self.__dict__, "_code": None, "kernels": {}, "_constants": {}, "forwards": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        operators.register(self)

    # --- what is saved -------------------------------------------------------------------------------------------

    def described(self) -> dict[str, Any]:
        """Model, time step and surrogate, which a state that is loaded must share."""
        return {
            "model": self.model.name,
            "equations": hashlib.sha256(repr(self.structure()).encode()).hexdigest()[:16],
            "time step": f"{self.dt:g} ms",
            "surrogate": self.surrogate.described(),
        }

    def deciding(self) -> dict[str, ParameterValue]:
        """Values of the parameters that are not learned, and initial values set by a network."""
        return {**self.fixed, **{f"{s}(0)": np.asarray(x, float) for s, x in self.starts.items()}, **self.drawn}

    def decide(self, values: dict[str, ParameterValue]) -> None:
        """Takes fixed and initial values from a state."""
        self.fixed = self.fixed | {p: x for p, x in values.items() if p in self.fixed}
        self.starts = {s: np.asarray(values.get(f"{s}(0)", x)) for s, x in self.starts.items()}
        self.drawn = {n: np.asarray(values.get(n, x)) for n, x in self.drawn.items()}
        self._constants, self.forwards = {}, {}

    # --- program and parameters ---------------------------------------------------------------------------------

    def program(self) -> Program:
        """The program of one step."""
        raise NotImplementedError

    def structure(self) -> list[Any]:
        """Plain data on which the generated code depends, beside surrogate and inputs."""
        raise NotImplementedError

    def shape(self) -> tuple[float, float, float]:
        """Width, height and edge of the surrogate."""
        return 1.0, 1.0, 0.0

    def load(self) -> ModuleType:
        """The generated plain module."""

        def make() -> str:
            return plain_source(self.program())

        return source.load(["plain", *self.structure()], make)

    def realised(self, own: Mapping[str, tuple[Value, str]], seed: int) -> dict[str, ParameterValue]:
        """Values (value, unit) by name as floats or arrays (n,); distributions are drawn."""
        rng = np.random.default_rng(seed)
        out: dict[str, ParameterValue] = {}
        for p, (v, unit) in own.items():
            where = f"{self.where}, parameter '{p}'"
            x = np.asarray(realise(v, unit, self.n, rng, where), float)
            if x.ndim and x.shape != (self.n,):
                raise AmineError(where, "the array has the wrong shape", given=str(x.shape), expected=f"({self.n},)")
            out[p] = x if x.ndim else float(x)
        return out

    def learn(
        self,
        learned: list[str],
        values: Mapping[str, ParameterValue],
        arrays: set[str],
        bounds: Mapping[str, Bounds] | None,
        scale: Callable[[str], float],
    ) -> None:
        """Makes parameters of the learned values, with the natural ``scale`` of their unit; the others are fixed."""
        bounds = dict(bounds or {})
        unknown = sorted(set(bounds) - set(learned))
        if unknown:
            raise AmineError(f"{self.where}, bounds", f"'{unknown[0]}' is not learned", hint="name it in learn=, too")
        self.fixed = {p: x for p, x in values.items() if p not in learned}
        for p in learned:
            if p in dir(nn.ModuleDict):
                hint = "give the parameter another name in the model"
                raise AmineError(f"{self.where}, learn", f"the name '{p}' is one of PyTorch's modules", hint=hint)
            start = np.broadcast_to(np.asarray(values[p], float), (self.n,)) if p in arrays else values[p]
            natural = scale(self.units[p])
            least = natural if self.units[p] in ("mV", "pA") else max(0.1 * natural, float(np.max(np.abs(values[p]))))
            where = f"{self.where}, parameter '{p}'"
            self.learned[p] = Bounded(p, start, self.units[p], where, bounds.get(p), least)
        operators.register(self)

    @property
    def touched(self) -> list[str]:
        """Parameters through which gradients flow."""
        return sorted({*self.learned, *self.factors})

    # --- values ------------------------------------------------------------------------------------------------

    def value(self, name: str) -> torch.Tensor:
        """Current value of a parameter in its coherent unit (mV, ms, pA, nS, pF)."""
        if name in self.learned:
            return self.learned[name]()
        if name not in self.fixed:
            raise AmineError(
                self.where, f"parameter '{name}' is not known", hint=did_you_mean(name, [*self.fixed, *self.learned])
            )
        return torch.as_tensor(self.fixed[name], dtype=torch.float64)

    def set(self, name: str, value: object) -> None:
        """Sets a learned parameter to a quantity; raises AmineError if that is outside its bounds."""
        if name not in self.learned:
            raise AmineError(self.where, f"parameter '{name}' is not learned", hint=did_you_mean(name, self.learned))
        self.learned[name].set(to_internal(value, self.units[name], f"{self.where}, parameter '{name}'"))  # type: ignore[operator]

    def sources(self) -> dict[str, torch.Tensor]:
        """Tensors from which parameters are computed: unbounded numbers of learned ones (``r:name``), and factors (``f:name``)."""
        raw: State = {f"r:{p}": m.raw for p, m in self.learned.items()}  # type: ignore[misc]  # which may be parametrised
        return raw | {f"f:{p}": x for p, x in self.factors.items()}

    def values(self, device: Device = "cpu", given: State | None = None) -> dict[str, Any]:
        """All parameters: numbers and arrays, or tensors if gradients flow; from other :meth:`sources`, if they are given."""
        raw = {} if given is None else given
        out: dict[str, Any] = {**self.fixed, **{p: self.learned[p](raw.get(f"r:{p}")) for p in self.learned}}
        for p in self.learned:
            if not transformed() and not bool(torch.isfinite(out[p]).all()):
                raise AmineError(
                    f"{self.where}, parameter '{p}'",
                    "it is no longer a finite number",
                    hint="lower the learning rate or clip gradients",
                )
        for p, factor in self.factors.items():
            out[p] = torch.as_tensor(out[p], dtype=torch.float64, device=device) * raw.get(f"f:{p}", factor)
        return out

    def constants(self, dtype: torch.dtype, device: Device, given: State | None = None) -> dict[str, torch.Tensor]:
        """The constants of a step, with gradients if parameters are learned."""
        key = (dtype, str(device))
        if not self.touched:
            if key not in self._constants:
                found = constants.numbers(self.code, self.fixed, self.dt, self.where)
                self._constants[key] = {k: torch.as_tensor(v, dtype=dtype, device=device) for k, v in found.items()}
            return self._constants[key]
        values = {
            k: v if isinstance(v, torch.Tensor) else torch.as_tensor(v, dtype=torch.float64, device=device)
            for k, v in self.values(device, given).items()
        }
        found = constants.tensors(self.code, values, self.dt)
        return {k: v.to(dtype=dtype, device=device) for k, v in found.items()}

    def initial(self, batch: int, dtype: torch.dtype, device: Device, given: State | None = None) -> State:
        """The state at time zero, with gradients for the learned parameters on which it depends."""
        starts = {
            given_start(s): torch.as_tensor(x, device=device) if self.touched else x for s, x in self.starts.items()
        }
        for name in self.code.DRAWS:
            if name not in self.drawn:
                self.drawn[name] = random_numbers(name, np.random.default_rng([self.n, *name.encode()]), (self.n,))
        drawn = {n: torch.as_tensor(x, device=device) if self.touched else x for n, x in self.drawn.items()}
        values = self.values(device, given) | starts | drawn
        start = self.code.initial(TorchNumpy() if self.touched else constants.Numbers(), values)
        out: State = {}
        for s in self.code.STATES:
            x = torch.as_tensor(start[s]).to(dtype=dtype, device=device)
            out[s] = x.expand(batch, self.n)
        if self.code.REFRACTORY is not None:
            out[REF] = torch.zeros(batch, self.n, dtype=torch.int32, device=device)
        return out

    # --- running -----------------------------------------------------------------------------------------------

    def scan(
        self, x: dict[str, torch.Tensor], state: State | None, trace: bool, weight: torch.Tensor | None = None
    ) -> tuple[State, State]:
        """Outputs by name and the last state; ``weight`` [to, from] feeds spikes back one step later."""
        like = next(iter(x.values()))
        if like.dtype in HALF or autocasting(like):
            return self._in_single(x, state, trace, weight)
        weight = weight if weight is None else weight.to(like.dtype)
        state = None if state is None else self._typed(state, like)
        x = x | {z: self.noise(like, z) for z in self.code.NOISES}
        if as_operator(like):
            return operators.run(self, x, state, trace, weight)
        start = self.initial(like.shape[1], like.dtype, like.device) if state is None else state
        way = self.way(like)
        if way is compiled and weight is None and not trace and forwards.fits(self, x, start):
            return forwards.run(self, x, start)
        out, end = way.run(self, x, start, trace, weight)
        if not transformed():
            self.check_finite(end)
            self.check_inputs(x)
        return out, end

    def check_finite(self, end: State) -> None:
        """Raises NotFinite if a state is no finite number."""
        for s, value in end.items():
            if not finite(value):
                raise NotFinite(
                    f"{self.where}, state '{s}'",
                    "it is not a finite number after the last step",
                    hint="check the input for NaN and infinity, lower weights or the learning rate, or take a smaller dt",
                )

    def check_inputs(self, x: dict[str, torch.Tensor]) -> None:
        """Raises NotFinite if an input is no finite number, such as an infinite one, which a spike may have reset."""
        for name, value in x.items():
            if not finite(value):
                step = int((~torch.isfinite(value)).nonzero()[0, 0])
                raise NotFinite(
                    f"{self.where}, input '{name}'",
                    "it is not finite",
                    given=f"{value[step].abs().max().item()} in step {step}",
                    hint="check the data, the weights before it, or the range of half precision",
                )

    def _in_single(
        self, x: dict[str, torch.Tensor], state: State | None, trace: bool, weight: torch.Tensor | None
    ) -> tuple[State, State]:
        """A scan of half-precision inputs or under autocast: states are float32, outputs have the precision of the input."""
        like = next(iter(x.values()))
        wide = {k: v.float() if v.dtype in HALF else v for k, v in x.items()}
        with without_autocast(like):
            out, end = self.scan(wide, state, trace, weight)
        return {k: v if k in self.code.STATES else v.to(like.dtype) for k, v in out.items()}, end

    def over(
        self, x: dict[str, torch.Tensor], state: State | None, trace: bool, weight: torch.Tensor | None = None
    ) -> tuple[State, State]:
        """As :meth:`scan`, for inputs ``[time, batch, ...]`` of which some axes count the neurons."""
        for v in x.values():
            check_steps(v, f"{self.where}, input")
        like = next(iter(x.values()))
        if any(v.shape != like.shape for v in x.values()):
            shapes = sorted({tuple(v.shape) for v in x.values()})
            raise AmineError(f"{self.where}, input", "the inputs differ in shape", given=str(shapes))
        layout = self.layout(like.shape, False) if as_operator(like) else self._known_layout(like)
        if state is not None:
            state = {s: layout.fold(v) for s, v in self._checked(state, like).items()}
        out, end = self.scan({k: layout.fold(v) for k, v in x.items()}, state, trace, weight)
        return {k: layout.unfold(v) for k, v in out.items()}, {k: layout.unfold(v) for k, v in end.items()}

    def layout(self, shape: torch.Size, last: bool) -> Layout:
        """Where its neurons lie in an input of this shape; ``last``: whether channels change fastest in memory."""
        return Layout(shape, None if self.any else self.n, self.alike(), f"{self.where}, input", last)

    def _known_layout(self, x: torch.Tensor) -> Layout:
        key = x.shape, self.alike(), is_channels_last(x)
        if key not in self.layouts:
            if len(self.layouts) >= MOST:
                self.layouts.clear()
            self.layouts[key] = self.layout(x.shape, key[2])
        return self.layouts[key]

    def alike(self) -> bool:
        """Whether all neurons have the same constants and start alike, so that their order does not matter."""
        return not self.code.DIFFER and not self.starts and not self.code.DRAWS

    def way(self, like: torch.Tensor) -> ModuleType:
        """The version that runs inputs of this device and precision: :mod:`compiled` or :mod:`plain`."""
        if self.backend != "torch":
            if compiled.available(self, like) and not transformed():
                return compiled
            if self.backend == "compiled":
                raise AmineError(
                    f"{self.where}, backend",
                    "there is no kernel for this",
                    given=f"{like.device}, {like.dtype}, surrogate '{self.surrogate.name}'"
                    + (", inside a transform of torch.func" if transformed() else "")
                    + (f"; {loading.missing()}" if like.is_cuda and loading.missing() else ""),
                    expected="float32 or float64 on the CPU or a card of NVIDIA's, and a surrogate given as text",
                    hint='use backend="torch"',
                )
        return plain

    def _checked(self, state: State, like: torch.Tensor) -> State:
        wanted = [*self.code.STATES, *([REF] if self.code.REFRACTORY is not None else [])]
        missing = [s for s in wanted if s not in state]
        if missing:
            raise AmineError(
                f"{self.where}, state", f"'{missing[0]}' is missing", hint="pass a state as it was returned"
            )
        for s in wanted:
            if tuple(state[s].shape) != tuple(like.shape[1:]):
                raise AmineError(
                    f"{self.where}, state '{s}'",
                    "the shape is wrong",
                    given=str(tuple(state[s].shape)),
                    expected=str(tuple(like.shape[1:])),
                )
        return {s: state[s] for s in wanted} | ({SPIKES: state[SPIKES]} if SPIKES in state else {})

    @staticmethod
    def _typed(state: State, like: torch.Tensor) -> State:
        return {s: x if s == REF else x.to(like.dtype) for s, x in state.items()}


def finite(x: torch.Tensor) -> bool:
    """Whether all entries are finite: as a sum, which costs one pass, and entry by entry only if the sum overflows.

    >>> finite(torch.tensor([3e38, 3e38])), finite(torch.tensor([torch.inf, -torch.inf]))
    (True, False)
    """
    x = x.detach()
    return not x.is_floating_point() or math.isfinite(float(x.sum())) or bool(torch.isfinite(x).all())


def random_numbers(name: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers of a kind: standard normals, or uniform between 0 and 1 for ``rand()``."""
    return rng.random(shape) if is_uniform(name) else rng.standard_normal(shape)


def random_like(x: torch.Tensor, name: str) -> torch.Tensor:
    """As :func:`random_numbers`, from PyTorch's generator and in the shape of a tensor."""
    return torch.rand_like(x) if is_uniform(name) else torch.randn_like(x)


T = TypeVar("T")


def detach(state: T) -> T:
    """A state, or the states of a sequence of layers, without history, for truncated backpropagation through time.

    Examples
    --------
    >>> detach([{"v": torch.ones(1, requires_grad=True)}, None])[0]["v"].requires_grad
    False
    """
    found: Any = state
    if state is None:
        return state
    if isinstance(found, torch.Tensor):
        found = found.detach() if found.requires_grad else found
    elif isinstance(found, Mapping):
        found = {s: detach(x) for s, x in found.items()}
    elif isinstance(found, list | tuple):
        found = type(found)(detach(x) for x in found)
    return found


def sequence(x: object) -> Any:
    """The sequence in the output of a layer, which is a tensor or (tensor, state)."""
    return x[0] if isinstance(x, tuple) and x else x


def check_sequence(x: object, n: int, where: str) -> None:
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
    check_steps(x, where)


def check_lengths(lengths: torch.Tensor, x: torch.Tensor, where: str) -> torch.Tensor:
    """Numbers of steps (batch,) of padded sequences ``[time, batch, ...]``, checked."""
    found = torch.as_tensor(lengths, device=x.device)
    if found.is_floating_point() or found.shape != (x.shape[1],):
        raise AmineError(
            where,
            "there must be one whole number for each sample",
            given=f"{found.dtype} of shape {tuple(found.shape)}",
            expected=f"shape ({x.shape[1]},)",
        )
    if bool(((found < 1) | (found > x.shape[0])).any()):
        raise AmineError(
            where,
            "a length is not between 1 and the number of steps",
            given=str(found.tolist())[:60],
            expected=f"1 to {x.shape[0]}",
        )
    return found


def check_steps(x: torch.Tensor, where: str) -> None:
    """Raises AmineError unless ``x`` is floating-point and has steps and samples."""
    if x.ndim < 2:
        raise AmineError(where, "the number of axes is wrong", given=str(tuple(x.shape)), expected="[time, batch, ...]")
    if x.numel() == 0:
        raise AmineError(
            where,
            "there are no steps"
            if x.shape[0] == 0
            else "the batch is empty"
            if x.shape[1] == 0
            else "there are no neurons",
            given=str(tuple(x.shape)),
        )
    if not x.is_floating_point():
        raise AmineError(where, "the values are not floating-point numbers", given=str(x.dtype))
