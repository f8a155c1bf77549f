"""Effects of doses in a network: factors of its receptors, channels, transporters, enzymes and vesicles.

Drugs at one site of a target compete, factors of different sites multiply (:class:`amine.compounds.effects.Sites`). Everything here follows
from mechanisms, names of targets and declarations of models; no drug is known by name. An effect that arrives nowhere is named by a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from amine.compounds import catalogue
from amine.compounds.effects import Sites, acts_on, effects_of, without_number
from amine.compounds.mechanisms import Effect, mechanism
from amine.compounds.schema import Transmitter
from amine.compounds.signals import Agonist, Dose, Product, Signal, Sum, Term
from amine.compounds.solubility import too_concentrated
from amine.engine.resolve.cascades import has_cascade, upstream
from amine.engine.resolve.constant_doses import QUANTITIES, changing, follows, scheme_factor
from amine.engine.resolve.signals import Signals, Vary, Weight
from amine.errors import AmineError
from amine.models.naming import SHIFT as SHIFTED
from amine.models.naming import gain_name, port_name
from amine.models.sums import FREE, HELD
from amine.network.cables import has_tree
from amine.network.chemistry import Field, Modulation, check_parameter
from amine.network.in_use import ReceptorInUse, ReceptorsInUse
from amine.network.network import Network
from amine.network.parts import Population
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.models.model import Model

# A threshold that stands for sodium channels rises by this much (mV) when half of them are blocked, four times as much when 4/5
# are: with it nearly complete block silences, as in a neuron whose spike fails below about a quarter of its conductance.
SHIFT = 5.0
THRESHOLD = "threshold"
UNKNOWN = "its action on {1} ({0}) is left out: at which concentration it has half its effect is not known here"
FAR = 1000.0  # a dose this many times above an affinity is warned of


@dataclass(frozen=True)
class Target:
    """A target of drugs in the network; ``words`` name it in messages, ``when`` is how it sees its transmitter: ``pulse``, ``slow`` or not."""

    name: str
    words: str
    when: str = ""
    vesicles: bool = False  # of a transmitter, which may have the name of a receptor
    fills: bool = False  # a transporter, which may fill vesicles

    def sees(self, e: Effect) -> bool:
        """Whether an effect is on this target."""
        return e.target == self.name and (self.fills or (e.quantity == "content") == self.vesicles)


@dataclass(frozen=True)
class Port:
    """A receptor of a population."""

    population: str
    receptor: ReceptorInUse
    target: Target

    @property
    def label(self) -> str:
        """The receptor's label."""
        return self.receptor.label

    @property
    def model(self) -> Model:
        """The receptor's equations at the target."""
        return self.receptor.port


@dataclass(frozen=True)
class ChannelParameter:
    """A parameter of a population that stands for a part of an ion channel."""

    population: str
    parameter: str
    quantity: str
    target: Target


class Slowed(NamedTuple):
    """What drugs do to the response of a receptor to slow agonists: see :class:`amine.compounds.signals.Response`."""

    agonists: tuple[Agonist, ...]
    shifts: tuple[Signal, ...]
    added: tuple[Signal, ...]
    efficacies: tuple[Signal, ...]


