"""The lab: networks that run under the hand, as a page on this machine, in a notebook, or recorded in a file.

``am.lab(net)`` opens a network, ``am.lab("gamma")`` an experiment, ``am.lab()`` the gallery.

>>> import amine as am
>>> am.lab.names()[:2]
['gamma', 'balance']
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.lab.actions import silence
    from amine.lab.entrance import here
    from amine.lab.gallery import names
    from amine.lab.lane import digest
    from amine.lab.recorded import record
    from amine.lab.serving import serve
    from amine.lab.session import Session
    from amine.lab.widgets import widget

_HOME = {
    "Session": "session",
    "digest": "lane",
    "here": "entrance",
    "names": "gallery",
    "record": "recorded",
    "serve": "serving",
    "silence": "actions",
    "widget": "widgets",
}

__all__ = ["Session", "digest", "here", "names", "record", "serve", "silence", "widget"]


class _Lab(ModuleType):
    """This module, which can be called: see :func:`amine.lab.here`."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return door(import_module("amine.lab.entrance").here)(*arguments, **options)


sys.modules[__name__].__class__ = _Lab


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'amine.lab' has no attribute '{name}'")
    return door(getattr(import_module(f"amine.lab.{_HOME[name]}"), name))
