"""Checks of a projection's transmission: transmitter, level of detail, release and cleft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.compounds import catalogue
from amine.errors import AmineError, did_you_mean
from amine.models.ports import LEVELS, kinetic_port
from amine.network.cables import has_tree
from amine.network.numbers import number
from amine.network.parts import Group
from amine.network.receptors import scheme_of
from amine.values import normalise, scalar

if TYPE_CHECKING:
    from amine.compounds.schema import Entry
    from amine.given import Quantity
    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import Synapses


def check_transmission(
    net: Network, sources: Group, targets: Group, labels: list[str], transmitter: object, detail: str, where: str
) -> str | None:
    """Id of the transmitter in the catalogue, or None if none is given; AmineError if a receptor does not bind it."""
    if detail not in LEVELS:
        raise AmineError(where, f"detail '{detail}' is not known", hint=did_you_mean(str(detail), LEVELS))
    for v in targets.views() if detail != "receptor" else ():
        if has_tree(net.populations[v.population]):
            raise AmineError(
                where,
                f"population '{v.population}' is multicompartmental, and receptors on compartments are linear filters",
                given=f"detail='{detail}'",
                hint="say detail='receptor'",
            )
        for label in labels if net.populations[v.population].model.kind == "neuron" else ():
            model = scheme_of(net.populations[v.population], label, where)
            _ = model.parsed
            if detail == "kinetic":
                _one_value(model, where)
    if transmitter is None:
        return None
    if not isinstance(transmitter, str):
        raise AmineError(where, "the transmitter must be a name", given=repr(transmitter)[:40])
    entry = catalogue.transmitter(transmitter)
    for label in labels:
        answers(label, entry, where)
    return entry.id


def _one_value(model: Model, where: str) -> None:
    kinetic_port(model)  # raises AmineError if the scheme cannot live at the source
    for n, value in model.parameters.items():
        if not isinstance(value, str):
            raise AmineError(
                f"{where}, {model.where[:1].lower() + model.where[1:]}, parameter '{n}'",
                "the state lives at the source, so it must be one value for all targets",
                hint="say detail='explicit'",
            )


def answers(label: str, entry: Entry, where: str) -> None:
    """Raise AmineError if a receptor of the catalogue does not bind a transmitter; unknown receptors pass."""
    members = next((f.members for f in catalogue.entries("family") if f.id == label), (label,))
    known = [r for r in catalogue.entries("receptor") if r.id in members]
    if not known or any(r.id in entry.receptors or entry.id in r.agonists for r in known):
        return
    takes = sorted({a for r in known for a in r.agonists})
    raise AmineError(
        where,
        f"receptor '{label}' does not answer to {entry.name}",
        given=f"transmitter '{entry.id}', whose receptors are {', '.join(entry.receptors)}",
        hint=f"'{label}' answers to {', '.join(takes)}" if takes else "",
    )


def check_release(release: Model | None, detail: str, where: str) -> None:
    """Check a quantal release: the number of sites, and quanta of equal size if the cleft lives at the source."""
    names = None if release is None else release.quanta
    if release is None or names is None:
        return
    sites, spread = (release.parameters.get(n) for n in names[:2])
    for n, value in zip(names, (sites, spread), strict=False):
        if not isinstance(value, str):
            raise AmineError(f"{where}, release, parameter '{n}'", "it must be one value")
    count = number(sites, "1", f"{where}, release, {names[0]}")
    if count != round(count) or not 1 <= count <= 255:
        raise AmineError(
            f"{where}, release, {names[0]}",
            "the number of sites is out of range",
            given=f"{count:g}",
            expected="a whole number of 1..255",
        )
    cv = number(spread, "1", f"{where}, release, {names[1]}", nonnegative=True)
    if cv > 0 and detail == "kinetic":
        raise AmineError(
            f"{where}, release",
            "quanta of different size need a separate cleft at each synapse",
            given=f"{names[1]} = {cv:g}",
            hint=f"say {names[1]}=0 or detail='explicit'",
        )


def check_plastic(part: Synapses, where: str) -> None:
    """Refuse plasticity with kinetic schemes or quantal release, in which weights enter states between spikes."""
    release = part.release
    if part.detail != "receptor":
        given = f"detail='{part.detail}'"
    elif release is not None and (release.quantal or release.differs):
        given = f"release '{release.name}'"
    else:
        return
    raise AmineError(
        where,
        "plastic weights need linear filters and a release that is computed at the source",
        given=given,
        hint="say detail='receptor' and a release such as tsodyks_markram with one value for each parameter",
    )


def check_cleft(cleft: Model | None, detail: str, where: str) -> Model | None:
    """Model of the cleft with one value for each parameter, or None for square pulses."""
    if cleft is None:
        return None
    if detail == "receptor":
        raise AmineError(where, "filters have no cleft", hint="say detail='kinetic' or detail='explicit'")
    for n, v in cleft.parameters.items():
        place = f"{where}, cleft, parameter '{n}'"
        if not isinstance(v, str):
            raise AmineError(place, "it must be one value")
        x = scalar(v, cleft.units[n], place)
        if cleft.all_limits.get(n) == "share" and x > 0 and detail == "kinetic":
            raise AmineError(place, "spillover needs a separate cleft at each synapse", hint="say detail='explicit'")
    return cleft


def check_minis(rate: Quantity | None, targets: Group, net: Network, detail: str, where: str) -> str | None:
    """Rate of spontaneous release as text, or None."""
    if rate is None:
        return None
    value = normalise(rate, "Hz", f"{where}, minis", nonnegative=True)
    if not isinstance(value, str):
        raise AmineError(
            f"{where}, minis", "it must be one value for all synapses", hint="make a projection for each value"
        )
    if detail != "receptor":
        raise AmineError(f"{where}, minis", "spontaneous release needs linear filters", given=f"detail='{detail}'")
    for v in targets.views():
        if has_tree(net.populations[v.population]):
            raise AmineError(f"{where}, minis", f"population '{v.population}' has compartments", hint="use net.poisson")
    return value
