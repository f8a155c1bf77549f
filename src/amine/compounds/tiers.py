"""What users decide about the second tier: missing numbers, targets that are left out, further targets of curated drugs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from amine.compounds import bulk
from amine.compounds.catalogue import drug, override, target_ids
from amine.compounds.schema import Action, Drug, Measurement
from amine.compounds.targets import actions_on, related
from amine.errors import AmineError, did_you_mean


def complete(name: str, target: str, *, leave_out: bool = False, mechanism: str = "", **numbers: float | str) -> Drug:
    """Give numbers that the second tier lacks for an action of a drug, in this process; returns the drug.

    Parameters
    ----------
    name : a drug. target : the target of the action.
    leave_out : ignore this target.
    mechanism : another mechanism than that of the database.
    numbers : by role, such as ``efficacy=0.4`` or ``potency="30 nM"``.

    Raises
    ------
    AmineError
        The drug does not act on the target, or a role or unit is wrong.

    Examples
    --------
    >>> complete("clonazepam", "GABA_A_phasic", decay=1.4).uncurated
    True
    """
    d = drug(name)
    mine = actions_on(d, target)
    if not mine:
        known = [t for a in d.actions for t in a.targets]
        raise AmineError(d.where, f"it has no action on '{target}'", hint=did_you_mean(target, known))
    if not leave_out and not numbers and not mechanism:
        raise AmineError(d.where, "no number is given", expected=mine[0].needs or "a number by its role")
    given = tuple(
        Measurement(role, x if isinstance(x, str) else float(x), source="given by the user", role=role)
        for role, x in numbers.items()
    )
    new: list[Action] = []
    for a in d.actions:
        if a not in mine:
            new.append(a)
        elif not leave_out:
            kept = tuple(m for m in a.measurements if m.role not in numbers)
            new.append(
                replace(a, measurements=given + kept, needs=_still(a, numbers), mechanism=mechanism or a.mechanism)
            )
    changed = replace(d, actions=tuple(new))
    override(changed)
    return changed


def _still(action: Action, given: Mapping[str, object]) -> str:
    """Roles that an action still needs after some were given."""
    left = [part for part in action.needs.split(", ") if part and not set(part.split("|")) & set(given)]
    return ", ".join(left)


def further(name: str) -> tuple[Action, ...]:
    """Actions of a curated drug at further targets, as the second tier has them; they do not act unless :func:`extend` adds them.

    Parameters
    ----------
    name : a drug.

    Examples
    --------
    >>> "positive_modulator" in {a.mechanism for a in further("diazepam")}
    False
    """
    d = drug(name)
    mine = {t for a in d.actions for x in a.targets for t in related(x)}
    for found in bulk.ligands().values():
        if (d.inchikey and d.inchikey == found.inchikey) or (d.pubchem_cid and d.pubchem_cid == found.cid):
            return tuple(a for a in bulk.actions(found, target_ids()) if not mine & set(a.targets))
    return ()


def extend(name: str, *targets: str) -> Drug:
    """Let a curated drug act at further targets by uncurated numbers, in this process; returns the drug.

    Parameters
    ----------
    name : a drug. targets : some of those of :func:`further`; none: all.

    Raises
    ------
    AmineError
        The second tier has no number for a target.
    """
    d, more = drug(name), further(name)
    known = [t for a in more for t in a.targets]
    for t in targets:
        if t not in known:
            raise AmineError(d.where, f"there is no uncurated number at '{t}'", hint=did_you_mean(t, known))
    added = [replace(a, note="uncurated") for a in more if not targets or set(a.targets) & set(targets)]
    changed = replace(d, actions=(*d.actions, *added))
    override(changed)
    return changed
