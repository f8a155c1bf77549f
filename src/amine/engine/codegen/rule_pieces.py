"""Building blocks of the functions of a rule: decays, substeps, limits, signals, and words of histories."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.naming import Names, spoken
from amine.engine.codegen.program import names_of
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.step import Constants
from amine.equations.given import is_draw, is_uniform
from amine.equations.integrate import DT
from amine.equations.lower import Lowering
from amine.equations.rule_plan import Linear, RulePlan
from amine.equations.rules import MOST_DRAWS
from amine.equations.symbols import exprel, is_noise, symbol

LONGEST = 100  # ticks of a substep if only the synapse's own states matter
FIRST_DRAW = (
    2**31
)  # place of the first random number of events among those of a synapse and a step; white noise comes before
OWN = ("part_h", "part_z")  # length and noise of a substep
Acts = list[tuple[str, sp.Expr]]
Lines = list[ir.Statement]


def v(name: str) -> str:
    """The variable of a state or parameter."""
    return "x_" + name


class Pieces:
    """Builder of the statements of a rule; it collects the constants that they use."""

    def __init__(self, p: RulePlan):
        self.plan = p
        self.constants = Constants(set(p.eq.parameters), frozenset())
        self.shown: dict[str, str] = {}  # constant -> its name in the text
        self.names = Names(())
        self.lower = Lowering(lambda n: self.shown.get(n, n))
        self.double = Lowering(lambda n: n if n == "dt" else v(n))
        self.many = bool(p.held)  # entries that are no spikes
        self.payload = [s.name for s in p.trace] + p.seen + [f"held_{i}" for i in range(len(p.held))]
        self.first = 1 + int(self.many)  # word of an entry with which the payload begins
        self.entry = self.first + len(self.payload)
        acts = [e for event in (*p.eq.pre, *p.eq.post) for a in event.acts if a is not None for e in a[1:]]
        self.noisy = any(is_noise(n) for n in names_of(p.substep.values())) or any(map(is_draw, names_of(acts)))
        self.post = [a for event in p.eq.post for a in event.acts if a is not None]

    # --- expressions -------------------------------------------------------------------------------------------

    def __call__(self, e: sp.Expr) -> ir.Expr:
        """An expression with its constants taken out, and with states renamed apart from all other names of the code."""
        out: Any = sp.sympify(e)
        known = {*self.plan.eq.parameters, "dt", *OWN}
        out = out.subs({s: symbol(v(s.name)) for s in out.free_symbols if s.name not in known}, simultaneous=True)
        out = self.constants.take(out)
        for constant, n in self.constants.named.items():
            if n not in self.shown:
                self.shown[n] = self.names.free(f"c_{spoken(constant) or n.strip('_c')}")
        return self.lower(out)

    def used(self, body: Lines) -> Lines:
        """Assignments of the constants that statements read."""
        there = ir.reads(body)
        names = list(self.shown.values())
        return [ir.assign(n, ir.item("PC", "b", i)) for i, n in enumerate(names) if n in there]

    def decayed(self, s: Linear, x: str, steps: str, how: str = "decay") -> ir.Expr:
        """A linear state ``steps`` later, or its mean over these."""
        now = ir.Name(x)
        if s.rate == 0:
            if s.drive == 0:
                return now
            moved = self(s.drive * DT) * ir.call("F", quote_expr(steps))
            return now + (moved if how == "decay" else moved * ir.Number(0.5))
        factor = ir.call(how, "PE", "b", self.plan.rates.index(s.rate), quote_expr(steps))
        if s.drive == 0:
            return now * factor
        rest = self(s.rest)
        return rest + (now - rest) * factor

    def word(self, m: str) -> str:
        """The position of entry ``m`` of a history."""
        return f"hist + 1 + ({m}) * {self.entry}" if self.entry > 1 else f"hist + 1 + ({m})"

    # --- statements --------------------------------------------------------------------------------------------

    def moved(self, s: Linear, steps: str, start: str = "", end: str = "") -> ir.Statement:
        """A linear state ``steps`` after it was ``x_<s><start>``, as ``x_<s><end>``."""
        return ir.assign(v(s.name) + end, self.decayed(s, v(s.name) + start, steps))

    def clip(self, s: str) -> Lines:
        """Clips a state to its limits."""
        if s not in self.plan.eq.bounds:
            return []
        low, high = (self(b) for b in self.plan.eq.bounds[s])
        return [ir.assign(v(s), ir.Call("min", (ir.Call("max", (ir.Name(v(s)), low)), high)))]

    def act(self, n: str, e: sp.Expr, step: str) -> Lines:
        """One statement of an event at a step."""
        clipped = self.clip(n) if self.plan.eq.places[n] == "synapse" else []
        return [*self.drawn(e, step), ir.assign(v(n), self(e)), *clipped]

    def drawn(self, e: sp.Expr, step: str) -> Lines:
        """Draws the random numbers of an expression at a step: those of a synapse, of an event, and of a place in the text."""
        text: Lines = []
        for n in sorted(filter(is_draw, names_of([e]))):
            kind, place = "uniform" if is_uniform(n) else "noise", FIRST_DRAW + int(n.rpartition("_")[2])
            given = f"PB[b, P_KEY], i, here - PB[b, P_LOCAL], {step}, {place} + {MOST_DRAWS} * copy"
            text += quote(f"{v(n)} = F({kind}({given}))")
        return text

    def load(self, at: str) -> Lines:
        """Loads the target's states from an entry."""
        text = quote(f"when = I64(word(history, {at})) + shift") if self.plan.trace else []
        for q, n in enumerate(self.payload):
            text += quote(f"{v(n)} = load(history, {at} + {self.first + q})") if n not in self.plan.seen else []
        return text

    def signals(self, used: set[str], at: str) -> Lines:
        """Loads slow signals at a step."""
        n = max(1, len(self.plan.fields))
        return [
            x
            for q, f in enumerate(self.plan.fields)
            if f in used
            for x in quote(f"{v(f)} = F(PS[signals + {at} // tick % room * {n} + {q}])")
        ]

    def target(self, column: str, names: list[str]) -> Lines:
        """Loads the present variables of the target."""
        place = "X[U64(PB[b, P_BASE] + PB[b, {}] + (i >> 6) * stride + (i & 63))]"
        return [x for q, n in enumerate(names) for x in quote(f"{v(n)} = {place.format(f'{column} + {q}')}")]

    def effective(self, acts: Acts) -> Acts:
        """The statements of a postsynaptic spike that the synapse needs; states of the target are loaded from its history afterwards."""
        out, read = [], set()
        for n, e in reversed(acts):
            if self.plan.eq.places[n] == "synapse" or n in read:
                out.insert(0, (n, e))
                read |= {x.name for x in e.free_symbols}
        return [(n, e) for n, e in out if n not in self.plan.fused]

    # --- between events ----------------------------------------------------------------------------------------

    def advance(self, stop: str) -> Lines:
        """Advances the states of the synapse from ``t`` to ``stop``."""
        p = self.plan
        moving = [s for s in p.exact if s.rate != 0 or s.drive != 0]
        decays = [x for s in moving for x in (self.moved(s, "n"), *self.clip(s.name))]
        if not p.substep:
            return [*quote(f"n = {stop} - t"), *decays, *quote(f"t = {stop}")] if moving else []
        upto = f"min({stop}, (t // tick + 1) * tick)" if p.ticking else f"min({stop}, t + {LONGEST} * tick)"
        inner = [
            *quote(f"upto = {upto}\nn = upto - t"),
            *(quote("draw = I64(0)") if self.noisy else []),
            *quote("part_h = F(n * dt)"),
            *self._substep(moving),
            *decays,
            *quote("t = upto"),
        ]
        return quote(f"while t < {stop}:\n    inner", inner=inner)

    def _substep(self, moving: list[Linear]) -> Lines:
        p = self.plan
        used = names_of(p.substep.values())
        both = used | names_of(c.level for c in p.conditions)
        text = [self.moved(s, "t - since", "_0") for s in p.source if s.name in both]
        text += [self.moved(s, "t - when", end="_t") for s in p.trace if s.name in both]
        later = {symbol(s.name): symbol(s.name + "_t") for s in p.trace}
        text += [ir.assign(f"total_{q}", self(c.level.subs(later))) for q, c in enumerate(p.conditions)]
        averaged = [s for s in (*p.source, *p.trace, *moving) if s.name in used]
        for s in averaged:
            now = f"{v(s.name)}_t" if s in p.trace else v(s.name)
            mean = self.decayed(s, now, "n", "mean" if p.ticking else "mean_far")
            text.append(ir.assign(v("mean_" + s.name), mean))
        text += self.signals(used, "t")
        swap = {symbol(s.name): symbol(f"mean_{s.name}") for s in averaged}
        draw = "part_z = F(noise(PB[b, P_KEY], i, here - PB[b, P_LOCAL], t, 64 * copy + draw))\ndraw += 1"
        step = quote(draw) if self.noisy else []
        step += [ir.assign(f"new_{s}", self._step(s, e.subs(swap, simultaneous=True))) for s, e in p.substep.items()]
        for s in p.substep:
            step += [ir.assign(v(s), f"new_{s}"), *self.clip(s)]
        return text + (self._crossings(step) if p.conditions else step)

    def _crossings(self, step: Lines) -> Lines:
        """The step in parts, each up to the time at which a decaying level falls below its threshold."""
        p, text = self.plan, []
        inner = quote("end = whole")
        for q, c in enumerate(p.conditions):
            ends = f"log(total_{q} / bar) / rate if total_{q} > bar else F(0.0)"
            text.append(ir.assign(f"ends_{q}", quote_expr(ends, bar=self(c.threshold), rate=self(c.rate))))
            inner += quote(f"{v(c.flag)} = F(1.0) if ends_{q} > gone else F(0.0)")
            inner += quote(f"end = min(end, ends_{q}) if ends_{q} > gone else end")
        inner += [*quote("part_h = end - gone"), *step, *quote("gone = end")]
        return text + quote("whole = part_h\ngone = F(0.0)\nwhile gone < whole:\n    inner", inner=inner)

    def _step(self, s: str, e: sp.Expr) -> ir.Expr:
        """x + f h (e^{Jh} - 1)/(Jh): exact if x' = a x + b, second order otherwise (Hochbruck & Ostermann 2010, Acta Numerica 19)."""
        h, x = symbol("part_h"), symbol(s)
        noise = [n for n in e.free_symbols if is_noise(n.name)]
        drift = e.subs(dict.fromkeys(noise, 0))
        slope = sp.diff(drift, x)
        new = x + drift * h * (exprel(slope * h) if slope != 0 else 1)
        for n in noise:
            new += sp.diff(e, n) * sp.sqrt(h * (exprel(2 * slope * h) if slope != 0 else 1)) * symbol("part_z")
        return self(new)
