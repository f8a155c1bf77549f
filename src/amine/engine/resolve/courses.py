"""Stimuli by how they are injected: as waveforms times a factor of each neuron, or as courses in time that are added up in one row."""

from __future__ import annotations

from collections.abc import Iterable

from amine.models.naming import COURSES
from amine.network.cables import has_tree
from amine.network.network import Network
from amine.network.parts import Population, Stimulus, View
from amine.records import dataclass

MOST = 8  # currents of a population that its code names; more would make it longer, and are added up outside
OF_EACH = ("courses", "noise")  # kinds of waveforms that differ between neurons


@dataclass(frozen=True)
class Injected:
    """Stimuli that reach the same neurons of a population, ``views``, in the same way: their waveforms are added up before they are injected."""

    views: tuple[View, ...]
    stimuli: tuple[Stimulus, ...]


def injected(stimuli: Iterable[Stimulus], population: str) -> tuple[Injected, ...]:
    """Stimuli by the neurons of a population that they reach, in an order that depends on these alone and not on names or waveforms."""
    by: dict[tuple[View, ...], list[Stimulus]] = {}
    for s in stimuli:
        by.setdefault(tuple(v for v in s.target.views() if v.population == population), []).append(s)
    order = sorted(by, key=lambda views: [(v.start, v.stop, v.step, repr(v.place)) for v in views])
    return tuple(Injected(views, tuple(by[views])) for views in order)


def stimuli_of(net: Network, population: str) -> tuple[Stimulus, ...]:
    """All stimuli of some neurons of a population."""
    return tuple(s for s in net.stimuli if any(v.population == population for v in s.target.views()))


def named_stimuli(net: Network, population: Population) -> tuple[Injected, ...]:
    """The stimuli of a population that its code names: waveforms of currents, if they reach few different groups of neurons."""
    plain = (s for s in stimuli_of(net, population.name) if not s.into and s.current.kind not in OF_EACH)
    found = injected(plain, population.name)
    return found if has_tree(population) or len(found) <= MOST else ()


def added_stimuli(net: Network, population: Population) -> tuple[Stimulus, ...]:
    """The other stimuli of a population."""
    if population.model.kind == "source":  # are those of transmission/drives
        return ()
    named = [s for x in named_stimuli(net, population) for s in x.stimuli]
    return tuple(s for s in stimuli_of(net, population.name) if not any(s is x for x in named))


def row_of(s: Stimulus) -> str:
    """The input to which a stimulus is added."""
    return s.into or COURSES


def has_courses(net: Network, population: Population) -> bool:
    """Whether currents of a population are added up in one row."""
    return any(not s.into for s in added_stimuli(net, population))


__all__ = ["OF_EACH", "Injected", "added_stimuli", "has_courses", "injected", "named_stimuli", "row_of", "stimuli_of"]
