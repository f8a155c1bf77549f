"""The lab: networks that run under the hand, as a page on this machine or recorded in a file.

>>> import amine as am
>>> am.lab.names()[:2]
['gamma', 'balance']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.lab.gallery import names
    from amine.lab.lane import digest
    from amine.lab.recorded import record
    from amine.lab.serving import serve
    from amine.lab.session import Session

_HOME = {"Session": "session", "digest": "lane", "names": "gallery", "record": "recorded", "serve": "serving"}

__all__ = ["Session", "digest", "names", "record", "serve"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'amine.lab' has no attribute '{name}'")
    return door(getattr(import_module(f"amine.lab.{_HOME[name]}"), name))
