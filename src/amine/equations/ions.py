"""Reversal potentials and currents from ion concentrations, as functions in equations."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.equations.symbols import exprel

GAS, FARADAY = 8.31446261815324, 96485.33212331  # J/(mol K), C/mol
THERMAL = GAS / FARADAY * 1e3  # mV/K
CHARGE = FARADAY * 1e-6  # pA ms/um^3 for 1 uM, which is 1e-3 mol/m^3


def nernst(out: sp.Expr, within: sp.Expr, z: sp.Expr, temperature: sp.Expr) -> Any:
    """Nernst potential (mV), (R T/z F) ln(out/in), for concentrations in uM and a temperature in K."""
    return THERMAL * temperature / z * sp.log(out / within)


def ghk(
    out_a: sp.Expr, in_a: sp.Expr, out_b: sp.Expr, in_b: sp.Expr, ratio: sp.Expr, z: sp.Expr, temperature: sp.Expr
) -> Any:
    """Goldman-Hodgkin-Katz reversal potential (mV) for two ions of the same valence; ``ratio`` is P_b/P_a."""
    return nernst(out_a + ratio * out_b, in_a + ratio * in_b, z, temperature)


def ghk_current(v: sp.Expr, out: sp.Expr, within: sp.Expr, z: sp.Expr, temperature: sp.Expr) -> Any:
    """Goldman-Hodgkin-Katz outward current per permeability (pA ms/um^3), the constant-field equation."""
    x = z * v / (THERMAL * temperature)
    return CHARGE * z * (within - out * sp.exp(-x)) / exprel(-x)


#: name: (function, units of its arguments, unit of its value)
IONS: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "nernst": (nernst, ("uM", "uM", "1", "K"), "mV"),
    "ghk": (ghk, ("uM", "uM", "uM", "uM", "1", "1", "K"), "mV"),
    "ghk_current": (ghk_current, ("mV", "uM", "uM", "1", "K"), "pA*ms/um**3"),
}
