"""What doses do in a network: where effects of drugs arrive, as factors of receptors, channels, transporters, enzymes and vesicles.

Drugs at one site of a target compete, factors of different sites multiply (:class:`amine.compounds.effects.Sites`). Everything here follows
from mechanisms, names of targets and what models declare; no drug is known by name. An effect that arrives nowhere is told of by a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amine.compounds import catalogue
from amine.compounds.effects import Sites, acts_on, effects_of
from amine.compounds.mechanisms import Effect
from amine.compounds.schema import Transmitter
from amine.compounds.signals import Dose, Signal, Sum, Term
from amine.engine.resolve.baths import lengthening
from amine.engine.resolve.signals import Signals, Vary, Weight
from amine.errors import AmineError
from amine.models.naming import SHIFT as SHIFTED
from amine.network.cables import has_tree
from amine.network.chemistry import Field, check_parameter
from amine.network.network import Network
from amine.network.parts import Population
from amine.network.receptors import ports_of

if TYPE_CHECKING:
    from amine.models.model import Model

# A threshold that stands for sodium channels rises by this much (mV) when half of them are blocked, four times as much when 4/5
# are: with it nearly complete block silences, as in a neuron whose spike fails below about a quarter of its conductance.
SHIFT = 5.0
THRESHOLD = "threshold"


@dataclass(frozen=True)
class Place:
    """Where a target stands in the network: ``words`` for sentences; ``when`` it sees its transmitter, in pulses or slowly, if it does."""

    target: str
    words: str
    when: str = ""
    vesicles: bool = False  # of a transmitter, which may have the name of a receptor
    fills: bool = False  # a transporter, which may fill vesicles

    def sees(self, e: Effect) -> bool:
        """Whether an effect is on this target."""
        return e.target == self.target and (self.fills or (e.quantity == "content") == self.vesicles)


@dataclass(frozen=True)
class Port:
    """A receptor of a population."""

    population: str
    label: str
    model: Any
    place: Place


@dataclass(frozen=True)
class Part:
    """A parameter of a population that stands for a part of an ion channel."""

    population: str
    parameter: str
    quantity: str
    place: Place


class Drugs:
    """Effects of all doses on the targets that a network has.

    Parameters
    ----------
    net : the network. signals : to which doses and operations are added as they are asked for.
    """

    def __init__(self, net: Network, signals: Signals):
        self.net, self.signals = net, signals
        self.drugs = list(dict.fromkeys(d.drug for d in net.doses))
        self.ports = _ports(net)
        self.parts, self.trees = _parts(net, self.drugs)
        self.effects = [
            e for drug in self.drugs for kinds, names in self.targets() for e in effects_of(drug, names, kinds)
        ]
        doses = {drug: signals.names[f"dose:{drug}"] for drug in self.drugs}
        self.sites = Sites(self.effects, signals.program, doses, self._keep)
        self.places: dict[Place, set[Effect]] = {}
        self.reasons: dict[tuple[Place, Effect], str] = {}
        for p in [
            *(x.place for each in self.ports.values() for x in each),
            *(x.place for x in self.parts),
            *self.trees,
        ]:
            self.places.setdefault(p, set())

    def _keep(self, e: Effect, signal: Signal) -> None:
        self.signals.keep("occupancy", e.target, e.drug, "1", ("",), signal, 1)

    def targets(self) -> list[tuple[tuple[str, ...], list[str]]]:
        """Names of what drugs may act on here, with the kinds of entries of the catalogue that they are."""
        fields = self.net.fields.values()
        return [
            (("family", "receptor"), [*self.ports, *(m.receptor for m in self.net.modulations)]),
            (("family", "channel"), [*(x.place.target for x in self.parts), *(x.target for x in self.trees)]),
            (("transmitter",), list(self.net.fields)),
            (("transporter",), [u.name for f in fields for u in f.uptake if u.name]),
            (("enzyme",), [enzyme for f in fields for enzyme in enzymes(f)]),
        ]

    # --- what has arrived ----------------------------------------------------------------------------------------------

    def _arrived(self, place: Place, effects: Iterable[Effect]) -> None:
        self.places.setdefault(place, set()).update(effects)

    def factors(self, place: Place, quantity: str) -> list[Signal]:
        """Signals whose product is the factor of a quantity, which arrives at a place; of amounts that are added, the amounts."""
        self._arrived(place, [e for e in self.sites.having(place.target, quantity, place.when) if e.kind != "block"])
        return self.sites.factors(place.target, quantity, place.when)

    def blocks(self, place: Place) -> list[Effect]:
        """Effects of drugs whose binding takes its time, which arrive at a place."""
        found = self.sites.blocks(place.target)
        self._arrived(place, found)
        return found

    def idle(self) -> list[str]:
        """Sentences about drugs that act on nothing here, and about effects that no equation here can have."""
        out = []
        for drug in self.drugs:
            mine = [e for e in self.effects if e.drug == drug and e.kind != "occupy"]
            if not mine:
                known = ", ".join(acts_on(drug)) or "nothing that is modelled"
                out.append(f"Dose of {drug}: it acts on nothing in this network; it acts on {known}")
            for place, arrived in self.places.items():
                here = [e for e in mine if place.sees(e)]
                lost = [e for e in here if e not in arrived and e.when in ("", place.when)]
                if not lost and not any(e in arrived for e in here):
                    lost = here
                out += [self._lost(drug, place, e) for e in lost]
        return list(dict.fromkeys(out))

    def _lost(self, drug: str, place: Place, e: Effect) -> str:
        usual = {
            "pulse": "which matters for slow concentrations of transmitter and not for its pulses",
            "slow": "which matters for pulses of transmitter and not for its slow concentration",
        }
        reason = self.reasons.get((place, e), usual.get(place.when, "where nothing follows it"))
        return f"Dose of {drug}: it would change the {e.quantity} of {place.words}, {reason}"

    # --- fields, their receptors, transporters and enzymes -------------------------------------------------------------

    def content(self, transmitter: str) -> list[Signal]:
        """Factors of what vesicles hold of a field's transmitter."""
        return self.factors(Place(transmitter, f"field '{transmitter}'", vesicles=True), "content")

    def transporter(self, name: str) -> dict[str, list[Signal]]:
        """Factors of Km and Vmax of a transporter, and efflux through it."""
        place = Place(name, f"transporter '{name}'", fills=True)
        return {quantity: self.factors(place, quantity) for quantity in ("Km", "Vmax", "efflux")}

    def enzyme(self, name: str) -> list[Signal]:
        """Factors of the rate of an enzyme."""
        return self.factors(Place(name, f"enzyme '{name}'"), "Vmax")

    def response(self, receptor: str, by: str) -> tuple[tuple[Signal, ...], tuple[Signal, ...], tuple[Signal, ...]]:
        """Factors of the EC50 of a receptor that follows a field, occupancy by drugs, factors of its response.

        What takes its time to bind is in equilibrium there, at the voltage at which its affinity was measured.
        """
        place = Place(receptor, f"receptor '{receptor}'" + (f" of field '{by}'" if by else ""), "slow")
        shifts, added = self.factors(place, "EC50"), self.factors(place, "occupancy")
        left = [*self.factors(place, "efficacy"), *self.factors(place, "conductance")]
        blocked = self.sites.block(receptor) if self.blocks(place) else []
        return tuple(shifts), tuple(added), (*left, *blocked)

    # --- neurons and their receptors -----------------------------------------------------------------------------------

    def act(self) -> None:
        """Adds the factors of receptors' and channels' parameters to the signals."""
        for target, ports in self.ports.items():
            quantities = dict.fromkeys(
                e.quantity for e in self.effects if e.target == target and e.kind not in ("occupy", "block")
            )
            for quantity in ["conductance", *(q for q in quantities if q not in ("conductance", "occupancy", "EC50"))]:
                for port in ports:
                    self._port(port, quantity)
        for part in self.parts:
            self._part(part)
        for place in self.trees:
            for e in self.effects:
                if e.target == place.target:
                    self.reasons[place, e] = "but ion channels of cells with a tree do not follow doses"

    def _port(self, port: Port, quantity: str) -> None:
        found = self.sites.having(port.place.target, quantity, "pulse")
        if not found:
            return
        if quantity == "tau_decay" and lengthening(self.net, port.population, port.label) is not None:
            self._arrived(port.place, found)  # rates of a scheme, divided before the run
            return
        name = _parameter(port.model, quantity)
        problem = f"which '{port.model.name}' does not have" if name is None else ""
        if name is not None:
            where, on = f"Dose on {port.place.target}", f"{port.label}.{name}"
            try:
                check_parameter(self.net, self.net.populations[port.population], on, where)
            except AmineError as e:
                problem = f"but {e.problem}"
        for e in found if problem else ():
            self.reasons[port.place, e] = problem
        for signal in self.factors(port.place, quantity) if not problem else ():
            act(self.net, self.signals, port.population, f"{port.label}.{name}", signal, f"Dose on {port.place.target}")

    def _part(self, part: Part) -> None:
        wanted = "conductance" if part.quantity == THRESHOLD else part.quantity
        p = self.signals.program
        for signal in self.factors(part.place, wanted):
            if part.quantity != THRESHOLD:
                self.signals.factors.append(Vary(part.population, part.parameter, signal))
                continue
            target = part.place.target
            inverse = p.add(f"{target}:inverse", 1, [1.0])
            p.append(Sum(inverse, (Term(signal),), 1e-12, True))
            at = p.add(f"{target}:threshold")
            p.append(Sum(at, (Term(inverse, 0, SHIFT),), -SHIFT))
            self.signals.factors.append(Vary(part.population, SHIFTED + part.parameter, at))


