"""Stimuli by how they are injected: as waveforms times a factor of each neuron, or as courses in time that are added up in one row."""

from __future__ import annotations

from amine.models.naming import COURSES
from amine.network.cables import has_tree
from amine.network.network import Network
from amine.network.parts import Population, Stimulus

MOST = 8  # waveforms of a population that its code names; more would make it longer, and are added up outside
OF_EACH = ("courses", "noise")  # kinds of waveforms that differ between neurons


def stimuli_of(net: Network, population: str) -> tuple[Stimulus, ...]:
    """All stimuli of some neurons of a population."""
    return tuple(s for s in net.stimuli if any(v.population == population for v in s.target.views()))


def named_stimuli(net: Network, population: Population) -> tuple[Stimulus, ...]:
    """The stimuli of a population that its code names: waveforms of currents, if there are few."""
    found = tuple(s for s in stimuli_of(net, population.name) if not s.into and s.current.kind not in OF_EACH)
    return found if has_tree(population) or len(found) <= MOST else ()


def added_stimuli(net: Network, population: Population) -> tuple[Stimulus, ...]:
    """The other stimuli of a population."""
    if population.model.kind == "source":  # their rates change between chunks
        return ()
    named = named_stimuli(net, population)
    return tuple(s for s in stimuli_of(net, population.name) if not any(s is x for x in named))


def row_of(s: Stimulus) -> str:
    """The input to which a stimulus is added."""
    return s.into or COURSES


def has_courses(net: Network, population: Population) -> bool:
    """Whether currents of a population are added up in one row."""
    return any(not s.into for s in added_stimuli(net, population))


__all__ = ["OF_EACH", "added_stimuli", "has_courses", "named_stimuli", "row_of", "stimuli_of"]
