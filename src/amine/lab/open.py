"""An opened experiment: a session with the words around it, its molecules and its script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from amine.lab.controls import Slider
from amine.lab.gallery import Experiment, get
from amine.lab.links import Link
from amine.lab.molecules import molecules
from amine.lab.script import script
from amine.lab.session import Session
from amine.network.network import Network
from amine.records import dataclass
from amine.view.networks import circuit


@dataclass
class Opened:
    """A session and what is said about it."""

    name: str
    session: Session
    words: Mapping[str, Any] = field(default_factory=dict)
    made: str = ""
    show: tuple[str, ...] | None = None  # controls that are open on the page; None: those of the experiment

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        return {"words": dict(self.words), "svg": self.drawing, "molecules": molecules(self.session.described)}

    @cached_property
    def drawing(self) -> str:
        """The network as SVG."""
        return circuit(self.session.described)

    def describe(self) -> dict[str, Any]:
        """All that a page needs, as plain data."""
        return {"open": self.name, "show": self.show, **self._fixed, **self.session.describe()}

    def script(self) -> str:
        """Python text that gives the spikes of the page."""
        return script(self.session.described, self.session.live, self.made)

    def follow(self, link: Link) -> None:
        """Goes to the state of a link."""
        self.session.replay(link.log, link.step)
        if link.show is not None:
            self.arrange(link.show)

    def arrange(self, names: Sequence[str]) -> None:
        """Takes over which controls are open on the page; those that are not there are left out."""
        self.show = tuple(n for n in dict.fromkeys(names) if n in self.session.controls)

    def link(self) -> Link:
        """The present state as a link."""
        s = self.session
        return Link(self.name, s.described.seed, s.live.step, tuple(s.live.log), self.show)


def seeded(net: Network, seed: int | None) -> Network:
    """The network under another seed; itself where it is its own."""
    return net if seed is None or seed == net.seed else Network.from_dict({**net.to_dict(), "seed": seed})


def open_lab(name: str, seed: int | None = None) -> Opened:
    """An experiment of the gallery, under its own seed or another."""
    e = get(name)
    return opened(e.network(), name, e, seed=seed)


def opened(
    net: Network,
    name: str,
    experiment: Experiment | None = None,
    sliders: tuple[Slider, ...] = (),
    seed: int | None = None,
) -> Opened:
    """A network, of the gallery or of a user's own."""
    here = seeded(net, seed)
    if experiment is None:
        return Opened(name, Session(here, sliders))
    return Opened(
        name, Session(here, experiment.sliders), experiment.to_dict(), experiment.made() if here is net else ""
    )


Make = Callable[[int | None], Opened]  # opens a network under a seed, None for its own

__all__ = ["Make", "Opened", "open_lab", "opened"]
