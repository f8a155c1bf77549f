"""The device's functions for NumPy's arrays and for single numbers, where constants are prepared: the same bits on every processor.

NumPy's own functions have other code for each kind of processor, and those of a C library for each version. Here the text that Numba
compiles runs on arrays, with additions and multiplications of NumPy, which are exact to the last bit. ``fma`` is rounded twice, unless
a function lives from its exactness; then the product's rest is computed by splitting (Dekker 1971, Numer Math 18:224).
"""

from __future__ import annotations

import ast
import marshal
import math
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from amine.engine.device import store
from amine.errors import AmineError

SPLIT = 134217729.0  # 2^27 + 1


def _twice(a: Any, b: Any, c: Any) -> Any:
    return a * b + c


def _halves(x: Any) -> tuple[Any, Any]:
    big = SPLIT * x
    high = big - (big - x)
    return high, x - high


def _once(a: Any, b: Any, c: Any) -> Any:
    """a*b + c with the rests of the product and of the sum; a and b stay below 1e290."""
    p = a * b
    (a0, a1), (b0, b1) = _halves(a), _halves(b)
    rest = ((a0 * b0 - p) + a0 * b1 + a1 * b0) + a1 * b1
    s = p + c
    t = s - p
    whole = s + (((p - (s - t)) + (c - t)) + rest)
    return np.where(np.isfinite(whole), whole, s)


def _select(c: Any, a: Any, b: Any) -> Any:
    return np.where(c, a, b)


def _float_bits(x: Any) -> Any:
    return np.asarray(x, np.float64).view(np.int64)


def _bits_float(n: Any) -> Any:
    return np.asarray(n, np.int64).view(np.float64)


def _whole(x: Any) -> Any:
    return np.asarray(x).astype(np.int64)


def _real(x: Any) -> Any:
    return np.asarray(x, np.float64)


_NAMES: dict[str, Any] = {
    "select": _select, "min": np.minimum, "max": np.maximum, "abs": np.abs, "rint64": np.rint, "floor64": np.floor, "sqrt64": np.sqrt,
    "float_bits64": _float_bits, "bits_float64": _bits_float, "I64": _whole, "F64": _real,
}  # fmt: skip
_EXACT = ("_power64", "_circular64", "asin64", "acos64")  # that need fma as it is
_KNOWN = ("exp", "exprel", "tanh", "log", "log1p", "log10", "pow", "sin", "cos", "asin", "acos", "atan", "atan2")


def _plain(scope: dict[str, Any]) -> None:
    """Adds the inlined functions of the device, and numbers that they name, to ``scope``; without importing their modules, and so Numba.

    Their compiled text is kept, as to read them takes longer than all else here.
    """
    path = store.directory() / f"amine_arrays.{store.generator()[:24]}.{sys.implementation.cache_tag}"
    kept = store.read_own(path)
    if kept is not None:
        exec(marshal.loads(kept), scope)
        return
    found = [n for module in ("functions", "elementary") for n in _usable(module, scope)]
    with suppress(AmineError):  # a folder that cannot be written, say
        store.write_own(path, marshal.dumps(compile(ast.Module(found, []), "elementary.py", "exec")))


def _usable(module: str, scope: dict[str, Any]) -> Iterator[ast.stmt]:
    """Statements of a module of the device that run as Python, after adding what they define to ``scope``."""
    for node in ast.parse(Path(__file__).with_name(f"{module}.py").read_text()).body:
        if isinstance(node, ast.FunctionDef) and "inlined" in map(ast.unparse, node.decorator_list):
            node.decorator_list = []
        elif not isinstance(node, ast.Assign) or _unknown(node.value, scope):
            continue
        exec(compile(ast.Module([node], []), f"{module}.py", "exec"), scope)
        yield node


def _unknown(e: ast.expr, scope: Container[str]) -> bool:
    """Whether an expression reads a name that is not in ``scope``."""
    names = [n for n in ast.walk(e) if isinstance(n, ast.Name)]
    own = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return any(n.id not in scope and n.id not in own for n in names)


def _on_arrays(name: str, home: dict[str, Any], made: dict[str, Any]) -> Callable[..., Any]:
    """The device function ``name`` with the names of NumPy in place of its own."""
    if name not in made:
        code = home[name].__code__
        called = [
            n for n in code.co_names if isinstance(home.get(n), FunctionType) and n not in _NAMES and n != "fma64"
        ]
        scope = {n: home[n] for n in code.co_names if n in home} | _NAMES
        scope["fma64"] = _once if name in _EXACT else _twice
        made[name] = FunctionType(code, scope, name)
        scope |= {n: _on_arrays(n, home, made) for n in called}
    return made[name]


def _public(f: Callable[..., Any]) -> Callable[..., Any]:
    def of(*x: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(*(np.asarray(v, np.float64) for v in x))[()]

    return of


def _all() -> SimpleNamespace:
    home: dict[str, Any] = {"np": np, "math": math, "tuple": tuple, "range": range, "float": float}
    _plain(home)
    made: dict[str, Any] = {}
    return SimpleNamespace(**{n: _public(_on_arrays(f"{n}64", home, made)) for n in _KNOWN})


exact = _all()


def total(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Sum of arrays of one shape, the same to the last bit in whatever order they come: each place adds its least value first."""
    if len(parts) < 3:  # a + b is b + a
        return sum(parts[1:], np.array(parts[0], np.float64))
    first, *rest = np.sort(np.stack([np.asarray(x, np.float64) for x in parts]), axis=0)
    for x in rest:
        first = first + x
    return first
