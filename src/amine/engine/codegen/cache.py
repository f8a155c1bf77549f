"""Generated modules on disk: one file for each network structure, named by its hash, beside Numba's compiled code."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pickle
import stat
import sys
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

from amine.errors import AmineError
from amine.files import reason, replacing

_PARTS = ("engine", "equations", "compounds/algebra.py")  # the algebra is compiled into kernels


def directory() -> Path:
    """The cache directory: ``AMINE_CACHE_DIR``, or ``amine`` in the user's cache directory."""
    own = os.environ.get("AMINE_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else base / "amine"


@lru_cache(maxsize=1)
def _generator() -> str:
    """Hash of the generator and of all code that generated modules call: a change of either invalidates the cache."""
    root = Path(__file__).resolve().parents[2]
    h = hashlib.sha256()
    for part in _PARTS:
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            h.update(file.read_bytes())
    return h.hexdigest()


def structure_hash(structure: object) -> str:
    """Hash of a structural key (plain data) and of the version of the generator."""
    text = json.dumps([_generator(), sys.version_info[:2], structure], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def load(structure: object, make_source: Callable[[], str]) -> tuple[ModuleType, bool]:
    """The module of a structural key, and whether it was in the cache.

    Only files that this user wrote, and that are unchanged since, are used: one that is damaged, or that another user could have
    written, is generated again.

    Raises
    ------
    AmineError
        If the cache directory cannot be written.
    """
    name = f"amine_{structure_hash(structure)}"
    if name in sys.modules:
        return sys.modules[name], True
    path = directory() / f"{name}.py"
    kept = read_own(path)
    source = make_source().encode() if kept is None else kept
    if kept is None:
        write_own(path, source)
    module = _execute(name, path, source)
    check_compiled()
    return module, kept is not None


def _execute(name: str, path: Path, source: bytes) -> ModuleType:
    """The module of a checked source, without Python's own .pyc files, which are not checked."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


# --- files that only this user can have written -------------------------------------------------------------------


def _mark(name: str, content: bytes) -> bytes:
    """A last line with the digest of the file's name and of the lines before it."""
    return b"\n# " + hashlib.sha256(name.encode() + b"\n" + content).hexdigest().encode() + b"\n"


def read_own(path: Path) -> bytes | None:
    """Content written by :func:`write_own`; None if there is none, it is damaged, or another user could have written it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as f:
            about = os.fstat(handle)
            owned = about.st_uid in (0, os.geteuid()) and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            data = f.read() if owned and stat.S_ISREG(about.st_mode) else b""
    except OSError:
        return None
    content, mark = data[:-MARK], data[-MARK:]
    return content if mark == _mark(path.name, content) else None


MARK = len(_mark("", b""))


def write_own(path: Path, content: bytes) -> None:
    """Writes a file that others cannot change, whole or not at all; raises AmineError if that cannot be done."""
    where, hint = f"cache directory '{path.parent}'", "set AMINE_CACHE_DIR to a folder that can be"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path, where) as temporary:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as f:
                f.write(content + _mark(path.name, content))
    except OSError as e:
        raise AmineError(where, "it cannot be written", given=reason(e), hint=hint) from e
    except AmineError as e:
        raise AmineError(e.where, e.problem, given=e.given, hint=hint) from e


class CompiledFiles(IndexDataCacheFile):
    """Numba's files of compiled code, which are checked before they are unpickled; unusable ones are compiled again."""

    def __init__(self, cache_path: str, filename_base: str, source_stamp: object):
        super().__init__(cache_path, f"{filename_base}.checked", source_stamp)

    def _read(self, name: str) -> Any:
        content = read_own(Path(self._cache_path) / name)
        try:
            return None if content is None else pickle.loads(content)
        except Exception:  # of another version of what is in it
            return None

    def _write(self, name: str, content: object) -> None:
        with suppress(AmineError):  # a disk that is full, say: it is then compiled again next time
            write_own(Path(self._cache_path) / name, self._dump(content))

    def _load_index(self) -> dict[Any, str]:
        found = self._read(self._index_name)
        return found[2] if found is not None and found[:2] == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: Mapping[Hashable, str]) -> None:
        self._write(self._index_name, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        return self._read(name)

    def _save_data(self, name: str, data: object) -> None:
        self._write(name, data)


def check_compiled() -> None:
    """Makes all cached Numba functions of amine use :class:`CompiledFiles`."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("amine.", "amine_")) and isinstance(module, ModuleType):
            for f in list(vars(module).values()):
                kept = f._cache if isinstance(f, Dispatcher) else None
                if isinstance(kept, FunctionCache) and not isinstance(kept._cache_file, CompiledFiles):
                    # compiled code holds that of the functions it calls, which may stand in other files
                    base, stamp = kept._impl.filename_base, (kept._impl.locator.get_source_stamp(), _generator())
                    kept._cache_file = CompiledFiles(kept.cache_path, base, stamp)


def clear() -> int:
    """Deletes all generated modules and their compiled code; returns the number of files."""
    files = [f for f in directory().rglob("amine_*") if f.is_file()] if directory().exists() else []
    for f in files:
        f.unlink(missing_ok=True)
    return len(files)
