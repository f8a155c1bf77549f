"""Links: the state of an experiment as text, which opens it again in any lab.

A link holds names and numbers alone: experiment, seed, step, what was set and when, and which controls are open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, quote

from amine.errors import AmineError
from amine.lab.lane import Entry
from amine.records import dataclass

MOST_TEXT, MOST_ENTRIES, MOST_SEED = 200_000, 2000, 2**63  # characters, entries of the log, seeds below


@dataclass(frozen=True)
class Link:
    """The state of an experiment.

    Parameters
    ----------
    name : the experiment, or your own network.
    seed : of the network; None for its own.
    step : steps done. log : what was set, before which step.
    show : names of the controls that are open; None for those of the experiment.
    """

    name: str
    seed: int | None = None
    step: int = 0
    log: tuple[Entry, ...] = ()
    show: tuple[str, ...] | None = None

    def text(self) -> str:
        """The link as the fragment of an address.

        Examples
        --------
        >>> Link("gamma", log=(Entry(0, "dose:diazepam", "1.0 uM"),)).text()
        '#open=gamma&step=0&log=%5B%5B0%2C%22dose%3Adiazepam%22%2C1.0%5D%5D'
        """
        log = [[e.step, e.name, float(e.value.split()[0])] for e in self.log]
        parts = {"open": self.name, "seed": self.seed, "step": self.step, "log": _compact(log)}
        if self.show is not None:
            parts["show"] = _compact(list(self.show))
        return "#" + "&".join(f"{k}={quote(str(v), safe='')}" for k, v in parts.items() if v is not None)

    def plain(self) -> dict[str, Any]:
        """As a page sends it."""
        log = [[e.step, e.name, float(e.value.split()[0])] for e in self.log]
        return {
            "seed": self.seed,
            "step": self.step,
            "log": log,
            "show": None if self.show is None else list(self.show),
        }


def _compact(x: object) -> str:
    return json.dumps(x, separators=(",", ":"))


def is_link(text: str) -> bool:
    """Whether a text is meant as a link."""
    return "#open=" in text or "&open=" in text


def read(text: str) -> Link:
    """A link from its text, whatever stands before its ``#``; raises AmineError if it is damaged.

    Examples
    --------
    >>> read("http://127.0.0.1:8000/#open=gamma&step=10&log=[]").step
    10
    """
    if len(text) > MOST_TEXT:
        raise AmineError("link", "it is too long", given=f"{len(text)} characters")
    found = {k: v[-1] for k, v in parse_qs(text.partition("#")[2], keep_blank_values=True).items()}
    try:
        step, log = json.loads(found.get("step", "0")), json.loads(found.get("log", "[]"))
        show, seed = json.loads(found.get("show", "null")), json.loads(found.get("seed", "null"))
    except (ValueError, RecursionError):
        raise AmineError("link", "it is damaged", given=text[:60]) from None
    return of_plain(found.get("open", ""), {"step": step, "log": log, "seed": seed, "show": show})


def of_plain(name: str, link: Mapping[str, Any]) -> Link:
    """A link as a page sends it, checked; raises AmineError if it is damaged."""
    step, log, seed, show = link.get("step", 0), link.get("log", []), link.get("seed"), link.get("show")
    if (
        not name
        or isinstance(step, bool)
        or not isinstance(step, int)
        or not isinstance(log, list)
        or len(log) > MOST_ENTRIES
    ):
        raise AmineError("link", "it is damaged")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < MOST_SEED):
        raise AmineError("link", "its seed is damaged", given=repr(seed)[:40])
    if show is not None and not (isinstance(show, list) and all(isinstance(n, str) for n in show)):
        raise AmineError("link", "the names of its controls are damaged", given=repr(show)[:40])
    return Link(name, seed, step, _entries(log), None if show is None else tuple(show))


def _entries(log: Sequence[object]) -> tuple[Entry, ...]:
    out = []
    for e in log:
        good = isinstance(e, list) and len(e) == 3 and isinstance(e[0], int) and isinstance(e[1], str)
        if not good or not isinstance(e, list) or isinstance(e[2], bool) or not isinstance(e[2], int | float):
            raise AmineError("link", "an entry of its log is damaged", given=repr(e)[:40])
        out.append(Entry(e[0], e[1], repr(float(e[2]))))
    return tuple(out)


__all__ = ["Link", "is_link", "of_plain", "read"]
