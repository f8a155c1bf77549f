"""Reversal potentials and currents of ions from their concentrations, as functions of equations."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.equations.symbols import exprel

GAS, FARADAY = 8.31446261815324, 96485.33212331  # J/(mol K), C/mol
THERMAL = GAS / FARADAY * 1e3  # mV/K
CHARGE = FARADAY * 1e-6  # pA ms/um^3 for 1 uM, which is 1e-3 mol/m^3


def nernst(out: sp.Expr, within: sp.Expr, z: sp.Expr, temperature: sp.Expr) -> Any:
    """Nernst potential in mV: (R T/z F) ln(out/in)."""
    return THERMAL * temperature / z * sp.log(out / within)


def ghk(
    out_a: sp.Expr, in_a: sp.Expr, out_b: sp.Expr, in_b: sp.Expr, ratio: sp.Expr, z: sp.Expr, temperature: sp.Expr
) -> Any:
    """Reversal potential in mV for two ions of one valence, by Goldman, Hodgkin and Katz; ``ratio`` is P_b/P_a."""
    return nernst(out_a + ratio * out_b, in_a + ratio * in_b, z, temperature)


def ghk_current(v: sp.Expr, out: sp.Expr, within: sp.Expr, z: sp.Expr, temperature: sp.Expr) -> Any:
    """Outward current density of a permeability of 1 um/ms, in pA ms/um^3, by the constant-field equation."""
    x = z * v / (THERMAL * temperature)
    return CHARGE * z * (within - out * sp.exp(-x)) / exprel(-x)


#: name: (function, units of its arguments, unit of its value)
IONS: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "nernst": (nernst, ("uM", "uM", "1", "K"), "mV"),
    "ghk": (ghk, ("uM", "uM", "uM", "uM", "1", "1", "K"), "mV"),
    "ghk_current": (ghk_current, ("mV", "uM", "uM", "1", "K"), "pA*ms/um**3"),
}
