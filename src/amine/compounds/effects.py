"""What drugs do, as plain data: from mechanisms to effects on named quantities, and how several drugs combine.

An :class:`Effect` says that a concentration C of a drug changes one ``quantity`` of one ``target`` of a network. With the load
x = (C/potency)^hill and the occupancy y = x / (1 + sum of the loads of all drugs at the same site), the kinds are

| kind | factor or value | used for |
|---|---|---|
| ``scale`` | 1 + sum (limit - 1) y | conductance, tau_decay, Vmax, efficacy, content |
| ``shift`` | 1 + sum x | EC50 and Km under competitors, content under a precursor |
| ``potentiate`` | 1 / (1 + sum (limit - 1) y) | EC50 under an allosteric modulator of cooperativity ``limit`` |
| ``block`` | 1 / (1 + sum C/K(V)) at rest of a blocker that binds only open channels | conductance |
| ``add`` | sum limit y, added and not multiplied | occupancy by agonists, efflux |
| ``occupy`` | none | antagonists of a modulator's site |

Drugs at one site of a target compete: their loads add up (Loewe additivity), whichever quantities they change. Factors of different sites
multiply (Bliss independence).

Quantities of targets:

* receptors: ``conductance`` (of a synaptic pulse: competitors are bound before it and do not leave during it, so that the fraction of free
  receptors counts), ``EC50`` (of a slow natural agonist: surmountable), ``occupancy`` (of an agonist drug: with natural occupancy r the
  response is r + occupancy (1 - r)), ``efficacy`` (of a metabotropic receptor), ``tau_decay``;
* transporters and enzymes: ``Km``, ``Vmax``, ``efflux``; transmitters: ``content`` of a vesicle; channels: ``conductance``.

A family such as NMDA stands for its first member: an action on another member counts only in a network that names that member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from amine.compounds import catalogue
from amine.compounds.algebra import woodhull
from amine.compounds.schema import Action, Channel, Drug, Entry, Family, Receptor, Transmitter, Transporter
from amine.errors import AmineError


@dataclass(frozen=True)
class Effect:
    """One effect of a drug; see the module for what the kinds mean.

    Parameters
    ----------
    drug : id of the drug.
    target : the target as the network calls it, such as ``"NMDA"``, ``"DAT"``, ``"Nav"``, ``"dopamine"``.
    quantity : what is changed there.
    kind : scale, shift, potentiate, block, add or occupy.
    site : binding site; drugs at the same site of a target compete.
    potency : uM. hill : Hill coefficient.
    limit : factor (or amount, for ``add``) at full occupancy; the cooperativity for ``potentiate``.
    voltage, delta, koff : of a blocker: voltage of its potency (mV), electrical distance, rate of leaving (1/ms). While the channel is open
        the blocked fraction b obeys db/dt = koff (C/K(V) (1 - b) - b), K(V) = potency exp(delta (V - voltage)/25.4 mV).
    unverified : a number behind it waits for a check.
    """

    drug: str
    target: str
    quantity: str
    kind: str
    site: str
    potency: float
    hill: float = 1.0
    limit: float = 0.0
    voltage: float = 0.0
    delta: float = 0.0
    koff: float = 0.0
    unverified: bool = False

    @property
    def key(self) -> str:
        """``target.quantity``."""
        return f"{self.target}.{self.quantity}"

    def load(self, c: Any, v: Any = None) -> Any:
        """(C/potency)^hill; of a blocker at voltage ``v`` if one is given."""
        k = self.potency if self.kind != "block" or v is None else woodhull(self.potency, v, self.voltage, self.delta)
        return (c / k) ** self.hill


_TARGETS = ("family", "receptor", "transporter", "enzyme", "channel", "transmitter")


def effects_of(drug: Drug | str, targets: Iterable[str]) -> list[Effect]:
    """Effects of a drug on those targets of a network that it acts on; empty if it acts on none.

    Parameters
    ----------
    drug : a drug or its name.
    targets : names of receptors, transporters, enzymes, channels and transmitters that the network has; others are ignored.

    Examples
    --------
    >>> [(e.key, e.kind) for e in effects_of("diazepam", ["AMPA", "GABA_A"])]
    [('GABA_A.tau_decay', 'scale'), ('GABA_A.EC50', 'potentiate')]
    """
    d = drug if isinstance(drug, Drug) else catalogue.drug(drug)
    out: list[Effect] = []
    for name in dict.fromkeys(targets):
        entry = catalogue.find_entry(name, _TARGETS)
        if entry is None:
            continue
        for a in d.actions:
            member = _member(entry, a)
            if member is not None:
                out += _effects(d, a, name, member)
    return out


def _member(entry: Entry, action: Action) -> Entry | None:
    """What an action acts on within a target of a network: the entry, the first member of the family that it is; None if it does not act."""
    if isinstance(entry, Family):
        first = catalogue.get(entry.members[0])
        return first if {entry.id, first.id} & set(action.targets) else None
    families = {i for i in catalogue.related(entry.id) if catalogue.find_entry(i, ("family",))}
    if {entry.id, *families} & set(action.targets):
        return entry
    if isinstance(entry, Transmitter) and action.mechanism == "vesicle_depleter":
        pumps = [catalogue.find_entry(t, ("transporter",)) for t in action.targets]
        if any(isinstance(p, Transporter) and entry.id in p.substrates for p in pumps):
            return entry
    return None


def _effects(drug: Drug, action: Action, target: str, member: Entry) -> list[Effect]:
    potency = action.value("potency", member.id)
    if potency is None:
        return []

    def value(role: str, default: float) -> float:
        return found.internal if (found := action.measurement(role, member.id)) else default

    used = [
        m for role in ("potency", "hill", "efficacy", "decay", "maximum") if (m := action.measurement(role, member.id))
    ]
    site = action.site or _SITES.get(action.mechanism, drug.id)
    common: dict[str, Any] = {
        "site": site,
        "potency": potency,
        "hill": value("hill", 1.0),
        "unverified": any(m.unverified for m in used),
    }

    def effect(quantity: str, kind: str, limit: float = 0.0, **more: Any) -> Effect:
        return Effect(drug.id, target, quantity, kind, **{**common, "limit": limit, **more})

    ionotropic = isinstance(member, Receptor) and member.family == "ionotropic"
    match action.mechanism:
        case "competitive_antagonist":
            if site != "agonist":
                return [effect("", "occupy")]
            return [effect("EC50", "shift"), *([effect("conductance", "scale")] if ionotropic else [])]
        case "agonist" | "partial_agonist" | "inverse_agonist":
            efficacy = value(
                "efficacy", {"agonist": 1.0, "partial_agonist": 0.5, "inverse_agonist": 0.0}[action.mechanism]
            )
            out = [effect("EC50", "shift"), effect("occupancy", "add", efficacy)]
            return [*out, effect("conductance", "scale")] if ionotropic else out
        case "noncompetitive_antagonist":
            channel = ionotropic or isinstance(member, Channel)
            return [effect("conductance" if channel else "efficacy", "scale")]
        case "negative_modulator":
            return [effect("conductance" if ionotropic else "efficacy", "scale", value("conductance", 0.0))]
        case "positive_modulator":
            roles = (
                ("decay", "tau_decay", "scale"),
                ("cooperativity", "EC50", "potentiate"),
                ("conductance", "conductance", "scale"),
            )
            return [effect(q, kind, value(role, 1.0)) for role, q, kind in roles if action.measurement(role)]
        case "open_channel_blocker":
            more = {"voltage": value("voltage", 0.0), "delta": value("delta", 0.0), "koff": value("koff", 0.0)}
            return [effect("conductance", "block", 0.0, **more)]
        case "channel_blocker":
            return [effect("conductance", "scale")]
        case "channel_opener":
            return [effect("occupancy", "add", value("efficacy", 1.0))]
        case "reuptake_inhibitor":
            return [effect("Km", "shift")]
        case "releaser":
            out = [effect("Km", "shift")]
            if action.measurement("efflux"):
                most = value("efflux", 0.0)
                out.append(effect("efflux", "add", most, potency=value("release", potency), site=f"{site} inside"))
            return out
        case "enzyme_inhibitor":
            return [effect("Vmax", "scale")]
        case "precursor":
            return [effect("content", "shift")]
        case "vesicle_depleter":
            return [effect("content", "scale", value("maximum", 0.0))]
    raise AmineError(drug.where, f"mechanism '{action.mechanism}' has no rule")


_SITES = {
    "competitive_antagonist": "agonist",
    "agonist": "agonist",
    "partial_agonist": "agonist",
    "inverse_agonist": "agonist",
    "open_channel_blocker": "pore",
    "channel_blocker": "pore",
    "reuptake_inhibitor": "substrate",
    "releaser": "substrate",
    "enzyme_inhibitor": "active",
}


def grouped(effects: Iterable[Effect]) -> dict[str, dict[str, list[Effect]]]:
    """Effects by ``target.quantity`` and then by site; those of kind ``occupy`` change nothing themselves and are left out.

    >>> list(grouped(effects_of("cocaine", ["DAT"]))["DAT.Km"])
    ['substrate']
    """
    out: dict[str, dict[str, list[Effect]]] = {}
    for e in effects:
        if e.kind != "occupy":
            out.setdefault(e.key, {}).setdefault(e.site, []).append(e)
    for key, sites in out.items():
        kinds = {e.kind == "add" for each in sites.values() for e in each}
        if len(kinds) > 1:
            raise AmineError(f"effects on {key}", "some add and some multiply", hint="give them different quantities")
    return out


def competitors(effects: Iterable[Effect]) -> dict[tuple[str, str], list[Effect]]:
    """One effect of each drug by target and site: those whose loads add up there, whatever they do.

    >>> both = effects_of("morphine", ["mu_opioid"]) + effects_of("naloxone", ["mu_opioid"])
    >>> [e.drug for e in competitors(both)["mu_opioid", "agonist"]]
    ['morphine', 'naloxone']
    """
    out: dict[tuple[str, str], dict[str, Effect]] = {}
    for e in effects:
        out.setdefault((e.target, e.site), {}).setdefault(e.drug, e)
    return {k: list(v.values()) for k, v in out.items()}


def steady_factor(effects: Iterable[Effect], concentrations: Mapping[str, Any], v: Any = None) -> dict[str, Any]:
    """Factors of all quantities at equilibrium, by ``target.quantity``; for kind ``add`` the amount.

    Parameters
    ----------
    effects : of any number of drugs.
    concentrations : uM by drug id; numbers or arrays of one shape; a missing drug is absent.
    v : membrane voltage in mV for voltage-dependent blockers; at the voltage of their potency without it.

    Examples
    --------
    >>> both = effects_of("AP5", ["NMDA"]) + effects_of("ketamine", ["NMDA"])
    >>> f = steady_factor(both, {"d_ap5": 0.28, "ketamine": 5.4})["NMDA.conductance"]
    >>> round(f, 3)
    0.25
    """
    effects = list(effects)
    load = lambda e: e.load(concentrations.get(e.drug, 0.0), v)  # noqa: E731
    totals = {place: sum(map(load, each)) for place, each in competitors(effects).items()}
    out: dict[str, Any] = {}
    for key, sites in grouped(effects).items():
        values = [_at_site(each, [load(e) for e in each], totals[each[0].target, site]) for site, each in sites.items()]
        adds = next(iter(sites.values()))[0].kind == "add"
        out[key] = sum(values) if adds else reduce(lambda a, b: a * b, values)
    return out


def _at_site(effects: list[Effect], loads: list[Any], total: Any) -> Any:
    """What the drugs at one site make of one quantity; ``total`` is the load of all drugs at the site."""
    kinds = {"scale" if e.kind == "block" else e.kind for e in effects}
    if len(kinds) > 1:
        raise AmineError(f"effects on {effects[0].key}", f"kinds {', '.join(sorted(kinds))} meet at one site")
    kind = kinds.pop()
    if kind == "shift":
        return 1.0 + sum(loads)
    if kind == "add":
        return sum(e.limit * x for e, x in zip(effects, loads)) / (1.0 + total)
    change = sum((e.limit - 1.0) * x for e, x in zip(effects, loads)) / (1.0 + total)
    return 1.0 / (1.0 + change) if kind == "potentiate" else 1.0 + change


def receptor_response(natural: Any, ec50: Any, factors: Mapping[str, Any], receptor: str, hill: Any = 1.0) -> Any:
    """Response of a receptor to a slow natural agonist beside drugs.

    Parameters
    ----------
    natural : concentration of the natural agonist, uM. ec50, hill : its curve without drugs.
    factors : from :func:`steady_factor`. receptor : the target's name there.

    Examples
    --------
    Naloxone takes morphine off:

    >>> both = effects_of("morphine", ["mu_opioid"]) + effects_of("naloxone", ["mu_opioid"])
    >>> alone = steady_factor(both, {"morphine": 0.1})
    >>> rescued = steady_factor(both, {"morphine": 0.1, "naloxone": 10.0})
    >>> round(receptor_response(0.0, 0.0079, alone, "mu_opioid"), 2), round(receptor_response(0.0, 0.0079, rescued, "mu_opioid"), 2)
    (0.99, 0.01)
    """
    x = (natural / (ec50 * factors.get(f"{receptor}.EC50", 1.0))) ** hill
    own = x / (1.0 + x)
    return (own + factors.get(f"{receptor}.occupancy", 0.0) * (1.0 - own)) * factors.get(f"{receptor}.efficacy", 1.0)


def channels_of(parameters: Iterable[str]) -> dict[str, list[str]]:
    """Channels that drugs act on, by the name a network gives them, with the conductances that stand for them in a neuron model.

    >>> channels_of(["g_Na", "g_L", "E_Na"])
    {'Nav': ['g_Na']}
    """
    known, out = set(parameters), {}
    for c in catalogue.entries("channel"):
        found = [p for p in getattr(c, "parameters", ()) if p in known]
        if found:
            families = [i for i in catalogue.related(c.id) if catalogue.find_entry(i, ("family",))]
            out.setdefault(families[0] if families else c.id, found)
    return out


def acts_on(drug: Drug | str) -> list[str]:
    """Names of all that a drug acts on, for messages.

    >>> acts_on("tiagabine")
    ['GAT1']
    """
    d = drug if isinstance(drug, Drug) else catalogue.drug(drug)
    return list(dict.fromkeys(_label(t) for a in d.actions if a.value("potency") is not None for t in a.targets))


def _label(target: str) -> str:
    found = catalogue.find_entry(target, _TARGETS)
    return found.label if isinstance(found, Receptor) and found.label else target
