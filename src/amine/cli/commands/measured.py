"""Measures as the command line names them."""

from __future__ import annotations

from importlib import import_module

from amine import circuits


def with_module(target: str, measure: str) -> str:
    """A measure; a bare name is completed to ``module:function`` if the circuit's module has a function of that name."""
    if ":" in measure or target not in circuits.names():
        return measure
    module = circuits.get(target).__module__
    return f"{module}:{measure}" if callable(getattr(import_module(module), measure, None)) else measure
