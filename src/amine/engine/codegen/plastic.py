"""The lines of plastic synapses in the loop over steps: arriving presynaptic spikes, sweeps, and histories of targets.

A sweep, every ``SWEEP`` ms, brings all synapses up to date in the order of memory, so that histories stay short.
"""

from __future__ import annotations

import pprint
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amine.engine.codegen.lines import Block, Call, Function, Line, printed
from amine.engine.codegen.slots import Slots
from amine.engine.device import arguments

if TYPE_CHECKING:
    from amine.engine.codegen.rule import RuleCode

SWEEP = 1000.0  # ms

COLUMNS = (
    *("P_BASE", "P_BATH0", "P_BATHED", "P_BATHER0", "P_BYTES", "P_EARLY", "P_ENTRY", "P_FIELD0", "P_FIRST", "P_HELD0"),
    *("P_HISTORY", "P_KIND", "P_LAST", "P_LOCAL", "P_NOW0", "P_PHASE0", "P_PHASES", "P_ROOM", "P_ROW", "P_SEEN0"),
    *(
        "P_SHIFT",
        "P_SIGNALS",
        "P_SOURCES",
        "P_STATES",
        "P_KEY",
        "P_STRIDE",
        "P_SUM0",
        "P_SUMS",
        "P_TARGET",
        "P_TICK",
    ),
    "P_WIDTH",
)
FUNCTION = ["inner()"]
UNPACK = [
    "PB, PC, PP, PE = plastic.bundles, plastic.constants, plastic.parameters, plastic.decays",
    "PX, PS = plastic.sources, plastic.signals",
]
HERE = "here = PB[b, P_LOCAL] + ({} * delays + d) * (1 + PB[b, P_STATES])"  # states of a source's synapses of one delay


def plastic_slots(rules: Sequence[RuleCode], bits: int, slow: bool) -> Slots:
    """The code of plastic synapses in a module; ``slow``: whether it has slow signals."""
    signals = "slow.S[tid]" if slow else "plastic.sources"
    literal = pprint.pformat([r.metadata() for r in rules], width=110, sort_dicts=False)
    head = f"WORD = STEP\nRULES = {literal}\n\n\n"
    functions = [_sweep(rules), "", "", _arrive(rules), "", "", _peek(rules), "", "", _settle(), "", ""]
    call = f"delivered += arrive_plastic(X, plastic, {signals}, spikes, slot, k, dt)"
    return Slots(
        argument=("plastic", arguments.Plastic),
        imports=[
            ("amine.engine.device.deliver", ["DELAYS", "DMIN", "LINE", "POP", "RELEASE as RELEASED", "SLOTS"]),
            ("amine.engine.device.deliver", ["ID0 as FIRST_ID", "segment"]),
            ("amine.engine.device.functions", [f"load_f{bits} as load", f"load_i{bits} as word", "prefetch"]),
            ("amine.engine.device.plastic_tables", COLUMNS),
            ("amine.engine.device.plastic", ["crowd", "crowded", "decay", f"forget{bits} as forget"]),
            ("amine.engine.device.plastic", ["mean", "mean_far", "noise", "spread", "uniform"]),
            ("amine.engine.device.plastic", [f"store_f{bits} as store", f"store_i{bits} as put"]),
        ],
        functions=head + "".join(r.text for r in rules) + printed(functions),
        stages={"arrive": [call], "note": [_note(rules)]},
        full=["crowded(plastic.bundles)"],
    )


def _each(rules: Sequence[RuleCode], lines: Callable[[int], list[Line]]) -> list[Line]:
    """``lines`` of the rule of a bundle."""
    if len(rules) == 1:
        return lines(0)
    return [Block(f"{'elif' if j else 'if'} PB[b, P_KIND] == {j}", lines(j)) for j in range(len(rules))]


def _visit(j: int) -> Call:
    more = ("phase", "since", "here", "b", "PC", "PE", "PX", "PS", "PB", "dt")
    return Call("", f"visit_{j}", ("X", "base", "a", "e", "factor", "until", "shift", *more))


def _visit_and_source(j: int) -> list[Line]:
    return [_visit(j), f"source_{j}(PX, here, until, phase, b, PP, dt)"]


def _sweep(rules: Sequence[RuleCode]) -> Function:
    body: list[Line] = [
        "a, e = segment(PB, b, i, d)",
        "shift = (PB[b, DMIN] + d + early) * PB[b, P_SHIFT]",
        "longest = max(longest, shift)",
        "until = k + early - shift",
        HERE.format("i"),
        "since = I64(PX[here])",
        Block(
            "if until >= since",
            ["factor, phase, base = F(0.0), I64(-1), PB[b, SLOTS]", *_each(rules, _visit_and_source)],
        ),
    ]
    lines: list[Line] = [
        '"""Brings all synapses of a bundle up to date, and drops entries of histories that no synapse needs any more."""',
        *UNPACK,
        "delays, early, longest = PB[b, DELAYS], PB[b, P_EARLY], I64(0)",
        Block("for q in range(PB[b, P_SUMS])", ["spread(X, b, PB, PB[b, P_SUM0 + q], F(0.0))"]),
        Block("for i in range(PB[b, P_SOURCES])", [Block("for d in range(delays)", body)]),
        "forget(b, PB, k + early - 2 * longest)",
    ]
    return Function(FUNCTION, "sweep", ("k", "X", "b", "plastic", "dt"), lines)


