"""The structure of continuous couplings: all that their generated code depends on, read off the description without SymPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from amine.engine.resolve.courses import added_stimuli, row_of
from amine.network.couplings import POST, PRE, Coupling, rate_unit
from amine.network.network import Network
from amine.network.receptors import inputs_of
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.models.model import Model

Delays = Literal["none", "one", "each"]


@dataclass(frozen=True)
class CouplingStructure:
    """The kind of a coupling. States and parameters are named as the population's; ``each`` are the values that differ between connections.

    ``dense``: all pairs, with single values and one delay. ``apart``: neurons are not coupled to themselves.
    """

    value: str
    unit: str  # of the input
    units: tuple[tuple[str, str], ...]  # of all names
    pre_states: tuple[str, ...]
    pre_parameters: tuple[str, ...]
    post_states: tuple[str, ...]
    post_parameters: tuple[str, ...]
    single: tuple[str, ...]  # values that all connections share
    each: tuple[str, ...]
    delays: Delays
    dense: bool
    apart: bool
    changes: tuple[
        tuple[str, str, str], ...
    ] = ()  # values that are plastic, with their rates of change and the units of these

    @property
    def ends(self) -> tuple[frozenset[str], frozenset[str]]:
        """Names of the source and of the target in the expression."""
        pre = frozenset(n + PRE for n in (*self.pre_states, *self.pre_parameters))
        return pre, frozenset(n + POST for n in (*self.post_states, *self.post_parameters))


def coupling_structure(net: Network, c: Coupling) -> CouplingStructure:
    """The structure of a coupling."""
    a, b = (net.populations[v.population] for v in (c.source, c.target))
    single = tuple(n for n, v in c.values.items() if isinstance(v, str) and n not in c.change)
    each = tuple(n for n in c.values if n not in single)
    delays: Delays = "none" if c.delay is None else "one" if isinstance(c.delay, str) else "each"
    return CouplingStructure(
        c.value,
        inputs_of(b, net)[c.into],
        tuple(sorted(c.units.items())),
        *_split(c.read(PRE), a.model),
        *_split(c.read(POST), b.model),
        single,
        each,
        delays,
        c.pattern.kind == "all_to_all" and not each and delays != "each",
        not c.autapses and c.source.population == c.target.population,
        tuple((n, e, rate_unit(c.units[n])) for n, e in c.change.items()),
    )


def coupling_structures(net: Network) -> list[CouplingStructure]:
    """The structures of all couplings without repetition."""
    return list(dict.fromkeys(coupling_structure(net, c) for c in net.couplings))


def used_inputs(net: Network) -> list[tuple[str, str]]:
    """Populations and their inputs to which something is added, without repetition."""
    stimuli = [(p.name, row_of(s)) for p in net.populations.values() for s in added_stimuli(net, p)]
    return list(dict.fromkeys([*((c.target.population, c.into) for c in net.couplings), *stimuli]))


def _split(names: tuple[str, ...], model: Model) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States and parameters of a neuron."""
    parameters = {n for n in model.units if n not in model.moved}
    return tuple(n for n in names if n not in parameters), tuple(n for n in names if n in parameters)


__all__ = ["CouplingStructure", "coupling_structure", "coupling_structures", "used_inputs"]
