"""Forms of a drug in a solution and in a body: the isomers of a racemate, charged and neutral molecules, active metabolites."""

from __future__ import annotations

from collections.abc import Sequence

from amine.errors import AmineError
from amine.records import dataclass

PHYSIOLOGICAL = 7.4  # pH of tissue and artificial cerebrospinal fluid
CHARGES = ("base", "acid")


@dataclass(frozen=True)
class Isomer:
    """An isomer in a mixture, such as one of the two of a racemate.

    Parameters
    ----------
    drug : id of its own entry in the catalogue.
    share : part of the molecules of the mixture.

    Raises
    ------
    AmineError
        The share is not above 0 and at most 1.

    Examples
    --------
    >>> Isomer("escitalopram", 0.5).share
    0.5
    """

    drug: str
    share: float

    def __post_init__(self) -> None:
        _part(self.share, f"isomer '{self.drug}', share")


@dataclass(frozen=True)
class Metabolite:
    """An active metabolite, which doses in milligrams bring along (:func:`amine.oral`).

    Parameters
    ----------
    drug : id of its own entry in the catalogue, which has its numbers and, for doses in milligrams, its pharmacokinetics.
    fraction : part of the molecules of the parent that become it, by way of the circulation.
    condition, source, unverified : as those of a :class:`~amine.compounds.schema.Measurement`.

    Raises
    ------
    AmineError
        The fraction is not above 0 and at most 1.

    Examples
    --------
    >>> Metabolite("morphine", 0.05).drug
    'morphine'
    """

    drug: str
    fraction: float
    condition: str = ""
    source: str = ""
    unverified: bool = False

    def __post_init__(self) -> None:
        _part(self.fraction, f"metabolite '{self.drug}', fraction")


@dataclass(frozen=True)
class Ionisation:
    """A group that takes or gives a proton.

    Parameters
    ----------
    pKa : negative logarithm of the dissociation constant.
    kind : ``"base"`` (charged with its proton) or ``"acid"`` (charged without).
    condition, source, unverified : as those of a :class:`~amine.compounds.schema.Measurement`.

    Raises
    ------
    AmineError
        The kind is not known, or the pKa is none.

    Examples
    --------
    >>> round(Ionisation(7.9, "base").charged(7.4), 2)
    0.76
    """

    pKa: float
    kind: str
    condition: str = ""
    source: str = ""
    unverified: bool = False

    def __post_init__(self) -> None:
        if self.kind not in CHARGES:
            given = repr(self.kind)
            raise AmineError("ionisation", "this kind is not known", given=given, expected=" or ".join(CHARGES))
        if isinstance(self.pKa, bool) or not -5.0 <= self.pKa <= 20.0:
            raise AmineError("ionisation", "this is no pKa", given=repr(self.pKa), expected="-5 to 20")

    def charged(self, pH: float = PHYSIOLOGICAL) -> float:
        """Charged part of the molecules at a pH (Henderson and Hasselbalch)."""
        if not 0.0 <= pH <= 14.0:
            raise AmineError("ionisation", "this is no pH", given=repr(pH), expected="0 to 14")
        return 1.0 / (1.0 + 10.0 ** ((pH - self.pKa) if self.kind == "base" else (self.pKa - pH)))


def _part(x: float, where: str) -> None:
    if isinstance(x, bool) or not isinstance(x, int | float) or not 0.0 < x <= 1.0:
        raise AmineError(where, "this is no part", given=repr(x), expected="above 0 and at most 1")


def check_forms(where: str, own: str, isomers: Sequence[Isomer], metabolites: Sequence[Metabolite]) -> None:
    """Raise AmineError if isomers are more than the whole, or a drug is named twice, or is its own isomer or metabolite."""
    total = sum(x.share for x in isomers)
    if total > 1.0 + 1e-9:
        raise AmineError(f"{where}, isomers", "their shares are more than the whole", given=f"{total:g}")
    for what, names in (("isomers", [x.drug for x in isomers]), ("metabolites", [x.drug for x in metabolites])):
        if own in names:
            raise AmineError(f"{where}, {what}", "the drug itself is among them", given=own)
        if len(set(names)) < len(names):
            raise AmineError(f"{where}, {what}", "a drug is among them twice", given=", ".join(names))


__all__ = ["Ionisation", "Isomer", "Metabolite", "check_forms"]
