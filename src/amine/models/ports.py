"""Receptors at their target neurons, by the level of detail of a projection.

receptor
    a linear filter: a receptor model.
kinetic
    a scheme whose states are kept at the source. Between changes of the transmitter it is linear, so the target needs only
    sums over its synapses: of receptors in each state, and of those exposed to transmitter.
explicit
    a separate scheme at each synapse; the target receives the sum of the conductances.
"""

from __future__ import annotations

from amine.equations.schemes import Scheme, read
from amine.models.model import Model
from amine.models.sums import explicit_lines, kinetic_lines

LEVELS = ("receptor", "kinetic", "explicit")
CLEARED = "kinetic with a cleft"


def scheme(model: Model) -> Scheme:
    """The scheme of a model, read from its text."""
    return read(model.equations, model.where)


def explicit_port(model: Model) -> Model:
    """The target's part of an explicit scheme, as a receptor model (:func:`amine.models.sums.explicit_lines`)."""
    return model.as_receptor(*explicit_lines(scheme(model)))


def kinetic_port(model: Model, cleared: bool = False) -> Model:
    """The target's part of a scheme at the source, as a receptor model (:func:`amine.models.sums.kinetic_lines`)."""
    return model.as_receptor(*kinetic_lines(scheme(model), model.where, cleared))
