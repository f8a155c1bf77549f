"""Experiments from the command line and at several doses."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine import experiments
from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    from amine.compounds.response import Plan
    from amine.experiments.outcome import Outcome


def checked(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an experiment, those that are text in the type of the argument's default.

    Raises
    ------
    AmineError
        If the experiment has no such argument or the text does not fit.
    """
    known = inspect.signature(experiments.get(name)).parameters
    out = {}
    for key, value in given.items():
        if key not in known:
            raise AmineError(f"experiment '{name}'", f"it has no argument '{key}'", hint=did_you_mean(key, known))
        out[key] = _typed(f"experiment '{name}', argument '{key}'", value, known[key].default)
    return out


def _typed(where: str, value: Any, default: Any) -> Any:
    if not isinstance(value, str) or isinstance(default, str | tuple):
        return value
    if isinstance(default, bool) and value.lower() in ("true", "yes", "1", "false", "no", "0"):
        return value.lower() in ("true", "yes", "1")
    try:
        return type(default)(value)
    except (TypeError, ValueError) as e:
        raise AmineError(where, "this value does not fit", given=value, expected=f"a {type(default).__name__}") from e


def run(name: str, given: Mapping[str, Any], out: Path | None, as_json: bool, progress: bool) -> None:
    """Runs an experiment, prints its measures and writes its folder."""
    arguments = checked(name, given)
    if "progress" in inspect.signature(experiments.get(name)).parameters:
        arguments["progress"] = progress
    found: Outcome = experiments.get(name)(**arguments)
    if out is not None:
        found.write(out)
    if as_json:
        print(json.dumps(found.to_json()))
        return
    print(found.summary())
    if out is not None:
        print(f"report: {out / 'report.html'}")


@dataclass
class Subject:
    """An experiment as something that is measured at several doses."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    populations: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """What decides it, as plain data."""
        return {"experiment": self.name, "arguments": dict(self.arguments), "seed": self.seed}


def run_point(plan: Plan, concentration: float, seed: int, measures: Sequence[str]) -> dict[str, float]:
    """Measures of an experiment with one concentration of a drug and one seed."""
    name, arguments = plan.network["experiment"], dict(plan.network["arguments"])
    known = inspect.signature(experiments.get(name)).parameters
    if "details" in known:
        arguments.setdefault("details", False)
    dose = [f"{plan.drug}={concentration!r} uM"] if concentration > 0 else []
    found = experiments.get(name)(**arguments, seed=seed, dose=dose).measures
    for m in measures:
        if m not in found:
            raise AmineError(f"experiment '{name}'", f"measure '{m}' is not known", hint=did_you_mean(m, found))
    return {m: float(found[m]) for m in measures}
