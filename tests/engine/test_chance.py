"""Random numbers in equations: hazards against survival statistics, the same bits for any threads, chunks and restarts."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

HAZARD = """
dv/dt = (E_L - v)/tau + a*(rand() - 0.5)/ms : mV
n : 1
isi : ms
u : 1
theta : mV
hazard rate*(1 - exp(-(t - lastspike)/T)) + r_theta*int(v > theta)
reset n += 1; isi = t - lastspike; u = randn()
theta += 2*mV
initial v = E_L + 5*mV*randn()
initial theta = theta_0
"""
VALUES = {"E_L": "-65 mV", "tau": "10 ms", "theta_0": "-30 mV", "a": "0.2 mV"}


def network(n: int = 200, seed: int = 3, **values: str) -> am.Network:
    given = {"rate": "50 Hz", "r_theta": "0 Hz", "T": "20 ms"} | VALUES | values
    net = am.Network(seed=seed)
    net.population("P", n, am.models.neuron("escaping", HAZARD, **given))
    for s in ("v", "n", "isi", "u", "theta"):
        net.probe("P", s, name=s, every="1 ms")
    return net


def test_intervals_are_those_of_the_hazard():
    """A hazard that recovers as 1 - exp(-s/T): the survival is exp(-r (s - T (1 - exp(-s/T)))), within 4 standard errors everywhere."""
    run = network(2000).run("200 ms", progress=False)
    intervals = np.concatenate([np.diff(t) for t in run.spikes["P"].trains() if len(t) > 1])
    first = np.array([np.diff(t)[0] for t in run.spikes["P"].trains() if len(t) > 1 and t[0] < 20.0])
    assert len(first) > 800
    r, T = 0.05, 20.0
    for s in (10.0, 20.0, 40.0, 80.0, 120.0):  # from a spike before 20 ms, intervals up to 180 ms are seen whole
        survival = np.exp(-r * (s - T * (1 - np.exp(-s / T))))
        starts = np.array([t[0] < 20.0 for t in run.spikes["P"].trains() if len(t)])
        found = np.count_nonzero(first > s) + np.count_nonzero(starts) - len(first)
        n = np.count_nonzero(starts)
        assert abs(found / n - survival) < 4 * np.sqrt(survival * (1 - survival) / n) + 0.002
    assert intervals.min() > 0


def test_states_that_only_events_change_and_the_last_spike():
    run = network().run("100 ms", progress=False)
    trains = run.spikes["P"].trains()
    last = {s: run.probes[s][s][-1] for s in ("n", "isi", "u", "theta")}
    seen = np.array([np.count_nonzero(t < 99.05) for t in trains])
    np.testing.assert_array_equal(last["n"], seen)
    np.testing.assert_allclose(last["theta"], -30 + 2 * seen)
    for i, t in enumerate(trains):
        if seen[i] > 1:
            assert abs(last["isi"][i] - (t[seen[i] - 1] - t[seen[i] - 2])) < 1e-3
    assert abs(last["u"][seen > 0].std() - 1) < 0.2 and len(set(last["u"])) > 0.9 * np.count_nonzero(seen)
    start = run.probes["v"]["v"][0]
    assert abs(start.mean() + 65) < 1.5 and abs(start.std() - 5) < 1
    v = run.probes["v"]["v"][60:]
    assert abs(v.mean() + 65) < 0.05  # the mean of rand() is 1/2
    expected = 0.2 * 0.1 / np.sqrt(12) / np.sqrt(1 - np.exp(-0.02))  # steps of 0.1 ms, each with its number
    assert abs(v.std() / expected - 1) < 0.1


def test_the_same_bits(tmp_path):
    """Threads, chunks, a resumed run and a branch of a loop change nothing, and another seed does."""
    whole = network().run("60 ms", progress=False, threads=1)
    for more in ({"threads": 2}, {"threads": 2, "chunk": "7 ms"}):
        other = network().run("60 ms", progress=False, **more)
        np.testing.assert_array_equal(other.spikes["P"].times, whole.spikes["P"].times)
        for s in ("v", "u", "theta"):
            np.testing.assert_array_equal(other.probes[s][s], whole.probes[s][s])
    state = {"checkpoint": tmp_path / "state", "progress": False}
    network().run("20 ms", **state)
    again = network().run("60 ms", resume=True, threads=2, **state)
    np.testing.assert_array_equal(again.spikes["P"].times, whole.spikes["P"].times)
    np.testing.assert_array_equal(again.probes["isi"]["isi"], whole.probes["isi"]["isi"])
    loop = network().loop()
    loop.advance("13 ms")
    kept = loop.snapshot()
    parts = []
    for _ in range(2):
        loop.restore(kept)
        loop.advance("47 ms")
        parts.append(loop.get("P", "v"))
    np.testing.assert_array_equal(parts[0], parts[1])
    assert not np.array_equal(network(seed=4).run("60 ms", progress=False).probes["v"]["v"], whole.probes["v"]["v"])


def test_small_probabilities_are_exact():
    """10^-6 a step in float32, in 4 10^6 draws of a million steps' worth: the number of spikes is Poisson."""
    cell = am.models.neuron("rare", "dv/dt = -v/tau : mV\nthreshold rand() < p", tau="10 ms", p=1e-5)
    net = am.Network(seed=11)
    net.population("P", 20_000, cell)
    found = len(net.run("200 ms", progress=False).spikes["P"].times)
    assert abs(found - 400) < 4 * np.sqrt(400)