class Drugs:
    """Effects of all doses on the targets that a network has.

    Parameters
    ----------
    net : the network. signals : operations are added to these as they are needed. receptors : those in use.
    """

    def __init__(self, net: Network, signals: Signals, receptors: ReceptorsInUse):
        self.net, self.signals = net, signals
        self.drugs = list(dict.fromkeys(d.drug for d in net.doses))
        self.ports = _ports(receptors)
        self.parts, self.trees = _parts(net, self.drugs)
        self.effects = [
            e for drug in self.drugs for kinds, names in self.targets() for e in effects_of(drug, names, kinds)
        ]
        doses = {drug: signals.names[f"dose:{drug}"] for drug in self.drugs}
        self.sites = Sites(self.effects, signals.program, doses, self._keep)
        self.bound = Sites(self.effects, signals.program, doses, self._keep, binding=True)  # before a cascade
        self.arrived: dict[Target, set[Effect]] = {}
        self.reasons: dict[tuple[Target, Effect], str] = {}
        for p in [
            *(x.target for each in self.ports.values() for x in each),
            *(x.target for x in self.parts),
            *self.trees,
        ]:
            self.arrived.setdefault(p, set())

    def _keep(self, e: Effect, signal: Signal) -> None:
        if any((r.kind, r.name, r.by) == ("occupancy", e.target, e.drug) for r in self.signals.recorded):
            return
        self.signals.keep("occupancy", e.target, e.drug, "1", ("",), signal, 1)

    def targets(self) -> list[tuple[tuple[str, ...], list[str]]]:
        """Kinds of entries of the catalogue, each with the names of its entries that are in the network."""
        fields = self.net.fields.values()
        closing = [m.receptor for m in self.net.modulations if m.channel]
        return [
            (("family", "receptor"), [*self.ports, *(m.receptor for m in self.net.modulations if not m.channel)]),
            (("family", "channel"), [*(x.target.name for x in self.parts), *(x.name for x in self.trees), *closing]),
            (("transmitter",), list(self.net.fields)),
            (("transporter",), [u.name for f in fields for u in f.uptake if u.name]),
            (("enzyme",), [enzyme for f in fields for enzyme in enzymes(f)]),
        ]

    # --- effects that have arrived -------------------------------------------------------------------------------------

    def _arrived(self, target: Target, effects: Iterable[Effect]) -> None:
        self.arrived.setdefault(target, set()).update(effects)

    def factors(self, target: Target, quantity: str, bound: bool = False) -> list[Signal]:
        """Signals whose product is the factor of a target's quantity, or whose sum is added to it; their effects have then arrived.

        ``bound``: by the affinities of binding, and not by the potencies of responses.
        """
        sites = self.bound if bound else self.sites
        self._arrived(target, [e for e in sites.having(target.name, quantity, target.when) if e.kind != "block"])
        return sites.factors(target.name, quantity, target.when)

    def held(self, target: Target, bound: bool = False) -> Signal | None:
        """Signal of the share of a target's receptors that agonist drugs hold active at any site; None if none does."""
        signals, p = self.factors(target, "occupancy", bound), self.signals.program
        if len(signals) < 2:
            return signals[0] if signals else None
        others = [p.add(f"{target.name}.not held") for _ in signals]  # sites are independent: 1 - (1 - a)(1 - b)
        for at, signal in zip(others, signals, strict=True):
            p.append(Sum(at, (Term(signal, 0, -1.0),), 1.0))
        left, out = p.add(f"{target.name}.not held"), p.add(f"{target.name}.occupancy")
        p.append(Product(left, tuple(map(Term, others))))
        p.append(Sum(out, (Term(left, 0, -1.0),), 1.0))
        return out

    def opened(self, target: Target) -> Signal | None:
        """Signal of the share of a target's channels that agonist drugs open, under the drugs at its other sites; None if none does."""
        held, p = self.held(target), self.signals.program
        others = [] if held is None else self.sites.beside(target.name, target.when)
        if held is not None:  # they raise the affinity of agonist drugs
            raised = [e for e in self.sites.having(target.name, "EC50") if e.kind == "potentiate"]
            self._arrived(target, raised)
        if held is None or not others:
            return held
        at = p.add(f"{target.name}.opened")
        p.append(Product(at, tuple(map(Term, (held, *others)))))
        return at

    def blocks(self, target: Target) -> list[Effect]:
        """Effects of drugs with kinetic binding to a target; they have then arrived."""
        found = self.sites.blocks(target.name)
        self._arrived(target, found)
        return found

    def idle(self) -> list[tuple[str, str]]:
        """Place and problem of warnings of drugs that act on nothing here, and of effects that no equation here can have."""
        out = [(f"Dose of {e.drug}", e.assumed) for x in self.arrived.values() for e in x if e.assumed]
        out += self._too_much()
        for drug in self.drugs:
            mine = [e for e in self.effects if e.drug == drug and e.kind != "occupy"]
            unknown = [x for kinds, names in self.targets() for x in without_number(drug, names, kinds)]
            out += [
                (f"Dose of {drug}", UNKNOWN.format(mechanism(a.mechanism).name.replace("_", " "), name))
                for name, a in unknown
            ]
            if not unknown and not any(e.drug == drug for e in self.effects):  # a silent ligand of a site is no mistake
                known = ", ".join(acts_on(drug)) or "nothing that is modelled"
                out.append((f"Dose of {drug}", f"it acts on nothing in this network; it acts on {known}"))
            for target, arrived in self.arrived.items():
                here = [e for e in mine if target.sees(e)]
                lost = [e for e in here if e not in arrived and e.when in ("", target.when)]
                if not lost and not any(e in arrived for e in here):
                    lost = here
                out += [(f"Dose of {drug}", self._lost(target, e)) for e in lost]
        return list(dict.fromkeys(out))

    def _too_much(self) -> list[tuple[str, str]]:
        """Warnings of doses that may not dissolve, or are far above all affinities that the drug has in this network."""
        out: list[tuple[str, str]] = []
        for drug in self.drugs:
            weakest = max((e.potency for e in self.effects if e.drug == drug), default=0.0)
            peak = max(d.course.peak for d in self.net.doses if d.drug == drug)
            out += [(f"Dose of {drug}", words)] if (words := too_concentrated(drug, peak)) else []
            if weakest > 0.0 and peak > FAR * weakest:
                times = f"{peak / weakest:.2g} times the concentration of half effect at its weakest target here"
                out.append(
                    (
                        f"Dose of {drug}",
                        f"its {peak:g} uM are {times}, so that targets which are not modelled answer too",
                    )
                )
        return out

    def _lost(self, target: Target, e: Effect) -> str:
        usual = {
            "pulse": "which matters for slow concentrations of transmitter and not for its pulses",
            "slow": "which matters for pulses of transmitter and not for its slow concentration",
        }
        reason = self.reasons.get((target, e), usual.get(target.when, "where nothing follows it"))
        return f"it would change the {e.quantity} of {target.words}, {reason}"

    # --- fields, their receptors, transporters and enzymes -------------------------------------------------------------

    def content(self, transmitter: str) -> list[Signal]:
        """Factors of the vesicular content of a field's transmitter."""
        return self.factors(Target(transmitter, f"field '{transmitter}'", vesicles=True), "content")

    def transporter(self, name: str) -> dict[str, list[Signal]]:
        """Factors of Km and Vmax of a transporter, and efflux through it."""
        target = Target(name, f"transporter '{name}'", fills=True)
        return {quantity: self.factors(target, quantity) for quantity in ("Km", "Vmax", "efflux")}

    def enzyme(self, name: str) -> list[Signal]:
        """Factors of the rate of an enzyme."""
        return self.factors(Target(name, f"enzyme '{name}'"), "Vmax")

    def response(self, receptor: str, by: str, hill: float) -> Slowed:
        """What drugs do to a receptor that follows a field, or that only drugs activate; ``hill`` is its Hill coefficient.

        Drugs with kinetic binding are in equilibrium there, at the voltage at which their affinity was measured.
        """
        target = Target(receptor, f"receptor '{receptor}'" + (f" of field '{by}'" if by else ""), "slow")
        self._arrived(target, [e for q in ("response", "EC50") for e in self.sites.having(receptor, q, "slow")])
        agonists, shifts = self.sites.activation(receptor, hill)
        added = self.factors(target, "occupancy")
        left = [*self.factors(target, "efficacy"), *self.factors(target, "conductance")]
        blocked = self.sites.block(receptor) if self.blocks(target) else []
        return Slowed(agonists, shifts, tuple(added), (*left, *blocked))

    def channel(self, m: Modulation) -> list[Signal]:
        """Factors of an ion channel that drugs close, and that a modulation follows; opening is not followed."""
        target = Target(m.receptor, f"'{m.receptor}' on '{m.target.views()[0].population}'")
        found = self.sites.having(target.name, "conductance")
        if all(e.kind == "scale" and e.limit <= 1.0 for e in found):
            return self.factors(target, "conductance")
        self._arrived(target, [])
        self.reasons |= dict.fromkeys([(target, e) for e in found], "of which a modulation follows only the closing")
        return []

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
        for target in self.trees:
            for e in self.effects:
                if e.target == target.name:
                    self.reasons[target, e] = "but nothing on multicompartment cells follows doses except conductances"

    def _port(self, port: Port, quantity: str) -> None:
        found = self.sites.having(port.target.name, quantity, "pulse")
        if not found:
            return
        if has_cascade(port.receptor) and all(upstream(e) for e in found):
            self.cascade(port, quantity)
            return
        if quantity in QUANTITIES and scheme_factor(self.net, port.receptor, quantity) is not None:
            self.factors(port.target, quantity)  # rates of a scheme, divided before the run; the occupancy is recorded
            return
        in_time = any(c.quantity == quantity for c in changing(self.net, port.receptor))
        if in_time and follows(port.receptor):
            self.factors(port.target, quantity)
            return
        name = None if in_time else _parameter(port.model, quantity)
        problem = f"which '{port.model.name}' does not have" if name is None else ""
        if in_time:
            problem = "whose rates no dose that changes in time reaches: say detail='explicit', with one value of each parameter"
        if name is not None:
            where, on = f"Dose on {port.target.name}", f"{port.label}.{name}"
            try:
                check_parameter(self.net, self.net.populations[port.population], on, where)
            except AmineError as e:
                problem = f"but {e.problem}"
        for e in found if problem else ():
            self.reasons[port.target, e] = problem
        for signal in self.factors(port.target, quantity) if not problem else ():
            act(self.net, self.signals, port.population, f"{port.label}.{name}", signal, f"Dose on {port.target.name}")

    def cascade(self, port: Port, quantity: str) -> None:
        """Adds the factors of what a receptor with a cascade has: receptors free of drugs, and those that drugs hold active."""
        target, on = port.target, port.receptor
        found = self.sites.having(target.name, quantity, "pulse")
        if not found:
            return
        assert on.scheme is not None
        if FREE not in on.scheme.units:  # explicit synapses under a dose that changes
            why = "whose explicit synapses no dose that changes in time reaches: say detail='kinetic'"
            self.reasons |= dict.fromkeys([(target, e) for e in found], why)
            return
        if quantity == "occupancy":
            held = self.held(target, bound=True)
            signals, names = [held] if held is not None else [], (HELD,)
        else:
            signals = self.factors(target, quantity, bound=True)
            names = (FREE,) if quantity == "conductance" else (FREE, HELD)
        if on.level == "kinetic":
            self.signals.totals.setdefault(port.population, {})[port.label] = target.name
        for signal in signals if on.level == "kinetic" else ():  # explicit synapses have these fractions from the start
            for name in names:
                self.signals.factors.append(Vary(port.population, port_name(name, port.label), signal))

    def _part(self, part: ChannelParameter) -> None:
        wanted = "conductance" if part.quantity == THRESHOLD else part.quantity
        p = self.signals.program
        for signal in self.factors(part.target, wanted):
            if part.quantity != THRESHOLD:
                self.signals.factors.append(Vary(part.population, part.parameter, signal))
                continue
            target = part.target.name
            inverse = p.add(f"{target}:inverse", 1, [1.0])
            p.append(Sum(inverse, (Term(signal),), 1e-12, True))
            at = p.add(f"{target}:threshold")
            p.append(Sum(at, (Term(inverse, 0, SHIFT),), -SHIFT))
            self.signals.factors.append(Vary(part.population, SHIFTED + part.parameter, at))


