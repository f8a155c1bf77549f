"""Plasticity of projections: signals that rules can read, and checks of a rule on a projection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine import plasticity
from amine.distributions import Distribution
from amine.errors import AmineError, did_you_mean, warn
from amine.frozen import fix, swap
from amine.models.model import Model
from amine.models.naming import gain_name
from amine.network.doors import door
from amine.network.pattern import NAMED
from amine.network.receptors import port_of, ports_of, states_of
from amine.network.rule_reach import unreached
from amine.network.weights import Weights
from amine.units import dimension_of, to_internal
from amine.values import Array, Formula, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amine.equations.rule_plan import RulePlan
    from amine.equations.rules import RuleEquations
    from amine.given import FilePath
    from amine.network.network import Network
    from amine.network.parts import Synapses

DELAY_KINDS = ("axonal", "dendritic")


def given_rule(rule: object, where: str) -> Model | None:
    """The rule of plasticity that is given: a model, the name of one of the library, or its text."""
    if rule is None or (isinstance(rule, Model) and rule.kind == "rule"):
        return rule
    if not isinstance(rule, str):
        expected = "a rule of am.plasticity, its name or its text"
        raise AmineError(where, "this is not a rule", given=repr(rule)[:40], expected=expected)
    if any(c in rule for c in "\n:="):
        return plasticity.rule("of synapses", rule)
    if rule in NAMED:
        hint = f"give connect='{rule}'"
        raise AmineError(where, f"'{rule}' is a pattern of connections, and rule= a rule of plasticity", hint=hint)
    known = plasticity.names()
    if rule not in known:
        raise AmineError(where, f"rule '{rule}' is not known", hint=did_you_mean(rule, known))
    return plasticity.get(rule)


def fields_of(net: Network) -> dict[str, str]:
    """Units of the slow signals that a rule can read: concentrations by field and by drug, occupancies by receptor."""
    fields = {f.name: "uM" for f in net.fields.values() if f.grid is None and len(f.places) == 1}
    return (
        {m.receptor: "1" for m in net.modulations if m.by in ("", *fields)} | {d.drug: "uM" for d in net.doses} | fields
    )


def outside_of(net: Network, s: Synapses) -> dict[str, str]:
    """Units of all signals of the network that a rule can read: slow signals, and variables of the target neurons.

    The latter are states of the neuron; for receptors in use ``<state>_<label>``, ``I_<label>`` (pA, positive inward) and ``gain_<label>``,
    the share of the receptors that is not blocked by drugs and modulators (1 without any); and states of other rules at the neuron.
    """
    out = dict(fields_of(net))
    for v in s.target.views():
        population = net.populations[v.population]
        out |= population.model.state_units
        for label, receptor in ports_of(population, net).items():
            out |= {f"{n}_{label}": u for n, u in receptor.state_units.items()}
            out |= {f"I_{label}": "pA", gain_name(label): "1"}
        for o in net.projections:
            if o is not s and o.target.views()[0].population == v.population:
                out |= o.fused
    return {n: u for n, u in out.items() if n not in s.fused}


def weight_unit(net: Network, s: Synapses) -> str:
    """Unit of the plastic weight."""
    population = net.populations[s.target.views()[0].population]
    return port_of(population, str(s.plastic), f"Synapses '{s.name}'").weight_unit


def made_plastic(net: Network, s: Synapses, rule: Model | None, label: str | None, delay_kind: str) -> Synapses:
    """Copy of the projection ``s``, which is not in the network yet, with a rule; checked as part of the network."""
    where = f"Synapses '{s.name}'"
    if rule is None:
        raise AmineError(
            where,
            "plastic= and delay_kind= are for synapses with a rule",
            hint="add rule= such as am.plasticity.stdp()",
        )
    label = next(iter(s.receptors)) if label is None else str(label)
    if label not in s.receptors:
        raise AmineError(where, f"plastic='{label}' is none of its receptors", hint=did_you_mean(label, s.receptors))
    if any(o.name == s.name and o.plasticity is not None for o in net.projections):
        raise AmineError(where, "another plastic projection has this name", hint="give it another with name=")
    made = replace(s, plasticity=rule, plastic=label, delay_kind=delay_kind)
    fused = check_plasticity(net.replaced(projections=[*net.projections, made]), made)
    return replace(made, fused=fused)


def parsed_rule(net: Network, s: Synapses) -> RuleEquations:
    """Parsed equations of a projection's rule, with the units of the signals that it can read."""
    from amine.equations.rules import parse_model

    return parse_model(s.plasticity, outside_of(net, s), weight_unit(net, s), fields_of(net))


