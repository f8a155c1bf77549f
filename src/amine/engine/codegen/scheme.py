"""Kinetic schemes as source text: rates of transitions, open fraction, and the conductance of many synapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.program import names_of
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.text import PythonPrinter
from amine.equations.expression import parse_expression
from amine.equations.lower import Lowering
from amine.equations.printer import Printer
from amine.equations.scheme_check import check
from amine.equations.symbols import NONE, TIME, symbol
from amine.models.ports import scheme
from amine.records import dataclass
from amine.units import dimension_of

if TYPE_CHECKING:
    from amine.models.model import Model

SUMMING = "@inner()"


@dataclass(frozen=True)
class SchemeCode:
    """Source of a scheme: functions for the build of a network, and ``conduct_<name>`` for the loop over steps."""

    source: str
    conduct: str


def scheme_code(model: Model, name: str) -> SchemeCode:
    """The functions of scheme ``name`` of a module."""
    return SchemeCode(_functions(model, name), _conduct(model, name))


def _functions(model: Model, name: str) -> str:
    """Functions of a scheme: ``scheme_<name>(p, T)``, the rates of all transitions; ``open_<name>(p)``, the open fraction for
    states in ``p``; and ``downstream_<name>(p)``, derivatives of second messengers by states and messengers.
    """
    s, lower, say = scheme(model), Lowering(), PythonPrinter(Printer("prepared"))
    rates = check(s, dict(model.units))
    dims: Any = {n: dimension_of(u) for n, u in model.units.items()} | {"v": dimension_of("mV"), "t": TIME}
    dims |= {n: dimension_of(u) for n, _, u in s.parts}
    parts: Any = {symbol(n): parse_expression(e, dims, s.where, dimension_of(u)) for n, e, u in s.parts}

    def whole(e: sp.Expr) -> ir.Expr:
        for _ in parts:
            e = sp.sympify(e).subs(parts)
        return lower(e)

    names = [*s.states, *(d for d, _, _ in s.downstream)]
    pure = dims | dict.fromkeys(names, NONE)
    transitions = tuple(whole(rates[str(i)]) for i in range(len(s.transitions)))
    opening = whole(parse_expression(s.open, pure, s.where, NONE))
    slopes = []
    for _, e, _ in s.downstream:
        follows = parse_expression(e, pure, s.where)
        slopes.append(ir.Listed("list", tuple(whole(sp.diff(follows, symbol(n))) for n in names)))
    functions = [
        _reading(f"scheme_{name}", ("p", "T"), [*sorted(model.units), "v"], ir.Listed("tuple", transitions)),
        _reading(f"open_{name}", ("p",), [*sorted(model.units), *names], opening),
        _reading(f"downstream_{name}", ("p",), sorted(model.units), ir.Listed("list", tuple(slopes))),
    ]
    return "".join(say.function(f) for f in functions)


def _reading(name: str, args: tuple[str, ...], names: list[str], value: ir.Expr) -> ir.Function:
    """A function that reads from ``p`` the ``names`` that its value needs; ``p`` itself is overwritten last."""
    used = [n for n in names if n in ir.names_in(value)]
    read = [ir.assign(n, ir.item("p", repr(n))) for n in sorted(used, key=lambda n: n == "p")]
    return ir.Function(name, args, [*read, ir.Return(value)])


def _conduct(model: Model, name: str) -> str:
    """``conduct_<name>``: the sum of weight times open fraction over each target's synapses, which are contiguous.

    The order of the sum is that of the text, in eight partial sums and what is left, whatever the width of the processor's vectors.
    """
    s = scheme(model)
    dims: Any = {n: dimension_of(u) for n, u in model.units.items()} | {"v": dimension_of("mV"), "t": TIME}
    kept = [*s.free, *(d for d, _, _ in s.downstream)]
    opening = parse_expression(s.open, dims | dict.fromkeys((s.rest, *kept), NONE), s.where, NONE)
    used = names_of([opening])
    first = list(kept) if s.rest in used else [n for n in kept if n in used]
    states: list[ir.Statement] = []
    for n in first:
        states.append(ir.assign(n, quote_expr(f"_x[_o + U64({kept.index(n)}) * _n + _r]")))
    if s.rest in used:
        states.append(ir.assign(s.rest, ir.chain("-", [ir.Number(1.0), *(ir.Name(n) for n in s.free)])))
    body = quote(  # the scheme's names are its author's, so all others begin with an underscore
        "constants\n"
        "_o = U64(_at)\n_f = U64(_first)\n_n = U64(_n)\n_y = stack_row(8, F(0.0))\n"
        "for _s in range(_a, _e):\n"
        "    _end = U64(_start[_s + 1])\n"
        "    _rest = _end - (_end - U64(_start[_s])) % U64(8)\n"
        "    for _l in range(U64(8)):\n"
        "        _y[_l] = F(0.0)\n"
        "    for _q in range(U64(_start[_s]), _rest, U64(8)):\n"
        "        for _l in range(U64(8)):\n"
        "            _r = _q + _l\n"
        "            states\n"
        "            _y[_l] += _w[_f + _r] * opened\n"
        "    _total = ((_y[0] + _y[4]) + (_y[2] + _y[6])) + ((_y[1] + _y[5]) + (_y[3] + _y[7]))\n"
        "    for _r in range(_rest, _end):\n"
        "        states\n"
        "        _total += _w[_f + _r] * opened\n"
        "    _X[_slot[_s]] += _total",
        constants=[ir.assign(n, ir.item("_c", i)) for i, n in enumerate(sorted(model.units)) if n in used],
        states=states,
        opened=Lowering()(opening),
    )
    args = ("_X", "_x", "_at", "_n", "_w", "_first", "_start", "_slot", "_a", "_e", "_c")
    return PythonPrinter(Printer("kernel")).function(ir.Function(f"conduct_{name}", args, body, SUMMING))
