"""Doses of the four compounds, and what drugs of the catalogue do to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeAlias

from amine.compounds import catalogue
from amine.compounds.doses import Course, as_course
from amine.compounds.effects import effects_of, receptor_response, steady_factor
from amine.errors import AmineError, warn
from amine.learn.checks import number
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.compounds.effects import Factors
    from amine.given import Quantity

Dose: TypeAlias = tuple[str, float]  # drug of the catalogue, concentration in uM

# compound -> receptor of its action, transporter or enzyme that removes it
SYSTEMS = {
    "dopamine": ("D1", "DAT"),
    "acetylcholine": ("M1", "AChE"),
    "noradrenaline": ("alpha1", "NET"),
}
READ = {
    "GABA_A": ("conductance", "tau_decay", "EC50"),
    **{receptor: ("EC50", "response", "occupancy", "efficacy", "conductance") for receptor, _ in SYSTEMS.values()},
    **{remover: ("Km", "Vmax") for _, remover in SYSTEMS.values()},
    **dict.fromkeys(SYSTEMS, ("content",)),
}


@dataclass(frozen=True)
class Chemistry:
    """Doses of the four compounds relative to the natural one, and the leak.

    Parameters
    ----------
    gaba : factor on lateral inhibition; 0: none, and new memories overwrite old ones.
    dopamine : factor on the error that teaches; 0: nothing is learned, 2 or more: unstable.
    acetylcholine : factor on the expected uncertainty in the gain of learning ``1 / (1 + acetylcholine u)``.
    noradrenaline : how far a surprise lets go of inhibition and read-out: to ``0.05**noradrenaline``; 0: not at all.
    leak : conductance of the neurons beside inhibition; in mathematics the penalty of a ridge regression.

    Raises
    ------
    AmineError
        A dose is negative or not finite, or the leak is not above 0.

    Examples
    --------
    >>> Chemistry().under([("gabazine", 0.2)]).gaba
    0.5
    """

    gaba: float = 1.0
    dopamine: float = 1.0
    acetylcholine: float = 1.0
    noradrenaline: float = 0.0
    leak: float = 0.3

    def __post_init__(self) -> None:
        for f in fields(self):
            x = getattr(self, f.name)
            if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x) or x < 0.0:
                raise AmineError(
                    f"engram, {f.name}", "this value does not fit", given=repr(x)[:40], expected="0 or above"
                )
        if self.leak == 0.0:
            raise AmineError(
                "engram, leak", "without a leak nothing is at rest", given="0", expected="a number above 0"
            )

    def under(self, doses: Sequence[Dose]) -> Chemistry:
        """Doses of the compounds in the presence of drugs at constant concentrations, by the catalogue's algebra.

        GABA acts by the charge of a synaptic current: conductance times decay of GABA_A. The others act by the response of a receptor (D1, M1,
        alpha1) to a natural concentration that equals its EC50, scaled by content of vesicles and by uptake (Km / Vmax of DAT, AChE, NET).
        """
        factors = factors_of(doses)
        if factors is None:
            return self
        given = {"gaba": factors.get("GABA_A.conductance", 1.0) * factors.get("GABA_A.tau_decay", 1.0)}
        given |= {compound: _response(compound, factors) for compound in SYSTEMS}
        return replace(self, **{name: float(getattr(self, name) * x) for name, x in given.items()})


def dose_of(drug: str, concentration: Quantity | Course) -> Dose:
    """A drug by its name in the catalogue and a constant concentration in uM, checked, with a warning if it does not act on this rule."""
    known = catalogue.drug(drug).id
    where = f"Dose of {known}"
    course = as_course(concentration if isinstance(concentration, str | Course) else f"{concentration} uM", where)
    if course.kind != "constant" or course.numbers["start"] != 0.0 or not math.isinf(course.numbers["stop"]):
        raise AmineError(where, "samples have no times", given=str(course), expected="a constant concentration")
    effects = [e for e in effects_of(known, READ) if e.kind != "occupy"]
    unread = sorted({e.key for e in effects if e.quantity not in READ[e.target]})
    if not effects:
        warn(where, "it acts on nothing here", hint=f"the rule has {', '.join(READ)}")
    elif unread or any(e.key == "GABA_A.occupancy" for e in effects):
        warn(where, f"a part of its action has no place in this rule: {', '.join(unread)}")
    return known, float(course.peak)


def factors_of(doses: Sequence[Dose]) -> Factors | None:
    """Factors on all quantities of the rule under drugs together; None without drugs."""
    total: dict[str, float] = {}
    for drug, concentration in _pairs(doses):
        total[drug] = total.get(drug, 0.0) + concentration
    effects = [e for drug in total for e in effects_of(drug, READ)]
    return steady_factor(effects, total) if effects else None


def _pairs(doses: Sequence[Dose]) -> Sequence[Dose]:
    for dose in doses:
        if not isinstance(dose, tuple) or len(dose) != 2 or not isinstance(dose[0], str):
            raise AmineError("engram, doses", "a dose is a drug and a concentration in uM", given=repr(dose)[:40])
        number(f"Dose of {dose[0]}, concentration in uM", dose[1], 0.0)
    return doses


def _response(compound: str, factors: Factors) -> float:
    """Response of a compound's receptor relative to that without drugs."""
    receptor, remover = SYSTEMS[compound]
    slow = factors.slow
    kept = slow.get(f"{remover}.Km", 1.0) / slow.get(f"{remover}.Vmax", 1.0)
    level = slow.get(f"{compound}.content", 1.0) * kept
    return receptor_response(level, 1.0, factors, receptor) / receptor_response(1.0, 1.0, {}, receptor)
