"""Doses of drugs in a description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amine.compounds import catalogue
from amine.compounds.doses import Course, as_course
from amine.compounds.pharmacokinetics import Amount
from amine.frozen import append, closed
from amine.network.doors import door
from amine.network.numbers import name_of, number

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
    concentration : constant, such as ``"0.5 uM"``, or over time: ``am.bath``, ``am.bolus``, ``am.dose_ramp``, ``am.dose_table``;
        or an amount for a human body, ``am.oral("10 mg")`` or ``am.intravenous("5 mg")``.

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
    return append(net.doses, dose_of(name_of(drug, "Dose", "the drug's name"), concentration))


def dose_of(drug: str, concentration: Quantity | Course | Amount) -> Dose:
    """Dose from the arguments of :meth:`Network.dose`, checked."""
    known = catalogue.drug(drug)
    if isinstance(concentration, Amount):
        return Dose(known.id, concentration.course(known))
    return Dose(known.id, as_course(concentration, f"Dose of {known.id}"))
