"""Finished points of a sweep in a folder: written while it runs, read when it is continued."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.files import is_intact, read_json, sealed, write_text
from amine.sweeps.points import Done, Measure, Point, Value

if TYPE_CHECKING:
    from amine.given import FilePath

FORMAT = "amine sweep 1"
PAUSE = 0.5  # seconds between files; a kill loses no more
_DAMAGED = "it is damaged: its content is not what was written"
_HINT = "remove it: what it held is then simulated again"


class Store:
    """Finished points, in memory and, if a folder is given, in files with digests, each of the points of half a second."""

    def __init__(self, folder: FilePath | None, identity: Mapping[str, Any], measures: Sequence[Measure]):
        self.points: dict[str, dict[str, Value]] = {}
        self._new: list[dict[str, Any]] = []
        self._last = time.monotonic()
        self.folder = None if folder is None else Path(folder)
        if self.folder is None:
            return
        known = self.folder / "sweep.json"
        texts = {m.name: m.identity() for m in measures}
        if known.exists():
            texts = {**self._compare(known, identity, texts), **texts}
        elif self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise AmineError(f"folder '{folder}'", "it exists and holds no sweep", hint="choose another")
        _write(known, {"format": FORMAT, **identity, "functions": texts}, parents=True)
        files = sorted(self.folder.glob("points-*.json"))
        for file in files:
            self._read(file)
        self._number = max((int(f.stem[7:]) for f in files if f.stem[7:].isdigit()), default=0)

    def _compare(self, file: Path, identity: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, str]:
        """Digests of the functions of the folder's sweep; raises AmineError if it is another sweep."""
        found = _read(file)
        wanted = {"format": FORMAT, **identity}
        functions = found.get("functions", {})
        wrong = [(k, v, found.get(k)) for k, v in wanted.items() if found.get(k) != v]
        wrong += [(f"function '{n}'", t, functions[n]) for n, t in texts.items() if functions.get(n, t) != t]
        if wrong:
            what, given, expected = wrong[0]
            raise AmineError(
                f"folder '{self.folder}'",
                f"it holds a sweep with another {what}",
                given=str(given)[:20],
                expected=str(expected)[:20],
                hint="choose another folder",
            )
        return functions

    def _read(self, file: Path) -> None:
        points = _read(file).get("points")
        try:
            for p in points or ():
                mine = self.points.setdefault(Point(p["values"], p["seed"]).key, {})
                mine.update({k: _number(v) for k, v in p["measures"].items()})
        except (TypeError, KeyError, AttributeError, ValueError) as e:
            raise AmineError(f"file '{file}'", _DAMAGED, hint=_HINT) from e

    def has(self, point: Point, measures: Sequence[Measure]) -> bool:
        """Whether all measures of a point are known."""
        return {m.name for m in measures} <= set(self.points.get(point.key, {}))

    def put(self, point: Point, done: Done) -> None:
        """Add the measures of a point."""
        self.points.setdefault(point.key, {}).update(done.values)
        if self.folder is None:
            return
        plain = {k: _plain(v) for k, v in done.values.items()}
        self._new.append({"values": dict(point.values), "seed": point.seed, "measures": plain})
        if time.monotonic() - self._last > PAUSE:
            self.flush()

    def flush(self) -> None:
        """Write what is not on disk yet."""
        if self.folder is not None and self._new:
            self._number += 1
            _write(self.folder / f"points-{self._number:06}.json", {"points": self._new})
            self._new = []
        self._last = time.monotonic()


def _plain(x: Value) -> Any:
    """Numbers as JSON takes them; those that are not finite as text."""
    if np.ndim(x):
        return [_plain(v) for v in np.asarray(x)]
    return float(x) if np.isfinite(x) else str(float(x))


def _number(x: Any) -> Value:
    if isinstance(x, list):
        return np.array([_number(v) for v in x])
    return float(x)


def _write(path: Path, data: Mapping[str, object], parents: bool = False) -> None:
    write_text(path, json.dumps(sealed(data)), f"file '{path}'", parents)


def _read(path: Path) -> dict[str, Any]:
    """Content of a file that :func:`_write` wrote; AmineError if it is damaged."""
    where = f"file '{path}'"
    data = read_json(path, where, _HINT)
    if not isinstance(data, dict) or not is_intact(data):
        raise AmineError(where, _DAMAGED, hint=_HINT)
    return data


__all__ = ["Store"]
