"""Mechanisms of drug action: objects that turn the numbers of an action into effects on named quantities of a target.

The library's mechanisms are below, one dataclass each; a custom mechanism is another subclass of :class:`Mechanism` and has the same
rights. The kinds of effects are described in :mod:`amine.compounds.effects`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, final

from amine.compounds.algebra import Operand, load
from amine.compounds.formula import Formula
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass

KINDS = ("scale", "shift", "potentiate", "add", "activate", "law", "block", "occupy")
GIVEN = ("C", "K", "n", "v", "x", "y", "limit", "open", "free", "bound", "load")  # names with a meaning in formulas


@dataclass(frozen=True)
class Kinetics:
    """Binding kinetics of a drug: the fraction ``bound`` of a receptor's channels is a state of each neuron.

    The current is multiplied by ``free``, which is 1 minus the fractions bound by all such drugs.

    Parameters
    ----------
    rate : d bound/dt in 1/ms, a formula of ``bound``, ``free``, ``load``, ``open`` (the fraction of open channels), ``C``, ``K``,
        ``v`` and numbers of the effect.
    load : concentration over affinity, a formula of ``C`` (uM), ``K`` (uM), the Hill coefficient ``n``, ``v`` (mV) and numbers of the effect.
        In equilibrium bound = load free. One that depends on ``v`` needs the number ``V``, the voltage (mV) at which ``K`` was measured.
    """

    rate: str
    load: str = "C/K"

    @property
    def voltage_dependent(self) -> bool:
        """Whether the affinity depends on the membrane voltage."""
        return "v" in Formula(self.load).names

    def check(self, numbers: Mapping[str, float], where: str) -> None:
        """Raises AmineError if a formula is invalid or uses a number that is not given."""
        known = {"C", "K", "n", "v", *numbers}
        for text, names in ((self.load, known), (self.rate, known | {"bound", "free", "load", "open"})):
            missing = Formula(text).names - names
            if missing:
                raise AmineError(
                    f"{where}, formula '{text}'",
                    f"'{min(missing)}' is not known",
                    hint=did_you_mean(min(missing), names),
                )
        if self.voltage_dependent and "V" not in numbers:
            raise AmineError(
                f"{where}, formula '{self.load}'", "it depends on v", hint="give V, the voltage at which K was measured"
            )


# Woodhull AM (1973) J Gen Physiol 61:687-708; 25.4 mV is RT/F at 22 degC, where most blockers were measured
WOODHULL = Kinetics("koff*open*(load*free - bound)", "C/K*exp(-delta*(v - V)/25.4)")
STEEP = Kinetics(WOODHULL.rate, "(C/K)**n*exp(-delta*(v - V)/25.4)")  # for Hill coefficients other than 1


@dataclass(frozen=True)
class Effect:
    """One effect of a drug; the kinds are described in :mod:`amine.compounds.effects`.

    Parameters
    ----------
    drug : id of the drug.
    target : the target as the network calls it, such as ``"NMDA"``, ``"DAT"``, ``"Nav"``, ``"dopamine"``.
    quantity : the quantity that changes there.
    kind : scale, shift, potentiate, add, activate, law, block or occupy.
    site : binding site; drugs at the same site of a target compete.
    potency : uM. hill : Hill coefficient.
    affinity : dissociation constant (uM) of binding, used where a scheme follows from the receptor to the response; 0: the potency.
    assumed : what its numbers do not say and is assumed, a sentence for a warning.
    limit : factor (or amount, for ``add``) at full occupancy; the cooperativity for ``potentiate``.
    when : ``"pulse"`` for an effect on responses to transmitter pulses only, ``"slow"`` on responses to slow concentrations only.
    law : the factor of the kind ``law``, a formula of the occupancy ``y``, the load ``x``, the concentration ``C``, ``K``, ``n``, ``limit`` and numbers.
    kinetics : binding kinetics of the kind ``block``.
    numbers : further numbers for formulas, by name, in uM, ms, mV and products of them.
    unverified : whether one of its numbers still has to be checked against its source.

    Raises
    ------
    AmineError
        The kind is not known, or a formula is invalid or uses a name that is not defined.
    """

    drug: str
    target: str
    quantity: str
    kind: str
    site: str
    potency: float
    hill: float = 1.0
    limit: float = 0.0
    when: str = ""
    law: str = ""
    kinetics: Kinetics | None = None
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)
    unverified: bool = False
    affinity: float = 0.0
    assumed: str = ""

    def __post_init__(self) -> None:
        where = f"effect of '{self.drug}' on {self.key}"
        if self.kind not in KINDS:
            raise AmineError(where, f"kind '{self.kind}' is not known", hint=did_you_mean(str(self.kind), KINDS))
        if self.when not in ("", "pulse", "slow"):
            raise AmineError(where, f"when='{self.when}' is not known", expected="'pulse', 'slow' or ''")
        taken = sorted(set(self.numbers) & set(GIVEN))
        if taken:
            raise AmineError(where, f"the name '{taken[0]}' of a number is taken", hint="choose another")
        if self.kind == "law":
            missing = Formula(self.law).names - {"C", "K", "n", "x", "y", "limit", *self.numbers}
            if missing:
                raise AmineError(
                    f"{where}, formula '{self.law}'",
                    f"'{min(missing)}' is not known",
                    expected="y, x, C, K, n, limit and numbers",
                )
        if self.kind == "block":
            if self.kinetics is None:
                raise AmineError(where, "a block needs kinetics", hint="give kinetics=")
            self.kinetics.check(self.numbers, where)

    @property
    def key(self) -> str:
        """``target.quantity``."""
        return f"{self.target}.{self.quantity}"

    def load(self, c: Operand) -> Any:
        """Load (c/potency)^hill at a concentration ``c`` (uM): the loads of drugs at one site add up."""
        return load(c, self.potency, self.hill)


@dataclass(frozen=True)
class Use:
    """Action of a drug on a target of a network, the input of its mechanism.

    Parameters
    ----------
    drug : id. target : as the network calls it. kind : of the catalogue's entry, such as ``"receptor"``.
    ionotropic : whether the target is a receptor that is an ion channel.
    site : binding site. values : numbers by role in coherent units, measured on the subtype itself where there are several.
    unverified : whether a number still has to be checked against its source.
    measured : what the potency is: ``binding``, ``functional`` or ``model`` (:class:`~amine.compounds.schema.Measurement`).
    """

    drug: str
    target: str
    kind: str
    ionotropic: bool
    site: str
    values: Mapping[str, float]
    unverified: bool = False
    measured: str = "functional"

    def value(self, role: str, default: float) -> float:
        """Number with the role ``role``, or ``default``."""
        return self.values.get(role, default)

    def effect(self, quantity: str, kind: str, limit: float = 0.0, **more: Any) -> Effect:
        """An effect with the potency, Hill coefficient and site of this action; ``more`` are further arguments of :class:`Effect`."""
        common = {
            "site": self.site,
            "potency": self.values["potency"],
            "hill": self.value("hill", 1.0),
            "unverified": self.unverified,
            "affinity": self.value("affinity", 0.0),
        }
        return Effect(self.drug, self.target, quantity, kind, **{**common, "limit": limit, **more})

    def law(self, quantity: str, text: str, **numbers: float) -> Effect:
        """An effect of kind ``law``: the factor on ``quantity`` is the value of a formula.

        >>> Use("x", "AMPA", "receptor", True, "pore", {"potency": 2.0}).law("conductance", "1 - y**2").kind
        'law'
        """
        return self.effect(quantity, "law", law=text, numbers=numbers)

    def block(self, kinetics: Kinetics, **numbers: float) -> Effect:
        """An effect of kind ``block``: binding with kinetics that stops the current of bound channels."""
        return self.effect("conductance", "block", kinetics=kinetics, numbers=numbers)


@dataclass(frozen=True)
class Mechanism(ABC):
    """A mechanism of drug action at a target, registered by its name.

    Parameters
    ----------
    name : its name in actions and data files.
    site : binding site if an action names none; empty: each drug has a site to itself.

    Examples
    --------
    >>> class Cooperative(Mechanism):
    ...     "Block by two cooperating molecules."
    ...     def effects(self, use):
    ...         return [use.law("conductance", "1 - y**2")]
    >>> pair = Cooperative("cooperative_block", site="pore")
    >>> use = Use("x", "AMPA", "receptor", True, "pore", {"potency": 2.0})
    >>> [e.key for e in pair.effects(use)]
    ['AMPA.conductance']
    """

    name: str
    site: str = ""

    @property
    def roles(self) -> Mapping[str, str]:
        """Roles of measurements that this mechanism adds to those of the library, with their units."""
        return {}

    @abstractmethod
    def effects(self, use: Use) -> Sequence[Effect]:
        """The effects of an action on a target."""


# --- the library -------------------------------------------------------------------------------------------------


@final
@dataclass(frozen=True)
class CompetitiveAntagonist(Mechanism):
    """Competition with the agonist: surmountable for slow agonists; for pulses, binding is complete before and constant during the pulse.

    Gaddum JH (1957) Pharmacol Rev 9:211-218; Arunlakshana O, Schild HO (1959) Br J Pharmacol 14:48-58.
    """

    def effects(self, use: Use) -> list[Effect]:
        if use.site != self.site:
            return [use.effect("", "occupy")]
        return [use.effect("EC50", "shift", when="slow"), use.effect("conductance", "scale", when="pulse")]


@final
@dataclass(frozen=True)
class Agonist(Mechanism):
    """Activation of a receptor with ``efficacy`` (unless the action states its own), in competition with the natural agonist.

    Black JW, Leff P (1983) Proc R Soc Lond B 220:141-162 for partial agonists where the response is not proportional to occupancy.
    """

    efficacy: float = 1.0

    def effects(self, use: Use) -> list[Effect]:
        efficacy = use.value("efficacy", self.efficacy)
        held = use.effect("conductance", "scale", when="pulse")
        if efficacy <= 0.0:
            # at receptors of pulses nothing is open without agonist that it could close
            below = [use.effect("occupancy", "add", efficacy, when="slow")] if efficacy else []
            return [use.effect("EC50", "shift", when="slow"), *below, held]
        more = {} if use.ionotropic or use.measured != "binding" else _from_binding(use, efficacy)
        efficacy = more.pop("limit", efficacy)
        own = use.effect("response", "activate", efficacy, when="slow", **more)
        return [own, use.effect("occupancy", "add", efficacy, when="pulse"), held]


def _from_binding(use: Use, efficacy: float) -> dict[str, Any]:
    """EC50 and maximum of an agonist that is known by its binding constant, by the operational model with a transducer of slope 1.

    The transducer ratio tau is that of the action, or follows from a maximum below 1: EC50 = K/(1 + tau), maximum tau/(1 + tau). Of a
    full agonist without tau nothing but an upper bound of the EC50 is known where receptors are spare.
    """
    K = use.values["potency"]
    if "tau" in use.values:
        tau = use.values["tau"]
        return {"potency": K / (1.0 + tau), "affinity": K, "limit": tau / (1.0 + tau)}
    if efficacy < 1.0:
        return {"potency": K * (1.0 - efficacy), "affinity": K}
    said = f"its potency at {use.target} is a binding constant, and the response may need less or more"
    return {"affinity": K, "assumed": said}


@final
@dataclass(frozen=True)
class Blocker(Mechanism):
    """Non-competitive block of a channel's conductance or a metabotropic receptor's efficacy."""

    def effects(self, use: Use) -> list[Effect]:
        channel = use.ionotropic or use.kind == "channel"
        return [use.effect("conductance" if channel else "efficacy", "scale")]


@final
@dataclass(frozen=True)
class InactivatedBlocker(Mechanism):
    """Binding to a channel's inactivated state (Hille 1977; Bean 1984): a model that follows it has a parameter for one plus the load."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("inactivation", "shift")]


