"""An experiment of the library as something that is measured at several doses of a drug."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amine import experiments
from amine.errors import AmineError, did_you_mean
from amine.pharmacology.response import Experiment


@dataclass
class Subject:
    """An experiment of the library by name, with its arguments: what :func:`dose_response` takes in place of a network."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    populations: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """What decides it, as plain data."""
        return {"experiment": self.name, "arguments": dict(self.arguments), "seed": self.seed}


def run_subject(experiment: Experiment, concentration: float, seed: int, measures: Sequence[str]) -> dict[str, float]:
    """Measures of an experiment of the library with one concentration of a drug and one seed."""
    name, arguments = experiment.network["experiment"], dict(experiment.network["arguments"])
    known = inspect.signature(experiments.get(name)).parameters
    if "details" in known:
        arguments.setdefault("details", False)
    dose = [f"{experiment.drug}={concentration!r} uM"] if concentration > 0 else []
    found = experiments.get(name)(**arguments, seed=seed, dose=dose).measures
    for m in measures:
        if m not in found:
            raise AmineError(f"experiment '{name}'", f"measure '{m}' is not known", hint=did_you_mean(m, found))
    return {m: float(found[m]) for m in measures}
