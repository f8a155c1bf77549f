"""A waveform that is followed while a network runs: its values for a range of steps, and the state of noise."""

from __future__ import annotations

import math

import numpy as np

from amine.engine.device.arrays import exact
from amine.engine.device.kernel import Kernels
from amine.engine.resolve.courses import OF_EACH
from amine.engine.resolve.streams import Stream
from amine.network.parts import Waveform
from amine.records import dataclass

noise = Kernels("amine.engine.device.noise")


@dataclass
class Followed:
    """A waveform of one column for all neurons, or of a column for each."""

    current: Waveform  # its present one
    width: int
    stream: Stream
    noise: np.ndarray  # [neuron] float64: its state at the step that comes next; empty for others

    def fill(self, out: np.ndarray, step: int, dt: float) -> None:
        """Fills its columns for the steps from ``step`` on; noise advances."""
        current = self.current
        middle = (step + np.arange(len(out)) + 0.5) * dt
        if current.kind != "noise":
            x = current.at(middle)
            out[:] = x if x.ndim == 2 else x[:, None]
            return
        p = current.numbers
        decay = float(exact.exp(-dt / p["tau"]))
        path = np.empty(out.shape)
        spread = p["sd"] * math.sqrt(1.0 - decay**2)
        blocks = np.empty(64), np.empty(64, np.uint32)
        noise.ornstein_uhlenbeck(path, self.noise, decay, spread, step, self.stream.key, *blocks)
        on = (middle >= p["start"]) & (middle < p["stop"])
        out[:] = np.where(on[:, None], p["mean"] + path, 0.0)


def followed(current: Waveform, n: int, stream: Stream) -> Followed:
    """A waveform at time zero, for ``n`` neurons."""
    width = n if current.kind in OF_EACH else 1
    start = stream.child("start").generator().standard_normal(n if current.kind == "noise" else 0)
    return Followed(current, width, stream, start * current.numbers["sd"] if len(start) else start)


__all__ = ["Followed", "followed"]
