"""Traces that a probe recorded."""

from __future__ import annotations

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.records import dataclass


@dataclass
class ProbeData:
    """Recording of a probe: ``times`` (samples,) in ms, and by variable ``values`` (samples, neurons) in the unit of ``units``.

    Of values at spikes or events (``at`` names them), ``times`` and values are (spikes,), and the variable ``neuron`` holds the neuron of each.
    """

    name: str
    population: str
    indices: np.ndarray
    times: np.ndarray
    values: dict[str, np.ndarray]
    units: dict[str, str]
    at: str = ""

    def __getitem__(self, variable: str) -> np.ndarray:
        if variable not in self.values:
            raise AmineError(
                f"Probe '{self.name}'",
                f"variable '{variable}' was not recorded",
                hint=did_you_mean(variable, self.values),
            )
        return self.values[variable]

    def __repr__(self) -> str:
        what = self.at or "samples"
        return (
            f"<{', '.join(self.values)} of {len(self.indices)} neurons of {self.population}, {len(self.times)} {what}>"
        )
