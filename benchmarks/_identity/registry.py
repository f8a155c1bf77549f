"""The list of cases: a function that describes a network, or one that does something and returns arrays."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from _identity import renames
from _identity.record import Arrays, collect, spikes

ROOMS = ("circuits", "points", "transmission", "plasticity", "chemistry", "trees", "running", "modules", "fitting")
SHARED = ("record.py", "registry.py", "worker.py")

Make = Callable[[str, int], Arrays]


@dataclass(frozen=True)
class Case:
    """One comparison.

    ``run(precision, threads)`` gives arrays; ``both``: float64 belongs to it unless 32 is asked for; ``quick``: one of the few that
    together see most; ``script``: hash of the text that decides what it does.
    """

    name: str
    what: str
    run: Callable[[str, int], Arrays]
    both: bool
    quick: bool
    room: str
    script: str

    def precisions(self, asked: str | None) -> tuple[str, ...]:
        """Precisions to run at: those of the case, or what was asked for."""
        own = ("32", "64") if self.both else ("32",)
        return {None: own, "both": ("32", "64")}.get(asked, (asked or "32",))


CASES: dict[str, Case] = {}


@cache
def _script(room: str) -> str:
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / f).read_bytes() for f in (*SHARED, f"cases_{room}.py"))).hexdigest()


def case(what: str, *, both: bool = False, quick: bool = False) -> Callable[[Make], Make]:
    """Registers a function of precision and threads that returns arrays by name."""

    def add(run: Make) -> Make:
        room = run.__module__.rpartition("cases_")[2]
        name = f"{room}.{run.__name__}"
        CASES[name] = Case(name, what, run, both, quick, room, _script(room))
        return run

    return add


def network(
    what: str, duration: str, *, both: bool = False, quick: bool = False, silent: bool = False
) -> Callable[[Any], Any]:
    """Registers a function that describes a network: it is run and all that it holds is compared; without spikes only if ``silent``."""

    def add(describe: Callable[[], Any]) -> Callable[[], Any]:
        def run(precision: str, threads: int) -> Arrays:
            net = describe()
            run = net.run(duration, precision=precision, threads=threads, progress=False)
            arrays = collect(run, net)
            if not silent and not spikes(arrays):
                raise RuntimeError("the network has no spikes: the case would test nothing")
            return arrays

        run.__name__, run.__module__ = describe.__name__, inspect.getmodule(describe).__name__  # type: ignore[union-attr]
        case(what, both=both, quick=quick)(run)
        return describe

    return add


def load() -> dict[str, Case]:
    """All cases, in order."""
    renames.install()
    for room in ROOMS:
        import_module(f"_identity.cases_{room}")
    return CASES
