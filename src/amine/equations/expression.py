"""Expressions: from text to SymPy through a whitelisted syntax tree, so that an untrusted model file cannot run code."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import log10

from amine.equations.ions import IONS
from amine.equations.limits import LARGEST, MAX_DEPTH, MAX_EXPONENT, MAX_NODES, MAX_TEXT, too_high, too_large
from amine.equations.own import Own
from amine.equations.singular import stable
from amine.equations.symbols import NOISE, NONE, UNIT_NAMES, Dimension, exprel, is_noise, mod, rint, symbol
from amine.errors import AmineError, did_you_mean
from amine.units import dimension_of, internal_unit, to_internal


def _same(a: Dimension | None, b: Dimension | None) -> bool:
    return a is None or b is None or a == b


def _unit(d: Dimension | None) -> str:
    return "1" if d is None else (internal_unit(d) or "1")


class _Walker:
    """Walker of a syntax tree, which returns (SymPy expression, dimension); the dimension None of a bare zero fits any other."""

    def __init__(
        self,
        where: str,
        dims: Mapping[str, Dimension | None],
        text: str,
        noise: bool = False,
        draws: list[str] | None = None,
        own: Mapping[str, Own] | None = None,
    ):
        self.where, self.dims, self.text, self.noise, self.draws = where, dims, text, noise, draws
        self.own = own or {}

    def fail(self, problem: str, **kw: str) -> AmineError:
        text = self.text.strip()
        return AmineError(f"{self.where}, in '{text if len(text) <= 200 else text[:197] + '...'}'", problem, **kw)

    def walk(self, node: ast.AST, depth: int = 0) -> tuple[Any, Dimension | None]:
        if depth > MAX_DEPTH:
            raise self.fail("the expression is nested too deeply", hint="name parts of it on separate lines")
        handler = getattr(self, "on_" + type(node).__name__, None)
        if handler is None:
            raise self.fail(
                f"'{ast.unparse(node)[:60]}' is not allowed in an equation",
                expected="numbers, names, + - * / % **, comparisons, a if c else b, and the functions "
                + ", ".join(sorted(FUNCTIONS)),
            )
        value, dim = handler(node, depth + 1)
        if value not in (sp.oo, -sp.oo) and too_large(value):  # inf may stand in min, max, clip and comparisons
            raise self.fail("a number is too large", given=ast.unparse(node)[:40], expected=f"at most {LARGEST:g}")
        return value, dim

    def on_Expression(self, n: ast.Expression, d: int) -> tuple[Any, Dimension | None]:
        return self.walk(n.body, d)

    def on_Constant(self, n: ast.Constant, d: int) -> tuple[Any, Dimension | None]:
        if isinstance(n.value, bool) or not isinstance(n.value, int | float):
            raise self.fail(f"{n.value!r} is not a number")
        try:
            finite = abs(float(n.value)) < 1e300
        except OverflowError:
            finite = False
        if not finite:
            raise self.fail("a number is too large", given=str(n.value)[:20])
        value = sp.Integer(n.value) if isinstance(n.value, int) else sp.Float(repr(n.value), 17)
        if isinstance(n.value, float) and n.value.is_integer() and abs(n.value) < 1e9:
            value = sp.Integer(int(n.value))
        return value, (None if n.value == 0 else NONE)

    def on_Name(self, n: ast.Name, d: int) -> tuple[Any, Dimension | None]:
        if n.id in self.dims:
            return symbol(n.id), self.dims[n.id]
        if is_noise(n.id) and self.noise:
            return symbol(n.id), NOISE
        if is_noise(n.id):
            raise self.fail(f"the noise '{n.id}' has no value here", hint="white noise belongs into dx/dt = ...")
        if n.id in UNIT_NAMES:
            factor = to_internal(f"1 {n.id}", n.id, self.where)
            return _number(float(factor)), dimension_of(n.id)
        if n.id in NUMBERS:
            return NUMBERS[n.id], NONE
        raise self.fail(f"'{n.id}' is not known", hint=did_you_mean(n.id, [*self.dims, *FUNCTIONS]))

    def on_UnaryOp(self, n: ast.UnaryOp, d: int) -> tuple[Any, Dimension | None]:
        x, dim = self.walk(n.operand, d)
        if isinstance(n.op, ast.Not):
            return sp.Not(self.condition(x)), NONE
        if isinstance(n.op, ast.USub):
            return -self.number(x), dim
        if isinstance(n.op, ast.UAdd):
            return self.number(x), dim
        raise self.fail("this operator is not allowed", given=ast.unparse(n)[:60])

    def on_IfExp(self, n: ast.IfExp, d: int) -> tuple[Any, Dimension | None]:
        c, (a, da), (b, db) = self.condition(self.walk(n.test, d)[0]), self.walk(n.body, d), self.walk(n.orelse, d)
        if not _same(da, db):
            given = f"{_unit(da)} and {_unit(db)}"
            raise self.fail(f"both cases of '{ast.unparse(n)[:60]}' differ in dimension", given=given)
        return _where(c, self.number(a), self.number(b)), (db if da is None else da)

    def number(self, x: object) -> Any:
        if _is_condition(x):
            raise self.fail(
                "a comparison stands where a number is needed", hint="use int(condition), or a if condition else b"
            )
        return x

    def condition(self, x: object) -> Any:
        if not _is_condition(x):
            raise self.fail("a number stands where a condition is needed", expected="a comparison such as v > V_th")
        return x

    def on_BinOp(self, n: ast.BinOp, d: int) -> tuple[Any, Dimension | None]:
        if isinstance(n.op, ast.BitAnd | ast.BitOr):
            word = "and" if isinstance(n.op, ast.BitAnd) else "or"
            raise self.fail("this operator is not allowed", given=ast.unparse(n)[:60], hint=f"write '{word}'")
        (a, da), (b, db) = self.walk(n.left, d), self.walk(n.right, d)
        a, b = self.number(a), self.number(b)
        if isinstance(n.op, ast.Add | ast.Sub):
            if not _same(da, db):
                raise self.fail(
                    f"'{ast.unparse(n)[:80]}' adds quantities of different dimension",
                    given=f"{_unit(da)} and {_unit(db)}",
                    hint="check the units of its parts",
                )
            return (a + b if isinstance(n.op, ast.Add) else a - b), (db if da is None else da)
        if isinstance(n.op, ast.Mod):
            return self.remainder(a, da, b, db, n)
        if isinstance(n.op, ast.Mult):
            return a * b, tuple(x + y for x, y in zip(da or NONE, db or NONE, strict=True))
        if isinstance(n.op, ast.Div):
            if b == 0:
                raise self.fail(f"'{ast.unparse(n)[:60]}' divides by zero")
            return a / b, tuple(x - y for x, y in zip(da or NONE, db or NONE, strict=True))
        if isinstance(n.op, ast.Pow):
            return self.power(a, da, b, db, n)
        raise self.fail("this operator is not allowed", given=ast.unparse(n)[:60], expected="+ - * / % **")

    def remainder(
        self, a: sp.Expr, da: Dimension | None, b: sp.Expr, db: Dimension | None, n: ast.AST
    ) -> tuple[Any, Any]:
        if not _same(da, db):
            given = f"{_unit(da)} and {_unit(db)}"
            raise self.fail(f"the parts of the remainder '{ast.unparse(n)[:60]}' differ in dimension", given=given)
        if b == 0:
            raise self.fail(f"'{ast.unparse(n)[:60]}' divides by zero")
        return mod(a, b), (db if da is None else da)

    def power(self, a: sp.Expr, da: Dimension | None, b: sp.Expr, db: Dimension | None, n: ast.AST) -> tuple[Any, Any]:
        if not _same(db, NONE):
            raise self.fail("an exponent has a dimension", given=_unit(db), expected="a pure number")
        if a == 0 and b.is_number and float(b) < 0:
            raise self.fail(f"'{ast.unparse(n)[:60]}' divides by zero")
        if too_high(a, b):
            raise self.fail(
                "a power is too large", given=ast.unparse(n)[:40], expected=f"exponents up to {MAX_EXPONENT}"
            )
        if da in (None, NONE):
            return a**b, NONE
        if not b.is_number:
            raise self.fail("a quantity with a unit has an exponent that is not a number", given=str(b)[:40])
        power = Fraction(float(b)).limit_denominator(12)
        return a**b, tuple(power * x for x in da or NONE)

    def on_Compare(self, n: ast.Compare, d: int) -> tuple[Any, Dimension | None]:
        sides = [self.walk(x, d) for x in (n.left, *n.comparators)]
        parts = []
        for op, (a, da), (b, db) in zip(n.ops, sides, sides[1:], strict=False):
            if type(op) not in _RELATIONS:
                raise self.fail(
                    "this comparison is not allowed", given=ast.unparse(n)[:60], expected="one of > >= < <= == !="
                )
            if not _same(da, db):
                raise self.fail("quantities of different dimension are compared", given=f"{_unit(da)} and {_unit(db)}")
            parts.append(_RELATIONS[type(op)](self.number(a), self.number(b)))
        return (parts[0] if len(parts) == 1 else sp.And(*parts)), NONE

    def on_BoolOp(self, n: ast.BoolOp, d: int) -> tuple[Any, Dimension | None]:
        parts = [self.condition(self.walk(v, d)[0]) for v in n.values]
        return (sp.And if isinstance(n.op, ast.And) else sp.Or)(*parts), NONE

    def ions(
        self, name: str, parts: list[tuple[sp.Expr, Dimension | None]], n: ast.Call
    ) -> tuple[Any, Dimension | None]:
        make, units, unit = IONS[name]
        for (_, dim), wanted in zip(parts, units, strict=True):
            if not _same(dim, dimension_of(wanted)):
                raise self.fail(
                    f"an argument of {name}() has the wrong dimension",
                    given=_unit(dim),
                    expected=", ".join(units),
                )
        value = make(*[x for x, _ in parts])
        if value.has(sp.zoo, sp.nan, sp.oo) or not _is_real(value):
            raise self.fail(f"'{ast.unparse(n)[:60]}' is not a finite real number")
        return value, dimension_of(unit)

    def own_function(self, name: str, n: ast.Call, d: int) -> tuple[Any, Dimension | None]:
        """The value of a function that the model defines."""
        f = self.own[name]
        if n.keywords or len(n.args) != len(f.arguments):
            raise self.fail(f"function '{name}' takes {len(f.arguments)} argument(s)", given=str(len(n.args)))
        parts = [self.walk(a, d) for a in n.args]
        for (argument, wanted), (_, dim) in zip(f.arguments, parts, strict=True):
            if not _same(dim, wanted):
                problem = f"argument '{argument}' of {name}() has the wrong dimension"
                raise self.fail(problem, given=_unit(dim), expected=_unit(wanted))
        return f(*[self.number(x) for x, _ in parts]), f.dimension

    def draw(self, name: str, n: ast.Call) -> tuple[Any, Dimension | None]:
        """The symbol of a random number, one for each place in the text."""
        if n.args or n.keywords:
            raise self.fail(f"{name}() takes no arguments", given=ast.unparse(n)[:40])
        if self.draws is None:
            raise self.fail(
                f"{name}() has no value here", hint="random numbers belong into neurons, receptors and what spikes do"
            )
        self.draws.append(f"_{name}_{len(self.draws)}")
        return symbol(self.draws[-1]), NONE

    def on_Call(self, n: ast.Call, d: int) -> tuple[Any, Dimension | None]:
        if isinstance(n.func, ast.Name) and n.func.id in DRAWS:
            return self.draw(n.func.id, n)
        if isinstance(n.func, ast.Name) and n.func.id in self.own:
            return self.own_function(n.func.id, n, d)
        if not isinstance(n.func, ast.Name) or n.func.id not in FUNCTIONS:
            name = ast.unparse(n.func)[:40]
            raise self.fail(f"function '{name}' is not known", hint=did_you_mean(name, [*FUNCTIONS, *DRAWS, *self.own]))
        make, arity, rule = FUNCTIONS[n.func.id]
        if n.keywords or len(n.args) != arity:
            raise self.fail(f"function '{n.func.id}' takes {arity} argument(s)", given=str(len(n.args)))
        parts = [self.walk(a, d) for a in n.args]
        if rule == "where":
            parts = [(self.condition(parts[0][0]), NONE), *[(self.number(x), u) for x, u in parts[1:]]]
            dims = [u for _, u in parts[1:]] or [NONE]
        else:
            parts = [(self.number(x), u) for x, u in parts]
            dims = [u for _, u in parts]
            if n.func.id in ("exp", "sinh", "cosh", "exprel") and parts[0][0].is_number and parts[0][0] > 690:
                raise self.fail("a number is too large", given=ast.unparse(n)[:40], expected=f"at most {LARGEST:g}")
        if rule in IONS:
            return self.ions(rule, parts, n)
        known = [u for u in dims if u is not None]
        if rule == "pure" and any(u != NONE for u in known):
            raise self.fail(
                f"the argument of {n.func.id}() has a dimension",
                given=_unit(known[0]),
                expected="a pure number",
                hint="divide it by a quantity of the same unit",
            )
        if any(u != known[0] for u in known[1:]):
            raise self.fail(
                f"the arguments of {n.func.id}() differ in dimension", given=" and ".join(map(_unit, known))
            )
        value = make(*[x for x, _ in parts])
        if value.has(sp.zoo, sp.nan, sp.oo) or not _is_real(value):
            raise self.fail(f"'{ast.unparse(n)[:60]}' is not a finite real number")
        out = {"pure": NONE, "one": NONE, "root": known and tuple(Fraction(1, 2) * x for x in known[0])}
        return value, (out[rule] if rule in out and known else known[0] if known else None)


def _is_condition(x: object) -> bool:
    """True for comparisons and their combinations; a plain symbol counts as a number (SymPy allows both)."""
    return isinstance(
        x, sp.core.relational.Relational | sp.logic.boolalg.BooleanFunction | sp.logic.boolalg.BooleanAtom
    )


def _is_real(x: sp.Basic) -> bool:
    return not x.has(sp.I) and not (x.is_number and x.is_extended_real is False)


def _number(x: float) -> Any:
    return sp.Integer(int(x)) if x.is_integer() else sp.Float(repr(x), 17)


def _where(c: sp.Expr, a: sp.Expr, b: sp.Expr) -> Any:
    return sp.Piecewise((a, c), (b, True))


_RELATIONS: dict[type, Any] = {
    **{ast.Gt: sp.Gt, ast.Lt: sp.Lt, ast.GtE: sp.Ge, ast.LtE: sp.Le},
    **{ast.Eq: sp.Eq, ast.NotEq: sp.Ne},
}
NUMBERS: dict[str, Any] = {"pi": sp.Float(repr(math.pi), 17), "inf": sp.oo}
DRAWS = ("rand", "randn")  # random numbers: uniform between 0 and 1, standard normal
FUNCTIONS: dict[str, tuple[Any, int, str]] = {
    **{f: (getattr(sp, f), 1, "pure") for f in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh")},
    "exprel": (exprel, 1, "pure"),
    "log10": (log10, 1, "pure"),
    **{f"arc{f}": (getattr(sp, f"a{f}"), 1, "pure") for f in ("sin", "cos", "tan")},
    "arctan2": (sp.atan2, 2, "one"),
    "sqrt": (sp.sqrt, 1, "root"),
    "abs": (sp.Abs, 1, "keep"),
    "sign": (sp.sign, 1, "one"),
    "floor": (sp.floor, 1, "pure"),
    "ceil": (sp.ceiling, 1, "pure"),
    "round": (rint, 1, "pure"),
    "min": (sp.Min, 2, "keep"),
    "max": (sp.Max, 2, "keep"),
    "clip": (lambda x, a, b: sp.Min(sp.Max(x, a), b), 3, "keep"),
    "where": (_where, 3, "where"),
    "int": (lambda c: _where(c, sp.S.One, sp.S.Zero), 1, "where"),
    **{name: (make, len(units), name) for name, (make, units, _) in IONS.items()},
}


def parse_expression(
    text: str,
    dims: Mapping[str, Dimension | None],
    where: str,
    expected: Dimension | None = None,
    condition: bool = False,
) -> Any:
    """An expression as SymPy without removable singularities.

    Parameters
    ----------
    text : the expression. dims : dimension of each name it may use; None: unchecked. where : place named in errors.
    expected : its dimension; None: any. condition : whether it must be a comparison.

    Raises
    ------
    AmineError
        The text is not such an expression, a name is not known, or dimensions do not match.
    """
    return stable(parse_raw(text, dims, where, expected, condition), where)


def parse_raw(
    text: str,
    dims: Mapping[str, Dimension | None],
    where: str,
    expected: Dimension | None = None,
    condition: bool = False,
    noise: bool = False,
    draws: list[str] | None = None,
    own: Mapping[str, Own] | None = None,
) -> Any:
    """An expression as written, before named subexpressions are substituted and removable singularities removed.

    ``noise`` allows white noise: ``xi``, ``xi_1`` and so on. ``draws`` allows ``rand()`` and ``randn()``, whose symbols are added to it;
    ``own`` are functions that the model defines. Other arguments as of :func:`parse_expression`.
    """
    walker = _Walker(where, dims, text, noise, draws, own)
    if len(text) > MAX_TEXT:
        raise AmineError(
            where, "the equation is too long", given=f"{len(text)} characters", expected=f"at most {MAX_TEXT}"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        raise walker.fail("this is not an expression", hint="check brackets and operators") from e
    nodes = sum(1 for n in ast.walk(tree) if isinstance(n, ast.expr))
    if nodes > MAX_NODES:
        raise walker.fail("the expression is too long", given=f"{nodes} parts", expected=f"at most {MAX_NODES}")
    try:
        value, dim = walker.walk(tree)
    except AmineError:
        raise
    except (ArithmeticError, TypeError, ValueError, RecursionError, AttributeError) as e:
        raise walker.fail("this expression has no finite real value", given=str(e)[:60]) from e
    if condition:
        return walker.condition(value)
    value = walker.number(value)
    if value.has(sp.zoo, sp.nan, sp.oo) or not _is_real(value):
        hint = "inf may stand in min, max, clip and comparisons" if value.has(sp.oo) else ""
        raise walker.fail("this expression has no finite real value", hint=hint)
    if expected is not None and not _same(dim, expected):
        raise walker.fail("the right-hand side has the wrong dimension", given=_unit(dim), expected=_unit(expected))
    return value
