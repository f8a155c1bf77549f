"""The function of a rule that advances the synapses of one row and delay, and applies a presynaptic spike."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from amine.engine.codegen import ir
from amine.engine.codegen.program import names_of
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.rule_pieces import Acts, Lines, Pieces, v
from amine.equations.rules import TRANSMIT

if TYPE_CHECKING:
    import sympy as sp

FUNCTION = "@inner()"
ARGUMENTS = (
    *("X", "base", "a", "e", "factor", "until", "shift", "phase", "since", "here", "b"),
    *("PC", "PE", "PX", "PS", "PB", "dt"),
)
SETUP = """
history = PB[b, P_HISTORY]
width = PB[b, P_WIDTH]
row = PB[b, P_ROW]
stride = PB[b, P_STRIDE]
tick = PB[b, P_TICK]
signals = PB[b, P_SIGNALS]
room = PB[b, P_ROOM]
"""
Phases: TypeAlias = "list[list[tuple[str, sp.Expr] | None]]"


def visit(t: Pieces, index: int) -> ir.Function:
    """``visit_<index>``; phase -1 adds up sums of the target, -2 advances only."""
    return _Visit(t).function(index)


class _Visit:
    def __init__(self, t: Pieces):
        self.t, self.plan = t, t.plan

    def function(self, index: int) -> ir.Function:
        t, p = self.t, self.plan
        synapse = self._synapse()
        row: Lines = [ir.Comment("states of the source, at the last visit and now")] if p.source else []
        row += [x for i, s in enumerate(p.source) for x in quote(f"{v(s.name)}_0 = F(PX[here + {i + 1}])")]
        row += [t.moved(s, "until - since", "_0", "_T") for s in p.source]
        loop = quote(
            f"for j in range(a, e):\n    at = j * {1 + len(p.synapse)}\n    i = I64(word(base, at))\n    synapse",
            synapse=synapse,
        )
        copies = quote("copy = I64(0)\nlast = I64(-1)") if t.noisy else []
        body = [*row, *copies, *loop]
        whole = [*quote(SETUP), *t.used(body), *body]
        return ir.Function(f"visit_{index}", ARGUMENTS, ir.without_unread(whole), FUNCTION)

    def _synapse(self) -> Lines:
        t, p = self.t, self.plan
        kept = bool(t.post) or t.many
        phases: Phases = [[a for e in p.eq.pre if e.after == phase for a in e.acts] for phase in p.phases]
        body: Lines = [x for i, s in enumerate(p.synapse) for x in quote(f"{v(s)} = load(base, at + {i + 1})")]
        body += quote("t = since")
        if t.noisy:  # synapses of one pair have noise of their own
            body += quote("copy = copy + 1 if i == last else I64(0)\nlast = i\ndraw = I64(0)")
        if p.trace or kept:
            body += [ir.Comment("up to the last spike of the target"), *self._past(kept)]
        rest = t.advance("until")
        body += [ir.Comment("and from there"), *rest] if rest else []
        body += [ir.Comment("the spike of the source")]
        body += quote("if phase >= 0:\n    pre", pre=self._pre(phases))
        if p.eq.sums:
            body += quote("if phase == -1:\n    adds", adds=self._sums())
        changed = [s for s in p.synapse if self._changes(s, phases)]
        return body + [x for s in changed for x in quote(f"store(base, at + {1 + p.synapse.index(s)}, {v(s)})")]

    def _sums(self) -> Lines:
        place = "X[U64(PB[b, P_BASE] + PB[b, P_SUM0 + {}] + (i >> 6) * stride + (i & 63))] += term"
        return [x for q, e in enumerate(self.plan.eq.sums.values()) for x in quote(place.format(q), term=self.t(e))]

    def _changes(self, s: str, phases: Phases) -> bool:
        lin = next((x for x in (*self.plan.source, *self.plan.trace, *self.plan.exact) if x.name == s), None)
        acts = [*self.t.post, *(a for acts in phases for a in acts if a is not None)]
        return lin is None or lin.rate != 0 or lin.drive != 0 or any(n == s for n, _ in acts)

    # --- spikes of the target ----------------------------------------------------------------------------------

    def _past(self, kept: bool) -> Lines:
        """Advances the synapse to the last postsynaptic spike before ``until``.

        Usually there are at most two postsynaptic spikes in between. Both are then computed in any case, and their results selected
        without a branch, which the processor would often mispredict.
        """
        t = self.t
        find, entries = self._find(), self._entries() if kept else []
        begin = quote("hist = i * width\ncount = I64(word(history, hist))")
        if t.many or self.plan.substep:
            return [*begin, *find, *entries]
        begin += quote(f"third = {t.word('count - 3')}\npast = I64(word(history, third)) + shift")
        fast: Lines = []
        for q, name in ((2, "b"), (1, "a")):
            fast += quote(f"at_{name} = {t.word(f'count - {q}')}\nwhen_{name} = I64(word(history, at_{name})) + shift")
        traces = [s.name for s in self.plan.trace]
        fast += quote("when = past") if traces else []
        for n in traces:
            fast += quote(f"{v(n)} = load(history, third + {1 + t.payload.index(n)})")
        for name in ("b", "a"):
            fast += self._taken(name) if kept else []
            for n in traces:
                there = f"load(history, at_{name} + {1 + t.payload.index(n)})"
                fast += quote(f"{v(n)} = {there} if when_{name} < until else {v(n)}")
            fast += quote(f"when = when_{name} if when_{name} < until else when") if traces else []
        return begin + quote("if past < since:\n    fast\nelse:\n    slow", fast=fast, slow=[*find, *entries])

    def _taken(self, name: str) -> Lines:
        """A postsynaptic spike, applied if it is between ``since`` and ``until``."""
        t, p = self.t, self.plan
        text = quote(f"there = (when_{name} >= since) & (when_{name} < until)\ns = when_{name} if there else t")
        text += quote(f"entry = at_{name}") if p.seen else []
        text += t.advance("s")
        lines = self._post(guard=True)
        changed = [s for s in p.synapse if any(n == s for n, _ in t.post)]
        mine = [s.name for s in p.trace if s.name in names_of(e for _, e in t.effective(t.post))]
        text += [ir.assign(f"old_{s}", v(s)) for s in (*changed, *mine)]
        text += lines
        for s in changed:
            text += quote(f"{v(s)} = {v(s)} if there else old_{s}")
        return text + [ir.assign(v(s), f"old_{s}") for s in mine]

    def _find(self) -> Lines:
        """Finds the last entry that these synapses have processed."""
        last = self.t.word("m - 1")
        text = quote(f"m = count\nwhile I64(word(history, {last})) + shift >= since:\n    m -= 1\nknown = {last}")
        return text + self.t.load("known")

    def _entries(self) -> Lines:
        """Later postsynaptic spikes and changes of held values, in order."""
        t = self.t
        advance = t.advance("s")
        spike = self._post()
        if t.many:
            spike = quote("if word(history, entry + 1) != 0:\n    spike", spike=spike or [ir.Plain("pass")])
        return quote(
            f"while m < count:\n"
            f"    entry = {t.word('m')}\n"
            f"    s = I64(word(history, entry)) + shift\n"
            f"    if s >= until:\n"
            f"        break\n"
            f"    advance\n"
            f"    spike\n"
            f"    load_entry\n"
            f"    m += 1",
            advance=advance,
            spike=spike,
            load_entry=t.load("entry"),
        )

    def _post(self, guard: bool = False) -> Lines:
        t, p = self.t, self.plan
        acts: Acts = t.effective(t.post)
        used = names_of(e for _, e in acts)
        text = [t.moved(s, "s - since", "_0") for s in p.source if s.name in used]
        gap = "max(s - when, 0)" if guard else "s - when"  # a spike that is not applied must not index outside tables
        text += [t.moved(s, gap) for s in p.trace if s.name in used]
        for n in p.seen:
            text += quote(f"{v(n)} = load(history, entry + {t.first + t.payload.index(n)})")
        text += t.signals(used, "(s - 1)")
        return text + [x for n, e in acts for x in t.act(n, e, "s")]

    # --- spikes of the source ----------------------------------------------------------------------------------

    def _pre(self, phases: Phases) -> Lines:
        """The presynaptic spike; states of the source are read before or after it, in the order of the rule's text."""
        t, p = self.t, self.plan
        used = names_of(a[1] for acts in phases for a in acts if a is not None)
        text = [t.moved(s, "until - when") for s in p.trace if s.name in used]
        text += t.target("P_NOW0", p.now) + t.signals(used, "(until - 1)")
        branches = [self._phase(q, acts, used) for q, acts in enumerate(phases)]
        chosen: list[ir.Statement] = []
        for q, lines in reversed(list(enumerate(branches))):
            chosen = [ir.If(quote_expr(f"phase == {q}"), lines, chosen)]
        return text + chosen

    def _phase(self, q: int, acts: list[tuple[str, sp.Expr] | None], used: set[str]) -> Lines:
        t, p = self.t, self.plan
        lines: Lines = [ir.assign(v(s.name), f"{v(s.name)}_T") for s in p.source if s.name in used]
        said = any(a is None for a in acts) or any(
            a is not None and a[0] == TRANSMIT for event in p.eq.pre for a in event.acts
        )
        place = "X[U64(row + (i >> 6) * stride + (i & 63))]"
        for act in [None, *acts] if q == 0 and not said else acts:
            if act is None:
                lines += quote(f"{place} += {v('w')} * factor")
            elif act[0] == TRANSMIT:
                lines += t.drawn(act[1], "until")
                lines += quote(f"{place} += sent * factor", sent=t(act[1]))
            elif p.eq.places[act[0]] != "source" or act[0] in used:
                lines += t.act(act[0], act[1], "until")
        return lines or [ir.Plain("pass")]
