"""Equations as LaTeX lines, ready for a paper."""

from __future__ import annotations

import re

import sympy as sp

from amine.equations.lines import Name, Piece, Slope, Words, statement_lines
from amine.equations.rules import RuleEquations
from amine.equations.symbols import exprel
from amine.equations.system import Equations

GREEK = [
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
    head = f"\\{head}" if head in GREEK else head if len(head) == 1 else rf"\mathrm{{{head}}}"
    if not tail:
        return head
    sub = ",".join(f"\\{t}" if t in GREEK else rf"\mathrm{{{t}}}" if len(t) > 1 else t for t in tail if t)
    return f"{head}_{{{sub}}}"


def to_latex(e: sp.Basic) -> str:
    """An expression as LaTeX in the usual notation."""
    e = e.replace(exprel, lambda x: (sp.exp(x) - 1) / x)  # not a standard function
    names = {s: name_latex(s.name) for s in e.free_symbols if isinstance(s, sp.Symbol)}
    text = sp.latex(e, symbol_names=names)
    return re.sub(r"(\d+\.\d*?[1-9])0+(?!\d)", r"\1", text)


def _piece(p: Piece) -> str:
    if isinstance(p, Words):
        before, colon, _ = p.text.partition(":")
        return rf"\text{{{before}}}" + (r":\;" if colon else "")
    if isinstance(p, Name):
        return name_latex(p.name)
    if isinstance(p, Slope):
        return rf"\frac{{d{name_latex(p.name)}}}{{dt}}"
    if isinstance(p, sp.Basic):
        return to_latex(p)
    return {"=": "=", "<-": r"\leftarrow", ",": r",\;"}[p.sign]


def latex_lines(eq: Equations | RuleEquations) -> list[str]:
    """One LaTeX line for each statement of the model."""
    lines = (" ".join(map(_piece, line)) for line in statement_lines(eq))
    return [line.replace(r" \text{,", r"\text{,").replace(r" ,\;", r",\;") for line in lines]
