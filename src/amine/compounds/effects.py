"""Drug effects as plain data: effects on named quantities, and how those of several drugs combine.

An :class:`~amine.compounds.mechanisms.Effect` states that a concentration C of a drug changes one ``quantity`` of one ``target`` of a
network. With the load x = (C/potency)^hill and the occupancy y = x / (1 + sum of the loads of all drugs at the same site), the kinds are

| kind | factor or value | used for |
|---|---|---|
| ``scale`` | 1 + sum (limit - 1) y | conductance, tau_decay, Vmax, efficacy, content |
| ``shift`` | 1 + sum x | EC50 and Km under competitors, content under a precursor |
| ``potentiate`` | 1 / (1 + sum (limit - 1) y) | EC50 under an allosteric modulator of cooperativity ``limit`` |
| ``add`` | sum limit y, added and not multiplied | occupancy by agonists, efflux |
| ``activate`` | a stimulus beside that of the natural agonist (:meth:`Sites.activation`) | response to slow agonists |
| ``law`` | value of its formula | custom mechanisms |
| ``block`` | 1 / (1 + sum of loads at the voltage) in equilibrium; a state of each neuron | conductance under open-channel blockers |
| ``occupy`` | none | antagonists of a modulator's site |

Drugs at one site of a target compete: their loads add up (Loewe additivity), whichever quantities they change. Factors of different sites
multiply (Bliss independence).

Quantities of targets:

* receptors: ``conductance`` (under competitors, of a synaptic pulse: they bind before it and stay bound during it, so that only the
  fraction of free receptors responds), ``occupancy`` (by an agonist drug of receptors that answer to pulses), ``EC50`` (of a slow natural
  agonist: surmountable), ``response`` (of an agonist drug beside a slow natural one), ``efficacy`` (of a metabotropic receptor),
  ``tau_decay``; any other name is that of a parameter of the receptor model;
* transporters and enzymes: ``Km``, ``Vmax``, ``efflux``; transmitters: ``content`` of a vesicle;
* channels: ``conductance``; any other name is a role that a neuron model gives to a parameter (``stands_for``).

A family such as NMDA stands for its first member: an action on another member counts only in a network that names that member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from amine.compounds import catalogue
from amine.compounds.algebra import Operand, operational, response
from amine.compounds.bulk import complete_hint, why
from amine.compounds.formula import Formula
from amine.compounds.mechanisms import Effect, Use, mechanism
from amine.compounds.schema import Action, Drug, Entry, Family, Receptor, Transmitter, Transporter, roles
from amine.compounds.signals import (
    TRACED,
    Agonist,
    Dose,
    Load,
    Product,
    Program,
    Share,
    Signal,
    Sum,
    Term,
    Traced,
    steady,
)
from amine.compounds.targets import related
from amine.errors import AmineError

_TARGETS = ("family", "receptor", "transporter", "enzyme", "channel", "transmitter")


def effects_of(drug: Drug | str, targets: Iterable[str], kinds: Sequence[str] = _TARGETS) -> list[Effect]:
    """Effects of a drug on the targets of a network; empty if it acts on none.

    Parameters
    ----------
    drug : a drug or its name.
    targets : names of receptors, transporters, enzymes, channels and transmitters of the network; names that are not in the
        catalogue are ignored.
    kinds : kinds of catalogue entries in which names are looked up; the first match counts.

    Raises
    ------
    AmineError
        The drug is not known.

    Examples
    --------
    >>> [(e.key, e.kind) for e in effects_of("diazepam", ["AMPA", "GABA_A"])]
    [('GABA_A.tau_decay', 'scale'), ('GABA_A.EC50', 'potentiate')]
    """
    d = drug if isinstance(drug, Drug) else catalogue.drug(drug)
    return [e for name, a, member in _actions(d, targets, kinds) for e in _effects(d, a, name, member)]


def without_number(
    drug: Drug | str, targets: Iterable[str], kinds: Sequence[str] = _TARGETS
) -> list[tuple[str, Action]]:
    """Targets of a network on which a drug acts, at a concentration that is not known, with its actions there: they are left out.

    Examples
    --------
    >>> [(target, a.mechanism) for target, a in without_number("ethanol", ["NMDA", "GIRK"])]
    [('GIRK', 'channel_opener')]
    """
    d = drug if isinstance(drug, Drug) else catalogue.drug(drug)
    found = _actions(d, targets, kinds)
    return [(name, a) for name, a, member in found if not a.needs and a.measurement("potency", member.id) is None]


def _actions(drug: Drug, targets: Iterable[str], kinds: Sequence[str]) -> list[tuple[str, Action, Entry]]:
    """Targets of a network, the actions of a drug on them, and the entry of the catalogue on which it acts."""
    entries = [(name, catalogue.find_entry(name, kinds)) for name in dict.fromkeys(targets)]
    pairs = [(name, a, _member(e, a)) for name, e in entries if e is not None for a in drug.actions]
    return [(name, a, member) for name, a, member in pairs if member is not None]


def _member(entry: Entry, action: Action) -> Entry | None:
    """Entry on which an action acts at a target of the network: the target, or the first member of a family; None if it does not act."""
    if isinstance(entry, Family):
        first = catalogue.get(entry.members[0])
        return first if {entry.id, first.id} & set(action.targets) else None
    families = {i for i in related(entry.id) if catalogue.find_entry(i, ("family",))}
    if {entry.id, *families} & set(action.targets):
        return entry
    if isinstance(entry, Transmitter) and action.mechanism == "vesicle_depleter":
        pumps = [catalogue.find_entry(t, ("transporter",)) for t in action.targets]
        if any(isinstance(p, Transporter) and entry.id in p.substrates for p in pumps):
            return entry
    return None


def _effects(drug: Drug, action: Action, target: str, member: Entry) -> list[Effect]:
    if action.needs:
        raise AmineError(
            f"dose of {drug.id}",
            f"as {action.mechanism} at {target} it cannot be simulated: {why(action)}",
            expected=f"the number with the role {action.needs.replace('|', ' or ')}",
            hint=complete_hint(drug, action),
        )
    found = {r: m for r in roles() if (m := action.measurement(r, member.id)) is not None}
    if "potency" not in found:
        return []
    how = mechanism(action.mechanism)
    use = Use(
        drug.id,
        target,
        member.kind,
        isinstance(member, Receptor) and member.family == "ionotropic",
        action.site or how.site or drug.id,
        {r: m.internal for r, m in found.items()},
        any(m.unverified for m in found.values()),
        found["potency"].measured,
    )
    return list(how.effects(use))


# --- several drugs ---------------------------------------------------------------------------------------------------


class Sites:
    """Binding sites and the drugs that compete there; writes the factors on quantities into a program of slow signals.

    Parameters
    ----------
    effects : effects of any number of drugs. program : receives operations as factors are requested.
    doses : signal of the concentration of each drug.
    share_made : callback for each occupancy that is added, with an effect of the drug and the signal.
    binding : take the affinities of binding, where they are known, and not the potencies of responses.
    """

    def __init__(
        self,
        effects: Sequence[Effect],
        program: Program,
        doses: Mapping[str, Signal],
        share_made: Callable[[Effect, Signal], None] = lambda effect, signal: None,
        binding: bool = False,
    ):
        self.effects, self.program, self.doses, self.share_made = effects, program, doses, share_made
        self.binding = binding
        self._shares: dict[tuple[str, str, str], Signal] = {}
        self._factors: dict[tuple[str, ...], Signal] = {}

    def having(self, target: str, quantity: str, when: str = "") -> list[Effect]:
        """Effects on a quantity: all, or with ``when`` those on responses to transmitter pulses (``"pulse"``) or slow concentrations (``"slow"``)."""
        mine = [e for e in self.effects if (e.target, e.quantity) == (target, quantity) and e.kind != "occupy"]
        return [e for e in mine if e.when in ("", when or e.when)]

    def factors(self, target: str, quantity: str, when: str = "") -> list[Signal]:
        """Signals of the effects on a quantity, one for each site: their product is the factor; of kind ``add``, their sum is the amount.

        Kinetic blocks are not included: see :meth:`block`.
        """
        groups: dict[tuple[str, str], list[Effect]] = {}
        for e in self.having(target, quantity, when):
            if e.kind not in ("block", "activate"):
                groups.setdefault((e.site, e.drug if e.kind == "law" else ""), []).append(e)
        _check_kinds(f"{target}.{quantity}", groups.values())
        return [self._site(each) for each in groups.values()]

    def activation(self, target: str, hill: float) -> tuple[tuple[Agonist, ...], tuple[Signal, ...]]:
        """Agonist drugs beside a slow natural agonist, and the factors of the EC50s of all of them (Black & Leff 1983).

        The response is S^n / (1 + S^n). An agonist as strong as the natural one adds C/EC50 to the stimulus S, as more of the latter
        would. A partial one of maximum m adds tau x with tau = (m/(1 - m))^(1/n) and x = C/K, holds receptors, which divides S by 1 + x
        as a competitor does, and has K = EC50 ((2 + tau^n)^(1/n) - 1), so that alone its EC50 and maximum are those measured.

        Parameters
        ----------
        target : the receptor. hill : the exponent n, that of the response to the natural agonist.
        """
        agonists: list[Agonist] = []
        sites: dict[str, list[Load]] = {}
        others: dict[str, list[Effect]] = {}
        for e in self.having(target, "EC50", "slow"):
            if e.kind == "shift":
                sites.setdefault(e.site, []).append(self._load(e))
            else:
                others.setdefault(f"{e.site}:{e.drug}" if e.kind == "law" else e.site, []).append(e)
        for e in self.having(target, "response", "slow"):
            self.share(e)
            slope = e.hill / hill if e.hill != 1.0 else 1.0
            tau, ratio = operational(e.limit, hill) if e.limit < 1.0 else (1.0, 1.0)
            bound = Load(self.doses[e.drug], e.potency * ratio ** (1.0 / slope), slope)
            agonists.append(Agonist(self._sum_of(target, (bound,)), 0, 1.0 / tau))
            if e.limit < 1.0:
                sites.setdefault(e.site, []).append(bound)
        shifts = [self._one_plus(target, tuple(loads)) for loads in sites.values()]
        return tuple(agonists), (*shifts, *map(self._site, others.values()))

    def beside(self, target: str, when: str) -> list[Signal]:
        """Factors of conductance and efficacy at sites where no agonist drug binds: those that change what agonist drugs open, too."""
        held = {e.site for e in self.having(target, "occupancy", when)}
        groups: dict[tuple[str, str, str], list[Effect]] = {}
        for e in (*self.having(target, "conductance", when), *self.having(target, "efficacy", when)):
            if e.kind != "block" and e.site not in held:
                groups.setdefault((e.quantity, e.site, e.drug if e.kind == "law" else ""), []).append(e)
        return [self._site(each) for each in groups.values()]

    def _one_plus(self, target: str, loads: tuple[Load, ...]) -> Signal:
        at = self.program.add(f"{target}.EC50", 1, [1.0])
        self.program.append(Sum(at, (Term(self._sum_of(target, loads)),), 1.0))
        return at

    def _sum_of(self, target: str, loads: tuple[Load, ...]) -> Signal:
        at = self.program.add(f"{target}:load", 2)
        self.program.append(Share(at, loads))
        return at + 1

    def _site(self, effects: list[Effect]) -> Signal:
        e = effects[0]
        key = (e.target, e.quantity, e.site, *(x.drug for x in effects))
        if key not in self._factors:
            self._factors[key] = self._law(e) if e.kind == "law" else self._combined(e.kind, effects)
        return self._factors[key]

    def _combined(self, kind: str, effects: list[Effect]) -> Signal:
        p, e = self.program, effects[0]
        shares = [self.share(x) for x in effects]
        at = p.add(f"{e.key}:{e.site}", 1, [0.0 if kind == "add" else 1.0])
        if kind == "shift":  # 1 + sum of the loads of those that shift
            terms = (Term(self._load_of(effects)),)
        elif kind == "add":
            terms = tuple(Term(s, 0, x.limit) for s, x in zip(shares, effects, strict=True))
        else:
            terms = tuple(Term(s, 0, x.limit - 1.0) for s, x in zip(shares, effects, strict=True))
        p.append(Sum(at, terms, 0.0 if kind == "add" else 1.0, kind == "potentiate"))
        return at

    def _law(self, e: Effect) -> Signal:
        """Factor computed by the formula of one drug."""
        p = self.program
        operand = lambda signal: Traced(p, {signal: 1.0})  # noqa: E731
        formula = Formula(e.law)
        values: dict[str, Any] = {"K": e.potency, "n": e.hill, "limit": e.limit, **e.numbers}
        if "y" in formula.names:
            values["y"] = operand(self.share(e))
        if "x" in formula.names:
            values["x"] = operand(self._load_of([e]))
        if "C" in formula.names:
            values["C"] = operand(self.doses[e.drug])
        found = formula.evaluate(values, TRACED)
        return (found if isinstance(found, Traced) else Traced(p, {}, found)).signal()

    def share(self, e: Effect) -> Signal:
        """Occupancy of a drug's site, in competition with all other drugs that bind there at equilibrium."""
        key = (e.target, e.site, e.drug)
        if key not in self._shares:
            others: dict[str, Effect] = {}
            for x in self.effects:
                if (x.target, x.site) == (e.target, e.site) and x.kind != "block":
                    others.setdefault(x.drug, x)
            first = others.pop(e.drug, e)
            at = self._shares[key] = self.program.add(f"{e.target}:{e.drug}", 2)
            self.program.append(Share(at, tuple(map(self._load, (first, *others.values())))))
            self.share_made(e, at)
        return self._shares[key]

    def _load_of(self, effects: Sequence[Effect]) -> Signal:
        """Sum of the loads of several drugs at a site."""
        return self._sum_of(effects[0].target, tuple(map(self._load, effects)))

    def _load(self, e: Effect) -> Load:
        if self.binding and e.affinity > 0.0:
            return Load(self.doses[e.drug], e.affinity, 1.0)
        return Load(self._felt(e), e.potency, e.hill)

    def _felt(self, e: Effect) -> Signal:
        """Concentration of a drug; of an agonist at receptors of pulses, times what modulators of other sites raise its affinity by."""
        holds = [x for x in self.having(e.target, "occupancy", "pulse") if (x.site, x.drug) == (e.site, e.drug)]
        raised = [x for x in self.having(e.target, "EC50", "slow") if x.kind == "potentiate" and x.site != e.site]
        if not holds or not raised:
            return self.doses[e.drug]
        key = (e.target, "felt", e.site, e.drug)
        if key not in self._factors:
            terms = []
            for x in raised:
                at = self.program.add(f"{x.key}:{x.site} as a factor of affinity")
                self.program.append(Sum(at, (Term(self.share(x), 0, x.limit - 1.0),), 1.0))
                terms.append(Term(at))
            self._factors[key] = self.program.add(f"{e.target}:{e.drug} as felt")
            self.program.append(Product(self._factors[key], (Term(self.doses[e.drug]), *terms)))
        return self._factors[key]

    def blocks(self, target: str) -> list[Effect]:
        """Effects of drugs with binding kinetics."""
        return [e for e in self.effects if e.target == target and e.kind == "block"]

    def block(self, target: str, v: Operand | None = None) -> list[Signal]:
        """Fraction of channels free of drugs in equilibrium at the voltage ``v`` (mV); by default at the voltage of their potencies."""
        p, total = self.program, Traced(self.program, {}, 1.0)
        for e in self.blocks(target):
            assert e.kinetics is not None
            volts = v if v is not None else e.numbers.get("V", 0.0)
            given = {"C": Traced(p, {self.doses[e.drug]: 1.0}), "K": e.potency, "n": e.hill, "v": volts, **e.numbers}
            total = total + Formula(e.kinetics.load).evaluate(given, TRACED)
        return [total.signal(inverse=True)] if total.terms else []


