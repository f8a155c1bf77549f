"""Generated modules of programs; loading one from the cache needs neither parser nor SymPy, which are slow to import."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from amine.engine.codegen import cache


def arrival(label: str) -> str:
    """Name of the input that holds the arrivals at a receptor."""
    return f"in_{label}"


@lru_cache(maxsize=1)
def generator_hash() -> str:
    """Hash of the code generator; modules of another hash are not used."""
    h = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        h.update(file.read_bytes())
    return h.hexdigest()


def load(structure: list[object], make: Callable[[], str]) -> ModuleType:
    """The module of a structure (plain data), from the cache or from the source that ``make`` returns."""
    return cache.load(["learn", generator_hash(), structure], make)[0]
