"""Parameters of rules that are set in a running network."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def network(rule=None):
    net = am.Network(seed=3)
    P = net.population("P", 60, "poisson", rate="30 Hz")
    E = net.population("E", 20, "lif_cond", I_e="240 pA")
    rule = am.plasticity.stdp(w_max="2 nS", **(rule or {}))
    net.synapses(P, E, receptor="AMPA", weight="1 nS", p=0.5, rule=rule, name="syn", delay=am.uniform("0.5 ms", "3 ms"))
    return net


def weights(loop):
    return loop.connections("syn").weight


def test_learning_is_switched_off_and_on():
    loop = network().loop()
    loop.advance("200 ms")
    before = weights(loop)
    assert before.std() > 0
    loop.set("syn", A_plus=0, A_minus=0)
    assert np.allclose(weights(loop), before, rtol=1e-6)
    loop.advance("200 ms")
    assert np.allclose(weights(loop), before, rtol=1e-6) and loop.get("syn.A_plus") == 0
    loop.set("syn", A_plus=0.01, A_minus=0.01)
    loop.advance("200 ms")
    assert not np.allclose(weights(loop), before, rtol=1e-3)


def test_bits_depend_on_what_was_set_alone(tmp_path):
    name = next(n for n in network().loop().settable() if n == "syn.A_plus")

    def run(**how):
        loop = network().loop(**how)
        loop.advance("100 ms")
        loop.set(name, 0.02)
        return loop

    loop = run()
    start = loop.snapshot()
    loop.save(tmp_path / "a")
    others = [run(threads=2), network().loop(resume=tmp_path / "a"), loop.branch({})]
    loop.advance("100 ms")
    for other in others:
        other.advance("41 ms")
        other.advance("59 ms")
        assert np.array_equal(weights(other), weights(loop)) and other.run().spikes.hash() == loop.run().spikes.hash()
    after = weights(loop)
    loop.set(name, 0.001)
    loop.restore(start)
    assert loop.get(name) == 0.02
    loop.advance("100 ms")
    assert np.array_equal(weights(loop), after)


def test_before_the_first_step_it_is_described():
    loop = network().loop()
    loop.set("syn.A_plus", 0.03)
    loop.advance("150 ms")
    described = network({"A_plus": 0.03}).run("150 ms", progress=False)
    assert np.array_equal(np.sort(weights(loop)), np.sort(described.weights("syn").weights.astype(float)))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("syn.tau_minus", "30 ms", "what the targets remember"),
        ("syn.w_max", "-1 nS", "."),
        ("syn.A_plus", "1 mV", "."),
        ("syn.A_plus", am.uniform(0, 1), "one value for all synapses"),
    ],
)
def test_mistakes_change_nothing(name, value, message):
    loop = network().loop()
    loop.advance("20 ms")
    before = weights(loop)
    with pytest.raises(am.AmineError, match=message):
        loop.set(name, value)
    with pytest.raises(am.AmineError):
        loop.set("syn", A_plus=0.5, A_minus="1 mV")
    assert loop.get("syn.A_plus") != 0.5 and np.array_equal(weights(loop), before)
    assert not loop.settable()["syn.tau_minus"].follows
