"""``amine cache``: the compiled structures on disk."""

from __future__ import annotations

from amine.engine.codegen import cache as kept


def show(clear: bool) -> None:
    """Print the folder of compiled structures, after deleting them if asked to."""
    if clear:
        print(f"{kept.clear()} files deleted")
    print(kept.directory())
