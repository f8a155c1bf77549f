"""From milligrams to the free concentration in the brain: doses for a human body, with one compartment.

The unbound concentration around neurons is Kp,uu fu C(t), with C the total concentration in plasma, fu the unbound fraction there and Kp,uu the
ratio of unbound concentrations in brain and plasma at steady state. C is Bateman's function (1910, Proc Camb Philos Soc 15:423),

    C(t) = F D / (V M) ka / (ka - k) (exp(-k t) - exp(-ka t)),    k = CL / V,

or F D / (V M) exp(-k t) into a vein; ka follows from the time of the peak. Doses that are repeated add up. Clearance, volume and unbound
fraction are those of Obach RS, Lombardo F, Waters NJ (2008) Drug Metab Dispos 36:1385-1405; the others wait for a check (:func:`human`).

For research and teaching; no clinical claim: bodies differ several fold, and tolerance and the delay of the barrier are left out.
Active metabolites are followed by :mod:`amine.compounds.metabolites`.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from amine.compounds.catalogue import drug as find_drug
from amine.compounds.doses import Course
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.compounds.schema import Drug
    from amine.given import Quantity

_HOUR = 3.6e6  # ms
_MASSES = {"ug": 1e-3, "mg": 1.0, "g": 1e3}
STEADY = (
    20.0  # half-lives before time 0 over which doses have been taken at steady state: a millionth is left of the first
)


@dataclass(frozen=True)
class Human:
    """Human pharmacokinetics of a drug.

    Parameters
    ----------
    drug : id. volume : L/kg. clearance : mL/min/kg. fu : unbound fraction in plasma.
    bioavailability : fraction of an oral dose that reaches the circulation. peak : time (h) of the highest concentration after it.
    brain : Kp,uu, unbound concentration in the brain over that in plasma; 1 without a number.
    unverified : names of the numbers that were not checked against a source. note : remarks.
    """

    drug: str
    volume: float
    clearance: float
    fu: float
    bioavailability: float | None = None
    peak: float | None = None
    brain: float = 1.0
    unverified: tuple[str, ...] = ()
    note: str = ""

    @property
    def rate(self) -> float:
        """Rate of elimination k in 1/ms."""
        return self.clearance / self.volume / 1e3 / 6e4

    @property
    def half_life(self) -> float:
        """Half-life of elimination in ms."""
        return math.log(2) / self.rate

    @property
    def absorption(self) -> float:
        """Rate of absorption ka in 1/ms, from the time of the peak."""
        assert self.peak is not None
        return absorption_rate(self.peak * _HOUR, self.rate)


def absorption_rate(peak: float, k: float) -> float:
    """The rate ka above k at which Bateman's function has its peak at a time, by bisection; just above k if the peak is later than 1/k.

    >>> ka = absorption_rate(2.0, 0.1)
    >>> round(math.log(ka / 0.1) / (ka - 0.1), 9)
    2.0
    """
    if peak * k >= 1.0:
        return k * (1.0 + 1e-9)
    low, high = k * (1.0 + 1e-9), k * 2.0
    when = lambda ka: math.log(ka / k) / (ka - k)  # noqa: E731
    while when(high) > peak:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if when(middle) > peak else (low, middle)
    return 0.5 * (low + high)


@cache
def _table() -> Mapping[str, Human]:
    file = resources.files("amine.compounds").joinpath("data", "human", "pharmacokinetics.toml")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _row(name, row) for name, row in data.items()}


def _row(name: str, row: Mapping[str, Any]) -> Human:
    numbers: dict[str, Any] = {k: tuple(x) if isinstance(x, list) else x for k, x in row.items()}
    return Human(name, **numbers)


def human(drug: str) -> Human:
    """Human pharmacokinetics of a drug of the catalogue.

    Parameters
    ----------
    drug : its name.

    Raises
    ------
    AmineError
        The drug is not known, or has no pharmacokinetics here.

    Examples
    --------
    >>> h = human("diazepam")
    >>> h.fu, round(h.half_life / 3.6e6), h.unverified
    (0.023, 30, ('bioavailability', 'peak', 'brain'))
    """
    which = find_drug(drug).id
    if which not in _table():
        raise AmineError(
            f"pharmacokinetics of {which}",
            "no human parameters are known here",
            hint=f"{did_you_mean(which, _table())}; give a concentration, or am.bolus(...) with half-lives",
        )
    return _table()[which]


def human_drugs() -> list[str]:
    """Ids of the drugs with human pharmacokinetics.

    >>> len(human_drugs())
    36
    """
    return list(_table())


@dataclass(frozen=True)
class Amount:
    """An amount of any drug for a body; made by :func:`oral` and :func:`intravenous`, and turned into a course by the drug's parameters."""

    milligrams: float
    kilograms: float
    times: tuple[float, ...]
    route: str
    every: float = 0.0
    steady: bool = False
    brain: float | None = None
    metabolites: bool = True

    def share(self, h: Human) -> float:
        """Part of the dose that reaches the circulation."""
        return 1.0 if self.route == "intravenous" else float(h.bioavailability or 1.0)

    def absorbed(self, h: Human) -> float:
        """Rate of absorption in 1/ms; raises AmineError for a drug that is not given by mouth."""
        if h.peak is None:
            raise AmineError(f"dose of {h.drug}", "it is not given by mouth", hint="use am.intravenous(...)")
        return h.absorption

    def course(self, drug: Drug | str) -> Course:
        """Free concentration of a drug in the brain over time.

        Raises
        ------
        AmineError
            The drug has no human parameters, or is not given by this route.
        """
        d = drug if not isinstance(drug, str) else find_drug(drug)
        h = human(d.id)
        rates = [h.rate] if self.route == "intravenous" else [self.absorbed(h), h.rate]
        assert d.molar_mass is not None
        free = h.fu * (h.brain if self.brain is None else self.brain)
        litres = h.volume * self.kilograms
        level = self.share(h) * free * self.milligrams / litres / d.molar_mass * 1e3  # uM
        numbers: dict[str, Any] = {"peak": level * _height(rates), "amplitudes": [level], "rates": rates}
        doses = [
            Course("exponentials", {**numbers, "at": t}) for t in (*self.before(STEADY * h.half_life), *self.times)
        ]
        return doses[0] if len(doses) == 1 else Course("sum", {"parts": doses})

    def before(self, duration: float) -> list[float]:
        """Times (ms, negative) of the doses that lead to the steady state, over a duration (ms)."""
        if not self.steady:
            return []
        n = math.ceil(duration / self.every)
        return [self.times[0] - self.every * i for i in range(n, 0, -1)]


