"""Structural keys: plain data from the declared fields of all that generated code depends on."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import Field, field, fields, is_dataclass
from typing import Any

from amine.models.model import Model

_VALUE_ONLY = "value only"


def value_only(**options: Any) -> Any:
    """A field of a dataclass that generated code does not depend on; ``options`` are those of :func:`dataclasses.field`."""
    return field(metadata={_VALUE_ONLY: True}, **options)


def is_value_only(f: Field[object]) -> bool:
    """Whether a field was declared with :func:`value_only`."""
    return bool(f.metadata.get(_VALUE_ONLY))


def structural_key(x: object) -> Any:
    """Plain data that generated code depends on: all fields of a dataclass except :func:`value_only` ones, a model without its values.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Input:
    ...     label: str
    ...     differ: frozenset = frozenset()
    ...     rate: float = value_only(default=0.0)
    >>> structural_key(Input("AMPA", frozenset({"w"}), 5.0))
    ['Input', ['label', 'AMPA'], ['differ', ['w']]]
    """
    if x is None or isinstance(x, bool | int | float | str):
        return x
    if isinstance(x, Model):
        return x.structure()
    if isinstance(x, Set):
        return sorted(x)
    if isinstance(x, Mapping):
        return [[k, structural_key(v)] for k, v in sorted(x.items())]
    if isinstance(x, tuple | list):
        return [structural_key(y) for y in x]
    if is_dataclass(x):
        own = [[f.name, structural_key(getattr(x, f.name))] for f in fields(x) if not is_value_only(f)]
        return [type(x).__name__, *own]
    raise TypeError(f"{type(x).__name__} has no structural key")


__all__ = ["is_value_only", "structural_key", "value_only"]
