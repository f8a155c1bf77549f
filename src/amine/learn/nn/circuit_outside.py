"""External input of a circuit, segment by segment, with the same random numbers each time a segment is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.device.arrays import total
from amine.learn.nn.scanned import random_numbers

if TYPE_CHECKING:
    from amine.engine.resolve.streams import Stream
    from amine.learn.given import Real
    from amine.learn.nn.circuit_parts import External


class Outside:
    """Given spikes and currents, Poisson trains, injected currents, and noise.

    Parameters
    ----------
    parts : external input of each population. sizes : their numbers of neurons.
    given : given spikes by population [steps, samples * n]. currents : given currents in pA, of the same shape.
    samples, dt, real : number of samples, time step in ms and precision of the run. first : number of its first step.
    seed : seed of all random numbers.
    """

    def __init__(
        self,
        parts: Mapping[str, External],
        sizes: dict[str, int],
        given: dict[str, np.ndarray],
        currents: dict[str, np.ndarray],
        samples: int,
        dt: float,
        real: Real,
        first: int,
        seed: int,
    ):
        self.parts, self.sizes, self.given, self.given_currents = parts, sizes, given, currents
        self.B, self.dt, self.real, self.first, self.seed = samples, dt, real, first, seed
        self.currents_given = list(currents)
        self.ports = [(p, label) for p, x in parts.items() for label, _, _, _ in x.poisson]

    def _rng(self, stream: Stream, step: int) -> np.random.Generator:
        return replace(stream, seed=self.seed).child("module", step + self.first).generator()

    def spikes(self, first: int, steps: int) -> dict[str, np.ndarray]:
        """Spikes [steps, samples * n] of the populations that are not computed."""
        out = {p: np.ascontiguousarray(x[first : first + steps]) for p, x in self.given.items()}
        for p, x in self.parts.items():
            shape = (steps, self.B, self.sizes[p])
            if p in out:
                continue
            if x.rate is not None:
                drawn = np.less(self._rng(x.stream, first).random(shape), x.rate)
                out[p] = drawn.astype(self.real).reshape(steps, -1)
            elif x.listed is not None:
                rows = np.zeros(shape, self.real)
                k, i = x.listed
                mine = (k >= first + self.first) & (k < first + self.first + steps)
                at: Any = (k[mine] - first - self.first, slice(None), i[mine])
                np.add.at(rows, at, 1.0)  # twice in a step counts twice
                out[p] = rows.reshape(steps, -1)
        return out

    def arrivals(self, first: int, steps: int, arrivals: dict[tuple[str, str], np.ndarray]) -> None:
        """Adds Poisson input to the arrivals [steps, samples * n] by population and receptor."""
        for p, x in self.parts.items():
            for label, mean, weight, stream in x.poisson:
                n = self.sizes[p]
                found = self._rng(stream, first).poisson(np.broadcast_to(mean, (steps, self.B, n)))
                arrivals[p, label][:steps] += (found * weight).reshape(steps, -1).astype(self.real)

    def currents(self, first: int, steps: int) -> dict[str, np.ndarray]:
        """Injected current in pA of each population that has one [steps, samples * n]."""
        out = {}
        t = (first + self.first + np.arange(steps) + 0.5) * self.dt  # the middle of each step, as in the engine
        for p, x in self.parts.items():
            if not x.currents and p not in self.given_currents:
                continue
            current = np.zeros((steps, self.B, self.sizes[p]), self.real)
            for waveforms, there in x.currents:
                course = total([w.at(t) for w in waveforms]).astype(self.real)
                current += (course[:, None] * there.astype(self.real))[:, None]
            current = current.reshape(steps, -1)
            if p in self.given_currents:
                current += self.given_currents[p][first : first + steps]
            out[p] = current
        return out

    def noise(self, p: str, name: str, step: int, steps: int, lanes: int) -> np.ndarray:
        """Random numbers of a noise of a population, or of ``rand()`` [steps, lanes]."""
        rng = self._rng(self.parts[p].stream.child("noise", name), step)
        return random_numbers(name, rng, (steps, lanes)).astype(self.real)
