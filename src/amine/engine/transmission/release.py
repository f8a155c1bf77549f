"""Release at the source: states of each neuron, advanced from its last spike to this one, give the payload of the spike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from amine.engine.build.arrays import Arrays
from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Kept, Part


class ReleaseState(Kept):
    """States of all release models of all populations."""

    def __init__(self, arrays: Arrays):
        self._arrays = arrays

    def arguments(self, thread: int) -> arguments.Release:
        a = self._arrays
        return arguments.Release(a.R, a.last, a.RT, a.RC)

    def arrays(self) -> Mapping[str, np.ndarray]:
        return {"states": self._arrays.R, "last": self._arrays.last}


class Release(Part):
    """The part of the loop that advances release models."""

    name = "release"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.releases)

    def source(self, kinds: Kinds) -> Slots:
        models = [
            Block(
                f"{'elif' if j else 'if'} release.table[r, R_KIND] == {j}",
                [
                    f"at = release.table[r, R_STATES] + i * {model.states}",
                    f"spikes.payload[r, tid, q] = release_{j}(release.states, at, release.constants[r], elapsed)",
                ],
            )
            for j, model in enumerate(kinds.releases)
        ]
        body = [
            "i = I64(mine[q]) - Q[p, ID0]",
            "at = release.table[r, R_LAST] + i",
            "elapsed = (k - release.last[at]) * dt",
            "release.last[at] = k",
            *models,
        ]
        each = Block("for r in range(Q[p, RELEASE], Q[p, RELEASE_END])", [Block("for q in range(start, n)", body)])
        return Slots(
            argument=("release", arguments.Release),
            imports=[("amine.engine.device.tables", ["R_KIND", "R_LAST", "R_STATES", "RELEASE", "RELEASE_END"])],
            stages={"release": [each]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> ReleaseState:
        return ReleaseState(build.arrays)
