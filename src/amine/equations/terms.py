"""Expressions of generated code: trees with a fixed order of operations, so that every printer computes the same.

Python operators build them: ``rest + (x - rest) * factor``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import TypeAlias

from amine.records import dataclass

# device functions in a file of their own
ELEMENTARY = ("log", "log10", "pow", "sin", "cos", "asin", "acos", "atan", "atan2", "mod")
KERNEL_FUNCTIONS = ("exp", "sqrt", "tanh", "exprel", "floor", "rint", "sign", "fma", *ELEMENTARY)


class Expr:
    """Base of expressions; Python operators combine them."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Expr:
        return Binary("+", self, expr(other))

    def __sub__(self, other: Operand) -> Expr:
        return Binary("-", self, expr(other))

    def __mul__(self, other: Operand) -> Expr:
        return Binary("*", self, expr(other))

    def __truediv__(self, other: Operand) -> Expr:
        return Binary("/", self, expr(other))

    def __neg__(self) -> Expr:
        return Unary("-", self)


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A variable, or a dotted name such as ``SLOW.value``."""

    name: str


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A literal of the floating-point type of the step; a ``wide`` one is a float64 whatever that type is."""

    value: float
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Integer(Expr):
    """A literal in an index or a count."""

    value: int


@dataclass(frozen=True, slots=True)
class Boolean(Expr):
    """True or False."""

    value: bool


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """``-x`` or ``not x``."""

    op: str
    x: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """An arithmetic operation, a comparison, or ``&``, ``|``, ``and``, ``or``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function of the dialect (``exp``, ``min``, ``select`` ...) or any other; a ``wide`` one computes in float64."""

    function: str
    args: tuple[Expr, ...]
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Item(Expr):
    """``array[index]``."""

    array: Expr
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Choice(Expr):
    """``then if condition else other``: only the chosen value is computed."""

    condition: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True)
class Listed(Expr):
    """A list, a tuple or a set of expressions."""

    kind: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Table(Expr):
    """A dictionary whose entries are keys, values and comments."""

    entries: tuple[tuple[Key, Expr, str], ...]


# functions of which a step takes the value at its own precision, whatever that of the argument
NARROWING = ("exp", "log", "log10", "sin", "cos", "asin", "acos", "atan", "atan2", "tanh", "exprel", "sign", "mod")
COMPARISONS = (">", ">=", "<", "<=", "==", "!=")
Key: TypeAlias = str | tuple[str, str]
Operand: TypeAlias = Expr | str | int | float


def expr(x: Operand) -> Expr:
    """An expression; text is a name, a whole number an index, any other number a literal."""
    if isinstance(x, Expr):
        return x
    if isinstance(x, str):
        return Name(x)
    return Integer(x) if isinstance(x, int) else Number(x)


def call(function: str, *args: Operand) -> Call:
    """``function(*args)``."""
    return Call(function, tuple(expr(a) for a in args))


def item(array: Operand, *index: Operand) -> Item:
    """``array[index]``."""
    return Item(expr(array), tuple(expr(i) for i in index))


def children(e: Expr) -> tuple[Expr, ...]:
    """Direct subexpressions of an expression."""
    match e:
        case Unary(_, x):
            return (x,)
        case Binary(_, a, b):
            return a, b
        case Call(_, args):
            return args
        case Item(array, index):
            return array, *index
        case Choice(c, a, b):
            return c, a, b
        case Listed(_, items):
            return items
        case Table(entries):
            return tuple(x for _, x, _ in entries)
    return ()


def rebuilt(e: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with ``change`` applied to each direct subexpression."""
    match e:
        case Unary(op, x):
            return Unary(op, change(x))
        case Binary(op, a, b):
            return Binary(op, change(a), change(b))
        case Call(f, args, wide):
            return Call(f, tuple(change(a) for a in args), wide)
        case Item(array, index):
            return Item(change(array), tuple(change(i) for i in index))
        case Choice(c, a, b):
            return Choice(change(c), change(a), change(b))
        case Listed(kind, items):
            return Listed(kind, tuple(change(i) for i in items))
        case Table(entries):
            return Table(tuple((n, change(x), c) for n, x, c in entries))
    return e


def renamed(e: Expr, names: Mapping[str, str]) -> Expr:
    """The expression with names replaced."""
    if isinstance(e, Name):
        return Name(names.get(e.name, e.name))
    return rebuilt(e, lambda x: renamed(x, names))


def names_in(e: Expr) -> set[str]:
    """Variables read by an expression."""
    if isinstance(e, Name):
        return {e.name.partition(".")[0]}
    return set().union(*(names_in(x) for x in children(e)))


def widened(e: Expr, wide: Container[str]) -> tuple[Expr, bool]:
    """The expression with float64 operands computed in float64, and whether its own value is float64.

    ``wide`` are the variables of type float64. Numbers and functions combined with them are widened too, since they would round them.
    """
    if isinstance(e, Name):
        return e, e.name in wide
    inner = {id(x): widened(x, wide) for x in children(e)}
    here = any(w for _, w in inner.values())
    out = rebuilt(e, lambda x: _as_wide(inner[id(x)][0]) if here else inner[id(x)][0])
    if here and isinstance(out, Call):
        out = Call(out.function, out.args, True)
        if out.function in NARROWING:
            return call("F", out), False
    truth = isinstance(e, Binary) and e.op in COMPARISONS
    return out, here and not truth


def _as_wide(e: Expr) -> Expr:
    match e:
        case Number(value):
            return Number(value, True)
        case Unary("-", Number(value)):
            return Unary("-", Number(value, True))
    return e


def fused_sum(op: str, left: Expr, right: Expr) -> Expr:
    """``left + right`` or ``left - right``, with the product in it, if there is one, as ``fma(a, b, c)``: a*b + c, rounded once.

    A compiler that is free to round so, or not, would give other bits than the next one.
    """
    if isinstance(right, Binary) and right.op == "*":
        return Call("fma", (right.left if op == "+" else _negative(right.left), right.right, left))
    if isinstance(left, Binary) and left.op == "*":
        return Call("fma", (left.left, left.right, right if op == "+" else _negative(right)))
    return Binary(op, left, right)


def _negative(e: Expr) -> Expr:
    match e:
        case Number(value, wide):
            return Number(-value, wide)
        case Unary("-", x):
            return x
        case Binary("*", a, b):
            return Binary("*", _negative(a), b)
    return Unary("-", e)


def apart(e: Expr) -> Expr:
    """The expression with products and sums rounded one by one, for languages without ``fma``."""
    e = rebuilt(e, apart)
    if not (isinstance(e, Call) and e.function == "fma"):
        return e
    match e.args:
        case (Unary("-", a), b, c):
            return Binary("-", c, Binary("*", a, b))
        case (a, b, Unary("-", c)):
            return Binary("-", Binary("*", a, b), c)
        case (a, b, c):
            return Binary("+", Binary("*", a, b), c)
    raise ValueError(f"fma of {len(e.args)} values")


def chain(op: str, parts: Iterable[Expr]) -> Expr:
    """``a op b op c``, from the left."""
    first, *rest = parts
    for x in rest:
        first = Binary(op, first, x)
    return first
