"""Classes of named fields, as those of :mod:`dataclasses`, without the time that these take at each start.

The standard library compiles up to six methods for each class while its module is imported, about a millisecond in all, whether an object is ever
made or not. Here ``__init__`` is compiled when the first object is made, and the other methods are functions that all classes share.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Container
from dataclasses import MISSING, FrozenInstanceError, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from types import SimpleNamespace
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")

_LEFT_OUT = object()  # an argument whose default is made anew for each object


@overload
def dataclass(cls: type[T], /) -> type[T]: ...
@overload
def dataclass(
    *, eq: bool = True, frozen: bool = False, slots: bool = False, kw_only: bool = False
) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(field_specifiers=(field,))
def dataclass(
    cls: type[T] | None = None, /, *, eq: bool = True, frozen: bool = False, slots: bool = False, kw_only: bool = False
) -> type[T] | Callable[[type[T]], type[T]]:
    """The decorator of the standard library, for fields of its :func:`~dataclasses.field`, without ``InitVar`` and order.

    Parameters
    ----------
    cls : the class. eq : compared, and hashed if ``frozen``, by its fields. frozen : its fields cannot be set again. slots : an object has
        room for its fields alone. kw_only : its fields are given by name.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Point:
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1.0)
    Point(x=1.0, y=0.0)
    """

    def made(cls: type[T]) -> type[T]:
        return _made(cls, eq, frozen, slots, kw_only)

    return made if cls is None else made(cls)


def _made(cls: type[T], eq: bool, frozen: bool, slots: bool, kw_only: bool) -> type[T]:
    """The class with its methods; the standard library finds the fields."""
    own = set(vars(cls)) - (
        {"__hash__"} if cls.__dict__.get("__hash__") is None else set()
    )  # Python's own, beside an __eq__
    inherits = any(getattr(b, "__dataclass_params__", _NONE).frozen for b in cls.__mro__[1:])
    by_library = frozen and (inherits or slots)  # which guards the class, and checks what it inherits from
    made: Any = dataclasses.dataclass(
        init=False, repr=False, eq=False, frozen=by_library, slots=slots, kw_only=kw_only
    )(cls)
    made.__dataclass_params__.init = made.__dataclass_params__.repr = True
    made.__dataclass_params__.eq, made.__dataclass_params__.frozen = eq, frozen
    methods: dict[str, Any] = {"__init__": _Init(made, frozen), "__repr__": _repr}
    if eq:
        values = _values([f.name for f in fields(made) if f.compare])
        hashed = _values([f.name for f in fields(made) if (f.compare if f.hash is None else f.hash)])
        methods |= {"__eq__": _eq(values), "__hash__": _hash(hashed) if frozen else None}
    if frozen and not by_library:
        methods |= _guards(made, {f.name for f in fields(made)})
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


_NONE = SimpleNamespace(frozen=False)


class _Init:
    """``__init__`` of a class, which is compiled and put in this place when it is first asked for."""

    def __init__(self, owner: Any, frozen: bool):
        self._owner, self._frozen = owner, frozen

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        self._owner.__init__ = made = _init(self._owner, self._frozen)
        return made if instance is None else made.__get__(instance)


def _init(owner: Any, frozen: bool) -> Any:
    """``__init__`` as the standard library writes it."""
    given: dict[str, Any] = {"_set": object.__setattr__, "_LEFT_OUT": _LEFT_OUT}
    by_place, by_name, lines = ["self"], list[str](), list[str]()
    for f in fields(owner):
        value, default = f.name, ""
        if f.default_factory is not MISSING:
            given[f"_new_{f.name}"], default = f.default_factory, "=_LEFT_OUT"
            value = f"_new_{f.name}() if {f.name} is _LEFT_OUT else {f.name}" if f.init else f"_new_{f.name}()"
        elif f.default is not MISSING:
            given[f"_default_{f.name}"], default = f.default, f"=_default_{f.name}"
            value = f.name if f.init else f"_default_{f.name}"
        elif not f.init:
            continue  # set by __post_init__
        if f.init:
            (by_name if f.kw_only else by_place).append(f.name + default)
        lines.append(f"_set(self, {f.name!r}, {value})" if frozen else f"self.{f.name} = {value}")
    if getattr(owner, "__post_init__", None) is not None:
        lines.append("self.__post_init__()")
    parameters = ", ".join([*by_place, *(["*", *by_name] if by_name else [])])
    body = "\n  ".join(lines or ["pass"])
    text = f"def make({', '.join(given)}):\n def __init__({parameters}):\n  {body}\n return __init__"
    made: dict[str, Any] = {}
    exec(text, sys.modules[owner.__module__].__dict__, made)
    init = made["make"](**given)
    init.__qualname__ = f"{owner.__qualname__}.__init__"
    init.__annotations__ = {f.name: f.type for f in fields(owner) if f.init} | {"return": None}
    return init


@recursive_repr()
def _repr(self: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
    return f"{type(self).__qualname__}({shown})"


def _values(names: list[str]) -> Callable[[Any], tuple[object, ...]]:
    """The values of fields, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda x: tuple(getattr(x, n) for n in names)


def _eq(values: Callable[[Any], tuple[object, ...]]) -> Callable[[Any, Any], Any]:
    def __eq__(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(values: Callable[[Any], tuple[object, ...]]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:
        return hash(values(self))

    return __hash__


def _guards(owner: Any, names: Container[str]) -> dict[str, Any]:
    """Methods that refuse to set and delete fields."""

    def __setattr__(self: Any, name: str, value: object) -> None:
        if type(self) is owner or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(owner, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        if type(self) is owner or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(owner, self).__delattr__(name)

    return {"__setattr__": __setattr__, "__delattr__": __delattr__}
