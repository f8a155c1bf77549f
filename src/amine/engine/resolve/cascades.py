"""Schemes with second messengers under drugs: what drugs bind enters the cascade at the receptor, not at the channel.

Of the receptors, the fraction ``free_of_drugs`` answers to the transmitter, and ``held_by_drugs``, occupancy times efficacy summed over
agonist drugs, is active without it: a little agonist does next to nothing where a channel opens with the fourth power of a G-protein, and
much of it leaves the transmitter nothing to add. Receptors that an agonist holds are spread over the states to which transmitter leads as
they are at saturation, so that those that desensitise do. At the level ``kinetic`` both fractions follow the doses in time; the states of
explicit synapses advance by propagators that are computed before the run, so there a dose must be constant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds import catalogue
from amine.compounds.effects import Sites, equilibrium
from amine.compounds.signals import steady
from amine.equations.schemes import Scheme, renamed
from amine.models.model import Model
from amine.models.ports import scheme
from amine.models.sums import FREE, HELD
from amine.network.in_use import receptors_in_use
from amine.values import realise

if TYPE_CHECKING:
    from amine.compounds.mechanisms import Effect
    from amine.network.in_use import ReceptorInUse
    from amine.network.network import Network


def target_of(label: str, model: Model) -> str:
    """The name of a receptor that the catalogue may know: its label, or else the name of its scheme."""
    return label if catalogue.find_entry(label, ("family", "receptor")) is not None else model.name


def has_cascade(receptor: ReceptorInUse) -> bool:
    """Whether a receptor is a scheme in which more follows from the states than a sum of open ones."""
    return receptor.scheme is not None and scheme(receptor.scheme).opens is None


def upstream(e: Effect) -> bool:
    """Whether an effect is on the receptor itself, before the cascade."""
    return e.quantity in ("occupancy", "efficacy") or (e.quantity == "conductance" and e.when == "pulse")


def with_cascades(net: Network, effects: Mapping[str, list[Effect]], constant: Mapping[str, float]) -> Network:
    """The network in which doses act on the receptors of schemes with a cascade.

    Parameters
    ----------
    net : the network. effects : of its doses, by target. constant : concentrations (uM) of the drugs whose doses never change.
    """
    changed: dict[str, dict[str, Model]] = {}
    for population, receptors in receptors_in_use(net).items():
        for label, r in receptors.items():
            if r.scheme is None or not has_cascade(r) or FREE in r.scheme.units:
                continue
            mine = [e for e in effects.get(target_of(label, r.scheme), []) if upstream(e)]
            if not mine:
                continue
            free, held = 1.0, float(any(e.quantity == "occupancy" for e in mine))  # signals are factors of these
            if r.level == "explicit":
                if any(e.drug not in constant for e in mine):
                    continue  # named by a warning
                free, held = fractions(mine, constant)
            changed.setdefault(population, {})[label] = under_drugs(r.scheme, free, held)
    populations = dict(net.populations)
    for name, models in changed.items():
        receptors = {**net.populations[name].receptors, **models}
        populations[name] = dataclasses.replace(net.populations[name], receptors=receptors)
    return net.replaced(populations=populations) if changed else net


def fractions(effects: list[Effect], concentrations: Mapping[str, float]) -> tuple[float, float]:
    """The fractions of receptors that constant doses leave free and hold active."""
    program, doses, given = equilibrium(effects, concentrations)
    sites, target = Sites(effects, program, doses, binding=True), effects[0].target
    free, held, both = (
        sites.factors(target, quantity, "pulse") for quantity in ("conductance", "occupancy", "efficacy")
    )
    s = steady(program, given)
    scale = float(np.prod([s[x] for x in both]))
    return float(np.prod([s[x] for x in free])) * scale, float(sum(s[x] for x in held)) * scale


def under_drugs(model: Model, free: float = 1.0, held: float = 1.0) -> Model:
    """A scheme with a cascade whose second messengers and channels follow free receptors and those that drugs hold.

    Examples
    --------
    >>> from amine.models import get
    >>> [line for line in under_drugs(get("GABA_B_cascade")).equations.splitlines() if line.startswith("ds")]
    ['ds/dt = K3*(free_of_drugs*R + held_by_drugs*(C + R)) - K4*s : 1']
    """
    s = scheme(model)
    every = "(" + " + ".join(s.states) + ")"
    swap = {}
    for a, share in saturated(model, s).items():
        part = "" if share == 0.0 else f" + {HELD}*{every}" if share == 1.0 else f" + {HELD}*{share!r}*{every}"
        swap[a] = f"({FREE}*{a}{part})"
    lines = []
    for raw in model.equations.split("\n"):
        line = raw.strip()
        for n, e, u in s.downstream:
            if line.startswith(f"d{n}/dt"):
                line = f"d{n}/dt = {renamed(e, swap)} : {u}"
        if line.startswith("open "):
            line = f"open {renamed(s.open, swap)}"
        lines.append(line)
    return Model(
        model.name,
        "scheme",
        "\n".join(lines),
        {**model.units, FREE: "1", HELD: "1"},
        {**model.parameters, FREE: repr(float(free)), HELD: repr(float(held))},
        model.source,
        model.doc,
        symbols={**model.symbols, FREE: "receptors free of drugs", HELD: "receptors that drugs activate"},
    )


def saturated(model: Model, s: Scheme) -> dict[str, float]:
    """Shares of the states of receptors that stay bound, at saturating transmitter."""
    found = _stationary(model, s)
    kept = np.where(found > 1e-6, found, 0.0)
    kept = np.round(kept / kept.sum(), 9)
    return {a: float(x) for a, x in zip(s.states, kept, strict=True)}


def open_share(model: Model) -> float:
    """Share of the receptors that an agonist holds bound which are open and not desensitised, at equilibrium."""
    s = scheme(model)
    found = dict(zip(s.states, _stationary(model, s), strict=True))
    return float(sum(found[a] for a in s.opens or ()))


def _stationary(model: Model, s: Scheme) -> np.ndarray:
    """The stationary distribution at saturating transmitter, without subtractions (Grassmann, Taksar & Heyman 1985, Oper Res 33:1107)."""
    index = {a: i for i, a in enumerate(s.states)}
    n = len(index)
    A = np.zeros((n, n))  # from, to
    for t, k in zip(s.transitions, _rates(model, s), strict=True):
        A[index[t.a], index[t.b]] += k
    for k in range(n - 1, 0, -1):
        A[:k, k] /= A[k, :k].sum()
        A[:k, :k] += np.outer(A[:k, k], A[k, :k])
    out = np.ones(n)
    for k in range(1, n):
        out[k] = (out[:k] * A[:k, k]).sum()
    return out / out.sum()


SATURATING = 1e9  # uM


def _rates(model: Model, s: Scheme) -> list[float]:
    """Rates of all transitions (1/ms) at saturating transmitter; parameters that differ between synapses count as their mean."""
    from amine.equations.expression import parse_expression  # SymPy, which takes long to import and is seldom asked
    from amine.equations.scheme_check import check
    from amine.equations.symbols import TIME, symbol
    from amine.units import dimension_of

    dims = {n: dimension_of(u) for n, u in model.units.items()} | {"v": dimension_of("mV"), "t": TIME}
    dims |= {n: dimension_of(u) for n, _, u in s.parts}
    parts = {symbol(n): parse_expression(e, dims, s.where, dimension_of(u)) for n, e, u in s.parts}
    values = {symbol(n): _mean(model, n) for n in model.units} | {symbol("T"): SATURATING, symbol("v"): -70.0}
    out = []
    for e in check(s, dict(model.units)).values():
        for _ in parts:
            e = e.subs(parts)
        out.append(float(e.subs(values)))
    return out


def _mean(model: Model, name: str) -> float:
    found = realise(model.parameters[name], model.units[name], 1000, np.random.default_rng(0), model.where)
    return float(np.mean(found))


__all__ = ["fractions", "has_cascade", "open_share", "target_of", "under_drugs", "upstream", "with_cascades"]
