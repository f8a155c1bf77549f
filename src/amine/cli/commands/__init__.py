"""Implementations of the commands; each module is imported when its command runs, so that ``amine --help`` starts fast."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amine.cli.commands import cache, compounds, dose, lab, library, measured, run, sweep, target

_MODULES = ("cache", "compounds", "dose", "lab", "library", "measured", "run", "sweep", "target")

__all__ = ["cache", "compounds", "dose", "lab", "library", "measured", "run", "sweep", "target"]


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"amine.cli.commands.{name}")
    raise AttributeError(f"module 'amine.cli.commands' has no attribute '{name}'")
