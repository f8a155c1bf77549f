"""Immutable descriptions: objects, mappings and lists that refuse changes with an error that states the alternative."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from amine.errors import AmineError, did_you_mean

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Known(dict[K, V]):
    """A dict that says which entries there are where one is asked for that is not there.

    >>> Known({"v": 1}, "Run, probes")["w"]
    Traceback (most recent call last):
    amine.errors.AmineError: Run, probes: 'w' is not known; known are v
    """

    where = ""

    def __init__(self, data: Mapping[K, V] | Iterable[tuple[K, V]] = (), where: str = ""):
        super().__init__(data)
        fix(self, where=where)

    def __missing__(self, key: object) -> NoReturn:
        name = repr(key)[:40]
        raise AmineError(
            self.where or "Description", f"{name} is not known", hint=did_you_mean(str(key), map(str, self))
        )


class FrozenDict(Known[K, V]):
    """A dict that refuses changes.

    Parameters
    ----------
    data : its content.
    where : its owner, for the error. hint : the alternative to a change, for the error.

    Examples
    --------
    >>> FrozenDict({"tau_m": "10 ms"}, "Population 'E', parameters")["tau_m"] = "20 ms"
    Traceback (most recent call last):
    amine.errors.AmineError: Population 'E', parameters: a description does not change once it is made
    """

    def __init__(self, data: Mapping[K, V] | Iterable[tuple[K, V]] = (), where: str = "", hint: str = ""):
        super().__init__(data, where)
        fix(self, hint=hint)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise AmineError(self.where or "Description", "a description does not change once it is made", hint=self.hint)

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse  # type: ignore[assignment]
    __setattr__ = __delattr__ = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (dict(self), self.where, self.hint))


class FrozenList(list[T]):
    """A list of the parts of a network that refuses changes."""

    def __init__(self, data: Iterable[T] = (), where: str = "", hint: str = ""):
        super().__init__(data)
        fix(self, where=where, hint=hint)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise AmineError(self.where or "Description", "a description does not change once it is made", hint=self.hint)

    __setattr__ = __delattr__ = _refuse  # type: ignore[assignment]
    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = extend = insert = pop = remove = clear = _refuse  # type: ignore[assignment]
    sort = reverse = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (list(self), self.where, self.hint))


def append(to: list[T], item: T) -> T:
    """Adds a checked part to a frozen list of a network; only for code that creates parts."""
    list.append(to, item)
    return item


def enter(into: Mapping[K, V], key: K, item: V) -> V:
    """Adds a checked part to a frozen mapping of a network; only for code that creates parts."""
    dict.__setitem__(into, key, item)  # type: ignore[arg-type]
    return item


def swap(within: list[T], old: T, new: T) -> None:
    """Replaces a part of a frozen list by another; only for code that creates parts."""
    list.__setitem__(within, next(k for k, x in enumerate(within) if x is old), new)


def fix(thing: object, **values: Any) -> None:
    """Sets attributes of a closed object during its creation."""
    for name, value in values.items():
        object.__setattr__(thing, name, value)


def closed(hint: str) -> Callable[[type[T]], type[T]]:
    """Class decorator: setting or deleting an attribute raises AmineError.

    ``hint`` is the alternative for the error; ``{name}`` stands for the object's name and ``{attribute}`` for the attribute.
    """

    def wrap(cls: type[T]) -> type[T]:
        def refuse(self: object, attribute: str, value: object = None) -> NoReturn:
            advice = hint.format(name=getattr(self, "name", ""), attribute=attribute)
            raise AmineError(place(self), f"'{attribute}' cannot be set, a description does not change", hint=advice)

        cls.__setattr__ = cls.__delattr__ = refuse  # type: ignore[assignment]
        return cls

    return wrap


def place(thing: object) -> str:
    """Name of an object in error messages: its kind in words and its name.

    >>> class PoissonInput:
    ...     name = "noise"
    >>> place(PoissonInput())
    "Poisson input 'noise'"
    """
    where = getattr(thing, "where", None)  # models define it
    if isinstance(where, str):
        return where
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(thing).__name__).capitalize()
    name = getattr(thing, "name", "")
    return f"{words} '{name}'" if name else words
