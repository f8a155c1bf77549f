"""Terms of plasticity rules that the voltage of their target never moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amine.values import Array, Distribution

if TYPE_CHECKING:
    from amine.equations.rules import RuleEquations
    from amine.network.parts import Population


def unreached(eq: RuleEquations, values: Mapping[str, float], population: Population) -> list[tuple[str, str, float]]:
    """Terms ``max(v - theta, 0)`` of a rule that stay zero because the neurons reset below: term, threshold parameter, its value (mV).

    Parameters
    ----------
    eq : the rule. values : its parameters in coherent units. population : of the target neurons.
    """
    import sympy as sp

    from amine.equations.roles import threshold_parameter
    from amine.equations.symbols import symbol
    from amine.units import to_internal

    model = population.model
    if model.kind != "neuron" or "v" not in eq.outside:
        return []
    name = threshold_parameter(model.parsed)
    if name is None:
        return []
    given: Any = population.parameters.get(name, model.parameters[name])
    if isinstance(given, Array | Distribution):
        return []
    top, v = float(to_internal(given, model.units[name], name)), symbol("v")
    at: Any = {symbol(n): x for n, x in values.items()} | {v: top}
    out = []
    texts = [
        *eq.rhs.values(),
        *(e for event in (*eq.pre, *eq.post) for act in event.acts if act is not None for e in [act[1]]),
    ]
    for e in texts:
        for term in sp.sympify(e).atoms(sp.Max):
            rising = [x for x in term.args if v in x.free_symbols]
            levels = [x.subs(at) for x in term.args]
            if len(rising) == 1 and all(x.is_number for x in levels) and sp.diff(rising[0], v).subs(at) > 0:
                others = [float(x) for x, a in zip(levels, term.args, strict=True) if a is not rising[0]]
                if others and float(rising[0].subs(at)) <= max(others):
                    level = sp.sympify(v - rising[0])
                    text = f"v - {level}" if v not in level.free_symbols else str(rising[0])
                    out.append((text, name, top))
    return list(dict.fromkeys(out))
