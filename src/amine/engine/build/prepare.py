"""The generated module of a network, and what the rest of the engine takes from this room."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from amine.engine.build.arrays import Arrays, Totals, fill, layout
from amine.engine.build.draws import count, drawn_values, generator, spread_value
from amine.engine.build.inputs import STREAMS
from amine.engine.build.slices import BLOCK
from amine.engine.build.slices import Slice as Place
from amine.engine.build.sources import put_rates, spike_lists
from amine.engine.codegen import cache
from amine.engine.resolve.keys import structural_key
from amine.engine.resolve.resolved import Resolved


def load_module(resolved: Resolved, bits: int) -> tuple[ModuleType, bool]:
    """The generated module of a structure, from the cache if it is there."""

    def source() -> str:
        from amine.engine.codegen.cell import generate
        from amine.engine.codegen.module import module_source
        from amine.engine.codegen.release import release_source

        cells = [generate(c, i) if not c.tree else _generate_tree(c, i, resolved) for i, c in enumerate(resolved.cells)]
        releases = [release_source(m, str(j)) for j, m in enumerate(resolved.releases)]
        text = module_source(
            cells,
            releases,
            list(resolved.parts),
            bits,
            f"Kinds of cells: {', '.join(c.title for c in resolved.cells)}.",
            [r.code(j) for j, r in enumerate(resolved.rules)],
        )
        if resolved.schemes:
            from amine.engine.transmission.schemes import conductors, scheme_source

            text += "\n\n" + "".join(scheme_source(m, str(j)) for j, m in enumerate(resolved.schemes))
            if "explicit" in resolved.parts:  # called in the loop, found when it is compiled
                text += conductors(list(resolved.schemes))
        return text

    return cache.load([bits, structural_key(resolved.module)], source)


def _generate_tree(cell: Any, i: int, resolved: Resolved) -> Any:
    from amine.engine.codegen.tree import generate

    return generate(cell, i, all(not c.tree for c in resolved.cells[:i]))


__all__ = [
    "BLOCK",
    "STREAMS",
    "Arrays",
    "Place",
    "Totals",
    "count",
    "drawn_values",
    "fill",
    "generator",
    "layout",
    "load_module",
    "put_rates",
    "spike_lists",
    "spread_value",
]
