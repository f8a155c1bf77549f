"""Pair STDP against the same events in plain Python, and what every rule of the engine must keep."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

import amine as am

sys.path.insert(0, str(Path(__file__).parent))
from _reference import pair_stdp

PARAMETERS = {"A_plus": 0.05, "A_minus": 0.06, "tau_plus": "17 ms", "tau_minus": "31 ms", "w_max": "1 nS"}
NUMBERS = {"A_plus": 0.05, "A_minus": 0.06, "tau_plus": 17.0, "tau_minus": 31.0, "w_max": 1.0}


def train(rng, n, count, stop):
    """``count`` spikes of each of ``n`` neurons on the grid of steps, without two in one step."""
    times = [np.sort(rng.choice(np.arange(2, round(stop * 10)), count, replace=False)) / 10 for _ in range(n)]
    return np.concatenate(times), np.repeat(np.arange(n), count), times


def drive(net, times, targets, n):
    """Neurons that spike at the given times, whatever else arrives."""
    P = net.population("post", n, "lif_cond", t_ref="0 ms")
    S = net.population("drive", n, "spike_list", times=[f"{t} ms" for t in times], indices=targets)
    net.synapses(S, P, receptor="delta", weight="500 mV", connect="one_to_one", name="drive")
    return P


def network(rule, seed=1, stop=1500.0, delay="0.1 ms", kind="axonal", n_pre=6, n_post=4, counts=(40, 30), **more):
    rng = np.random.default_rng(seed)
    net = am.Network(seed=seed)
    t, i, pre = train(rng, n_pre, counts[0], stop)
    A = net.population("pre", n_pre, "spike_list", times=[f"{x} ms" for x in t], indices=i)
    t, j, _ = train(rng, n_post, counts[1], stop)
    B = drive(net, t, j, n_post)
    syn = net.synapses(
        A,
        B,
        receptor="AMPA",
        weight="0.5 nS",
        connect="all_to_all",
        rule=rule,
        delay=delay,
        delay_kind=kind,
        name="plastic",
        **more,
    )
    return net, syn, pre


def posts(run, n):
    s = run.spikes["post"]
    return [s.times[s.indices == j] for j in range(n)]


@pytest.mark.parametrize("kind", ["axonal", "dendritic"])
@pytest.mark.parametrize("delay", [0.1, 1.5, 23.7])
def test_weights_are_those_of_the_events_in_order(kind, delay):
    net, syn, pre = network(am.plasticity.stdp(**PARAMETERS), delay=f"{delay} ms", kind=kind)
    run = net.run("1600 ms", precision="float64", progress=False)
    post = posts(run, 4)
    shift = {"axonal": delay, "dendritic": 0.0} if kind == "axonal" else {"axonal": 0.0, "dendritic": delay}
    want = [pair_stdp(pre[i], post[j], 0.5, **NUMBERS, **shift) for i, j in itertools.product(range(6), range(4))]
    assert all(len(p) == 30 for p in post)
    assert np.ptp(want) > 0.1
    np.testing.assert_allclose(run.weights(syn).weights, want, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("stdp_nearest", {"nearest": True}),
        ("stdp_multiplicative", {"exponent": 1.0}),
        ("stdp_power_law", {"exponent": 0.4}),
    ],
)
def test_the_family(name, more):
    net, syn, pre = network(am.plasticity.get(name)(**PARAMETERS), delay="1.5 ms")
    run = net.run("1600 ms", precision="float64", progress=False)
    want = [
        pair_stdp(pre[i], posts(run, 4)[j], 0.5, **NUMBERS, axonal=1.5, **more)
        for i, j in itertools.product(range(6), range(4))
    ]
    np.testing.assert_allclose(run.weights(syn).weights, want, rtol=1e-9)


def test_single_precision_stays_near():
    net, syn, _ = network(am.plasticity.stdp(**PARAMETERS), delay="1.5 ms")
    a, b = (net.run("1600 ms", precision=p, progress=False).weights(syn).weights for p in ("float64", "float32"))
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_a_silent_source_learns_from_the_past_of_its_targets():
    """Histories are cut by sweeps; a source that spikes after seconds of silence must not miss what they held."""
    net = am.Network(seed=1)
    A = net.population("pre", 1, "spike_list", times=["5 ms", "4200 ms"], indices=[0, 0])
    times = np.concatenate([np.arange(10.0, 4190.0, 20.0), [4199.0]])
    B = drive(net, times, np.zeros(len(times)), 1)
    syn = net.synapses(
        A, B, receptor="AMPA", weight="0.5 nS", connect="all_to_all", rule=am.plasticity.stdp(**PARAMETERS)
    )
    run = net.run("4300 ms", precision="float64", progress=False)
    want = pair_stdp([5.0, 4200.0], posts(run, 1)[0], 0.5, **NUMBERS, axonal=0.1)
    assert len(posts(run, 1)[0]) == len(times)
    np.testing.assert_allclose(run.weights(syn).weights, [want], rtol=1e-12)


def test_a_pair_in_one_step_potentiates_only():
    """Pre comes first where both come at once: no depression by the post-spike of the same step."""
    net = am.Network(seed=1)
    A = net.population("pre", 1, "spike_list", times=["9.9 ms"], indices=[0])
    B = drive(net, [9.9], [0], 1)
    syn = net.synapses(
        A, B, receptor="AMPA", weight="0.5 nS", connect="all_to_all", rule=am.plasticity.stdp(**PARAMETERS)
    )
    run = net.run("50 ms", precision="float64", progress=False)
    assert posts(run, 1)[0] == pytest.approx([10.0])
    np.testing.assert_allclose(run.weights(syn).weights, [0.55], rtol=1e-12)


def test_the_spike_that_arrives_sees_the_weight_before_it_changes_it():
    net = am.Network(seed=1)
    A = net.population("pre", 1, "spike_list", times=["10 ms"], indices=[0])
    B = net.population("post", 1, "lif_cond")
    net.synapses(
        A,
        B,
        receptor="AMPA",
        weight="0.5 nS",
        connect="all_to_all",
        rule=am.plasticity.rule("half", "w : nS in 0 nS .. 1 nS\non pre w *= 0.5"),
        name="first",
    )
    net.synapses(
        A,
        B,
        receptor="GABA_A",
        weight="0.5 nS",
        connect="all_to_all",
        rule=am.plasticity.rule("halved", "w : nS in 0 nS .. 1 nS\non pre w *= 0.5; transmit"),
        name="second",
    )
    net.probe(B, "g_AMPA", "g_GABA_A")
    p = net.run("12 ms", precision="float64", progress=False).probes["post.g_AMPA+g_GABA_A"]
    assert p["g_AMPA"].max() == pytest.approx(0.5, rel=0.05)
    assert p["g_GABA_A"].max() == pytest.approx(0.25, rel=0.05)


def recurrent(seed=5):
    """Distributed delays and weights, release, two plastic projections, and feedback of the weights on the spikes."""
    net = am.Network(seed=seed)
    E = net.population(
        "E", 300, "lif_cond", I_e="normal('190 pA', '20 pA')", initial={"v": 'uniform("-60 mV", "-50 mV")'}
    )
    I = net.population("I", 80, "lif_cond", I_e="110 pA")
    a = net.synapses(E, E, receptors={"AMPA": 'uniform("0 nS", "2 nS")', "NMDA": "0.1 nS"}, p=0.1, delay='uniform("0.5 ms", "5 ms")',
                     rule=am.plasticity.stdp(w_max="2 nS"), release="tsodyks_markram")  # fmt: skip
    b = net.synapses(I, E, receptor="GABA_A", weight="0.5 nS", indegree=20, delay="0.8 ms", delay_kind="dendritic",
                     rule=am.plasticity.stdp_multiplicative(w_max="2 nS"), name="inhibition")  # fmt: skip
    net.synapses(E, I, receptor="AMPA", weight="0.5 nS", p=0.1, delay="1 ms")
    net.probe_weights(a, every="70 ms", n=11)
    return net, a, b


@pytest.fixture(scope="module")
def reference():
    return recurrent()[0].run("1250 ms", progress=False)


def same(a, b):
    return (
        a.spikes.hash() == b.spikes.hash()
        and all(a.weights(n) == b.weights(n) for n in ("E->E", "inhibition"))
        and np.array_equal(np.asarray(a.probes["E->E.w"]["w"]), np.asarray(b.probes["E->E.w"]["w"]))
        and np.array_equal(a.probes["E->E.w"].times, b.probes["E->E.w"].times)
    )


def test_the_reference_learns(reference):
    w = reference.weights("E->E").weights
    assert reference.spikes.counts()["E"] > 1000 and w.min() >= 0.0 and w.max() <= 2.0
    assert np.abs(np.diff(np.asarray(reference.probes["E->E.w"]["w"]), axis=0)).max() > 0.005


@pytest.mark.parametrize(("threads", "chunk"), [(2, None), (3, "33.3 ms"), (1, "7.1 ms")])
def test_bits_do_not_depend_on_threads_or_chunks(reference, threads, chunk):
    assert same(reference, recurrent()[0].run("1250 ms", threads=threads, chunk=chunk, progress=False))


@pytest.mark.parametrize(("before", "after"), [(1, 2), (3, 1)])
def test_resume(reference, tmp_path, before, after):
    place = {"checkpoint": tmp_path / "state", "progress": False}
    recurrent()[0].run("730 ms", threads=before, **place)
    assert same(reference, recurrent()[0].run("1250 ms", threads=after, resume=True, **place))


def test_reading_weights_changes_nothing(reference):
    net, _, _ = recurrent()
    net = net.replaced(weight_probes=[])
    assert net.run("1250 ms", progress=False).weights("E->E") == reference.weights("E->E")


def test_bytes_of_a_synapse():
    net = am.Network(seed=1)
    E = net.population("E", 2000, "lif")
    net.synapses(E, E, receptor="exc", weight="1 pA", indegree=100, rule=am.plasticity.stdp(w_max="2 pA"))
    info = net.run("0 ms", progress=False).info
    assert info["synapse_bytes"] / info["n_synapses"] < 8.2
