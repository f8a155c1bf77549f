"""What comes from outside into a circuit, segment by segment, the same each time a segment is computed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np


class Outside:
    """Spikes and currents that were given, Poisson trains, injected currents, noise.

    Parameters
    ----------
    parts : what drives each population. sizes : their numbers of neurons.
    given : spikes [steps, samples * n] of populations; currents : the same in pA.
    samples, dt, real : of the run. first : number of its first step. seed : of all that is random.
    """

    def __init__(
        self,
        parts: Mapping[str, object],
        sizes: dict[str, int],
        given: dict[str, np.ndarray],
        currents: dict[str, np.ndarray],
        samples: int,
        dt: float,
        real: Any,
        first: int,
        seed: int,
    ):
        self.parts, self.sizes, self.given, self.given_currents = parts, sizes, given, currents
        self.B, self.dt, self.real, self.first, self.seed = samples, dt, real, first, seed
        self.currents_given = list(currents)
        self.ports = [(p, label) for p, x in parts.items() for label, _, _ in x.poisson]

    def _rng(self, name: str, step: int) -> np.random.Generator:
        words = [self.seed, step + self.first, zlib.crc32(name.encode())]
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))

    def spikes(self, first: int, steps: int) -> dict[str, np.ndarray]:
        """Spikes of all populations that are not computed."""
        out = {p: np.ascontiguousarray(x[first : first + steps]) for p, x in self.given.items()}
        for p, x in self.parts.items():
            if p in out or (x.rate is None and x.listed is None):
                continue
            shape = (steps, self.B, self.sizes[p])
            if x.listed is None:
                drawn = np.less(self._rng(p, first).random(shape), x.rate)
                out[p] = drawn.astype(self.real).reshape(steps, -1)
                continue
            rows = np.zeros(shape, self.real)
            k, i = x.listed
            mine = (k >= first + self.first) & (k < first + self.first + steps)
            at: Any = (k[mine] - first - self.first, slice(None), i[mine])
            np.add.at(rows, at, 1.0)  # twice in a step counts twice
            out[p] = rows.reshape(steps, -1)
        return out

    def arrivals(self, first: int, steps: int, arrivals: dict[Any, np.ndarray]) -> None:
        """Adds Poisson input to what arrives."""
        for p, x in self.parts.items():
            for j, (label, mean, weight) in enumerate(x.poisson):
                n = self.sizes[p]
                found = self._rng(f"{p}:{label}:{j}", first).poisson(np.broadcast_to(mean, (steps, self.B, n)))
                arrivals[p, label][:steps] += (found * weight).reshape(steps, -1).astype(self.real)

    def currents(self, first: int, steps: int) -> dict[str, np.ndarray]:
        """The drive of each population that has one."""
        out = {}
        t = (first + self.first + np.arange(steps) + 0.5) * self.dt  # the middle of each step, as in the engine
        for p, x in self.parts.items():
            if not x.currents and p not in self.given_currents:
                continue
            total = np.zeros((steps, self.B, self.sizes[p]), self.real)
            for waveform, there in x.currents:
                total += (waveform.at(t).astype(self.real)[:, None] * there.astype(self.real))[:, None]
            total = total.reshape(steps, -1)
            if p in self.given_currents:
                total += self.given_currents[p][first : first + steps]
            out[p] = total
        return out

    def noise(self, name: str, step: int, steps: int, lanes: int) -> np.ndarray:
        """Standard normals."""
        return self._rng(name, step).standard_normal((steps, lanes)).astype(self.real)
