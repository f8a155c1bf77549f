"""Receptive fields, and engrams: the synapses that changed most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.network.weights import Weights
from amine.records import dataclass
from amine.shown import Shown

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure

    from amine.given import FilePath
    from amine.network.parts import Synapses
    from amine.results.run import Run


@dataclass(frozen=True, eq=False)
class ReceptiveFields(Shown):
    """Weights onto each target neuron, in the arrangement of its sources.

    Parameters
    ----------
    name : the projection.
    values : (targets, sources) or (targets, rows, columns), in ``unit``; zero where there is no synapse.
    unit : nS, pA or mV.
    bounds : limits of the weight, if the rule has any; colours of the picture span them.

    Examples
    --------
    >>> fields = ReceptiveFields("P->E", np.ones((3, 2, 2)))
    >>> len(fields), fields[1].shape
    (3, (2, 2))
    """

    name: str
    values: npt.NDArray[np.floating]
    unit: str = "nS"
    bounds: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, target: int | slice | npt.NDArray[np.integer]) -> npt.NDArray[np.floating]:
        return self.values[target]

    def figure(self, neurons: Sequence[int] | npt.NDArray[np.integer] | None = None, columns: int = 20) -> Figure:
        """Draw a tile for each of ``neurons`` (None: the first 200), or a row if sources are one-dimensional."""
        from amine.view.engram import fields

        return fields(self, np.arange(min(len(self), 200)) if neurons is None else np.asarray(neurons), columns)

    def __repr__(self) -> str:
        return f"<receptive fields of {len(self)} neurons of {self.name}, {self.values.shape[1:]}>"


@dataclass(frozen=True, eq=False)
class Engram(Shown):
    """The smallest set of synapses that accounts for a share of the total change of a projection's weights, largest change first.

    Parameters
    ----------
    before, after : weights of the whole projection, with the same synapses in the same order.
    index : indices of the engram's synapses in these.
    total : sum of the absolute changes of all synapses.
    """

    before: Weights = field(repr=False)
    after: Weights = field(repr=False)
    index: npt.NDArray[np.integer] = field(repr=False)
    total: float

    @property
    def pre(self) -> npt.NDArray[np.integer]:
        """Source neurons, within their population."""
        return self.after.sources[self.index]

    @property
    def post(self) -> npt.NDArray[np.integer]:
        """Target neurons, within their population."""
        return self.after.targets[self.index]

    @property
    def change(self) -> npt.NDArray[np.floating]:
        """Change of the weights, after minus before."""
        return self.after.weights[self.index].astype(float) - self.before.weights[self.index]

    @property
    def share(self) -> npt.NDArray[np.floating]:
        """Share of each synapse in the absolute change of all synapses."""
        return np.abs(self.change) / (self.total or 1.0)

    def __len__(self) -> int:
        return len(self.index)

    def erased(self) -> Weights:
        """Return the weights after, with the engram's synapses reset to their values before.

        Loaded into the network (:meth:`amine.Network.load_weights`), they show whether these synapses hold the memory.
        """

        def back(x: npt.NDArray[np.floating], old: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
            out = x.copy()
            out[self.index] = old[self.index]
            return out

        states = {s: back(x, self.before.states[s]) for s, x in self.after.states.items() if s in self.before.states}
        return replace(self.after, weights=back(self.after.weights, self.before.weights), states=states)

    def figure(self) -> Figure:
        """Draw the engram's synapses by source and target, and the share of change against the share of synapses."""
        from amine.view.engram import engram

        return engram(self)

    def __repr__(self) -> str:
        return f"<engram of {self.after.name}: {len(self)} of {len(self.after)} synapses, {self.share.sum():.0%} of all change>"


def receptive_fields(run: Run, synapses: Synapses | str | None, shape: Sequence[int] | None) -> ReceptiveFields:
    """See :meth:`amine.results.run.Run.receptive_fields`."""
    where = "Run.receptive_fields"
    w = run.weights(synapses)
    s = next(x for x in run.network.projections if x.name == w.name and x.plasticity is not None)
    n, m = (run.network.populations[x.views()[0].population].n for x in (s.source, s.target))
    form = (n,) if shape is None else tuple(shape)
    if not 1 <= len(form) <= 2 or math.prod(form) != n or not all(isinstance(x, int) and x > 0 for x in form):
        raise AmineError(
            f"{where}, shape",
            "its size is not the number of sources",
            given=str(form),
            expected=f"{n} or (rows, columns) of {n}",
        )
    return ReceptiveFields(w.name, w.matrix(n, m).T.reshape(m, *form), w.unit, w.bounds)


def engram(run: Run, synapses: Synapses | str | None, before: Weights | FilePath | None, share: float) -> Engram:
    """See :meth:`amine.results.run.Run.engram`."""
    where = "Run.engram"
    if not 0 < share <= 1:
        raise AmineError(f"{where}, share", "it is out of range", given=repr(share), expected="above 0, at most 1")
    after = run.weights(synapses)
    if before is None:
        before = _start(run).weights(after.name)
    elif not isinstance(before, Weights):
        before = Weights.load(before)
    same = len(before) == len(after) and all(
        np.array_equal(getattr(before, a), getattr(after, a)) for a in ("sources", "targets")
    )
    if not same:
        raise AmineError(
            f"{where}, before",
            "these weights belong to another connectivity",
            given=f"{len(before)} synapses",
            expected=f"the {len(after)} of the run",
        )
    size = np.abs(after.weights.astype(float) - before.weights)
    order = np.argsort(-size, kind="stable")
    running, total = np.cumsum(size[order]), float(size.sum())
    # a sum in another order may differ in its last digits
    fewest = 0 if total == 0 else int(np.searchsorted(running, share * running[-1] * (1 - 1e-12))) + 1
    return Engram(before, after, order[:fewest], total)


def _start(run: Run) -> Run:
    """Run of zero length, with the initial weights of the description and its seed."""
    if run.network.hash() != run.info.get("network_hash"):
        raise AmineError(
            "Run.engram",
            "the network was changed after the run, so its weights at the start are not known",
            hint="pass before=, the weights to compare with",
        )
    return run.network.run("0 ms", precision=run.info["precision"], progress=False)
