"""Schema of all compounds: transmitters, receptors, transporters, enzymes, channels and drugs, checked on creation.

A number is a :class:`Measurement`: the quantity, its value or range, the unit, the condition and the source. Of several measurements of
one quantity, models use those with a ``role``; the first one with a role is its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import isfinite, sqrt

from amine.compounds.forms import Ionisation, Isomer, Metabolite, check_forms
from amine.compounds.mechanisms import Mechanism, mechanism, own_roles
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass
from amine.shown import Shown
from amine.units import dimension_of, unit_part
from amine.values import scalar

# Roles of measurements in models, with their units.
ROLES = {
    "potency": "uM",  # EC50, Ki, Kd or IC50 that the model uses
    "affinity": "uM",  # Kd or Ki of binding, where the potency is that of a response
    "hill": "1",
    "tau": "1",  # of an agonist, its transducer ratio: above 1 receptors are spare
    "efficacy": "1",  # of an agonist, relative to the natural one; negative for an inverse agonist
    "cooperativity": "1",  # of a modulator: the agonist's EC50 is divided by it at full occupancy
    "decay": "1",  # of a modulator: the factor of the decay time constant at full occupancy
    "conductance": "1",  # of a modulator: the factor of the conductance at full occupancy
    "maximum": "1",  # factor of the amount in a vesicle at full occupancy
    "kon": "1/uM/ms",
    "koff": "1/ms",
    "delta": "1",  # electrical distance of a blocker's site
    "voltage": "mV",  # at which the potency of a blocker was measured
    "release": "uM",  # half-maximal efflux
    "efflux": "uM/ms",  # greatest outward flux through a transporter
    "open": "1",  # probability that a channel is open at the peak of a synaptic event
    "reversal": "mV",
    "Km": "uM",
    "Vmax": "uM/ms",
}
_WORDS = {"fold": "1", "G^n": "1"}
MEASURES = ("binding", "functional", "model")
PREPARATIONS = ("native", "recombinant")


def roles() -> dict[str, str]:
    """Roles of measurements in models, with their units: those of the library and of custom mechanisms."""
    return {**ROLES, **own_roles()}


@dataclass(frozen=True)
class Measurement:
    """A measured number with its source.

    Parameters
    ----------
    quantity : the quantity that was measured, such as ``"Ki"``, ``"IC50"``, ``"Km"``.
    value : the number in ``unit``, or text with a unit such as ``"0.5 uM"``; None if only a range is known.
    unit : its unit.
    low, high : a published range.
    condition : preparation, temperature, voltage.
    source : key of a source, or a citation.
    ref : primary papers behind an entry of a data base.
    unverified : taken from memory or second hand, to be checked before relying on it.
    role : its use in models; one of :func:`roles`.
    target : the subtype it was measured on, where an action has several.
    hill : Hill coefficient of the curve it belongs to.
    measure : ``"binding"`` (of a ligand to the receptor), ``"functional"`` (of a response), ``"model"`` (a constant of a published model);
        by default binding for Ki and Kd, functional otherwise.
    preparation : ``"native"`` (tissue or neurons), ``"recombinant"``, or empty.

    Raises
    ------
    AmineError
        The number is missing or outside its range, or the unit or role is not known.

    Examples
    --------
    >>> Measurement("Ki", "280 nM", source="my own", role="potency").internal
    0.28
    """

    quantity: str
    value: float | str | None = None
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    condition: str = ""
    source: str = ""
    ref: str = ""
    unverified: bool = False
    note: str = ""
    role: str = ""
    target: str = ""
    hill: float | None = None
    measure: str = ""
    preparation: str = ""

    def __post_init__(self) -> None:
        where = f"measurement '{self.quantity}'"
        for name, known in (("measure", MEASURES), ("preparation", PREPARATIONS)):
            if getattr(self, name) not in ("", *known):
                given = str(getattr(self, name))
                raise AmineError(where, f"this {name} is not known", given=given, expected=", ".join(known))
        if isinstance(self.value, str):
            text = self.value.strip()
            unit = unit_part(text, where)
            object.__setattr__(self, "value", float(text if unit == "1" else text.removesuffix(unit)))
            object.__setattr__(self, "unit", unit)
        numbers = [x for x in (self.value, self.low, self.high) if x is not None]
        for x in [*numbers, *([self.hill] if self.hill is not None else [])]:
            if isinstance(x, bool) or not isinstance(x, int | float) or not isfinite(x):
                raise AmineError(where, "this is not a finite number", given=repr(x))
        if self.value is None and (self.low is None or self.high is None):
            raise AmineError(where, "neither a value nor a range is given")
        ordered = [x for x in (self.low, self.value, self.high) if x is not None]
        if ordered != sorted(ordered):
            raise AmineError(where, "low, value and high are not in order", given=str(ordered))
        if self.role and self.role not in roles():
            raise AmineError(where, f"role '{self.role}' is not known", hint=did_you_mean(self.role, roles()))
        self._check_unit(where)
        if (
            self.role
            in ("potency", "affinity", "hill", "release", "kon", "koff", "Km", "Vmax", "cooperativity", "decay")
            and self.best <= 0
        ):
            raise AmineError(where, "the value must be positive", given=str(self.best))

    def _check_unit(self, where: str) -> None:
        dimension = dimension_of(_WORDS.get(self.unit, self.unit))
        if self.role and dimension != dimension_of(roles()[self.role]):
            raise AmineError(where, "wrong dimension", given=self.unit, expected=f"a value in {roles()[self.role]}")

    @property
    def measured(self) -> str:
        """What was measured: ``binding``, ``functional`` or ``model``."""
        return self.measure or ("binding" if self.quantity.startswith(("Ki", "Kd", "KD")) else "functional")

    @property
    def best(self) -> float:
        """The value; without one, the geometric mean of the range (the middle where it is not positive)."""
        if self.value is not None:
            return float(self.value)
        low, high = float(self.low or 0.0), float(self.high or 0.0)
        return sqrt(low * high) if low > 0 else (low + high) / 2

    @property
    def internal(self) -> float:
        """:attr:`best` in the coherent system: uM, ms, mV and products of them."""
        unit = _WORDS.get(self.unit, self.unit)
        return self.best if unit == "1" else scalar(f"{self.best!r} {unit}", unit, self.quantity)

    def __str__(self) -> str:
        number = "" if self.value is None else f"{self.value:g} "
        span = f"{self.low:g} to {self.high:g}" if self.low is not None and self.high is not None else ""
        unit = "" if self.unit == "1" else f" {self.unit}"
        middle = f"{number.strip()} ({span})" if number and span else number.strip() or span
        return f"{self.quantity} {middle}{unit}"


@dataclass(frozen=True)
class Rate:
    """A rate or constant of a kinetic scheme."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Scheme:
    """A kinetic scheme of a receptor: equations or transitions (``A <-> B: forward, backward``) and their rates."""

    id: str
    equations: tuple[str, ...]
    rates: tuple[Rate, ...]
    source: str = ""
    pulse: str = ""
    note: str = ""


