"""Numba's own files of compiled code, for functions that are called through it; they are checked before they are used."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

from amine.engine.device.blas import list_functions
from amine.engine.device.store import generator, read_own, write_own
from amine.errors import AmineError


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
    list_functions()
    for name, module in list(sys.modules.items()):
        if name.startswith(("amine.", "amine_")) and isinstance(module, ModuleType):
            for f in list(vars(module).values()):
                if isinstance(f, Dispatcher):
                    check(f)


def check(function: Dispatcher) -> None:
    """Makes a Numba function use :class:`CompiledFiles` if it is cached."""
    kept = function._cache
    if isinstance(kept, FunctionCache) and not isinstance(kept._cache_file, CompiledFiles):
        # compiled code holds that of the functions it calls, which may stand in other files
        base, stamp = kept._impl.filename_base, (kept._impl.locator.get_source_stamp(), generator())
        kept._cache_file = CompiledFiles(kept.cache_path, base, stamp)
