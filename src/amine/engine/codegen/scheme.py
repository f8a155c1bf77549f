"""Schemes of receptors as source text: the rates of their transitions, what is open, and the conductance of many synapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amine.equations.expression import parse_expression
from amine.equations.printer import Printer
from amine.equations.scheme_check import check
from amine.equations.symbols import NONE, TIME, symbol
from amine.models.ports import scheme
from amine.units import dimension_of


@dataclass(frozen=True)
class SchemeCode:
    """Source of a scheme: functions that are called while a network is built, and ``conduct_<name>`` of the loop over steps."""

    source: str
    conduct: str


def scheme_code(model: Any, name: str) -> SchemeCode:
    """The functions of scheme ``name`` of a module."""
    return SchemeCode(_functions(model, name), _conduct(model, name))


def _functions(model: Any, name: str) -> str:
    """Functions of a scheme: ``scheme_<name>(p, T)``, the rates of all transitions; ``open_<name>(p)``, what is open of
    states in ``p``; and ``downstream_<name>(p)``, how second messengers follow states and messengers.
    """
    s = scheme(model)
    rates = check(s, dict(model.units))
    dims: Any = {n: dimension_of(u) for n, u in model.units.items()} | {"v": dimension_of("mV"), "t": TIME}
    dims |= {n: dimension_of(u) for n, _, u in s.parts}
    parts = {symbol(n): parse_expression(e, dims, s.where, dimension_of(u)) for n, e, u in s.parts}

    def whole(e: Any) -> Any:
        for _ in parts:
            e = sp.sympify(e).subs(parts)
        return e

    numpy = Printer("numpy")
    known = sorted(model.units)
    read = "".join(f"    {n} = p['{n}']\n" for n in known)
    body = ", ".join(numpy(whole(rates[str(i)])) for i in range(len(s.transitions)))
    voltage = "    v = p['v']\n" if s.voltage_dependent else ""
    names = [*s.states, *(d for d, _, _ in s.downstream)]
    pure = dims | dict.fromkeys(names, NONE)
    opening = whole(parse_expression(s.open, pure, s.where, NONE))
    states = "".join(f"    {n} = p['{n}']\n" for n in names)
    slopes = [
        "[" + ", ".join(numpy(whole(sp.diff(parse_expression(e, pure, s.where), symbol(n)))) for n in names) + "]"
        for _, e, _ in s.downstream
    ]
    return (
        f"def scheme_{name}(p, T):\n{read}{voltage}    return ({body},)\n\n\n"
        f"def open_{name}(p):\n{read}{states}    return {numpy(opening)}\n\n\n"
        f"def downstream_{name}(p):\n{read}    return [{', '.join(slopes)}]\n\n\n"
    )


def _conduct(model: Any, name: str) -> str:
    """``conduct_<name>``: each target's sum of weight times what is open, of synapses that lie side by side."""
    s = scheme(model)
    dims: Any = {n: dimension_of(u) for n, u in model.units.items()} | {"v": dimension_of("mV"), "t": TIME}
    kept = [*s.free, *(d for d, _, _ in s.downstream)]
    opening = parse_expression(s.open, dims | dict.fromkeys((s.rest, *kept), NONE), s.where, NONE)
    used = {x.name for x in opening.free_symbols}
    first = list(kept) if s.rest in used else [n for n in kept if n in used]
    lines = [f"{n} = _x[_o + U64({kept.index(n)}) * _n + _r]" for n in first]
    lines += [f"{s.rest} = F(1.0) - " + " - ".join(s.free)] if s.rest in used else []
    body = "".join(f"            {line}\n" for line in lines)
    constants = "".join(f"    {n} = _c[{i}]\n" for i, n in enumerate(sorted(model.units)) if n in used)
    return (  # names of the scheme are as its author chose, so all others begin with a line
        "@njit(nogil=True, error_model='numpy', fastmath={'contract', 'nsz', 'reassoc'})\n"
        f"def conduct_{name}(_X, _x, _at, _n, _w, _first, _start, _slot, _a, _e, _c):\n{constants}"
        "    _o, _f = U64(_at), U64(_first)\n    _n = U64(_n)\n"
        "    for _s in range(_a, _e):\n        _total = F(0.0)\n"
        "        for _r in range(U64(_start[_s]), U64(_start[_s + 1])):\n"
        f"{body}            _total += _w[_f + _r] * ({Printer('kernel')(opening)})\n"
        "        _X[_slot[_s]] += _total\n\n\n"
    )
