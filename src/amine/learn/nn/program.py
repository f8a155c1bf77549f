"""Differentiable program of a cell, made from the engine's (:mod:`amine.engine.codegen.program`); kernels, torch version and adjoint use it.

The arithmetic is the engine's. Here the spike becomes a function of its margin to the threshold, which can have a derivative,
and the reset a blend of two values.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from amine.engine.codegen.common import Steps
from amine.engine.codegen.fuse import Fused, fuse
from amine.engine.codegen.program import Program, chosen, names_of, point_program
from amine.engine.resolve.cells import CellStructure
from amine.equations import parse
from amine.equations.given import LAST_SPIKE, is_draw, is_uniform
from amine.equations.symbols import symbol
from amine.equations.system import started
from amine.errors import AmineError
from amine.learn.nn.source import arrival
from amine.models.naming import JUMP, stimulus_input

DRIVE, GAIN, FREE = "x", "gain", "free"
RESERVED = ("x", "free", "fired", "event", "margin", "np")  # names that a step uses for itself


class spike(sp.Function):
    """1 if the margin to the threshold is positive, else 0; the adjoint replaces its derivative by a surrogate."""

    nargs = 1


class slope(sp.Function):
    """The surrogate's derivative at a margin."""

    nargs = 1


class blend(sp.Function):
    """``blend(s, a, b)`` is a for s = 0 and b for s = 1."""

    nargs = 3


class stop(sp.Function):
    """The identity, through which no gradient flows."""

    nargs = 1


def margin_of(condition: sp.Basic) -> Any:
    """Distance of a condition from its edge: positive exactly if it holds."""
    if isinstance(condition, sp.Gt | sp.Ge | sp.Lt | sp.Le):
        sides: Any = condition
        return sides.gts - sides.lts
    if isinstance(condition, sp.And | sp.Or):
        return (sp.Min if isinstance(condition, sp.And) else sp.Max)(*[margin_of(a) for a in condition.args])
    raise AmineError("threshold", "it has no margin from which a gradient could flow", given=str(condition)[:60])


def cell_program(cell: CellStructure, detach_reset: bool) -> Program:
    """Program of a neuron with its receptors; the drive ``x`` times ``gain`` is its current in pA."""
    if GAIN in parse(cell.neuron).parameters:
        raise AmineError(f"Neuron '{cell.neuron.name}'", f"the name '{GAIN}' is taken by the gain of the input")
    fused = fuse(replace_stimulus(cell))
    _refuse(cell, fused)
    rename = {s: f"{s}_state" for s in fused.rhs if s in RESERVED}
    fused = renamed(fused, rename)
    drive = {symbol(stimulus_input(0)): symbol(GAIN) * symbol(DRIVE)}
    fused = replace(
        fused,
        rhs={s: e.subs(drive, simultaneous=True) for s, e in fused.rhs.items()},
        parameters=fused.parameters | {GAIN},
        inputs=fused.inputs - {stimulus_input(0)} | {DRIVE},
    )
    p = _differentiable(point_program(replace_stimulus(cell), fused, "y"), fused, detach_reset)
    back = {new: old for old, new in rename.items()}
    for field_ in ("load", "out", "before", "units", "initial", "integrators"):
        setattr(p, field_, {back.get(s, s): x for s, x in getattr(p, field_).items()})
    own: Any = {symbol(new): symbol(old) for new, old in back.items()}
    p.initial = {s: sp.sympify(e).xreplace(own) for s, e in p.initial.items()}
    name_constants(p)
    return p


def _refuse(cell: CellStructure, fused: Fused) -> None:
    """Raises AmineError for statements through which gradients do not flow."""
    where = f"Neuron '{cell.neuron.name}', refractory"
    expected = "a time made of parameters to train a network"
    if fused.happenings:
        name = fused.happenings[0].name
        hint = "leave it out of the model that is trained"
        raise AmineError(
            f"Neuron '{cell.neuron.name}', event '{name}'", "gradients do not flow through events", hint=hint
        )
    if fused.waiting is not None:
        given = str(fused.waiting)[:60]
        raise AmineError(
            where, "a condition ends it, and gradients do not flow through that", given=given, expected=expected
        )
    if fused.refractory is not None and not names_of([fused.refractory]) <= fused.parameters:
        problem = "it depends on the neuron's state, and gradients do not flow through it"
        raise AmineError(where, problem, given=str(fused.refractory), expected=expected)
    if LAST_SPIKE in names_of([*fused.rhs.values(), fused.threshold, *(e for _, e in fused.reset)]):
        problem = "its equations read lastspike, and gradients do not flow through the time of a spike"
        hint = "make a state of what follows a spike, such as 'dx/dt = -x/tau' and 'reset x += 1'"
        raise AmineError(f"Neuron '{cell.neuron.name}'", problem, hint=hint)


