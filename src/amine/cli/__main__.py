"""``python -m amine.cli``: the same as ``amine``."""

from __future__ import annotations

from amine.cli.main import main

if __name__ == "__main__":
    main()
