"""Identities of random numbers: adding, ordering, naming and values change none of those that a part has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am
from amine.engine.resolve.resolved import resolve
from amine.engine.resolve.streams import Stream, streams_of
from amine.engine.time.simulation import Simulation
from amine.models import quantal

NOISY = am.models.neuron(
    "noisy",
    "dv/dt = (E_L - v)/tau + sigma*sqrt(2/tau)*xi + (I + I_e)/C : mV\nthreshold v > V_th\nreset v = E_L\ninitial v = E_L",
    E_L="-65 mV", tau="12 ms", sigma="3 mV", C="200 pF", V_th="-50 mV", I_e="180 pA",
)  # fmt: skip
LISTS = ("populations", "projections", "electrical", "inputs", "stimuli", "probes")
PART = tuple[str, Any]  # method of a network, and what decides the rest


def built(parts: Sequence[PART], declared: bool, values: float = 1.0, name: str = "") -> am.Network:
    """A network of parts: (kind, (source, target, variant)), or ("population", size); names begin with ``name``."""
    net = am.Network(seed=5)
    sizes = [x for kind, x in parts if kind == "population"]
    ends = []
    for k, n in enumerate(sizes):
        model = "poisson" if n % 3 == 0 else NOISY
        own = {"rate": f"{values} Hz"} if n % 3 == 0 else {"I_e": f"{100 * values} pA", "receptors": {"AMPA": "AMPA"}}
        ends.append(net.population(f"{name}p{k}", n, model, stream=f"p{k}" if declared else None, **own))
    neurons = [p for p in ends if p.model.kind == "neuron"]
    for k, (kind, x) in enumerate(p for p in parts if p[0] != "population"):
        i, j, variant = x
        a, b = ends[i % len(ends)], neurons[j % len(neurons)]
        more = {"stream": k if declared else None, "name": f"{name}{kind}{k}"}
        if kind == "synapses":
            pattern = ({"p": 0.5 * values}, {"indegree": 2}, {"connect": "all_to_all"})[variant]
            net.synapses(
                a, b + neurons[0] if variant == 2 else b, receptor="AMPA", weight=f"{values} nS", **pattern, **more
            )
        elif kind == "poisson":
            net.poisson(b[: 1 + variant], rate=f"{values} Hz", receptor="AMPA", weight="1 nS", **more)
        else:
            net.gap_junctions(b, neurons[i % len(neurons)], conductance=f"{values} nS", p=0.5, **more)
    return net


def paths(net: am.Network) -> dict[tuple[Any, ...], str]:
    """Identities of all parts."""
    found = streams_of(net)
    names = list(found.populations)
    out: dict[tuple[Any, ...], str] = {("population", i): found.populations[n].path for i, n in enumerate(names)}
    out |= {("synapses", *k): s.path for k, s in found.routes.items()}
    out |= {("poisson", i): s.path for i, s in enumerate(found.inputs)}
    return out | {("gap", i): s.path for i, s in enumerate(found.electrical)}


of_a_part = st.one_of(
    st.tuples(st.just("population"), st.integers(1, 5)),
    st.tuples(
        st.sampled_from(["synapses", "poisson", "gap"]),
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2)),
    ),
)
some_parts = st.lists(of_a_part, max_size=12).map(lambda x: [("population", 4), *x])


@settings(max_examples=60, deadline=None)
@given(parts=some_parts, more=some_parts, declared=st.booleans())
def test_what_is_appended_changes_no_identity(parts, more, declared):
    net = built(parts, declared)
    before = paths(net)
    for m in built(more, False, 1.0, "x").populations.values():
        net.population(m.name, m.n, m.model, receptors=dict(m.receptors))
        if m.model.kind == "neuron":
            net.synapses("p0", m.name, receptor="AMPA", weight="1 nS", p=0.5)
            net.poisson("p0", rate="1 Hz", receptor="AMPA", weight="1 nS")
            net.gap_junctions("p0", m.name, conductance="1 nS", p=0.5)
    net.probe("p0", "v")
    after = paths(net)
    assert {k: after[k] for k in before} == before


@settings(max_examples=40, deadline=None)
@given(parts=some_parts, declared=st.booleans(), value=st.sampled_from([0.1, 0.9]))
def test_names_and_values_change_no_identity(parts, declared, value):
    assert paths(built(parts, declared)) == paths(built(parts, declared, value, "other "))


@settings(max_examples=60, deadline=None)
@given(parts=some_parts, declared=st.booleans())
def test_no_two_parts_have_one_identity(parts, declared):
    net = built(parts, declared)
    found = list(paths(net).values())
    assert len(set(found)) == len(found)
    assert len({Stream(1, p).key for p in found}) == len(found)


@settings(max_examples=40, deadline=None)
@given(parts=some_parts, data=st.data(), first=st.integers(1, 5))
def test_with_declared_streams_order_changes_no_identity(parts, data, first):
    net = built(parts, True)
    before = _by_name(net)
    d = net.to_dict()
    for k in LISTS:
        d[k] = data.draw(st.permutations(d[k]))
    d["populations"] = [_stranger(first), *d["populations"]]
    after = _by_name(am.Network.from_dict(d))
    assert {k: after[k] for k in before} == before


def _by_name(net: am.Network) -> Mapping[tuple[Any, ...], str]:
    found = streams_of(net)
    numbers = [s.name for s in net.projections]
    out: dict[tuple[Any, ...], str] = {(n,): s.path for n, s in found.populations.items()}
    out |= {(numbers[k], i, j): s.path for (k, i, j), s in found.routes.items()}
    out |= {(p.name,): s.path for p, s in zip(net.inputs, found.inputs, strict=True)}
    return out | {(p.name,): s.path for p, s in zip(net.electrical, found.electrical, strict=True)}


def _stranger(n: int) -> dict[str, Any]:
    net = am.Network()
    net.population("stranger", n, NOISY, receptors={"AMPA": "AMPA"})
    return net.to_dict()["populations"][0]


def test_populations_of_other_sizes_or_kinds_change_none_wherever_they_are_added():
    def network(first: bool) -> am.Network:
        net = am.Network(seed=1)
        if first:
            net.population("X", 7, "lif_cond")
            net.population("Y", 80, "poisson", rate="5 Hz")
        E = net.population("E", 80, "lif_cond")
        if first:
            net.synapses("Y", E[:40], receptor="AMPA", weight="1 nS", p=0.1)
        net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1)
        return net

    a, b = (streams_of(network(first)) for first in (False, True))
    assert a.populations["E"] == b.populations["E"] and a.routes[0, 0, 0] == b.routes[1, 0, 0]


def test_receptors_detail_and_rules_of_a_pair_share_its_pairs():
    net = am.Network()
    E = net.population("E", 10, "lif_cond")
    net.synapses(E, E, receptors={"NMDA": "1 nS", "AMPA": "1 nS"}, p=0.5)
    routes = resolve(net).routes
    assert routes[0].stream == routes[1].stream and [r.port for r in routes] == [0, 1]
    net = am.Network()
    E = net.population("E", 10, "lif_cond")
    net.synapses(E, E, receptors={"NMDA": "1 nS", "AMPA": "1 nS"}, p=0.5, detail="explicit")
    assert resolve(net).routes[0].stream == routes[0].stream


@pytest.mark.parametrize("bad", [True, -1, 2**63, 1.5, "", "a\nb", [1]])
def test_what_is_no_stream_is_refused(bad):
    net = am.Network()
    with pytest.raises(am.AmineError, match="Population 'E', stream"):
        net.population("E", 5, "lif", stream=bad)


def test_a_stream_belongs_to_one_part_of_a_kind():
    net = am.Network()
    E = net.population("E", 5, "lif_cond", stream="a")
    net.population("F", 5, "lif_cond", stream=1)
    net.population("G", 5, "lif_cond", stream="1")
    with pytest.raises(am.AmineError, match=r"Population 'H', stream: another part has it \(given 'a'\)"):
        net.population("H", 5, "lif_cond", stream="a")
    for method, more in (
        ("synapses", {"receptor": "AMPA", "weight": "1 nS"}),
        ("gap_junctions", {"conductance": "1 nS"}),
    ):
        add = getattr(net, method)
        add(E, E, p=0.5, stream="a", **more)
        with pytest.raises(am.AmineError, match="stream: another part has it"):
            add(E, E, p=0.5, stream="a", **more)
    net.poisson(E, rate="1 Hz", receptor="AMPA", weight="1 nS", stream=3)
    with pytest.raises(am.AmineError, match="stream: another part has it"):
        net.poisson(E, rate="1 Hz", receptor="AMPA", weight="1 nS", stream=3)
    assert am.Network.from_dict(json.loads(json.dumps(net.to_dict()))) == net
    assert "E: a, F: 1" in net.describe()


def test_a_stream_fixes_the_numbers_that_order_would_change():
    def drawn(declared: bool, first: bool) -> np.ndarray:
        net = am.Network(seed=2)
        if first:
            net.population("X", 30, "poisson", rate="uniform('1 Hz', '2 Hz')")
        net.population("P", 30, "poisson", rate="uniform('1 Hz', '2 Hz')", stream=4 if declared else None)
        return Simulation(net).arrays.values[-1]["rate"]

    assert (drawn(True, False) == drawn(True, True)).all()
    assert (drawn(False, False) != drawn(False, True)).all()


def every_transmission() -> am.Network:
    """Quanta by synapse, site and scheme, spontaneous release, cells with a tree, and gap junctions between their branches."""
    net = am.Network(seed=3)
    leak = am.models.get("leak")(g_max="0.05 mS/cm2", E="-65 mV")
    tree = am.models.cable(
        am.morphology.ball_and_stick(dendrite=("300 um", "2 um"), segments=7), {"*": [leak, "Na_HH", "K_HH"]}
    )
    E = net.population("E", 90, "lif_cond", I_e="normal('250 pA', '10 pA')", stream="E")
    S = net.population("S", 40, "poisson", rate="40 Hz", stream="S")
    K = net.population("K", 70, "lif_cond", I_e="260 pA", stream="K")
    T = net.population("T", 6, tree, stream="T")
    own = 'uniform("1 nS", "2 nS")'
    for k, (a, b, receptor, weight, p, more) in enumerate([
        (S, E, "AMPA", "2 nS", 0.3, {"release": quantal(n=5, p=0.4, cv=0.3)}),
        (E, K, "AMPA", own, 0.3, {"release": quantal(n=5, p=0.4), "delay": "2 ms"}),
        (E, E, "AMPA", "1 nS", 0.1, {"minis": "5 Hz"}),
        (S, K, "AMPA", "1 nS", 0.1, {"minis": "5 Hz"}),
        (E, E + K, "NMDA", "0.5 nS", 0.1, {"detail": "kinetic", "release": quantal(n=3, p=0.5)}),
        (K, E, "NMDA", "0.5 nS", 0.1, {"detail": "kinetic"}),
        (K, E, "GABA_A", "2 nS", 0.1, {"detail": "explicit", "release": quantal(n=3, p=0.5)}),
        (E, E, "GABA_A", "0.5 nS", 0.1, {"detail": "explicit"}),
        (E, T.at("dendrite"), "AMPA", "0.5 nS", 0.5, {}),
        (S, T.at("dendrite"), "AMPA", "0.5 nS", 0.5, {"release": quantal(n=5, p=0.4)}),
    ]):  # fmt: skip
        net.synapses(a, b, receptor=receptor, weight=weight, p=p, stream=k, **more)
    net.poisson(T.at("dendrite"), rate="50 Hz", receptor="AMPA", weight="0.3 nS", n=10)
    net.poisson(E, rate="50 Hz", receptor="AMPA", weight="0.3 nS", n=10)
    net.gap_junctions(T.at("dendrite"), T.at("dendrite"), conductance="0.1 nS", p=0.3)
    return net


def outcome(net: am.Network, steps: int = 400) -> dict[str, dict[str, np.ndarray]]:
    """Spikes and states of all populations."""
    sim = Simulation(net)
    chunk, out = sim.advance(steps), {}
    for at in sim.slices:
        mine = (chunk.ids >= at.id0) & (chunk.ids < at.id0 + at.n)
        out[at.member.name] = {"steps": chunk.steps[mine], "neurons": chunk.ids[mine] - at.id0}
        out[at.member.name] |= {s: at.get(sim.arrays.X, s).copy() for s in at.states}
    return out


@pytest.mark.validate
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_any_order_gives_each_population_the_same_bits(seed):
    data, rng = every_transmission().to_dict(), np.random.default_rng(seed or 0)
    for k in LISTS:
        data[k] = data[k][::-1] if seed is None else [data[k][i] for i in rng.permutation(len(data[k]))]
    a, b = outcome(every_transmission()), outcome(am.Network.from_dict(data))
    assert all(len(x["steps"]) > 20 for x in a.values())
    for name, states in a.items():
        for s, x in states.items():
            np.testing.assert_array_equal(b[name][s], x, f"{name}, {s}")
