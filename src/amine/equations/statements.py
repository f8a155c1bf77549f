"""Statements of models: a table of keywords with their readers and scopes, and the parser of whole models."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import sympy as sp

from amine.equations.assigned import assigned, at_start
from amine.equations.expression import DRAWS, FUNCTIONS, parse_raw
from amine.equations.given import LAST_SPIKE
from amine.equations.limits import MAX_LINES, MAX_STATES, require_small
from amine.equations.noise import noises_of, refuse_nonlinear
from amine.equations.own import Own, dimensions, header, table
from amine.equations.symbols import (
    NONE,
    TIME,
    Dimension,
    exprel,
    is_noise,
    is_reserved,
    names_of,
    symbol,
)
from amine.equations.system import Equations, Happening, order_of, refuse_loops
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass
from amine.units import dimension_of

HELD = re.compile(r"^([A-Za-z_]\w*)$")  # a state that only events change
EVENT = re.compile(r"^([A-Za-z_]\w*)\s+(?![-+*]?=[^=])([^:]+?)\s*(?::\s*(.+))?$", re.S)
STATE = re.compile(r"^d\s*([A-Za-z_]\w*)\s*/\s*dt\s*=\s*(.+)$", re.S)
ASSIGN = re.compile(r"^([A-Za-z_]\w*)\s*([-+*]?=)\s*(?!=)(.+)$", re.S)
CHOICES = ("exponential_euler", "rk4", "euler_maruyama")  # methods that a model may ask for
PER_TIME = tuple(-x for x in TIME)


@dataclass
class _Model:
    """State of the parser: names and dimensions of a model, and the statements read so far."""

    where: str
    dims: Mapping[str, Dimension]
    states: set[str]
    given: set[str]  # names from outside the model, such as I and v
    flow: Dimension  # dimension of the current
    draws: list[str] | None = None  # random numbers read so far; None where there are none
    own: Mapping[str, Own] = field(default_factory=dict)  # functions that the model defines
    values: dict[str, Any] = field(default_factory=dict)
    acts: dict[str, list[tuple[str, Any]]] = field(
        default_factory=lambda: {"reset": [], "on spike": [], "after spike": []}
    )
    initial: dict[str, Any] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, Any, list[tuple[str, Any]]]] = field(default_factory=list)  # name, condition, acts

    def expression(self, text: str, want: Dimension | None = None, condition: bool = False, **more: Dimension) -> Any:
        """An expression of the dimension ``want``, or a condition; ``more`` are dimensions of further names."""
        return parse_raw(text, {**self.dims, **more}, self.where, want, condition, draws=self.draws, own=self.own)

    def once(self, key: str, value: object) -> None:
        """Stores the value of a statement that may occur once."""
        if key in self.values:
            raise AmineError(self.where, f"'{key}' is given twice", hint="keep one")
        self.values[key] = value

    def target(self, key: str, rest: str, names: set[str], example: str) -> tuple[str, str, str]:
        """(state, operator, expression) of an assignment to one of ``names``."""
        m = ASSIGN.match(rest)
        if not m or m.group(1) not in names:
            hint = did_you_mean(m.group(1), self.states) if m else example
            if m and m.group(1) in self.dims and m.group(1) not in self.given:
                hint = f"a state that only events change is declared by '{m.group(1)} : unit', with 'initial {m.group(1)} = ...'"
            raise AmineError(f"{self.where}, in '{key} {rest}'", "this does not set a state of the model", hint=hint)
        return m.group(1), m.group(2), m.group(3)


def _threshold(model: _Model, key: str, rest: str) -> None:
    model.once(key, model.expression(rest, condition=True))


def _hazard(model: _Model, key: str, rest: str) -> None:
    """Reads the rate of spikes of an escape process, which is constant within a step."""
    rate = model.expression(rest, PER_TIME)
    draw, expected = model.expression("rand()"), rate * symbol("dt")
    model.once("threshold", sp.Lt(draw, expected * exprel(-expected)))  # 1 - exp(-expected) without cancellation


def _acts(model: _Model, key: str, rest: str) -> None:
    """Reads ``v = V_r`` or ``w += b``, the update of a state at a spike."""
    name, op, text = model.target(key, rest, model.states | ({"v"} & model.given), "write it as v = V_r or w += b")
    own, more = model.dims[name], {}
    if key == "on spike":
        more["w"] = model.dims.get("w", own)
    if key == "after spike":
        more["payload"] = NONE
    value = model.expression(text, own if op != "*=" else NONE, **more)
    s = symbol(name)
    model.acts[key].append((name, {"=": value, "+=": s + value, "-=": s - value, "*=": s * value}[op]))


def _event(model: _Model, key: str, rest: str) -> None:
    """Reads ``burst v > V_b : w += b``, or a further assignment of the last event."""
    if m := EVENT.match(rest):
        condition = model.expression(m.group(2), condition=True)
        model.events.append((m.group(1), condition, [(m.group(1), symbol(m.group(1)) + 1)]))
        rest = (m.group(3) or "").strip()
    if rest:
        model.acts["event"] = model.events[-1][2] if model.events else []
        _acts(model, key, rest)


def _initial(model: _Model, key: str, rest: str) -> None:
    name, _, text = model.target(key, rest, model.states, "")
    model.initial[name] = model.expression(text, model.dims[name])


def _refractory(model: _Model, key: str, rest: str) -> None:
    """Reads ``t_ref hold v``: a time, or a condition that ends it, and the states clamped during it."""
    body, _, held = rest.partition(" hold ")
    hold = tuple(h.strip() for h in held.split(",") if h.strip())
    for h in hold:
        if h not in model.states:
            hint = did_you_mean(h, model.states)
            raise AmineError(f"{model.where}, in '{key} {rest}'", f"'{h}' is not a state", hint=hint)
    if {"refractory", "waiting"} & set(model.values):
        hint = "combine them, such as 'refractory v > V_th or t - lastspike < t_ref'"
        raise AmineError(model.where, "'refractory' is given twice", hint=hint)
    if is_condition(body):
        model.once("waiting", model.expression(body, condition=True))
    else:
        model.once(key, model.expression(body, TIME))
    model.values["hold"] = hold


def is_condition(text: str) -> bool:
    """Whether a text is a comparison or a combination of some rather than a number."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # the parser reports it better
    negated = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    return negated or isinstance(tree, ast.Compare | ast.BoolOp)


