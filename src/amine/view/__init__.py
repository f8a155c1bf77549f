"""Figures. Most are methods of a run; of shapes there is :func:`morphology`, of compounds :func:`structure` and :func:`pathway`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "morphology":
        from amine.view.shapes import picture

        return picture
    if name == "structure":
        from amine.view.structures import structure

        return structure
    if name == "pathway":
        from amine.view.pathways import pathway

        return pathway
    raise AttributeError(f"module 'amine.view' has no attribute '{name}'")


__all__ = ["morphology", "pathway", "structure"]
