"""Checks of the names of files and folders to come, before anything is computed that they shall hold."""

from __future__ import annotations

import os
from pathlib import Path

from amine.errors import AmineError


def check_new_folder(target: Path, where: str) -> None:
    """Raises AmineError if a new folder of this name would replace a file or a folder with content."""
    if (is_there(target, where) and not target.is_dir()) or target.is_symlink():
        raise AmineError(where, "this is a file", hint="choose another name")
    if target.exists() and any(target.iterdir()):
        raise AmineError(where, "it exists and is not empty", hint="choose another or remove it")


def is_there(path: Path, where: str) -> bool:
    """Whether there is a file or folder of this name; raises AmineError if none can have it, as one that is too long."""
    try:
        return path.exists()
    except (OSError, ValueError) as e:
        given = getattr(e, "strerror", None) or str(e)
        raise AmineError(where, "nothing can have this name", given=given, hint="choose another") from e


def check_makeable(target: Path, where: str) -> None:
    """Raises AmineError if a new folder of this name cannot be made, before anything is computed that it shall hold."""
    check_new_folder(target, where)
    there = next((p for p in (target, *target.resolve().parents) if p.exists()), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise AmineError(where, f"it cannot be made in '{there}'", hint="choose a folder that can be written")
