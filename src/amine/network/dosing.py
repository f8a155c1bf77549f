"""Doses of drugs in a description."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amine.compounds import catalogue
from amine.compounds.doses import Course, as_course
from amine.compounds.metabolites import followed, metabolite_course
from amine.compounds.pharmacokinetics import Amount
from amine.compounds.schema import Drug
from amine.errors import AmineError, warn
from amine.frozen import append, closed
from amine.network.doors import door
from amine.network.numbers import name_of, number
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.network.network import Network


@closed("give another: net.dose(drug, concentration)")
@dataclass(frozen=True)
class Dose:
    """A drug and its concentration over time (:class:`amine.compounds.doses.Course`); made by :meth:`Network.dose`."""

    drug: str
    course: Course


@door
def dose(net: Network, drug: str, concentration: Quantity | Course | Amount) -> Dose:
    """Add a dose of a drug; doses of one drug add up, and different drugs act together.

    Parameters
    ----------
    drug : its name in the catalogue.
    concentration : constant, such as ``"0.5 uM"`` or a mass, ``"200 ng/mL"``, or over time: ``am.bath``, ``am.bolus``, ``am.dose_ramp``, ``am.dose_table``;
        or an amount for a human body, ``am.oral("10 mg")`` or ``am.intravenous("5 mg")``, which also adds doses of the drug's active metabolites.

    A mixture of isomers acts by its own numbers; one that has none is given as its isomers.

    Raises
    ------
    AmineError
        Unknown drug, unit missing, negative concentration.

    Examples
    --------
    >>> import amine as am
    >>> am.Network().dose("ketamine", "1 uM").drug
    'ketamine'
    """
    if not isinstance(concentration, str | Course | Amount):
        concentration = f"{number(concentration, 'uM', 'Dose', nonnegative=True)!r} uM"
    first, *others = doses_of(name_of(drug, "Dose", "the drug's name"), concentration)
    out = append(net.doses, first)
    for other in others:
        append(net.doses, other)
    return out


def doses_of(drug: str, concentration: Quantity | Course | Amount) -> list[Dose]:
    """Doses from the arguments of :meth:`Network.dose`: of the drug, and of its active metabolites or its isomers."""
    main, known = dose_of(drug, concentration), catalogue.drug(drug)
    out = _of_isomers(known, main.course) if known.isomers and not known.actions else [main]
    if not isinstance(concentration, Amount) or not concentration.metabolites:
        return out
    with_numbers = followed(known)
    for m in known.metabolites:
        if m not in with_numbers:
            hint = f'give net.dose("{m.drug}", am.bolus(...)), or metabolites=False'
            warn(
                f"Dose of {known.id}",
                f"its active metabolite {m.drug} has no human parameters here and is left out",
                hint=hint,
            )
    return [*out, *(Dose(m.drug, metabolite_course(concentration, known, m)) for m in with_numbers)]


def _of_isomers(mixture: Drug, course: Course) -> list[Dose]:
    return [Dose(x.drug, course.scaled(x.share)) for x in mixture.isomers]


def dose_of(drug: str, concentration: Quantity | Course | Amount) -> Dose:
    """Dose from the arguments of :meth:`Network.dose`, checked."""
    known = catalogue.drug(drug)
    if isinstance(concentration, Amount):
        return Dose(known.id, concentration.course(known))
    mass = _MASS.fullmatch(concentration) if isinstance(concentration, str) else None
    if mass is not None:
        concentration = _molar(mass, known)
    return Dose(known.id, as_course(concentration, f"Dose of {known.id}"))


_GRAMS = {"ng": 1e-9, "ug": 1e-6, "mg": 1e-3, "g": 1.0}
_LITRES = {"mL": 1e-3, "ml": 1e-3, "dL": 0.1, "L": 1.0, "l": 1.0}
_MASS = re.compile(rf"\s*([-+\d.eE]+)\s*({'|'.join(_GRAMS)})/({'|'.join(_LITRES)})\s*")


def _molar(mass: re.Match[str], drug: Drug) -> str:
    """The concentration that is given as mass over volume, by the drug's molar mass."""
    where, (amount, grams, litres) = f"Dose of {drug.id}", mass.groups()
    if not drug.molar_mass:
        raise AmineError(where, "its molar mass is not known", given=mass.group().strip(), expected="a value in uM")
    litre = number(f"{amount} uM", "uM", where, nonnegative=True) * _GRAMS[grams] / _LITRES[litres]
    return f"{litre / drug.molar_mass * 1e6!r} uM"
