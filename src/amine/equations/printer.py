"""Expressions as text: for kernels (Numba), NumPy and torch, Python scalars, and C.

A printer is a table of operators and functions; the order of operations was fixed before (:mod:`amine.equations.lower`). Brackets
stand only where precedence requires them, and long lines are broken within brackets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from textwrap import wrap
from typing import TYPE_CHECKING

from amine.equations import terms as ir
from amine.equations.lower import Lowering
from amine.equations.terms import KERNEL_FUNCTIONS
from amine.records import dataclass

if TYPE_CHECKING:
    import sympy as sp

WIDTH = 110

_PYTHON = {
    "or": 1, "and": 2, "not": 3, ">": 4, ">=": 4, "<": 4, "<=": 4, "==": 4, "!=": 4, "|": 5, "&": 7, ">>": 8, "<<": 8,
    "+": 9, "-": 9, "*": 10, "/": 10, "//": 10, "%": 10, "minus": 11,
}  # fmt: skip
_C = {
    "or": 1, "|": 1, "and": 2, "&": 2, "==": 3, "!=": 3, ">": 4, ">=": 4, "<": 4, "<=": 4, "+": 5, "-": 5,
    "*": 6, "/": 6, "%": 6, "not": 7, "minus": 7,
}  # fmt: skip
_BRACKETS = {"list": "[]", "tuple": "()", "set": "{}"}
CHOICE, ATOM = 0, 99


@dataclass(frozen=True)
class Dialect:
    """Notation of one language: functions by name, literals, operators."""

    functions: dict[str, str]
    number: Callable[[float], str]
    precedence: dict[str, int] = field(default_factory=lambda: _PYTHON)
    words: dict[str, str] = field(default_factory=dict)  # operators with another spelling
    choice: str = "{1} if {0} else {2}"
    wide: dict[str, str] = field(default_factory=dict)  # functions in float64, where a step may be computed in less
    nested: bool = False  # whether a comparison may stand within another without brackets


def _plain(x: float) -> str:
    return repr(float(x))


_NUMPY = {f: f"np.{f}" for f in ("exp", "log", "sqrt", "sin", "cos", "tanh", "floor", "sign", "abs")}
_NUMPY |= {"asin": "np.arcsin", "acos": "np.arccos", "atan": "np.arctan", "atan2": "np.arctan2", "log10": "np.log10"}
_NUMPY |= {"mod": "np.mod", "rint": "np.rint"}
_NUMPY |= {"pow": "np.power", "min": "np.minimum", "max": "np.maximum", "select": "np.where", "not": "np.logical_not"}
# functions of constants that are prepared: a processor's own would differ in the last digit
_OWN = ("exp", "log", "log10", "pow", "sin", "cos", "tanh", "asin", "acos", "atan", "atan2", "exprel")
DIALECTS = {
    "kernel": Dialect(
        {f: f"v{f}" for f in KERNEL_FUNCTIONS},
        lambda x: f"F({_plain(x)})",
        wide={f: f"w{f}" for f in KERNEL_FUNCTIONS},
    ),
    "double": Dialect({f: f"w{f}" for f in KERNEL_FUNCTIONS}, _plain),
    "numpy": Dialect(_NUMPY, _plain),
    "prepared": Dialect(_NUMPY | {f: f"_exact.{f}" for f in _OWN}, _plain),
    "scalar": Dialect({f: f"{f}64" for f in KERNEL_FUNCTIONS}, _plain),
    "c": Dialect(
        {**{f: f"v{f}" for f in KERNEL_FUNCTIONS}, "abs": "vabs"},
        lambda x: f"R({_plain(x)})",
        _C,
        {"and": "&&", "&": "&&", "or": "||", "|": "||", "not": "!"},
        "{0} ? {1} : {2}",
    ),
}


class Printer:
    """Prints expressions: ``kernel`` with device functions and typed literals, ``double`` with those of float64, under other names ``scalar``, ``numpy`` and ``prepared`` in float64, and ``c``.

    ``name`` gives the printed name of a SymPy symbol.
    """

    def __init__(self, mode: str, name: Callable[[str], str] = str):
        self.dialect, self.lower = DIALECTS[mode], Lowering(name)

    def __call__(self, e: sp.Basic) -> str:
        return self.text(self.lower(e))

    def text(self, e: ir.Expr, room: int = 10_000) -> str:
        """The expression on one line, or on several if it is longer than ``room`` columns; the latter need brackets around them."""
        if "fma" not in self.dialect.functions:
            e = ir.apart(e)
        if isinstance(e, ir.Table):
            return self._table(e.entries, room)
        flat = self._flat(e)[0]
        return flat if len(flat) <= room else self._broken(e, room)

    # --- on one line -------------------------------------------------------------------------------------------

    def _flat(self, e: ir.Expr) -> tuple[str, int]:
        """Text and precedence."""
        match e:
            case ir.Name(name):
                return name, ATOM
            case ir.Number(value, wide):
                text = _plain(value) if wide else self.dialect.number(value)
                return text, self.dialect.precedence["minus"] if text.startswith("-") else ATOM
            case ir.Integer(value) | ir.Boolean(value):
                return str(value), ATOM
            case ir.Unary("not", x) if "not" in self.dialect.functions:
                return f"{self.dialect.functions['not']}({self._flat(x)[0]})", ATOM
            case ir.Unary(op, x):
                level = self.dialect.precedence["minus" if op == "-" else op]
                word = self.dialect.words.get(op, op)
                return f"{word}{' ' if word.isalpha() else ''}{self._within(x, level)}", level
            case ir.Binary(op, a, b):
                return self._binary(op, a, b)
            case ir.Call(f, args, wide):
                return f"{self._function(f, wide)}({', '.join(self._flat(a)[0] for a in args)})", ATOM
            case ir.Item(array, index):
                return f"{self._within(array, ATOM)}[{', '.join(self._flat(i)[0] for i in index)}]", ATOM
            case ir.Choice(c, a, b):
                parts = [self._within(x, CHOICE + 1) for x in (c, a, b)]
                return self.dialect.choice.format(*parts), CHOICE
            case ir.Listed(kind, items):
                return self._listed(kind, [self._flat(x)[0] for x in items]), ATOM
            case ir.Table(entries):
                return "{" + ", ".join(f"{k!r}: {self._flat(x)[0]}" for k, x, _ in entries) + "}", ATOM
        raise NotImplementedError(type(e).__name__)

    def _function(self, name: str, wide: bool) -> str:
        return (self.dialect.wide if wide else {}).get(name) or self.dialect.functions.get(name, name)

    def _table(self, entries: tuple[tuple[ir.Key, ir.Expr, str], ...], room: int) -> str:
        """A dictionary with an entry a line; a long value in brackets."""
        lines = ["{"]
        for name, x, comment in entries:
            lines += [f"    # {line}" for line in wrap(comment, WIDTH - 12)]
            text = self.text(x, room - 8 - len(repr(name)))
            text = f"(\n{shifted(text)}\n)" if "\n" in text and not isinstance(x, ir.Call | ir.Listed) else text
            lines += [shifted(f"{name!r}: {text},")]
        return "\n".join([*lines, "}"])

    def _within(self, e: ir.Expr, level: int) -> str:
        """Text of an operand, in brackets if its precedence is below ``level``."""
        text, own = self._flat(e)
        return text if own >= level else f"({text})"

    def _binary(self, op: str, a: ir.Expr, b: ir.Expr) -> tuple[str, int]:
        level = self.dialect.precedence[op]
        minus = self.dialect.precedence["minus"]
        left = self._within(a, level + 1 if op in ir.COMPARISONS else level)
        right, own = self._flat(b)
        if own <= level or own == minus:  # brackets around a sign on the right, for readability
            right = f"({right})"
        return left + self._operator(op) + right, level

    def _operator(self, op: str) -> str:
        word = self.dialect.words.get(op, op)
        return word if op in ("*", "/") else f" {word} "

    @staticmethod
    def _listed(kind: str, items: list[str]) -> str:
        left, right = _BRACKETS[kind]
        return left + ", ".join(items) + ("," if kind == "tuple" and len(items) == 1 else "") + right

    # --- on several lines --------------------------------------------------------------------------------------

    def _broken(self, e: ir.Expr, room: int) -> str:
        """The expression broken at its outermost operators or arguments."""
        match e:
            case ir.Binary(op, _, _) if op not in ir.COMPARISONS:
                level = self.dialect.precedence[op]
                parts = self._operands(e, level)
                lines = [f"{o} {self._part(x, level, o, room - 2 - len(o))}".lstrip() for o, x in parts]
                return "\n".join(lines)
            case ir.Binary(op, a, b):
                level = self.dialect.precedence[op] + 1
                word = self._operator(op).strip()
                return f"{self._part(a, level, '', room)}\n{word} {self._part(b, level, '', room - 4)}"
            case ir.Unary("-", x):
                return "-" + self._part(x, self.dialect.precedence["minus"], "", room - 1)
            case ir.Call("fma", _, _):
                return self._sum(e, room)
            case ir.Call(f, args, wide):
                inner = ",\n".join(self.text(a, room - 4) for a in args)
                return f"{self._function(f, wide)}(\n{shifted(inner)}\n)"
            case ir.Listed(kind, items):
                inner = "".join(f"{self.text(x, room - 5)},\n" for x in items)
                left, right = _BRACKETS[kind]
                return f"{left}\n{shifted(inner.rstrip())}\n{right}"
        return self._flat(e)[0]

    def _sum(self, e: ir.Expr, room: int) -> str:
        """A sum of products, each rounded together with what follows: one a line."""
        lines, ends = [], ""
        while isinstance(e, ir.Call) and e.function == "fma":
            a, b, rest = e.args
            head = f"{self._function('fma', e.wide)}("
            line = f"{head}{self._flat(a)[0]}, {self._flat(b)[0]},"
            if len(line) > room:
                line = (
                    f"{head}\n" + "".join(shifted(f"{self.text(x, room - 5)},\n").rstrip(" ") for x in (a, b)).rstrip()
                )
            lines.append(line)
            e, ends = rest, ends + ")"
        return "\n".join([*lines, self.text(e, room - len(ends)) + ends])

    def _operands(self, e: ir.Expr, level: int) -> list[tuple[str, ir.Expr]]:
        """The operands of a chain of operators of one level from the left, each with the operator before it."""
        if isinstance(e, ir.Binary) and self.dialect.precedence[e.op] == level:
            return [*self._operands(e.left, level), (self._operator(e.op).strip(), e.right)]
        return [("", e)]

    def _part(self, e: ir.Expr, level: int, op: str, room: int) -> str:
        """An operand, in brackets where needed; ``op`` is the operator before it, empty for the first."""
        flat, own = self._flat(e)
        bare = own > level and own != self.dialect.precedence["minus"] if op else own >= level
        if len(flat) + 2 <= room:
            return flat if bare else f"({flat})"
        text = self._broken(e, room - 4)
        return text if bare else f"(\n{shifted(text)}\n)"


def shifted(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


def is_truth(e: ir.Expr) -> bool:
    """Whether an expression is true or false rather than a number."""
    match e:
        case ir.Binary(op, _, _):
            return op in (*ir.COMPARISONS, "&", "|", "and", "or")
        case ir.Unary("not", _) | ir.Boolean(_):
            return True
    return False
