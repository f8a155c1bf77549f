"""What notebooks show of networks, runs, models, compounds, weights: HTML by the type of the object.

Rooms above this one build on :mod:`amine.view.inline` in ``html`` methods of their own.
"""

from __future__ import annotations

from functools import singledispatch

from amine.compounds.profile import Profile
from amine.compounds.schema import Entry
from amine.models.model import Model
from amine.network.network import Network
from amine.network.weights import Weights
from amine.results.engram import Engram, ReceptiveFields
from amine.results.run import Run
from amine.results.segment import Segment
from amine.view.notebook import chemical, described, simulated


@singledispatch
def html_of(x: object) -> str:
    """HTML of an object."""
    raise NotImplementedError(type(x).__name__)


html_of.register(Network, described.network)
html_of.register(Model, described.model)
html_of.register(Run, simulated.run)
html_of.register(Segment, simulated.segment)
html_of.register(Weights, simulated.weights)
html_of.register(Engram, simulated.engram)
html_of.register(ReceptiveFields, simulated.fields)
html_of.register(Entry, chemical.entry)
html_of.register(Profile, chemical.profile)

__all__ = ["html_of"]
