"""The adjoint of a step: reverse accumulation over its single assignments, each differentiated by SymPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amine.engine.codegen.common import Steps, shared
from amine.engine.codegen.program import Program
from amine.equations.symbols import exprel, symbol
from amine.learn.nn.printers import exprel_slope
from amine.learn.nn.program import blend, slope, spike, stop

_SPECIAL = (sp.Min, sp.Max, sp.Piecewise, exprel, sp.floor, sp.sign, sp.Abs, spike, blend, stop)
_TINY = sp.Float(1e-37)  # a normal number in float32 too: what stands for 0 where x**p log(x) is taken at 0


def derivative(e: Any, s: Any) -> Any:
    """The derivative of ``e`` by the symbol ``s``: one-sided at kinks, a surrogate at spikes, none where it is stopped."""
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


def _outermost(e: Any) -> list[Any]:
    if isinstance(e, _SPECIAL) or (isinstance(e, sp.Pow) and e.exp.free_symbols):
        return [e]
    found: list[Any] = []
    for a in e.args:
        found += [x for x in _outermost(a) if x not in found]
    return found


def _special(e: Any, s: Any) -> Any:
    args = e.args
    if isinstance(e, sp.Pow):
        base, exponent = args
        by_base = exponent * base ** (exponent - 1) * derivative(base, s)
        return by_base + e * sp.log(sp.Max(base, _TINY)) * derivative(exponent, s)
    if isinstance(e, sp.floor | sp.sign | stop):
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
        cases: Any = args
        pieces = [(derivative(x, s), c) for x, c in cases]
        return sp.S.Zero if all(x == 0 for x, _ in pieces) else sp.Piecewise(*pieces)
    return _extreme(e, s)


def _choose(event: Any, a: Any, b: Any) -> Any:
    return sp.S.Zero if a == 0 and b == 0 else blend(event, a, b)


def _extreme(e: Any, s: Any) -> Any:
    """Of a minimum or maximum, folded as it is printed; the first of equals counts."""
    value, slope_ = e.args[0], derivative(e.args[0], s)
    for a in e.args[1:]:
        other = derivative(a, s)
        first = value <= a if isinstance(e, sp.Min) else value >= a
        slope_ = sp.S.Zero if slope_ == 0 and other == 0 else sp.Piecewise((slope_, first), (other, True))
        value = e.func(value, a)
    return slope_


@dataclass
class Adjoint:
    """What to compute backwards in one step.

    ``recompute`` repeats what is needed of the step from what was stored; ``restart`` gives the states at its start
    from what was stored of the step before (names end in ``_p``); ``body`` then propagates. ``states``, ``inputs``
    and ``constants`` name the results.
    """

    restart: Steps
    body: Steps
    states: dict[str, str]
    inputs: dict[str, str]
    constants: dict[str, str]
    kept: list[str]  # what to store of each step: names of the program
    reads: set[str]  # symbols that must be loaded: inputs, constants, free, fired


def adjoint(p: Program, learned: list[str], inputs: list[str], soft: bool) -> Adjoint:
    """The adjoint with respect to the states, the given inputs and the constants that hang on learned parameters.

    Seeds are ``lam_<state>`` for the states at the end and ``g_spikes`` for the spike.
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


def _times(bar: Any, d: Any) -> Any:
    """bar times d, taken into the choice if d is one: what is not chosen may be infinite."""
    parts: Any = d.args
    if isinstance(d, sp.Piecewise):
        return sp.Piecewise(*[(bar * x, c) for x, c in parts])
    if isinstance(d, blend):
        return blend(d.args[0], bar * d.args[1], bar * d.args[2])
    if isinstance(d, sp.Add) and any(isinstance(a, blend | sp.Piecewise) for a in d.args):
        return sp.Add(*[_times(bar, a) for a in d.args])
    return bar * d


def _active(body: Steps, wrt: set[str]) -> set[str]:
    active = set(wrt)
    for name, e in body:
        if {s.name for s in e.free_symbols} & active:
            active.add(name)
    return active


def _complete(p: Program, back: Steps, states: Any, ins: Any, cons: Any, soft: bool) -> Adjoint:
    """Adds what must be computed again, and decides what must be stored."""
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
    restart, read, stored = _restart(p, olds, table, before, soft)
    kept = [n for n in before if n in need or n in stored]
    if soft and p.spikes and (p.spikes in need or p.spikes in stored):
        recompute = [(n, e) for n, e in recompute if n != p.spikes]
        kept.append(p.spikes)
    both = [*recompute, *back]
    body = shared(both, "u")
    made = {n for n, _ in (*restart, *body)}
    reads = ({s.name for _, e in body for s in e.free_symbols} | read) - made
    return Adjoint(restart, body, states, ins, cons, kept, reads)


def _closure(need: set[str], table: dict[str, object], base: set[str]) -> set[str]:
    """All names that ``need`` hangs on, down to what is given."""
    out, stack = set(), list(need)
    while stack:
        n = stack.pop()
        if n in out:
            continue
        out.add(n)
        if n in table and n not in base:
            stack += [s.name for s in table[n].free_symbols]
    return out


def _restart(p: Program, olds: list[str], table: Any, before: Any, soft: bool) -> tuple[Steps, set[str], set[str]]:
    """The states at the start of a step, from what was stored of the step before."""
    given = {*before, p.spikes}
    wanted = _closure({p.out[s] for s in olds}, table, given | set(p.scalars) | set(p.differ))
    past = {n for n in wanted if n in table}
    swap = {symbol(n): symbol(f"{n}_p") for n in past}
    steps: Steps = [(f"{n}_p", e.subs(swap, simultaneous=True)) for n, e in p.body if n in past and n not in given]
    steps += [(p.load[s], symbol(f"{p.out[s]}_p")) for s in olds]
    made = {n for n, _ in steps}
    read = {s.name for _, e in steps for s in e.free_symbols} - made
    return steps, read, {n for n in wanted if n in given}
