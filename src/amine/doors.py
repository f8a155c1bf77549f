"""What users call takes what its annotations say, or refuses it in one sentence: arguments are compared with them before the call.

The comparison imports no package: no value can be of a class whose package is not loaded.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import numbers
import os
import sys
from collections import abc
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from importlib import import_module
from typing import Any, ParamSpec, TypeVar, cast

from amine.errors import AmineError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_ONE = {"str": str, "bytes": bytes, "dict": dict, "list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_SEVERAL = {"Sequence", "Iterable", "Collection", "Iterator", "Container", "list", "tuple", "set", "frozenset"}
_TABLES = {"Mapping", "dict", "MutableMapping"}
_WORDS = {
    "str": "text",
    "float": "a number",
    "int": "a whole number",
    "bool": "True or False",
    "None": "None",
    "Quantity": "a quantity, such as '5 ms' or 5*am.units.ms",
    "Values": "a quantity, one for each, or a distribution",
    "FilePath": "a path that a file can have",
    "Site": "a place by name, or compartments by number",
    "ArrayLike": "numbers or an array",
    "Callable": "a function",
}
LONGEST_NAME = 255  # bytes of the name of a file or folder
_FEW = 200  # elements of a sequence that are compared


def door(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with its arguments compared with its annotations.

    Parameters
    ----------
    function : with annotations at its parameters; what is no function is returned as it is.

    Raises
    ------
    AmineError
        In the call: an argument is not what its annotation says. The message names the function, the parameter and what was expected.

    Examples
    --------
    >>> @door
    ... def twice(x: float) -> float:
    ...     return 2 * x
    >>> twice("a")
    Traceback (most recent call last):
    amine.errors.AmineError: twice, x: this cannot be used (given 'a', expected a number)
    """
    if not inspect.isfunction(function) or function in _DOORS.values():
        return function
    if function not in _DOORS:
        _DOORS[function] = _wrapped(function)
    return _DOORS[function]


_DOORS: dict[Callable, Any] = {}


def _wrapped(function: Callable[P, R]) -> Callable[P, R]:
    """A function that compares before it calls."""
    found: list[tuple[inspect.Signature, dict[str, ast.expr]]] = []  # made by the first call

    @functools.wraps(function)
    def compared(*args: P.args, **kwargs: P.kwargs) -> R:
        if not found:
            found.append(_annotations(function))
        signature, hints = found[0]
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as e:
            wrong = next((k for k in kwargs if k not in signature.parameters), "")
            hint = did_you_mean(wrong, signature.parameters) if wrong else ""
            raise AmineError(f"{_called(function)}()", str(e), hint=hint) from e
        odd = _odd(function.__module__, signature, hints, bound.arguments)
        if not odd:
            return function(*args, **kwargs)
        try:  # its own words are better; and some hints are narrower than what is taken
            result = function(*args, **kwargs)
        except AmineError:
            raise
        except Exception as e:
            raise _refusal(function, *odd[0]) from e
        for name, value, hint in odd:
            if _plain(hint):
                raise _refusal(function, name, value, hint)
        return result

    return compared


def methods(owner: type[T]) -> type[T]:
    """Class decorator: makes doors of its public methods."""
    for name, method in list(vars(owner).items()):
        own = method.__func__ if isinstance(method, staticmethod | classmethod) else method
        if not name.startswith("_") and inspect.isfunction(own):
            setattr(owner, name, type(method)(door(own)) if own is not method else door(own))
    return owner


