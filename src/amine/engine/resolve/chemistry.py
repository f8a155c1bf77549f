"""Slow signals of a network from its fields, modulations and doses, and the parameters that they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.engine.resolve.blockers import block
from amine.engine.resolve.constant_doses import with_constant_doses
from amine.engine.resolve.drugs import Drugs, doses
from amine.engine.resolve.fields import concentration, diffuse
from amine.engine.resolve.modulators import Modulators
from amine.engine.resolve.signals import Signals, probe_name
from amine.network.in_use import ReceptorsInUse, receptors_in_use
from amine.network.network import Network

if TYPE_CHECKING:
    from amine.results.meta import ProbeMeta


def signals_of(net: Network, receptors: ReceptorsInUse | None = None) -> Signals | None:
    """The slow signals of a network; None if it has no chemistry. ``receptors`` in use are looked up if not given."""
    if not (net.fields or net.modulations or net.doses):
        return None
    every = max(1, round(1.0 / net.dt))
    p = Signals(every, every * net.dt)
    doses(net, p)
    for f in net.fields.values():
        concentration(f, p)
    drugs = Drugs(net, p, receptors_in_use(net) if receptors is None else receptors)
    modulators = Modulators(net, p, drugs)
    for m in net.modulations:
        modulators.add(m)
    for f in net.fields.values():
        diffuse(net, f, p, drugs, modulators.own[f.name])
    drugs.act()
    block(net, p, drugs)
    p.idle = drugs.idle()
    return p


def recorded(net: Network) -> list[ProbeMeta]:
    """Descriptions of the recorded signals for a store, in the form of probes with one variable each."""
    p = signals_of(with_constant_doses(net))
    if p is None:
        return []
    signals: list[ProbeMeta] = [
        {
            "name": probe_name(r),
            "population": "",
            "start": 0,
            "stop": r.n,
            "step": 1,
            "variables": ["value"],
            "units": {"value": r.unit},
            "dtype": "float64",
            "places": list(r.places),
        }
        for r in p.recorded
    ]
    probes: list[ProbeMeta] = [
        {
            "name": q.name,
            "population": q.target.population,
            "start": q.target.start,
            "stop": q.target.stop,
            "step": q.target.step,
            "variables": list(q.variables),
            "units": dict.fromkeys(q.variables, "1"),
        }
        for q in p.probes
    ]
    return signals + probes
