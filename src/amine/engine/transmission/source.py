"""The source of the module of a network: the code of its kinds of cells, release and rules, and of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amine.engine.codegen.cell import generate
from amine.engine.codegen.module import module_source
from amine.engine.codegen.release import release_source
from amine.engine.codegen.rule import Writer as RuleWriter
from amine.engine.codegen.scheme import scheme_code
from amine.engine.codegen.slots import CellSource, Kinds
from amine.engine.codegen.tree import generate as generate_tree
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.tree import TreeStructure
from amine.engine.transmission.part import Part


def source_of(resolved: Resolved, parts: Sequence[Part], keys: Mapping[str, object], bits: int) -> str:
    """The source of the module of a network with some parts; ``keys`` are those of the parts."""
    cells: list[CellSource] = []
    for i, c in enumerate(resolved.cells):
        first = not any(x.tree for x in resolved.cells[:i])
        cells.append(generate_tree(c, i, first) if isinstance(c, TreeStructure) else generate(c, i))
    releases = [release_source(m, str(j)) for j, m in enumerate(resolved.releases)]
    rules = [RuleWriter(r.plan(), j, r.model.name).code() for j, r in enumerate(resolved.rules)]
    schemes = [scheme_code(m, str(j)) for j, m in enumerate(resolved.schemes)]
    kinds = Kinds(cells, releases, rules, schemes, keys, bits)
    description = f"Kinds of cells: {', '.join(c.title for c in resolved.cells)}."
    return module_source(kinds, [p.source(kinds) for p in parts], description)
