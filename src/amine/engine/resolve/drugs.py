"""What doses do in a network: from effects of drugs, as data, to operations on slow signals.

Drugs at one site of a target compete, factors of different sites multiply (:mod:`amine.compounds.effects`). Everything here
follows from mechanisms and names of targets; no drug is known by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amine.compounds.effects import Effect, acts_on, effects_of
from amine.engine.device import slow_tables as T
from amine.engine.resolve.baths import lengthening
from amine.network.network import Network
from amine.network.receptors import ports_of

# A threshold that stands for sodium channels rises by this much when half of them are blocked, four times as much when 4/5
# are: with it nearly complete block silences, as in a neuron whose spike fails below about a quarter of its conductance.
SHIFT = 5.0
THRESHOLDS = ("V_T", "V_th")


class Drugs:
    """Effects of all doses on the targets that a network has.

    Parameters
    ----------
    net : the network. plan : signals of the doses are there already; operations are added to it as they are asked for.
    """

    def __init__(self, net: Network, plan: Any):
        self.net, self.plan = net, plan
        self.ports = _ports(net)
        self.channels = _channels(net)
        self.drugs = list(dict.fromkeys(d.drug for d in net.doses))
        self.effects: list[Effect] = []
        for drug in self.drugs:
            self.effects += effects_of(drug, self.targets())
        self.shares: dict[tuple[str, str, str], int] = {}
        self.done: dict[tuple[str, str], list[int]] = {}
        self.lost: list[str] = []
        for name, targets in _trees(net).items():
            for drug in self.drugs:
                if effects_of(drug, targets):
                    self.lost.append(
                        f"Dose of {drug}: ion channels of cells with a tree, such as '{name}', do not follow doses"
                    )

    def targets(self) -> list[str]:
        """Names of what drugs may act on here."""
        net = self.net
        out = [*self.ports, *self.channels, *(m.receptor for m in net.modulations), *net.fields]
        out += [u.name for f in net.fields.values() for u in f.uptake if u.name]
        out += [enzyme for f in net.fields.values() for enzyme in enzymes(f)]
        return list(dict.fromkeys(out))

    def idle(self) -> list[str]:
        """Sentences about drugs that act on nothing here, and effects that no equation here can have."""
        active = {e.drug for e in self.effects if e.kind != "occupy"}
        return self.lost + [
            f"Dose of {d}: it acts on nothing in this network; it acts on {', '.join(acts_on(d)) or 'nothing that is modelled'}"
            for d in self.drugs
            if d not in active
        ]

    def factors(self, target: str, quantity: str) -> list[int]:
        """Signals whose product is the factor of a quantity, one for each site; or, for amounts that are added, the amounts."""
        key = (target, quantity)
        if key not in self.done:
            mine = [e for e in self.effects if (e.target, e.quantity) == key and e.kind not in ("occupy", "block")]
            sites = dict.fromkeys(e.site for e in mine)
            self.done[key] = [self._site(key, [e for e in mine if e.site == site]) for site in sites]
        return self.done[key]

    def blockers(self, target: str) -> list[Effect]:
        """Blockers of open channels of a receptor."""
        return [e for e in self.effects if e.target == target and e.kind == "block"]

    def _site(self, key: tuple[str, str], effects: Sequence[Effect]) -> int:
        p = self.plan
        kind = effects[0].kind
        shares = [self.share(e) for e in effects]
        at = p.add(f"{key[0]}.{key[1]}:{effects[0].site}", 1, [0.0 if kind == "add" else 1.0])
        if kind == "shift":  # 1 + sum of the loads of those that shift
            args = [(0, s, 0, p.numbers(1.0)) for s in self._alone(effects)]
        elif kind == "add":
            args = [(0, s, 0, p.numbers(e.limit)) for s, e in zip(shares, effects, strict=True)]
        else:
            args = [(0, s, 0, p.numbers(e.limit - 1.0)) for s, e in zip(shares, effects, strict=True)]
        p.operate(T.COMBINE, at, 1, args, p.numbers(0.0 if kind == "add" else 1.0), int(kind == "potentiate"))
        return at

    def share(self, e: Effect) -> int:
        """The occupancy of a drug at its site, beside all others there; recorded."""
        key = (e.target, e.site, e.drug)
        if key not in self.shares:
            others: dict[str, Effect] = {}
            for x in self.effects:
                if (x.target, x.site) == (e.target, e.site) and x.kind != "block":
                    others.setdefault(x.drug, x)
            first = others.pop(e.drug, e)
            at = self.shares[key] = self.plan.add(f"{e.target}:{e.drug}", 2)
            self.plan.operate(T.SHARE, at, 1, [self._load(x) for x in (first, *others.values())], 0)
            self.plan.keep("occupancy", e.target, e.drug, "1", ("",), at, 1)
        return self.shares[key]

    def _alone(self, effects: Sequence[Effect]) -> list[int]:
        """The sum of the loads of some drugs at a site."""
        at = self.plan.add(f"{effects[0].target}:load", 2)
        self.plan.operate(T.SHARE, at, 1, [self._load(e) for e in effects], 0)
        return [at + 1]

    def _load(self, e: Effect) -> tuple[int, int, int, int]:
        return (0, self.plan.signals[f"dose:{e.drug}"], 0, self.plan.numbers(e.potency, e.hill))

    # --- on neurons and their receptors ----------------------------------------------------------------------------

    def act(self) -> None:
        """Adds the factors of receptors' and channels' parameters to the plan."""
        from amine.engine.resolve.signals import act

        for target, ports in self.ports.items():
            for quantity in ("conductance", "tau_decay"):
                for signal in self.factors(target, quantity):
                    for population, label, model in ports:
                        name = _parameter(model, quantity)
                        if quantity == "tau_decay" and lengthening(self.net, population, label) is not None:
                            continue  # rates of a scheme, divided before the run
                        if name is not None:
                            on = f"{label}.{name}"
                            act(self.net, self.plan, population, on, signal, 1, None, f"Dose on {target}")
                        else:
                            self._lose(target, quantity, population, label, model)
        for target, users in self.channels.items():
            for signal in self.factors(target, "conductance"):
                for population, parameter in users:
                    self._channel(population, parameter, signal, target)

    def _lose(self, target: str, quantity: str, population: str, label: str, model: Any) -> None:
        drugs = ", ".join(dict.fromkeys(e.drug for e in self.effects if (e.target, e.quantity) == (target, quantity)))
        sentence = f"Dose of {drugs}: it would change the {quantity} of '{label}' on '{population}', which '{model.name}' does not have"
        if sentence not in self.lost:
            self.lost.append(sentence)

    def _channel(self, population: str, parameter: str, signal: int, target: str) -> None:
        from amine.engine.resolve.signals import Vary

        if not parameter.startswith("shift_"):
            self.plan.factors.append(Vary(population, parameter, signal))
            return
        p = self.plan
        inverse = p.add(f"{target}:inverse", 1, [1.0])
        p.operate(T.COMBINE, inverse, 1, [(0, signal, 0, p.numbers(1.0))], p.numbers(1e-12), 1)
        at = p.add(f"{target}:threshold")
        p.operate(T.COMBINE, at, 1, [(0, inverse, 0, p.numbers(SHIFT))], p.numbers(-SHIFT))
        p.factors.append(Vary(population, parameter, at))


def enzymes(f: Any) -> dict[str, str]:
    """Enzymes that remove a field and their rates. A rate without a name is that of the only enzyme that the catalogue has."""
    from amine.compounds import catalogue

    out = {}
    for name, rate in f.removal.items():
        known = catalogue.find_entry(f.name, ("transmitter",)) if not name else None
        found = [r.by for r in getattr(known, "removal", ()) if r.kind == "enzyme" and r.by]
        if name or len(found) == 1:
            out[name or found[0]] = rate
    return out


def _ports(net: Network) -> dict[str, list[tuple[str, str, Any]]]:
    """Receptors in use by the name that the catalogue may know: (population, label, model) of each."""
    from amine.compounds import catalogue

    out: dict[str, list[tuple[str, str, Any]]] = {}
    for population in net.populations.values():
        if population.model.kind != "neuron":
            continue
        for label, model in ports_of(population, net).items():
            known = catalogue.find_entry(label, ("family", "receptor")) is not None
            out.setdefault(label if known else model.name, []).append((population.name, label, model))
    return out


def _parameter(model: Any, quantity: str) -> str | None:
    """What a quantity of a receptor is called in its model."""
    if quantity == "conductance":
        return quantity
    return next((n for n in ("tau_decay", "tau") if n in model.units), None)


def _channels(net: Network) -> dict[str, list[tuple[str, str]]]:
    """Ion channels by name: (population, parameter). A threshold stands for sodium channels where a model has no others."""
    from amine.compounds.effects import channels_of

    out: dict[str, list[tuple[str, str]]] = {}
    for population in net.populations.values():
        model = population.model
        if model.kind != "neuron" or hasattr(model, "cell"):
            continue
        found = channels_of(model.units)
        threshold = next((n for n in THRESHOLDS if n in model.units), None)
        if "Nav" not in found and threshold is not None:
            found = {**found, "Nav": [f"shift_{threshold}"]}
        for channel, parameters in found.items():
            out.setdefault(channel, []).extend((population.name, p) for p in parameters)
    return out


def _trees(net: Network) -> dict[str, list[str]]:
    """Ion channels of cells with a tree."""
    from amine.compounds.effects import channels_of

    trees = [p for p in net.populations.values() if hasattr(p.model, "cell")]
    return {
        p.name: list(channels_of([u.rpartition("_")[0] for u in p.model.units] + list(p.model.units))) for p in trees
    }
