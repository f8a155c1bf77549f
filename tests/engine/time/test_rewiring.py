"""Synapses that come and go while a network runs: the same bits however it is run, and what each rule does."""

from types import SimpleNamespace

import numpy as np
import pytest

import amine as am
from amine.engine.time.rewiring import Rewirings
from amine.errors import AmineWarning

CELL = am.models.elements("lif", axon=("0/ms", 0.0, 0.05), dendrite=("0/ms", 0.0, 0.05))
N = 40


def cells(rule=None, plastic=None, axon=0.0, dendrite=0.0, **options):
    """Neurons that drive each other and are driven by given spikes, the same structure for all tests."""
    net = am.Network(seed=3)
    E = net.population("E", N, CELL, I_e="700 pA", initial={"axon": axon, "dendrite": dendrite, "v": am.uniform("-65 mV", "-50 mV")},
                       positions=am.space.grid((8, 5), spacing="10 um"))  # fmt: skip
    given = {
        "p": 0.1,
        "delay": am.uniform("0.5 ms", "2 ms"),
        "weight": am.uniform("5 pA", "20 pA"),
        "multapses": False,
        "autapses": False,
    }
    syn = net.synapses(E, E, receptor="exc", name="syn", rule=plastic, **{**given, **options})
    if rule is not None:
        net.rewire(syn, **{"every": "5 ms", **rule})
    return net


def loop(net, **options):
    return net.loop(precision="float64", **options)


def table(sim):
    found = sim.connections("syn")
    return {n: found[n] for n in ("pre", "post", "weight", "delay", "age")}


def same(a, b):
    return all(np.array_equal(a[n], b[n]) for n in a)


CHURN = {"remove": "0.2 + 0.3*int(w < 10 pA)", "grow": "replace", "p": "exp(-d/(40 um))"}


@pytest.mark.parametrize("plastic", [None, am.plasticity.stdp(w_max="30 pA")])
def test_threads_chunks_and_restarts_give_the_same_synapses(plastic, tmp_path):
    made = [loop(cells(CHURN, plastic), threads=threads) for threads in (1, 3)]
    for sim, steps in zip(made, ([40.0], [3.3, 11.7, 25.0]), strict=True):
        for ms in steps:
            sim.advance(f"{ms} ms")
    one, three = made
    assert same(table(one), table(three)) and one.run().spikes.hash() == three.run().spikes.hash()
    assert len(one.run().spikes["E"].times) > 100 and set(table(one)["age"]) > {0.0, 5.0}

    first = loop(cells(CHURN, plastic))
    first.advance("12 ms")
    kept, other = first.snapshot(), first.branch()
    first.save(tmp_path / "there")
    again = loop(cells(CHURN, plastic), threads=2, resume=tmp_path / "there")
    for sim in (first, other, again):
        sim.advance("28 ms")
        assert same(table(sim), table(one))
    first.restore(kept)
    assert not same(table(first), table(one))
    first.advance("28 ms")
    assert same(table(first), table(one))


def test_replacing_keeps_the_number_and_forbidden_pairs_stay_empty():
    sim = loop(cells({"remove": "age >= 10 ms", "grow": "replace"}))
    before = table(sim)
    sim.advance("40 ms")
    after = table(sim)
    assert len(before["pre"]) == len(after["pre"]) and after["age"].max() < 10
    assert (after["pre"] != after["post"]).all() and len({*zip(after["pre"], after["post"], strict=True)}) == len(
        after["pre"]
    )
    assert (after["delay"] >= 0.5).all() and (after["delay"] <= 2).all() and (after["weight"] >= 5).all()
    assert sim.run().info["n_synapses"] == len(after["pre"])


def test_every_pair_whose_text_says_so_gets_a_synapse():
    sim = loop(cells({"grow": "all", "p": "int(d < 15 um)", "weight": "d/(1 um)*1 pA"}, p=0.0))
    sim.advance("5 ms")
    places = sim.network.populations["E"].positions
    d = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    found = table(sim)
    assert {*zip(found["pre"], found["post"], strict=True)} == {*zip(*np.nonzero((d < 15) & (d > 0)), strict=True)}
    np.testing.assert_allclose(found["weight"], d[found["pre"], found["post"]])


