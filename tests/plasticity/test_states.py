"""Synapses of the library with states of their own, each against its paper's recursion or number, and random numbers at spikes."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

TIMES = np.array([3.0, 8.0, 11.0, 31.0, 33.0, 70.0, 71.0, 150.0])
KEPT = am.models.receptor("kept", "dg/dt = -g/tau : nS; on spike g += w; current 0*g*mV", tau="1e9 ms")


def jumps(model):
    """What each spike of a source gives to its target, for a weight of 2 nS, and the states at the end."""
    net = am.Network(seed=1)
    S = net.population("S", 1, "spike_list", times=TIMES * am.units.ms, indices=np.zeros(len(TIMES)))
    T = net.population("T", 1, "lif_cond", receptors={"kept": KEPT})
    syn = net.synapses(S, T, receptor="kept", weight="2 nS", connect="all_to_all", rule=model)
    net.probe(T, "g_kept", name="g")
    run = net.run("300 ms", precision="float64", progress=False)
    g, steps = run.probes["g"]["g_kept"][:, 0], np.rint(TIMES / 0.1).astype(int)
    return np.array([g[s + 5] - g[s - 5] for s in steps]), run.weights(syn)


@pytest.mark.parametrize("name", am.plasticity.parameter_sets("maass_markram"))
def test_dynamics_of_release(name):
    U, D, F = (
        float(am.units.to_internal(x, u, ""))
        for x, u in zip(am.plasticity.parameter_sets("maass_markram")[name].values(), ("1", "ms", "ms"))
    )
    u, R, expected = U, 1.0, []
    for k, t in enumerate(TIMES):
        if k:  # equations 1 of Maass and Markram (2002)
            gap = t - TIMES[k - 1]
            u, R = U + u * (1 - U) * np.exp(-gap / F), 1 + (R - u * R - 1) * np.exp(-gap / D)
        expected.append(2 * u * R)
    found, _ = jumps(am.plasticity.get("maass_markram", name))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_saturation_has_the_mean_gating_of_its_equation():
    net = am.Network(seed=2, dt="0.5 ms")
    rates = np.repeat([5.0, 20.0, 80.0], 300)
    S = net.population("S", 900, "poisson", rate=rates * am.units.Hz)
    nmda = am.models.receptor("nmda", "dg/dt = -g/tau : nS; on spike g += w; current 0*g*mV", tau="100 ms")
    T = net.population("T", 900, "lif_cond", receptors={"NMDA": nmda})
    net.synapses(S, T, receptor="NMDA", weight="1 nS", connect="one_to_one", rule="saturating")
    net.probe(T, "g_NMDA", every="50 ms", name="g")
    g = net.run("1.5 s", progress=False).probes["g"]["g_NMDA"][10:]
    for k, r in enumerate((5.0, 20.0, 80.0)):  # ds/dt = -s/tau + alpha*rate*(1 - s) on average
        drive = 0.632 * r * 0.1
        assert g[:, 300 * k : 300 * k + 300].mean() == pytest.approx(drive / (1 + drive), rel=0.03)


def test_a_bistable_synapse_drifts_to_its_nearer_end():
    model = am.plasticity.get("brader")(theta_V="-80 mV", up_low="-1", a="0.2", low="0.25")
    found, after = jumps(model)
    X, last, expected = 0.0, 0.0, []
    for t in TIMES:
        X = np.clip(X + (3.5e-3 if X > 0.5 else -3.5e-3) * (t - last), 0, 1)
        expected.append(2.0 if X > 0.5 else 0.5)
        X, last = min(X + 0.2, 1.0), t
    assert expected == [0.5] * 3 + [2.0] * 5
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert after["X"][0] == pytest.approx(1.0)  # 0.5/3.5 s after the boundary at the latest
    weak, _ = jumps(model(theta_V="0 mV", down_low="-1"))
    np.testing.assert_allclose(weak, 0.5, rtol=1e-6)
    silent, rest = jumps(model(up_low="3"))  # without spikes of the target nothing moves
    assert rest["X"][0] == 0 and np.allclose(silent, 0.5)


COIN = am.models.neuron(
    "coin",
    "dv/dt = (E - v)/tau + sigma*sqrt(2/tau)*xi + 0*I/C : mV\ninitial v = E",
    E="-54 mV",
    tau="0.05 ms",
    sigma="5 mV",
    C="1 pF",
)


def test_a_cascade_fills_its_levels_alike_and_keeps_the_bits():
    def network():
        net = am.Network(seed=5, dt="1 ms")
        S = net.population("S", 40, "poisson", rate="500 Hz")
        T = net.population("T", 40, COIN, receptors={"kept": KEPT})
        syn = net.synapses(
            S, T, receptor="kept", weight="1 nS", connect="all_to_all", rule=am.plasticity.get("cascade")(n=4)
        )
        return net, syn

    net, syn = network()
    found = net.run("1.2 s", progress=False).weights(syn)
    again = network()[0].run("1.2 s", progress=False, threads=2, chunk="70 ms").weights(syn)
    assert np.array_equal(found["k"], again["k"]) and np.array_equal(found["s"], again["s"])
    counts = np.histogram2d(found["s"], found["k"], [[-0.5, 0.5, 1.5], np.arange(0.5, 5)])[0] / 1600
    # balanced candidates occupy all states equally (Fusi, Drew and Abbott 2005); columns of targets share their coins
    assert np.abs(counts.sum(0) - 0.25).max() < 0.05 and np.abs(counts - 0.125).max() < 0.06


def test_random_numbers_are_those_of_a_synapse_a_spike_and_a_place():
    text = (
        "w : weight\nx : 1\ny : 1\non pre transmit w*where(rand() < p, 1, 0); x += rand(); y += randn()\non post x += 0"
    )

    def network():
        net = am.Network(seed=5, dt="1 ms")
        S = net.population("S", 50, "poisson", rate="100 Hz")
        T = net.population("T", 20, "lif_cond", receptors={"kept": KEPT})
        model = am.models.synapse("chance", text, p=0.3)
        net.synapses(S, T, receptor="kept", weight="1 nS", indegree=60, rule=model, name="syn")
        net.probe(T, "g_kept", name="g", every="200 ms")
        return net

    run = network().run("401 ms", progress=False)
    again = network().run("401 ms", progress=False, threads=2, chunk="13 ms")
    w, v = run.weights("syn"), again.weights("syn")
    for s in "xy":
        assert np.array_equal(w[s], v[s])
    counts = np.bincount(run.spikes["S"].indices, minlength=50)[w.sources]
    total = counts.sum()
    assert run.probes["g"]["g_kept"][-1].sum() == pytest.approx(0.3 * total, abs=4 * (0.21 * total) ** 0.5 + 30)
    assert w["x"].sum() == pytest.approx(0.5 * total, abs=4 * (total / 12) ** 0.5)
    assert abs(w["y"].sum()) < 4 * total**0.5 and (w["y"] / counts**0.5).std() == pytest.approx(1.0, abs=0.1)
    pairs = w.sources * 20 + w.targets
    assert len(np.unique(pairs)) < len(pairs) and len(np.unique(w["x"])) == len(
        pairs
    )  # two synapses of a pair draw apart
    assert abs(np.corrcoef(w["x"] - counts / 2, w["y"])[0, 1]) < 0.12


def test_a_state_of_a_neuron_is_not_drawn():
    text = "w : weight\ndx/dt = -x/tau : 1 (source)\non pre x += rand()"
    with pytest.raises(am.AmineError, match="is not drawn at random"):
        am.models.synapse("wrong", text, tau="1 ms")
