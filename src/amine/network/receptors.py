"""Receptors of populations by label, at the level of detail at which projections use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from amine.equations.schemes import mentions
from amine.errors import AmineError, did_you_mean
from amine.models import find
from amine.models.ports import CLEARED, explicit_port, kinetic_port
from amine.models.schemes import DEFAULTS
from amine.network.cables import States, compartments, has_tree
from amine.units import dimension_of

if TYPE_CHECKING:
    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import Group, Population, Synapses


def receptor_of(population: Population, label: str, where: str) -> Model:
    """Receptor of a label on a population: the population's, its model's, or the library's."""
    own = {**population.model.receptors, **population.receptors}
    if label in own:
        return own[label]
    known = find.names("receptor")
    if label in known:
        return find.get(label)
    raise AmineError(
        where,
        f"receptor '{label}' is not known on population '{population.name}'",
        hint=did_you_mean(label, [*own, *known]),
    )


def port_of(population: Population, label: str, where: str, detail: str = "receptor") -> Model:
    """Receptor of a label on a population at a level (:func:`level_of`), as equations at the target."""
    if detail == "receptor":
        return _on(population, _filter(population, label, where), label, where)
    scheme = scheme_of(population, label, where)
    port = explicit_port(scheme) if detail == "explicit" else kinetic_port(scheme, cleared=detail == CLEARED)
    return _on(population, port, label, where)


_CURRENT = re.compile(r"^\s*current\b", re.M)
_JUMP = re.compile(r"^\s*on\s+spike\s+v\s*\+=.*$", re.M)


def _without_voltage(population: Population, port: Model, label: str, where: str) -> Model:
    """The receptor; raises AmineError if it reads or changes a voltage, which the population has not."""
    if mentions(port.equations, "v"):
        hint = "use a receptor of current, or call a state of the neuron v"
        raise AmineError(
            where,
            f"receptor '{label}' needs the voltage v, which population '{population.name}' does not have",
            hint=hint,
        )
    return port


def _on(population: Population, port: Model, label: str, where: str) -> Model:
    """Receptor in the unit of the population's voltage, which may be dimensionless."""
    model = population.model
    if not has_tree(population) and _CURRENT.search(port.equations) and not mentions(model.equations, "I"):
        raise AmineError(
            where,
            f"receptor '{label}' gives a current, and the equations of population '{population.name}' have no I that takes it",
            hint="add I to an equation of the neuron",
        )
    if not has_tree(population) and "v" not in model.state_units:
        return _without_voltage(population, port, label, where)
    unit = model.state_units.get("v", "mV")
    if dimension_of(unit) == dimension_of("mV"):
        return port
    if mentions(_JUMP.sub("", port.equations), "v"):
        raise AmineError(
            where,
            f"receptor '{label}' reads the voltage in mV, which is in {unit} in population '{population.name}'",
            hint="use a receptor of current or 'delta', or write the neuron's voltage in mV",
        )
    return replace(port, voltage=unit) if port.adds_to == "v" else port


def level_of(s: Synapses) -> str:
    """Level of a projection: its detail, with cleared transmitter as a level distinct from square pulses."""
    return CLEARED if s.detail == "kinetic" and s.cleft is not None else s.detail


def _filter(population: Population, label: str, where: str) -> Model:
    model = receptor_of(population, label, where)
    if model.kind == "scheme":
        raise AmineError(
            where, f"receptor '{label}' is a kinetic scheme", hint="say detail='kinetic' or detail='explicit'"
        )
    return model


def scheme_of(population: Population, label: str, where: str) -> Model:
    """Kinetic scheme of a label: the population's, or the library's default."""
    own = population.receptors.get(label) or population.model.receptors.get(label)
    if own is not None and own.kind == "scheme":
        return own
    if label in population.receptors:
        raise AmineError(
            where,
            f"receptor '{label}' of population '{population.name}' is a filter without a kinetic scheme",
            hint="give the population a scheme under this label, or say detail='receptor'",
        )
    name = DEFAULTS.get(label, label)
    if name not in find.names("scheme"):
        raise AmineError(
            where, f"no kinetic scheme is known for receptor '{label}'", hint=did_you_mean(label, [*DEFAULTS])
        )
    return find.get(name)


def detail_of(net: Network, population: str, label: str) -> str | None:
    """Level at which a receptor of a population is in use, or None if it is not."""
    for s in net.projections:
        if label in s.receptors and any(v.population == population for v in s.target.views()):
            return level_of(s)
    used = any(i.receptor == label and any(v.population == population for v in i.target.views()) for i in net.inputs)
    return "receptor" if used else None


