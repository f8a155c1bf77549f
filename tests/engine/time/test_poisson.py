"""Rates and weights of Poisson input that are set in a running network."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

EACH = np.linspace(0.2, 1.0, 70)


def network(rate="500 Hz", weight="1 nS", each=EACH):
    net = am.Network(seed=3)
    A = net.population("A", 70, "lif_cond", I_e="250 pA")
    B = net.population("B", 70, "lif_cond")
    net.poisson(A + B, rate=rate, receptor="AMPA", weight=weight, name="in")
    net.poisson(A, rate=each * am.units.kHz, receptor="GABA_A", weight="1 nS", n=3, name="own")
    net.probe(B, "g_AMPA", every="1 ms", name="g")
    return net


def test_what_is_set_before_the_first_step_is_described():
    loop = network().loop()
    loop.set(loop.network.inputs[0], rate="900 Hz", weight="2 nS")
    loop.set("own.rate", 2 * EACH * am.units.kHz)
    loop.advance("30 ms")
    described = network("900 Hz", "2 nS", 2 * EACH).run("30 ms", progress=False)
    assert len(described.spikes) > 100 and loop.run().spikes.hash() == described.spikes.hash()
    assert np.array_equal(loop.run().probes["g"]["g_AMPA"], described.probes["g"]["g_AMPA"])


def test_it_follows_and_goes_back(tmp_path):
    loop = network().loop()
    loop.advance("20 ms")
    start = loop.snapshot()
    for sim in (loop, other := loop.branch({"in.rate": "3 kHz"})):
        sim.set("in.rate", "3 kHz")
        sim.set("own.rate", "0 Hz")
        sim.set("own.weight", "0.5 nS")
        assert (sim.get("in.rate") == 3.0).all() and len(sim.get("in.rate")) == 140 and sim.get("own.weight")[0] == 0.5
    loop.save(tmp_path / "a")
    again = network().loop(resume=tmp_path / "a", threads=2)
    for sim in (loop, other, again):
        sim.advance("20 ms")
    assert loop.run().spikes.hash() == other.run().spikes.hash() == again.run().spikes.hash()
    g = loop.run().probes["g"]["g_AMPA"].mean(1)
    assert 4.5 < g[30:].mean() / g[10:20].mean() < 7.5
    loop.restore(start)
    loop.advance("20 ms")
    plain = network().run("40 ms", progress=False)
    assert loop.run().spikes.hash() == plain.spikes.hash()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("in.rate", "-1 Hz", "negative"),
        ("in.weight", "-1 nS", "negative"),
        ("in.rate", "1 mV", "dimension"),
        ("in.rate", am.uniform("1 Hz", "2 Hz"), "one value for all targets"),
        ("in.rate", am.step("3 Hz"), "cannot follow a course"),
        ("own.rate", np.ones(3) * am.units.Hz, "wrong shape"),
        ("in.rate", "1e9 Hz", "too many spikes"),
    ],
)
def test_mistakes_change_nothing(name, value, message):
    loop = network().loop()
    with pytest.raises(am.AmineError, match=message):
        loop.set(name, value)
    with pytest.raises(am.AmineError, match="negative"):
        loop.set(loop.network.inputs[0], rate="900 Hz", weight="-1 nS")
    assert loop.get("in.rate")[0] == 0.5 and "set" not in str(loop.run().info.get("set") or "")
