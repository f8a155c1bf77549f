"""Equations as LaTeX lines, ready for a paper."""

from __future__ import annotations

import re

import sympy as sp

from amine.equations.rules import RuleEquations
from amine.equations.symbols import exprel
from amine.equations.system import Equations

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "Delta",
    "epsilon",
    "eta",
    "theta",
    "Theta",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "rho",
    "sigma",
    "tau",
    "phi",
    "Phi",
    "omega",
    "Omega",
]


def name_latex(name: str) -> str:
    """``tau_m`` as ``\\tau_{m}``; what follows the first underscore becomes a subscript."""
    head, *tail = name.split("_")
    head = f"\\{head}" if head in _GREEK else head if len(head) == 1 else rf"\mathrm{{{head}}}"
    if not tail:
        return head
    sub = ",".join(f"\\{t}" if t in _GREEK else rf"\mathrm{{{t}}}" if len(t) > 1 else t for t in tail if t)
    return f"{head}_{{{sub}}}"


def to_latex(e: sp.Basic) -> str:
    """An expression as LaTeX in the usual notation."""
    e = e.replace(exprel, lambda x: (sp.exp(x) - 1) / x)  # not a standard function
    names = {s: name_latex(s.name) for s in e.free_symbols if isinstance(s, sp.Symbol)}
    text = sp.latex(e, symbol_names=names)
    return re.sub(r"(\d+\.\d*?[1-9])0+(?!\d)", r"\1", text)


def latex_lines(eq: Equations | RuleEquations) -> list[str]:
    """One LaTeX line for each statement of the model."""
    if isinstance(eq, RuleEquations):
        eq = eq.shown
    out = [rf"\frac{{d{name_latex(s)}}}{{dt}} = {to_latex(e)}" for s, e in eq.rhs.items()]
    out += [f"{name_latex(n)} = {to_latex(e)}" for n, e in eq.named.items()]
    if eq.current is not None:
        out.append(f"I = {to_latex(eq.current)}")
    if eq.threshold is not None:
        resets = ",\\; ".join(rf"{name_latex(n)} \leftarrow {to_latex(e)}" for n, e in eq.reset)
        out.append(rf"\text{{spike if }} {to_latex(eq.threshold)}" + (rf"\text{{, then }} {resets}" if resets else ""))
    if eq.refractory is not None:
        held = ", ".join(name_latex(h) for h in eq.hold)
        out.append(
            rf"\text{{refractory for }} {to_latex(eq.refractory)}" + (rf"\text{{, holding }} {held}" if held else "")
        )
    for what, events in (("at a spike", eq.on_spike), ("after it", eq.after_spike)):
        out += [rf"\text{{{what}}}:\; {name_latex(n)} \leftarrow {to_latex(e)}" for n, e in events]
    if eq.payload is not None:
        out.append(rf"\text{{released}}:\; {to_latex(eq.payload)}")
    return out