def _signals(rules: Sequence[RuleCode]) -> list[Line]:
    """Samples of slow signals and of targets, once a tick."""
    out: list[Line] = []
    for j, r in enumerate(rules):
        room = f"PB[b, P_SIGNALS] + (k // PB[b, P_TICK]) % PB[b, P_ROOM] * {len(r.fields)}"
        lines: list[Line] = [f"PS[{room} + {q}] = S[PB[b, P_FIELD0 + {q}]]" for q in range(len(r.fields))]
        if r.bathed:
            repeat = "spread(X, b, PB, PB[b, P_BATH0 + q], F(S[PB[b, P_BATHER0 + q]]))"
            lines.append(Block("for q in range(PB[b, P_BATHED])", [repeat]))
        if r.held:
            lines.append(f"crowd(b, PB, sample_{j}(X, PB[b, P_FIRST], PB[b, P_LAST], k, b, PC, PE, PB))")
        if lines:
            out.append(Block(f"if PB[b, P_KIND] == {j} and k % PB[b, P_TICK] == 0", lines))
    return out


def _arrive(rules: Sequence[RuleCode]) -> Function:
    ahead: list[Line] = [
        "ahead = segment(PB, b, I64(spk[th, q + 1]) - PB[b, FIRST_ID], d)[0]",
        Block("for line in range(4)", ["prefetch(base + ahead * PB[b, P_BYTES] + line * LINE)"]),
    ]
    spike: list[Line] = [
        "i = I64(spk[th, q]) - PB[b, FIRST_ID]",
        "a, e = segment(PB, b, i, d)",
        Block("if q + 1 < ptr[s, PB[b, POP], th, END]", ahead),
        "factor = pay[release, th, q] if release >= 0 else F(1.0)",
        HERE.format("i"),
        "since = I64(PX[here])",
        *_each(rules, _visit_and_source),
        "events += (e - a) * I64(phase == 0)",
    ]
    delay: list[Line] = [
        "s = slot - 1 - PB[b, DMIN] - d - PB[b, P_PHASE0 + phase]",
        "shift = (PB[b, DMIN] + d + early) * PB[b, P_SHIFT]",
        "until = k + early - shift",
        Block(
            "for th in range(spk.shape[0])",
            [Block("for q in range(ptr[s, PB[b, POP], th, BEGIN], ptr[s, PB[b, POP], th, END])", spike)],
        ),
    ]
    bundle: list[Line] = [
        *_signals(rules),
        Block("if k % plastic.every == 0 and k > 0", ["sweep(k, X, b, plastic, dt)"]),
        "delays, early, base, release = PB[b, DELAYS], PB[b, P_EARLY], PB[b, SLOTS], PB[b, RELEASED]",
        Block("for phase in range(PB[b, P_PHASES])", [Block("for d in range(delays)", delay)]),
    ]
    lines: list[Line] = [
        '"""Applies the presynaptic spikes that arrive at step k; returns the number of synaptic events. S: slow signals."""',
        *UNPACK,
        "spk, ptr, pay, events = spikes.ids, spikes.parts, spikes.payload, 0",
        Block("for b in range(PB.shape[0])", bundle),
        "return events",
    ]
    return Function(FUNCTION, "arrive_plastic", ("X", "plastic", "S", "spikes", "slot", "k", "dt"), lines)


def _peek(rules: Sequence[RuleCode]) -> Function:
    body: list[Line] = [
        "e, factor, phase, delays, d = a + 1, F(0.0), I64(-2), PB[b, DELAYS], delay[a]",
        "shift = (PB[b, DMIN] + d + PB[b, P_EARLY]) * PB[b, P_SHIFT]",
        "until = k - shift",
        HERE.format("sources[a]"),
        "since = I64(PX[here])",
        Block("if until > since", _each(rules, lambda j: [_visit(j)])),
    ]
    lines: list[Line] = [
        '"""Brings synapses copied to ``base`` up to the start of step k, changing nothing else."""',
        *UNPACK,
        Block("for a in range(len(sources))", body),
    ]
    arguments = ("b", "k", "X", "plastic", "base", "sources", "delay", "dt")
    return Function(["kernel"], "peek", arguments, lines)


def _settle() -> Function:
    lines: list[Line] = [
        '"""Brings all synapses of a bundle up to the start of step k."""',
        "sweep(k, X, b, plastic, dt)",
    ]
    return Function(["kernel"], "settle", ("b", "k", "X", "plastic", "dt"), lines)


def _note(rules: Sequence[RuleCode]) -> Line:
    """Lines after the update of a population: its spikes are added to the histories of its neurons."""

    def noted(j: int) -> list[Line]:
        more = ("plastic.decays", "plastic.signals", "PB")
        return [Call("count = ", f"note_{j}", ("X", "i", "k + 1", "b", "plastic.constants", *more))]

    spike: list[Line] = ["i = I64(mine[q]) - Q[p, ID0]"]
    spike += ["count = I64(0)"] * (len(rules) > 1)
    spike += [*_each(rules, noted), "crowd(b, PB, count)"]
    return Block(
        "for b in range(plastic.bundles.shape[0])",
        ["PB = plastic.bundles", Block("if PB[b, P_TARGET] == p", [Block("for q in range(start, n)", spike)])],
    )
