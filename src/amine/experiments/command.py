"""Experiments from the command line."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine import experiments
from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    from amine.experiments.outcome import Outcome


def checked(name: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Arguments of an experiment, with texts converted to the type of the argument's default.

    Raises
    ------
    AmineError
        If the experiment has no such argument or a text cannot be converted.
    """
    known = inspect.signature(experiments.get(name)).parameters
    out = {}
    for key, value in given.items():
        if key not in known:
            raise AmineError(f"experiment '{name}'", f"it has no argument '{key}'", hint=did_you_mean(key, known))
        out[key] = _typed(f"experiment '{name}', argument '{key}'", value, known[key].default)
    return out


def _typed(where: str, value: object, default: Any) -> Any:
    if not isinstance(value, str) or isinstance(default, str | tuple):
        return value
    if isinstance(default, bool) and value.lower() in ("true", "yes", "1", "false", "no", "0"):
        return value.lower() in ("true", "yes", "1")
    try:
        return type(default)(value)
    except (TypeError, ValueError) as e:
        raise AmineError(where, "this value does not fit", given=value, expected=f"a {type(default).__name__}") from e


def run(name: str, given: Mapping[str, object], out: Path | None, as_json: bool, progress: bool) -> None:
    """Run an experiment, print its measures and write its folder."""
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
