"""Active metabolites of a dose in milligrams: their free concentrations in the brain.

Of the parent that is eliminated from the circulation at the rate k, the fraction f becomes the metabolite, which is eliminated at the rate km: with
A for amounts in mol,

    dA/dt = absorption - k A,    dAm/dt = f k A - km Am,

so that Am is a sum of exponentials of the rates of absorption, k and km; the free concentration in the brain is Kp,uu fu Am / Vm, with the metabolite's own
Vm and fu. What is lost on the first pass through gut and liver, and metabolites of metabolites, are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.catalogue import entries
from amine.compounds.doses import Course
from amine.compounds.pharmacokinetics import STEADY, Amount, human, human_drugs
from amine.compounds.schema import Drug

if TYPE_CHECKING:
    from amine.compounds.forms import Metabolite

APART = 1e-4  # rates closer than this, relative to each other, are taken to differ by it


def followed(drug: Drug) -> list[Metabolite]:
    """The active metabolites of a drug that have pharmacokinetics here.

    >>> from amine.compounds.catalogue import drug
    >>> [m.drug for m in followed(drug("diazepam"))]
    ['nordazepam']
    """
    return [m for m in drug.metabolites if m.drug in human_drugs()]


def parents(drug: str) -> list[Drug]:
    """Drugs that have a drug (its id) as an active metabolite.

    >>> [d.id for d in parents("nordazepam")]
    ['diazepam']
    """
    return [d for d in entries("drug") if isinstance(d, Drug) and any(m.drug == drug for m in d.metabolites)]


def metabolite_course(amount: Amount, drug: Drug, metabolite: Metabolite) -> Course:
    """Free concentration in the brain of an active metabolite of a dose.

    Parameters
    ----------
    amount : the dose. drug : the parent. metabolite : one of :func:`followed`.

    Raises
    ------
    AmineError
        Parent or metabolite has no human parameters, or the parent is not given by this route.

    Examples
    --------
    >>> from amine.compounds import drug, oral
    >>> parent = drug("diazepam")
    >>> course = metabolite_course(oral("10 mg"), parent, followed(parent)[0])
    >>> day, week = course.at([8.64e7, 6.048e8])
    >>> bool(day > week > 0.0)
    True
    """
    h, m = human(drug.id), human(metabolite.drug)
    assert drug.molar_mass is not None
    rates = apart([h.rate, m.rate] if amount.route == "intravenous" else [amount.absorbed(h), h.rate, m.rate])
    share = amount.share(h) * metabolite.fraction * m.fu * m.brain
    level = (
        share * amount.milligrams / (m.volume * amount.kilograms) / drug.molar_mass * 1e3
    )  # uM, of molecules of the parent
    before = rates[:-1]
    factor = level * math.prod(before)
    amplitudes = [factor / math.prod(other - r for j, other in enumerate(rates) if j != i) for i, r in enumerate(rates)]
    peak = _peak(amplitudes, rates)
    given = {"peak": peak, "amplitudes": amplitudes, "rates": rates}
    slowest = math.log(2) / min(rates)
    first = amount.before(max(h.half_life, slowest) * STEADY)
    parts = [Course("exponentials", {**given, "at": t}) for t in (*first, *amount.times)]
    return parts[0] if len(parts) == 1 else Course("sum", {"parts": parts})


def apart(rates: Sequence[float]) -> list[float]:
    """Rates that differ from each other by a part of at least :data:`APART`, which a sum of exponentials needs.

    >>> a, b = apart([1.0, 1.0])
    >>> round(b - a, 6)
    0.0001
    """
    out: list[float] = []
    for r in rates:
        while any(abs(r - x) < 0.5 * APART * x for x in out):
            r *= 1.0 + APART
        out.append(r)
    return out


def _peak(amplitudes: Sequence[float], rates: Sequence[float]) -> float:
    """Greatest value of a sum of exponentials that rises from zero and falls to it, within a thousandth."""
    t = np.geomspace(1e-3 / max(rates), 50.0 / min(rates), 4000)
    return float(np.max(np.sum([a * np.exp(-r * t) for a, r in zip(amplitudes, rates, strict=True)], axis=0)))


__all__ = ["apart", "followed", "metabolite_course", "parents"]
