"""Generated modules on disk: one file for each network structure, named by its hash, beside Numba's compiled code."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from amine.errors import AmineError

_PARTS = ("engine", "equations")


def directory() -> Path:
    """The cache directory: ``AMINE_CACHE_DIR``, or ``amine`` in the user's cache directory."""
    own = os.environ.get("AMINE_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else base / "amine"


@lru_cache(maxsize=1)
def _generator() -> str:
    """Hash of the code that generates and that generated code calls: a change of either makes old modules void."""
    root = Path(__file__).resolve().parents[2]
    h = hashlib.sha256()
    for part in _PARTS:
        for file in sorted((root / part).rglob("*.py")):
            h.update(file.read_bytes())
    return h.hexdigest()


def structure_hash(structure: Any) -> str:
    """Hash of plain data that decides generated code, together with the version of the generator."""
    text = json.dumps([_generator(), sys.version_info[:2], structure], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def load(structure: Any, make_source: Callable[[], str]) -> tuple[ModuleType, bool]:
    """The module of a structure, and whether it was there already; written under a temporary name and renamed.

    Raises
    ------
    AmineError
        If the cache directory cannot be written.
    """
    name = f"amine_{structure_hash(structure)}"
    if name in sys.modules:
        return sys.modules[name], True
    path = directory() / f"{name}.py"
    found = path.exists()
    if not found:
        source = make_source()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}.part")
            temporary.write_text(source)
            os.replace(temporary, path)
        except OSError as e:
            raise AmineError(
                f"cache directory '{path.parent}'",
                "it cannot be written",
                given=str(e),
                hint="set AMINE_CACHE_DIR to a folder that can be",
            ) from e
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module, found


def clear() -> int:
    """Deletes all generated modules and their compiled code; returns the number of files."""
    files = [f for f in directory().rglob("amine_*") if f.is_file()] if directory().exists() else []
    for f in files:
        f.unlink(missing_ok=True)
    return len(files)