def _current(model: _Model, key: str, rest: str) -> None:
    model.once(key, model.expression(rest, model.flow))


def _payload(model: _Model, key: str, rest: str) -> None:
    model.once(key, model.expression(rest, NONE))


def _ion(model: _Model, key: str, rest: str) -> None:
    model.once(key, rest.strip())


def _method(model: _Model, key: str, rest: str) -> None:
    """Reads ``v exponential_euler``, the integration method requested for a state."""
    name, _, method = rest.partition(" ")
    place, method = f"{model.where}, in '{key} {rest}'", method.strip()
    if name not in model.states:
        raise AmineError(place, f"'{name}' is not a state", hint=did_you_mean(name, model.states))
    if method not in CHOICES:
        raise AmineError(place, f"'{method}' is not a method that can be chosen", hint=did_you_mean(method, CHOICES))
    model.methods[name] = method


def _declared(model: _Model, key: str, rest: str) -> None:
    """Reads nothing: the statement was read with the declarations."""


@dataclass(frozen=True)
class Statement:
    """A kind of statement: its reader, the names it may use besides parameters, and the kinds of model that have it.

    ``names`` are of the classes state, input (of synapses), given (by the cell: ``v`` of a receptor, variables of channels), drive
    (``I`` of a neuron), time (``t``), step (``dt``), last (``lastspike``), draw (``rand()``) and noise (``xi``). A named subexpression may stand wherever all its names may.
    """

    read: Callable[[_Model, str, str], None]
    names: frozenset[str]
    kinds: frozenset[str]


def _of(read: Callable[[_Model, str, str], None], names: str, kinds: str) -> Statement:
    return Statement(read, frozenset(names.split()), frozenset(kinds.split()))


