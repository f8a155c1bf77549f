"""Descriptions do not change once they are made: every attribute and every item of every kind of part is tried."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest

import amine as am
from amine.frozen import FrozenDict, FrozenList
from amine.models import Model

uM, um = am.units.uM, am.units.um


def described() -> am.Network:
    """A network with every kind of part."""
    net = am.Network(seed=1)
    graded = am.models.receptor("graded", "input g : nS; current g*(E_rev - v)", E_rev="0 mV")
    E = net.population(
        "E",
        6,
        "lif_cond",
        initial={"v": "-62 mV"},
        positions=np.arange(12.0).reshape(6, 2) * um,
        receptors={"graded": graded},
    )
    P = net.population("P", 6, "poisson", rate=np.ones(6) * am.units.Hz)
    net.synapses(P, E, receptor="AMPA", weight="0.5 nS", pairs=([0, 1], [2, 3]), rule="stdp", release="tsodyks_markram")
    net.synapses(E, E, receptor="GABA_A", weight=am.uniform("1 nS", "2 nS"), distance=am.gaussian("20 um", 0.5))
    net.synapses(P, E, receptor="NMDA", weight="1 nS", p=0.5, detail="explicit", cleft="clearance")
    net.gap_junctions(E, E, conductance="0.1 nS", p=0.5)
    net.coupling(E, E, into="g_graded", value="w*v_pre/v_post", w="1 nS", p=0.5)
    net.poisson(E, rate="5 Hz", receptor="AMPA", weight="1 nS")
    net.stimulus(E, am.table(["0 ms", "1 ms"], ["1 pA", "2 pA"]))
    net.probe(E[:2], "v")
    net.probe_weights("P->E", every="1 ms")
    net.field("dopamine", released_by={"a": P}, removal="1 1/s", regions={"a": E}, uptake=am.uptake("4 uM/s", "0.2 uM"))
    net.field("serotonin", grid=(2, 2), diffusion="0.3 um**2/ms")
    net.modulate(E, by="dopamine", receptor="D1", acts_on="V_th", maximum=1.1, EC50="1 uM")
    net.dose("ketamine", "1 uM")
    net.notes["remark"] = "noted"
    return net


def things(x, seen):
    """Everything of amine's own that a description holds."""
    if id(x) in seen:
        return
    seen[id(x)] = x
    if isinstance(x, dict):
        for v in x.values():
            things(v, seen)
    elif isinstance(x, list | tuple):
        for v in x:
            things(v, seen)
    elif type(x).__module__.startswith("amine."):
        names = [f.name for f in dataclasses.fields(x)] if dataclasses.is_dataclass(x) else vars(x)
        for name in names:
            things(getattr(x, name), seen)
        if isinstance(x, Model):
            things(x.state_units, seen)


NET = described()
SEEN: dict[int, object] = {}
things(NET, SEEN)
HELD = list(SEEN.values())
PARTS = [x for x in HELD if type(x).__module__.startswith("amine.") and not isinstance(x, dict | list | am.Network)]
MAPPINGS = [x for x in HELD if isinstance(x, dict) and type(x).__name__ != "Notes" and x is not vars(NET)]
LISTS = [v for v in vars(NET).values() if isinstance(v, list)]


def test_every_kind_of_part_is_tried():
    kinds = {type(x).__name__ for x in PARTS}
    wanted = {
        "Population",
        "Synapses",
        "GapJunctions",
        "Coupling",
        "PoissonInput",
        "Stimulus",
        "Probe",
        "WeightProbe",
        "Field",
    }
    wanted |= {"Modulation", "Dose", "View", "Group", "Pattern", "DistanceKernel", "Waveform", "Model", "Array"}
    assert wanted | {"Uptake", "Grid", "Distribution"} <= kinds


@pytest.mark.parametrize("part", PARTS, ids=lambda x: type(x).__name__)
def test_no_attribute_can_be_set_or_deleted(part):
    names = {f.name for f in dataclasses.fields(part)} | {"weight", "I_e", "tau_m", "no_such_attribute"}
    names |= {n for n in dir(part) if not n.startswith("_")}
    for name in sorted(names):
        for act in (lambda n=name: setattr(part, n, 1), lambda n=name: delattr(part, n)):
            with pytest.raises(am.AmineError, match="cannot be set.*; ") as e:
                act()
            assert "\n" not in str(e.value)