def check_level(net: Network, targets: Group, label: str, detail: str, where: str) -> None:
    """Raise AmineError if a receptor is in use at another level at a target."""
    for v in targets.views():
        before = detail_of(net, v.population, label)
        if before not in (None, detail):
            raise AmineError(
                where,
                f"receptor '{label}' of population '{v.population}' is in use at the level {before} already",
                given=detail,
                hint=f"give one of them a separate label with receptors={{...}} of the population, such as '{label}_2'",
            )


def ports_of(population: Population, net: Network) -> dict[str, Model]:
    """Receptors of a population in use, by label, in the order of their first use."""
    used: dict[str, str] = {}
    for s in net.projections:
        if any(v.population == population.name for v in s.target.views()):
            used.update(dict.fromkeys(s.receptors, level_of(s)))
    for i in net.inputs:
        if any(v.population == population.name for v in i.target.views()):
            used[i.receptor] = "receptor"
    probed = {v for p in net.probes if p.target.population == population.name for v in p.variables}
    probed |= coupled_names(population, net)
    mentioned = {name.partition("@")[0] for name in probed | set(population.initial)}  # v@3: at compartment 3
    for label, m in {**population.model.receptors, **population.receptors}.items():
        if m.kind == "receptor" and mentioned & {f"I_{label}", *(f"{s}_{label}" for s in m.state_units)}:
            used.setdefault(label, "receptor")
    where = f"Population '{population.name}'"
    return {label: port_of(population, label, where, detail) for label, detail in used.items()}


def coupled_names(population: Population, net: Network) -> set[str]:
    """States, parameters and inputs of a population that couplings read, or that couplings and stimuli add to."""
    found = {s.into for s in net.stimuli if s.into and any(v.population == population.name for v in s.target.views())}
    for c in net.couplings:
        found |= {*c.read("_pre")} if c.source.population == population.name else set()
        found |= {c.into, *c.read("_post")} if c.target.population == population.name else set()
    return found


def states_of(population: Population, net: Network) -> Mapping[str, str]:
    """Units of all states that can be probed or initialised: those of the neuron, and ``<state>_<label>`` of its receptors."""
    if has_tree(population):
        return States(population, {**population.model.receptors, **population.receptors, **ports_of(population, net)})
    known = dict(population.model.state_units)
    known |= {population.model.voltage_name: known["v"]} if "v" in known else {}
    for label, m in {**population.model.receptors, **population.receptors, **ports_of(population, net)}.items():
        known |= {f"{s}_{label}": u for s, u in m.state_units.items()}
    for s in net.projections:
        if s.fused and s.target.views()[0].population == population.name:
            known |= s.fused
    return known


def inputs_of(population: Population, net: Network) -> dict[str, str]:
    """Units of the named inputs of point neurons: those of the neuron, and ``<input>_<label>`` of its receptors that are filters."""
    if has_tree(population):
        return {}
    own = {**population.model.receptors, **population.receptors}
    filters = {label: m for label, m in own.items() if m.kind == "receptor"}
    return {
        **population.model.inputs,
        **{f"{n}_{label}": u for label, m in filters.items() for n, u in m.inputs.items()},
    }


def begun(population: Population, net: Network) -> Mapping[str, str]:
    """Units of the states that have an initial value: all but named inputs."""
    inputs = inputs_of(population, net)
    known = states_of(population, net)
    return {n: u for n, u in known.items() if n not in inputs} if inputs else known


def port_places(population: Population, net: Network) -> dict[str, set[int]]:
    """Compartments with inputs or recordings, by label of the receptors in use."""
    found: dict[str, set[int]] = {label: set() for label in ports_of(population, net)}
    reached = [(s.target, list(s.receptors)) for s in net.projections] + [(i.target, [i.receptor]) for i in net.inputs]
    for target, labels in reached:
        for view in target.views():
            if view.population == population.name:
                for label in labels:
                    found[label] |= set(compartments(population, view))
    ports = ports_of(population, net)
    states = {f"{s}_{label}": label for label, m in ports.items() for s in m.state_units}
    names = [v for p in net.probes if p.target.population == population.name for v in p.variables]
    for name in [*names, *population.initial]:
        state, _, place = name.partition("@")
        if state in states:
            found[states[state]].add(int(place) if place else 0)
    return {label: places for label, places in found.items() if places}