_CLASSES = {
    "state": "states",
    "input": "inputs",
    "given": "variables of the cell (v, T)",
    "drive": "the total input I",
    "time": "the time t",
    "step": "the time step dt",
    "last": "lastspike",
    "draw": "rand() and randn()",
    "noise": "noise xi",
}
#: keyword -> statement
STATEMENTS: dict[str, Statement] = {
    "threshold": _of(_threshold, "state time step last draw", "neuron"),
    "event": _of(_event, "state time step last draw", "neuron"),
    "hazard": _of(_hazard, "state time step last draw", "neuron"),
    "reset": _of(_acts, "state time step last draw", "neuron"),
    "refractory": _of(_refractory, "state time step last draw", "neuron"),
    "initial": _of(_initial, "state given draw", "neuron receptor release channel cleft"),
    "on spike": _of(_acts, "state given", "receptor release cleft"),
    "after spike": _of(_acts, "state", "release"),
    "current": _of(_current, "state input given time step draw", "receptor channel"),
    "payload": _of(_payload, "state", "release"),
    "ion": _of(_ion, "", "channel"),
    "input": _of(_declared, "", "neuron receptor"),
    "mass": _of(_declared, "", "receptor"),
    "impulse": _of(_declared, "", "receptor"),
    "quanta": _of(_declared, "", "release"),
    "function": _of(_declared, "", "neuron receptor release channel cleft"),
    "table": _of(_declared, "", "neuron receptor release channel cleft"),
    "method": _of(_method, "", "neuron receptor channel"),
    "voltage": _of(_declared, "", "neuron"),
}
INPUTS = ("input", "mass", "impulse")
_CLOCKS = {"neuron": ("dt", LAST_SPIKE), "receptor": ("dt",)}  # further times that a kind of model knows
_BREAK = re.compile(r"\s{2,}(?=(?:" + "|".join(STATEMENTS) + r")\b)")


def split_statements(text: str) -> list[tuple[str, str]]:
    """Splits equation text into (keyword, rest); keyword is "" for ``x = ...`` and ``dx/dt = ...``."""
    found: list[tuple[str, str]] = []
    for raw in text.splitlines():
        line = _BREAK.sub("\n", raw.split("#", 1)[0].strip())
        for piece in (p.strip() for part in line.splitlines() for p in part.split(";")):
            if not piece:
                continue
            key = next((k for k in STATEMENTS if re.match(k.replace(" ", r"\s+") + r"\b(?!\s*[=/])", piece)), "")
            rest = re.sub("^" + key.replace(" ", r"\s+"), "", piece).strip() if key else piece
            follows = found and found[-1][0] in ("reset", "event", "on spike", "after spike") and not key
            if follows and ":" not in piece and ASSIGN.match(piece) and not STATE.match(piece):
                key = found[-1][0]
            found.append((key, rest))
    return found


def parse_equations(
    text: str, parameters: Mapping[str, str], where: str, extra: Mapping[str, str], current: str = "pA", kind: str = ""
) -> Equations:
    """Parses a whole model.

    Parameters
    ----------
    text : equations in the notation of the documentation.
    parameters : unit of each parameter.
    where : place named in errors.
    extra : units of names from outside the model, such as ``{"I": "pA", "v": "mV"}``.
    current : unit of the ``current`` statement.
    kind : kind of model, which decides the statements it may have; empty: all.

    Raises
    ------
    AmineError
        A line is not a statement, a name or function is not known, a dimension is wrong, a name has no value where it
        stands, or named subexpressions form an algebraic loop.
    """
    if not isinstance(text, str):
        raise AmineError(where, "equations must be text", given=type(text).__name__)
    lines = split_statements(text)
    _refuse_long(lines, where)
    _refuse_strange(lines, kind, where)
    states, named_text = _declarations(lines, where)
    moved = assigned(text, parameters) if kind == "neuron" else ()
    states |= {_unique(n, states, named_text, where): ("0", parameters[n]) for n in moved}
    parameters = {at_start(n) if n in moved else n: u for n, u in parameters.items()}
    inputs = {n: u for k, rest in lines if k in INPUTS for n, u in [_split_unit(rest, where)]}
    dims = _dimensions({**extra, **parameters, **inputs}, {**states, **named_text}, set(states), set(extra), where)
    dims |= dict.fromkeys(_CLOCKS.get(kind, ()), TIME)
    draws: list[str] | None = [] if kind in ("neuron", "receptor", "") else None
    own = _functions(lines, dims, where)
    rhs, named = _expressions(states, named_text, dims, where, draws, own)
    model = _Model(where, dims, set(states), set(extra), dimension_of(current), draws, own)
    for key, rest in lines:
        if key:
            STATEMENTS[key].read(model, key, rest)
    model.initial = {n: symbol(at_start(n)) for n in moved if n not in model.initial} | model.initial
    eq = Equations(
        where,
        {s: u for s, (_, u) in states.items()},
        rhs,
        named,
        {n: u for n, (_, u) in named_text.items()},
        dict(parameters),
        **model.values,
        reset=tuple(model.acts["reset"]),
        on_spike=tuple(model.acts["on spike"]),
        after_spike=tuple(model.acts["after spike"]),
        initial=model.initial,
        methods=model.methods,
        happenings=tuple(Happening(n, c, tuple(acts)) for n, c, acts in model.events),
        inputs=inputs,
        masses=_named_by("mass", lines),
        impulses=_named_by("impulse", lines),
        draws=tuple(draws or ()),
    )
    classes = dict.fromkeys(extra, "drive" if kind == "neuron" else "given")
    classes |= dict.fromkeys(inputs, "input") | dict.fromkeys(states, "state")
    classes |= {"t": "time", "dt": "step", LAST_SPIKE: "last"} | dict.fromkeys(draws or (), "draw")
    _check_scopes(eq, classes)
    order_of(eq.initial, "the initial values", where)
    return _with_voltage(eq, [rest.strip() for key, rest in lines if key == "voltage"], where)


