"""Drugs in the equations of a receptor: those that bind its channels, and agonists that open channels by themselves.

See :mod:`amine.engine.resolve.blockers` for the model of block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

from amine.compounds.formula import Formula
from amine.engine.resolve.cells import Binding, CellStructure
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.models.naming import blocker_name, gain_name, tonic_name, total_name
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.resolve.tree import TreeStructure


@dataclass
class Growing:
    """The system of a neuron, to which drugs add states and parameters."""

    rhs: dict[str, sp.Expr]
    units: dict[str, str]
    initial: dict[str, sp.Expr]
    parameters: set[str]
    methods: dict[str, str]


def with_drugs(
    current: sp.Expr, label: str, cell: CellStructure | TreeStructure, system: Growing
) -> tuple[sp.Expr, sp.Expr]:
    """The current of a receptor under drugs, and the fraction of the receptors that they leave to the transmitter.

    Parameters
    ----------
    current : without drugs. label : of the receptor. cell : the structure of the neurons, with their drugs.
    system : of the neuron; states and parameters are added to it.

    Raises
    ------
    AmineError
        If the current must be split into conductance and driving force, and is not their product.
    """
    gain = symbol(gain_name(label)) if gain_name(label) in cell.varying else 1
    drugs = [d for d in cell.blockers if d.label == label]
    agonists = tonic_name(label) in cell.varying
    if not drugs and not agonists:
        return gain * current, sp.sympify(gain)
    activation, drive = _split(current, label)
    total = symbol(total_name(label))
    system.parameters.add(total.name)
    free = _block(activation / total, label, drugs, system) if drugs else 1
    tonic = symbol(tonic_name(label)) * total if agonists else 0
    return (gain * activation + tonic) * drive * free, sp.sympify(gain * free)


def _split(current: sp.Expr, label: str) -> tuple[sp.Expr, sp.Expr]:
    """The factors of a current that do not depend on the voltage, and those that do."""
    if isinstance(current, sp.Add):
        raise AmineError(
            f"Receptor '{label}'",
            "its current is not a product, so that open channels cannot be told from their driving force",
            hint="write it as 'current g*(E_rev - v)'",
        )
    v = symbol("v")
    parts = sp.Mul.make_args(current)
    return sp.Mul(*[a for a in parts if v not in a.free_symbols]), sp.Mul(*[a for a in parts if v in a.free_symbols])


def _block(opened: sp.Expr, label: str, drugs: list[Binding], system: Growing) -> sp.Expr:
    """The fraction of channels without a bound drug; adds a state for each drug. ``opened`` is the open fraction."""
    v, rest = symbol("v"), system.initial.get("v")
    known = rest is not None and {s.name for s in rest.free_symbols} <= system.parameters
    names = {
        d.drug: {n: symbol(blocker_name(n, d.drug, label)) for n in ("blocked", "start", "conc", *_numbers(d))}
        for d in drugs
    }
    free: Any = 1 - sum(s["blocked"] for s in names.values())
    starts = []
    for d in drugs:
        s = names[d.drug]
        system.parameters |= {x.name for n, x in s.items() if n != "blocked"}
        given = {"C": s["conc"], "v": v, **{n: s[n] for n in _numbers(d)}}
        load = Formula(d.load).evaluate(given, SYMBOLIC)
        more = {"bound": s["blocked"], "free": free, "load": load, "open": sp.Min(opened, 1)}
        rate = Formula(d.rate).evaluate({**given, **more}, SYMBOLIC)
        system.rhs[s["blocked"].name] = rate
        system.units[s["blocked"].name] = "1"
        if s["blocked"] not in sp.diff(rate, s["blocked"]).free_symbols:
            system.methods[s["blocked"].name] = "implicit_midpoint"
        at = {"C": s["start"], "v": rest if known else s.get("V", v)}
        starts.append(Formula(d.load).evaluate({**given, **at}, SYMBOLIC))
    for d, load in zip(drugs, starts, strict=True):
        system.initial[names[d.drug]["blocked"].name] = load / (1 + sum(starts))
    return free


def _numbers(d: Binding) -> list[str]:
    """Numbers in the formulas of a drug."""
    used = Formula(d.load).names | Formula(d.rate).names
    return [n for n in ("K", "n", *d.numbers) if n in used]


SYMBOLIC: dict[str, Callable[..., Any]] = {"exp": sp.exp, "log": sp.log, "min": sp.Min, "max": sp.Max}
