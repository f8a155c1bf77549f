"""Places of release: at each synapse, or, for all other projections, once at the source neuron."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.models.model import Model
from amine.values import scalar

if TYPE_CHECKING:
    from amine.network.parts import Synapses

#: the payload for synapses that release independently: the time since the source neuron's last spike
ELAPSED = Model("elapsed", "release", "payload 1", {}, {}, "", "Time since the last spike, in ms.")


def is_own(release: Model) -> bool:
    """Whether parameters of release differ between synapses."""
    return any(not isinstance(v, str) for v in release.parameters.values())


def sites_of(release: Model | None) -> int:
    """Number of independent release sites of a synapse; 0 if release is a mean."""
    return 0 if release is None or release.quanta is None else int(_number(release, release.quanta[0]))


def variation_of(release: Model | None) -> float:
    """Coefficient of variation of a quantum; 0 if release is a mean."""
    return 0.0 if release is None or release.quanta is None else _number(release, release.quanta[1])


def recovery_of(release: Model | None) -> float:
    """Time constant (ms) with which an empty site gets a new vesicle; 1 if there are no sites."""
    return 1.0 if release is None or release.quanta is None else _number(release, release.quanta[2])


def _number(release: Model, name: str) -> float:
    return scalar(release.parameters[name], release.units[name], f"{release.where}, {name}")


def is_synaptic(s: Synapses) -> bool:
    """Whether synapses onto filters release independently of each other: at random, or with parameters that differ."""
    return s.detail == "receptor" and s.release is not None and (s.release.quantal or is_own(s.release))


def by_synapse(s: Synapses) -> bool:
    """Whether release is computed at each synapse, at any level of detail."""
    return s.detail != "kinetic" and s.release is not None and (s.release.quantal or is_own(s.release))


def payloads(s: Synapses) -> list[Model]:
    """The release models that the source neurons of a projection advance."""
    if s.release is None:
        return []
    if not by_synapse(s):
        return [s.release]
    return [ELAPSED] if is_own(s.release) else [s.release, ELAPSED]