def _check_kinds(key: str, groups: Iterable[Sequence[Effect]]) -> None:
    """Raises AmineError if effects of several drugs cannot be combined."""
    adding = set()
    for each in groups:
        kinds = {e.kind for e in each}
        adding |= {k == "add" for k in kinds}
        if len(kinds) > 1:
            given = f"{' and '.join(sorted(kinds))} at site '{each[0].site}'"
            raise AmineError(f"effects on {key}", "effects of different kinds act at one site", given=given)
    if len(adding) > 1:
        raise AmineError(
            f"effects on {key}", "some effects add and others multiply", hint="give them different quantities"
        )


class Factors(dict[str, Any]):
    """Factors by ``target.quantity``, for responses to transmitter pulses; ``slow``: for responses to slow concentrations."""

    slow: Mapping[str, Any]
    effects: Sequence[Effect] = ()
    concentrations: Mapping[str, Operand]

    def activation(self, receptor: str, hill: float) -> tuple[Any, Any]:
        """Stimulus of agonist drugs, as a multiple of the natural agonist's EC50, and the factor of that EC50."""
        mine = [e for e in self.effects if e.target == receptor]
        program, doses, values = equilibrium(mine, self.concentrations)
        agonists, shifts = Sites(mine, program, doses).activation(receptor, hill)
        found = steady(program, values)
        stimulus = sum(((found[a.signal] / a.potency) for a in agonists), 0.0)
        shift: Any = 1.0
        for s in shifts:
            shift = shift * found[s]
        return stimulus, shift


