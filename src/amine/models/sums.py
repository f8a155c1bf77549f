"""Equations at the target of a kinetic scheme, in terms of sums over synapses."""

from __future__ import annotations

from amine.equations.schemes import Scheme, mentions, renamed
from amine.errors import AmineError

QUANTUM, ONE = "q", "g_one"  # parameters set by the engine: unit of the mass row, weight of one synapse
# of a scheme under drugs: fractions of receptors that are free of them and that they activate, and the weight of all synapses
FREE, HELD, TOTAL = "free_of_drugs", "held_by_drugs", "total"
Lines = tuple[list[str], dict[str, tuple[str, str]]]  # lines, and reserved parameters with unit and value


def explicit_lines(s: Scheme) -> Lines:
    """Equations at the target of an explicit scheme: a conductance, summed over synapses in each step."""
    lines = [f"{n} = {e} : {u}" for n, e, u in s.parts if mentions(s.current, n) or _deep(s, n)]
    return [*lines, "input g : nS", f"current {s.current}"], {}


def _deep(s: Scheme, name: str) -> bool:
    """Whether the current depends on a named part through another one."""
    return any(mentions(e, name) and (mentions(s.current, n) or _deep(s, n)) for n, e, _ in s.parts if n != name)


def kinetic_lines(s: Scheme, where: str, cleared: bool = False) -> Lines:
    """Equations at the target of a scheme whose states are kept at the source.

    For each free state X of the scheme there is X, the weighted sum over all synapses of its deviation from rest, and
    X_on, the sum of X over the synapses exposed to transmitter; M counts the weights of the latter in units of q, as an
    integer, so that no rounding error remains when all pulses have ended. The open conductance is called g.

    With ``cleared`` transmitter the source computes each step, and the sums receive its increments (X_in). What follows from the
    states of a scheme under drugs reads all its receptors, and not their deviation from rest.
    """
    if s.voltage_dependent:
        raise AmineError(
            where,
            "its rates depend on the voltage of the target, which the source does not know",
            hint="use detail='explicit'",
        )
    if s.opens is not None and s.rest in s.opens:
        raise AmineError(where, f"'{s.rest}', in which receptors rest, is open", hint="use detail='explicit'")
    off, on = _rates(s)
    if cleared:
        return _cleared_lines(s, off)
    y, x = _sums(s), _under_transmitter(s)
    lines = [f"{n} = {e} : {u}" for n, e, u in s.parts]
    lines += [f"{n} = {e} : 1/ms" for n, e in {**dict(off), **dict(on)}.items()]
    slope = {a: _flux(s, a, y, [n for n, _ in off]) + _binding(s, a, x, off, on) for a in s.free}
    opens = s.opens or ()
    for a in s.free:
        if opens and a == opens[0]:
            lines.append(f"dg/dt = {''.join(slope[b] for b in opens)} : nS")
        else:
            lines.append(f"d{a}/dt = {slope[a]} : nS")
    lines += [f"d{a}_on/dt = {_flux(s, a, x, [n for n, _ in on])} : nS" for a in s.free]
    extra = {QUANTUM: ("nS", "1 nS"), **_all(s)}
    y = _counted(s, y)
    lines += [f"d{n}/dt = {renamed(e, y)} : nS" for n, e, _ in s.downstream]
    if not opens:
        lines.append(_pooled(s, y))
        extra[ONE] = ("nS", "1 nS")
    return [*lines, "mass M : 1", f"current {s.current}"], extra


def _all(s: Scheme) -> dict[str, tuple[str, str]]:
    """The reserved parameter of a scheme under drugs."""
    texts = (s.open, *(e for _, e, _ in s.downstream))
    return {TOTAL: ("nS", "1 nS")} if any(mentions(e, HELD) for e in texts) else {}


def _counted(s: Scheme, y: dict[str, str]) -> dict[str, str]:
    """Sums of all receptors in each state: those at rest are what the others leave of the total, if that is known."""
    return {**y, s.rest: f"({TOTAL} + {y[s.rest]})"} if _all(s) else y


def _pooled(s: Scheme, y: dict[str, str]) -> str:
    """Open conductance that is not a plain sum of states: all synapses of a target act on one common pool of channels."""
    names = {n: f"({n}/{ONE})" for n in (*s.free, *(d for d, _, _ in s.downstream))}
    names[s.rest] = f"({y[s.rest]}/{ONE})"
    return f"g = {ONE}*({renamed(s.open, names)}) : nS"


def row_of(s: Scheme, state: str) -> str:
    """Name of a free state's sum with cleared transmitter: a single open state is called g."""
    return "g" if s.opens == (state,) else state


def _cleared_lines(s: Scheme, off: list[tuple[str, str]]) -> Lines:
    y = {a: row_of(s, a) for a in s.free}
    y = {s.rest: "(-(" + " + ".join(y.values()) + "))", **y}
    lines = [f"{n} = {e} : {u}" for n, e, u in s.parts] + [f"{n} = {e} : 1/ms" for n, e in off]
    lines += [f"d{y[a]}/dt = {_flux(s, a, y, [n for n, _ in off])} + {a}_in : nS" for a in s.free]
    extra = _all(s)
    y = _counted(s, y)
    lines += [f"d{n}/dt = {renamed(e, y)} : nS" for n, e, _ in s.downstream]
    if s.opens is None:
        lines.append(_pooled(s, y))
        extra[ONE] = ("nS", "1 nS")
    elif len(s.opens) > 1:
        lines.append(f"g = {' + '.join(s.opens)} : nS")
    return [*lines, *(f"impulse {a}_in : nS/ms" for a in s.free), f"current {s.current}"], extra


def _rates(s: Scheme) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(name, expression) of each transition's rate, without and with transmitter."""
    off, on, seen = [], [], set()
    for t in s.transitions:
        name = f"{t.a}_{t.b}"
        while name in seen:
            name += "_"
        seen.add(name)
        off.append((f"off_{name}", renamed(t.rate, {"T": "(0*uM)"})))
        on.append((f"on_{name}", renamed(t.rate, {"T": "T_max"})) if t.binds else off[-1])
    return off, on


def _sums(s: Scheme) -> dict[str, str]:
    """Expression of each state's sum at the target: the resting state follows from the others, the first open one from g."""
    y = {a: a for a in s.free}
    if s.opens:
        y[s.opens[0]] = "(" + " - ".join(["g", *s.opens[1:]]) + ")"
    return {s.rest: "(-(" + " + ".join(y[a] for a in s.free) + "))", **y}


def _under_transmitter(s: Scheme) -> dict[str, str]:
    x = {a: f"{a}_on" for a in s.free}
    return {s.rest: f"({QUANTUM}*M - " + " - ".join(x.values()) + ")", **x}


def _flux(s: Scheme, a: str, value: dict[str, str], rates: list[str]) -> str:
    """Net flux into a state."""
    text = ""
    for t, k in zip(s.transitions, rates, strict=True):
        text += f" + {k}*{value[t.a]}" * (t.b == a) + f" - {k}*{value[t.a]}" * (t.a == a)
    return text


def _binding(s: Scheme, a: str, value: dict[str, str], off: list[tuple[str, str]], on: list[tuple[str, str]]) -> str:
    """Additional flux into a state at the synapses exposed to transmitter."""
    text = ""
    for t, (k, _), (n, _) in zip(s.transitions, off, on, strict=True):
        if t.binds:
            text += f" + ({n} - {k})*{value[t.a]}" * (t.b == a) + f" - ({n} - {k})*{value[t.a]}" * (t.a == a)
    return text
