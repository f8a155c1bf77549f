"""Model equations: from text through a syntax tree to SymPy, and the integration method of each state. Knows nothing of networks.

The parser is imported on first use, so that descriptions of networks need no SymPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.equations.given import CHANNEL_NAMES, IONS

if TYPE_CHECKING:
    from amine.equations.coupling import names_in_coupling
    from amine.equations.formulas import chance, evaluate
    from amine.equations.kinds import integrators, parse, typeset
    from amine.equations.march import March
    from amine.equations.numeric import fastest_rate, formula_of_path
    from amine.equations.rules import parse_model as parse_rule_model
    from amine.equations.scheme_check import check as check_scheme

_HOME = {
    "chance": ("formulas", "chance"),
    "check_scheme": ("scheme_check", "check"),
    "evaluate": ("formulas", "evaluate"),
    "fastest_rate": ("numeric", "fastest_rate"),
    "formula_of_path": ("numeric", "formula_of_path"),
    "integrators": ("kinds", "integrators"),
    "names_in_coupling": ("coupling", "names_in_coupling"),
    "March": ("march", "March"),
    "parse": ("kinds", "parse"),
    "parse_rule_model": ("rules", "parse_model"),
    "typeset": ("kinds", "typeset"),
}

__all__ = [
    "CHANNEL_NAMES",
    "March",
    "IONS",
    "chance",
    "check_scheme",
    "evaluate",
    "fastest_rate",
    "formula_of_path",
    "integrators",
    "names_in_coupling",
    "parse",
    "parse_rule_model",
    "typeset",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'amine.equations' has no attribute '{name}'")
    module, attribute = _HOME[name]
    return getattr(import_module(f"amine.equations.{module}"), attribute)