def constructor(owner: type[T]) -> type[T]:
    """Class decorator: makes a door of its constructor; what the packages below it raise is said in one sentence."""
    made = door(owner.__init__)

    @functools.wraps(made)
    def told(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            made(self, *args, **kwargs)
        except AmineError:
            raise
        except (
            TypeError,
            ValueError,
            ArithmeticError,
            RuntimeError,
            MemoryError,
        ) as e:  # such as of a device, or of sizes
            said = f"{e}".partition("\n")[0][:160] or type(e).__name__
            raise AmineError(owner.__name__, "it cannot be made with these arguments", given=said) from e

    owner.__init__ = told  # type: ignore[misc]
    return owner


def constructed(method: Callable[P, R]) -> Callable[P, R]:
    """Decorator of a method of an object that keeps what its constructor was given: an error that comes of it is said in one sentence."""

    @functools.wraps(method)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except AmineError:
            raise
        except Exception as e:
            made = type(args[0]).__init__
            signature, hints = _annotations(made)
            kept = {n: x for n, x in vars(args[0]).items() if n in hints}
            odd = _odd(made.__module__, signature, hints, kept)
            if not odd:
                raise
            raise _refusal(made, *odd[0]) from e

    return told


def close(names: MutableMapping[str, Any], functions: Iterable[str]) -> None:
    """Makes doors of functions of a module: ``close(globals(), __all__)`` at its end."""
    for name in functions:
        if name in names:
            names[name] = door(names[name])


def _annotations(function: Callable) -> tuple[inspect.Signature, dict[str, ast.expr]]:
    """Signature of a function, and the annotations of its parameters as expressions."""
    signature = inspect.signature(function)
    hints = {n: p.annotation for n, p in signature.parameters.items() if isinstance(p.annotation, str)}
    return signature, {n: _parsed(h) for n, h in hints.items()}


@functools.cache
def _parsed(hint: str) -> ast.expr:
    """An annotation as an expression."""
    return ast.parse(hint, mode="eval").body


@functools.cache
def _text(hint: ast.expr) -> str:
    """The text of a part of an annotation, which are as many as the package has."""
    return ast.unparse(hint)


Odd = tuple[str, object, ast.expr]  # an argument that is not what its annotation says


def _odd(
    module: str, signature: inspect.Signature, hints: Mapping[str, ast.expr], given: Mapping[str, Any]
) -> list[Odd]:
    """Arguments that are not what their annotations say."""
    scope, found = Scope(module), []
    for name in (n for n in given if n in hints):
        kind, value = signature.parameters[name].kind, given[name]
        each = {name: value}
        if kind is inspect.Parameter.VAR_POSITIONAL:
            each = {f"{name}[{i}]": v for i, v in enumerate(value)}
        elif kind is inspect.Parameter.VAR_KEYWORD:
            each = value
        found += [(k, v, hints[name]) for k, v in each.items() if not fits(hints[name], v, scope)]
    return found


def _called(function: Callable) -> str:
    """A function as it is called: a constructor by its class."""
    return function.__qualname__.rpartition("<locals>.")[2].removesuffix(".__init__")


def _plain(hint: ast.expr) -> bool:
    """Whether a hint is made of text, numbers, truth values and None alone."""
    if isinstance(hint, ast.BinOp):
        return _plain(hint.left) and _plain(hint.right)
    return isinstance(hint, ast.Constant) and hint.value is None or ast.unparse(hint) in ("str", "int", "float", "bool")


def _refusal(function: Callable, name: str, value: object, hint: ast.expr) -> AmineError:
    """The sentence for an argument that cannot be used."""
    shown = repr(value) if type(value).__repr__ is not object.__repr__ else f"a value of type {type(value).__name__}"
    expected = words(hint, Scope(function.__module__))
    return AmineError(f"{_called(function)}, {name}", "this cannot be used", given=shown, expected=expected)


class Scope:
    """Names as the annotations of a module know them, those that it imports for type checking included."""

    def __init__(self, module: str):
        self.module = module

    def get(self, name: str) -> Any:
        """What a name means; None if its package is not loaded."""
        known = vars(sys.modules[self.module])
        if name in known:
            return known[name]
        home, own = _imported(self.module).get(name, ("", name))
        if home.startswith("amine."):  # an alias is known where it is written
            import_module(home)
        loaded = sys.modules.get(home)
        return getattr(loaded, own, None) if own else loaded


@functools.cache
def _imported(module: str) -> Mapping[str, tuple[str, str]]:
    """Names that a module imports for type checking -> (module, its name there; empty for the module itself)."""
    loaded = sys.modules.get(module)
    try:
        tree = ast.parse(inspect.getsource(loaded)) if loaded is not None else ast.Module([], [])
    except (OSError, TypeError):
        return {}
    found: dict[str, tuple[str, str]] = {}
    for block in (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"):
        for line in block.body:
            if isinstance(line, ast.ImportFrom) and line.module:
                found |= {a.asname or a.name: (line.module, a.name) for a in line.names}
            elif isinstance(line, ast.Import):
                found |= {a.asname or a.name: (a.name, "") for a in line.names}
    return found


def fits(hint: ast.expr, value: object, scope: Scope) -> bool:
    """Whether a value is what a hint says; True where the hint cannot be decided."""
    if isinstance(hint, ast.BinOp):
        return fits(hint.left, value, scope) or fits(hint.right, value, scope)
    if isinstance(hint, ast.Constant):
        if isinstance(hint.value, str):
            return fits(_parsed(hint.value), value, scope)
        return value is None if hint.value is None else True
    if isinstance(hint, ast.Subscript):
        return _subscript(hint, value, scope)
    return _named(hint, value, scope)


def _named(hint: ast.expr, value: object, scope: Scope) -> bool:
    """A name, or a name within a module."""
    name = _text(hint)
    last = name.rpartition(".")[2]
    if last in ("Any", "object", "ArrayLike"):
        return last != "ArrayLike" or _numbers(value)
    if last in ("float", "int", "bool"):
        return _number(last, value)
    if last in _ONE:
        return isinstance(value, _ONE[last])
    if last == "PathLike":
        return isinstance(value, os.PathLike)
    if last == "Callable":
        return callable(value)
    if last == "FilePath":
        return isinstance(value, str | os.PathLike) and _is_name(os.fspath(value))
    if last in _SEVERAL | _TABLES:
        return isinstance(value, getattr(abc, last)) or _array(value)
    return _meant(scope, name, value)


def _meant(scope: Scope, name: str, value: object) -> bool:
    """A class or an alias that a module imports."""
    first, *rest = name.split(".")
    meant = scope.get(first)
    for part in rest:
        meant = getattr(meant, part, None)
    if isinstance(meant, str):  # an alias; what it names is known in its own module
        home = _imported(scope.module).get(first, (scope.module, ""))[0]
        return fits(_parsed(meant), value, Scope(home))
    if isinstance(meant, type) and not getattr(meant, "_is_protocol", False):
        return isinstance(value, meant)
    return meant is not None or first not in _imported(
        scope.module
    )  # of a package that is not loaded there are no values


def _numbers(value: object) -> bool:
    """Whether a value may be an array of numbers: a number, a sequence, an array, or what can be made one."""
    if isinstance(value, str | bytes):
        return False
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return kind in "biufcO" and (
        isinstance(value, numbers.Number | abc.Sequence) or callable(getattr(value, "__array__", None))
    )


def _array(value: object) -> bool:
    """Whether a value is an array with at least one axis."""
    return isinstance(shape := getattr(value, "shape", ()), tuple) and bool(shape)


def _is_name(path: str | bytes) -> bool:
    """Whether the system can have a file of this path: no name in it is too long, and none has a null character."""
    names = os.fsencode(path).split(b"/")
    return b"\0" not in os.fsencode(path) and all(len(n) <= LONGEST_NAME for n in names)


def _iterable(value: object) -> bool:
    """Whether a value can be gone through; some classes have the method and refuse."""
    try:
        iter(cast(Iterable, value))
    except TypeError:
        return False
    return True


def _number(kind: str, value: object) -> bool:
    """Whether a value is a truth value, a whole number or a number; those of NumPy are too."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == () and not _has_unit(value):
        value = item()
    if kind == "bool":
        return isinstance(value, bool)
    return isinstance(value, numbers.Integral if kind == "int" else numbers.Real)


def _has_unit(value: object) -> bool:
    return getattr(value, "units", None) is not None


def _subscript(hint: ast.Subscript, value: object, scope: Scope) -> bool:
    """A container, and what it holds where that is quickly told."""
    name = _text(hint.value).rpartition(".")[2]
    inside = list(hint.slice.elts) if isinstance(hint.slice, ast.Tuple) else [hint.slice]
    if name == "Literal":
        return any(type(value) is type(v) and value == v for v in (ast.literal_eval(e) for e in inside))
    if name in ("Annotated", "Optional"):
        return fits(inside[0], value, scope) or (name == "Optional" and value is None)
    if name in _TABLES:
        return isinstance(value, Mapping)
    if name == "tuple" and not (len(inside) == 2 and isinstance(inside[1], ast.Constant) and inside[1].value is ...):
        return isinstance(value, tuple | list) and len(value) == len(inside)
    if name in _SEVERAL:
        if isinstance(value, str | bytes):
            return name in ("Iterable", "Sequence", "Collection") and _text(inside[0]) == "str"
        if _array(value):
            return all(fits(inside[0], v, scope) for v in itertools.islice(cast(Iterable, value), 1))
        if not _iterable(value):  # an array without an axis has the methods of a collection and refuses them
            return False
        return not isinstance(value, abc.Collection) or all(
            fits(inside[0], v, scope) for v in itertools.islice(value, _FEW)
        )
    if name == "Callable":
        return callable(value)
    if name == "PathLike":
        return isinstance(value, os.PathLike)
    return _named(hint.value, value, scope)


def words(hint: ast.expr, scope: Scope) -> str:
    """A hint in plain words."""
    if isinstance(hint, ast.BinOp):
        parts = list(dict.fromkeys((words(hint.left, scope), words(hint.right, scope))))
        return " or ".join(parts)
    if isinstance(hint, ast.Constant):
        return words(ast.parse(hint.value, mode="eval").body, scope) if isinstance(hint.value, str) else str(hint.value)
    if isinstance(hint, ast.Subscript):
        name = ast.unparse(hint.value).rpartition(".")[2]
        inside = list(hint.slice.elts) if isinstance(hint.slice, ast.Tuple) else [hint.slice]
        if name == "Literal":
            return " or ".join(ast.unparse(e) for e in inside)
        if name in _TABLES:
            return "a table (dict)"
        if name in _SEVERAL:
            return f"several of: {words(inside[0], scope)}"
        return words(inside[0], scope) if name in ("Annotated", "Optional") else _WORDS.get(name, name)
    name = ast.unparse(hint).rpartition(".")[2]
    return _WORDS.get(name, name)
