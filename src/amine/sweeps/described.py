"""Networks that are described with other values: what a running network does not follow is set here.

The names are those of running networks (``"E.tau_m"``, ``"E.AMPA.tau"``, ``"P->E.weight"``, ``"dose:ketamine"``); to them come ``rate`` and
``weight`` of Poisson input by its name, and the number of a projection's pattern, such as ``"E->I.p"`` or ``"E->I.indegree"``, and
potencies of drugs that have a dose, ``"potency:bicuculline@SK"``.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from amine.compounds import catalogue
from amine.compounds.doses import Course, as_course
from amine.engine.resolve.resolved import resolve
from amine.engine.time.log import from_plain_data
from amine.engine.time.loop import Loop
from amine.engine.time.names import SHARED
from amine.errors import AmineError, AmineWarning, did_you_mean
from amine.network.network import Network
from amine.sweeps import potencies
from amine.sweeps.axes import DOSE, Target

PATTERNS = ("p", "indegree", "outdegree", "total")
Values = Mapping[str, Any]  # plain data by name


def prepared(net: Network, names: Iterable[str]) -> Network:
    """A copy of a network that has a dose, which may be none, of each drug that is named."""
    out = Network.from_dict(net.to_dict())
    for name in names:
        if name.startswith(DOSE) and (drug := catalogue.drug(name.removeprefix(DOSE)).id) not in _drugs(out):
            out.dose(drug, "0 uM")
    return out


def _drugs(net: Network) -> list[str]:
    return [d.drug for d in net.doses]


def canonical(name: str) -> str:
    """A name with the drug's name as the catalogue has it."""
    if name.startswith(potencies.POTENCY):
        return potencies.canonical(name)
    return f"{DOSE}{catalogue.drug(name.removeprefix(DOSE)).id}" if name.startswith(DOSE) else name


def targets(loop: Loop) -> dict[str, Target]:
    """All names of a network that can be swept."""
    found = {n: Target(s.unit, s.limit, s.follows, s.kind, s.reason) for n, s in loop.settable().items()}
    net = loop.network
    names = Counter([*net.populations, *(x.name for x in (*net.projections, *net.inputs))])
    for i in net.inputs:
        weight = next((t.unit for n, t in found.items() if n.endswith(".weight")), "nS")
        why = SHARED if names[i.name] > 1 else ""
        found |= {f"{i.name}.rate": Target("1/ms", "nonnegative", False, reason=why)}
        found |= {f"{i.name}.weight": Target(weight, "", False, reason=why)}
    for drug in _drugs(loop.network):
        found |= {n: Target("uM", "positive", False, "potency") for n in potencies.names_of(drug)}
    for s in loop.network.projections:
        if s.pattern.kind in PATTERNS and isinstance(s.pattern.value, int | float):
            why = SHARED if names[s.name] > 1 else ""
            found[f"{s.name}.{s.pattern.kind}"] = Target("1", "nonnegative", False, reason=why)
    return found


def target(known: Mapping[str, Target], name: str) -> Target:
    """What a name stands for; raises AmineError with the nearest name if there is none."""
    if name not in known:
        near = [n for n in known if n.partition(".")[0] == name.partition(".")[0]] or list(known)
        raise AmineError("sweep", f"there is no value '{name}'", hint=did_you_mean(name, near))
    if known[name].reason == SHARED:
        raise AmineError("sweep", f"several values have the name '{name}'", hint="give each part a name of its own")
    return known[name]


@contextmanager
def quiet() -> Iterator[None]:
    """Context without the warnings that a sweep has given once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmineWarning)
        yield


def described(data: Mapping[str, Any], values: Values, seed: int) -> Network:
    """The network of a description, with a seed and with other values; raises AmineError if one of them cannot be given.

    Potencies are not part of a description: :func:`amine.sweeps.potencies.replaced`.
    """
    out = {**data, "seed": seed}
    for name, value in values.items():
        if name.startswith(potencies.POTENCY):
            continue
        if name.startswith(DOSE):
            out["doses"] = _doses(out.get("doses", ()), name.removeprefix(DOSE), value)
            continue
        owner, own = _parted(name, out)
        part = next(p for p in _PUT if any(d["name"] == owner for d in out[p]))
        out[part] = [_PUT[part](d, own, value, out) if d["name"] == owner else d for d in out[part]]
    return Network.from_dict(out)


def _parted(name: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Owner of a value, and its name there."""
    owners = [d["name"] for part in _PUT for d in data[part]]
    owner = max((n for n in owners if name.startswith(f"{n}.")), key=len, default="")
    if not owner:
        raise AmineError("sweep", f"there is no value '{name}'", hint=did_you_mean(name, owners))
    return owner, name[len(owner) + 1 :]


def _doses(doses: Iterable[Mapping[str, Any]], drug: str, value: Any) -> list[Mapping[str, Any]]:
    """Doses with that of a drug in place of all its others."""
    found = from_plain_data(value)
    course = found if isinstance(found, Course) else as_course(str(found), f"sweep, '{DOSE}{drug}'")
    return [*(d for d in doses if d["drug"] != drug), {"drug": drug, "course": course.to_dict()}]


def _population(d: Mapping[str, Any], own: str, value: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """A population with another parameter, state at time zero, or parameter of a receptor."""
    if own in d["parameters"]:
        return {**d, "parameters": {**d["parameters"], own: value}}
    label, _, inner = own.partition(".")
    if not inner:
        return {**d, "initial": {**d["initial"], own: value}}
    port = _port(data, d["name"], label)
    if inner not in port["parameters"]:
        return {**d, "initial": {**d["initial"], f"{inner}_{label}": value}}
    changed = {**port, "parameters": {**port["parameters"], inner: value}}
    return {**d, "receptors": {**d["receptors"], label: changed}}


def _port(data: Mapping[str, Any], population: str, label: str) -> dict[str, Any]:
    """A receptor of a population as plain data, whether it was declared there or added by a projection."""
    member = next(m for m in resolve(Network.from_dict(data)).members if m.name == population)
    return member.receptors[label].port.to_dict()


def _projection(d: Mapping[str, Any], own: str, value: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """A projection with another weight, delay or number of its pattern."""
    if own == "delay":
        return {**d, "delay": value}
    if own == d["pattern"]["kind"]:
        number = float(value)
        return {**d, "pattern": {"kind": own, "value": number if own == "p" else int(number)}}
    label = own if own != "weight" else next(iter(d["receptors"]))
    return {**d, "receptors": {**d["receptors"], label: value}}


def _entry(d: Mapping[str, Any], own: str, value: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    return {**d, own: value}


_PUT = {"populations": _population, "projections": _projection, "inputs": _entry}

__all__ = ["canonical", "described", "prepared", "quiet", "target", "targets"]
