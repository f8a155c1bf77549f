"""Generated modules of programs, found without the parser and SymPy, which are slow to import."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from amine.engine.codegen import cache


def arrival(label: str) -> str:
    """The name of what arrives at a receptor in a step."""
    return f"in_{label}"


@lru_cache(maxsize=1)
def generator_hash() -> str:
    """Hash of the code that generates: a change of it makes old modules void."""
    h = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        h.update(file.read_bytes())
    return h.hexdigest()


def load(structure: Any, make: Any) -> ModuleType:
    """The generated module of a structure, from the cache if it is there."""
    return cache.load(["learn", generator_hash(), structure], make)[0]
