"""Drugs in the equations of a receptor: those that hold its channels, and agonists that open channels by themselves.

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

if TYPE_CHECKING:
    from amine.engine.resolve.tree import CableStructure


def with_drugs(
    current: Any, label: str, cell: CellStructure | CableStructure, system: dict[str, Any]
) -> tuple[Any, Any]:
    """The current of a receptor as drugs change it, and the part of the receptors that they leave to the transmitter.

    Parameters
    ----------
    current : without drugs. label : of the receptor. cell : what acts there.
    system : ``rhs``, ``units``, ``initial``, ``parameters`` and ``methods`` of the neuron, to which states and parameters are added.

    Raises
    ------
    AmineError
        If the current is not a product of a conductance and a driving force, where that must be known.
    """
    gain = symbol(gain_name(label)) if gain_name(label) in cell.varying else 1
    drugs = [d for d in cell.blockers if d.label == label]
    agonists = tonic_name(label) in cell.varying
    if not drugs and not agonists:
        return gain * current, sp.sympify(gain)
    activation, drive = _split(current, label)
    total = symbol(total_name(label))
    system["parameters"].add(total.name)
    free = _block(activation / total, label, drugs, system) if drugs else 1
    tonic = symbol(tonic_name(label)) * total if agonists else 0
    return (gain * activation + tonic) * drive * free, sp.sympify(gain * free)


def _split(current: Any, label: str) -> tuple[Any, Any]:
    """What a current has of states and parameters alone, and what depends on the voltage."""
    if isinstance(current, sp.Add):
        raise AmineError(
            f"Receptor '{label}'",
            "its current is not a product, so that open channels cannot be told from their driving force",
            hint="write it as 'current g*(E_rev - v)'",
        )
    v = symbol("v")
    parts = sp.Mul.make_args(current)
    return sp.Mul(*[a for a in parts if v not in a.free_symbols]), sp.Mul(*[a for a in parts if v in a.free_symbols])


def _block(opened: Any, label: str, drugs: list[Binding], system: dict[str, Any]) -> Any:
    """The part of channels that no drug holds; adds a state for each drug."""
    v, rest = symbol("v"), system["initial"].get("v")
    known = rest is not None and {s.name for s in rest.free_symbols} <= system["parameters"]
    names = {
        d.drug: {n: symbol(blocker_name(n, d.drug, label)) for n in ("blocked", "start", "conc", *_numbers(d))}
        for d in drugs
    }
    free = 1 - sum(s["blocked"] for s in names.values())
    starts = []
    for d in drugs:
        s = names[d.drug]
        system["parameters"] |= {x.name for n, x in s.items() if n != "blocked"}
        given = {"C": s["conc"], "v": v, **{n: s[n] for n in _numbers(d)}}
        load = Formula(d.load).evaluate(given, SYMBOLIC)
        more = {"bound": s["blocked"], "free": free, "load": load, "open": sp.Min(opened, 1)}
        rate = Formula(d.rate).evaluate({**given, **more}, SYMBOLIC)
        system["rhs"][s["blocked"].name] = rate
        system["units"][s["blocked"].name] = "1"
        if s["blocked"] not in sp.diff(rate, s["blocked"]).free_symbols:
            system["methods"][s["blocked"].name] = "implicit_midpoint"
        at = {"C": s["start"], "v": rest if known else s.get("V", v)}
        starts.append(Formula(d.load).evaluate({**given, **at}, SYMBOLIC))
    for d, load in zip(drugs, starts, strict=True):
        system["initial"][names[d.drug]["blocked"].name] = load / (1 + sum(starts))
    return free


def _numbers(d: Binding) -> list[str]:
    """Numbers in the formulas of a drug."""
    used = Formula(d.load).names | Formula(d.rate).names
    return [n for n in ("K", "n", *d.numbers) if n in used]


SYMBOLIC: dict[str, Callable[..., Any]] = {"exp": sp.exp, "log": sp.log, "min": sp.Min, "max": sp.Max}
