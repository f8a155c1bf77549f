"""Rates and weights in time: every source with every waveform, whatever chunks, threads, restarts and changes."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

EACH = np.array([[1.0], [3.0]]) * np.linspace(0, 100, 200)
COURSES = {
    "step": am.step("80 Hz", "20 ms", "60 ms"),
    "ramp": am.ramp("0 Hz", "100 Hz", "10 ms", "90 ms"),
    "sine": am.sine("40 Hz", "20 Hz", mean="50 Hz", start="10 ms"),
    "dips": am.sine("100 Hz", "20 Hz"),
    "noise": am.noise("20 Hz", tau="5 ms", mean="60 Hz", stop="80 ms"),
    "table": am.table(["0 ms", "50 ms"], ["10 Hz", "90 Hz"]),
    "courses": am.table(["0 ms", "50 ms"], EACH * am.units.Hz),
}
# adds up all weights that arrive
KEPT = am.models.receptor("kept", "dg/dt = -g/tau : nS; on spike g += w; current 0*g*mV", tau="1e7 ms")
TREE = am.models.cable(am.morphology.ball_and_stick(segments=2), {"*": ["leak"]})


def weights(course):
    """The waveform with nS in place of 10 Hz, not below zero."""
    numbers = {k: v.values * 1e2 if k == "values" and hasattr(v, "values") else v for k, v in course.numbers.items()}
    scaled = {"value", "first", "last", "amplitude", "mean"}
    numbers = {k: v * 1e2 if k in scaled else v for k, v in numbers.items()}
    if course.kind == "table":
        numbers["values"] = [100.0 * x for x in numbers["values"]]
    if course.kind == "courses":
        numbers["values"] = am.values.Array(numbers["values"], "nS")
    return am.network.parts.Waveform(course.kind, numbers, "nS")


def network():
    net = am.Network(seed=4)
    for name, course in COURSES.items():
        net.population(f"{name} source", 200, "poisson", rate=course)
        net.population(name, 200, "lif_cond", receptors={"kept": KEPT})
        net.poisson(name, rate=course, receptor="kept", weight="1 nS", n=20, name=f"{name} in")
        net.probe(name, "g_kept", every="10 ms", name=name)
        if course.kind != "noise" and name != "dips":
            net.population(f"{name} weight", 200, "lif_cond", receptors={"kept": KEPT})
            net.poisson(f"{name} weight", rate="1 kHz", receptor="kept", weight=weights(course))
            net.probe(f"{name} weight", "g_kept", every="10 ms", name=f"{name} weight")
    net.population("tree", 20, TREE, receptors={"kept": KEPT})
    net.poisson(
        net.populations["tree"].at("*"),
        rate=COURSES["sine"],
        receptor="kept",
        weight=am.step("1 nS", "30 ms"),
        n=20,
        name="of tree",
    )
    net.probe(net.populations["tree"].at("soma"), "g_kept", every="10 ms", name="tree")
    return net


def expected(course, n=200):
    """Spikes of each train until each of 0, 10, ... 90 ms [time, neuron], and 100 ms; and the values of each step."""
    t = np.arange(1000) * 0.1 + 0.05
    x = np.full(1000, 0.06) * (t < 80) if course.kind == "noise" else np.maximum(course.at(t), 0.0)
    x = np.broadcast_to(x if x.ndim == 2 else x[:, None], (1000, n))
    return np.concatenate([np.zeros((1, n)), np.cumsum(x * 0.1, 0)])[::100]


@pytest.fixture(scope="module")
def run():
    return network().run("100 ms", progress=False)


@pytest.mark.parametrize("name", COURSES)
def test_each_source_follows_each_waveform(run, name):
    course = COURSES[name]
    mean = expected(course)
    spikes = run.spikes[f"{name} source"]
    counts = np.array([np.bincount(spikes.between(0, 10 * k + 1e-6).indices, minlength=200) for k in range(11)])
    arrived = run.probes[name]["g_kept"]
    # noise adds the variance of its own integral, at most (sd tau)^2 2 t/tau of each neuron
    own = (0.02**2 * 2 * 5 * 100) if course.kind == "noise" else 0.0
    for found, n in ((counts.sum(1), 1), (arrived.sum(1), 20)):
        of_all = n * mean.sum(1)[: len(found)]
        assert (np.abs(found - of_all) <= 4 * np.sqrt(of_all + 200 * n**2 * own) + 0.002 * of_all).all()
    if course.kind == "courses":  # each has its own
        assert np.corrcoef(arrived[-1], mean[9])[0, 1] > 0.98 and np.corrcoef(counts[-1], mean[10])[0, 1] > 0.8
    if course.kind == "noise":
        drive = arrived[-1].var() / (20 * mean[9, 0])
        assert (
            drive > 1.5
        )  # of a Poisson process with one rate it is 1: noise is that of each neuron, in all its trains
    if f"{name} weight" in run.probes:
        of_all, found = 100 * mean.sum(1)[:10], run.probes[f"{name} weight"]["g_kept"].sum(1)
        assert (np.abs(found - of_all) <= 0.06 * of_all).all() and found[-1] > 0


def test_rates_reach_compartments_in_proportion(run):
    g = run.probes["tree"]["g_kept@0"].sum(1)
    late = expected(COURSES["sine"])[:10, 0] - expected(COURSES["sine"])[3, 0]
    share = TREE.cell.area[0] / TREE.cell.area.sum()
    assert (g[:4] == 0).all()
    assert g[-1] == pytest.approx(20 * 20 * share * late[-1], rel=0.25)


def test_no_chunk_thread_or_restart_changes_a_bit(run, tmp_path):
    for how in (dict(threads=2), dict(chunk="0.7 ms")):
        again = am.Network.from_dict(network().to_dict()).run("100 ms", progress=False, **how)
        assert again.spikes.hash() == run.spikes.hash()
        assert all(
            np.array_equal(again.probes[p][k], run.probes[p][k]) for p in run.probes for k in run.probes[p].units
        )
    loop = network().loop()
    loop.advance("33.3 ms")
    loop.save(tmp_path / "a")
    again = network().loop(resume=tmp_path / "a")
    again.advance("66.7 ms")
    assert again.run().spikes.hash() == run.spikes.hash()


def other(course, base):
    net = am.Network(seed=3)
    P = net.population("P", 100, "poisson", rate=base)
    net.stimulus(P, course, into="rate", name="on")
    E = net.population("E", 100, "lif_cond")
    net.poisson(E, rate=course, receptor="AMPA", weight=am.step("1 nS"), name="in")
    net.probe(E, "g_AMPA", every="1 ms", name="g")
    return net


def test_courses_and_rates_are_set_while_it_runs(tmp_path):
    loop = other(am.step("100 Hz"), "0 Hz").loop()
    loop.advance("10 ms")
    branch = loop.branch({})
    for sim in (loop, branch):
        sim.set("on.current", am.sine("100 Hz", "10 Hz", mean="200 Hz"))
        sim.set_rates("P", "100 Hz")
        sim.set("in.rate", am.step("900 Hz"))
        sim.set("in.weight", am.step("2 nS"))
    loop.advance("5 ms")
    loop.save(tmp_path / "a")
    again = other(am.step("100 Hz"), "0 Hz").loop(resume=tmp_path / "a")
    for sim in (loop, again):
        sim.advance("35 ms")
    branch.advance("40 ms")
    assert loop.run().spikes.hash() == again.run().spikes.hash() == branch.run().spikes.hash()
    found = loop.run()
    assert len(found.spikes["P"].between(0, 10)) == pytest.approx(100, abs=40)
    expected = 100 * (0.3 * 40 + 0.1 * 100 / (2 * np.pi * 1) * (np.cos(0.2 * np.pi) - np.cos(np.pi)))
    assert len(found.spikes["P"].between(10, 50)) == pytest.approx(expected, abs=4 * expected**0.5)
    assert found.probes["g"]["g_AMPA"][30:].mean() / found.probes["g"]["g_AMPA"][5:10].mean() > 10
    assert loop.get("in.rate") == 0.9 and loop.settable()["in.weight"].follows
    late = other(am.step("100 Hz"), "0 Hz").loop()
    late.set("on.current", am.step("50 Hz"))
    late.advance("30 ms")
    found, described = late.run(), other(am.step("50 Hz"), "0 Hz").run("30 ms", progress=False)
    assert np.array_equal(found.spikes["P"].times, described.spikes["P"].times)


def test_start_and_stop():
    net = am.Network(seed=1)
    A = net.population("A", 50, "poisson", rate="1 kHz", start="10 ms", stop="20 ms")
    B = net.population("B", 50, "poisson", rate=np.linspace(0, 1000, 50) * am.units.Hz, stop="20 ms")
    times = dict(times=[1, 12, 15, 30] * am.units.ms, indices=[0, 1, 2, 0])
    L = net.population("L", 3, "spike_list", **times, start="10 ms", stop="30 ms")
    for name, rate in (("E", "1 kHz"), ("F", np.linspace(0, 1000, 50) * am.units.Hz)):
        E = net.population(name, 50, "lif_cond")
        net.poisson(E, rate=rate, receptor="AMPA", weight="1 nS", start="10 ms", stop="20 ms", name=f"in {name}")
        net.probe(E, "g_AMPA", every="1 ms", name=name)
    run = am.Network.from_dict(net.to_dict()).run("40 ms", progress=False)
    assert "A" in net.describe() and "step" in net.describe()
    for P, span in ((A, (10, 20)), (B, (0, 20))):
        spikes = run.spikes[P.name]
        assert len(spikes) and spikes.times.min() > span[0] and spikes.times.max() <= span[1] + 1e-9
    assert list(run.spikes[L.name].times) == [12.0, 15.0]
    for name in "EF":
        g = run.probes[name]["g_AMPA"].mean(1)
        assert (g[:11] == 0).all() and g[11] > 0 and (np.diff(g[21:]) < 0).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (dict(rate=am.step("3 pA")), "wrong unit"),
        (dict(rate=am.table(["0 ms"], np.ones((1, 3)) * am.units.Hz)), "a column for each target"),
        (dict(rate=am.step("3 Hz"), start="1 ms"), "a waveform has times of its own"),
        (dict(rate=am.uniform("1 Hz", "2 Hz"), start="1 ms"), "no distribution"),
        (dict(rate="3 Hz", start="2 ms", stop="1 ms"), "stops before it starts"),
    ],
)
def test_mistakes(given, message):
    net = am.Network()
    with pytest.raises(am.AmineError, match=message):
        net.population("P", 10, "poisson", **given)
    assert "P" not in net.populations
    E = net.population("E", 10, "lif_cond")
    with pytest.raises(am.AmineError, match=message):
        net.poisson(E, receptor="AMPA", weight="1 nS", **given)
    assert not net.inputs


def test_what_cannot_be_is_refused():
    net = am.Network()
    E = net.population("E", 10, "lif_cond")
    for wrong, message in (
        (am.noise("1 nS", tau="1 ms"), "negative"),
        (am.step("-1 nS"), "negative"),
        (am.step("1 pA"), "wrong unit"),
    ):
        with pytest.raises(am.AmineError, match=message):
            net.poisson(E, rate="3 Hz", receptor="AMPA", weight=wrong)
    P = net.population("P", 10, "poisson", rate=am.step("20 kHz", start="1 ms"))
    with pytest.raises(am.AmineError, match="takes no current"):
        net.stimulus(P, am.step("3 pA"))
    with pytest.raises(am.AmineError, match="the rate is too high"):
        net.run("5 ms", progress=False)
    loop = other(am.step("100 Hz"), "0 Hz").loop()
    with pytest.raises(am.AmineError, match="a conductance would be negative"):
        loop.set("in.weight", am.step("-1 nS"))
    with pytest.raises(am.AmineError, match="one waveform for all"):
        loop.set("in.rate", am.noise("10 Hz", tau="5 ms"))
