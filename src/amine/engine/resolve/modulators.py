"""Modulations of a network as signals: the occupancy of a receptor, a second messenger, the factor of a parameter."""

from __future__ import annotations

import numpy as np

from amine.compounds.signals import Agonist, Apply, Follow, Product, Response, Signal, Sum, Term
from amine.engine.device.arrays import exact
from amine.engine.resolve.drugs import Drugs, act
from amine.engine.resolve.fields import regions_of
from amine.engine.resolve.signals import Signals, Vary
from amine.errors import AmineError
from amine.network.chemistry import Field, Modulation, check_parameter
from amine.network.network import Network
from amine.values import scalar


class Modulators:
    """Builder of the signals of modulations; those with the same receptor and field share its occupancy.

    ``own`` are, for each field, the factors of its release by its own receptors.
    """

    def __init__(self, net: Network, signals: Signals, drugs: Drugs):
        self.net, self.signals, self.drugs = net, signals, drugs
        self.occupied: dict[
            tuple[str, str, float, float], Signal
        ] = {}  # by receptor, field or drug, EC50 (uM), Hill coefficient
        self.own: dict[str, list[Term]] = {f: [] for f in net.fields}

    def add(self, m: Modulation) -> None:
        """Adds a modulation."""
        p, f = self.signals, self.net.fields.get(m.by)
        places = [""] if f is None else f.places if f.grid is None else [""] * int(np.prod(f.grid.shape))
        n = len(places)
        now = self._messenger(m, self._occupancy(m, f, places), n)
        at = p.program.add(f"factor:{m.name}", n, [1.0])
        p.program.append(Sum(at, (Term(now, 1, m.maximum - 1.0),), 1.0, False, n))
        source = m.acts_on.removesuffix(".release")
        if m.acts_on.endswith(".release") and source in self.own:
            self.own[source].append(Term(at, int(n > 1)))
            return
        for name in dict.fromkeys(v.population for v in m.target):
            self._act(m, f, name, at, n)

    def _occupancy(self, m: Modulation, f: Field | None, places: list[str]) -> Signal:
        p, n = self.signals, len(places)
        if m.channel:
            return self._closed(m)
        potency = scalar(m.potency, "uM", f"Modulation '{m.name}'")
        key = (m.receptor, m.by, potency, m.hill)
        if key not in self.occupied:
            at = self.occupied[key] = p.program.add(m.receptor, n)
            for r, place in enumerate(places if n > 1 and f is not None and f.grid is None else ()):
                p.names[f"{m.receptor}:{place}"] = at + r
            agonists = () if f is None else (Agonist(p.names[f.name], int(n > 1), potency),)
            drugs = self.drugs.response(m.receptor, m.by, m.hill)
            every = (*agonists, *drugs.agonists)
            p.program.append(Response(at, every, drugs.shifts, drugs.added, drugs.efficacies, m.hill, n))
            p.keep("occupancy", m.receptor, m.by, "1", places, at, n)
        return self.occupied[key]

    def _closed(self, m: Modulation) -> Signal:
        """The part of an ion channel that drugs close, to the power of the Hill coefficient."""
        p = self.signals.program
        key = (m.receptor, "", -1.0, m.hill)  # no EC50 is negative
        if key not in self.occupied:
            left, at = self.drugs.channel(m), p.add(f"{m.receptor}:open", 1, [1.0])
            p.append(Product(at, tuple(map(Term, left))) if left else Sum(at, (), 1.0))
            closed = self.occupied[key] = p.add(f"{m.receptor}:closed")
            p.append(Sum(closed, (Term(at, 0, -1.0),), 1.0))
            if m.hill != 1.0:
                self.occupied[key] = p.add(f"{m.receptor}:closed^n")
                p.append(Apply(self.occupied[key], "power", (closed,), m.hill))
        return self.occupied[key]

    def _messenger(self, m: Modulation, occupied: Signal, n: int) -> Signal:
        p, where = self.signals, f"Modulation '{m.name}'"
        rise, decay = (scalar(x, "ms", where) for x in (m.rise, m.decay))
        if rise <= 0 and decay <= 0:
            return occupied
        at = p.program.add(f"messenger:{m.name}", n)
        up, down = (1.0 if tau <= 0 else float(p.h / tau * exact.exprel(-p.h / tau)) for tau in (rise, decay))
        p.program.append(Follow(at, occupied, up, down, n))
        return at

    def _act(self, m: Modulation, f: Field | None, population: str, signal: Signal, n: int) -> None:
        """Makes signals a factor of a parameter of a population: one signal if all its neurons lie in one region, else one a region."""
        where, regions = f"Modulation '{m.name}'", regions_of(self.net, f, population, m.target)
        if bool((regions == regions[0]).all() and regions[0] >= 0):
            act(self.net, self.signals, population, m.acts_on, signal + int(regions[0]), where)
            return
        parameter = check_parameter(self.net, self.net.populations[population], m.acts_on, where)
        if m.acts_on.startswith("release."):
            raise AmineError(
                where,
                f"'{m.acts_on}' must be the same for all of '{population}'",
                hint="let the whole population stand in one region of the field",
            )
        self.signals.factors.append(Vary(population, parameter, signal, n, regions))