def test_no_item_of_a_mapping_or_list_can_be_set():
    before = NET.to_dict()
    assert len(MAPPINGS) > 20 and len(LISTS) == 9
    for m in MAPPINGS:
        key = next(iter(m), "x")
        for act in (
            lambda m=m, key=key: m.__setitem__(key, 1),
            lambda m=m: m.__setitem__("new", 1),
            lambda m=m, key=key: m.__delitem__(key),
            lambda m=m: m.update(new=1),
            lambda m=m, key=key: m.pop(key),
            lambda m=m: m.setdefault("new", 1),
            lambda m=m: m.clear(),
            lambda m=m: m.__ior__({"new": 1}),
        ):
            with pytest.raises(am.AmineError, match="does not change"):
                act()
    for x in LISTS:
        for act in (x.clear, x.pop, lambda x=x: x.append(1), lambda x=x: x.__setitem__(slice(0, 0), [1])):
            with pytest.raises(am.AmineError, match="add parts with net"):
                act()
    assert NET.to_dict() == before


def test_arrays_cannot_be_written():
    arrays = [v for x in PARTS for v in vars(x).values() if isinstance(v, np.ndarray)]
    arrays += [a for p in NET.projections if p.pattern.kind == "pairs" for a in p.pattern.value]
    assert len(arrays) >= 4
    for a in arrays:
        with pytest.raises(ValueError, match="read-only"):
            a[...] = 0


def test_networks_take_seed_name_and_notes_only():
    net = described()
    for name in sorted({*vars(net), "E", "weight"} - {"seed", "name", "notes"}):
        with pytest.raises(am.AmineError, match="cannot be set"):
            setattr(net, name, 1)
        with pytest.raises(am.AmineError, match="cannot be set"):
            delattr(net, name)
    with pytest.raises(am.AmineError, match=r"Network\(dt="):
        net.dt = -1.0
    net.seed, net.name, net.notes = 7, "other", {"a": [1, 2]}
    assert (net.seed, net.name, net.to_dict()["notes"]) == (7, "other", {"a": [1, 2]})
    for wrong in (-1, 2**63, 1.5, "a", None, True):
        with pytest.raises(am.AmineError, match="Network, seed"):
            net.seed = wrong
    for wrong in ({"a": float("nan")}, {"a": {1, 2}}, {"a": np.ones(2)}, {1: 2}, [1], None):
        with pytest.raises(am.AmineError, match="Network, notes"):
            net.notes = wrong
    with pytest.raises(am.AmineError, match="notes 'x'"):
        net.notes["x"] = float("inf")


def test_the_sentence_says_what_to_do():
    E, syn = NET.populations["E"], NET.projections[0]
    with pytest.raises(am.AmineError, match=r'net.population\("E", ..., tau_m=...\)'):
        E.tau_m = "1 ms"
    with pytest.raises(am.AmineError, match=r"net.synapses\(..., weight=...\)"):
        syn.weight = "1 nS"
    with pytest.raises(am.AmineError, match=r"Population 'E', parameters: .*net.population\(\"E\""):
        E.parameters["tau_m"] = "1 ms"
    with pytest.raises(am.AmineError, match="gives a copy"):
        E.model.name = "x"


def test_copies():
    net = described()
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), am.Network.from_dict(net.to_dict())):
        assert again == net and again.hash() == net.hash()
        again.probe(again.populations["E"], "v", name="more")
        assert again != net
    other = net.replaced(doses=[])
    assert not other.doses and net.doses and other != net
    assert FrozenDict({"a": 1}) == {"a": 1} and FrozenList([1]) == [1] and {**FrozenDict({"a": 1})} == {"a": 1}


def test_containers_take_no_attributes_and_name_what_is_missing():
    net = described()
    E = net.populations["E"]
    for x in (
        net.populations,
        net.fields,
        net.projections,
        net.doses,
        E.parameters,
        E.receptors,
        net.projections[0].receptors,
    ):
        for act in (lambda x=x: setattr(x, "foo", 1), lambda x=x: delattr(x, "where")):
            with pytest.raises(am.AmineError, match="does not change"):
                act()
    with pytest.raises(am.AmineError, match=r"net.notes\['foo'\]"):
        net.notes.foo = 1
    with pytest.raises(am.AmineError, match="populations: 'nobody' is not known; known are E, P"):
        net.populations["nobody"]
    with pytest.raises(am.AmineError, match="parameters: 'tau_n' is not known; did you mean 'tau_m'"):
        E.parameters["tau_n"]
    assert "nobody" not in net.populations and net.populations.get("nobody") is None


def test_lists_in_notes_are_checked_again_when_they_are_written(tmp_path):
    net = am.Network()
    net.notes["a"] = [1]
    net.notes["a"].append(float("nan"))
    for act in (net.hash, lambda: net.save(tmp_path / "net.json")):
        with pytest.raises(am.AmineError, match="notes 'a': this cannot be written"):
            act()
    assert not list(tmp_path.iterdir())


def test_running_networks_take_no_attributes():
    net = am.Network()
    net.population("P", 2, "poisson", rate="1 Hz")
    loop = net.loop()
    for name in ("dt", "threads", "time", "network", "close", "rate"):
        with pytest.raises(am.AmineError, match=r"Loop: '.*' cannot be set.*loop.set\(...\)"):
            setattr(loop, name, 1)
