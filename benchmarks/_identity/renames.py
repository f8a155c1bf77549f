"""Names that changed between revisions: whichever a revision lacks is an alias of the one it has, so that cases run on both.

Cases are written in the names of today; who renames something they use adds a line here.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

MODULES: tuple[tuple[str, ...], ...] = (("amine.plasticity", "amine.rules"),)
# (owner, names of one thing): the owner is a module, or a class as "module:Class"
ATTRIBUTES: tuple[tuple[str, tuple[str, ...]], ...] = ()
# (function as "module:name" or "module:Class.name", names of one keyword)
KEYWORDS: tuple[tuple[str, tuple[str, ...]], ...] = ()


def install() -> None:
    """Makes all names work, old and new."""
    for names in MODULES:
        alias_module(*names)
    for owner, names in ATTRIBUTES:
        alias_attribute(find(owner), *names)
    for function, names in KEYWORDS:
        owner, _, name = function.rpartition("." if "." in function.partition(":")[2] else ":")
        alias_keyword(find(owner), name, *names)


def find(path: str) -> Any:
    """A module, or something in it as ``module:Name.name``."""
    module, _, inside = path.partition(":")
    found: Any = importlib.import_module(module)
    for name in inside.split(".") if inside else ():
        found = getattr(found, name)
    return found


def alias_module(*names: str) -> None:
    """Lets all names stand for the one module among them that exists."""
    found = None
    for name in names:
        try:
            found = importlib.import_module(name)
        except ModuleNotFoundError as e:
            if e.name != name:
                raise
            continue
        break
    if found is None:
        raise ModuleNotFoundError(f"none of these modules exists: {', '.join(names)}")
    for name in names:
        parent, _, last = name.rpartition(".")
        if name not in sys.modules:
            sys.modules[name] = found
            setattr(importlib.import_module(parent), last, found)


def alias_attribute(owner: Any, *names: str) -> None:
    """Lets all names stand for the one attribute among them that exists."""
    missing = object()
    values = [getattr(owner, n, missing) for n in names]
    found = next((v for v in values if v is not missing), missing)
    if found is missing:
        raise AttributeError(f"{owner!r} has none of: {', '.join(names)}")
    for name, value in zip(names, values, strict=True):
        if value is missing:
            setattr(owner, name, found)


def alias_keyword(owner: Any, function: str, *names: str) -> None:
    """Lets a function take all names for the one keyword among them that it knows."""
    original: Callable[..., Any] = getattr(owner, function)
    known = [n for n in names if n in inspect.signature(original).parameters]
    if len(known) != 1:
        raise TypeError(f"{function}() knows {len(known)} of the keywords {', '.join(names)}, one is expected")

    @functools.wraps(original)
    def translated(*args: Any, **given: Any) -> Any:
        return original(*args, **{known[0] if k in names else k: v for k, v in given.items()})

    setattr(owner, function, translated)
