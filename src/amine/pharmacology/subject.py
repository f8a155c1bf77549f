"""Dose-responses and sweeps of the library's experiments."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from amine import experiments
from amine.records import dataclass


@dataclass(frozen=True)
class Subject:
    """An experiment of the library by name, with its arguments, as a function that :func:`dose_response` and :func:`amine.sweep` take.

    Values named ``"dose:DRUG"`` are doses of the experiment, all others its arguments.

    Examples
    --------
    >>> Subject("memory", {"neurons": 100}).name
    'memory'
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *, seed: int = 0, **values: Any) -> dict[str, float]:
        """Run it; return its measures."""
        run = experiments.get(self.name)
        given = {**self.arguments, **{n: v for n, v in values.items() if not n.startswith("dose:")}}
        if "details" in inspect.signature(run).parameters:
            given.setdefault("details", False)
        doses = {n.removeprefix("dose:"): v for n, v in values.items() if n.startswith("dose:")}
        dose = [f"{drug}={c}" for drug, c in doses.items() if not c.startswith(("0 ", "0.0 "))]
        return dict(run(**given, seed=seed, dose=dose).measures)