@dataclass(frozen=True)
class Step:
    """A step of synthesis."""

    precursor: str
    product: str
    enzyme: str = ""
    other: str = ""
    note: str = ""


@dataclass(frozen=True)
class Removal:
    """Removal of a transmitter: ``kind`` is uptake, enzyme, conversion or reaction, ``by`` the transporter or enzyme."""

    kind: str
    by: str = ""
    other: str = ""
    note: str = ""


@dataclass(frozen=True)
class Consequence:
    """Cellular consequence of a receptor's activation: ``where`` (pre, post or plasticity), the target and its change."""

    where: str
    target: str
    change: str
    model_rule: str = ""
    source: str = ""
    unverified: bool = False


def _with_role(measurements: Sequence[Measurement], role: str, target: str = "") -> Measurement | None:
    """Measurement with a role: the one made on ``target`` if there is one, else the first."""
    found = [m for m in measurements if m.role == role]
    return next((m for m in found if target and m.target == target), found[0] if found else None)


@dataclass(frozen=True)
class Action:
    """Action of a drug at one site.

    Parameters
    ----------
    targets : ids of receptors, families of receptors, transporters, enzymes, channels, or (precursors) transmitters.
    mechanism : name of a mechanism (:func:`amine.compounds.mechanisms.mechanism_names`), or a custom mechanism, which is registered.
    measurements : numbers; models use those with a role.
    site : name of the binding site; drugs at one site of a target compete. Empty: the default site of the mechanism.
    default : reason why these numbers are the default, in a sentence.
    note : further remarks.
    needs : of an uncurated action, roles of the numbers that have to be given before it can be simulated.

    Examples
    --------
    >>> a = Action(["NMDA"], "open_channel_blocker", [Measurement("IC50", "1 uM", role="potency")])
    >>> a.value("potency")
    1.0
    """

    targets: tuple[str, ...]
    mechanism: str | Mechanism
    measurements: tuple[Measurement, ...] = ()
    site: str = ""
    default: str = ""
    note: str = ""
    needs: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", texts(self.targets, "action, targets"))
        object.__setattr__(self, "measurements", tuple(self.measurements))
        if not self.targets:
            raise AmineError("action", "no target is named")
        object.__setattr__(self, "mechanism", mechanism(self.mechanism).name)

    def measurement(self, role: str, target: str = "") -> Measurement | None:
        """Measurement with a role, preferably one made on ``target``; None if there is none."""
        return _with_role(self.measurements, role, target)

    def value(self, role: str, target: str = "", default: float | None = None) -> float | None:
        """Number of the measurement with a role in coherent units, or ``default``."""
        found = self.measurement(role, target)
        return default if found is None else found.internal