def act(net: Network, p: Signals, population: str, acts_on: str, signal: Signal, where: str) -> None:
    """Makes a signal a factor of a parameter of a population, or of its release models."""
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
    """Enzymes that remove a field and their rates.

    A rate without a name is that of the only enzyme that the catalogue has; beside named ones it is that of all other removal, such as
    diffusion, which no drug changes.
    """
    out = {}
    named = any(f.removal)
    for name, rate in f.removal.items():
        if named and not name:
            continue
        known = catalogue.find_entry(f.name, ("transmitter",)) if not name else None
        found = [r.by for r in known.removal if r.kind == "enzyme" and r.by] if isinstance(known, Transmitter) else []
        if name or len(found) == 1:
            out[name or found[0]] = rate
    return out


# --- targets -----------------------------------------------------------------------------------------------------------


def _ports(receptors: ReceptorsInUse) -> dict[str, list[Port]]:
    """Receptors in use by the name that the catalogue may know."""
    out: dict[str, list[Port]] = {}
    for population, mine in receptors.items():
        for label, r in mine.items():
            known = catalogue.find_entry(label, ("family", "receptor")) is not None
            target = Target(label if known else r.port.name, f"'{label}' on '{population}'", "pulse")
            out.setdefault(target.name, []).append(Port(population, r, target))
    return out


