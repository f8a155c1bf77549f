"""Parameters that a neuron's spikes and events set: states that begin at the parameter's value. Read from the text without SymPy."""

from __future__ import annotations

import re
from collections.abc import Iterable

# the statements of a neuron that may follow another on one line after two spaces
_BREAK = re.compile(
    r"\s{2,}(?=(?:threshold|event|hazard|reset|refractory|initial|input|function|table|method|voltage)\b)"
)
_EVENT = re.compile(r"event\s+[A-Za-z_]\w*\s+[^:]+:\s*")
_ASSIGN = re.compile(r"([A-Za-z_]\w*)\s*[-+*]?=(?!=)")


def assigned(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of some names that a reset or an event of a neuron's equations sets, in their order.

    >>> assigned("threshold v > V_th; reset v = V_r; V_th += 1*mV", ["V_th", "V_r"])
    ('V_th',)
    """
    found, acting = set[str](), False
    for line in text.splitlines():
        for piece in re.split(r"[;\n]", _BREAK.sub("\n", line.split("#", 1)[0].strip())):
            piece = piece.strip()
            if not piece:
                continue
            m = re.match(r"reset\b(?!\s*[=/])\s*", piece) or _EVENT.match(piece)
            acting = bool(m) or (acting and ":" not in piece and _ASSIGN.match(piece) is not None)
            act = _ASSIGN.match(piece[m.end() :] if m else piece) if acting else None
            found |= {act.group(1)} if act else set()
    return tuple(n for n in names if n in found)


def at_start(name: str) -> str:
    """Name in the equations of the value at which a parameter that spikes change begins."""
    return f"{name}_at_start"


__all__ = ["assigned", "at_start"]
