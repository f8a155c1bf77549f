"""Formulas as text, evaluated with numbers, arrays, tensors or symbols: a drug mechanism is written once for all of them.

A formula is read through a whitelisted syntax tree, never ``eval``: names, numbers, ``+ - * / **`` and the functions of :data:`FUNCTIONS`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from amine.compounds.algebra import Operand
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass

Functions: TypeAlias = Mapping[str, Callable[..., Operand]]
FUNCTIONS: Functions = {"exp": math.exp, "log": math.log, "min": min, "max": max}
OPERANDS = {"exp": 1, "log": 1, "min": 2, "max": 2}
LONGEST = 400  # characters
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True)
class Formula:
    """An arithmetic formula.

    Parameters
    ----------
    text : the formula, such as ``"1 - y**2"``.

    Raises
    ------
    AmineError
        The text is not a formula, or contains anything but names, numbers, ``+ - * / **`` and known functions.

    Examples
    --------
    >>> f = Formula("koff*(load*(1 - b) - b)")
    >>> sorted(f.names), f(koff=0.5, load=1.0, b=0.25)
    (['b', 'koff', 'load'], 0.25)
    """

    text: str

    def __post_init__(self) -> None:
        _ = self.names

    @property
    def where(self) -> str:
        """Place named in error messages."""
        return f"formula '{self.text[:60]}'"

    @cached_property
    def tree(self) -> ast.expr:
        """The syntax tree, all of whose nodes are allowed."""
        if not isinstance(self.text, str) or not 0 < len(self.text.strip()) <= LONGEST:
            raise AmineError(
                "formula", "this is not a formula", given=repr(self.text)[:40], expected='text such as "1 - y"'
            )
        try:
            tree = ast.parse(self.text.strip().replace("^", "**"), mode="eval").body
        except (SyntaxError, RecursionError, ValueError):
            raise AmineError(
                self.where, "this is not a formula", hint="use names, numbers, + - * / ** and exp, log, min, max"
            ) from None
        _check(tree, self.where)
        return tree

    @cached_property
    def names(self) -> frozenset[str]:
        """Variables of the formula."""
        called = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        return frozenset(n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in called)

    def evaluate(self, values: Mapping[str, Operand], functions: Functions = FUNCTIONS) -> Any:
        """Value of the formula for numbers, arrays, tensors or symbols; ``functions`` must accept that kind of operand."""
        missing = self.names - set(values)
        if missing:
            name = min(missing)
            raise AmineError(self.where, f"'{name}' is not known", hint=did_you_mean(name, values))
        return _evaluate(self.tree, values, functions)

    def __call__(self, **values: Any) -> Any:
        """Value of the formula for numbers given by name."""
        return self.evaluate(values)


def _check(node: ast.expr, where: str) -> None:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            _check(left, where)
            _check(right, where)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, where)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if OPERANDS.get(name) == len(arguments):
            for a in arguments:
                _check(a, where)
        case ast.Constant(value=x) if isinstance(x, int | float) and not isinstance(x, bool):
            return
        case ast.Name():
            return
        case _:
            given = ast.unparse(node)[:40]
            raise AmineError(
                where, f"'{given}' is not allowed", hint="use names, numbers, + - * / ** and exp, log, min, max"
            )


def _evaluate(node: ast.expr, values: Mapping[str, Operand], functions: Functions) -> Any:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_evaluate(left, values, functions), _evaluate(right, values, functions))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values, functions)
        case ast.UnaryOp(operand=operand):
            return _evaluate(operand, values, functions)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return functions[name](*(_evaluate(a, values, functions) for a in arguments))
        case ast.Constant(value=x):
            return x
        case ast.Name(id=name):
            return values[name]
    raise AssertionError(ast.dump(node))


__all__ = ["FUNCTIONS", "Formula"]
