"""Slow signals as a small typed program: concentrations, occupancies, and the factors that follow from them.

A :class:`Program` is a list of operations, carried out in order, on numbered signals (float64). Interpreters are :func:`steady` here, for
numbers, NumPy arrays and torch tensors alike; :class:`amine.compounds.reference.Reference`, step by step in NumPy; and the kernel
:func:`amine.engine.device.slow.slow_step`. The formulas of drug action are those of :mod:`amine.compounds.algebra` in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple, final

import numpy as np

from amine.compounds import algebra
from amine.compounds.algebra import Operand
from amine.compounds.formula import Functions
from amine.errors import AmineError
from amine.records import dataclass

Signal = int


class Load(NamedTuple):
    """A drug at a site: its concentration, affinity (uM) and Hill coefficient."""

    signal: Signal
    potency: float
    hill: float


class Term(NamedTuple):
    """A signal times a number; ``stride`` is 1 if each region has its own signal, 0 if all share one."""

    signal: Signal
    stride: int = 0
    weight: Any = 1.0


class Agonist(NamedTuple):
    """A slow agonist of a receptor: its concentration and its EC50 (uM)."""

    signal: Signal
    stride: int
    potency: float


@final
@dataclass(frozen=True)
class Dose:
    """Concentration of the ``index``-th drug."""

    out: Signal
    index: int


@final
@dataclass(frozen=True)
class Share:
    """Occupancy of a site by the first of ``loads`` in competition with the others; the next signal is the sum of all loads."""

    out: Signal
    loads: tuple[Load, ...]


@final
@dataclass(frozen=True)
class Sum:
    """Sum of ``base`` and weighted signals, or with ``inverse`` its reciprocal, in ``n`` regions."""

    out: Signal
    terms: tuple[Term, ...]
    base: Any = 0.0
    inverse: bool = False
    n: int = 1


@final
@dataclass(frozen=True)
class Product:
    """Product of signals in ``n`` regions."""

    out: Signal
    terms: tuple[Term, ...]
    n: int = 1


@final
@dataclass(frozen=True)
class Apply:
    """A function of signals: ``power`` (of a signal to a number), ``exp`` or ``log`` of one, ``min`` or ``max`` of two."""

    out: Signal
    function: str
    signals: tuple[Signal, ...]
    number: float = 0.0


@final
@dataclass(frozen=True)
class Response:
    """Response of a receptor to slow agonists in the presence of drugs, in ``n`` regions: :func:`amine.compounds.algebra.response`.

    ``shifts`` multiply the EC50, ``added`` is occupancy by drugs, ``efficacies`` multiply the response.
    """

    out: Signal
    agonists: tuple[Agonist, ...]
    shifts: tuple[Signal, ...]
    added: tuple[Signal, ...]
    efficacies: tuple[Signal, ...]
    hill: float
    n: int = 1


@final
@dataclass(frozen=True)
class Follow:
    """A second messenger: in each field step it covers the fraction ``rise`` (upwards) or ``decay`` (downwards) of the way to its source."""

    out: Signal
    source: Signal
    rise: float
    decay: float
    n: int = 1


class Uptake(NamedTuple):
    """A transporter of a field: Vmax (uM/ms), Km (uM), signals that multiply them, and signals of efflux (uM/ms)."""

    vmax: float
    km: float
    vmax_by: tuple[Signal, ...] = ()
    km_by: tuple[Signal, ...] = ()
    efflux: tuple[Signal, ...] = ()


class Axis(NamedTuple):
    """An axis of diffusion: number of regions along it, their stride among the signals, and the (n, n) propagator of one field step."""

    n: int
    stride: int
    matrix: np.ndarray


@final
@dataclass(frozen=True)
class Diffuse:
    """The concentration of a field in ``n`` regions, over a field step of ``h`` ms.

    ``rate`` (1/ms) is the first-order removal that no drug changes; ``removals`` are factors on further rates (1/ms, their weights); ``source``
    (uM/ms) of each region is multiplied by ``source_by``; ``gains`` multiply the release by spikes.
    """

    out: Signal
    n: int
    h: float
    rate: float
    uptakes: tuple[Uptake, ...]
    removals: tuple[Term, ...]
    gains: tuple[Term, ...]
    source_by: tuple[Signal, ...]
    source: tuple[float, ...]
    axes: tuple[Axis, ...]


Operation = Dose | Share | Sum | Product | Apply | Response | Follow | Diffuse


@dataclass
class Program:
    """Operations on signals. ``names`` gives the index of each signal by name, ``initial`` its initial value.

    Examples
    --------
    >>> p = Program()
    >>> dose = p.add("dose:x")
    >>> p.append(Dose(dose, 0))
    >>> half = p.add("half", start=[1.0])
    >>> p.append(Sum(half, (Term(dose, 0, 1.0),), 1.0, inverse=True))
    >>> steady(p, [1.0])[half]
    0.5
    """

    names: dict[str, Signal] = field(default_factory=dict)
    initial: list[float] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def add(self, name: str, n: int = 1, start: Sequence[float] = (0.0,)) -> Signal:
        """Adds ``n`` signals and returns the first; a number is appended to a name that is taken."""
        at, count, unique = len(self.initial), 2, name
        while unique in self.names:
            unique, count = f"{name} {count}", count + 1
        self.names[unique] = at
        self.initial += list(start) if len(start) == n else list(start) * n
        return at

    def append(self, operation: Operation) -> None:
        """Adds an operation."""
        self.operations.append(operation)


# --- signals as operands of formulas ---------------------------------------------------------------------------------


class Traced:
    """Operand of a formula that records operations in a program: a weighted sum of signals plus a number.

    Parameters
    ----------
    program : receives the operations. terms : weight of each signal. base : the number.
    """

    def __init__(self, program: Program, terms: Mapping[Signal, Operand], base: Operand = 0.0):
        self.program, self.terms = program, dict(terms)
        self.base: Any = base

    def _other(self, x: Operand) -> Traced:
        return x if isinstance(x, Traced) else Traced(self.program, {}, x)

    def signal(self, inverse: bool = False) -> Signal:
        """Signal of the value, or with ``inverse`` of its reciprocal."""
        if not inverse and isinstance(self.base, float) and self.base == 0.0 and list(self.terms.values()) == [1.0]:
            return next(iter(self.terms))
        at = self.program.add("formula")
        self.program.append(Sum(at, tuple(Term(s, 0, w) for s, w in self.terms.items()), self.base, inverse))
        return at

    def _made(self, operation: Callable[[Signal], Operation]) -> Traced:
        at = self.program.add("formula")
        self.program.append(operation(at))
        return Traced(self.program, {at: 1.0})

    def __add__(self, other: Operand) -> Traced:
        y = self._other(other)
        terms = {s: self.terms.get(s, 0.0) + y.terms.get(s, 0.0) for s in [*self.terms, *y.terms]}
        return Traced(self.program, terms, self.base + y.base)

    def __neg__(self) -> Traced:
        return Traced(self.program, {s: -w for s, w in self.terms.items()}, -self.base)

    def __sub__(self, other: Operand) -> Traced:
        return self + (-self._other(other))

    def __rsub__(self, other: Operand) -> Traced:
        return self._other(other) + (-self)

    def __mul__(self, other: Operand) -> Traced:
        y = self._other(other)
        for x, number in ((self, y), (y, self)):
            if not number.terms:
                return Traced(self.program, {s: w * number.base for s, w in x.terms.items()}, x.base * number.base)
        a, b = self.signal(), y.signal()
        return self._made(lambda at: Product(at, (Term(a), Term(b))))

    def __truediv__(self, other: Operand) -> Traced:
        y = self._other(other)
        return self * (Traced(self.program, {y.signal(inverse=True): 1.0}) if y.terms else 1.0 / y.base)

    def __rtruediv__(self, other: Operand) -> Traced:
        return self._other(other) / self

    def __pow__(self, other: Operand) -> Traced:
        y = self._other(other)
        if y.terms:
            return (y * self.apply("log")).apply("exp")
        a = self.signal()
        return self._made(lambda at: Apply(at, "power", (a,), float(y.base)))

    def __rpow__(self, other: Operand) -> Traced:
        return self._other(other) ** self

    def apply(self, function: str, *others: Any) -> Traced:
        """A function of this operand and others."""
        signals = tuple(self._other(x).signal() for x in (self, *others))
        return self._made(lambda at: Apply(at, function, signals))

    __radd__, __rmul__ = __add__, __mul__


def _of(name: str, plain: Callable[..., Operand]) -> Callable[..., Any]:
    """A function of one operand, or of two in any order."""

    def call(a: Operand, *more: Any) -> Any:
        if isinstance(a, Traced):
            return a.apply(name, *more)
        if more and isinstance(more[0], Traced):
            return more[0].apply(name, a)
        found: Any = plain(a, *more)
        return float(found) if np.ndim(found) == 0 else found

    return call


TRACED: Functions = {
    "exp": _of("exp", np.exp),
    "log": _of("log", np.log),
    "min": _of("min", np.minimum),
    "max": _of("max", np.maximum),
}


# --- equilibrium -----------------------------------------------------------------------------------------------------

NUMPY: Functions = {"exp": np.exp, "log": np.log, "min": np.minimum, "max": np.maximum}


def steady(program: Program, doses: Sequence[Operand], functions: Functions = NUMPY) -> list[Any]:
    """Equilibrium values of all signals at constant concentrations.

    Parameters
    ----------
    program : a program without fields.
    doses : concentrations (uM) of its drugs in order: numbers, arrays of one shape, or tensors.
    functions : ``exp``, ``log``, ``min`` and ``max`` for values of that kind.

    Raises
    ------
    AmineError
        The program has fields.
    """
    s: list[Any] = list(program.initial)
    for op in program.operations:
        carry_out(op, s, doses, functions)
    return s


def carry_out(op: Operation, s: list[Operand], doses: Sequence[Operand], functions: Functions) -> None:
    """Writes the equilibrium value of an operation into the signals ``s``."""
    match op:
        case Dose():
            s[op.out] = doses[op.index]
        case Share():
            loads = [algebra.load(s[x.signal], x.potency, x.hill) for x in op.loads]
            total = _added(0.0, loads)
            s[op.out], s[op.out + 1] = algebra.share(loads[0], total), total
        case Sum():
            for r in range(op.n):
                x = _added(op.base, [t.weight * s[t.signal + t.stride * r] for t in op.terms])
                s[op.out + r] = 1.0 / x if op.inverse else x
        case Product():
            for r in range(op.n):
                s[op.out + r] = _multiplied([s[t.signal + t.stride * r] for t in op.terms])
        case Apply(function="power"):
            s[op.out] = s[op.signals[0]] ** op.number
        case Apply():
            s[op.out] = functions[op.function](*(s[x] for x in op.signals))
        case Response():
            shift, efficacy = (_multiplied([s[x] for x in each]) for each in (op.shifts, op.efficacies))
            added = _added(0.0, [s[x] for x in op.added])
            for r in range(op.n):
                bound = _added(0.0, [s[a.signal + a.stride * r] / a.potency for a in op.agonists])
                s[op.out + r] = algebra.response(bound, shift, op.hill, added, efficacy)
        case Follow():
            s[op.out : op.out + op.n] = s[op.source : op.source + op.n]
        case Diffuse():
            raise AmineError("slow signals", "a field has no equilibrium here", hint="let the network run")


def _added(start: Operand, parts: Sequence[Operand]) -> Any:
    for x in parts:
        start = start + x
    return start


def _multiplied(parts: Sequence[Operand]) -> Any:
    out = 1.0
    for x in parts:
        out = out * x
    return out