@final
@dataclass(frozen=True)
class NegativeModulator(Mechanism):
    """Reduction of responses, at full occupancy to the factor with the role ``conductance``, or to 0 without it."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("conductance" if use.ionotropic else "efficacy", "scale", use.value("conductance", 0.0))]


@final
@dataclass(frozen=True)
class PositiveModulator(Mechanism):
    """Slower decay of responses to pulses, higher potency of slow agonists, larger conductance: whichever was measured.

    Ehlert FJ (1988) Mol Pharmacol 33:187-194 for the allosteric ternary complex.
    """

    def effects(self, use: Use) -> list[Effect]:
        faces = (
            ("decay", "tau_decay", "scale", "pulse"),
            ("cooperativity", "EC50", "potentiate", "slow"),
            ("conductance", "conductance", "scale", ""),
        )
        return [use.effect(q, kind, use.values[role], when=when) for role, q, kind, when in faces if role in use.values]


@final
@dataclass(frozen=True)
class DesensitizationBlocker(Mechanism):
    """Slower desensitisation of a receptor's scheme, at full occupancy to the factor with the role ``conductance``, or none without it."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("desensitization", "scale", use.value("conductance", 0.0), when="pulse")]


@final
@dataclass(frozen=True)
class OpenChannelBlocker(Mechanism):
    """Block of open channels, with trapping in closed ones and voltage-dependent affinity (Woodhull 1973)."""

    def effects(self, use: Use) -> list[Effect]:
        numbers = {"V": use.value("voltage", 0.0), "delta": use.value("delta", 0.0), "koff": use.value("koff", 0.0)}
        return [use.block(WOODHULL if use.value("hill", 1.0) == 1.0 else STEEP, **numbers)]