def _with_voltage(eq: Equations, declared: list[str], where: str) -> Equations:
    """The equations with the state that is declared as the voltage under the name by which all others read it."""
    if not declared:
        return eq
    place = f"{where}, in 'voltage {declared[0][:40]}'"
    if len(declared) > 1:
        raise AmineError(place, "'voltage' is given twice", hint="keep one")
    if declared[0] not in eq.states:
        raise AmineError(place, "this is no state of the model", hint=did_you_mean(declared[0], eq.states))
    if declared[0] != "v" and "v" in {*eq.states, *eq.parameters, *eq.named, *eq.inputs}:
        raise AmineError(place, "'v' is the name by which receptors read the voltage", hint="rename the other v")
    return eq.called({declared[0]: "v"})


def _refuse_long(lines: list[tuple[str, str]], where: str) -> None:
    if len(lines) > MAX_LINES or sum(not key and STATE.match(rest) is not None for key, rest in lines) > MAX_STATES:
        raise AmineError(
            where,
            "the model is too long",
            given=f"{len(lines)} lines",
            expected=f"at most {MAX_LINES}, {MAX_STATES} states",
        )


def _refuse_strange(lines: list[tuple[str, str]], kind: str, where: str) -> None:
    for key, rest in lines:
        if key and kind and kind not in STATEMENTS[key].kinds:
            mine = ", ".join(k for k, x in STATEMENTS.items() if kind in x.kinds)
            raise AmineError(f"{where}, in '{key} {rest}'", f"a {kind} has no statement '{key}'", expected=mine)


def _check_scopes(eq: Equations, classes: Mapping[str, str]) -> None:
    """Raises AmineError for names that have no value where they stand, noise that is not added, and quotients without a stable form."""
    written = {**{f"d{s}/dt": e for s, e in eq.rhs.items()}, **eq.named}
    if any(noises_of(e) for e in written.values()):
        for n, e in written.items():
            refuse_nonlinear(eq.expand(e), f"{eq.where}, in '{n}'")
    for e in eq.rhs.values():
        eq.expand(e)  # raises where a quotient has no stable form
    for key, e in eq.events:
        allowed = STATEMENTS[key].names
        for name in sorted(names_of(eq.expand(e))):
            found = "noise" if is_noise(name) else classes.get(name)
            if found is not None and found not in allowed:
                raise AmineError(
                    f"{eq.where}, in '{key}'",
                    f"'{name}' has no value there",
                    expected="parameters" + "".join(f", {_CLASSES[c]}" for c in _CLASSES if c in allowed),
                    hint="white noise belongs into dx/dt = ..." if found == "noise" else "make it a state of the model",
                )