def act(net: Network, p: Signals, population: str, acts_on: str, signal: Signal, where: str) -> None:
    """Lets a signal be a factor of a parameter of a population, or of its release models."""
    parameter = check_parameter(net, net.populations[population], acts_on, where)
    if acts_on.startswith("release."):
        p.weights.append(Weight(population, acts_on.partition(".")[2], signal))
    else:
        p.factors.append(Vary(population, parameter, signal))


def doses(net: Network, p: Signals) -> None:
    """One signal for each drug; several doses of it add up."""
    for d in net.doses:
        p.doses.setdefault(d.drug, []).append(d.course)
    for j, drug in enumerate(p.doses):
        at = p.program.add(f"dose:{drug}")
        p.program.append(Dose(at, j))
        p.keep("dose", drug, "", "uM", ("",), at, 1)


def enzymes(f: Field) -> dict[str, str]:
    """Enzymes that remove a field and their rates. A rate without a name is that of the only enzyme that the catalogue has."""
    out = {}
    for name, rate in f.removal.items():
        known = catalogue.find_entry(f.name, ("transmitter",)) if not name else None
        found = [r.by for r in known.removal if r.kind == "enzyme" and r.by] if isinstance(known, Transmitter) else []
        if name or len(found) == 1:
            out[name or found[0]] = rate
    return out