def renamed(fused: Fused, names: dict[str, str]) -> Fused:
    """The system with other names for those states whose names a step uses itself."""
    if not names:
        return fused
    swap: Any = {symbol(a): symbol(b) for a, b in names.items()}

    def put(e: sp.Expr) -> Any:
        return e if e is None else e.subs(swap, simultaneous=True) if hasattr(e, "subs") else e

    return replace(
        fused,
        rhs={names.get(s, s): put(e) for s, e in fused.rhs.items()},
        units={names.get(s, s): u for s, u in fused.units.items()},
        threshold=put(fused.threshold),
        reset=tuple((names.get(s, s), put(e)) for s, e in fused.reset),
        refractory=put(fused.refractory),
        hold=tuple(names.get(s, s) for s in fused.hold),
        initial={names.get(s, s): put(e) for s, e in fused.initial.items()},
        targets={label: names.get(s, s) for label, s in fused.targets.items()},
    )


def replace_stimulus(cell: CellStructure) -> CellStructure:
    """The cell with a single injected current, the module's drive."""
    return replace(cell, stimuli=1)


# prefixes of names in kernels and adjoints, and the numbered names of common subexpressions
_BEFORE = ("", *(f"{x}_" for x in ("old", "lam", "now", "past", "g", "b", "end", "grad", "d", "a", "s", "k", "r", "o")))
_NUMBERED = frozenset(f"{x}{i}" for x in "yuq" for i in range(1000))


def name_constants(p: Program) -> None:
    """Names the constants differently from all names that kernels and adjoints derive from those of the program."""
    names = {n for n, _ in p.body} | {*p.load, *p.load.values(), *p.inputs, *p.results, "spikes", "free"}
    own = {f"{x}{n}" for x in _BEFORE for n in names} | {f"{n}_p" for n in names}
    p.give_names(own | _NUMBERED | {*RESERVED, "F", "U64", "math", "njit", "select", "spike", "blend", "slope"})


def _differentiable(p: Program, fused: Fused, detach: bool) -> Program:
    """The program with the spike as a value of its body, so that gradients flow through it.

    Arrivals are an input of each receptor, clamping while refractory is a choice by a number, and resets are blends.
    """
    load, arrivals = dict(p.load), []
    swap: dict[Any, Any] = {}
    for label, row in fused.targets.items():
        if row.startswith(JUMP):
            swap[symbol(row)] = symbol(arrival(label))
        else:
            load[row] = f"old_{row}"
            arrivals.append((row, symbol(load[row]) + symbol(arrival(label))))
    body: Steps = arrivals + [(n, _by_number(e).subs(swap) if swap else _by_number(e)) for n, e in p.body]
    fired, out = _spiking(p, body, detach)
    start = {symbol(s): e for s, e in started(fused.initial, fused.rhs, f"Neuron '{p.name}'").items()}
    return replace(
        p,
        load=load,
        out=out,
        inputs=[DRIVE, *(arrival(label) for label in fused.targets)],
        body=body,
        spikes=fired,
        refractory=str(p.refractory) if fired is not None and p.refractory is not None else None,
        parameters=sorted(fused.parameters),
        initial={s: fused.initial.get(s, sp.S.Zero) for s in fused.rhs},
        margin=None if fired is None else _typical(margin_of(fused.threshold).subs(start, simultaneous=True)),
        condition=None,
        at_spike=(),
    )


def _typical(e: sp.Expr) -> Any:
    """An expression with the mean of each random number."""
    return e.xreplace({s: sp.S.Half if is_uniform(s.name) else sp.S.Zero for s in e.free_symbols if is_draw(s.name)})


def _by_number(e: sp.Expr) -> Any:
    """An expression whose choice by a truth value is replaced by one by a number, 1 or 0."""
    if isinstance(e, chosen):
        _, a, b = e.args
        return sp.Piecewise((a, sp.Gt(symbol(FREE), 0)), (b, True))
    return e


def _spiking(p: Program, body: Steps, detach: bool) -> tuple[str | None, dict[str, str]]:
    """Adds the spike and the resets, in order, to the body; the names of the spike and of the states after it."""
    if p.condition is None:
        return None, dict(p.before)
    now = dict(p.before)
    body.append(("margin", margin_of(p.condition)))
    body.append(("fired", spike(symbol("margin")) * symbol(FREE)))
    p.stages |= {"margin": "margin to the threshold, and the spike"}
    s = symbol("fired")
    if detach and p.at_spike:
        body.append(("event", stop(s)))
        s = symbol("event")
    for i, (name, value) in enumerate(p.at_spike):
        swap: Any = {symbol(q): symbol(n) for q, n in now.items()}
        body.append((f"reset_{i}_{name}", blend(s, symbol(now[name]), value.subs(swap, simultaneous=True))))
        p.stages[f"reset_{i}_{name}"] = "reset by a spike"
        now[name] = f"reset_{i}_{name}"
    return "fired", now
