"""Connections of a running network as arrays, in an order that does not change when their values do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.records import dataclass


@dataclass(frozen=True, eq=False)
class Connections:
    """All synapses of a projection, by source view, target view, source and target; those of one pair by their described delays.

    ``pre`` and ``post`` (synapses,) are the numbers of the neurons within their populations, ``weight`` the weights in ``unit``
    (a mapping by receptor if there are several), ``delay`` the delays in ms, ``states`` further states of each synapse by name.
    ``populations`` are the names of the source and target populations; with several of them ``of`` (synapses, 2) are their indices.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> E = net.population("E", 3, "lif_cond")
    >>> syn = net.synapses(E, E, receptor="AMPA", weight="2 nS", connect="all_to_all", autapses=False, delay="1.5 ms")
    >>> found = net.loop().connections(syn)
    >>> found.pre.tolist(), found.post.tolist(), found.weight.tolist()[:2], found.unit, found.delay.tolist()[:2]
    ([0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1], [2.0, 2.0], 'nS', [1.5, 1.5])
    """

    name: str
    pre: np.ndarray
    post: np.ndarray
    weights: Mapping[str, np.ndarray]  # by receptor
    units: Mapping[str, str]
    delay: np.ndarray
    populations: tuple[tuple[str, ...], tuple[str, ...]]
    of: np.ndarray
    states: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pre)

    @property
    def weight(self) -> np.ndarray:
        """The weights (synapses,); raises AmineError if there are several receptors."""
        return self.weights[self._only()]

    @property
    def unit(self) -> str:
        """The unit of the weights; raises AmineError if there are several receptors."""
        return self.units[self._only()]

    def _only(self) -> str:
        if len(self.weights) > 1:
            given = ", ".join(self.weights)
            raise AmineError(
                f"connections '{self.name}'", "there are several receptors", given=given, hint="use .weights"
            )
        return next(iter(self.weights))

    def __getitem__(self, name: str) -> np.ndarray:
        known = {"pre": self.pre, "post": self.post, "delay": self.delay, **self.weights, **self.states}
        if name == "weight":
            return self.weight
        if name not in known:
            hint = did_you_mean(name, ["weight", *known])
            raise AmineError(f"connections '{self.name}'", f"there is no '{name}'", hint=hint)
        return known[name]

    def find(self, pre: np.ndarray, post: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
        """The synapses of some pairs, and for each of them the index of its pair; raises AmineError if a pair has none.

        Parameters
        ----------
        pre, post : numbers (pairs,) of neurons within their populations.
        """
        if len(self.populations[0]) * len(self.populations[1]) > 1:
            hint = "give the numbers of synapses: synapses=..."
            raise AmineError(where, "pairs name no population, and the projection has several", hint=hint)
        width = int(max(self.post.max(initial=0), np.max(post, initial=0))) + 1
        key = self.pre.astype(np.int64) * width + self.post
        order = np.argsort(key, kind="stable")
        wanted = pre.astype(np.int64) * width + post
        first = np.searchsorted(key[order], wanted)
        count = np.searchsorted(key[order], wanted, side="right") - first
        missing = np.flatnonzero((count == 0) | (pre < 0) | (post < 0))
        if len(missing):
            given = f"{int(pre[missing[0]])} to {int(post[missing[0]])}"
            raise AmineError(where, "there is no synapse of this pair", given=given, hint="see connections()")
        pair = np.repeat(np.arange(len(pre)), count)
        inside = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        return order[first[pair] + inside], pair


__all__ = ["Connections"]
