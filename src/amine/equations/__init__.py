"""Text -> syntax tree -> SymPy -> how each state advances. Knows nothing of networks.

The parser is imported when it is first asked for, so that descriptions of networks need no SymPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amine.equations.given import CHANNEL_NAMES, IONS

if TYPE_CHECKING:
    from amine.equations.kinds import integrators, parse, typeset

__all__ = ["CHANNEL_NAMES", "IONS", "integrators", "parse", "typeset"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'amine.equations' has no attribute '{name}'")
    from amine.equations import kinds

    return getattr(kinds, name)
