"""Doses that change kinetic schemes: rates by constant ones before the run, and at explicit synapses by all; cascades by all.

A positive modulator such as a benzodiazepine lengthens the decay of a response by a factor. In a scheme this factor divides the
rates that its line ``decay`` names: closing in two states, unbinding in more. That benzodiazepines act on binding and not on
desensitisation is from Ghansah E, Weiss DS (1999) Neuroreport 10:817-821. Propagators of schemes are computed before the run. Those of
explicit synapses are computed anew as a dose changes; a scheme at the source shares its states with all targets, so that only a dose that
has one concentration for the whole run can act on its rates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.effects import effects_of, steady_factor
from amine.engine.resolve.cascades import target_of, with_cascades
from amine.equations.schemes import Scheme
from amine.models.ports import scheme
from amine.network.in_use import ReceptorInUse, receptors_in_use
from amine.network.network import Network
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.compounds.doses import Course
    from amine.compounds.mechanisms import Effect
    from amine.models.model import Model


def decay_rates(s: Scheme) -> tuple[str, ...]:
    """Parameters that set how long a response lasts: those that the scheme names, or the closing rate of two states."""
    if s.decay or len(s.transitions) != 2:
        return s.decay
    back = s.transitions[1].rate.strip()
    return (back,) if back.isidentifier() and not s.transitions[1].binds else ()


QUANTITIES = ("tau_decay", "desensitization")
FINE = 5e-4  # relative steps of factors that change in time


def rates_of(model: Model, quantity: str) -> tuple[str, ...]:
    """Parameters of a scheme that stand for its decay, or for desensitisation."""
    if quantity == "tau_decay":
        return decay_rates(scheme(model))
    return (model.stands_for[quantity],) if quantity in model.stands_for else ()


def _acting(net: Network, receptor: ReceptorInUse, quantity: str) -> tuple[list[Effect], str, set[str]] | None:
    """Effects on a receptor with a scheme, the key of the quantity's factor, and the drugs at the sites that change it; None without any."""
    model = receptor.scheme
    if model is None:
        return None
    rates = rates_of(model, quantity)
    if not rates or not all(isinstance(model.parameters[n], str) for n in rates):
        return None
    target = target_of(receptor.label, model)
    effects = [e for d in dict.fromkeys(x.drug for x in net.doses) for e in effects_of(d, [target])]
    sites = {e.site for e in effects if e.quantity == quantity}
    return (effects, f"{target}.{quantity}", {e.drug for e in effects if e.site in sites}) if sites else None


def scheme_factor(net: Network, receptor: ReceptorInUse, quantity: str) -> float | None:
    """Factor of constant doses on the decay time or the desensitisation of a scheme; None if there is none, or a dose changes."""
    found = _acting(net, receptor, quantity)
    if found is None:
        return None
    effects, key, beside = found
    known = {drug: c for drug in beside if (c := _constant(net, drug)) is not None}
    return float(steady_factor(effects, known).get(key, 1.0)) if len(known) == len(beside) else None


@dataclass(frozen=True)
class Changing:
    """The factor of doses that change in time on the decay time or the desensitisation of a scheme at explicit synapses."""

    quantity: str
    key: str
    effects: tuple[Effect, ...]
    courses: Mapping[str, tuple[Course, ...]]

    def at(self, t: np.ndarray) -> np.ndarray:
        """The factor at times (ms), rounded to :data:`FINE` of itself, so that it changes at few of them."""
        given = {drug: np.sum([c.at(t) for c in courses], axis=0) for drug, courses in self.courses.items()}
        factor = np.broadcast_to(steady_factor(self.effects, given).get(self.key, 1.0), t.shape)
        return np.exp(np.round(np.log(np.asarray(factor, float)) / FINE) * FINE)


def follows(receptor: ReceptorInUse) -> bool:
    """Whether the rates of a receptor's scheme can change in time: at explicit synapses whose parameters are the same for all."""
    model = receptor.scheme
    return (
        model is not None
        and receptor.level == "explicit"
        and all(isinstance(x, str) for x in model.parameters.values())
    )


def changing(net: Network, receptor: ReceptorInUse) -> list[Changing]:
    """What doses that change in time would do to the rates of a receptor's scheme."""
    out: list[Changing] = []
    for quantity in QUANTITIES:
        found = _acting(net, receptor, quantity)
        if found is not None and scheme_factor(net, receptor, quantity) is None:
            effects, key, beside = found
            courses = {drug: tuple(d.course for d in net.doses if d.drug == drug) for drug in sorted(beside)}
            out.append(Changing(quantity, key, tuple(effects), courses))
    return out


def with_constant_doses(net: Network) -> Network:
    """The network with schemes as its doses change them before the run; the network itself if none changes."""
    if not net.doses:
        return net
    net = with_cascades(net, _effects(net), known_doses(net))
    changed: dict[str, dict[str, Model]] = {}
    for population, receptors in receptors_in_use(net).items():
        for label, r in receptors.items():
            for quantity in QUANTITIES:
                factor = scheme_factor(net, r, quantity)
                if r.scheme is not None and factor is not None and factor != 1.0:
                    now = changed.setdefault(population, {}).get(label, r.scheme)
                    changed[population][label] = with_rates(now, quantity, factor)
    if not changed:
        return net
    populations = dict(net.populations)
    for name, models in changed.items():
        receptors = {**net.populations[name].receptors, **models}
        populations[name] = dataclasses.replace(net.populations[name], receptors=receptors)
    return net.replaced(populations=populations)


def with_rates(model: Model, quantity: str, factor: float) -> Model:
    """A scheme whose decay is longer by a factor, or whose desensitisation is as many times as fast."""
    values = {}
    for n in rates_of(model, quantity):
        rate = scalar(model.parameters[n], model.units[n], model.where)
        values[n] = f"{rate / factor if quantity == 'tau_decay' else rate * factor!r} {model.units[n]}"
    return model(**values)


def _effects(net: Network) -> dict[str, list[Effect]]:
    """Effects of all doses on receptors that have a scheme, by target."""
    targets = {
        target_of(label, r.scheme)
        for receptors in receptors_in_use(net).values()
        for label, r in receptors.items()
        if r.scheme is not None
    }
    drugs = dict.fromkeys(d.drug for d in net.doses)
    return {t: [e for d in drugs for e in effects_of(d, [t], ("family", "receptor"))] for t in targets}


def known_doses(net: Network) -> dict[str, float]:
    """Concentrations (uM) of the drugs whose doses never change."""
    found = {drug: _constant(net, drug) for drug in dict.fromkeys(d.drug for d in net.doses)}
    return {drug: c for drug, c in found.items() if c is not None}


def _constant(net: Network, drug: str) -> float | None:
    """The concentration of a drug that is the same at all times, in uM; None if it changes."""
    total = 0.0
    for d in net.doses:
        if d.drug == drug:
            parts = d.course.numbers["parts"] if d.course.kind == "sum" else [d.course]
            if any(p.kind != "constant" or p.numbers["start"] > 0 or np.isfinite(p.numbers["stop"]) for p in parts):
                return None
            total += float(d.course.at(np.zeros(1))[0])
    return total


__all__ = [
    "Changing",
    "changing",
    "decay_rates",
    "follows",
    "known_doses",
    "scheme_factor",
    "with_constant_doses",
    "with_rates",
]