def plan_of(net: Network, s: Synapses) -> RulePlan:
    """Execution plan of a projection's rule."""
    from amine.equations.rule_plan import plan

    return plan(parsed_rule(net, s), set(fields_of(net)))


def check_plasticity(net: Network, s: Synapses) -> dict[str, str]:
    """Check the rule of a projection of the network; return the units of its states at the target neurons.

    Raises
    ------
    AmineError
        If it reads a signal that does not exist, has a wrong dimension, or the weights start outside their bounds.
    """
    where = f"Synapses '{s.name}', rule '{s.plasticity.name}'"
    if s.delay_kind not in DELAY_KINDS:
        raise AmineError(
            f"Synapses '{s.name}'",
            f"delay_kind '{s.delay_kind}' is not known",
            hint=did_you_mean(str(s.delay_kind), DELAY_KINDS),
        )
    if len(s.target.views()) > 1 or len(s.source.views()) > 1:
        raise AmineError(where, "plastic synapses join two populations", hint="make one call for each")
    unit = weight_unit(net, s)
    _check_units(s.plasticity, unit, where)
    _check_outside(net, s, where)
    plan = plan_of(net, s)
    fused = fused_states(net, s, plan, where)
    if s.delay_kind == "dendritic" and (plan.now or plan.held or plan.seen):
        name = (plan.now or plan.seen or ["v"])[0]
        raise AmineError(
            where,
            f"it reads '{name}' of the target, which is not available with a dendritic delay",
            hint="use delay_kind='axonal'",
        )
    check_bounds(net, s, unit, where)
    _check_reached(net, s, plan, unit, where)
    return fused


def _check_reached(net: Network, s: Synapses, plan: RulePlan, unit: str, where: str) -> None:
    """Warn of terms of the rule that stay zero because the targets are reset before their voltage gets there."""
    population = net.populations[s.target.views()[0].population]
    for term, name, top in unreached(plan.eq, parameter_values(s.plasticity, unit, where), population):
        problem = f"'{term}' never rises above zero, since '{population.name}' is reset at {name} = {top:g} mV"
        warn(where, problem, hint="take a neuron that shows the course of a spike, such as clopath_adex")


def fused_states(net: Network, s: Synapses, plan: RulePlan, where: str) -> dict[str, str]:
    """Units of the states of a rule that advance with the target neurons; AmineError if a name is taken."""
    eq, name = plan.eq, s.target.views()[0].population
    own = states_of(net.populations[name], net)
    others = [o for o in net.projections if o is not s and o.fused and o.target.views()[0].population == name]
    for state in plan.fused:
        shared = any(state in o.fused and o.plasticity == s.plasticity for o in others)
        if state in own and not shared:
            raise AmineError(where, f"the targets have a state '{state}' already", hint="rename it in the rule")
    looked = {*plan.now, *plan.seen, *(x.name for e in plan.held for x in e.free_symbols)}
    currents = sorted(n for n in looked & set(eq.outside) if n.startswith("I_"))
    if currents:
        raise AmineError(
            where,
            f"synapses cannot read the current '{currents[0]}'",
            hint="let a state of the target follow it and read that",
        )
    return {state: eq.states[state] for state in plan.fused}


