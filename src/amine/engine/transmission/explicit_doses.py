"""Rates of explicit synapses under doses that change in time.

The factor of the doses is taken at the start of each cell of :data:`EVERY` ms, counted from the start of the network's run, and rounded to a part of two
thousand; where it differs from the one before, the propagators of the scheme are computed anew, and a chunk ends there. So results do not depend on chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.resolve.constant_doses import Changing, with_rates
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.models.model import Model

EVERY = 10.0  # ms
Put = Callable[["Model"], None]  # computes the propagators of a scheme and puts them into the tables


@dataclass
class Rates:
    """The scheme of a bundle of synapses, the doses that change its rates, and where its propagators go.

    Parameters
    ----------
    scheme : without these doses. doses : what changes. put : receives the scheme as it is now. dt : time step in ms.
    """

    scheme: Model
    doses: Sequence[Changing]
    put: Put
    dt: float
    now: tuple[float, ...] = ()

    @property
    def cell(self) -> int:
        """Steps of a cell."""
        return max(1, round(EVERY / self.dt))

    def factors(self, steps: np.ndarray) -> np.ndarray:
        """Factors at the starts of the cells in which steps lie (doses, steps)."""
        t = (np.asarray(steps) // self.cell) * self.cell * self.dt
        return np.stack([d.at(t) for d in self.doses])

    def begin(self, step: int) -> None:
        """Puts the scheme into the tables as it is at a step."""
        now = tuple(float(x) for x in self.factors(np.array([step]))[:, 0])
        if now == self.now:
            return
        model = self.scheme
        for dose, factor in zip(self.doses, now, strict=True):
            model = with_rates(model, dose.quantity, factor)
        self.put(model)
        self.now = now

    def limit(self, step: int, steps: int) -> int:
        """``steps`` from ``step`` on, or those until the rates change."""
        starts = np.arange(step // self.cell + 1, (step + steps - 1) // self.cell + 1) * self.cell
        if not len(starts):
            return steps
        found = self.factors(np.array([step, *starts]))
        changed = np.flatnonzero((found[:, 1:] != found[:, :1]).any(0))
        return int(starts[changed[0]]) - step if len(changed) else steps


__all__ = ["EVERY", "Rates"]
