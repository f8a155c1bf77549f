"""Recordings of what is no state, in windows, at spikes and as sums: against what follows from the states, in any chunks and threads."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

TEXT = """
    dv/dt = (g_L*(E_L - v) + I_pump + I) / C : mV
    dtheta/dt = (theta_0 - theta) / tau_theta : mV
    I_pump = -g_p*(v - E_L)*t/(100*ms) : pA
    initial v = E_L
    initial theta = theta_0
    threshold v > theta
    reset v = V_r; theta += jump
    event near v > theta - 2*mV : theta += 0.1*mV
"""
NEURON = am.models.neuron(
    "adaptive",
    TEXT,
    g_L="10 nS",
    E_L="-70 mV",
    C="200 pF",
    g_p="1 nS",
    theta_0="-50 mV",
    tau_theta="30 ms",
    V_r="-60 mV",
    jump="4 mV",
)


def network(**more):
    net = am.Network(seed=2)
    E = net.population(
        "E", 70, NEURON, g_p=am.uniform("1 nS", "3 nS"), initial={"v": am.uniform("-70 mV", "-50 mV")}, **more
    )
    P = net.population("P", 200, "poisson", rate="80 Hz")
    net.synapses(P, E, receptor="AMPA", weight="3 nS", p=0.3, delay="1 ms", name="in")
    net.synapses(E, E, receptor="GABA_A", weight="2 nS", p=0.3, delay="1 ms", name="back")
    net.dose("NBQX", am.step("0.1 uM", start="7.5 ms"))
    net.probe(E, "v", "theta", "g_AMPA", "g_GABA_A", name="states")
    net.probe(E[10:60:7], "I_AMPA", "I_GABA_A", "I_syn", "v", "I_pump", "g_p", "tau_AMPA", "g_L", name="made")
    net.probe(E, "I_AMPA", "v", reduce="sum", every="0.5 ms", start="3.2 ms", stop="17 ms", name="sum")
    net.probe(E, "I_AMPA", reduce="mean", every="0.5 ms", name="mean")
    net.probe(E[3:], "theta", "near", at="near", start="5 ms", stop="18 ms", name="events")
    net.probe(E, "near", name="counts")
    net.probe(E[5:], "theta", "I_GABA_A", "v", at="spikes", start="5 ms", stop="18 ms", name="spikes")
    return net


@pytest.fixture(scope="module")
def run():
    return network().run("20 ms", progress=False)


def test_currents_are_those_of_the_states(run):
    x, made = run.probes["states"], run.probes["made"]
    v, g, i = (np.asarray(x[n], float)[:, 10:60:7] for n in ("v", "g_AMPA", "g_GABA_A"))
    ampa, gaba = (run.network.populations["E"].model.receptors.get(n) or am.models.get(n) for n in ("AMPA", "GABA_A"))
    reversal = [float(m.parameters["E_rev"].split()[0]) for m in (ampa, gaba)]
    free = made["I_AMPA"] / (g * (reversal[0] - v)).clip(1e-6)
    before, after = made.times < 7.95, made.times >= 7.95  # doses act once a millisecond
    some = g > 0.5
    assert np.allclose(free[before][some[before]], 1.0, rtol=1e-5)
    left = free[after][some[after]]
    assert left.std() < 1e-5 and 0.2 < left.mean() < 0.8  # the share that the antagonist leaves
    assert np.allclose(made["I_GABA_A"], i * (reversal[1] - v), rtol=1e-5)
    assert np.allclose(made["I_syn"], np.asarray(made["I_AMPA"]) + made["I_GABA_A"], rtol=1e-4, atol=1e-4)
    assert made.units == {
        "I_AMPA": "pA",
        "I_GABA_A": "pA",
        "I_syn": "pA",
        "v": "mV",
        "I_pump": "pA",
        "g_p": "nS",
        "tau_AMPA": "ms",
        "g_L": "nS",
    }


def test_parameters_and_named_parts(run):
    made = run.probes["made"]
    drawn = network().loop().get("E.g_p")[10:60:7]
    assert np.allclose(made["g_p"], drawn[None]) and (made["g_L"] == 10).all()
    expected = -drawn * (np.asarray(made["v"], float) + 70) * made.times[:, None] / 100
    assert np.allclose(made["I_pump"], expected, rtol=1e-5, atol=1e-5)


def test_windows_and_sums(run):
    x, total, mean = (run.probes[n] for n in ("states", "sum", "mean"))
    assert total.times[[0, -1]].tolist() == [3.5, 16.5] and total["v"].shape == (27, 1)
    assert np.allclose(total["v"][:, 0], np.asarray(x["v"], float)[35:170:5].sum(1), rtol=1e-6)
    same = np.asarray(mean["I_AMPA"])[7:34]
    assert np.allclose(same * 70, total["I_AMPA"], rtol=1e-5)


def test_values_at_spikes_are_those_after_the_reset(run):
    x, at = run.probes["states"], run.probes["spikes"]
    train = run.spikes["E"]
    mine = (train.indices >= 5) & (train.times > 4.95) & (train.times < 17.95)
    assert mine.sum() > 20
    assert np.array_equal(at.times, train.times[mine]) and np.array_equal(at["neuron"], train.indices[mine])
    row = np.rint(at.times * 10).astype(int)
    for name in ("theta", "v"):
        assert np.array_equal(at[name], np.asarray(x[name])[row, at["neuron"]])
    assert (at["v"] == -60).all() and at["theta"].min() > -50


def test_values_at_events(run):
    counts, at = run.probes["counts"]["near"], run.probes["events"]
    row, column = np.nonzero(np.diff(np.asarray(counts)[49:180, 3:], axis=0) > 0)
    assert len(row) > 20 and np.array_equal(at.times, (row + 50) * 0.1) and np.array_equal(at["neuron"], column + 3)
    assert np.array_equal(at["theta"], np.asarray(run.probes["states"]["theta"])[row + 50, column + 3])
    assert np.array_equal(at["near"], np.asarray(counts)[row + 50, column + 3]) and repr(at).endswith(
        f"{len(row)} near>"
    )


@pytest.mark.parametrize("how", [dict(threads=2), dict(chunk="0.7 ms"), dict(chunk="1.3 ms", threads=3)])
def test_the_same_bits_in_any_chunks_and_threads(run, how):
    again = network().run("20 ms", progress=False, **how)
    for name, p in run.probes.items():
        for v in p.values:
            assert np.array_equal(p[v], again.probes[name][v]), (name, v)
        assert np.array_equal(p.times, again.probes[name].times)


def test_loops_checkpoints_and_stores(run, tmp_path):
    loop = network().loop(store=tmp_path / "a.zarr")
    loop.advance("6.4 ms")
    loop.save(tmp_path / "a.state")
    loop.close()
    again = network().loop(store=tmp_path / "a.zarr", resume=tmp_path / "a.state")
    part = again.advance("13.6 ms")
    whole = again.run()
    again.close()
    stored = am.results.open(tmp_path / "a.zarr")
    for name, p in run.probes.items():
        for found in (whole, stored):
            assert all(np.array_equal(p[v], np.asarray(found.probes[name][v])) for v in p.values), name
        later = p.times > (6.45 if p.at else 6.35)  # what happens at the end of a step belongs to it
        assert np.array_equal(part.probes[name].times, p.times[later]), name
    assert stored.probes["spikes"].at == "spikes"


def test_a_set_parameter_is_recorded_from_then_on():
    net = am.Network(seed=1)
    E = net.population("E", 3, "lif")
    net.probe(E, "tau_m", every="1 ms", name="tau")
    loop = net.loop()
    loop.advance("2 ms")
    loop.set("E.tau_m", "7 ms")
    loop.advance("2 ms")
    assert loop.run().probes["tau"]["tau_m"][:, 0].tolist() == [10, 10, 7, 7]


def test_spikes_of_some_populations_only(tmp_path):
    plain = network().run("20 ms", progress=False)
    net = network(record_spikes=False)
    run = net.run("20 ms", progress=False, store=tmp_path / "b.zarr")
    assert list(run.spikes) == ["P"] and np.array_equal(run.spikes["P"].times, plain.spikes["P"].times)
    assert np.array_equal(run.probes["spikes"]["theta"], plain.probes["spikes"]["theta"])
    with pytest.raises(am.AmineError, match="no spikes of a population 'E' are recorded"):
        run.spikes["E"]
    with pytest.raises(am.AmineError, match="no spikes of a population 'E' are recorded"):
        net.loop().advance("1 ms")["E"]
    assert am.results.open(tmp_path / "b.zarr").spikes.hash() == run.spikes.hash()
    assert "all populations but E" in net.describe()


def test_descriptions_hold_all_of_it():
    net = network(record_spikes=False)
    again = am.Network.from_dict(net.to_dict())
    assert again == net and again.hash() == net.hash()
    text = net.describe()
    assert (
        "sum over E[0:70]" in text
        and "0.5 ms, from 3.2 ms, before 17.0 ms" in text
        and "at spikes, from 5.0 ms" in text
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n, E: n.probe(E, "I_NMDA"), "'I_NMDA' is not known"),
        (lambda n, E: n.probe(E, "tau_thta"), "did you mean .tau_theta"),
        (lambda n, E: n.probe(E, "v", start="5 ms", stop="5 ms"), "stops before it starts"),
        (lambda n, E: n.probe(E, "v", start="0.05 ms"), "not a multiple of the time step"),
        (lambda n, E: n.probe(E, "v", at="events"), "there is no event 'events'"),
        (lambda n, E: n.probe(E, "v", at="spikes", every="1 ms"), "neither an interval nor a sum"),
        (lambda n, E: n.probe(E, "v", reduce="max"), "expected 'sum' or 'mean'"),
        (lambda n, E: n.population("x", 1, "lif", record_spikes=3), "record_spikes"),
    ],
)
def test_mistakes(call, message):
    net = network()
    before = net.hash()
    with pytest.raises(am.AmineError, match=message):
        call(net, net.populations["E"])
    assert net.hash() == before


def test_parts_that_read_injected_currents_are_refused():
    net = am.Network()
    odd = am.models.neuron("odd", "dv/dt = J/C : mV; J = 2*I : pA", C="1 pF")
    E = net.population("E", 1, odd)
    net.stimulus(E, am.step("1 pA"))
    net.probe(E, "J")
    with pytest.raises(am.AmineError, match="known within a step only"):
        net.run("1 ms", progress=False)
