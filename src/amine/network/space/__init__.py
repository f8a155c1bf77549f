"""Space: grids and random points for ``positions=``, regions to which connections are confined, and questions about places.

>>> import amine as am
>>> net = am.Network(seed=1)
>>> E = net.population("E", 400, "lif_cond", positions=am.space.grid((20, 20), "50 um", periodic=True))
>>> near = am.gaussian("100 um", 0.5)*am.space.disc("200 um")
>>> net.synapses(E, E, receptor="AMPA", weight="1 nS", distance=near, autapses=False).pattern.kind
'distance'
"""

from __future__ import annotations

from amine.doors import close
from amine.network.space.points import Points, grid, random
from amine.network.space.queries import distance, nearest, within
from amine.network.space.regions import Region, box, disc, doughnut, ellipse, ellipsoid, sphere

__all__ = [
    "Points",
    "Region",
    "box",
    "disc",
    "distance",
    "doughnut",
    "ellipse",
    "ellipsoid",
    "grid",
    "nearest",
    "random",
    "sphere",
    "within",
]

close(globals(), __all__)
