"""Hours of rest in closed form against the same hours in steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import amine as am
from amine.network.weights import Weights


def network(dt="100 ms", rule=None, **more):
    """Twelve sources that are silent and two targets."""
    net = am.Network(seed=1, dt=dt)
    P = net.population("P", 12, "poisson", rate="0 Hz")
    E = net.population("E", 2, "lif_cond", V_th="50 mV", t_ref="0 ms")
    rule = am.plasticity.tagging(D="0 ms", theta_pro="4", **more) if rule is None else rule
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=rule, name="syn")
    return net


PLAIN = Weights("syn", np.repeat(np.arange(12), 2), np.tile(np.arange(2), 12), np.ones(24), bounds=(0.0, 4.0))


def states(calcium=0.0, seed=0):
    """Raised and lowered synapses, some with a late phase already, and proteins that are there from before."""
    rng, w = np.random.default_rng(seed), PLAIN
    early, z = rng.uniform(0.1, 2.1, len(w)), rng.uniform(-0.1, 0.5, len(w))
    c = rng.uniform(0.0, calcium, len(w)) if calcium else np.zeros(len(w))
    drift = np.bincount(w.targets, np.abs(early - 1))
    kept = {"protein": np.array([0.0, 0.3]), "drift": drift}
    return replace(w, weights=early + z, states={"c": c, "z": z}, target_states=kept)


def stepped(net, w, duration):
    net.load_weights("syn", w)
    return net.run(duration, precision="float64", progress=False).weights()


@pytest.mark.parametrize("dose", ["0 uM", "0.1 uM"])
def test_two_hours_are_what_steps_make_of_them(dose):
    """Steps look at the sum of changes and at the protein once a second, an hour's 3600th: the bound on the difference."""
    net = network(anisomycin=dose)
    w = states()
    rested, walked = net.rest("syn", w, "2 h"), stepped(net, w, "2 h")
    np.testing.assert_allclose(rested.weights, walked.weights, atol=1e-4)
    np.testing.assert_allclose(rested["z"], walked["z"], atol=1e-4)
    np.testing.assert_allclose(rested.target_states["protein"], walked.target_states["protein"], atol=1 / 3600)
    assert np.abs(rested["z"] - w["z"]).max() > 0.1


def test_calcium_that_is_left_acts_until_it_has_fallen():
    net = network("0.1 ms")
    w = states(calcium=6.0)
    rested, walked = net.rest("syn", w, "300 ms"), stepped(net, w, "300 ms")
    np.testing.assert_allclose(rested.weights, walked.weights, atol=1e-4)
    np.testing.assert_allclose(rested["c"], walked["c"], rtol=1e-6)
    assert np.abs(rested.weights - w.weights).max() > 0.1


@pytest.mark.parametrize("calcium", [0.0, 6.0])
def test_rests_add_up(calcium):
    net = network()
    w = states(calcium)
    parts = w
    for text in ("30 min", "90 min", "4 h", "0 h"):
        parts = net.rest("syn", parts, text)
    whole = net.rest("syn", w, "6 h")
    np.testing.assert_allclose(parts.weights, whole.weights, rtol=2e-5)  # calcium passes within 0.1 s of 30 min
    np.testing.assert_allclose(parts.target_states["protein"], whole.target_states["protein"], rtol=1e-4)


def test_without_protein_all_returns_and_with_it_some_stays():
    net = network()
    w = states()
    w = replace(w, weights=w.weights - w["z"], states={**w.states, "z": np.zeros(len(w))}, target_states={})
    change = w.weights - 1
    day, blocked = net.rest("syn", w, "24 h"), net.rest("syn", w, "24 h", anisomycin="100 uM")
    assert np.abs(blocked.weights - 1).max() < 0.01
    tagged = np.abs(change) > 0.2
    assert (np.sign(day.weights - 1) == np.sign(change))[tagged].all() and np.abs(day["z"][~tagged]).max() == 0.0
    assert np.abs(day["z"][tagged]).min() > 0.05


def test_a_field_is_the_signal_unless_another_is_given():
    net = am.Network(seed=1)
    P, E = net.population("P", 12, "poisson", rate="0 Hz"), net.population("E", 2, "lif_cond")
    net.field("anisomycin", tonic="50 uM")
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.tagging(), name="syn")
    w = states()
    np.testing.assert_array_equal(
        net.rest("syn", w, "3 h").weights, net.rest("syn", w, "3 h", anisomycin="50 uM").weights
    )
    assert (net.rest("syn", w, "3 h", anisomycin="0 uM").weights != net.rest("syn", w, "3 h").weights).any()


def test_rules_that_change_at_spikes_keep_their_weights():
    rule = am.plasticity.rule(
        "marks", "de/dt = -e/tau : 1\ndf/dt = 1/tau - f/tau : 1\non pre w += eta*e; e += 1\nw : nS in 0 nS .. 5 nS", tau="1 h", eta="0.1 nS"
    )  # fmt: skip
    net = network(rule=rule)
    w = replace(PLAIN, states={"e": np.linspace(0, 1, 24), "f": np.zeros(24)})
    later = net.rest("syn", w, "2 h")
    np.testing.assert_array_equal(later.weights, w.weights)
    np.testing.assert_allclose(later["e"], w["e"] * np.exp(-2.0))
    np.testing.assert_allclose(later["f"], 1 - np.exp(-2.0))


def test_states_of_targets_go_where_weights_go(tmp_path):
    net = network()
    w = states()
    w.save(tmp_path / "w.npz")
    assert Weights.load(tmp_path / "w.npz") == w == Weights.from_dict(w.to_dict())
    net.load_weights("syn", tmp_path / "w.npz")
    for n in (net, am.Network.from_dict(net.to_dict())):
        run = n.run("0 ms", precision="float64", progress=False)
        assert run.weights() == w
    run.save(tmp_path / "run.zarr")
    assert am.results.open(tmp_path / "run.zarr").weights() == w
    assert run.network.hash() == net.hash()


def test_bad_input():
    net = network()
    w = states()
    with pytest.raises(am.AmineError, match="'protein' of the targets does not fit.*3 values.*2 finite"):
        net.load_weights("syn", replace(w, target_states={"protein": np.zeros(3)}))
    with pytest.raises(am.AmineError, match="reads no signal 'anisomicin'.*did you mean 'anisomycin'"):
        net.rest("syn", w, "1 h", anisomicin="1 uM")
    with pytest.raises(am.AmineError, match="duration"):
        net.rest("syn", w, "1 mV")
    with pytest.raises(am.AmineError, match="a target is not in the network"):
        net.rest("syn", replace(w, targets=w.targets + 1), "1 h")
    with pytest.raises(am.AmineError, match="not a plastic projection"):
        net.rest("sym", w, "1 h")
    other = network("0.1 ms", am.plasticity.calcium_traces())
    with pytest.raises(am.AmineError, match="'calcium_traces' changes the weight between spikes.*run the network"):
        other.rest("syn", w, "1 h")
