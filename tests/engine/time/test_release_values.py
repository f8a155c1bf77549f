"""States and parameters of release at source neurons, read and set in a running network."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

TIMES = np.array([5.0, 12.0, 20.0, 45.0])
KEPT = am.models.receptor("kept", "dg/dt = -g/tau : nS; on spike g += w; current 0*g*mV", tau="1e9 ms")


def network(U=0.4, tau_rec="100 ms"):
    net = am.Network(seed=1)
    S = net.population("S", 2, "spike_list", times=np.tile(TIMES, 2) * am.units.ms, indices=np.repeat([0, 1], 4))
    T = net.population("T", 2, "lif_cond", receptors={"kept": KEPT})
    release = am.models.tsodyks_markram(U=U, tau_rec=tau_rec, tau_facil="50 ms")
    net.synapses(S, T, receptor="kept", weight="1 nS", connect="one_to_one", release=release, name="syn")
    net.probe(T, "g_kept", name="g")
    return net


def reference(until, U=0.4, changes=()):
    """u, x and what has been released until a time; ``changes`` are (time, state or parameter, value)."""
    p = {"U": U, "tau_rec": 100.0, "tau_facil": 50.0}
    s, now, sent = {"u": 0.0, "x": 1.0}, 0.0, 0.0
    steps = sorted(
        [(t, "", 0.0) for t in TIMES if t <= until] + [(t, n, v) for t, n, v in changes] + [(until, "end", 0.0)]
    )
    for t, name, value in steps:
        s["u"] *= np.exp(-(t - now) / p["tau_facil"])
        s["x"] = 1 - (1 - s["x"]) * np.exp(-(t - now) / p["tau_rec"])
        now = t
        if name in p:
            p[name] = value
        elif name in s:
            s[name] = value
        elif name == "":
            s["u"] += p["U"] * (1 - s["u"])
            sent += s["u"] * s["x"]
            s["x"] -= s["u"] * s["x"]
    return s["u"], s["x"], sent


def test_states_are_read_at_the_present():
    loop = network().loop(precision="float64")
    for t in (3.0, 10.0, 30.0):
        loop.advance(f"{t - loop.time} ms")
        u, x, _ = reference(t)
        assert np.allclose(loop.get("syn.u"), u) and np.allclose(loop.get("syn.x"), x)
    assert loop.settable()["syn.x"].follows and loop.settable()["syn.tau_rec"].unit == "ms"


def test_what_is_set_acts_from_then_on(tmp_path):
    loop = network().loop(precision="float64")
    loop.advance("15 ms")
    loop.set("syn", x=0.9, U=0.7)
    loop.set("syn.tau_rec", "20 ms")
    start = loop.snapshot()
    loop.save(tmp_path / "a")
    again = network().loop(precision="float64", resume=tmp_path / "a")
    branch = loop.branch({})
    for sim in (loop, again, branch):
        sim.advance("35 ms")
    u, x, sent = reference(50.0, changes=[(15.0, "x", 0.9), (15.0, "U", 0.7), (15.0, "tau_rec", 20.0)])
    assert np.allclose(loop.get("syn.u"), u) and np.allclose(loop.get("syn.x"), x)
    g = loop.run().probes["g"]["g_kept"]
    assert np.allclose(g[-1], sent, rtol=1e-6)
    for other in (again, branch):
        assert np.array_equal(other.run().probes["g"]["g_kept"], g) and np.array_equal(
            other.get("syn.x"), loop.get("syn.x")
        )
    loop.restore(start)
    assert loop.get("syn.U") == 0.7 and np.allclose(loop.get("syn.x"), 0.9)
    loop.reset()
    assert loop.get("syn.U") == 0.4 and np.allclose(loop.get("syn.x"), 1.0)
    loop.set("syn", U=0.6, x=[0.5, 0.25])
    loop.advance("6 ms")
    assert np.allclose(
        loop.run().probes["g"]["g_kept"][-1], 0.6 * (1 - np.array([0.5, 0.75]) * np.exp(-0.05)), rtol=1e-5
    )


def test_mistakes_change_nothing():
    net = network()
    net.synapses(
        "S", "T", receptor="AMPA", weight="1 nS", connect="one_to_one", release=net.projections[0].release, name="twin"
    )
    loop = net.loop()
    loop.advance("15 ms")
    before = loop.get("syn.x")
    with pytest.raises(am.AmineError, match="'twin' shares the release"):
        loop.set("syn", x=0.5, U=0.1)
    with pytest.raises(am.AmineError, match="wrong shape"):
        loop.set("syn.x", [0.1, 0.2, 0.3])
    assert np.array_equal(loop.get("syn.x"), before) and np.array_equal(loop.get("twin.x"), before)
    alone = network().loop()
    for name, value, message in (
        ("syn.U", 2, "share|above|0..1"),
        ("syn.tau_rec", "1 mV", "dimension"),
        ("syn.U", am.uniform(0, 1), "one value"),
    ):
        with pytest.raises(am.AmineError, match=message):
            alone.set(name, value)
