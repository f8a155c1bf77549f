"""Every rule of the library in one network, each synapse against small steps of its equations."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import amine as am
from amine.network.plasticity import parameter_values, parsed_rule, plan_of

sys.path.insert(0, str(Path(__file__).parent))
from _slow import Plain

STOP, DT = 300.0, 0.1
NOISY = {"calcium_traces_noisy"}
STILL = {"saturating", "maass_markram", "brader", "cascade"}  # their weights stay, and they have tests of their own
SLOW = {"tagging"}  # has tests of its own
# so that within 0.3 s and with a neuron that shows no spikes every term has an effect
CHANGES = {
    "clopath": {
        "theta_plus": "-56 mV",
        "theta_minus": "-59 mV",
        "A_LTD": "0.01 1/mV",
        "A_LTP": "0.01 1/mV**2",
        "E_L": "-60 mV",
    },
    "calcium": {"k_Ca": "0.004 1/(pA*ms)", "tau": "2000 ms"},
    "calcium_local": {"k_c": "0.0005 1/(mV*ms)", "tau": "2000 ms"},
    "calcium_traces": {"tau": "2000 ms"},
    "scaling": {"tau_r": "50 ms", "tau_w": "300 ms", "clock": "10 ms"},
    "bcm": {"tau_theta": "100 ms", "eta": "0.01 nS"},
    "oja": {"eta": "0.05 nS"},
    "reward_stdp": {"scale": "0.01 uM", "tonic": "0.002 uM"},
    "r_max": {"scale": "0.05 uM", "theta": "-45 mV"},
}
RULES = [n for n in am.plasticity.names() if n not in NOISY | SLOW | STILL]


def network():
    rng = np.random.default_rng(3)
    net = am.Network(seed=3)
    times = [np.sort(rng.choice(np.arange(20, round(STOP / DT) - 100), 12, replace=False)) * DT for _ in range(3)]
    P = net.population(
        "P", 3, "spike_list", times=[f"{t} ms" for x in times for t in x], indices=np.repeat(np.arange(3), 12)
    )
    E = net.population("E", 2, "lif_cond", I_e="20 pA", t_ref="2 ms")
    net.poisson(E, rate="500 Hz", receptor="AMPA", weight="4 nS")
    R = net.population("R", 20, "poisson", rate="60 Hz")
    net.field("dopamine", released_by=R, release="2 nM", removal="20 1/s", tonic="1 nM")
    for name in RULES:
        rule = am.plasticity.get(name)(**CHANGES.get(name, {}))
        net.synapses(
            P,
            E,
            receptors={"AMPA": "0.3 nS", "NMDA": "0.2 nS"},
            connect="all_to_all",
            rule=rule,
            delay="1.5 ms",
            name=name,
        )
    net.probe(E, *sorted({f for s in net.projections for f in s.fused}), "v", name="targets")
    return net, [np.round(t / DT).astype(int) for t in times]


@pytest.fixture(scope="module")
def run():
    net, pre = network()
    return net, pre, net.run(f"{STOP} ms", precision="float64", progress=False)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_does_what_its_equations_say(run, name):
    net, pre, result = run
    s = next(s for s in net.projections if s.name == name)
    eq, plan = parsed_rule(net, s), plan_of(net, s)
    values = parameter_values(s.plasticity, "nS", name)
    tick = round(values.get("clock", 1.0) / DT)
    weights, probe = result.weights(name), result.probes["targets"]
    spikes = result.spikes["E"]
    got, want = [], []
    for k in range(len(weights)):
        i, j = weights.sources[k], weights.targets[k]
        post = set(np.round(spikes.times[spikes.indices == j] / DT).astype(int).tolist())
        outside = {n: np.asarray(probe[n])[:, j] for n in (*plan.fused, *eq.outside) if n in probe.values}
        if "dopamine" in eq.outside:
            level = np.asarray(result.slow["concentration:dopamine"].values["value"])[:, 0]
            outside["dopamine"] = np.repeat(level, round(1 / DT))
        plain = Plain(eq, values, DT, outside, tick, parts=20 if plan.conditions else 1)
        end = plain.run(0.3, set((pre[i] + 15).tolist()), post, round(STOP / DT))
        want.append([end[x] for x in plan.synapse])
        got.append([weights[x][k] for x in plan.synapse])
    got, want = np.array(got), np.array(want)
    start = np.array([0.3] + [0.0] * (got.shape[1] - 1))
    change = np.abs(want - start).max(axis=0)
    assert (change > 1e-4).all(), "nothing happened"
    assert (np.abs(got - want).max(axis=0) < 1e-3 * change).all(), (got, want)


def test_a_modulator_gates_learning():
    """With the gate half open, changes are half as large; shut, there are none."""
    change = {}
    for level in ("0 uM", "1 uM", "1000000 uM"):
        net = am.Network(seed=1)
        P = net.population("P", 4, "poisson", rate="30 Hz")
        E = net.population("E", 3, "lif_cond", I_e="150 pA")
        net.field("acetylcholine", tonic=level)
        rule = am.plasticity.gated(
            am.plasticity.stdp(w_max="1000 nS", A_plus="1e-9", A_minus="1e-10"), "acetylcholine", half="1 uM"
        )
        s = net.synapses(P, E, receptor="AMPA", weight="0.001 nS", connect="all_to_all", rule=rule)
        change[level] = net.run("1 s", precision="float64", progress=False).weights(s).weights - 0.001
    assert np.abs(change["0 uM"]).max() == 0.0
    np.testing.assert_allclose(change["1 uM"], change["1000000 uM"] / 2, rtol=1e-4)


def test_a_gate_needs_sums():
    with pytest.raises(am.AmineError, match="it sets or multiplies the weight"):
        am.plasticity.gated(am.plasticity.rule("half", "w : nS\non pre w *= 0.5"), "acetylcholine")
