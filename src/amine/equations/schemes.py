"""Kinetic schemes of receptors as text: states, transitions with rates, and the open fraction.

    C0 <-> C1: Rb*T, Ru          # forward, backward; T is the concentration of transmitter in the cleft
    C1 -> D: Rd                  # one direction
    open O1 + O2                 # fraction of the receptors that conduct
    ds/dt = K3*R - K4*s : 1      # second messengers downstream of the states
    decay beta                   # rates that a drug divides by the factor on the decay time
    current g*block*(E_rev - v)  # g is the open conductance; g*(E_rev - v) by default

Reading does not parse expressions, so that a network with cached code starts fast; :func:`amine.equations.scheme_check.check` parses them.
"""

from __future__ import annotations

import re
from collections.abc import Container

from amine.errors import AmineError, did_you_mean
from amine.records import dataclass

_NAME = r"[A-Za-z_]\w*"
_TRANSITION = re.compile(rf"^\s*({_NAME})\s*(<->|->)\s*({_NAME})\s*:\s*(.+)$")
_DERIVATIVE = re.compile(rf"^\s*d\s*({_NAME})\s*/\s*dt\s*=\s*(.+?)\s*:\s*([^:]+)$")
_PART = re.compile(rf"^\s*({_NAME})\s*=(?!=)\s*(.+?)\s*:\s*([^:]+)$")
_SUM = re.compile(rf"^\s*{_NAME}(\s*\+\s*{_NAME})*\s*$")
CURRENT = "g*(E_rev - v)"
RESERVED = ("T", "g", "v", "w", "M", "t", "I")


@dataclass(frozen=True)
class Transition:
    """One direction of a transition: from ``a`` to ``b`` at ``rate`` (text, 1/ms)."""

    a: str
    b: str
    rate: str

    @property
    def binds(self) -> bool:
        """Whether its rate depends on the transmitter."""
        return mentions(self.rate, "T")


@dataclass(frozen=True)
class Scheme:
    """A kinetic scheme; receptors rest in the first state without transmitter."""

    where: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...]
    open: str
    downstream: tuple[tuple[str, str, str], ...]  # state, derivative, unit
    parts: tuple[tuple[str, str, str], ...]  # name, expression, unit
    current: str
    decay: tuple[str, ...] = ()  # parameters that set how long a response lasts

    @property
    def rest(self) -> str:
        """The resting state; its occupancy is 1 minus those of the others."""
        return self.states[0]

    @property
    def free(self) -> tuple[str, ...]:
        """All states but the first."""
        return self.states[1:]

    @property
    def opens(self) -> tuple[str, ...] | None:
        """The open states if ``open`` is a plain sum of states, else None."""
        names = tuple(x.strip() for x in self.open.split("+"))
        return names if _SUM.match(self.open) and set(names) <= set(self.states) else None

    def rate_parameters(self, known: Container[str]) -> tuple[str, ...]:
        """Names among ``known`` on which rates depend, directly or through a named part, in the order of the text."""
        return self._needed([t.rate for t in self.transitions], known)

    def opening_parameters(self, known: Container[str]) -> tuple[str, ...]:
        """Names among ``known`` on which the open fraction or the second messengers depend."""
        return self._needed([self.open, *(e for _, e, _ in self.downstream)], known)

    def _needed(self, texts: list[str], known: Container[str]) -> tuple[str, ...]:
        parts = {n: e for n, e, _ in self.parts}
        found: dict[str, None] = {}
        seen: set[str] = set()
        todo = list(texts)
        while todo:
            text = todo.pop(0)
            new = [n for n in names_in(text) if n in parts and n not in seen]
            seen |= set(new)
            found |= dict.fromkeys(n for n in names_in(text) if n in known)
            todo = [parts[n] for n in dict.fromkeys(new)] + todo
        return tuple(found)

    @property
    def voltage_dependent(self) -> bool:
        """Whether a rate depends on the voltage, directly or through a named part."""
        deep = {n for n, e, _ in self.parts if mentions(e, "v")}
        while more := {n for n, e, _ in self.parts if n not in deep and any(mentions(e, d) for d in deep)}:
            deep |= more
        return any(mentions(t.rate, n) for t in self.transitions for n in (*deep, "v"))


def names_in(text: str) -> list[str]:
    """All names in an expression, in their order."""
    return re.findall(rf"(?<![\w.]){_NAME}", text)


