"""The resolved description: one walk over the projections, structural keys from declared fields, nothing that can be changed."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace
from types import MappingProxyType
from typing import Any

import pytest

import amine as am
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.keys import is_value_only, structural_key
from amine.engine.resolve.resolved import ModuleStructure, resolve
from amine.engine.resolve.rules import RuleStructure
from amine.engine.resolve.target_rules import Learned
from amine.engine.resolve.tree import Membrane, TreeStructure
from amine.models.model import Model


def mixed() -> am.Network:
    """Routes at all levels, with several views on both sides."""
    net = am.Network(seed=1)
    E, I = (net.population(n, 10, "lif_cond") for n in "EI")
    P = net.population("P", 5, "poisson", rate="5 Hz")
    net.synapses(P + E, E + I, receptors={"AMPA": "1 nS"}, p=0.5)
    net.synapses(I, E, receptor="GABA_A", weight="1 nS", p=0.5, detail="explicit")
    net.synapses(E, I, receptors={"NMDA": "1 nS"}, p=0.5, detail="kinetic")
    net.synapses(I[1:], I, receptor="GABA_A", weight="1 nS", p=0.5, release=am.models.get("tsodyks_markram"))
    net.synapses(P, E, receptor="AMPA", weight="1 nS", p=0.5, rule=am.plasticity.stdp(), name="learned")
    net.synapses(
        E, E, receptor="AMPA", weight="1 nS", p=0.5, release=am.models.get("tsodyks_markram")(U=am.uniform(0.2, 0.6))
    )
    return net


def test_each_pair_of_views_has_a_stream_whatever_its_level():
    found = [(r.level, r.source.population, r.target.population, r.stream.path) for r in resolve(mixed()).routes]
    assert len({x[3] for x in found}) == 9
    assert [x[0] for x in found] == ["filter"] * 4 + ["explicit", "kinetic", "filter", "plastic", "synaptic"]
    assert [x[1:3] for x in found[:4]] == [("P", "E"), ("P", "I"), ("E", "E"), ("E", "I")]


def test_release_is_found_among_those_of_the_source():
    r = resolve(mixed())
    released = next(x for x in r.routes if x.release >= 0)
    assert r.members[released.origin].releases[released.release] == released.synapses.release


def test_a_pulse_is_shared_by_routes_that_see_it():
    net = am.Network()
    E, I = (net.population(n, 10, "lif_cond") for n in "EI")
    net.synapses(E, E + I, receptors={"AMPA": "1 nS", "NMDA": "1 nS"}, p=0.5, detail="kinetic")
    r = resolve(net)
    assert {x.pulse for x in r.pulsed} == set(range(len(r.pulses)))
    assert sum(len(x.routes) for x in r.pulsed) == len(r.routes) == 4


def test_nothing_of_it_can_be_changed():
    r = resolve(mixed())
    with pytest.raises(FrozenInstanceError):
        r.members[0].kind = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        r.members[0].values["C"] = ("1 pF", "pF")  # type: ignore[index]
    for x in (r, *r.members, *r.routes, *r.pulsed):
        held = [getattr(x, f.name) for f in fields(x) if f.name not in ("net", "slow", "population", "plan")]
        assert not [v for v in held if isinstance(v, list | dict | set)]


# --- structural keys ---------------------------------------------------------------------------------------------


LIF, AMPA, RULE = am.models.get("lif_cond"), am.models.get("exponential"), am.plasticity.get("stdp")
RULES = RuleStructure(RULE, "nS", {"v": "mV"}, ("dopamine",))
MEMBRANE = Membrane((("na", LIF),), (("AMPA", AMPA),), frozenset({"g"}))
CELL = CellStructure(LIF, (("AMPA", AMPA),), 1, (("AMPA", True, False),), True, frozenset({"E_L"}), ("gain_AMPA",))
STRUCTURES = [
    replace(CELL, learned=(Learned("rule1", RULES),), blockers=(("NMDA", "ketamine"),)),
    TreeStructure((MEMBRANE,), 4, "backward_euler", True, False, True, True, frozenset({"E"}), ("gain_AMPA",)),
    MEMBRANE,
    RULES,
    Learned("rule1", RULES),
    ModuleStructure((CELL,), (AMPA,), (RULES,), (AMPA,)),
]


def other(x: Any) -> Any:
    """A value of the same type that differs."""
    if isinstance(x, bool):
        return not x
    if isinstance(x, int | float):
        return x + 1
    if isinstance(x, str):
        return x + "_other"
    if isinstance(x, frozenset):
        return x | {"other"}
    if isinstance(x, tuple):
        return (*x, x[0] if x else "other")
    if isinstance(x, Mapping):
        return MappingProxyType({**x, "other": "mV"})
    if isinstance(x, Model):
        return replace(x, equations=x.equations + "\n")
    return replace(x, **{fields(x)[0].name: other(getattr(x, fields(x)[0].name))})


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda s: type(s).__name__)
def test_every_field_is_in_the_key_or_said_to_be_a_value(structure: Any):
    key = structural_key(structure)
    for f in fields(structure):
        changed = structural_key(replace(structure, **{f.name: other(getattr(structure, f.name))}))
        assert (changed != key) != is_value_only(f), f.name


def test_values_of_a_model_are_no_part_of_a_key():
    assert structural_key(LIF(C="300 pF")) == structural_key(LIF)
    assert structural_key(replace(CELL, neuron=LIF(C="300 pF"))) == structural_key(CELL)


def test_what_has_no_declared_fields_has_no_key():
    with pytest.raises(TypeError, match="no structural key"):
        structural_key(object())