def _check_units(model: Model, unit: str, where: str) -> None:
    for n, u in model.units.items():
        value = model.parameters[n]
        if not isinstance(value, str):
            raise AmineError(
                where, f"parameter '{n}' must be one value for all synapses", hint="make a projection for each value"
            )
        if u == "weight":
            to_internal(value, unit, f"{where}, parameter '{n}'")


def _check_outside(net: Network, s: Synapses, where: str) -> None:
    """Raise AmineError with a hint if the rule reads a name that does not exist."""
    known = outside_of(net, s)
    for n in s.plasticity.parsed.outside:
        if n in known:
            continue
        label = n.partition("_")[2]
        if label and n.split("_")[0] in ("I", "g", "i", "h"):
            raise AmineError(
                where,
                f"it reads '{n}', but the targets have no receptor '{label}'",
                hint=f'add it: receptors={{..., "{label}": weight}}',
            )
        near = did_you_mean(n, [*known, *s.plasticity.units])
        raise AmineError(
            where,
            f"'{n}' is no field of this network and no variable of the target",
            hint=near if "known are" not in near else f"add it with net.field('{n}', ...)",
        )


def parameter_values(model: Model, unit: str, where: str) -> dict[str, float]:
    """Parameters of a rule as floats in the coherent system of units."""
    return {
        n: scalar(model.parameters[n], unit if u == "weight" else u, f"{where}, parameter '{n}'")  # type: ignore[arg-type]
        for n, u in model.units.items()
    }


def bounds_of(net: Network, s: Synapses) -> tuple[float, float] | None:
    """Bounds of the weight, or None."""
    from amine.equations.symbols import symbol

    found = parsed_rule(net, s).bounds.get("w")
    if found is None:
        return None
    values = parameter_values(s.plasticity, weight_unit(net, s), f"Synapses '{s.name}'")
    low, high = (float(b.subs({symbol(n): x for n, x in values.items()})) for b in found)
    return low, high


def check_bounds(net: Network, s: Synapses, unit: str, where: str) -> None:
    """Raise AmineError if initial weights lie outside the bounds of the rule."""
    limits = bounds_of(net, s)
    if limits is None:
        return
    low, high = limits
    if low > high:
        raise AmineError(
            where, "the lower bound of the weight is above the upper one", given=f"{low:g} and {high:g} {unit}"
        )
    w = s.receptors[str(s.plastic)]
    if isinstance(w, Distribution):
        d = w.internal(unit, where)
        least = {"normal": -float("inf"), "lognormal": 0.0, "uniform": d.a, "exponential": 0.0}[d.kind]
        most = {"normal": float("inf"), "lognormal": float("inf"), "uniform": d.b, "exponential": float("inf")}[d.kind]
        if d.kind == "normal" and d.b == 0:
            least = most = d.a
        least, most = max(least, d.low), min(most, d.high)
        given, hint = repr(w), f'bound it with .clipped("{low:g} {unit}", "{high:g} {unit}")'
    else:
        x = (
            (w.low, w.high)
            if isinstance(w, Formula)
            else w.values
            if isinstance(w, Array)
            else to_internal(w, unit, where)
        )
        least, most = float(np.min(x)), float(np.max(x))
        given, hint = (
            f"{least:g} {unit}" if least == most else f"{least:g}..{most:g} {unit}",
            "change the weight or the bound",
        )
    slack = 1e-9 * max(abs(low), abs(high))
    if least < low - slack or most > high + slack:
        raise AmineError(
            where, "a weight starts outside the bounds", given=given, expected=f"{low:g}..{high:g} {unit}", hint=hint
        )


