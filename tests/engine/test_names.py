"""Compiled functions are linked by name: modules compiled in different processes must not disagree on one."""

from __future__ import annotations

import importlib
import pkgutil

from numba.core.dispatcher import Dispatcher

import amine.engine


def test_every_compiled_function_has_its_own_name():
    owners: dict[tuple[str, str], int] = {}
    for info in pkgutil.walk_packages(amine.engine.__path__, "amine.engine."):
        for f in vars(importlib.import_module(info.name)).values():
            if isinstance(f, Dispatcher):
                name = (f.py_func.__module__, f.py_func.__qualname__)
                assert owners.setdefault(name, id(f)) == id(f), name
    assert ("amine.engine.deliver", "deliver_alike") in owners
