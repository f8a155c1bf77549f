"""Compiled functions that Python calls. Their object code is kept on disk; where it is there, Numba is not even imported.

A kernel takes numbers, arrays and (named) tuples of these, and returns nothing or a number. Its arguments are given to it as words of
eight bytes, in the order in which Numba takes them apart.
"""

from __future__ import annotations

import hashlib
import json
import struct
import threading
from array import array
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.device import store
from amine.engine.device.loader import Loaded, processor
from amine.records import dataclass

_REAL, _BITS = struct.Struct("d"), struct.Struct("q")
_RESULTS: dict[str, Callable[[array[int]], object]] = {
    "none": lambda words: None,
    "int64": lambda words: words[0],
    "float64": lambda words: struct.unpack("d", words[:1].tobytes())[0],
    "boolean": lambda words: bool(words[0] & 1),
}


class Kernel:
    """A compiled function of a module that is imported only if it must be compiled.

    Parameters
    ----------
    module : returns the module in which the function is. name : of the function.
    stem : first part of the names of its files.
    """

    def __init__(self, module: Callable[[], ModuleType], name: str, stem: str):
        self._module, self._name, self._stem = module, name, stem
        self._known: dict[str, tuple[Loaded, Callable[[array[int]], object]]] = {}
        self._lock = threading.Lock()

    def __call__(self, *args: object) -> Any:
        words, kinds = array("q", (0,)), list[str]()
        for x in _leaves(args)[1:]:
            kind, own = _described(x)
            kinds.append(kind)
            words.extend(own)
        return self.call(words, " ".join(kinds), args)

    def call(self, words: array[int], kind: str, args: tuple[object, ...]) -> Any:
        """Calls the code for a kind of arguments with the words of these."""
        found = self._known.get(kind)
        loaded, result = self._loaded(kind, args) if found is None else found
        status = loaded.call(words.buffer_info()[0])
        if status != 0:
            raise RuntimeError(f"the kernel {self._name} failed with status {status}")
        return result(words)

    def _loaded(self, kind: str, args: tuple[object, ...]) -> tuple[Loaded, Callable[[array[int]], object]]:
        with self._lock:
            if kind not in self._known:
                key = json.dumps([store.generator(), store.compiler(), processor(), self._stem, self._name, kind])
                digest = hashlib.sha256(key.encode()).hexdigest()[:24]
                path = store.directory() / f"{self._stem}.{self._name}.{digest}.o"
                kept = store.read_own(path)
                if kept is None:
                    from amine.engine.device.compiler import compiled  # Numba, which compiled code does not need

                    parts = compiled(getattr(self._module(), self._name), args, path)
                else:
                    parts = store.unpacked(kept)
                self._known[kind] = Loaded(parts[1:]), _RESULTS[parts[0].decode()]
            return self._known[kind]


class Repeated:
    """Calls of a kernel by one thread: what is as in the call before keeps its words, and a change rewrites its own alone."""

    def __init__(self, kernel: Kernel):
        self._kernel = kernel
        self._given: list[_Given] = []
        self._words, self._kind = array("q", (0,)), ""

    def __call__(self, *args: object) -> Any:
        if len(args) != len(self._given) or not all(map(self._put, self._given, args)):
            self._put_all(args)
        return self._kernel.call(self._words, self._kind, args)

    def _put(self, given: _Given, x: object) -> bool:
        """Puts the words of an argument where it is another than before; false if it is one of another kind."""
        if x is given.value:  # arrays and tuples are compared as objects, not by their values
            return True
        leaves = _leaves(x) if isinstance(x, tuple) else [x]
        if len(leaves) != len(given.leaves):
            return False
        for i, leaf in enumerate(leaves):
            if leaf is not given.leaves[i]:
                kind, words = _described(leaf)
                if kind != given.kinds[i]:
                    return False
                at = given.places[i]
                self._words[at : at + len(words)] = array("q", words)
                given.leaves[i] = leaf
        given.value = x
        return True

    def _put_all(self, args: tuple[object, ...]) -> None:
        self._words, self._given = array("q", (0,)), []
        for x in args:
            given = _Given(x, _leaves(x) if isinstance(x, tuple) else [x], [], [])
            for leaf in given.leaves:
                kind, words = _described(leaf)
                given.kinds.append(kind)
                given.places.append(len(self._words))
                self._words.extend(words)
            self._given.append(given)
        self._kind = " ".join(kind for given in self._given for kind in given.kinds)


@dataclass
class _Given:
    """An argument of the last call; its leaves, what decides the code for each, and the places of their words."""

    value: object
    leaves: list[object]
    kinds: list[str]
    places: list[int]


class Kernels:
    """The kernels of a module, which is imported only if one of them must be compiled."""

    def __init__(self, module: str):
        self._of = module

    def __getattr__(self, name: str) -> Kernel:
        if name.startswith("_"):
            raise AttributeError(name)
        found = Kernel(lambda: import_module(self._of), name, f"amine_{self._of.rpartition('.')[2]}")
        setattr(self, name, found)
        return found


class _Opened:
    """The place in front of the values of a tuple; one for each kind and length."""

    def __init__(self, kind: str):
        self.kind = kind


@cache
def _opened(kind: type, n: int) -> _Opened:
    return _Opened(f"{kind.__name__}[{n}]")


def _leaves(values: tuple[object, ...]) -> list[object]:
    """The kind of a tuple, and the numbers and arrays that are in it, in their order."""
    out: list[object] = [_opened(type(values), len(values))]
    for x in values:
        if isinstance(x, tuple):
            out += _leaves(x)
        else:
            out.append(x)
    return out


@cache
def _element(kind: np.dtype) -> str:
    return kind.str


def _described(x: object) -> tuple[str, tuple[int, ...]]:
    """What decides the code for an argument, and its words."""
    if isinstance(x, np.ndarray):
        flags, address = x.flags, x.__array_interface__["data"][0]
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        kind = f"{_element(x.dtype)}{x.ndim}{layout}{'' if flags.writeable else 'r'}"
        return kind, (0, 0, x.size, x.itemsize, address, *x.shape, *x.strides)
    if isinstance(x, bool | np.bool_):
        return "bool", (int(x),)
    if isinstance(x, int | np.integer):
        kind = "int" if isinstance(x, int) and x < 2**63 else "uint" if isinstance(x, int) else x.dtype.str
        return kind, (int(x) if x < 2**63 else int(x) - 2**64,)
    if isinstance(x, float | np.floating):
        return "float" if isinstance(x, float) else x.dtype.str, _BITS.unpack(_REAL.pack(x))
    if isinstance(x, _Opened):
        return x.kind, ()
    raise TypeError(f"a kernel cannot take {type(x).__name__}")


__all__ = ["Kernel", "Kernels", "Repeated"]