def test_elements_bound_the_synapses_of_a_neuron():
    sim = loop(
        cells(
            {"elements": ("axon", "dendrite"), "decay": 0.5},
            axon=3.7,
            dendrite=2.2,
            p=0.0,
            multapses=True,
            autapses=True,
        )
    )
    sim.advance("5 ms")
    out, into = (np.bincount(table(sim)[n], minlength=N) for n in ("pre", "post"))
    assert (into == 2).all() and out.max() <= 3 and out.sum() == 2 * N
    np.testing.assert_allclose(sim.get("E.axon"), 3.7 - 0.5 * (3 - out))  # half of the free elements are lost
    np.testing.assert_allclose(sim.get("E.dendrite"), 2.2)
    sim.set("E.axon", "1.5")
    sim.set("E.dendrite", "-3", neurons=[0])
    sim.advance("5 ms")
    out, into = (np.bincount(table(sim)[n], minlength=N) for n in ("pre", "post"))
    assert out.max() == 1 and into[0] == 0 and sim.get("E.dendrite")[0] == 0
    assert (table(sim)["age"] >= 0).all() and out.sum() == N  # one for each axon, and there are dendrites enough


def test_a_spike_acts_through_the_synapses_that_are_there_when_it_arrives():
    sim = loop(cells({"every": "20 ms", "remove": 1.0}, delay="2 ms", weight="5 pA", p=0.5))
    degree = np.bincount(table(sim)["pre"], minlength=N)
    sim.advance("40 ms")
    spikes = sim.run().spikes["E"]
    arrived = spikes.times + 2 < 20 - 1e-6
    assert (~arrived & (spikes.times < 20)).any()  # some are under way when the synapses vanish
    assert sim.run().info["events"] == degree[spikes.indices[arrived]].sum() > 0 and len(table(sim)["pre"]) == 0


def test_weights_of_synapses_that_came_can_be_set():
    sim = loop(cells({"remove": 0.3, "grow": "replace"}))
    sim.set("syn.weight", "7 pA")
    sim.advance("10 ms")
    assert 0 < (table(sim)["weight"] == 7).mean() < 1
    np.testing.assert_array_equal(sim.settable()["syn.weight"].value, table(sim)["weight"])
    pre, post = (table(sim)[n][:2] for n in ("pre", "post"))
    sim.set("syn", weight="9 pA", pairs=(pre, post))
    assert (table(sim)["weight"][:2] == 9).all() and (table(sim)["weight"][2:] != 9).all()
    text = sim.script()
    other = loop(cells({"remove": 0.3, "grow": "replace"}))
    exec(text[text.index("sim.set") :], {"sim": other, "am": am, "Array": am.values.Array, "np": np})
    assert same(table(other), table(sim))
    with pytest.raises(am.AmineError, match="new synapses appear with the delay that is described"):
        sim.set("syn.delay", "1 ms")


def test_what_was_before_it_does_not_change_the_weight_of_a_new_plastic_synapse():
    """It goes on as one that was there before and was set to its weight when it appeared."""
    rule = am.plasticity.stdp(w_max="2e-7 pA")  # so weak that spikes stay where they are
    given = {"plastic": rule, "delay": "1 ms", "weight": "1e-7 pA"}
    born = loop(cells({"every": "20 ms", "grow": "all", "weight": "8e-8 pA"}, p=0.0, **given))
    there = loop(cells(p=1.0, **given))
    for sim in (born, there):
        sim.advance("20 ms")
    there.set("syn.weight", "8e-8 pA")
    np.testing.assert_allclose(table(born)["weight"], 8e-8, rtol=1e-12)
    for sim in (born, there):
        sim.advance("20 ms")
    assert born.run().spikes.hash() == there.run().spikes.hash() and len(there.run().spikes["E"].times) > 2 * N
    one, other = (sim.connections("syn") for sim in (born, there))
    assert (one.pre == other.pre).all() and (one.post == other.post).all()
    np.testing.assert_allclose(one.weight, other.weight, rtol=1e-9)
    assert (np.abs(one.weight / 8e-8 - 1) > 1e-3).mean() > 0.5


