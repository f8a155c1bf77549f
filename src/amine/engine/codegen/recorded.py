"""Expressions of what is recorded and is no state of a point neuron, and functions that evaluate them in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from amine.engine.codegen.fuse import fuse
from amine.engine.resolve.cells import CellStructure
from amine.equations.formulas import exprel
from amine.equations.printer import Printer
from amine.equations.symbols import names_of, symbol
from amine.errors import AmineError


def expressions(cell: CellStructure, synaptic: str) -> dict[str, Any]:
    """Expressions by name: currents of receptors and their sum, named parts of the neuron's equations, parameters."""
    system = fuse(cell)
    currents = {n: e for n, e in system.currents.items() if n.startswith("I_")}
    found: dict[str, Any] = {**currents, synaptic: sum(currents.values(), start=symbol("v") * 0)}
    found |= system.named
    return found | {n: system.shifted(symbol(n)) for n in system.parameters}


def names_in(e: Any) -> set[str]:
    """Names that an expression reads."""
    return names_of(e)


def function(e: Any, where: str) -> Callable[[Mapping[str, Any]], np.ndarray]:
    """A function of the values of the names in an expression, in float64."""
    code = compile(Printer("numpy")(e), "<recorded>", "eval")

    def value(values: Mapping[str, Any]) -> np.ndarray:
        scope = {"np": np, "exprel": exprel, **values}
        try:
            with np.errstate(all="ignore"):
                return np.asarray(eval(code, scope), float)  # printed from a checked expression, never from text
        except NameError as error:
            hint = "record the states that it is made of"
            raise AmineError(where, f"it uses a function that is not known here: {error.name}", hint=hint) from error

    return value


__all__ = ["expressions", "function", "names_in"]
