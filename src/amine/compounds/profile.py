"""Selectivity: how much of each target a drug holds at a concentration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amine.compounds import catalogue
from amine.compounds.algebra import occupancy
from amine.compounds.forms import PHYSIOLOGICAL
from amine.compounds.schema import Action, Drug
from amine.compounds.tiers import further
from amine.errors import AmineError
from amine.records import dataclass
from amine.shown import Shown
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity


@dataclass(frozen=True)
class Held:
    """Occupancy of one target by a drug at a concentration.

    Parameters
    ----------
    target : id. mechanism : of the action there.
    potency : uM, of ``quantity`` such as ``"Ki"``; ``low`` and ``high`` its published range.
    occupancy : 0..1, without competitors and in equilibrium; ``at_low`` and ``at_high`` at the ends of the range.
    onset, washout : time constants in ms of binding at this concentration, 1/(kon c + koff), and of unbinding, 1/koff; None where the
        rates are not known.
    curated, unverified : where the number comes from.
    """

    target: str
    mechanism: str
    quantity: str
    potency: float
    occupancy: float
    at_low: float
    at_high: float
    onset: float | None
    washout: float | None
    curated: bool
    unverified: bool
    needs: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON-compatible data."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Profile(Shown):
    """Occupancies of a drug's targets at a concentration (uM), the highest first."""

    drug: str
    concentration: float
    rows: tuple[Held, ...]

    def __str__(self) -> str:
        return profile_table(self)


def profile_of(drug: Drug | str, at: Quantity, *, uncurated: bool = False) -> Profile:
    """Occupancies of all targets of a drug at a concentration, in equilibrium and without competitors.

    Parameters
    ----------
    drug : a drug or its name. at : free concentration, such as ``"100 nM"``.
    uncurated : also list further targets that the second tier has for a curated drug.

    Raises
    ------
    AmineError
        The drug is not known, the concentration is not positive, or no target of it has a number.

    Examples
    --------
    >>> p = profile_of("gabazine", "180 nM")
    >>> [r.target for r in p.rows][0]
    'GABA_A_alpha1'
    """
    d = drug if isinstance(drug, Drug) else catalogue.drug(drug)
    c = scalar(at, "uM", "profile_of, at", positive=True)
    rows = _rows(d.actions, c, not d.uncurated)
    if uncurated and not d.uncurated:
        rows += _rows(further(d.id), c, False)
    if not rows:
        raise AmineError(d.where, "none of its targets has a number")
    return Profile(d.id, c, tuple(sorted(rows, key=lambda r: (-r.occupancy, r.target))))


def _rows(actions: Sequence[Action], c: float, curated: bool) -> list[Held]:
    return [r for a in actions for t in a.targets if (r := _held(a, t, c, curated)) is not None]


def _held(a: Action, target: str, c: float, curated: bool) -> Held | None:
    k = a.measurement("potency", target)
    if k is None:
        return None
    hill = a.value("hill", target, 1.0) or 1.0
    share = lambda x: float(occupancy(c, x, hill))  # noqa: E731
    scale = k.internal / k.best
    low = k.low * scale if k.low else k.internal
    high = k.high * scale if k.high else k.internal
    koff, kon = a.value("koff", target), _kon(a, target)
    return Held(
        target,
        str(a.mechanism),
        k.quantity,
        k.internal,
        share(k.internal),
        share(high),
        share(low),
        1.0 / (kon * c + koff) if kon and koff else None,
        1.0 / koff if koff else None,
        curated and a.note != "uncurated",
        k.unverified,
        a.needs,
    )


def _kon(a: Action, target: str) -> float | None:
    """Rate of binding in 1/uM/ms: measured, with a role or without."""
    known = a.value("kon", target)
    return known if known else next((m.internal for m in a.measurements if m.quantity == "kon"), None)


def profile_table(p: Profile) -> str:
    """A profile as a text table.

    >>> print(profile_table(profile_of("gabazine", "180 nM")).splitlines()[0])
    gabazine at 0.18 uM: occupancy in equilibrium, without competitors
    """
    head = ("target", "action", "potency (uM)", "occupancy", "range", "onset", "wash-out", "")
    rows: list[tuple[str, ...]] = [head]
    for r in p.rows:
        span = f"{100 * r.at_low:.0f} to {100 * r.at_high:.0f} %" if r.at_low < r.at_high else ""
        marks = [*([] if r.curated else ["uncurated"]), *(["(?)"] if r.unverified else [])]
        marks += [f"needs {r.needs.replace('|', ' or ')}"] if r.needs else []
        action, number = r.mechanism.replace("_", " "), f"{r.quantity} {r.potency:.3g}"
        rows.append(
            (r.target, action, number, f"{100 * r.occupancy:.1f} %", span, _time(r.onset), _time(r.washout), ", ".join(marks))
        )  # fmt: skip
    width = [max(len(r[i]) for r in rows) for i in range(len(head))]
    lines = ["  ".join(f"{x:<{w}}" for x, w in zip(r, width, strict=True)).rstrip() for r in rows]
    title = f"{p.drug} at {p.concentration:g} uM: occupancy in equilibrium, without competitors"
    return "\n".join([title, "", *lines, *_forms(p.drug)])


def _forms(drug: str) -> list[str]:
    """What else is in a solution or a body beside the molecule of the table: isomers, charge, active metabolites."""
    d = catalogue.find_entry(drug, ("drug",))
    if not isinstance(d, Drug):
        return []
    mixed = " and ".join(f"{x.drug} ({100 * x.share:g} %)" for x in d.isomers)
    out = [f"A mixture of isomers, whose numbers these are: {mixed}."] if mixed else []
    charged = ", ".join(f"{100 * x.charged():.0f} % of it charged (pKa {x.pKa:g})" for x in d.ionisations)
    out += [f"At pH {PHYSIOLOGICAL}: {charged}."] if charged else []
    made = ", ".join(m.drug for m in d.metabolites)
    out += [f"Active metabolites, which have profiles of their own: {made}."] if made else []
    return ["", *out] if out else []


def _time(ms: float | None) -> str:
    if ms is None or not math.isfinite(ms):
        return ""
    return f"{ms:.3g} ms" if ms < 1e3 else f"{ms / 1e3:.3g} s" if ms < 6e4 else f"{ms / 6e4:.3g} min"
