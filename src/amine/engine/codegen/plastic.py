"""The part of the loop over steps that plastic synapses take: pre-spikes that arrive, sweeps, and what targets remember.

A sweep, every ``SWEEP`` ms, brings all synapses up to date in the order of memory, so that histories stay short.
"""

from __future__ import annotations

from collections.abc import Sequence

from amine.engine.codegen.rule import RuleCode

SWEEP = 1000.0  # ms

IMPORTS = """from amine.engine.device.deliver import DELAYS, DMIN, ID0, POP, RELEASE, ROWS, SLOTS, segment
from amine.engine.device.functions import load_f{bits} as load, load_i{bits} as word, log{bits} as vlog, prefetch
from amine.engine.device.plastic import (
    P_BASE, P_BATH0, P_BATHED, P_BATHER0, P_BYTES, P_CROWDED, P_EARLY, P_ENTRY, P_FIELD0, P_FIRST, P_HELD0, P_HISTORY, P_KIND, P_LAST, P_LOCAL, P_MARGIN, P_NOW0, P_PHASE0, P_PHASES,
    P_ROOM, P_ROW, P_SEEN0, P_SHIFT, P_SIGNALS, P_SOURCES, P_STATES, P_STREAM, P_STRIDE, P_SUM0, P_SUMS, P_TARGET, P_TICK, P_WIDTH,
    decay, mean, mean_far, noise, store_f{bits} as store, store_i{bits} as put,
)

"""

FORGET = """@njit(nogil=True, error_model='numpy')
def forget(b, PB, keep):
    \"\"\"Drops from the histories what happened before step ``keep``, but for the last three entries of it.\"\"\"
    history, width, entry = PB[b, P_HISTORY], PB[b, P_WIDTH], PB[b, P_ENTRY]
    for i in range(PB[b, P_FIRST], PB[b, P_LAST]):
        hist = i * width
        count = I64(word(history, hist))
        m = count
        while m > 3 and I64(word(history, hist + 1 + (m - 1) * entry)) >= keep:
            m -= 1
        if m > 3:
            drop = (m - 3) * entry
            for q in range(hist + 1, hist + 1 + (count - m + 3) * entry):
                put(history, q, word(history, q + drop))
            put(history, hist, WORD(count - m + 3))


"""

DRIVER = """@njit(nogil=True, error_model='numpy')
def crowd(b, PB, count):
    \"\"\"Marks a bundle whose longest history is nearly full.\"\"\"
    if (count + PB[b, P_MARGIN]) * PB[b, P_ENTRY] >= PB[b, P_WIDTH]:
        PB[b, P_CROWDED] = 1


@njit(nogil=True, error_model='numpy')
def crowded(PB):
    \"\"\"Whether a history must be made longer before the loop goes on.\"\"\"
    for b in range(PB.shape[0]):
        if PB[b, P_CROWDED] != 0:
            return True
    return False


@njit(nogil=True, error_model='numpy')
def spread(X, b, PB, row, value):
    \"\"\"Sets a row of all targets.\"\"\"
    stride = PB[b, P_STRIDE]
    for i in range(PB[b, P_FIRST], PB[b, P_LAST]):
        X[U64(PB[b, P_BASE] + row + (i >> 6) * stride + (i & 63))] = value


@njit(nogil=True, error_model='numpy')
def sweep(k, X, b, PB, PC, PP, PE, PX, PS, dt, k0, k1):
    \"\"\"Brings all synapses of a bundle up to date, and forgets what no synapse needs any more.\"\"\"
    delays, early, longest = PB[b, DELAYS], PB[b, P_EARLY], I64(0)
    for q in range(PB[b, P_SUMS]):
        spread(X, b, PB, PB[b, P_SUM0 + q], F(0.0))
    for i in range(PB[b, P_SOURCES]):
        for d in range(delays):
            a, e = segment(PB, b, i, d)
            shift = (PB[b, DMIN] + d + early) * PB[b, P_SHIFT]
            longest = max(longest, shift)
            until = k + early - shift
            here = PB[b, P_LOCAL] + (i * delays + d) * {row}
            since = I64(PX[here])
            if until >= since:
                factor, phase, base = F(0.0), I64(-1), PB[b, SLOTS]
{visit}
    forget(b, PB, k + early - 2 * longest)


@njit(nogil=True, error_model='numpy')
def plastic(k, slot, X, PB, PC, PP, PE, PX, PS, S, spk, ptr, pay, dt, k0, k1, every):
    \"\"\"Lets the pre-spikes act that arrive at step k; returns the number of synaptic events.\"\"\"
    events = 0
    for b in range(PB.shape[0]):
{signals}
        if k % every == 0 and k > 0:
            sweep(k, X, b, PB, PC, PP, PE, PX, PS, dt, k0, k1)
        delays, early, base, release = PB[b, DELAYS], PB[b, P_EARLY], PB[b, SLOTS], PB[b, RELEASE]
        for phase in range(PB[b, P_PHASES]):
            for d in range(delays):
                s = slot - 1 - PB[b, DMIN] - d - PB[b, P_PHASE0 + phase]
                shift = (PB[b, DMIN] + d + early) * PB[b, P_SHIFT]
                until = k + early - shift
                for th in range(spk.shape[0]):
                    for q in range(ptr[s, PB[b, POP], th, 0], ptr[s, PB[b, POP], th, 1]):
                        i = I64(spk[th, q]) - PB[b, ID0]
                        a, e = segment(PB, b, i, d)
                        if q + 1 < ptr[s, PB[b, POP], th, 1]:
                            ahead = segment(PB, b, I64(spk[th, q + 1]) - PB[b, ID0], d)[0]
                            for line in range(4):
                                prefetch(base + ahead * {bytes} + line * 64)
                        factor = pay[release, th, q] if release >= 0 else F(1.0)
                        here = PB[b, P_LOCAL] + (i * delays + d) * {row}
                        since = I64(PX[here])
{visit_spike}
                        events += (e - a) * I64(phase == 0)
    return events


@njit(nogil=True, cache=True, error_model='numpy')
def peek(b, k, X, PB, PC, PP, PE, PX, PS, base, sources, delays, dt, k0, k1):
    \"\"\"Brings synapses copied to ``base`` up to the start of step k, changing nothing else.\"\"\"
    for a in range(len(sources)):
        e, factor, phase = a + 1, F(0.0), I64(-2)
        shift = (PB[b, DMIN] + delays[a] + PB[b, P_EARLY]) * PB[b, P_SHIFT]
        until = k - shift
        here = PB[b, P_LOCAL] + (sources[a] * PB[b, DELAYS] + delays[a]) * {row}
        since = I64(PX[here])
        if until > since:
{visit_peek}


"""