def plastic_projection(net: Network, which: Synapses | str, where: str) -> Synapses:
    """Plastic projection, from itself or its name."""
    known = {s.name: s for s in net.projections if s.plasticity is not None}
    name = which if isinstance(which, str) else getattr(which, "name", None)
    if name not in known or (not isinstance(which, str) and known[name] is not which and known[name] != which):
        hint = did_you_mean(str(name), known) if known else "give synapses a rule"
        raise AmineError(where, "this is not a plastic projection of the network", given=repr(name)[:40], hint=hint)
    return known[name]


@door
def load_weights(net: Network, synapses: Synapses | str, weights: Weights | FilePath) -> None:
    """Set the initial weights of a plastic projection.

    Parameters
    ----------
    synapses : a plastic projection or its name.
    weights : :class:`amine.network.weights.Weights` of the same connectivity, such as ``run.weights()``, or a file of them.

    Raises
    ------
    AmineError
        If a weight is outside the bounds of the rule or not a number; at the run, if the connectivity differs.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> P, E = net.population("P", 6, "poisson", rate="20 Hz"), net.population("E", 2, "lif_cond")
    >>> syn = net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.stdp())
    >>> net.load_weights(syn, net.run("10 ms", progress=False).weights())
    """
    if not isinstance(weights, Weights):
        weights = Weights.load(weights)
    s = plastic_projection(net, synapses, "Network.load_weights")
    where = f"Synapses '{s.name}', loaded weights"
    if dimension_of(weights.unit) != dimension_of(weight_unit(net, s)):
        raise AmineError(where, "they have another unit", given=weights.unit, expected=weight_unit(net, s))
    for state, x in {"w": weights.weights, **weights.states}.items():
        bad = np.flatnonzero(~np.isfinite(x))
        if len(bad):
            raise AmineError(where, f"'{state}' is not a finite number", given=f"{x[bad[0]]} at synapse {bad[0]}")
    limits = bounds_of(net, s)
    if limits is not None and len(weights):
        low, high = limits
        slack = 1e-6 * max(abs(low), abs(high))
        if weights.weights.min() < low - slack or weights.weights.max() > high + slack:
            raise AmineError(
                where,
                "a weight is outside the bounds of the rule",
                given=f"{weights.weights.min():g}..{weights.weights.max():g} {weights.unit}",
                expected=f"{low:g}..{high:g} {weights.unit}",
            )
    n = net.populations[s.target.views()[0].population].n
    for state, x in weights.target_states.items():
        if len(x) != n or not np.isfinite(x).all():
            raise AmineError(
                where, f"'{state}' of the targets does not fit", given=f"{len(x)} values", expected=f"{n} finite values"
            )
    fix(s, start=weights)


def loaded_states(net: Network, population: str) -> dict[str, np.ndarray]:
    """States of rules at the neurons of a population, from loaded weights."""
    out: dict[str, np.ndarray] = {}
    for s in net.projections:
        if s.start is not None and s.fused and s.target.views()[0].population == population:
            out |= {n: x for n, x in s.start.target_states.items() if n in s.fused}
    return out


# --- as data ---------------------------------------------------------------------------------------------------


def plasticity_to_dict(s: Synapses) -> dict[str, Any]:
    """Entries of a projection's description about plasticity; none if its weights are fixed."""
    if s.plasticity is None:
        return {}
    out: dict[str, Any] = {"plasticity": s.plasticity.to_dict(), "plastic": s.plastic, "delay_kind": s.delay_kind}
    return out if s.start is None else {**out, "start": s.start.to_dict()}


def plasticity_from_dict(net: Network, s: Synapses, data: Mapping[str, Any]) -> None:
    """Replace the projection ``s`` by one with the rule and the weights of its description."""
    if "plasticity" not in data:
        return
    others = [o for o in net.projections if o is not s]
    rule = Model.from_dict(data["plasticity"])
    made = made_plastic(net.replaced(projections=others), s, rule, str(data["plastic"]), str(data["delay_kind"]))
    swap(net.projections, s, made)
    if "start" in data:
        load_weights(net, made, Weights.from_dict(data["start"]))