def _parameter(model: Model, quantity: str) -> str | None:
    """Name of a quantity of a receptor in its model; None if it has none."""
    if quantity in ("conductance", "efficacy"):  # the effect on the cell, of receptors of any kind
        return "conductance"
    if quantity == "tau_decay":
        return model.stands_for.get("decay") or _decay(model)
    return model.stands_for.get(quantity) or (quantity if quantity in model.units else None)


def _decay(model: Model) -> str | None:
    from amine.equations.roles import decay_parameter  # SymPy, which takes long to import and is seldom asked

    return decay_parameter(model.parsed) if model.kind == "receptor" else None


def _parts(net: Network, drugs: Sequence[str]) -> tuple[list[ChannelParameter], list[Target]]:
    """Parameters that stand for parts of ion channels, and what of the channels of multicompartment cells no dose can change."""
    parts: list[ChannelParameter] = []
    fixed: list[Target] = []
    for population in net.populations.values():
        if population.model.kind != "neuron":
            continue
        if has_tree(population):
            for parameter, channel, quantity in _on_tree(population):
                target = Target(channel, f"'{channel}' on '{population.name}'")
                if parameter is None:
                    fixed.append(target)
                else:
                    parts.append(ChannelParameter(population.name, parameter, quantity, target))
            continue
        for role, parameter in _declared(population, drugs).items():
            channel, quantity = _channel(role)
            target = Target(channel, f"'{channel}' on '{population.name}'")
            parts.append(ChannelParameter(population.name, parameter, quantity, target))
    return list(dict.fromkeys(parts)), list(dict.fromkeys(fixed))


