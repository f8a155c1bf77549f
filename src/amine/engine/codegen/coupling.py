"""Code of continuous couplings: the functions of sources, and the sums at targets, for each kind of expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amine.engine.codegen.lines import Block, Function, Line, printed
from amine.engine.resolve.couplings import CouplingStructure
from amine.equations.coupling import Parts, parts_of
from amine.equations.printer import Printer
from amine.network.couplings import POST, PRE

INNER = ["inner()"]


def expression_parts(s: CouplingStructure) -> Parts:
    """The expression of a kind of coupling in parts."""
    return parts_of(s.value, s.units, s.unit, s.ends, s.dense, s.changes)


def coupling_source(structures: Sequence[CouplingStructure]) -> str:
    """The functions of all kinds, and ``couple_sources`` and ``couple_targets``, which call them."""
    lines: list[Line] = []
    for i, s in enumerate(structures):
        parts = expression_parts(s)
        lines += [_sources(i, s, parts), "", "", _targets(i, s, parts), "", ""]
    for what in ("sources", "targets"):
        calls = [
            Block(f"if c.table[q, C_KIND] == {i}", [f"couple_{what}_{i}(X, c, q, k)"]) for i in range(len(structures))
        ]
        lines += [
            Function(INNER, f"couple_{what}", ("X", "c", "k"), [Block("for q in range(c.table.shape[0])", calls)]),
            "",
            "",
        ]
    return printed(lines)


def _printer(s: CouplingStructure) -> Printer:
    pre, post = s.ends

    def name(n: str) -> str:
        return f"pre_{n}" if n in pre else f"post_{n}" if n in post else n if n.startswith("_") else f"value_{n}"

    return Printer("double", name)


def _assigned(say: Printer, head: str, e: Any) -> str:
    return f"{head} {say(e)}"


def _loaded(s: CouplingStructure, end: str, count: str, reads: str, given: str) -> list[Line]:
    """States and parameters of neuron ``j`` of one side."""
    states, parameters = (s.pre_states, s.pre_parameters) if end == PRE else (s.post_states, s.post_parameters)
    word = end.removeprefix("_")
    lines: list[Line] = [
        f"{word}_{n}{end} = np.float64(X[c.reads[{reads} + {r} * {count} + j]])" for r, n in enumerate(states)
    ]
    return lines + [f"{word}_{n}{end} = c.given[{given} + {r} * {count} + j]" for r, n in enumerate(parameters)]


def _place(parts: Parts, m: int, i: str) -> str:
    """Distance of a source's function ``m`` from the first value: by function if they are summed, else by source."""
    return f"{m} * size + {i}" if parts.whole is not None else f"{i} * {len(parts.sources)} + {m}"


def _sources(i: int, s: CouplingStructure, parts: Parts) -> Function:
    """Computes the functions of this thread's sources; before the start all that delays reach back to is as at the start."""
    say = _printer(s)
    stores = [
        _assigned(say, f"c.values[o + {_place(parts, m, 'first + j')}] =", e) for m, e in enumerate(parts.sources)
    ]
    each: list[Line] = [
        f"o = at + (k + r) % kept * (size * {len(parts.sources)})",
        Block("for j in range(n)", [*_loaded(s, PRE, "n", "reads", "given"), *stores]),
    ]
    body: list[Line] = [
        "kept, size, at = c.table[q, C_KEPT], c.table[q, C_SIZE], c.table[q, C_VALUES]",
        "first, n = c.table[q, C_FIRST], c.table[q, C_SOURCES]",
        "reads, given = c.table[q, C_READS], c.table[q, C_GIVEN]",
        Block("for r in range(kept if k == 0 else 1)", each),
    ]
    return Function(INNER, f"couple_sources_{i}", ("X", "c", "q", "k"), body)


def _targets(i: int, s: CouplingStructure, parts: Parts) -> Function:
    """Adds the sums to the inputs of this thread's targets."""
    body: list[Line] = [
        "kept, size, n = c.table[q, C_KEPT], c.table[q, C_SIZE], c.table[q, C_TARGETS]",
        "reads, given = c.table[q, C_POST_READS], c.table[q, C_POST_GIVEN]",
        "inputs, pairs, numbers = c.table[q, C_INPUTS], c.table[q, C_PAIRS], c.table[q, C_NUMBERS]",
        f"span, at = size * {len(parts.sources)}, c.table[q, C_VALUES]",
        *(f"value_{n} = c.numbers[numbers + {r}]" for r, n in enumerate(s.single)),
        *(_dense(s, parts) if parts.whole is not None else _connections(s, parts)),
    ]
    return Function(INNER, f"couple_targets_{i}", ("X", "c", "q", "k"), body)


def _dense(s: CouplingStructure, parts: Parts) -> list[Line]:
    say = _printer(s)
    lines: list[Line] = ["o = at + (k - c.table[q, C_DELAY]) % kept * span"]
    lines += [f"total_{m} = total(c.values, o + {m} * size, size, c.lanes)" for m in range(len(parts.sources))]
    each: list[Line] = [*_loaded(s, POST, "n", "reads", "given"), "_n = np.float64(size)"]
    each += [f"_s{m} = total_{m}" for m in range(len(parts.sources))]
    if s.apart:
        without = [f"_s{m} -= c.values[o + {m} * size + own]" for m in range(len(parts.sources))]
        each += ["own = c.pairs[pairs + j]", Block("if own >= 0", [*without, "_n -= 1.0"])]
    each.append(f"X[c.inputs[inputs + j]] += F({say(parts.whole)})")
    return [*lines, Block("for j in range(n)", each)]


def _connections(s: CouplingStructure, parts: Parts) -> list[Line]:
    say = _printer(s)
    width = len(parts.sources)
    lines: list[Line] = ["starts, count = c.table[q, C_STARTS], c.table[q, C_COUNT]"]
    one = ["o = at + (k - c.table[q, C_DELAY]) % kept * span"]
    many: list[Line] = ["back = now - c.delays[pairs + e]", "o = at + (back if back >= 0 else back + kept) * span"]
    lines += ["now = k % kept"] if s.delays == "each" else one
    plastic = [n for n, _, _ in s.changes]
    if plastic:
        lines += ["own, total = c.table[q, C_PLASTIC], c.table[q, C_TOTAL]", "step = c.numbers[numbers - 1]"]
    own = {n: f"c.values[own + {plastic.index(n)} * total + e]" for n in plastic}
    of = [own.get(n, f"c.numbers[numbers + {len(s.single)} + {r} * count + e]") for r, n in enumerate(s.each)]
    inner: list[Line] = [
        *(many if s.delays == "each" else []),
        f"i = o + c.pairs[pairs + e] * {width}",
        *(f"_f{m} = c.values[i + {m}]" for m in range(width)),
        *(f"value_{n} = {where}" for n, where in zip(s.each, of, strict=True)),
        f"summed += {say(parts.body)}",
        *(f"{own[n]} = value_{n} + step * ({say(e)})" for n, e in zip(plastic, parts.changes, strict=True)),
    ]
    each: list[Line] = [
        *_loaded(s, POST, "n", "reads", "given"),
        *(_assigned(say, f"_g{m} =", e) for m, e in enumerate(parts.targets)),
        "summed = 0.0",
        Block("for e in range(c.starts[starts + j], c.starts[starts + j + 1])", inner),
        "X[c.inputs[inputs + j]] += F(summed)",
    ]
    return [*lines, Block("for j in range(n)", each)]


__all__ = ["coupling_source", "expression_parts"]
