"""Parser of plasticity rules: states at source, target, synapse or field, updates at spikes, and bounds.

A rule is read twice: when it is defined, names of fields and of the target's variables are unresolved; when it is used at synapses,
they have units and everything is checked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

import sympy as sp

from amine.equations.expression import DRAWS, FUNCTIONS, NUMBERS, parse_raw
from amine.equations.given import is_draw
from amine.equations.limits import require_small
from amine.equations.noise import noises_of, refuse_nonlinear
from amine.equations.statements import ASSIGN, PER_TIME, STATE, named_dimension
from amine.equations.symbols import NONE, TIME, UNIT_NAMES, Dimension, is_noise, is_reserved, names_of, symbol
from amine.equations.system import Equations, refuse_loops, started
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.models.model import Model

PLACES = ("source", "target", "synapse", "field")
TRANSMIT = "transmit"
MOST_DRAWS = 1024  # places of random numbers in the events of a rule
_TRANSMITTED = re.compile(r"^transmit\s+(?![-+*]?=)(.+)$", re.S)
_ON = re.compile(r"^on\s+(pre|post)\b(?:\s+after\s+([A-Za-z_]\w*)\b)?\s*(.*)$", re.S)
_UNIT = re.compile(r"^(?P<unit>[^()]+?)\s*(?:\((?P<place>\w+)\))?\s*(?:\bin\s+(?P<low>.+?)\s*\.\.\s*(?P<high>.+?))?$")
_QUANTITY = re.compile(
    r"(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?)\s+((?:" + "|".join(sorted(UNIT_NAMES, key=len, reverse=True)) + r")\b)"
)
_SUM = re.compile(r"^([A-Za-z_]\w*)\s*=\s*sum\((.+)\)$", re.S)
_DECLARED = re.compile(r"^([A-Za-z_]\w*)$")


@dataclass(frozen=True)
class Event:
    """Updates at a spike; ``after`` names the parameter that delays them.

    In ``acts`` None stands for the transmission of the weight, the name ``transmit`` for that of a value.
    """

    after: str | None
    acts: tuple[tuple[str, Any] | None, ...]


@dataclass(frozen=True)
class RuleEquations:
    """A parsed rule, right-hand sides as SymPy expressions in the coherent units.

    ``states`` maps each state to its unit, ``places`` to source, target, synapse or field, ``bounds`` to its limits. ``rhs`` holds
    time derivatives with the named subexpressions substituted; ``pre`` and ``post`` the events. ``outside`` are the names
    that the network provides: fields and variables of the target. ``sums`` are states of the target that are sums over its synapses.
    """

    where: str
    states: Mapping[str, str]
    places: Mapping[str, str]
    rhs: Mapping[str, Any]
    bounds: Mapping[str, tuple[Any, Any]]
    parameters: Mapping[str, str]
    pre: tuple[Event, ...]
    post: tuple[Event, ...]
    initial: Mapping[str, Any]
    outside: tuple[str, ...]
    sums: Mapping[str, Any]
    shown: Equations = field(repr=False)

    def at(self, place: str) -> list[str]:
        """Names of the states at a place, in the order of the text."""
        return [s for s, p in self.places.items() if p == place]


@dataclass
class _Text:
    """The statements of a rule by kind."""

    states: dict[str, tuple[str | None, str, str]] = field(default_factory=dict)  # rhs, unit, place
    bounds: dict[str, tuple[str, str]] = field(default_factory=dict)
    named: dict[str, tuple[str, str]] = field(default_factory=dict)
    events: list[tuple[str, str | None, list[str]]] = field(default_factory=list)
    initial: dict[str, str] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)


def parse_rule(
    text: str, parameters: Mapping[str, str], where: str, outside: Mapping[str, str] | None = None, weight: str = "nS"
) -> RuleEquations:
    """Parses a rule.

    Parameters
    ----------
    text : the rule in the notation of the documentation.
    parameters : unit of each parameter; the unit ``weight`` stands for that of the synaptic weight.
    where : place named in errors.
    outside : units of the variables that the network provides; None leaves unknown names unresolved and dimensions unchecked.
    weight : unit of the synaptic weight.

    Raises
    ------
    AmineError
        The text is not a rule, a name is not known, a dimension is wrong, or an event writes a state that it does not own.
    """
    if not isinstance(text, str):
        raise AmineError(where, "a rule must be text", given=type(text).__name__)
    parts = _split(text, where)
    if "w" not in parts.states:
        raise AmineError(where, "a rule needs the weight w", hint="write 'w : weight in 0 .. w_max' or 'dw/dt = ...'")
    if parts.states["w"][2] != "synapse":
        raise AmineError(where, "the weight w belongs to the synapse", given=parts.states["w"][2])
    dims = _dimensions(parts, parameters, where, weight)
    names = _open_names(parts, dims)
    if outside is not None:
        for n in names:
            if n not in outside:
                raise AmineError(
                    where,
                    f"'{n}' is not a state, parameter, field or variable of the target",
                    hint=did_you_mean(n, [*dims, *outside]),
                )
    dims |= {n: None if outside is None else named_dimension(outside[n], where, n) for n in names}
    return _Reader(parts, dims, where, dict(parameters), tuple(names), outside is not None, weight).read()


def _split(text: str, where: str) -> _Text:
    out, event = _Text(), None
    for raw in text.splitlines():
        for piece in (p.strip() for p in raw.split("#", 1)[0].split(";")):
            if not piece:
                continue
            piece = _QUANTITY.sub(r"(\1*\2)", piece)
            if m := _ON.match(piece):
                event = (m.group(1), m.group(2), [m.group(3).strip()] if m.group(3).strip() else [])
                out.events.append(event)
            elif event is not None and (
                piece == TRANSMIT or _TRANSMITTED.match(piece) or (ASSIGN.match(piece) and ":" not in piece)
            ):
                event[2].append(piece)
            elif piece.startswith("initial "):
                event = None
                m = ASSIGN.match(piece[8:].strip())
                if not m or m.group(2) != "=":
                    raise AmineError(
                        f"{where}, in '{piece}'", "this does not set a state", hint="write it as initial x = 1"
                    )
                out.initial[m.group(1)] = m.group(3)
            else:
                event = None
                _declare(piece, out, where)
    return out


def _declare(piece: str, out: _Text, where: str) -> None:
    body, colon, rest = piece.rpartition(":")
    if not colon:
        raise AmineError(
            f"{where}, in '{piece}'",
            "this is not part of a rule",
            expected="dx/dt = ... : unit, x = ... : unit, on pre ..., on post ... or initial x = ...",
            hint="end equations with ' : nS' or the like",
        )
    body, m = body.strip(), _UNIT.match(rest.strip())
    if not m:
        raise AmineError(
            f"{where}, in '{piece}'",
            "the unit is not readable",
            given=rest.strip(),
            hint="write ' : nS (synapse) in 0 .. w_max'",
        )
    unit, place = m["unit"].strip(), m["place"] or "synapse"
    if place not in PLACES:
        raise AmineError(
            f"{where}, in '{piece}'", f"'{place}' is not a place of a state", hint=did_you_mean(place, PLACES)
        )
    if s := STATE.match(body):
        name, rhs = s.groups()
    elif s := _DECLARED.match(body):
        name, rhs = body, None
    elif s := _SUM.match(body):
        if place != "target":
            raise AmineError(f"{where}, in '{piece}'", "a sum over synapses belongs to the target", hint="add (target)")
        name, rhs = s.group(1), None
        out.sums[name] = s.group(2)
    elif (s := ASSIGN.match(body)) and s.group(2) == "=":
        _new(s.group(1), out, where)
        out.named[s.group(1)] = (s.group(3), unit)
        return
    else:
        raise AmineError(
            f"{where}, in '{piece}'", "this is not an equation", expected="dx/dt = ... : unit or x = ... : unit"
        )
    _new(name, out, where)
    out.states[name] = (rhs, unit, place)
    if m["low"]:
        out.bounds[name] = (m["low"], m["high"])


def _new(name: str, out: _Text, where: str) -> None:
    if name in out.states or name in out.named:
        raise AmineError(where, f"'{name}' is defined twice", hint="rename one of them")


def _dimensions(parts: _Text, parameters: Mapping[str, str], where: str, weight: str) -> dict[str, Any]:
    dims: dict[str, Any] = {"t": TIME}
    everything = {
        **parameters,
        **{s: u for s, (_, u, _) in parts.states.items()},
        **{n: u for n, (_, u) in parts.named.items()},
    }
    for n, u in everything.items():
        if n in parameters and (n in parts.states or n in parts.named):
            raise AmineError(where, f"'{n}' is defined twice", hint="rename one of them")
        if n in FUNCTIONS or n in DRAWS or is_noise(n) or is_reserved(n) or n == TRANSMIT:
            raise AmineError(where, f"{n!r} is a reserved or invalid name", hint="choose another")
        dims[n] = named_dimension(weight if u == "weight" else u, where, n)
    return dims


def _texts(parts: _Text) -> list[str]:
    out = (
        [r for r, _, _ in parts.states.values() if r]
        + [e for e, _ in parts.named.values()]
        + list(parts.initial.values())
    )
    out += [b for pair in parts.bounds.values() for b in pair] + list(parts.sums.values())
    for _, _, acts in parts.events:
        out += [m.group(3) for a in acts if (m := ASSIGN.match(a))]
        out += [m.group(1) for a in acts if (m := _TRANSMITTED.match(a))]
    return out


def _open_names(parts: _Text, dims: Mapping[str, Dimension | None]) -> list[str]:
    """Names that nothing in the rule defines, in the order of the text."""
    found: dict[str, None] = {}
    for text in _texts(parts):
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # the parser reports it better
        called: set[str] = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        known = {*dims, *UNIT_NAMES, *NUMBERS, *called}
        for n in ast.walk(tree):
            if isinstance(n, ast.Name) and n.id not in known and not is_noise(n.id):
                found[n.id] = None
    return list(found)


class _Reader:
    """Converter of sorted statements to expressions, which checks the ownership of states."""

    def __init__(
        self,
        parts: _Text,
        dims: dict[str, Dimension | None],
        where: str,
        parameters: dict[str, str],
        outside: tuple[str, ...],
        strict: bool,
        weight: str,
    ):
        self.parts, self.dims, self.where, self.parameters = parts, dims, where, parameters
        self.outside, self.strict, self.weight = outside, strict or not outside, weight
        self.draws: list[str] = []  # random numbers of events

    def expression(self, text: str, want: Dimension | None, noise: bool = False, draws: bool = False) -> Any:
        e = self._parsed(text, want, noise, self.draws if draws else None)
        if symbol("t") in e.free_symbols:
            raise AmineError(f"{self.where}, in '{text}'", "the time t has no value in a rule")
        return e

    def _parsed(self, text: str, want: Dimension | None, noise: bool, draws: list[str] | None) -> Any:
        if not self.strict:  # unresolved names may make the dimensions consistent
            loose: Any = dict.fromkeys(self.dims)
            try:
                return parse_raw(text, self.dims, self.where, want, noise=noise, draws=draws)
            except AmineError as e:
                if "dimension" not in e.problem:
                    raise
            return parse_raw(text, loose, self.where, noise=noise, draws=draws)
        return parse_raw(text, self.dims, self.where, want, noise=noise, draws=draws)

    def quiet(self, e: sp.Expr, what: str) -> Any:
        """``e``; raises AmineError if it contains noise, also through a named subexpression."""
        if noises_of(e):
            raise AmineError(
                f"{self.where}, {what}",
                f"the noise '{noises_of(e)[0]}' has no value here",
                hint="white noise belongs into dx/dt = ...",
            )
        return e

    def read(self) -> RuleEquations:
        p = self.parts
        named = {n: self.expression(e, self.dims[n], noise=True) for n, (e, _) in p.named.items()}
        refuse_loops(named, self.where)
        rate = {s: tuple(a + b for a, b in zip(self.dims[s] or NONE, PER_TIME, strict=True)) for s in p.states}
        rhs = {
            s: sp.S.Zero if r is None else self.expression(r, rate[s], noise=True) for s, (r, _, _) in p.states.items()
        }
        units = {s: self.weight if u == "weight" else u for s, (_, u, _) in p.states.items()}
        require_small(named, {f"d{s}/dt": e for s, e in rhs.items()}, self.where)
        shown = Equations(self.where, units, rhs, named, {n: u for n, (_, u) in p.named.items()}, self.parameters)
        bounds = {
            s: tuple(shown.expand(self.expression(b, self.dims[s])) for b in pair) for s, pair in p.bounds.items()
        }
        for s, pair in bounds.items():
            for b in pair:
                self._only_parameters(b, f"the bounds of '{s}'")
        places = {s: place for s, (_, _, place) in p.states.items()}
        pre = tuple(self._event("pre", a, acts, places, shown) for k, a, acts in p.events if k == "pre")
        post = tuple(self._event("post", a, acts, places, shown) for k, a, acts in p.events if k == "post")
        initial = started({s: shown.expand(self._initial(s, e)) for s, e in p.initial.items()}, p.states, self.where)
        initial = {s: initial[s] for s in p.initial}
        for s, e in initial.items():
            self._only_parameters(e, f"the initial value of '{s}'")
        full = shown.full_rhs
        for s, e in full.items():
            self._reads(s, places, e, f"d{s}/dt")
            refuse_nonlinear(e, f"{self.where}, in 'd{s}/dt'")
        sums = {s: self.quiet(shown.expand(self.expression(e, self.dims[s])), f"in '{s}'") for s, e in p.sums.items()}
        return RuleEquations(
            self.where, units, places, full, bounds, self.parameters, pre, post, initial, self.outside, sums, shown
        )

    def _initial(self, s: str, text: str) -> Any:
        if s not in self.parts.states or s == "w":
            hint = "initial weights are those of the synapses" if s == "w" else did_you_mean(s, self.parts.states)
            raise AmineError(f"{self.where}, in 'initial {s}'", "this does not set a state of the rule", hint=hint)
        return self.expression(text, self.dims[s])

    def _only_parameters(self, e: sp.Expr, what: str) -> None:
        for name in sorted(names_of(e) - set(self.parameters)):
            raise AmineError(self.where, f"{what} may contain only parameters", given=name)

    def _event(
        self, kind: str, after: str | None, acts: list[str], places: Mapping[str, str], shown: Equations
    ) -> Event:
        where = f"{self.where}, 'on {kind}'"
        if after is not None and self.parameters.get(after) != "ms":
            raise AmineError(
                where,
                f"'after {after}' needs a parameter with a unit of time",
                hint=did_you_mean(after, self.parameters),
            )
        out: list[tuple[str, Any] | None] = []
        for text in acts:
            if text == TRANSMIT and kind == "pre" and None not in out:
                out.append(None)
                continue
            if (sent := _TRANSMITTED.match(text)) and kind == "pre" and all(a and a[0] != TRANSMIT for a in out):
                value = shown.expand(self.expression(sent.group(1), self.dims["w"], draws=True))
                out.append((TRANSMIT, self.quiet(value, f"'on {kind}', in '{text}'")))
                continue
            m = ASSIGN.match(text)
            if not m or m.group(1) not in places:
                known = list(places)
                hint = did_you_mean(m.group(1), known) if m else "write it as w += ... or x = 1"
                raise AmineError(f"{where}, in '{text}'", "this does not set a state of the rule", hint=hint)
            name, op, expr = m.groups()
            value = self.quiet(
                shown.expand(self.expression(expr, self.dims[name] if op != "*=" else NONE, draws=True)),
                f"'on {kind}', in '{text}'",
            )
            s = symbol(name)
            full = {"=": value, "+=": s + value, "-=": s - value, "*=": s * value}[op]
            self._owns(kind, name, places, full, where, text)
            out.append((name, full))
        if len(self.draws) > MOST_DRAWS:
            given, expected = str(len(self.draws)), f"at most {MOST_DRAWS}"
            raise AmineError(where, "there are too many random numbers", given=given, expected=expected)
        return Event(after, tuple(out))

    def _owns(self, kind: str, name: str, places: Mapping[str, str], e: sp.Expr, where: str, text: str) -> None:
        """Raises AmineError unless the event owns the state: pre-spikes write source and synapse, post-spikes target and synapse."""
        mine = {"pre": ("source", "synapse"), "post": ("target", "synapse")}[kind]
        if places[name] not in mine:
            other = "post" if kind == "pre" else "pre"
            raise AmineError(
                f"{where}, in '{text}'",
                f"the state '{name}' belongs to the {places[name]}, which a {kind}-spike does not own",
                hint=f"write it under 'on {other}', or make it a state of the synapse",
            )
        if places[name] != "synapse" and any(map(is_draw, names_of(e))):
            hint = f"make '{name}' a state of the synapse"
            raise AmineError(
                f"{where}, in '{text}'", f"'{name}' of the {places[name]} is not drawn at random", hint=hint
            )
        self._reads(name, places, e, f"'{text}'")

    def _reads(self, name: str, places: Mapping[str, str], e: sp.Expr, what: str) -> None:
        """Raises AmineError if a state of a neuron reads a value that differs between its synapses."""
        place = places[name]
        if place == "synapse":
            return
        for s in sorted(names_of(e)):
            if s in places and places[s] != place and places[s] != "field":
                raise AmineError(
                    self.where,
                    f"{what} reads '{s}' of the {places[s]}, but '{name}' belongs to the {place}",
                    hint=f"make '{name}' a state of the synapse",
                )


def parse_model(
    model: Model, outside: Mapping[str, str] | None = None, weight: str = "nS", fields: Iterable[str] = ()
) -> RuleEquations:
    """The parsed equations of a rule; a parameter named like one of ``fields`` is that field."""
    parameters = {n: u for n, u in model.units.items() if n not in fields}
    return parse_rule(model.equations, parameters, model.where, outside, weight)
