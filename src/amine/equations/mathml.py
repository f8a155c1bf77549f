"""Equations as MathML, which browsers typeset without any program."""

from __future__ import annotations

import html
from typing import Any

import sympy as sp
from sympy.printing.mathml import MathMLPresentationPrinter

from amine.equations.latex import GREEK
from amine.equations.lines import BECOMES, EQUAL, Name, Piece, Slope, Words, statement_lines
from amine.equations.rules import RuleEquations
from amine.equations.symbols import exprel
from amine.equations.system import Equations

_UNICODE: dict[str, str] = dict(
    zip(
        GREEK,
        ["α", "β", "γ", "δ", "Δ", "ε", "η", "θ", "Θ", "κ", "λ", "μ", "ν", "ξ", "ρ", "σ", "τ", "φ", "Φ", "ω", "Ω"],
        strict=True,
    )
)


# a thin space between factors, and the sign of subtraction in place of a hyphen
_OPERATORS = (
    ("<mo>&InvisibleTimes;</mo>", '<mspace width="0.17em"/>'),
    ("<mo>\u2062</mo>", '<mspace width="0.17em"/>'),
    ("<mo>-</mo>", "<mo>&#8722;</mo>"),
)


def name_mathml(name: str) -> str:
    """``tau_m`` with a Greek letter and a subscript; what follows the first underscore is the subscript."""
    head, *tail = name.split("_")
    letter = _UNICODE.get(head, head)
    base = f"<mi>{html.escape(letter)}</mi>"
    sub = ",".join(_UNICODE.get(t, t) for t in tail if t)
    return f"<msub>{base}<mtext>{html.escape(sub)}</mtext></msub>" if sub else base


class _Printer(MathMLPresentationPrinter):
    """Presentation of expressions with names as in the rest of the library."""

    def _print_Symbol(self, sym: Any, style: str = "plain") -> Any:
        head, *tail = str(sym.name).split("_")
        base = self.dom.createElement("mi")
        base.appendChild(self.dom.createTextNode(_UNICODE.get(head, head)))
        sub = ",".join(_UNICODE.get(t, t) for t in tail if t)
        if not sub:
            return base
        both, below = self.dom.createElement("msub"), self.dom.createElement("mtext")
        below.appendChild(self.dom.createTextNode(sub))
        both.appendChild(base)
        both.appendChild(below)
        return both

    def _print_Piecewise(self, e: Any) -> Any:
        """Cases in lines behind a brace, the last of them otherwise."""
        table = self._element("mtable", columnalign="left left")
        for value, condition in e.args:
            row = self._element("mtr")
            words = (
                [self._word("otherwise")] if condition == sp.true else [self._word("if\u00a0"), self._print(condition)]
            )
            for cell in ([self._print(value)], words):
                made = self._element("mtd")
                for x in cell:
                    made.appendChild(x)
                row.appendChild(made)
            table.appendChild(row)
        out, brace = self._element("mrow"), self._element("mo", stretchy="true")
        brace.appendChild(self.dom.createTextNode("{"))
        out.appendChild(brace)
        out.appendChild(table)
        return out

    def _element(self, tag: str, **attributes: str) -> Any:
        made = self.dom.createElement(tag)
        for name, x in attributes.items():
            made.setAttribute(name, x)
        return made

    def _word(self, text: str) -> Any:
        made = self._element("mtext")
        made.appendChild(self.dom.createTextNode(text))
        return made

    def _print_Float(self, e: Any) -> Any:
        number = self.dom.createElement("mn")
        number.appendChild(self.dom.createTextNode(f"{float(e):.12g}"))
        return number


def to_mathml(e: sp.Basic) -> str:
    """An expression as MathML, without the element around it."""
    e = e.replace(exprel, lambda x: (sp.exp(x) - 1) / x)  # not a standard function
    text = _Printer()._print(e).toxml()
    for old, new in _OPERATORS:
        text = text.replace(old, new)
    return text


def _piece(p: Piece) -> str:
    if isinstance(p, Words):
        return f"<mtext>{html.escape(p.text).replace(' ', '&#160;')}</mtext>"
    if isinstance(p, Name):
        return name_mathml(p.name)
    if isinstance(p, Slope):
        return f"<mfrac><mrow><mi>d</mi>{name_mathml(p.name)}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"
    if isinstance(p, sp.Basic):
        return f"<mrow>{to_mathml(p)}</mrow>"
    if p == EQUAL:
        return "<mo>=</mo>"
    return "<mo>&#8592;</mo>" if p == BECOMES else "<mtext>,&#160;</mtext>"


def mathml_lines(eq: Equations | RuleEquations) -> list[str]:
    """One ``math`` element for each statement of the model."""
    return [
        f'<math displaystyle="true"><mrow>{"".join(map(_piece, line))}</mrow></math>' for line in statement_lines(eq)
    ]


__all__ = ["mathml_lines", "name_mathml", "to_mathml"]