def _expressions(
    states: Mapping[str, tuple[str, str]],
    named_text: Mapping[str, tuple[str, str]],
    dims: Mapping[str, Dimension],
    where: str,
    draws: list[str] | None,
    own: Mapping[str, Own],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Time derivatives of the states, and the named subexpressions, as SymPy."""
    rhs = {
        s: parse_raw(
            e,
            dims,
            where,
            tuple(a + b for a, b in zip(dims[s], PER_TIME, strict=True)),
            noise=True,
            draws=draws,
            own=own,
        )
        for s, (e, _) in states.items()
    }
    named = {
        n: parse_raw(e, dims, where, dims[n], noise=True, draws=draws, own=own) for n, (e, _) in named_text.items()
    }
    refuse_loops(named, where)
    require_small(named, {f"d{s}/dt": e for s, e in rhs.items()}, where)
    return rhs, named


def _functions(lines: list[tuple[str, str]], dims: Mapping[str, Dimension], where: str) -> dict[str, Own]:
    """Functions that the model defines, in the order of the text; each may call those before it."""
    own: dict[str, Own] = {}
    for key, rest in lines:
        if key not in ("function", "table"):
            continue
        h = header(key, rest, where)
        for name, unit in ((h.name, h.unit), *h.arguments):
            named_dimension(unit, where, name)
        if h.name in dims or h.name in own or h.name in FUNCTIONS or h.name in DRAWS or is_reserved(h.name):
            raise AmineError(where, f"the name of the function '{h.name}' is taken or reserved", hint="choose another")
        if key == "table":
            own[h.name] = table(h, where)
            continue
        mine, result = dimensions(h.arguments), tuple(dimension_of(h.unit))
        value = parse_raw(h.body, {**dims, **mine}, where, result, own=own)
        own[h.name] = Own(tuple(mine.items()), result, value)
    return own


def _named_by(key: str, lines: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(rest.split(":")[0].strip() for k, rest in lines if k == key)


def _dimensions(
    given: Mapping[str, str], own: Mapping[str, tuple[str, str]], states: set[str], extra: set[str], where: str
) -> dict[str, Dimension]:
    """Dimension of every name that expressions may use."""
    dims: dict[str, Dimension] = {}
    for name, unit in [*given.items(), *((n, u) for n, (_, u) in own.items())]:
        if name in dims and name not in extra:
            raise AmineError(where, f"'{name}' is defined twice", hint="rename one of them")
        if name in FUNCTIONS or name in DRAWS or is_noise(name) or is_reserved(name, states):
            raise AmineError(where, f"{name!r} is a reserved or invalid name", hint="choose another")
        dims[name] = named_dimension(unit, where, name)
    return {**dims, "t": TIME}


def named_dimension(unit: str, where: str, name: str) -> Dimension:
    """The dimension of the unit of ``name``."""
    try:
        return tuple(dimension_of(unit))
    except AmineError as e:
        raise AmineError(
            f"{where}, '{name}'",
            "the unit is not known",
            given=f"'{unit}'",
            hint="use a unit such as mV, ms, nS, pA, pF, uM or 1",
        ) from e


def _split_unit(rest: str, where: str) -> tuple[str, str]:
    body, colon, unit = rest.rpartition(":")
    if not colon:
        raise AmineError(f"{where}, in '{rest}'", "the unit is missing", hint="end the line with ' : mV' or the like")
    return body.strip(), unit.strip()


def _declarations(lines: list[tuple[str, str]], where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(right-hand side, unit) of the states, and of the named subexpressions."""
    states: dict[str, tuple[str, str]] = {}
    named: dict[str, tuple[str, str]] = {}
    for key, rest in lines:
        if key == "event" and (m := EVENT.match(rest)):
            states[_unique(m.group(1), states, named, where)] = ("0", "1")
        if key:
            continue
        if ":" not in rest and not (STATE.match(rest) or ASSIGN.match(rest)):
            raise AmineError(
                f"{where}, in '{rest[:200]}'",
                "this is not a statement",
                expected="dx/dt = ... : unit, x = ... : unit, or one of " + ", ".join(STATEMENTS),
            )
        body, unit = _split_unit(rest, where)
        if m := STATE.match(body):
            into = states
        elif m := HELD.match(body):
            states[_unique(m.group(1), states, named, where)] = ("0", unit)
            continue
        elif (m := ASSIGN.match(body)) and m.group(2) == "=":
            into = named
        else:
            raise AmineError(
                f"{where}, in '{rest}'",
                "this is not an equation",
                expected="dx/dt = ... : unit, x = ... : unit, or one of " + ", ".join(STATEMENTS),
            )
        into[_unique(m.group(1), states, named, where)] = (m.groups()[-1], unit)
    return states, named


def _unique(name: str, states: Mapping[str, object], named: Mapping[str, object], where: str) -> str:
    if name in states or name in named:
        raise AmineError(where, f"'{name}' is defined twice", hint="rename one of them")
    return name
