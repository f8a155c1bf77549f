"""The adjoint of a step: reverse accumulation over its single assignments, each differentiated by SymPy."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.engine.codegen.common import Steps, shared
from amine.engine.codegen.program import Program, names_of
from amine.equations.symbols import exprel, symbol
from amine.learn.nn.printers import exprel_slope
from amine.learn.nn.program import blend, slope, spike, stop
from amine.records import dataclass

_SPECIAL = (sp.Min, sp.Max, sp.Piecewise, exprel, sp.floor, sp.ceiling, sp.sign, sp.Abs, spike, blend, stop)
_TINY = sp.Float(1e-37)  # replaces 0 in the logarithm of x**p log(x); a normal number in float32, too


def derivative(e: sp.Expr, s: sp.Symbol) -> Any:
    """The derivative of ``e`` by the symbol ``s``: one-sided at kinks, a surrogate at spikes, zero through ``stop``."""
    if s not in e.free_symbols:
        return sp.S.Zero
    parts = _outermost(e)
    names = {part: sp.Dummy(real=True) for part in parts}
    core = e.xreplace(names)
    back = {d: part for part, d in names.items()}
    total = sp.diff(core, s).xreplace(back)
    for part, d in names.items():
        inner = _special(part, s)
        if inner != 0:
            total += sp.diff(core, d).xreplace(back) * inner
    return total


def _outermost(e: sp.Basic) -> list[Any]:
    """Outermost parts of an expression that need a special rule."""
    if isinstance(e, _SPECIAL) or (isinstance(e, sp.Pow) and e.exp.free_symbols):
        return [e]
    found: list[Any] = []
    for a in e.args:
        found += [x for x in _outermost(a) if x not in found]
    return found


def _special(e: sp.Expr, s: sp.Symbol) -> Any:
    """The derivative of a part that needs a special rule."""
    args: Any = e.args
    if isinstance(e, sp.Pow):
        base, exponent = args
        by_base = exponent * base ** (exponent - 1) * derivative(base, s)
        return by_base + e * sp.log(sp.Max(base, _TINY)) * derivative(exponent, s)
    if isinstance(e, sp.floor | sp.ceiling | sp.sign | stop):
        return sp.S.Zero
    if isinstance(e, exprel):
        return exprel_slope(args[0]) * derivative(args[0], s)
    if isinstance(e, sp.Abs):
        return sp.sign(args[0]) * derivative(args[0], s)
    if isinstance(e, spike):
        return slope(args[0]) * derivative(args[0], s)
    if isinstance(e, blend):
        event, a, b = args
        return (
            (b - a) * derivative(event, s)
            + _choose(event, derivative(a, s), sp.S.Zero)
            + _choose(event, sp.S.Zero, derivative(b, s))
        )
    if isinstance(e, sp.Piecewise):
        pieces = [(derivative(x, s), c) for x, c in args]
        return sp.S.Zero if all(x == 0 for x, _ in pieces) else sp.Piecewise(*pieces)
    return _extreme(e, s)


def _choose(event: sp.Expr, a: sp.Expr, b: sp.Expr) -> Any:
    return sp.S.Zero if a == 0 and b == 0 else blend(event, a, b)


def _extreme(e: sp.Expr, s: sp.Symbol) -> Any:
    """The derivative of a minimum or maximum, in the order in which it is printed; of equal arguments, that of the first."""
    args: Any = e.args
    value, slope_ = args[0], derivative(args[0], s)
    for a in args[1:]:
        other = derivative(a, s)
        first = value <= a if isinstance(e, sp.Min) else value >= a
        slope_ = sp.S.Zero if slope_ == 0 and other == 0 else sp.Piecewise((slope_, first), (other, True))
        value = e.func(value, a)
    return slope_


@dataclass
class Adjoint:
    """Backward pass of one step.

    ``restart`` recomputes the states at the start of the step from the values kept of the step before (their names end
    in ``_p``); ``body`` recomputes the values of the step that are needed, and propagates the gradients. ``states``,
    ``inputs`` and ``constants`` have the names of their gradients.
    """

    restart: Steps
    body: Steps
    states: dict[str, str]
    inputs: dict[str, str]
    constants: dict[str, str]
    kept: list[str]  # names of the program whose values are kept of each step
    reads: set[str]  # names that must be loaded: inputs, constants, free, fired


def adjoint(p: Program, learned: list[str], inputs: list[str], soft: bool) -> Adjoint:
    """The adjoint with respect to the states, the given inputs and the constants that depend on learned parameters.

    Incoming gradients are ``lam_<state>`` of the states at the end of the step and ``g_spikes`` of the spike.
    """
    constants = [c for c in (*p.scalars, *p.differ) if set(p.parameters_of(c)) & set(learned)]
    wrt = {*p.load.values(), *inputs, *constants}
    active = _active(p.body, wrt)
    bars: dict[str, list[Any]] = {}
    for s, name in p.out.items():
        bars.setdefault(name, []).append(symbol(f"lam_{s}"))
    if p.spikes:
        bars.setdefault(p.spikes, []).append(symbol("g_spikes"))
    for name in p.results.values():
        bars.setdefault(name, []).append(symbol(f"g_{name}"))
    reverse: Steps = []
    for name, e in reversed(p.body):
        if name not in bars or name not in active:
            continue
        total = sp.Add(*bars.pop(name))
        if total == 0:
            continue
        bar = symbol(f"b_{name}")
        reverse.append((bar.name, total))
        for s in sorted(e.free_symbols, key=str):
            if s.name in active and (d := derivative(e, s)) != 0:
                bars.setdefault(s.name, []).append(_times(bar, d))
    ends: Steps = []

    def result(name: str, as_: str) -> str | None:
        if name not in bars:
            return None
        ends.append((as_, sp.Add(*bars[name])))
        return as_

    states = {s: r for s, n in p.load.items() if (r := result(n, f"end_{s}"))}
    ins = {i: r for i in inputs if (r := result(i, f"grad_{i}"))}
    cons = {c: r for c in constants if (r := result(c, f"grad_{c}"))}
    return _complete(p, reverse + ends, states, ins, cons, soft)


def _times(bar: sp.Expr, d: sp.Expr) -> Any:
    """bar times d; if d is a choice, the product is taken within its branches, since the branch not chosen may be infinite."""
    parts: Any = d.args
    if isinstance(d, sp.Piecewise):
        return sp.Piecewise(*[(bar * x, c) for x, c in parts])
    if isinstance(d, blend):
        return blend(parts[0], bar * parts[1], bar * parts[2])
    if isinstance(d, sp.Add) and any(isinstance(a, blend | sp.Piecewise) for a in d.args):
        return sp.Add(*[_times(bar, a) for a in parts])
    return bar * d


def _active(body: Steps, wrt: set[str]) -> set[str]:
    """Names whose values depend on ``wrt``."""
    active = set(wrt)
    for name, e in body:
        if {s.name for s in e.free_symbols} & active:
            active.add(name)
    return active


def _complete(
    p: Program, back: Steps, states: dict[str, str], ins: dict[str, str], cons: dict[str, str], soft: bool
) -> Adjoint:
    """Adds the assignments to recompute, and decides which values are kept."""
    table = dict(p.body)
    before = {n: s for s, n in p.before.items()}
    base = {
        *before,
        *([] if soft else [p.spikes]),
        *p.inputs,
        *p.noises,
        *p.scalars,
        *p.differ,
        *p.load.values(),
        "free",
        "t",
    }
    base -= {n for n in p.load.values() if n in table}
    need = _closure({s.name for _, e in back for s in e.free_symbols}, table, base)
    olds = [s for s, n in p.load.items() if n in need]
    recompute = [(n, e) for n, e in p.body if n in need and n not in base]
    restart, read, stored = _restart(p, olds, table, before)
    kept = [n for n in before if n in need or n in stored]
    if soft and p.spikes and (p.spikes in need or p.spikes in stored):
        recompute = [(n, e) for n, e in recompute if n != p.spikes]
        kept.append(p.spikes)
    both = [*recompute, *back]
    body = shared(both, "u")
    made = {n for n, _ in (*restart, *body)}
    reads = ({s.name for _, e in body for s in e.free_symbols} | read) - made
    return Adjoint(restart, body, states, ins, cons, kept, reads)


def _closure(need: set[str], table: dict[str, sp.Expr], base: set[str]) -> set[str]:
    """All names on which ``need`` depends, down to those in ``base``."""
    out, stack = set(), list(need)
    while stack:
        n = stack.pop()
        if n in out:
            continue
        out.add(n)
        if n in table and n not in base:
            stack += names_of([table[n]])
    return out


def _restart(
    p: Program, olds: list[str], table: dict[str, sp.Expr], before: dict[str, str]
) -> tuple[Steps, set[str], set[str]]:
    """Assignments that give the states at the start of a step from the values kept of the step before."""
    given = {*before, p.spikes}
    wanted = _closure({p.out[s] for s in olds}, table, given | set(p.scalars) | set(p.differ))
    past = {n for n in wanted if n in table}
    swap = {symbol(n): symbol(f"{n}_p") for n in past}
    steps: Steps = [(f"{n}_p", e.subs(swap, simultaneous=True)) for n, e in p.body if n in past and n not in given]
    steps += [(p.load[s], symbol(f"{p.out[s]}_p")) for s in olds]
    made = {n for n, _ in steps}
    read = {s.name for _, e in steps for s in e.free_symbols} - made
    return steps, read, {n for n in wanted if n in given}
