"""Rules as source text.

``visit`` brings the synapses of one row and delay up to a time and, if a pre-spike is there, lets it act; ``source`` does the
same for the states of the source; ``note`` and ``sample`` add to the histories of targets. A history is one line of words:
the number of entries, then for each entry its step, whether it is a spike, the decaying states after it, what
a post-spike reads, and the held values. The first three entries lie before all that any synapse still has to learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amine.engine.codegen.step import Constants
from amine.equations.integrate import DT
from amine.equations.printer import Printer
from amine.equations.rule_plan import Linear, RulePlan
from amine.equations.symbols import exprel, is_noise, symbol

FUNCTION = "@njit(nogil=True, error_model='numpy')"
LONGEST = 100  # ticks of a substep that nothing but the synapse itself decides


@dataclass
class RuleCode:
    """Source of a rule and what feeds it (kept as literals in the module)."""

    name: str
    synapse: list[str]
    source: list[str]
    trace: list[str]
    fused: list[str]
    seen: list[str]
    now: list[str]
    fields: list[str]
    phases: list[str | None]
    held: list[str]
    sums: list[str]
    bathed: list[str]
    constants: list[str]
    entry: int  # words of an entry of a history
    rates: int
    noisy: bool
    parameters: list[str]
    payload: list[str]
    text: str = ""

    def metadata(self) -> dict[str, Any]:
        """Everything but the source, as plain data."""
        return {k: v for k, v in self.__dict__.items() if k != "text"}


OWN = ("part_h", "part_z")  # length and noise of a substep


def v(name: str) -> str:
    """The variable of a state or parameter."""
    return "x_" + name


class Writer:
    """Writes the functions of rule number ``index``."""

    def __init__(self, p: RulePlan, index: int, name: str):
        self.plan, self.index, self.name = p, index, name
        self.constants = Constants(set(p.eq.parameters), frozenset())
        self.kernel = Printer("kernel")
        self.double = Printer("scalar", lambda n: n if n == "dt" else v(n))
        self.rates = p.rates
        self.linear = {s.name: s for s in (*p.source, *p.trace, *p.exact)}
        self.many = bool(p.held)  # entries that are no spikes
        self.payload = [s.name for s in p.trace] + p.seen + [f"held_{i}" for i in range(len(p.held))]
        self.entry = 1 + int(self.many) + len(self.payload)
        self.noisy = any(is_noise(s.name) for e in p.substep.values() for s in e.free_symbols)

    def code(self) -> RuleCode:
        body = self._visit() + self._source() + self._note() + (self._sample() if self.many else "")
        names = list(self.constants.named.values())
        p = self.plan
        out = RuleCode(
            self.name, p.synapse, [s.name for s in p.source], [s.name for s in p.trace], p.fused, p.seen, p.now, p.fields, p.phases,
            self.held_names(), list(p.eq.sums), p.bathed, names, self.entry, len(self.rates), self.noisy, sorted(p.eq.parameters), self.payload,
        )  # fmt: skip
        out.text = f"# {self.name}\n" + self._preparation() + body
        return out

    # --- pieces ------------------------------------------------------------------------------------------------

    def print(self, e: Any) -> str:
        """An expression with its constants taken out; states have names that nothing else in the code has."""
        e = sp.sympify(e)
        known = {*self.plan.eq.parameters, "dt", *OWN}
        e = e.subs({s: symbol(v(s.name)) for s in e.free_symbols if s.name not in known}, simultaneous=True)
        return self.kernel(self.constants.take(e))

    def exact(self, e: Any) -> str:
        """An expression in float64."""
        return self.double(e)

    def _rate(self, s: Linear) -> int:
        return self.rates.index(s.rate)

    def _decayed(self, s: Linear, x: str, steps: str, how: str = "decay") -> str:
        """A linear state ``steps`` later, or its mean over that time."""
        if s.rate == 0:
            return (
                x
                if s.drive == 0
                else f"({x} + {self.print(s.drive * DT)} * F({steps}){' * F(0.5)' if how != 'decay' else ''})"
            )
        factor = f"{how}(PE, b, {self._rate(s)}, {steps})"
        if s.drive == 0:
            return f"({x} * {factor})"
        rest = self.print(s.rest)
        return f"({rest} + ({x} - {rest}) * {factor})"

    def _clip(self, s: str) -> list[str]:
        if s not in self.plan.eq.bounds:
            return []
        low, high = (self.print(b) for b in self.plan.eq.bounds[s])
        return [f"{v(s)} = min(max({v(s)}, {low}), {high})"]

    def _used(self, lines: list[str]) -> list[str]:
        """The constants that lines of code name."""
        import re

        there = set(re.findall(r"\b_c\d+\b", "\n".join(lines)))
        return [f"    {n} = PC[b, {i}]" for i, n in enumerate(self.constants.named.values()) if n in there]

    def _needs(self, exprs: Any) -> set[str]:
        return {s.name for e in exprs for s in e.free_symbols}

    # --- the synapses of a row -----------------------------------------------------------------------------------

    def _visit(self) -> str:
        p = self.plan
        on_post = [a for event in p.eq.post for a in event.acts if a is not None]
        kept = bool(on_post) or self.many
        phases = [[a for e in p.eq.pre if e.after == phase for a in e.acts] for phase in p.phases]
        body = [f"{v(s)} = load(base, at + {i + 1})" for i, s in enumerate(p.synapse)]
        body += ["t = since"]
        if self.noisy:  # synapses of one pair have noise of their own
            body += ["copy, last, draw = (copy + 1 if i == last else I64(0)), i, I64(0)"]
        if p.trace or kept:
            body += self._past(on_post, kept)
        body += self._advance("until")
        body += ["if phase >= 0:", *("    " + x for x in self._pre(phases))]
        if p.eq.sums:
            place = "X[U64(PB[b, P_BASE] + PB[b, P_SUM0 + {}] + (i >> 6) * stride + (i & 63))]"
            adds = [f"{place.format(q)} += {self.print(e)}" for q, e in enumerate(p.eq.sums.values())]
            body += ["if phase == -1:", *("    " + x for x in adds)]
        changed = [s for s in p.synapse if self._changes(s, on_post, phases)]
        body += [f"store(base, at + {1 + p.synapse.index(s)}, {v(s)})" for s in changed]
        # of the row alone
        head = [f"{v(s.name)}_0 = F(PX[here + {i + 1}])" for i, s in enumerate(p.source)]
        head += [f"{v(s.name)}_T = {self._decayed(s, v(s.name) + '_0', 'until - since')}" for s in p.source]
        loop = [
            *(["copy, last = I64(0), I64(-1)"] if self.noisy else []),
            "for j in range(a, e):",
            f"    at = j * {1 + len(p.synapse)}",
            "    i = I64(word(base, at))",
            *("    " + x for x in body),
        ]
        text = [*(" " * 4 + x for x in head), *(" " * 4 + x for x in loop)]
        signature = "X, base, a, e, factor, until, shift, phase, since, here, b, PC, PE, PX, PS, PB, dt, k0, k1"
        setup = [
            "    history, width, row, stride, tick = PB[b, P_HISTORY], PB[b, P_WIDTH], PB[b, P_ROW], PB[b, P_STRIDE], PB[b, P_TICK]",
            "    signals, room = PB[b, P_SIGNALS], PB[b, P_ROOM]",
        ]
        return (
            "\n".join([FUNCTION, f"def visit_{self.index}({signature}):", *setup, *self._used(text), *text]) + "\n\n\n"
        )

    def _changes(self, s: str, on_post: list[Any], phases: Any) -> bool:
        lin = self.linear.get(s)
        acts = [*on_post, *(a for acts in phases for a in acts if a is not None)]
        return lin is None or lin.rate != 0 or lin.drive != 0 or any(n == s for n, _ in acts)

    def _word(self, m: str) -> str:
        return f"hist + 1 + ({m}) * {self.entry}" if self.entry > 1 else f"hist + 1 + ({m})"

    def _past(self, on_post: list[Any], kept: bool) -> list[str]:
        """Brings the synapse up to the last post-spike before ``until``.

        Most often at most two post-spikes lie in between. They are then computed in any case and taken or not, without a branch that
        the processor would guess wrong every other time.
        """
        slow = [*self._find(), *(self._entries(on_post) if kept else [])]
        if self.many or self.plan.substep:
            return slow
        text = ["hist = i * width", "count = I64(word(history, hist))"]
        text += [f"third = {self._word('count - 3')}", "past = I64(word(history, third)) + shift"]
        fast: list[str] = []
        for q, name in ((2, "b"), (1, "a")):
            fast += [
                f"at_{name} = {self._word(f'count - {q}')}",
                f"when_{name} = I64(word(history, at_{name})) + shift",
            ]
        traces = [s.name for s in self.plan.trace]
        fast += ["when = past"] if traces else []
        fast += [f"{v(n)} = load(history, third + {1 + self.payload.index(n)})" for n in traces]
        for name in ("b", "a"):
            fast += self._taken(on_post, name) if kept else []
            for n in traces:
                fast.append(
                    f"{v(n)} = load(history, at_{name} + {1 + self.payload.index(n)}) if when_{name} < until else {v(n)}"
                )
            fast += [f"when = when_{name} if when_{name} < until else when"] if traces else []
        return [*text, "if past < since:", *("    " + x for x in fast), "else:", *("    " + x for x in slow[2:])]

    def _taken(self, on_post: list[Any], name: str) -> list[str]:
        """A post-spike that acts if it lies between ``since`` and ``until``."""
        p = self.plan
        text = [f"there = (when_{name} >= since) & (when_{name} < until)", f"s = when_{name} if there else t"]
        text += ["entry = at_" + name] if p.seen else []
        text += self._advance("s")
        lines = self._post(on_post, guard=True)
        changed = [s for s in p.synapse if any(n == s for n, _ in on_post)]
        mine = [s.name for s in p.trace if s.name in self._needs(e for _, e in self._effective(on_post))]
        text += [f"old_{s} = {v(s)}" for s in (*changed, *mine)]
        text += lines
        text += [f"{v(s)} = {v(s)} if there else old_{s}" for s in changed]
        return text + [f"{v(s)} = old_{s}" for s in mine]

    def _find(self) -> list[str]:
        """The last entry that these synapses know."""
        text = [
            "hist = i * width",
            "count = I64(word(history, hist))",
            "m = count",
            f"while I64(word(history, {self._word('m - 1')})) + shift >= since:",
            "    m -= 1",
            f"known = {self._word('m - 1')}",
        ]
        return text + self._load("known")

    def _load(self, at: str) -> list[str]:
        """What an entry says of the target from then on."""
        first = 1 + int(self.many)
        text = [f"when = I64(word(history, {at})) + shift"] if self.plan.trace else []
        text += [
            f"{v(n)} = load(history, {at} + {first + q})" for q, n in enumerate(self.payload) if n not in self.plan.seen
        ]
        return text

    def _entries(self, on_post: list[Any]) -> list[str]:
        """Post-spikes and changes of held values since then, in order."""
        inner = [f"entry = {self._word('m')}", "s = I64(word(history, entry)) + shift", "if s >= until:", "    break"]
        inner += self._advance("s")
        spike = self._post(on_post)
        if self.many:
            spike = ["if word(history, entry + 1) != 0:", *("    " + x for x in (spike or ["pass"]))]
        inner += [*spike, *self._load("entry"), "m += 1"]
        return ["while m < count:", *("    " + x for x in inner)]

    def _post(self, on_post: list[Any], guard: bool = False) -> list[str]:
        p = self.plan
        on_post = self._effective(on_post)
        used = self._needs(e for _, e in on_post)
        first = 1 + int(self.many)
        text = [f"{v(s.name)} = {self._decayed(s, v(s.name) + '_0', 's - since')}" for s in p.source if s.name in used]
        gap = "max(s - when, 0)" if guard else "s - when"  # what is not taken must not look outside the tables
        text += [f"{v(s.name)} = {self._decayed(s, v(s.name), gap)}" for s in p.trace if s.name in used]
        text += [f"{v(n)} = load(history, entry + {first + self.payload.index(n)})" for n in p.seen]
        text += self._signals(used, "(s - 1)")
        for n, e in on_post:
            text.append(f"{v(n)} = {self.print(e)}")
            text += self._clip(n) if p.eq.places[n] == "synapse" else []
        return text

    def _effective(self, acts: list[Any]) -> list[Any]:
        """Those statements of a post-spike that the synapse needs: states of the target are read off its history afterwards."""
        out, read = [], set()
        for n, e in reversed(acts):
            if self.plan.eq.places[n] == "synapse" or n in read:
                out.insert(0, (n, e))
                read |= {x.name for x in e.free_symbols}
        return [(n, e) for n, e in out if n not in self.plan.fused]

    def _signals(self, used: set[str], at: str) -> list[str]:
        n = max(1, len(self.plan.fields))
        return [
            f"{v(f)} = F(PS[signals + ({at} // tick) % room * {n} + {q}])"
            for q, f in enumerate(self.plan.fields)
            if f in used
        ]

    def _target(self, column: str, names: list[str]) -> list[str]:
        """Variables of the target as they are now."""
        return [
            f"{v(n)} = X[U64(PB[b, P_BASE] + PB[b, {column} + {q}] + (i >> 6) * stride + (i & 63))]"
            for q, n in enumerate(names)
        ]

    def _pre(self, phases: list[list[Any]]) -> list[str]:
        """The pre-spike acts; source states are read as they are before, or after what stands earlier in the text changed them."""
        p = self.plan
        used = self._needs(e for acts in phases for a in acts if a is not None for e in [a[1]])
        text = [f"{v(s.name)} = {self._decayed(s, v(s.name), 'until - when')}" for s in p.trace if s.name in used]
        text += self._target("P_NOW0", p.now) + self._signals(used, "(until - 1)")
        for q, acts in enumerate(phases):
            lines = [f"{v(s.name)} = {v(s.name)}_T" for s in p.source if s.name in used]
            for act in [None, *acts] if q == 0 and None not in acts else acts:
                if act is None:
                    lines.append(f"X[U64(row + (i >> 6) * stride + (i & 63))] += {v('w')} * factor")
                    continue
                name, e = act
                if p.eq.places[name] == "source" and name not in used:
                    continue
                lines.append(f"{v(name)} = {self.print(e)}")
                lines += self._clip(name) if p.eq.places[name] == "synapse" else []
            text += [f"{'if' if q == 0 else 'elif'} phase == {q}:", *("    " + x for x in (lines or ["pass"]))]
        return text

    # --- between events ------------------------------------------------------------------------------------------

    def _advance(self, stop: str) -> list[str]:
        """Synapse states from ``t`` to ``stop``."""
        p = self.plan
        moving = [s for s in p.exact if s.rate != 0 or s.drive != 0]
        decays = [x for s in moving for x in (f"{v(s.name)} = {self._decayed(s, v(s.name), 'n')}", *self._clip(s.name))]
        if not p.substep:
            return [f"n = {stop} - t", *decays, f"t = {stop}"] if moving else []
        inner = [
            f"upto = min({stop}, (t // tick + 1) * tick)" if p.ticking else f"upto = min({stop}, t + {LONGEST} * tick)",
            "n = upto - t",
            *(["draw = I64(0)"] if self.noisy else []),
            "part_h = F(n * dt)",
            *self._substep(moving),
            *decays,
        ]
        return [f"while t < {stop}:", *("    " + x for x in [*inner, "t = upto"])]

    def _substep(self, moving: list[Linear]) -> list[str]:
        p = self.plan
        used = self._needs(p.substep.values())
        both = used | self._needs(c.level for c in p.conditions)
        text = [f"{v(s.name)} = {self._decayed(s, v(s.name) + '_0', 't - since')}" for s in p.source if s.name in both]
        text += [f"{v(s.name)}_t = {self._decayed(s, v(s.name), 't - when')}" for s in p.trace if s.name in both]
        later = {symbol(s.name): symbol(s.name + "_t") for s in p.trace}
        text += [f"total_{q} = {self.print(c.level.subs(later))}" for q, c in enumerate(p.conditions)]
        averaged = [s for s in (*p.source, *p.trace, *moving) if s.name in used]
        for s in averaged:
            now = f"{v(s.name)}_t" if s in p.trace else v(s.name)
            text.append(f"{v('mean_' + s.name)} = {self._decayed(s, now, 'n', 'mean' if p.ticking else 'mean_far')}")
        text += self._signals(used, "t")
        swap = {symbol(s.name): symbol(f"mean_{s.name}") for s in averaged}
        step = (
            ["part_z = F(noise(k0, k1, PB[b, P_STREAM], i, here, t, 64 * copy + draw))", "draw += 1"]
            if self.noisy
            else []
        )
        step += [f"new_{s} = {self._step(s, e.subs(swap, simultaneous=True))}" for s, e in p.substep.items()]
        for s in p.substep:
            step += [f"{v(s)} = new_{s}", *self._clip(s)]
        return text + (self._crossings(step) if p.conditions else step)

    def _crossings(self, step: list[str]) -> list[str]:
        """The step in parts, which end where a decaying level falls below its threshold."""
        p, text = self.plan, []
        for q, c in enumerate(p.conditions):
            bar, rate = self.print(c.threshold), self.print(c.rate)
            text.append(f"ends_{q} = vlog(total_{q} / {bar}) / {rate} if total_{q} > {bar} else F(0.0)")
        text += ["whole, gone = part_h, F(0.0)", "while gone < whole:", "    end = whole"]
        for q, c in enumerate(p.conditions):
            text += [
                f"    {v(c.flag)} = F(1.0) if ends_{q} > gone else F(0.0)",
                f"    end = min(end, ends_{q}) if ends_{q} > gone else end",
            ]
        return [*text, "    part_h = end - gone", *("    " + x for x in step), "    gone = end"]

    def _step(self, s: str, e: Any) -> str:
        """x + f h (e^{Jh} - 1)/(Jh): exact if x' = a x + b, second order otherwise (Hochbruck & Ostermann 2010, Acta Numerica 19)."""
        h, x = symbol("part_h"), symbol(s)
        noise = [n for n in e.free_symbols if is_noise(n.name)]
        drift = e.subs(dict.fromkeys(noise, 0))
        slope = sp.diff(drift, x)
        new = x + drift * h * (exprel(slope * h) if slope != 0 else 1)
        for n in noise:
            new += sp.diff(e, n) * sp.sqrt(h * (exprel(2 * slope * h) if slope != 0 else 1)) * symbol("part_z")
        return self.print(new)

    # --- the source, in float64 -----------------------------------------------------------------------------------

    def _source(self) -> str:
        """States of the source of one row and delay, advanced to ``until``; a pre-spike of ``phase`` acts."""
        p = self.plan
        text = ["    gone = (until - PX[here]) * dt", "    PX[here] = until"]
        for i, s in enumerate(p.source):
            at = f"PX[here + {i + 1}]"
            if s.rate == 0:
                text.append(f"    {v(s.name)} = {at} + ({self.double(s.drive)}) * gone")
            else:
                rest = self.double(s.rest)
                text.append(f"    {v(s.name)} = {rest} + ({at} - {rest}) * math.exp(-({self.double(s.rate)}) * gone)")
        acts_of = {
            q: [
                a
                for e in p.eq.pre
                if e.after == phase
                for a in e.acts
                if a is not None and p.eq.places[a[0]] == "source"
            ]
            for q, phase in enumerate(p.phases)
        }
        for q, acts in acts_of.items():
            if acts:
                text += [f"    if phase == {q}:", *(f"        {v(n)} = {self.double(e)}" for n, e in acts)]
        text += [f"    PX[here + {i + 1}] = {v(s.name)}" for i, s in enumerate(p.source)]
        exprs = [e for s in p.source for e in (s.rate, s.drive)] + [e for acts in acts_of.values() for _, e in acts]
        needed = self._needs(exprs)
        names = [f"    {v(n)} = PP[b, {i}]" for i, n in enumerate(sorted(p.eq.parameters)) if n in needed]
        return (
            "\n".join([FUNCTION, f"def source_{self.index}(PX, here, until, phase, b, PP, dt):", *names, *text])
            + "\n\n\n"
        )

    # --- the target ------------------------------------------------------------------------------------------------

    def _append(self, spike: bool) -> list[str]:
        """A new entry of the history at step ``s``."""
        at, first = f"hist + 1 + count * {self.entry}", 1 + int(self.many)
        text = [f"put(history, {at}, WORD(s))"]
        text += [f"put(history, {at} + 1, WORD({int(spike)}))"] if self.many else []
        for q, n in enumerate(self.payload):
            value = v(n)
            if not spike:
                value = (
                    n.replace("held_", "now_") if n.startswith("held_") else "F(0.0)" if n in self.plan.seen else v(n)
                )
            text.append(f"store(history, {at} + {first + q}, {value})")
        return [*text, "put(history, hist, WORD(count + 1))", "count += 1"]

    def _last(self) -> list[str]:
        text = ["hist = i * PB[b, P_WIDTH]", "count = I64(word(history, hist))", f"known = {self._word('count - 1')}"]
        text += ["when = I64(word(history, known))"] if self.plan.trace else []
        first = 1 + int(self.many)
        return text + [
            f"{v(n)} = load(history, known + {first + q})"
            for q, n in enumerate(self.payload)
            if n not in self.plan.seen
        ]

    def _note(self) -> str:
        """A post-spike of neuron ``i`` at step ``s`` is added to its history; returns the number of entries."""
        p = self.plan
        mine = {x.name for x in p.trace}
        text = [*self._last(), *(f"{v(x.name)} = {self._decayed(x, v(x.name), 's - when')}" for x in p.trace)]
        acts = [a for event in p.eq.post for a in event.acts if a is not None and a[0] in mine]
        text += self._signals(self._needs(e for _, e in acts), "(s - 1)")
        text += [f"{v(n)} = {self.print(e)}" for n, e in acts]
        text += self._target("P_SEEN0", p.seen) + self._append(True)
        lines = ["    " + x for x in [*text, "return count"]]
        head = [
            "    history, stride, tick = PB[b, P_HISTORY], PB[b, P_STRIDE], PB[b, P_TICK]",
            "    signals, room = PB[b, P_SIGNALS], PB[b, P_ROOM]",
        ]
        signature = f"def note_{self.index}(X, i, s, b, PC, PE, PS, PB):"
        return "\n".join([FUNCTION, signature, *head, *self._used(lines), *lines]) + "\n\n\n"

    def _sample(self) -> str:
        """Held values of targets ``first``..``last`` at step ``s``; those that changed are added. Returns the longest history."""
        p = self.plan
        inner = self._target("P_HELD0", self.held_names())
        inner += [f"now_{q} = {self.print(e)}" for q, e in enumerate(p.held)] + self._last()
        inner += ["if " + " or ".join(f"now_{q} != {v(f'held_{q}')}" for q in range(len(p.held))) + ":"]
        then = [f"{v(x.name)} = {self._decayed(x, v(x.name), 's - when')}" for x in p.trace] + self._append(False)
        inner += ["    " + x for x in then] + ["most = max(most, count)"]
        lines = [
            "    history, stride, most = PB[b, P_HISTORY], PB[b, P_STRIDE], I64(0)",
            "    for i in range(first, last):",
        ]
        lines += [" " * 8 + x for x in inner]
        signature = f"def sample_{self.index}(X, first, last, s, b, PC, PE, PB):"
        return "\n".join([FUNCTION, signature, *self._used(lines), *lines, "    return most"]) + "\n\n\n"

    def held_names(self) -> list[str]:
        """Variables of the target that held values are made of."""
        return sorted(self._needs(self.plan.held) - set(self.plan.eq.parameters))

    # --- prepared once, in float64 -----------------------------------------------------------------------------------

    def _preparation(self) -> str:
        p, numpy = self.plan, Printer("numpy", lambda n: n if n == "dt" else v(n))
        read = [f"    {v(n)} = p['{n}']" for n in sorted(p.eq.parameters)]
        parts = [
            ("constants", "p, dt", [numpy(e) for e in self.constants.named]),
            ("rates", "p", [numpy(e) for e in self.rates]),
            ("initial", "p", [f"('{s}', {numpy(e)})" for s, e in p.eq.initial.items()]),
            ("bounds", "p", [f"('{s}', {numpy(a)}, {numpy(b)})" for s, (a, b) in p.eq.bounds.items()]),
        ]
        return "".join(
            "\n".join(
                [f"def rule_{n}_{self.index}({a}):", *read, "    return [", *(f"        {x}," for x in xs), "    ]"]
            )
            + "\n\n\n"
            for n, a, xs in parts
        )