def texts(value: object, where: str) -> tuple[str, ...]:
    """A list of names as a tuple; one name is a list of one. Raises AmineError for anything else."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or any(not isinstance(x, str) for x in value):
        raise AmineError(where, "this is not a list of names", given=repr(value)[:40])
    return tuple(value)


@dataclass(frozen=True, kw_only=True)
class Entry(Shown):
    """Base of all entries of the catalogue."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    notes: str = ""
    measurements: tuple[Measurement, ...] = ()

    kind = "entry"

    def __post_init__(self) -> None:
        for f in ("id", "name"):
            text = getattr(self, f)
            if not isinstance(text, str) or not text.strip():
                raise AmineError(self.kind, f"its {f} is not text", given=repr(text)[:40])
            if not text.isprintable() or set(text) & set("$\\"):  # names appear in figures and file names
                expected = "printable characters other than $ and \\"
                raise AmineError(
                    self.kind, f"its {f} has a character that is not allowed", given=repr(text)[:40], expected=expected
                )
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, list):
                object.__setattr__(self, f.name, tuple(value))

    @property
    def where(self) -> str:
        """Place named in error messages."""
        return f"{self.kind} '{self.id}'"

    def measurement(self, role: str) -> Measurement | None:
        """First measurement with a role; None if there is none."""
        return _with_role(self.measurements, role)

    def value(self, role: str, default: float | None = None) -> float | None:
        """Number of the measurement with a role in coherent units, or ``default``."""
        found = self.measurement(role)
        return default if found is None else found.internal


@dataclass(frozen=True, kw_only=True)
class Compound(Entry):
    """A substance: what can be drawn and weighed. ``smiles`` is empty for long peptides, which have a ``sequence``."""

    formula: str = ""
    molar_mass: float | None = None
    smiles: str = ""
    inchikey: str = ""
    pubchem_cid: int | None = None
    cid_unverified: bool = False
    structure_source: str = ""
    stereo_note: str = ""
    sequence: str = ""


@dataclass(frozen=True, kw_only=True)
class Transmitter(Compound):
    """A substance that neurons release, with its synthesis, its receptors and its removal."""

    chemical_class: str = ""
    nature: str = "small_molecule"
    sign: str = ""
    release: str = ""
    synthesis: tuple[Step, ...] = ()
    removal: tuple[Removal, ...] = ()
    receptors: tuple[str, ...] = ()

    kind = "transmitter"


@dataclass(frozen=True, kw_only=True)
class Receptor(Entry):
    """A receptor or subtype, with affinities, kinetic schemes and consequences. ``label`` is its name in networks."""

    family: str = ""
    label: str = ""
    genes: tuple[str, ...] = ()
    coupling: str = ""
    agonists: tuple[str, ...] = ()
    coagonists: tuple[str, ...] = ()
    ions: tuple[str, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    consequences: tuple[Consequence, ...] = ()

    kind = "receptor"

    def scheme(self, name: str) -> Scheme:
        """A kinetic scheme by its id."""
        for s in self.schemes:
            if s.id == name:
                return s
        raise AmineError(
            self.where, f"scheme '{name}' is not known", hint=did_you_mean(name, [s.id for s in self.schemes])
        )


@dataclass(frozen=True, kw_only=True)
class Family(Entry):
    """Receptors or channels with one label in networks, such as ``NMDA``; the first member is the default."""

    members: tuple[str, ...] = ()

    kind = "family"


@dataclass(frozen=True, kw_only=True)
class Transporter(Entry):
    """A transporter of the plasma membrane or of vesicles."""

    gene: str = ""
    substrates: tuple[str, ...] = ()
    location: str = ""

    kind = "transporter"


@dataclass(frozen=True, kw_only=True)
class Enzyme(Entry):
    """An enzyme of synthesis or breakdown."""

    genes: tuple[str, ...] = ()
    ec: str = ""
    reaction: str = ""

    kind = "enzyme"


@dataclass(frozen=True, kw_only=True)
class Channel(Entry):
    """An ion channel on which drugs act. Models declare which of their parameters stands for it (``stands_for``)."""

    genes: tuple[str, ...] = ()
    ions: tuple[str, ...] = ()

    kind = "channel"


@dataclass(frozen=True, kw_only=True)
class Drug(Compound):
    """A drug or toxin and its actions; ``uncurated`` for those of the second tier (:mod:`amine.compounds.bulk`).

    The numbers of a mixture of ``isomers`` are those of the mixture. Without actions of its own it acts as its isomers do.

    Examples
    --------
    >>> d = Drug(id="x", name="x", actions=[Action(["NMDA"], "competitive_antagonist",
    ...                                            [Measurement("Ki", "1 uM", role="potency", source="own")])])
    >>> d.actions[0].targets
    ('NMDA',)
    """

    drug_class: str = ""
    actions: tuple[Action, ...] = ()
    uncurated: bool = False
    isomers: tuple[Isomer, ...] = ()
    metabolites: tuple[Metabolite, ...] = ()
    ionisations: tuple[Ionisation, ...] = ()

    kind = "drug"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_forms(self.where, self.id, self.isomers, self.metabolites)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A citation, and against what its numbers were checked: table, abstract, code, computed, secondary or no."""

    cite: str
    checked: str = "no"


KINDS: dict[str, type[Entry]] = {
    "transmitter": Transmitter,
    "receptor": Receptor,
    "family": Family,
    "transporter": Transporter,
    "enzyme": Enzyme,
    "channel": Channel,
    "drug": Drug,
}
