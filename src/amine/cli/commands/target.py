"""Targets of commands: a circuit by name, a Python file that defines ``network``, a saved description, or an experiment."""

from __future__ import annotations

import inspect
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

from amine import circuits, experiments
from amine.errors import AmineError, did_you_mean
from amine.network.network import Network


def _circuit(name: str, given: dict[str, object]) -> Network:
    """Make a built-in circuit with the given arguments, each checked against its signature."""
    make = circuits.get(name)
    known = inspect.signature(make).parameters
    for key in given:
        if key not in known:
            raise AmineError(f"circuit '{name}'", f"it has no argument '{key}'", hint=did_you_mean(key, known))
    return make(**{k: _typed(name, k, v, known[k].default) for k, v in given.items()})


def _typed(name: str, key: str, value: object, default: Any) -> Any:
    """Value from the command line, converted to the type of the argument's default."""
    if not isinstance(value, str) or isinstance(default, str):
        return value
    if isinstance(default, bool):
        if value.lower() in ("true", "yes", "1", "false", "no", "0"):
            return value.lower() in ("true", "yes", "1")
    else:
        try:
            return type(default)(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise AmineError(
        f"circuit '{name}', argument '{key}'",
        "this value does not fit",
        given=value,
        expected=f"a {type(default).__name__}",
    )


def _from_file(path: Path, given: dict[str, object]) -> Network:
    """Load the ``network`` of a Python file, or a saved description."""
    if given:
        raise AmineError(
            f"file '{path}'", f"'{next(iter(given))}' is an argument of circuits only", hint="set it in the file"
        )
    if not os.path.exists(path):  # a name that is too long exists not, too
        raise AmineError(f"file '{path}'", "it does not exist")
    if path.suffix == ".json":
        return Network.load(path)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        found = runpy.run_path(str(path)).get("network")
    except AmineError:
        raise
    except (Exception, SystemExit) as e:  # a user's file may raise anything
        raise AmineError(f"file '{path}'{_line_of(path, e)}", f"it raised {type(e).__name__}: {e}") from e
    if not isinstance(found, Network):
        raise AmineError(f"file '{path}'", "it defines no 'network'", hint="assign an amine.Network to that name")
    return found


def _line_of(path: Path, error: BaseException) -> str:
    """Last line of the file in the traceback of an error, as ``, line 3``."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == path.name]
    if isinstance(error, SyntaxError) and error.filename is not None and Path(error.filename).name == path.name:
        lines.append(error.lineno)
    return f", line {lines[-1]}" if lines else ""


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Convert texts ``key=value`` to a mapping."""
    out = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise AmineError("--set", "this is not key=value", given=text)
        out[key] = value
    return out


def is_experiment(target: str) -> bool:
    """True if a name is that of an experiment of the library."""
    return target in experiments.names()


def network_of(target: str, given: dict[str, object], settings: list[str]) -> Network:
    """Make the network of a circuit, a Python file or a saved description, with its arguments and settings ``key=value``."""
    given = {k: v for k, v in {**given, **parse_settings(settings)}.items() if v is not None}
    if target.endswith((".py", ".json")):
        seed = given.pop("seed", None)
        net = _from_file(Path(target), given)
        if seed is not None:
            net.seed = seed
        return net
    return _circuit(target, given)