def equilibrium(
    effects: Sequence[Effect], concentrations: Mapping[str, Operand]
) -> tuple[Program, dict[str, Signal], list[Any]]:
    """A program with the doses of the effects' drugs, their signals, and the concentrations in the order of the doses."""
    program = Program()
    drugs = list(dict.fromkeys(e.drug for e in effects))
    doses = {drug: program.add(f"dose:{drug}") for drug in drugs}
    for j, signal in enumerate(doses.values()):
        program.append(Dose(signal, j))
    return program, doses, [concentrations.get(drug, 0.0) for drug in drugs]


def steady_factor(
    effects: Iterable[Effect], concentrations: Mapping[str, Operand], v: Operand | None = None
) -> Factors:
    """Factors of all quantities at equilibrium, by ``target.quantity``; for kind ``add`` the amount.

    Parameters
    ----------
    effects : effects of any number of drugs.
    concentrations : concentration (uM) by drug id, numbers or arrays of one shape; drugs that are left out are absent.
    v : membrane voltage (mV) for voltage-dependent blockers; None: the voltage at which their potency was measured.

    Raises
    ------
    AmineError
        Effects on one quantity cannot be combined, for example because one adds and another multiplies.

    Examples
    --------
    >>> both = effects_of("AP5", ["NMDA"]) + effects_of("ketamine", ["NMDA"])
    >>> f = steady_factor(both, {"d_ap5": 0.28, "ketamine": 5.4})["NMDA.conductance"]
    >>> round(f, 3)
    0.25
    """
    effects = list(effects)
    program, doses, given = equilibrium(effects, concentrations)
    sites = Sites(effects, program, doses)
    found: dict[str, dict[str, tuple[bool, list[Signal]]]] = {"pulse": {}, "slow": {}}
    for when, signals in found.items():
        for e in effects:
            if (
                e.kind not in ("occupy", "activate")
                and e.key not in signals
                and sites.having(e.target, e.quantity, when)
            ):
                blocked = sites.block(e.target, v) if e.quantity == "conductance" else []
                signals[e.key] = (e.kind == "add", [*sites.factors(e.target, e.quantity, when), *blocked])
    values = steady(program, given)
    every, slow = ({k: _together(x, values) for k, x in signals.items()} for signals in found.values())
    out = Factors(slow | every)
    out.slow, out.effects, out.concentrations = slow, effects, dict(concentrations)
    return out


