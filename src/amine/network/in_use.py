"""Receptors in use in a network, with their level of detail."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from amine.network.receptors import detail_of, ports_of, scheme_of
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.models.model import Model
    from amine.network.network import Network


@dataclass(frozen=True, eq=False)
class ReceptorInUse:
    """A receptor of a population: ``port``, its equations at the target, and ``scheme``, its kinetic scheme if it has one.

    ``level`` is a level of :mod:`amine.models.ports`; a receptor that is only probed or initialised is a filter.
    """

    label: str
    level: str
    port: Model
    scheme: Model | None = None

    @property
    def given(self) -> Model:
        """The model that the user gave: the scheme if there is one, else the equations at the target."""
        return self.port if self.scheme is None else self.scheme


ReceptorsInUse = Mapping[str, Mapping[str, ReceptorInUse]]


def receptors_in_use(net: Network) -> ReceptorsInUse:
    """All receptors in use: population -> label -> receptor, in the order of their first use.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 10, "lif_cond")
    >>> S = net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.5)
    >>> receptors_in_use(net)["E"]["AMPA"].level
    'receptor'
    """
    return MappingProxyType({name: MappingProxyType(_of(net, name)) for name in net.populations})


def _of(net: Network, name: str) -> dict[str, ReceptorInUse]:
    population = net.populations[name]
    if population.model.kind != "neuron":
        return {}
    found = {}
    for label, port in ports_of(population, net).items():
        level = detail_of(net, name, label) or "receptor"
        scheme = None if level == "receptor" else scheme_of(population, label, f"Population '{name}'")
        found[label] = ReceptorInUse(label, level, port, scheme)
    return found


__all__ = ["ReceptorInUse", "ReceptorsInUse", "receptors_in_use"]