def test_a_condition_ends_the_refractory_time():
    """A voltage that swings across a threshold is counted once, until it is below it again."""
    swing = "dv/dt = 20*mV/ms*cos(t/ms) : mV"
    net = am.Network(dt="0.01 ms")
    for name, line in (
        ("every", ""),
        ("once", "refractory v > 8*mV"),
        ("held", "refractory v > 8*mV or t - lastspike < 9*ms"),
    ):
        net.population(name, 1, am.models.neuron(name, f"{swing}\nthreshold v > 10*mV\n{line}"))
    spikes = net.run("31 ms", progress=False).spikes
    rises = np.arcsin(0.5) + 2 * np.pi * np.arange(5)
    np.testing.assert_allclose(spikes["once"].times, rises, atol=0.02)
    np.testing.assert_allclose(spikes["held"].times[::1][:2], rises[[0, 2]], atol=0.02)
    assert len(spikes["every"].times) > 500


def test_the_same_in_training():
    """Rates of a network with a hazard, and the gradient of its number of spikes by the drive is positive."""
    torch = pytest.importorskip("torch")
    cell = am.models.neuron(
        "escape",
        "dv/dt = (E_L - v)/tau + (I + I_e)/C : mV\nhazard exp((v - V_T)/D)/T\nreset v = E_L\ninitial v = E_L + 2*mV*rand()",
        **{"E_L": "-65 mV", "tau": "10 ms", "C": "200 pF", "V_T": "-50 mV", "D": "2 mV", "T": "1 ms", "I_e": "260 pA"},
    )
    net = am.Network(seed=5)
    net.population("P", 400, cell)
    net.probe("P", "v", name="v")
    run = net.run("100 ms", progress=False)
    module = net.to_module(outputs=["P.spikes", "P.v"], learn=["P.I_e"])
    out = module(duration="100 ms")
    expected = len(run.spikes["P"].times)
    assert abs(out["P.spikes"].sum().item() - expected) < 6 * np.sqrt(expected)
    first = out["P.v"].reshape(1000, -1)[0].detach().numpy()
    np.testing.assert_allclose(first, run.probes["v"]["v"][1], atol=1e-3)
    out["P.spikes"].sum().backward()
    (learned,) = module.parameters()
    assert torch.isfinite(learned.grad).all() and float(learned.grad.sum()) > 0


REFUSED = [
    ("threshold rand(2) < 1", r"rand\(\) takes no arguments"),
    ("hazard v", "wrong dimension"),
    ("hazard 1/ms\nthreshold v > 1*mV", "given twice"),
    ("refractory v > 1*mV\nrefractory 2*ms", "'refractory' is given twice"),
    ("initial v = lastspike*mV/ms", "lastspike' has no value there"),
    ("initial v = dt*mV/ms", "dt' has no value there"),
    ("lastspike : ms", "reserved or invalid name"),
    ("rand : ms", "reserved or invalid name"),
    ("threshold rnd() < 1", "not known"),
]


@pytest.mark.parametrize(("line", "problem"), REFUSED)
def test_what_is_refused(line, problem):
    with pytest.raises(am.AmineError, match=problem) as e:
        am.models.neuron("n", f"dv/dt = -v/(10*ms) : mV\n{line}")
    assert "\n" not in str(e.value)
    rule = "w : weight in 0 .. w_max\nx = rand() : 1\non pre w += x*w_max"
    with pytest.raises(am.AmineError, match="random numbers belong into neurons, receptors and what spikes do"):
        am.plasticity.rule("r", rule, w_max="1 nS")


def test_spikes_between_steps_need_a_path():
    for line in ("threshold rand() < 1", "threshold v > 1*mV\nrefractory v > 1*mV"):
        cell = am.models.neuron("n", f"dv/dt = -v/(10*ms) : mV\n{line}")
        with pytest.raises(am.AmineError, match="random numbers|counted in whole steps"):
            am.Network().population("P", 1, cell, spikes="interpolated")
