"""Descriptions: what can be said, what is refused, and that they are plain data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am


def everything() -> am.Network:
    net = am.Network(seed=3, dt="0.1 ms", name="all parts")
    E = net.population(
        "E",
        20,
        "lif_cond",
        tau_m="normal('20 ms', '1 ms').truncated('5 ms')",
        initial={"v": "-62 mV", "g_AMPA": "1 nS"},
        positions=np.arange(40.0).reshape(20, 2) * am.units.um,
    )
    I = net.population("I", 8, "lif_cond", positions=np.ones((8, 2)) * am.units.um)
    S = net.population("S", 3, "poisson", rate=np.array([1.0, 2.0, 3.0]) * am.units.Hz)
    L = net.population("L", 2, "spike_list", times=["1 ms", "2 ms"], indices=[0, 1])
    net.synapses(E, E + I, receptors={"AMPA": "1 nS", "NMDA": "0.1 nS"}, p=0.2, delay="uniform('0.5 ms', '2 ms')")
    net.synapses(
        I,
        E[::2],
        receptor="GABA_A",
        weight=am.normal("4 nS", "1 nS").clipped("0 nS"),
        indegree=3,
        release="tsodyks_markram",
        multapses=False,
    )
    net.synapses(E, I, receptor="AMPA", weight="1 nS", distance=am.gaussian("20 um", 0.5), autapses=False)
    net.synapses(S, I[:3], receptor="AMPA", weight=np.ones(3) * am.units.nS, connect="one_to_one")
    net.synapses(L, E, receptor="AMPA", weight=np.ones(2) * am.units.nS, pairs=([0, 1], [3, 4]))
    net.gap_junctions(I, I, conductance="0.2 nS", p=0.3)
    net.poisson(E, rate="5 Hz", receptor="AMPA", weight="1 nS", n=10)
    net.stimulus(E[:5], am.step("10 pA", start="1 ms", stop="5 ms"))
    net.stimulus(I, am.table(["0 ms", "3 ms"], ["1 pA", "2 pA"]))
    net.probe(E[:2], "v", "g_NMDA", every="0.5 ms")
    return net


def test_round_trip_hash_and_run(tmp_path):
    net = everything()
    again = am.Network.from_dict(json.loads(json.dumps(net.to_dict())))
    assert again == net and again.hash() == net.hash() == everything().hash()
    net.save(tmp_path / "net.json")
    assert am.Network.load(tmp_path / "net.json") == net
    with pytest.raises(am.AmineError, match="it exists"):
        net.save(tmp_path / "net.json")
    assert again.run("5 ms", progress=False).spikes.hash() == net.run("5 ms", progress=False).spikes.hash()
    other = everything()
    other.probe(other.populations["I"], "v")
    assert other != net and other.hash() != net.hash()


def test_tables():
    net = everything()
    text, tex = net.describe(), net.describe("latex")
    for word in (
        "Model summary",
        "Populations",
        "Connectivity",
        "tsodyks_markram",
        "gaussian",
        "fixed in-degree 3",
        "g_NMDA",
        "dv/dt",
        "Poisson trains",
    ):
        assert word in text
    assert (
        tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == len(net.describe_sections())
        and r"tsodyks\_markram" in tex
    )
    with pytest.raises(am.AmineError, match="unknown format"):
        net.describe("html")


def test_estimate():
    net = am.Network()
    P = net.population("P", 1000, "lif")
    net.synapses(P, P, receptor="exc", weight="1 pA", p=0.1)
    net.synapses(P, P, receptor="inh", weight=am.normal("-1 pA", "0.1 pA"), outdegree=10)
    size = net.estimate()
    assert size["neurons"] == 1000 and size["synapses"] == 110_000
    assert (
        size["synapse_bytes"] == 4 * 100_000 + 8 * 10_000 + 2 * 8 * 1001
    )  # and where the row of each source begins, in two tables


def base() -> tuple[am.Network, am.network.parts.Population]:
    net = am.Network()
    E = net.population("E", 10, "lif_cond")
    net.population("S", 4, "poisson")
    return net, E


BAD = {
    "name taken": (lambda n, E: n.population("E", 3), "name is taken"),
    "name empty": (lambda n, E: n.population("", 3), "the name must be"),
    "size": (lambda n, E: n.population("X", 0), "out of range"),
    "size float": (lambda n, E: n.population("X", 2.5), "not a whole number"),
    "model": (lambda n, E: n.population("X", 3, "liff"), "did you mean 'lif'"),
    "kind": (lambda n, E: n.population("X", 3, "AMPA"), "is a receptor model"),
    "parameter": (lambda n, E: n.population("X", 3, "lif", tau_n="1 ms"), "did you mean 'tau_m'"),
    "parameter unit": (lambda n, E: n.population("X", 3, "lif", tau_m="1 mV"), "wrong dimension"),
    "parameter bare": (lambda n, E: n.population("X", 3, "lif", tau_m=15), "unit is missing"),
    "parameter sign": (lambda n, E: n.population("X", 3, "lif", tau_m="-15 ms"), "must be positive"),
    "parameter shape": (lambda n, E: n.population("X", 3, "lif", tau_m=["1 ms", "2 ms"]), "wrong shape"),
    "state": (lambda n, E: n.population("X", 3, "lif", initial={"u": "1 mV"}), "state 'u' is not known"),
    "receptor": (lambda n, E: n.synapses(E, E, receptor="AMPAA", weight="1 nS", p=0.1), "did you mean 'AMPA'"),
    "population": (lambda n, E: n.synapses("EE", E, receptor="AMPA", weight="1 nS", p=0.1), "did you mean 'E'"),
    "probability": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", p=1.5),
        r"p is outside 0..1 .*total=",
    ),
    "two patterns": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1, total=3),
        "give one pattern of connections",
    ),
    "no pattern": (lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS"), "give one pattern of connections"),
    "pattern": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", connect="all_to_al"),
        "pattern 'all_to_al' is not known; did you mean 'all_to_all'",
    ),
    "pattern as a rule": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", **{"rule": "all_to_all"}),
        "give connect='all_to_all'",
    ),
    "no weight": (lambda n, E: n.synapses(E, E, receptor="AMPA", p=0.1), "weight is missing"),
    "weight unit": (lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 pA", p=0.1), "wrong dimension"),
    "weight sign": (lambda n, E: n.synapses(E, E, receptor="AMPA", weight="-1 nS", p=0.1), "must not be negative"),
    "weight law": (lambda n, E: n.synapses(E, E, receptor="AMPA", weight=am.normal("1 nS", "1 nS"), p=0.1), "clipped"),
    "weight array": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight=np.ones(3) * am.units.nS, p=0.1),
        "needs a given order of synapses",
    ),
    "delay": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1, delay="0.05 ms"),
        "shorter than the time step .*at least 0.1 ms",
    ),
    "delay law": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1, delay=am.uniform("0.01 ms", "1 ms")),
        "clipped",
    ),
    "indegree": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", indegree=10, autapses=False, multapses=False),
        "at most 9",
    ),
    "one to one": (
        lambda n, E: n.synapses(E[:3], E, receptor="AMPA", weight="1 nS", connect="one_to_one"),
        "as many sources as targets",
    ),
    "pairs": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", pairs=([0], [10])),
        "a neuron that is not there",
    ),
    "positions": (
        lambda n, E: n.synapses(E, E, receptor="AMPA", weight="1 nS", distance=am.box("10 um")),
        "has no positions",
    ),
    "source as target": (lambda n, E: n.synapses(E, "S", receptor="AMPA", weight="1 nS", p=0.1), "no receptors"),
    "gap unit": (lambda n, E: n.gap_junctions(E, E, conductance="1 pA", p=0.1), "wrong dimension"),
    "gap source": (lambda n, E: n.gap_junctions(E, "S", conductance="1 nS", p=0.1), "no voltage"),
    "poisson rate": (lambda n, E: n.poisson(E, rate="-5 Hz", receptor="AMPA", weight="1 nS"), "must not be negative"),
    "waveform": (lambda n, E: n.stimulus(E, "10 pA"), "not a waveform"),
    "variable": (lambda n, E: n.probe(E, "V"), "did you mean 'v'"),
    "every": (lambda n, E: n.probe(E, "v", every="0.25 ms"), "multiple of the time step"),
    "slice": (lambda n, E: E[10], "holds no neuron"),
    "foreign": (
        lambda n, E: n.synapses(am.Network().population("E", 10), E, receptor="AMPA", weight="1 nS", p=0.1),
        "another network",
    ),
    "waveform times": (lambda n, E: am.table(["3 ms", "1 ms"], ["1 pA", "2 pA"]), "times must increase"),
    "step": (lambda n, E: am.step("1 pA", start="5 ms", stop="2 ms"), "stops before it starts"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, words = BAD[case]
    net, E = base()
    before = net.to_dict()
    with pytest.raises(am.AmineError, match=words) as e:
        call(net, E)
    assert "\n" not in str(e.value)
    assert net.to_dict() == before, "nothing is added when a call fails"


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": "other"}', '{"format": "amine network 1"}', "not json", "[" * 100_000]
)
def test_damaged_files(tmp_path, content):
    (tmp_path / "net.json").write_text(content)
    with pytest.raises(am.AmineError):
        am.Network.load(tmp_path / "net.json")


def leaves(x, path=()):
    if isinstance(x, dict):
        for k, v in x.items():
            yield from leaves(v, (*path, k))
    elif isinstance(x, list) and x:
        for k, v in enumerate(x):
            yield from leaves(v, (*path, k))
    else:
        yield path


PLAIN = everything().to_dict()
PATHS = list(leaves(PLAIN))
JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**70),
    st.floats(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.sampled_from(["1 ms", "1 mV", "E"]),
)


@pytest.mark.filterwarnings("ignore::amine.errors.AmineWarning")  # a changed step may round a time
@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JSON, st.booleans()), min_size=1, max_size=3))
def test_mutated_descriptions_load_or_are_refused(changes):
    data = json.loads(json.dumps(PLAIN))
    for path, value, delete in changes:
        at = data
        try:
            for k in path[:-1]:
                at = at[k]
            if delete:
                del at[path[-1]]
            else:
                at[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    try:
        assert isinstance(am.Network.from_dict(data), am.Network)
    except am.AmineError as e:
        assert str(e)