def _height(rates: Sequence[float]) -> float:
    """Greatest value of Bateman's function of unit amplitude."""
    if len(rates) == 1:
        return 1.0
    ka, k = rates
    t = math.log(ka / k) / (ka - k)
    return math.exp(-k * t)


def _amount(amount: str, weight: Quantity, where: str) -> tuple[float, float]:
    """Milligrams and kilograms."""
    body = re.fullmatch(r"\s*(\d+\.?\d*(?:[eE][-+]?\d+)?)\s*(kg|g)\s*", str(weight))
    if body is None or float(body[1]) <= 0:
        raise AmineError(
            f"{where}, weight", "this is not the weight of a body", given=repr(weight), expected='such as "70 kg"'
        )
    kilograms = float(body[1]) * (1.0 if body[2] == "kg" else 1e-3)
    found = re.fullmatch(r"\s*(\d+\.?\d*(?:[eE][-+]?\d+)?)\s*(ug|mg|g)(\s*/\s*kg)?\s*", str(amount))
    if found is None or float(found[1]) <= 0:
        raise AmineError(
            f"{where}, amount", "this is not an amount", given=repr(amount), expected='such as "10 mg" or "0.1 mg/kg"'
        )
    return float(found[1]) * _MASSES[found[2]] * (kilograms if found[3] else 1.0), kilograms


def _made(
    route: str,
    amount: str,
    weight: Quantity,
    at: Quantity,
    every: Quantity | None,
    doses: int,
    steady: bool,
    brain: float | None,
    metabolites: bool,
) -> Amount:
    where = f"{route}()"
    milligrams, kilograms = _amount(amount, weight, where)
    first = float(to_internal(at, "ms", f"{where}, at", nonnegative=True))
    if isinstance(doses, bool) or not isinstance(doses, int) or doses < 1:
        raise AmineError(f"{where}, doses", "this is not a number of doses", given=repr(doses), expected="1 or more")
    if every is None and (doses > 1 or steady):
        raise AmineError(where, "the interval between doses is missing", hint='give every="12 h"')
    if brain is not None and not (isinstance(brain, int | float) and 0.0 <= brain < math.inf):
        raise AmineError(f"{where}, brain", "this is not a ratio of concentrations", given=repr(brain))
    step = 0.0 if every is None else float(to_internal(every, "ms", f"{where}, every", positive=True))
    times = tuple(first + step * i for i in range(doses))
    return Amount(milligrams, kilograms, times, route, step, steady, brain, metabolites)


# fmt: off
def oral(
    amount: str, *, weight: Quantity = "70 kg", at: Quantity = "0 ms", every: Quantity | None = None, doses: int = 1,
    steady: bool = False, brain: float | None = None, metabolites: bool = True,
) -> Amount:
    """A dose by mouth, or several, for a human body; ``net.dose`` turns it into the free concentration of the drug in the brain.

    Parameters
    ----------
    amount : such as ``"10 mg"`` or ``"0.1 mg/kg"``. weight : of the body.
    at : time of the first dose. every, doses : interval and number of doses.
    steady : whether doses have been taken at this interval for long before the first one.
    brain : ratio of unbound concentrations in brain and plasma (Kp,uu); None: that of the table, 1 if it has none.
    metabolites : whether ``net.dose`` also gives the drug's active metabolites, where their pharmacokinetics are known here.

    Raises
    ------
    AmineError
        An amount, a weight or a time is not one, or the interval is missing.

    Examples
    --------
    >>> c = oral("10 mg").course("diazepam")
    >>> round(float(c.at(3.6e6)) * 1e3, 1)  # nM, free in the brain, after an hour
    11.3
    """
    return _made("oral", amount, weight, at, every, doses, steady, brain, metabolites)


def intravenous(
    amount: str, *, weight: Quantity = "70 kg", at: Quantity = "0 ms", every: Quantity | None = None, doses: int = 1,
    steady: bool = False, brain: float | None = None, metabolites: bool = True,
) -> Amount:
    """A dose into a vein, distributed at once; arguments and errors as those of :func:`oral`.

    Examples
    --------
    >>> c = intravenous("5 mg").course("midazolam")
    >>> round(float(c.at(0.0)) * 1e3, 2)
    3.39
    """
    return _made("intravenous", amount, weight, at, every, doses, steady, brain, metabolites)
# fmt: on


__all__ = ["Amount", "Human", "absorption_rate", "human", "human_drugs", "intravenous", "oral"]
