"""From equation text to SymPy, through a whitelisted syntax tree: a model file from a stranger can't run code."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from amine.equations.ions import IONS
from amine.errors import AmineError, did_you_mean
from amine.units import dimension_of, internal_unit, to_internal

Dimension = tuple
NONE: Dimension = (0, 0, 0, 0, 0, 0)
TIME = dimension_of("ms")
NOISE = tuple(Fraction(-1, 2) * e for e in TIME)
UNIT_NAMES = [
    "V",
    "mV",
    "uV",
    "s",
    "ms",
    "us",
    "A",
    "mA",
    "uA",
    "nA",
    "pA",
    "S",
    "mS",
    "uS",
    "nS",
    "pS",
    "F",
    "mF",
    "uF",
    "nF",
    "pF",
    "Hz",
    "kHz",
    "m",
    "cm",
    "mm",
    "um",
    "nm",
    "M",
    "mM",
    "uM",
    "nM",
    "Ohm",
    "kOhm",
    "MOhm",
    "GOhm",
    "K",
]

KEYWORDS = (
    "threshold",
    "reset",
    "refractory",
    "initial",
    "on spike",
    "after spike",
    "current",
    "payload",
    "ion",
    "input",
    "mass",
    "impulse",
    "quanta",
    "method",
)
_STATE = re.compile(r"^d\s*([A-Za-z_]\w*)\s*/\s*dt\s*=\s*(.+)$", re.S)
_ASSIGN = re.compile(r"^([A-Za-z_]\w*)\s*([-+*]?=)\s*(?!=)(.+)$", re.S)
_BREAK = re.compile(r"\s{2,}(?=(?:" + "|".join(KEYWORDS) + r")\b)")
MAX_TEXT = 20_000
MAX_DEPTH = 60


class exprel(sp.Function):
    """(exp(x) - 1)/x, which is 1 at x = 0."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x = self.args[0]
        return (sp.exp(x) - exprel(x)) / x

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sp.S.One if x == 0 else None


@dataclass(frozen=True)
class Equations:
    """A parsed model: right-hand sides as SymPy expressions in the coherent internal units.

    ``states`` maps each state to its unit; ``rhs`` gives its time derivative, in which named
    subexpressions (``named``) are not yet substituted. ``reset``, ``on_spike`` and ``after_spike`` are lists of
    assignments (name, expression) carried out in order. ``inputs`` are values that synapses set and the step reads, with
    their units; those in ``masses`` are held as whole numbers, those in ``impulses`` are for one step.
    """

    where: str
    states: Mapping[str, str]
    rhs: Mapping[str, sp.Expr]
    named: Mapping[str, sp.Expr]
    named_units: Mapping[str, str]
    parameters: Mapping[str, str]
    threshold: Any = None
    reset: tuple[tuple[str, sp.Expr], ...] = ()
    refractory: sp.Expr | None = None
    hold: tuple[str, ...] = ()
    initial: Mapping[str, sp.Expr] = field(default_factory=dict)
    on_spike: tuple[tuple[str, sp.Expr], ...] = ()
    after_spike: tuple[tuple[str, sp.Expr], ...] = ()
    current: sp.Expr | None = None
    payload: sp.Expr | None = None
    ion: str | None = None  # what the current of a channel carries
    inputs: Mapping[str, str] = field(default_factory=dict)
    masses: frozenset[str] = frozenset()
    methods: Mapping[str, str] = field(default_factory=dict)
    impulses: frozenset[str] = frozenset()

    @property
    def noises(self) -> tuple[str, ...]:
        """Names of the independent white noises (``xi``, ``xi_1`` ...), sorted."""
        found = {s.name for e in self.full_rhs.values() for s in e.free_symbols if is_noise(s.name)}
        return tuple(sorted(found))

    @property
    def full_rhs(self) -> dict[str, sp.Expr]:
        """Time derivatives with the named subexpressions put in."""
        return {s: self.expand(e) for s, e in self.rhs.items()}

    def expand(self, e: Any) -> Any:
        """``e`` with every named subexpression put in, to the bottom."""
        for _ in range(len(self.named) + 1):
            used = {s: self.named[s.name] for s in e.free_symbols if s.name in self.named}
            if not used:
                return e
            e = e.subs(used, simultaneous=True)
        return e

    def latex(self) -> str:
        """The equations as LaTeX, one line each."""
        from amine.equations.latex import latex_lines

        return "\n".join(latex_lines(self))

    @property
    def integrators(self) -> dict[str, str]:
        """How each state advances: exact, exponential_euler, rk4 or euler_maruyama."""
        from amine.equations.integrate import choose

        return choose(self.full_rhs, set(self.parameters), {"I", *self.inputs}, self.methods)