def mentions(text: str, name: str) -> bool:
    """Whether an expression names ``name``."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) is not None


def renamed(text: str, names: dict[str, str]) -> str:
    """An expression with names replaced by others, or by expressions."""
    return re.sub(rf"(?<![\w.]){_NAME}", lambda m: names.get(m.group(), m.group()), text)


def read(text: str, where: str) -> Scheme:
    """Reads the text of a scheme.

    Raises
    ------
    AmineError
        If a line is not part of a scheme, a transition lacks a rate, a state is not known, or a state cannot be reached
        from the first one or does not lead back to it.

    Examples
    --------
    >>> s = read("C <-> O: alpha*T, beta; open O", "scheme")
    >>> s.states, s.opens
    (('C', 'O'), ('O',))
    """
    if not isinstance(text, str):
        raise AmineError(where, "a scheme must be text", given=type(text).__name__)
    states: dict[str, None] = {}
    transitions: list[Transition] = []
    downstream, parts = [], []
    single: dict[str, str] = {}
    for line in _lines(text):
        if m := _TRANSITION.match(line):
            transitions += _transition(m, line, where)
            states |= dict.fromkeys((m.group(1), m.group(3)))
        elif m := _DERIVATIVE.match(line):
            downstream.append(m.groups())
        elif line.split()[0] in ("open", "current", "decay"):
            key, rest = line.split()[0], line.split(None, 1)[1:]
            if key in single or not rest:
                raise AmineError(where, f"'{key}' is given twice" if key in single else f"'{key}' is empty")
            single[key] = rest[0].strip()
        elif m := _PART.match(line):
            parts.append(m.groups())
        else:
            raise AmineError(
                f"{where}, in '{line}'",
                "this is not a line of a scheme",
                expected="A <-> B: forward, backward; A -> B: rate; open ...; current ...; decay ...; name = ... : unit; ds/dt = ... : unit",
            )
    scheme = Scheme(
        where,
        tuple(states),
        tuple(transitions),
        single.get("open", ""),
        tuple(downstream),
        tuple(parts),
        single.get("current", CURRENT),
        tuple(x.strip() for x in single["decay"].split(",")) if "decay" in single else (),
    )
    _names(scheme)
    _closes(scheme)
    return scheme


def _lines(text: str) -> list[str]:
    raw = (line.split("#", 1)[0] for line in text.splitlines())
    return [p.strip() for line in raw for p in line.split(";") if p.strip()]


def _split_rates(text: str) -> list[str]:
    """Rates separated by commas outside brackets."""
    out, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            out.append(text[start:i].strip())
            start = i + 1
    return [*out, text[start:].strip()]


def _transition(m: re.Match[str], line: str, where: str) -> list[Transition]:
    a, arrow, b, rest = m.groups()
    rates = _split_rates(rest)
    wanted = 2 if arrow == "<->" else 1
    if len(rates) != wanted or not all(rates):
        raise AmineError(
            f"{where}, in '{line}'",
            f"'{arrow}' needs {'two rates, forward and backward' if wanted == 2 else 'one rate'}",
            given=str(len([r for r in rates if r])),
            hint=f"write it as '{a} {arrow} {b}: " + ("forward, backward'" if wanted == 2 else "rate'"),
        )
    if a == b:
        raise AmineError(f"{where}, in '{line}'", "a transition leads from a state to itself")
    return [Transition(a, b, rates[0]), *([Transition(b, a, rates[1])] if wanted == 2 else [])]


def _names(s: Scheme) -> None:
    own = [*s.states, *(n for n, _, _ in s.downstream), *(n for n, _, _ in s.parts)]
    if not s.transitions:
        raise AmineError(s.where, "it has no transitions", hint="add lines such as 'C <-> O: alpha*T, beta'")
    for n in own:
        if own.count(n) > 1:
            raise AmineError(s.where, f"'{n}' is defined twice", hint="rename one of them")
        if n in RESERVED:
            raise AmineError(s.where, f"'{n}' is a reserved name", hint="choose another")
    if not s.open:
        raise AmineError(s.where, "the open states are missing", hint=f"add a line such as 'open {s.states[-1]}'")
    if not any(t.binds for t in s.transitions):
        raise AmineError(s.where, "no rate depends on the transmitter", hint="let a rate contain T, its concentration")
    if _SUM.match(s.open) and s.opens is None and not s.downstream:
        unknown = next(x.strip() for x in s.open.split("+") if x.strip() not in s.states)
        raise AmineError(
            f"{s.where}, in 'open {s.open}'", f"state '{unknown}' is not known", hint=did_you_mean(unknown, s.states)
        )


def _closes(s: Scheme) -> None:
    """Raises AmineError unless every state can be reached from the first and leads back to it."""
    for forward in (True, False):
        found, todo = {s.rest}, [s.rest]
        while todo:
            x = todo.pop()
            for t in s.transitions:
                a, b = (t.a, t.b) if forward else (t.b, t.a)
                if a == x and b not in found:
                    found.add(b)
                    todo.append(b)
        for x in s.states:
            if x not in found:
                way = f"from '{s.rest}' to '{x}'" if forward else f"back from '{x}' to '{s.rest}'"
                raise AmineError(s.where, f"no transitions lead {way}", hint="add the missing one")
