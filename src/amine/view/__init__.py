"""Figures. Most are methods of a run; of shapes there is :func:`morphology`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "morphology":
        from amine.view.shapes import picture

        return picture
    raise AttributeError(f"module 'amine.view' has no attribute '{name}'")


__all__ = ["morphology"]