def _together(signals: tuple[bool, list[Signal]], values: Sequence[Operand]) -> Any:
    adds, each = signals
    out = 0.0 if adds else 1.0
    for s in each:
        out = out + values[s] if adds else out * values[s]
    return out


def receptor_response(
    natural: Operand, ec50: Operand, factors: Mapping[str, Operand], receptor: str, hill: Operand = 1.0
) -> Any:
    """Response of a receptor to a slow natural agonist in the presence of drugs, as a fraction of its maximum.

    Parameters
    ----------
    natural : concentration of the natural agonist (uM). ec50, hill : EC50 (uM) and Hill coefficient without drugs.
    factors : result of :func:`steady_factor`. receptor : name of the target in it.

    Examples
    --------
    Naloxone displaces morphine:

    >>> both = effects_of("morphine", ["mu_opioid"]) + effects_of("naloxone", ["mu_opioid"])
    >>> alone = steady_factor(both, {"morphine": 0.1})
    >>> rescued = steady_factor(both, {"morphine": 0.1, "naloxone": 10.0})
    >>> round(receptor_response(0.0, 0.0079, alone, "mu_opioid"), 2), round(receptor_response(0.0, 0.0079, rescued, "mu_opioid"), 2)
    (0.19, 0.0)
    """
    f = factors.slow if isinstance(factors, Factors) else factors
    left = f.get(f"{receptor}.efficacy", 1.0) * f.get(f"{receptor}.conductance", 1.0)
    stimulus, shift = 0.0, f.get(f"{receptor}.EC50", 1.0)
    if isinstance(factors, Factors):
        stimulus, shift = factors.activation(receptor, float(hill))  # type: ignore[arg-type]
    return response(natural / ec50 + stimulus, shift, hill, f.get(f"{receptor}.occupancy", 0.0), left)


def acts_on(drug: Drug | str) -> list[str]:
    """Names of the targets of a drug.

    Parameters
    ----------
    drug : a drug or its name.

    Raises
    ------
    AmineError
        The drug is not known.

    Examples
    --------
    >>> acts_on("tiagabine")
    ['GAT1']
    """
    d = drug if isinstance(drug, Drug) else catalogue.drug(drug)
    return list(dict.fromkeys(_label(t) for a in d.actions if a.value("potency") is not None for t in a.targets))


def _label(target: str) -> str:
    found = catalogue.find_entry(target, _TARGETS)
    return found.label if isinstance(found, Receptor) and found.label else target
