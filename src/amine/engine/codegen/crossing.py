"""Interpolated spikes: the threshold is crossed within a step, and the neuron is reset and goes on from there.

Between both ends of a step all states are taken to be linear, which keeps second order (Hansel D, Mato G, Meunier C, Neltner L (1998)
Neural Comput 10:467-483; Shelley MJ, Tao L (2001) J Comput Neurosci 11:111-119). After its reset, a neuron takes a whole step from
its states at the crossing, of whose change the share of the step that is left counts. Spikes arrive at their targets on the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amine.engine.codegen import ir
from amine.engine.codegen.program import COMMON, Program, ProgramLowering, names_of, statements
from amine.engine.codegen.quote import quote
from amine.engine.device.tables import BLOCK
from amine.records import dataclass

EARLY = "_early"  # row: share of the step after a neuron's last spike
PART = "_part"  # row: share of the step before the one in the row _ref in which the neuron is free again
ARRIVED = "_arrived"  # row: sum of the jumps of the voltage at the end of this step
MORE = ("inputs", "row", "u", "t")  # arguments of the function that resets neurons, beyond those on the grid
OWN = ("early", "open", "gone", "wait", "later", "whole", "left", "arrived")  # its local names


def kept(name: str) -> str:
    """The row with a value at the start of the step."""
    return f"_old_{name}"


def rows(p: Program) -> list[str]:
    """Rows of a block that interpolation needs."""
    if p.crossing is None:
        return []
    return [
        EARLY,
        *([PART] if p.refractory is not None else []),
        *([ARRIVED] if p.crossing.arrived else []),
        *map(kept, p.crossing.kept),
    ]


def opened(p: Program, at: Callable[[str], ir.Item]) -> list[ir.Statement]:
    """Computes the share of this step in which a lane is free after a refractory time that ends within it."""
    if p.refractory is None:
        return quote("opening = F(0.0)\nawake = free")
    text = "opening = select(to_step(ref) == k + STEP(1), part, F(0.0))\nawake = free | (opening > F(0.0))"
    return quote(text, ref=at("_ref"), part=at(PART))


def noted(p: Program, at: Callable[[str], ir.Item], local: Callable[[str], str]) -> list[ir.Statement]:
    """Stores what a lane needs if it spikes."""
    c = p.crossing
    assert c is not None
    out: list[ir.Statement] = [ir.assign(at(EARLY), local(c.left))]
    out += [ir.assign(at(ARRIVED), local(c.arrived))] if c.arrived else []
    return out + [ir.assign(at(kept(n)), local(n)) for n in c.kept]


@dataclass(frozen=True)
class Places:
    """Rows of a block, and how the loop reads them and names their values."""

    rows: list[str]
    at: Callable[[str], ir.Item]
    read: Callable[[str], ir.Expr]
    local: Callable[[str], str]
    lower: ProgramLowering


def listed(given: Sequence[ir.Statement], reset: Sequence[ir.Statement]) -> list[ir.Statement]:
    """The neurons of a block that spiked are put on the list, after their ``reset`` with the constants of ``given``."""
    return quote(
        f"given\n"
        f"for l in range(U64({BLOCK})):\n"
        f"    if marks[l] != 0:\n"
        f"        reset\n"
        f"        spk[at] = id0 + I64(l)\n"
        f"        at += 1\n"
        f"return at",
        given=given,
        reset=reset,
    )


def emit(p: Program, index: int, w: Places, given: Sequence[ir.Statement], decorator: str) -> ir.Function:
    """Scalar code for the few neurons of a block that spiked: lists them, resets them at the crossing, and completes their step."""
    c = p.crossing
    assert c is not None
    reset = [*_at_crossing(p, w), *_refractory(p, w), *_rest(p, w)]
    body = listed(given, reset)
    args = ("X", "o", "C", "p", "k", "spk", "at", "id0", "marks", *MORE)
    return ir.Function(f"emit_{index}", args, ir.without_unread(body), decorator)


def _at_crossing(p: Program, w: Places) -> list[ir.Statement]:
    """States at the crossing, on a line between both ends of the step, and their reset."""
    c = p.crossing
    assert c is not None
    text = quote("early = last", last=w.at(EARLY))
    if p.refractory is not None:
        text += quote(
            "open = select(to_step(ref) == k + STEP(1), part, F(1.0))\ngone = early / open",
            ref=w.at("_ref"),
            part=w.at(PART),
        )
    if c.arrived:
        text += quote("arrived = select(early > F(0.0), total, F(0.0))", total=w.at(ARRIVED))
    for s in c.kept:
        if s not in p.load:
            text.append(ir.assign(w.local(s), w.at(kept(s))))
            continue
        end: ir.Expr = w.at(s) - ir.Name("arrived") if s == "v" and c.arrived else w.at(s)
        share = ir.Name("gone" if s in c.held else "early")
        text.append(ir.assign(w.local(s), end + share * (w.at(kept(s)) - end)))
    used = names_of(e for _, e in (*p.at_spike, *c.rest)) | names_of([p.refractory])
    text += [ir.assign(w.local(n), w.read(n)) for n in w.rows if n in used and n not in c.kept]
    return text + [ir.assign(w.local(n), w.lower(e)) for n, e in p.at_spike]


def _refractory(p: Program, w: Places) -> list[ir.Statement]:
    """The end of the refractory time, from the crossing on."""
    if p.refractory is None:
        return []
    return quote(
        "wait = time\n"
        "later = np.float64(F(1.0) - early) + np.float64(wait)\n"
        "whole = np.ceil(later)\n"
        "ref = from_step(k + STEP(whole))\n"
        "part = F(whole - later)",
        time=w.lower(p.refractory),
        ref=w.at("_ref"),
        part=w.at(PART),
    )


def _rest(p: Program, w: Places) -> list[ir.Statement]:
    """The rest of the step after the reset."""
    c = p.crossing
    assert c is not None
    if not c.moved:
        return []
    text = statements(c.rest, w.lower, p.stages, COMMON)
    text += quote("left = max(F(0.0), early - wait)") if p.refractory is not None else []
    for s in c.moved:
        now, share = ir.Name(w.local(s)), ir.Name("left" if s in c.held else "early")
        text.append(ir.assign(w.at(s), now + share * (ir.Name(w.local(c.new[s])) - now)))
        if s == "v" and c.arrived:
            awake = "left > F(0.0)" if s in c.held else "early > F(0.0)"
            text += quote(f"if {awake}:\n    v += arrived", v=w.at(s))
    return text