# in the loop over populations, after the spikes of population p are listed
NOTE = """                for b in range(PB.shape[0]):
                    if PB[b, P_TARGET] == p:
                        for q in range(start, n):
                            i = I64(spk[tid, q]) - Q[p, 2]
{note}
                            crowd(b, PB, count)
"""


def _dispatch(rules: list[RuleCode], pad: str, text: str) -> str:
    if len(rules) == 1:
        return "\n".join(pad + line.replace("@", "0") for line in text.splitlines())
    out = []
    for j in range(len(rules)):
        out.append(f"{pad}{'elif' if j else 'if'} PB[b, P_KIND] == {j}:")
        out += [pad + "    " + line.replace("@", str(j)) for line in text.splitlines()]
    return "\n".join(out)


VISIT = "visit_@(X, base, a, e, factor, until, shift, phase, since, here, b, PC, PE, PX, PS, PB, dt, k0, k1)"


def rules_source(rules: list[RuleCode]) -> str:
    """Everything that plastic synapses add to the module in front of the loop over steps."""
    import pprint

    literal = pprint.pformat([r.metadata() for r in rules], width=140, sort_dicts=False)
    width = "(1 + PB[b, P_STATES])"
    both = VISIT + "\nsource_@(PX, here, until, phase, b, PP, dt)"
    signals = []
    for j, r in enumerate(rules):
        lines = [
            f"PS[PB[b, P_SIGNALS] + (k // PB[b, P_TICK]) % PB[b, P_ROOM] * {len(r.fields)} + {q}] = S[PB[b, P_FIELD0 + {q}]]"
            for q in range(len(r.fields))
        ]
        if r.bathed:
            lines += [
                "for q in range(PB[b, P_BATHED]):",
                "    spread(X, b, PB, PB[b, P_BATH0 + q], F(S[PB[b, P_BATHER0 + q]]))",
            ]
        if r.held:
            call = f"sample_{j}(X, PB[b, P_FIRST], PB[b, P_LAST], k, b, PC, PE, PB)"
            lines.append(f"crowd(b, PB, {call})")
        if lines:
            signals += [f"        if PB[b, P_KIND] == {j} and k % PB[b, P_TICK] == 0:", *(" " * 12 + x for x in lines)]
    text = DRIVER.replace("{row}", width).replace("{bytes}", "PB[b, P_BYTES]").replace("{signals}", "\n".join(signals))
    text = text.replace("{visit}", _dispatch(rules, " " * 16, both)).replace(
        "{visit_spike}", _dispatch(rules, " " * 24, both)
    )
    text = text.replace("{visit_peek}", _dispatch(rules, " " * 12, VISIT))
    return f"WORD = STEP\nRULES = {literal}\n\n\n" + "".join(r.text for r in rules) + FORGET + text


def with_rules(text: str, rules: Sequence[RuleCode], bits: int, slow: bool) -> tuple[str, dict[str, str]]:
    """The head of the module with what plastic synapses need, and what they add to the loop over steps."""
    if not rules:
        return text, dict.fromkeys(("rule_arguments", "plastic", "note", "or_crowded"), "")
    mark = "F, STEP, I64"
    head = IMPORTS.replace("{bits}", str(bits))
    call = f"plastic(k, slot, X, PB, PC, PP, PE, PX, PS, {'SLOW.S[tid]' if slow else 'PX'}, spk, ptr, pay, dt, k0, k1, every)"
    return text.replace(mark, head + mark, 1) + rules_source(list(rules)), {
        "rule_arguments": ",\n            PB, PC, PP, PE, PX, PS, every",
        "plastic": f"            delivered += {call}\n",
        "note": note_source(list(rules)),
        "or_crowded": " or crowded(PB)",
    }


def note_source(rules: list[RuleCode]) -> str:
    """What follows the update of a population."""
    pad = " " * 28
    call = "count = note_@(X, i, k + 1, b, PC, PE, PS, PB)"
    text = [pad + call.replace("@", "0")]
    if len(rules) > 1:
        text = [pad + "count = I64(0)"]
        for j in range(len(rules)):
            text += [f"{pad}{'elif' if j else 'if'} PB[b, P_KIND] == {j}:", pad + "    " + call.replace("@", str(j))]
    return NOTE.replace("{note}", "\n".join(text))
