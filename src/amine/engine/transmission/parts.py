"""All parts of the loop over steps, in their order within a stage; a new part is one line here.

The order of the stages themselves is in :mod:`amine.engine.codegen.slots`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from amine.engine.build.arrays import Totals
from amine.engine.codegen import cache
from amine.engine.device.tables import BEGIN, BLOCK, END
from amine.engine.resolve.keys import structural_key
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.coupling import Couplings
from amine.engine.transmission.courses import Courses
from amine.engine.transmission.crossings import Crossings
from amine.engine.transmission.drives import Drives, FollowedSource
from amine.engine.transmission.explicit import Explicit
from amine.engine.transmission.filter import Filter
from amine.engine.transmission.gap import Gap
from amine.engine.transmission.inputs import Noise, PoissonInput, PoissonSource, SpikeList
from amine.engine.transmission.kinetic import Kinetic
from amine.engine.transmission.minis import Minis
from amine.engine.transmission.named import NamedInputs
from amine.engine.transmission.part import Drawn, Layout, Part, Room
from amine.engine.transmission.plastic_build import PlasticSynapses
from amine.engine.transmission.probes import Probes
from amine.engine.transmission.release import Release
from amine.engine.transmission.slow import Slow
from amine.engine.transmission.structural import Structural
from amine.engine.transmission.synaptic import Synaptic
from amine.network.estimate import meeting

PARTS: tuple[Part, ...] = (
    Slow(),
    Probes(),
    PlasticSynapses(),
    Filter(),
    Structural(),
    Kinetic(),
    Synaptic(),
    Minis(),
    Explicit(),
    NamedInputs(),  # before all that adds to them
    Courses(),
    Drives(),  # before Poisson input and sources, which read them
    PoissonInput(),
    Noise(),
    Couplings(),  # before gap junctions, which try the step
    Gap(),
    PoissonSource(),
    FollowedSource(),
    SpikeList(),
    Release(),
    Crossings(),  # the last, as its row of payload is
)


def parts_of(resolved: Resolved) -> list[Part]:
    """The parts that a network needs."""
    return [p for p in PARTS if p.applies(resolved)]


def load_module(resolved: Resolved, bits: int) -> tuple[ModuleType, bool]:
    """The generated module of a network, and whether it was in the cache."""
    parts = parts_of(resolved)
    keys = {p.name: p.key(resolved) for p in parts}

    def source() -> str:
        from amine.engine.transmission.source import source_of  # SymPy, which a module in the cache does not need

        return source_of(resolved, parts, keys, bits)

    return cache.load_kernels([bits, structural_key(resolved.module), keys], source)


def room_of(drawn: Mapping[str, Drawn], layout: Layout, n_releases: int) -> Room:
    """The demands of all parts together on the lists of spikes."""
    delays = [d for x in drawn.values() for d in x.delays]
    lists = [p for x in drawn.values() for p in x.lists]
    given = {p: n for x in drawn.values() for p, n in x.given.items()}
    own = _most(layout, lists, given)
    return Room(
        interval=meeting(min((least for least, _ in delays), default=15) + 1, own),
        history=max([1, *(d for _, d in delays), *(x.back for x in drawn.values())]) + 1,
        lists=lists,
        own=own,
        first_row=max(1, n_releases),
    )


def _most(layout: Layout, lists: Sequence[int], given: Mapping[int, int]) -> int:
    """Most spikes, and entries of further lists, that a thread can add in one step."""
    further = 1 + np.bincount(np.array(lists, np.int64), minlength=len(layout.slices))
    own = [int(((b[:, END] - b[:, BEGIN]) * BLOCK * further).sum()) for b in layout.blocks]
    return max(own) + sum(n * int(further[p]) for p, n in given.items())


def totals_of(drawn: Mapping[str, Drawn]) -> Totals:
    """Sums of all synapses and gap junctions at their targets."""
    gap = {p: x for d in drawn.values() for p, x in d.totals.gap.items()}
    return Totals(gap, {p: x for d in drawn.values() for p, x in d.totals.parameters.items()})