# --- what there is -----------------------------------------------------------------------------------------------------


def _ports(net: Network) -> dict[str, list[Port]]:
    """Receptors in use by the name that the catalogue may know."""
    out: dict[str, list[Port]] = {}
    for population in net.populations.values():
        if population.model.kind != "neuron":
            continue
        for label, model in ports_of(population, net).items():
            known = catalogue.find_entry(label, ("family", "receptor")) is not None
            target = label if known else model.name
            place = Place(target, f"'{label}' on '{population.name}'", "pulse")
            out.setdefault(target, []).append(Port(population.name, label, model, place))
    return out


def _parameter(model: Model, quantity: str) -> str | None:
    """What a quantity of a receptor is called in its model; None if it has no such thing."""
    if quantity in ("conductance", "efficacy"):  # what a receptor of any kind does to the cell
        return "conductance"
    if quantity == "tau_decay":
        return model.stands_for.get("decay") or _decay(model)
    return model.stands_for.get(quantity) or (quantity if quantity in model.units else None)


def _decay(model: Model) -> str | None:
    from amine.equations.roles import decay_parameter  # SymPy, which takes long to import and is seldom asked

    return decay_parameter(model.parsed) if model.kind == "receptor" else None


def _parts(net: Network, drugs: Sequence[str]) -> tuple[list[Part], list[Place]]:
    """Parameters that stand for parts of ion channels, and channels of cells with a tree."""
    parts: list[Part] = []
    trees: list[Place] = []
    for population in net.populations.values():
        if population.model.kind != "neuron":
            continue
        if has_tree(population):
            roles = dict.fromkeys(role for x in population.model.layers for role in x.model.stands_for)
            trees += [Place(_channel(role)[0], f"'{_channel(role)[0]}' on '{population.name}'") for role in roles]
            continue
        for role, parameter in _declared(population, drugs).items():
            channel, quantity = _channel(role)
            place = Place(channel, f"'{channel}' on '{population.name}'")
            parts.append(Part(population.name, parameter, quantity, place))
    return parts, list(dict.fromkeys(trees))


def _declared(population: Population, drugs: Sequence[str]) -> dict[str, str]:
    """What parameters stand for; a threshold for sodium channels where nothing else does and a drug acts on these."""
    roles = dict(population.model.stands_for)
    conducting = {_channel(role)[0] for role in roles if _channel(role)[1] != THRESHOLD}
    roles = {r: n for r, n in roles.items() if _channel(r)[1] != THRESHOLD or _channel(r)[0] not in conducting}
    if not any(_channel(role)[0] == "Nav" for role in roles) and any(effects_of(d, ["Nav"]) for d in drugs):
        from amine.equations.roles import threshold_parameter  # SymPy, which takes long to import and is seldom asked

        found = threshold_parameter(population.model.parsed)
        roles |= {f"Nav.{THRESHOLD}": found} if found else {}
    return roles


def _channel(role: str) -> tuple[str, str]:
    """The channel that a declared role names, and what of it."""
    channel, dot, quantity = role.rpartition(".")
    known = catalogue.find_entry(role, ("family", "channel")) is not None
    return (role, "conductance") if known or not dot else (channel, quantity)
