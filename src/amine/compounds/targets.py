"""What acts where: targets with their families and members, and the drugs that act on them."""

from __future__ import annotations

from amine.compounds.catalogue import advice, drug, entries, find_entry
from amine.compounds.schema import Action, Drug, Family
from amine.errors import AmineError

TARGETS = ("family", "receptor", "transporter", "enzyme", "channel", "transmitter")


def related(target: str) -> set[str]:
    """Ids of a target, the families it belongs to, and its members if it is a family; empty if it is not known.

    Parameters
    ----------
    target : name of a receptor, family, transporter, enzyme, channel or transmitter.

    Examples
    --------
    >>> sorted(related("nmda"))
    ['NMDA', 'NMDA_GluN2A', 'NMDA_GluN2B']
    """
    found = find_entry(target, TARGETS)
    if found is None:
        return set()
    out = {found.id, *(found.members if isinstance(found, Family) else ())}
    return out | {f.id for f in entries("family") if isinstance(f, Family) and found.id in f.members}


def actions_on(which: Drug | str, target: str) -> list[Action]:
    """The actions of a drug on a target, its family or its members.

    Parameters
    ----------
    which : a drug or its name.
    target : name of a receptor, family, transporter, enzyme, channel or transmitter.

    Raises
    ------
    AmineError
        The drug is not known.

    Examples
    --------
    >>> " ".join(a.mechanism for a in actions_on("ketamine", "NMDA"))
    'open_channel_blocker'
    """
    d = which if isinstance(which, Drug) else drug(which)
    ids = related(target)
    return [a for a in d.actions if ids & set(a.targets)]


def acting_on(target: str) -> list[Drug]:
    """Drugs that act on a target, its family or its members.

    Parameters
    ----------
    target : name of a receptor, family, transporter, enzyme, channel or transmitter.

    Raises
    ------
    AmineError
        The target is not known.

    Examples
    --------
    >>> "tiagabine" in [d.id for d in acting_on("GAT1")]
    True
    """
    if not related(target):
        raise AmineError("compounds", f"target '{target}' is not known", hint=advice(target, TARGETS))
    return [d for d in entries("drug") if isinstance(d, Drug) and actions_on(d, target)]