def is_noise(name: str) -> bool:
    """True for ``xi`` and ``xi_<anything>``."""
    return name == "xi" or name.startswith("xi_")


def symbol(name: str) -> sp.Symbol:
    """The real symbol that stands for a name everywhere in amine."""
    return sp.Symbol(name, real=True)


def _same(a: Dimension | None, b: Dimension | None) -> bool:
    return a is None or b is None or a == b


def _unit(d: Dimension | None) -> str:
    return "1" if d is None else (internal_unit(d) or "1")


class _Walker:
    """Turns a syntax tree into (SymPy expression, dimension); None as dimension is a bare zero, which fits all."""

    def __init__(self, where: str, dims: Mapping[str, Dimension], text: str):
        self.where, self.dims, self.text = where, dims, text

    def fail(self, problem: str, **kw: str) -> AmineError:
        return AmineError(f"{self.where}, in '{self.text.strip()}'", problem, **kw)

    def walk(self, node: ast.AST, depth: int = 0) -> tuple[Any, Dimension | None]:
        if depth > MAX_DEPTH:
            raise self.fail("the expression is nested too deeply", hint="name parts of it on lines of their own")
        handler = getattr(self, "on_" + type(node).__name__, None)
        if handler is None:
            raise self.fail(
                f"'{ast.unparse(node)[:60]}' is not allowed in an equation",
                expected="numbers, names, + - * / **, comparisons and the functions " + ", ".join(sorted(FUNCTIONS)),
            )
        return handler(node, depth + 1)

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
        if is_noise(n.id):
            return symbol(n.id), NOISE
        if n.id in UNIT_NAMES:
            factor = to_internal(f"1 {n.id}", n.id, self.where)
            return _number(float(factor)), dimension_of(n.id)
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

    def number(self, x: Any) -> Any:
        if _is_condition(x):
            raise self.fail("a comparison stands where a number is needed", hint="use where(condition, a, b)")
        return x

    def condition(self, x: Any) -> Any:
        if not _is_condition(x):
            raise self.fail("a number stands where a condition is needed", expected="a comparison such as v > V_th")
        return x

    def on_BinOp(self, n: ast.BinOp, d: int) -> tuple[Any, Dimension | None]:
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
        if isinstance(n.op, ast.Mult):
            return a * b, tuple(x + y for x, y in zip(da or NONE, db or NONE, strict=True))
        if isinstance(n.op, ast.Div):
            if b == 0:
                raise self.fail(f"'{ast.unparse(n)[:60]}' divides by zero")
            return a / b, tuple(x - y for x, y in zip(da or NONE, db or NONE, strict=True))
        if isinstance(n.op, ast.Pow):
            return self.power(a, da, b, db, n)
        raise self.fail("this operator is not allowed", given=ast.unparse(n)[:60], expected="+ - * / **")

    def power(self, a: Any, da: Dimension | None, b: Any, db: Dimension | None, n: ast.AST) -> tuple[Any, Any]:
        if not _same(db, NONE):
            raise self.fail("an exponent has a dimension", given=_unit(db), expected="a pure number")
        if da in (None, NONE):
            if b.is_number and abs(float(b)) > 64:
                raise self.fail("an exponent is too large", given=str(b)[:20], expected="64 or less")
            if a == 0 and b.is_number and float(b) < 0:
                raise self.fail(f"'{ast.unparse(n)[:60]}' divides by zero")
            return a**b, NONE
        if not b.is_number or abs(float(b)) > 64:
            raise self.fail("a quantity with a unit has an exponent that is not a small number", given=str(b)[:40])
        power = Fraction(float(b)).limit_denominator(12)
        return a**b, tuple(power * x for x in da or NONE)

    def on_Compare(self, n: ast.Compare, d: int) -> tuple[Any, Dimension | None]:
        if len(n.ops) != 1 or not isinstance(n.ops[0], ast.Gt | ast.Lt | ast.GtE | ast.LtE):
            raise self.fail("this comparison is not allowed", given=ast.unparse(n)[:60], expected="one of > >= < <=")
        (a, da), (b, db) = self.walk(n.left, d), self.walk(n.comparators[0], d)
        if not _same(da, db):
            raise self.fail("quantities of different dimension are compared", given=f"{_unit(da)} and {_unit(db)}")
        relation = {ast.Gt: sp.Gt, ast.Lt: sp.Lt, ast.GtE: sp.Ge, ast.LtE: sp.Le}[type(n.ops[0])]
        return relation(self.number(a), self.number(b)), NONE

    def on_BoolOp(self, n: ast.BoolOp, d: int) -> tuple[Any, Dimension | None]:
        parts = [self.condition(self.walk(v, d)[0]) for v in n.values]
        return (sp.And if isinstance(n.op, ast.And) else sp.Or)(*parts), NONE

    def ions(self, name: str, parts: list[Any], n: ast.Call) -> tuple[Any, Dimension | None]:
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

    def on_Call(self, n: ast.Call, d: int) -> tuple[Any, Dimension | None]:
        if not isinstance(n.func, ast.Name) or n.func.id not in FUNCTIONS:
            name = ast.unparse(n.func)[:40]
            raise self.fail(f"function '{name}' is not known", hint=did_you_mean(name, FUNCTIONS))
        make, arity, rule = FUNCTIONS[n.func.id]
        if n.keywords or len(n.args) != arity:
            raise self.fail(f"function '{n.func.id}' takes {arity} argument(s)", given=str(len(n.args)))
        parts = [self.walk(a, d) for a in n.args]
        if rule == "where":
            parts = [(self.condition(parts[0][0]), NONE), *[(self.number(x), u) for x, u in parts[1:]]]
            dims = [u for _, u in parts[1:]]
        else:
            parts = [(self.number(x), u) for x, u in parts]
            dims = [u for _, u in parts]
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


