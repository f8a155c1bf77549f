"""What a page shows of a drug or a transmitter: structure, receptors, the curve of its binding, sources."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from amine.compounds import catalogue
from amine.compounds.pharmacokinetics import human, human_drugs
from amine.compounds.profile import profile_of
from amine.compounds.schema import Compound, Drug
from amine.compounds.signals import Load, Share
from amine.compounds.text import words
from amine.engine.resolve.chemistry import signals_of
from amine.errors import AmineError
from amine.units import to_internal
from amine.view.structures import structure

if TYPE_CHECKING:
    from amine.network.network import Network

MOST_BINDING = 6


def molecules(net: Network) -> list[dict[str, Any]]:
    """Drugs of a network's doses, and transmitters of its fields."""
    here = _bound(net)
    out = [_drug(catalogue.drug(n), here.get(n, {})) for n in dict.fromkeys(d.drug for d in net.doses)]
    for name in net.fields:
        try:
            found = catalogue.transmitter(name)
        except AmineError:  # a field of the user's own
            continue
        out.append({**_compound(found), "binding": _receptors(net, name)})
    return out


def _bound(net: Network) -> dict[str, dict[str, Load]]:
    """What each drug binds in a network, and the potencies that are used there: drug -> label -> load."""
    found = signals_of(net)
    if found is None:
        return {}
    names = {i: n for n, i in found.program.names.items()}
    out: dict[str, dict[str, Load]] = {}
    for op in found.program.operations:
        for load in op.loads if isinstance(op, Share) else ():
            drug = names.get(load.signal, "")
            if isinstance(op, Share) and drug.startswith("dose:"):
                out.setdefault(drug.removeprefix("dose:"), {})[names[op.out].partition(":")[0]] = load
    return out


def _compound(c: Compound) -> dict[str, Any]:
    try:
        svg = str(structure(c, width=320, height=220))
    except AmineError:  # no structure is known, or RDKit is not installed
        svg = ""
    return {
        "id": c.id,
        "name": c.name,
        "kind": c.kind,
        "formula": c.formula,
        "mass": c.molar_mass,
        "svg": svg,
        "class": "",
    }


def _drug(d: Drug, here: dict[str, Load]) -> dict[str, Any]:
    """What it binds in the network, with the numbers that are used, and then what else it binds; with sources."""
    binding = []
    for a in d.actions:
        for target in a.targets:
            k = a.measurement("potency", target)
            if k is not None:
                cite = catalogue.source(k.source).cite if k.source else ""
                hill = a.value("hill", target, 1.0) or 1.0
                binding.append(
                    {
                        "target": target, "action": words(a), "quantity": k.quantity, "K": k.internal, "hill": hill,
                        "unverified": k.unverified, "source": cite, "condition": k.condition,
                    }
                )  # fmt: skip
    with suppress(AmineError):
        order = [r.target for r in profile_of(d, "1 uM").rows]
        binding.sort(key=lambda b: order.index(b["target"]) if b["target"] in order else 99)
    hours = human(d.id).half_life / 3.6e6 if d.id in human_drugs() else None
    return {
        **_compound(d),
        "half_life": hours,
        "class": d.drug_class,
        "binding": [*_here(here, binding), *_merged(binding)][:MOST_BINDING],
    }


def _here(here: dict[str, Load], binding: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bindings in the network, each with the action and the source of the catalogue's number."""
    plain = {"action": "", "quantity": "EC50", "unverified": False, "source": "", "condition": ""}
    out = []
    for label, load in sorted(here.items(), key=lambda x: float(x[1].potency)):
        same = next((b for b in binding if abs(b["K"] / load.potency - 1) < 1e-6), plain)
        out.append({**same, "target": f"{label} here", "K": load.potency, "hill": load.hill})
    return out


def _merged(binding: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Targets with one action and one number as one entry."""
    out: dict[tuple[Any, ...], dict[str, Any]] = {}
    for b in binding:
        key = (b["action"], b["quantity"], b["K"], b["hill"])
        if key in out:
            out[key] = {**out[key], "target": f"{out[key]['target']}, {b['target']}"}
        else:
            out[key] = b
    return list(out.values())


def _receptors(net: Network, field: str) -> list[dict[str, Any]]:
    """Receptors of a field in the network, with the potencies that it uses."""

    found = {}
    for m in net.modulations:
        if m.by == field:
            k = float(to_internal(m.potency, "uM", "potency"))
            found[m.receptor] = {
                "target": m.receptor, "action": "agonist", "quantity": "EC50", "K": k, "hill": float(m.hill),
                "unverified": False, "source": "", "condition": "",
            }  # fmt: skip
    return list(found.values())


__all__ = ["molecules"]