def _on_tree(population: Population) -> list[tuple[str | None, str, str]]:
    """Channels of a multicompartment cell: the factor on the current of each, where it is that of the declared conductance; channel, quantity."""
    out: list[tuple[str | None, str, str]] = []
    for layer in population.model.layers:
        for role, parameter in layer.model.stands_for.items():
            channel, quantity = _channel(role)
            scales = quantity == "conductance" and _proportional(layer.model, parameter)
            out.append((gain_name(layer.label) if scales else None, channel, quantity))
    return out


def _proportional(model: Model, parameter: str) -> bool:
    """Whether the current of a channel is proportional to a parameter."""
    import sympy as sp  # takes long to import and is seldom asked

    from amine.equations.symbols import symbol

    eq, g = model.parsed, symbol(parameter)
    if eq.current is None:
        return False
    current = eq.expand(eq.current)
    return sp.simplify(current - g * sp.diff(current, g)) == 0 and g not in sp.diff(current, g).free_symbols


def _declared(population: Population, drugs: Sequence[str]) -> dict[str, str]:
    """Parameters by their roles; a threshold stands for sodium channels if nothing else does and a drug acts on these."""
    roles = dict(population.model.stands_for)
    conducting = {_channel(role)[0] for role in roles if _channel(role)[1] != THRESHOLD}
    roles = {r: n for r, n in roles.items() if _channel(r)[1] != THRESHOLD or _channel(r)[0] not in conducting}
    if not any(_channel(role)[0] == "Nav" for role in roles) and any(effects_of(d, ["Nav"]) for d in drugs):
        from amine.equations.roles import threshold_parameter  # SymPy, which takes long to import and is seldom asked

        found = threshold_parameter(population.model.parsed)
        roles |= {f"Nav.{THRESHOLD}": found} if found else {}
    return roles


def _channel(role: str) -> tuple[str, str]:
    """The channel and the quantity of it that a declared role names."""
    channel, dot, quantity = role.rpartition(".")
    known = catalogue.find_entry(role, ("family", "channel")) is not None
    return (role, "conductance") if known or not dot else (channel, quantity)