def _is_condition(x: Any) -> bool:
    """True for comparisons and what joins them; a plain symbol counts as a number (SymPy lets it be either)."""
    return isinstance(
        x, sp.core.relational.Relational | sp.logic.boolalg.BooleanFunction | sp.logic.boolalg.BooleanAtom
    )


def _is_real(x: Any) -> bool:
    return not x.has(sp.I)


def _number(x: float) -> Any:
    return sp.Integer(int(x)) if x.is_integer() else sp.Float(repr(x), 17)


def _where(c: Any, a: Any, b: Any) -> Any:
    return sp.Piecewise((a, c), (b, True))


FUNCTIONS: dict[str, tuple[Any, int, str]] = {
    **{f: (getattr(sp, f), 1, "pure") for f in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh")},
    "exprel": (exprel, 1, "pure"),
    "sqrt": (sp.sqrt, 1, "root"),
    "abs": (sp.Abs, 1, "keep"),
    "sign": (sp.sign, 1, "one"),
    "floor": (sp.floor, 1, "pure"),
    "min": (sp.Min, 2, "keep"),
    "max": (sp.Max, 2, "keep"),
    "clip": (lambda x, a, b: sp.Min(sp.Max(x, a), b), 3, "keep"),
    "where": (_where, 3, "where"),
    **{name: (make, len(units), name) for name, (make, units, _) in IONS.items()},
}


def parse_expression(
    text: str, dims: Mapping[str, Dimension], where: str, expected: Dimension | None = None, condition: bool = False
) -> Any:
    """One expression as SymPy, its dimension checked against ``expected`` (None: any)."""
    walker = _Walker(where, dims, text)
    if len(text) > MAX_TEXT:
        raise AmineError(where, "the equation is too long", given=f"{len(text)} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        raise walker.fail("this is not an expression", hint="check brackets and operators") from e
    try:
        value, dim = walker.walk(tree)
    except AmineError:
        raise
    except (ArithmeticError, TypeError, ValueError, RecursionError, AttributeError) as e:
        raise walker.fail("this expression has no finite real value", given=str(e)[:60]) from e
    if condition:
        return walker.condition(value)
    value = walker.number(value)
    if value.has(sp.zoo, sp.nan, sp.oo) or value.has(sp.I):
        raise walker.fail("this expression has no finite real value")
    if expected is not None and not _same(dim, expected):
        raise walker.fail("the right-hand side has the wrong dimension", given=_unit(dim), expected=_unit(expected))
    return value


def statements(text: str) -> list[tuple[str, str]]:
    """Splits equation text into (keyword, rest); keyword is "" for ``x = ...`` and ``dx/dt = ...``."""
    found: list[tuple[str, str]] = []
    for raw in text.splitlines():
        line = _BREAK.sub("\n", raw.split("#", 1)[0].strip())
        for piece in (p.strip() for part in line.splitlines() for p in part.split(";")):
            if not piece:
                continue
            key = next((k for k in KEYWORDS if re.match(k.replace(" ", r"\s+") + r"\b(?!\s*[=/])", piece)), "")
            rest = re.sub("^" + key.replace(" ", r"\s+"), "", piece).strip() if key else piece
            follows = found and found[-1][0] in ("reset", "on spike", "after spike") and not key
            if follows and ":" not in piece and _ASSIGN.match(piece) and not _STATE.match(piece):
                key = found[-1][0]
            found.append((key, rest))
    return found


def _split_unit(rest: str, where: str) -> tuple[str, str]:
    body, colon, unit = rest.rpartition(":")
    if not colon:
        raise AmineError(f"{where}, in '{rest}'", "the unit is missing", hint="end the line with ' : mV' or the like")
    return body.strip(), unit.strip()


def _made(name: str, states: Mapping[str, Any]) -> bool:
    """True for names that the steps of an integrator go by."""
    before, _, state = name.partition("_")
    return (
        name in ("t", "dt", "np")
        or before == ""
        or (before in ("new", "next", "half", "x2", "x3", "x4", "k1", "k2", "k3", "k4") and state in states)
        or re.fullmatch(r"[PQHKL]_\d+_\d+", name) is not None
    )


def parse_equations(
    text: str, parameters: Mapping[str, str], where: str, extra: Mapping[str, str], current: str = "pA"
) -> Equations:
    """Parses a whole model.

    Parameters
    ----------
    text : equations in the notation of the documentation.
    parameters : unit of each parameter.
    where : what the errors name.
    extra : units of names that others give, such as ``{"I": "pA", "v": "mV"}``.
    current : unit of the ``current`` statement.

    Raises
    ------
    AmineError
        On anything that is not an equation, an unknown name or function, a wrong dimension or an algebraic loop.
    """
    if not isinstance(text, str):
        raise AmineError(where, "equations must be text", given=type(text).__name__)
    lines = statements(text)
    states, named_text = _declarations(lines, where)
    inputs = {
        n.strip(): u for k, rest in lines if k in ("input", "mass", "impulse") for n, u in [_split_unit(rest, where)]
    }
    dims = {n: _dimension(u, where, n) for n, u in {**extra, **parameters, **inputs}.items()}
    dims["t"] = TIME
    for name, (_, unit) in {**states, **named_text}.items():
        if name in dims and name not in extra:
            raise AmineError(where, f"'{name}' is defined twice", hint="rename one of them")
        if name in FUNCTIONS or is_noise(name) or _made(name, states):
            raise AmineError(where, f"'{name}' is a reserved name", hint="choose another")
        dims[name] = _dimension(unit, where, name)
    per_ms = tuple(-x for x in TIME)
    rhs = {
        s: parse_expression(e, dims, where, tuple(a + b for a, b in zip(dims[s], per_ms, strict=True)))
        for s, (e, _) in states.items()
    }
    named = {n: parse_expression(e, dims, where, dims[n]) for n, (e, _) in named_text.items()}
    _no_loops(named, where)
    parts = _events(lines, dims, where, set(states), set(extra), current)
    eq = Equations(
        where,
        {s: u for s, (_, u) in states.items()},
        rhs,
        named,
        {n: u for n, (_, u) in named_text.items()},
        dict(parameters),
        **parts,
        inputs=inputs,
        masses=frozenset(rest.split(":")[0].strip() for k, rest in lines if k == "mass"),
        impulses=frozenset(rest.split(":")[0].strip() for k, rest in lines if k == "impulse"),
    )
    from amine.equations.singular import remove_singularities

    return remove_singularities(eq)


def _dimension(unit: str, where: str, name: str) -> Dimension:
    try:
        return tuple(dimension_of(unit))
    except AmineError as e:
        raise AmineError(
            f"{where}, '{name}'",
            "the unit is not known",
            given=f"'{unit}'",
            hint="use a unit such as mV, ms, nS, pA, pF, uM or 1",
        ) from e


def _declarations(lines: list[tuple[str, str]], where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    states: dict[str, tuple[str, str]] = {}
    named: dict[str, tuple[str, str]] = {}
    for key, rest in lines:
        if key:
            continue
        body, unit = _split_unit(rest, where)
        if m := _STATE.match(body):
            into = states
        elif (m := _ASSIGN.match(body)) and m.group(2) == "=":
            into = named
        else:
            raise AmineError(
                f"{where}, in '{rest}'",
                "this is not an equation",
                expected="dx/dt = ... : unit, x = ... : unit, or one of " + ", ".join(KEYWORDS),
            )
        if m.group(1) in states or m.group(1) in named:
            raise AmineError(where, f"'{m.group(1)}' is defined twice", hint="rename one of them")
        into[m.group(1)] = (m.groups()[-1], unit)
    return states, named


def _events(
    lines: list[tuple[str, str]],
    dims: Mapping[str, Dimension],
    where: str,
    states: set[str],
    extra: set[str],
    current: str,
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    many: dict[str, list[tuple[str, sp.Expr]]] = {"reset": [], "on spike": [], "after spike": []}
    initial: dict[str, sp.Expr] = {}
    methods: dict[str, str] = {}
    flow = dimension_of(current)
    for key, rest in lines:
        if key in ("input", "mass", "impulse", "quanta"):
            continue
        if key in many:
            extra_dims = dict(dims)
            m = _ASSIGN.match(rest)
            if not m or m.group(1) not in states | ({"v"} & extra):
                raise AmineError(
                    f"{where}, in '{key} {rest}'",
                    "this does not set a state of the model",
                    hint=did_you_mean(m.group(1), states) if m else "write it as v = V_r or w += b",
                )
            name, op, expr = m.groups()
            if key == "on spike":
                extra_dims["w"] = dims.get("w", dims[name])
            if key == "after spike":
                extra_dims["payload"] = NONE
            want = dims[name] if op != "*=" else NONE
            value = parse_expression(expr, extra_dims, where, want)
            s = symbol(name)
            many[key].append((name, {"=": value, "+=": s + value, "-=": s - value, "*=": s * value}[op]))
        elif key == "initial":
            m = _ASSIGN.match(rest)
            if not m or m.group(1) not in states:
                raise AmineError(
                    f"{where}, in 'initial {rest}'",
                    "this does not set a state of the model",
                    hint=did_you_mean(m.group(1), states) if m else "",
                )
            initial[m.group(1)] = parse_expression(m.group(3), dims, where, dims[m.group(1)])
        elif key == "method":
            methods |= _method(rest, where, states)
        elif key:
            name = key
            if name in out:
                raise AmineError(where, f"'{key}' is given twice", hint="keep one")
            if key == "threshold":
                out[name] = parse_expression(rest, dims, where, condition=True)
            elif key == "refractory":
                body, _, held = rest.partition(" hold ")
                out["refractory"] = parse_expression(body, dims, where, TIME)
                hold = tuple(h.strip() for h in held.split(",") if h.strip())
                for h in hold:
                    if h not in states:
                        raise AmineError(
                            f"{where}, in 'refractory {rest}'", f"'{h}' is not a state", hint=did_you_mean(h, states)
                        )
                out["hold"] = hold
            elif key == "ion":
                out[name] = rest.strip()
            else:
                out[name] = parse_expression(rest, dims, where, flow if key == "current" else NONE)
    return {
        **out,
        "reset": tuple(many["reset"]),
        "on_spike": tuple(many["on spike"]),
        "after_spike": tuple(many["after spike"]),
        "initial": initial,
        "methods": methods,
    }


def _method(rest: str, where: str, states: set[str]) -> dict[str, str]:
    """``v exponential_euler``: a method of one's own choice."""
    name, _, method = rest.partition(" ")
    place, method = f"{where}, in 'method {rest}'", method.strip()
    if name not in states:
        raise AmineError(place, f"'{name}' is not a state", hint=did_you_mean(name, states))
    known = ("exponential_euler", "rk4", "euler_maruyama")
    if method not in known:
        raise AmineError(place, f"'{method}' is not a method that can be chosen", hint=did_you_mean(method, known))
    return {name: method}


def _no_loops(named: Mapping[str, sp.Expr], where: str) -> None:
    open_, done = [], set()

    def visit(n: str) -> None:
        if n in open_:
            raise AmineError(
                where,
                "algebraic loop between " + " -> ".join([*open_[open_.index(n) :], n]),
                hint="make one of them a state with its own time constant",
            )
        if n in done:
            return
        open_.append(n)
        for s in sorted(s.name for s in named[n].free_symbols if s.name in named):
            visit(s)
        open_.pop()
        done.add(n)

    for n in named:
        visit(n)