def test_numbers_of_synapses_are_recorded():
    net = cells({"remove": 0.3, "grow": 30})
    whole = net.probe_synapses("syn", "number", "appeared", "vanished", every="2.5 ms", stop="30 ms")
    into = net.probe_synapses("syn", "indegree", every="10 ms", start="10 ms")
    assert am.Network.from_dict(net.to_dict()) == net
    sim = loop(net)
    first = len(sim.connections("syn"))
    sim.advance("20 ms")
    counted = np.bincount(table(sim)["post"], minlength=N)
    sim.advance("20 ms")
    run = sim.run()
    assert run.probes[whole.name].times.tolist() == [2.5 * k for k in range(12)]
    number, appeared, vanished = (run.probes[whole.name][n].ravel() for n in ("number", "appeared", "vanished"))
    np.testing.assert_array_equal(number, first + appeared - vanished)
    assert (np.diff(number)[::2] == 0).all() and (np.diff(appeared)[1::2] > 0).all()
    assert run.probes[into.name].times.tolist() == [10.0, 20.0, 30.0]
    np.testing.assert_array_equal(run.probes[into.name]["indegree"][1], counted)


def test_weights_without_a_rule_are_recorded_where_they_are_set():
    net = cells()
    probe = net.probe_weights("syn", every="10 ms", n=5, start="10 ms", stop="40 ms")
    assert am.Network.from_dict(net.to_dict()) == net
    sim = loop(net)
    before = sim.connections("syn").weight
    sim.advance("15 ms")
    sim.set("syn.weight", "3 pA")
    sim.advance("30 ms")
    found = sim.run().probes[probe.name]
    assert found.times.tolist() == [10.0, 20.0, 30.0] and found.units == {"w": "pA"}
    np.testing.assert_array_equal(found["w"][0], before[np.rint(np.linspace(0, len(before) - 1, 5)).astype(int)])
    assert (found["w"][1:] == 3).all()


def test_slow_growth_in_single_precision_is_warned_of():
    net = cells({"elements": ("axon", "dendrite")})
    with pytest.warns(AmineWarning, match="single precision resolves"):
        Rewirings(SimpleNamespace(net=net, precision="float32"))  # type: ignore[arg-type]
    Rewirings(SimpleNamespace(net=net, precision="float64"))  # type: ignore[arg-type]


def test_probes_that_no_synapse_can_fill_are_refused():
    net = cells({"remove": 0.3})
    with pytest.raises(am.AmineError, match="come and go"):
        net.probe_weights("syn")
    with pytest.raises(am.AmineError, match="did you mean 'number'"):
        net.probe_synapses("syn", "numbr")
    with pytest.raises(am.AmineError, match="a probe of its own"):
        net.probe_synapses("syn", "number", "indegree")
    with pytest.raises(am.AmineError, match="none of them come or go"):
        cells().probe_synapses("syn")


def test_elements_follow_the_growth_curve_and_synapses_their_number():
    """At constant calcium the number of elements is nu t (2 exp(-((Ca - xi)/zeta)^2) - 1), and each whole element of either side has a synapse."""
    values = {"tau_Ca": "1e12 ms", "nu_axon": "0.1/ms", "nu_dendrite": "0.2/ms", "eta_dendrite": 0.01}
    net = am.Network(seed=3)
    calcium = np.linspace(0.0, 0.06, N)
    E = net.population(
        "E", N, CELL(**values), initial={"Ca": calcium}, positions=am.space.grid((8, 5), spacing="10 um")
    )
    syn = net.synapses(E, E, receptor="exc", weight="1 pA", p=0.0, delay=am.uniform("0.5 ms", "2 ms"), name="syn")
    net.rewire(syn, every="5 ms", elements=("axon", "dendrite"))
    sim = loop(net)
    sim.advance("20 ms")
    grown = {}
    for name, nu, eta in (("axon", 0.1, 0.0), ("dendrite", 0.2, 0.01)):
        xi, zeta = (eta + 0.05) / 2, (0.05 - eta) / (2 * np.sqrt(np.log(2)))
        rate = nu * (2 * np.exp(-(((calcium - xi) / zeta) ** 2)) - 1)
        grown[name] = np.where(rate > 0, 20 * rate, 0.0)
        np.testing.assert_allclose(sim.get(f"E.{name}"), grown[name], atol=1e-9)
    found = table(sim)
    axons, dendrites = (np.floor(x + 1e-9).astype(int) for x in grown.values())
    assert len(found["pre"]) == min(axons.sum(), dendrites.sum()) > N / 2
    assert (np.bincount(found["pre"], minlength=N) <= axons).all() and (
        np.bincount(found["post"], minlength=N) <= dendrites
    ).all()
