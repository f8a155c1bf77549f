"""Dose-responses of the library's experiments."""

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
    """An experiment of the library by name, with its arguments; :func:`dose_response` takes it in place of a network.

    >>> Subject("memory", {"neurons": 100}).to_dict()["experiment"]
    'memory'
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    populations: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Name, arguments and seed as plain data."""
        return {"experiment": self.name, "arguments": dict(self.arguments), "seed": self.seed}


def run_subject(experiment: Experiment, concentration: float, seed: int, measures: Sequence[str]) -> dict[str, float]:
    """Run an experiment of the library with one concentration (uM) of a drug and one seed, and return its measures.

    Raises
    ------
    AmineError
        If the experiment has no such measure.
    """
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
