"""What parameters stand for, where the equations say it themselves: the threshold of spikes, the decay of a response."""

from __future__ import annotations

import sympy as sp

from amine.equations.symbols import symbol
from amine.equations.system import Equations


def threshold_parameter(eq: Equations) -> str | None:
    """The parameter that v must pass for a spike, of a neuron that is linear in v and reset; None if there is no such parameter.

    A neuron whose current grows faster than linearly with v starts its spikes by that current, and one that resets nothing by
    its channels: neither starts them where they are counted.
    """
    v = symbol("v")
    if not any(name == "v" for name, _ in eq.reset):
        return None
    if not isinstance(eq.threshold, sp.StrictGreaterThan | sp.GreaterThan) or eq.threshold.gts != v:
        return None
    limit = eq.threshold.lts
    linear = sp.diff(eq.full_rhs["v"], v, 2) == 0
    return limit.name if linear and isinstance(limit, sp.Symbol) and limit.name in eq.parameters else None


def decay_parameter(eq: Equations) -> str | None:
    """The time constant with which the states of a receptor's current decay; None if there is not exactly one."""
    if eq.current is None:
        return None
    found = set()
    for s in eq.expand(eq.current).free_symbols:
        if s.name in eq.rhs:
            rate = sp.diff(eq.expand(eq.rhs[s.name]), s)
            time = sp.simplify(-1 / rate) if rate != 0 else None
            found.add(time.name if isinstance(time, sp.Symbol) and time.name in eq.parameters else None)
    return found.pop() if len(found) == 1 else None
