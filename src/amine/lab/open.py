"""An opened experiment: a session with the words around it, its molecules and its script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from amine.errors import AmineError
from amine.lab.controls import Slider
from amine.lab.gallery import Experiment, get
from amine.lab.lane import Entry
from amine.lab.molecules import molecules
from amine.lab.script import script
from amine.lab.session import Session
from amine.network.network import Network
from amine.view.networks import circuit

MOST_ENTRIES = 2000  # of the log in a link


@dataclass
class Opened:
    """A session and what is said about it."""

    name: str
    session: Session
    words: Mapping[str, Any] = field(default_factory=dict)
    made: str = ""

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        net = self.session.described
        return {"words": dict(self.words), "svg": circuit(net), "molecules": molecules(net)}

    def describe(self) -> dict[str, Any]:
        """All that a page needs, as plain data."""
        return {"open": self.name, **self._fixed, **self.session.describe()}

    def script(self) -> str:
        """Python text that gives the spikes of the page."""
        return script(self.session.described, self.session.live, self.made)

    def follow(self, link: Mapping[str, Any]) -> None:
        """Goes to the state of a link: ``step``, and ``log`` as lists of step, name and value."""
        step, log = link.get("step", 0), link.get("log", [])
        if isinstance(step, bool) or not isinstance(step, int) or not isinstance(log, list) or len(log) > MOST_ENTRIES:
            raise AmineError("link", "it is damaged")
        entries = []
        for e in log:
            good = isinstance(e, list) and len(e) == 3 and isinstance(e[0], int) and isinstance(e[1], str)
            if not good or isinstance(e[2], bool) or not isinstance(e[2], int | float):
                raise AmineError("link", "an entry of its log is damaged", given=repr(e)[:40])
            entries.append(Entry(e[0], e[1], repr(float(e[2]))))
        self.session.replay(entries, step)


def open_lab(name: str) -> Opened:
    """An experiment of the gallery."""
    e = get(name)
    return opened(e.network(), name, e)


def opened(net: Network, name: str, experiment: Experiment | None = None, sliders: tuple[Slider, ...] = ()) -> Opened:
    """A network, of the gallery or of a user's own."""
    if experiment is None:
        return Opened(name, Session(net, sliders))
    return Opened(name, Session(net, experiment.sliders), experiment.to_dict(), experiment.made())


__all__ = ["Opened", "open_lab", "opened"]
