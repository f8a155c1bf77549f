"""Roles of parameters derived from equations: the spike threshold of a neuron, the decay time constant of a receptor."""

from __future__ import annotations

import sympy as sp

from amine.equations.symbols import names_of, symbol
from amine.equations.system import Equations


def threshold_parameter(eq: Equations) -> str | None:
    """Threshold parameter of a neuron that is linear in v and reset; None if there is none.

    A neuron whose current grows more than linearly with v initiates spikes by that current, and one without reset by its
    channels: neither initiates them at the voltage at which they are counted.
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
    """Decay time constant of the states in a receptor's current; None unless there is exactly one."""
    if eq.current is None:
        return None
    found = set()
    for name in names_of(eq.expand(eq.current)):
        if name in eq.rhs:
            rate = sp.diff(eq.expand(eq.rhs[name]), symbol(name))
            time = sp.simplify(-1 / rate) if rate != 0 else None
            found.add(time.name if isinstance(time, sp.Symbol) and time.name in eq.parameters else None)
    return found.pop() if len(found) == 1 else None
