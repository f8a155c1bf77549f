"""Rules of plasticity as source text.

``visit`` advances the synapses of one row and delay to a given time and applies a presynaptic spike, if there is one; ``source`` does
the same for the states of the source; ``note`` and ``sample`` add entries to the histories of targets. A history is a row of words:
the number of entries, then for each entry its step, whether it is a spike, the decaying states after it, the variables that
a postsynaptic spike reads, and the held values. The first three entries are older than anything a synapse has yet to process.
"""

from __future__ import annotations

from typing import Any

from amine.engine.codegen import ir
from amine.engine.codegen.program import names_of
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.rule_pieces import Pieces, v
from amine.engine.codegen.rule_visit import FUNCTION, SETUP, visit
from amine.engine.codegen.text import PythonPrinter
from amine.equations.printer import Printer
from amine.equations.rule_plan import RulePlan
from amine.records import dataclass


@dataclass
class RuleCode:
    """Source and metadata of a rule; the metadata are literals in the generated module."""

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


class Writer:
    """Writer of the functions of rule number ``index``."""

    def __init__(self, p: RulePlan, index: int, name: str):
        self.plan, self.index, self.name = p, index, name
        self.pieces = Pieces(p)

    def code(self) -> RuleCode:
        p, t, say = self.plan, self.pieces, PythonPrinter(Printer("kernel"))
        functions = [visit(t, self.index), None, self._note(), *([self._sample()] if t.many else [])]
        double = PythonPrinter(Printer("scalar"))
        text = "".join(say.function(f) if f is not None else double.function(self._source()) for f in functions)
        return RuleCode(
            name=self.name,
            synapse=p.synapse,
            source=[s.name for s in p.source],
            trace=[s.name for s in p.trace],
            fused=p.fused,
            seen=p.seen,
            now=p.now,
            fields=p.fields,
            phases=p.phases,
            held=self.held_names(),
            sums=list(p.eq.sums),
            bathed=p.bathed,
            constants=list(t.shown.values()),
            entry=t.entry,
            rates=len(p.rates),
            noisy=t.noisy,
            parameters=sorted(p.eq.parameters),
            payload=t.payload,
            text=f"# {self.name}\n" + self._preparation() + text,
        )

    # --- the source, in float64 ----------------------------------------------------------------------------------

    def _source(self) -> ir.Function:
        """Advances the states of the source of one row and delay to ``until``, and applies a presynaptic spike of ``phase``."""
        p, exact = self.plan, self.pieces.double
        text = quote("gone = (until - PX[here]) * dt\nPX[here] = until")
        for i, s in enumerate(p.source):
            at, x = quote_expr(f"PX[here + {i + 1}]"), v(s.name)
            if s.rate == 0:
                text.append(ir.assign(x, at + exact(s.drive) * ir.Name("gone")))
                continue
            left = ir.call("exp", -exact(s.rate) * ir.Name("gone"))
            rest = exact(s.rest)
            text.append(ir.assign(x, at * left if s.drive == 0 else rest + (at - rest) * left))
        for q, phase in enumerate(p.phases):
            acts = [a for e in p.eq.pre if e.after == phase for a in e.acts if a is not None]
            lines = [ir.assign(v(n), exact(e)) for n, e in acts if p.eq.places.get(n) == "source"]
            text += quote(f"if phase == {q}:\n    lines", lines=lines) if lines else []
        for i, s in enumerate(p.source):
            text += quote(f"PX[here + {i + 1}] = {v(s.name)}")
        names = [ir.assign(v(n), ir.item("PP", "b", i)) for i, n in enumerate(sorted(p.eq.parameters))]
        args = ("PX", "here", "until", "phase", "b", "PP", "dt")
        return ir.Function(f"source_{self.index}", args, ir.without_unread([*names, *text]), FUNCTION)

    # --- the target ------------------------------------------------------------------------------------------------

    def _append(self, spike: bool) -> list[ir.Statement]:
        """Adds an entry to the history at step ``s``."""
        t = self.pieces
        text = quote(f"new = hist + 1 + count * {t.entry}\nput(history, new, WORD(s))")
        text += quote(f"put(history, new + 1, WORD({int(spike)}))") if t.many else []
        for q, n in enumerate(t.payload):
            value: ir.Expr = ir.Name(v(n))
            if not spike and n.startswith("held_"):
                value = ir.Name(n.replace("held_", "now_"))
            elif not spike and n in self.plan.seen:
                value = ir.Number(0.0)
            text += quote(f"store(history, new + {t.first + q}, value)", value=value)
        return text + quote("put(history, hist, WORD(count + 1))\ncount += 1")

    def _last(self) -> list[ir.Statement]:
        t = self.pieces
        text = quote(f"hist = i * PB[b, P_WIDTH]\ncount = I64(word(history, hist))\nknown = {t.word('count - 1')}")
        text += quote("when = I64(word(history, known))") if self.plan.trace else []
        for q, n in enumerate(t.payload):
            text += quote(f"{v(n)} = load(history, known + {t.first + q})") if n not in self.plan.seen else []
        return text

    def _note(self) -> ir.Function:
        """Adds a spike of neuron ``i`` at step ``s`` to its history; returns the number of entries."""
        p, t = self.plan, self.pieces
        mine = {x.name for x in p.trace}
        text = [*self._last(), *(t.moved(x, "s - when") for x in p.trace)]
        acts = [a for a in t.post if a[0] in mine]
        text += t.signals(names_of(e for _, e in acts), "(s - 1)")
        text += [ir.assign(v(n), t(e)) for n, e in acts]
        text += [*t.target("P_SEEN0", p.seen), *self._append(True), *quote("return count")]
        args = ("X", "i", "s", "b", "PC", "PE", "PS", "PB")
        body = [*quote(SETUP), *t.used(text), *text]
        return ir.Function(f"note_{self.index}", args, ir.without_unread(body), FUNCTION)

    def _sample(self) -> ir.Function:
        """Adds entries for held values of targets ``first``..``last`` that changed at step ``s``; returns the longest history."""
        p, t = self.plan, self.pieces
        inner = t.target("P_HELD0", self.held_names())
        inner += [ir.assign(f"now_{q}", t(e)) for q, e in enumerate(p.held)] + self._last()
        then = [t.moved(x, "s - when") for x in p.trace] + self._append(False)
        changed = " or ".join(f"now_{q} != {v(f'held_{q}')}" for q in range(len(p.held)))
        inner += quote(f"if {changed}:\n    then\n    most = max(most, count)", then=then)
        text = quote("most = I64(0)\nfor i in range(first, last):\n    inner\nreturn most", inner=inner)
        args = ("X", "first", "last", "s", "b", "PC", "PE", "PB")
        body = [*quote(SETUP), *t.used(text), *text]
        return ir.Function(f"sample_{self.index}", args, ir.without_unread(body), FUNCTION)

    def held_names(self) -> list[str]:
        """Variables of the target that held values depend on."""
        return sorted(names_of(self.plan.held) - set(self.plan.eq.parameters))

    # --- prepared once, in float64 -----------------------------------------------------------------------------------

    def _preparation(self) -> str:
        p, t, say = self.plan, self.pieces, PythonPrinter(Printer("prepared"))
        exact = t.double
        read = [ir.assign(v(n), ir.item("p", repr(n))) for n in sorted(p.eq.parameters)]
        named = [(s, exact(e)) for s, e in p.eq.initial.items()]
        limits = [(s, exact(a), exact(b)) for s, (a, b) in p.eq.bounds.items()]
        parts: list[tuple[str, tuple[str, ...], list[ir.Expr]]] = [
            ("constants", ("p", "dt"), [exact(e) for e in t.constants.named]),
            ("rates", ("p",), [exact(e) for e in p.rates]),
            ("initial", ("p",), [ir.Listed("tuple", (ir.Name(repr(s)), x)) for s, x in named]),
            ("bounds", ("p",), [ir.Listed("tuple", (ir.Name(repr(s)), a, b)) for s, a, b in limits]),
        ]
        text = ""
        for name, args, items in parts:
            body = ir.without_unread([*read, ir.Return(ir.Listed("list", tuple(items)))])
            text += say.function(ir.Function(f"rule_{name}_{self.index}", args, body))
        return text