@final
@dataclass(frozen=True)
class ChannelOpener(Mechanism):
    """Increase of a conductance to the factor with the role ``conductance``; without that number, opening of a fraction of the channels."""

    def effects(self, use: Use) -> list[Effect]:
        if "conductance" in use.values:
            return [use.effect("conductance", "scale", use.values["conductance"])]
        return [use.effect("occupancy", "add", use.value("efficacy", 1.0))]


@final
@dataclass(frozen=True)
class ReuptakeInhibitor(Mechanism):
    """Competition with the substrate of a transporter."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("Km", "shift")]


@final
@dataclass(frozen=True)
class Releaser(Mechanism):
    """Competition with the substrate of a transporter, and efflux of the substrate through it."""

    def effects(self, use: Use) -> list[Effect]:
        out = [use.effect("Km", "shift")]
        if "efflux" in use.values:
            inside = {"potency": use.value("release", use.values["potency"]), "site": f"{use.site} inside"}
            out.append(use.effect("efflux", "add", use.values["efflux"], **inside))
        return out


@final
@dataclass(frozen=True)
class EnzymeInhibitor(Mechanism):
    """Reduction of the maximal rate of an enzyme."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("Vmax", "scale")]


@final
@dataclass(frozen=True)
class Precursor(Mechanism):
    """Increase of vesicle content in proportion to the concentration; it doubles at the potency."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("content", "shift")]


@final
@dataclass(frozen=True)
class VesicleDepleter(Mechanism):
    """Reduction of vesicle content, at full occupancy to the fraction with the role ``maximum``, or to 0 without it."""

    def effects(self, use: Use) -> list[Effect]:
        return [use.effect("content", "scale", use.value("maximum", 0.0))]


LIBRARY: tuple[Mechanism, ...] = (
    Agonist("agonist", "agonist", 1.0),
    Agonist("partial_agonist", "agonist", 0.5),
    Agonist("inverse_agonist", "agonist", 0.0),
    CompetitiveAntagonist("competitive_antagonist", "agonist"),
    Blocker("noncompetitive_antagonist"),
    OpenChannelBlocker("open_channel_blocker", "pore"),
    PositiveModulator("positive_modulator"),
    DesensitizationBlocker("desensitization_blocker"),
    NegativeModulator("negative_modulator"),
    ReuptakeInhibitor("reuptake_inhibitor", "substrate"),
    Releaser("releaser", "substrate"),
    EnzymeInhibitor("enzyme_inhibitor", "active"),
    Precursor("precursor"),
    VesicleDepleter("vesicle_depleter"),
    Blocker("channel_blocker", "pore"),
    InactivatedBlocker("inactivated_blocker", "pore"),
    ChannelOpener("channel_opener"),
)
_REGISTRY: dict[str, Mechanism] = {m.name: m for m in LIBRARY}


def register_mechanism(new: Mechanism) -> Mechanism:
    """Registers a mechanism under its name, for actions and data files; returns it.

    Parameters
    ----------
    new : an object of a subclass of :class:`Mechanism`; see there for an example.

    Raises
    ------
    AmineError
        The object is not a mechanism, or another mechanism has its name.

    Examples
    --------
    >>> register_mechanism(Blocker("plug", "pore")).name in mechanism_names()
    True
    """
    if not isinstance(new, Mechanism):
        raise AmineError(
            "mechanism",
            "this is not a mechanism",
            given=repr(new)[:40],
            expected="an object of a subclass of am.compounds.Mechanism",
        )
    known = _REGISTRY.get(new.name, new)
    again = (type(known).__module__, type(known).__qualname__) == (type(new).__module__, type(new).__qualname__)
    if known is not new and (known in LIBRARY or not again):  # a cell of a notebook may be run again
        raise AmineError(f"mechanism '{new.name}'", "the name is taken", hint="choose another")
    _REGISTRY[new.name] = new
    return new


def mechanism(name: str | Mechanism) -> Mechanism:
    """A mechanism by name; a mechanism object is registered and returned.

    Parameters
    ----------
    name : name of a registered mechanism, or a mechanism.

    Raises
    ------
    AmineError
        The name is not known, or the name of a new mechanism is taken.

    Examples
    --------
    >>> mechanism("agonist").site
    'agonist'
    """
    if isinstance(name, Mechanism):
        return register_mechanism(name)
    if name not in _REGISTRY:
        raise AmineError("action", f"mechanism '{name}' is not known", hint=did_you_mean(str(name), _REGISTRY))
    return _REGISTRY[name]


def mechanism_names() -> list[str]:
    """Names of all mechanisms.

    >>> "open_channel_blocker" in mechanism_names()
    True
    """
    return list(_REGISTRY)


def own_roles() -> dict[str, str]:
    """Roles of measurements that custom mechanisms add, with their units."""
    return {role: unit for m in _REGISTRY.values() for role, unit in m.roles.items()}
