"""Values of a running network: what was set, and when, decides what follows, to the last bit, whatever the stops and restarts."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.engine.build import point
from amine.engine.time.simulation import Simulation
from amine.models import find
from amine.units import dimension_of, internal_unit, to_internal
from amine.values import Array

NEURONS = find.names("neuron")


def changed(value: str, unit: str) -> str:
    """A value near to another, within the same limits."""
    x = float(to_internal(value, unit, "test"))
    return f"{x * 1.03125 if x else 0.25!r} {internal_unit(dimension_of(unit))}".removesuffix(" 1")


def library(values: dict | None = None, seed: int = 3) -> am.Network:
    """Every neuron model of the library with one current in, and with receptors where it has a voltage in mV."""
    net = am.Network(seed=seed)
    P = net.population("P", 40, "poisson", rate="400 Hz", **(values or {}).get("P", {}))
    for name in NEURONS:
        n = 3
        E = net.population(
            name, n, name, **{"initial": {"v": am.uniform("-70 mV", "-62 mV")}} | (values or {}).get(name, {})
        )
        if "exc" in E.model.receptors:
            net.synapses(P, E, receptor="exc", weight="120 pA", p=0.5)
        else:
            net.synapses(P, E, receptor="AMPA", weight="4 nS", p=0.5)
    return net


def bits(loop) -> dict:
    """The whole state of a loop as bytes, and all its spikes."""
    sim = loop._simulation
    found = {k: np.asarray(x).tobytes() for k, x in sim.state().items()} | {"constants": sim.arrays.C.tobytes()}
    return found | ({"spikes": loop.run().spikes.hash()} if loop._keep else {})


def settable(loop, *kinds: str):
    return [s for s in loop.settable().values() if s.kind in kinds and s.follows]


def parameters_of(net: am.Network, names) -> dict:
    """A changed value for each parameter of each neuron model."""
    out: dict = {}
    for name in names:
        owner, own = name.split(".", 1)
        if "." not in own:
            model = net.populations[owner].model
            whole_steps = own == "t_ref"
            out[name] = "3 ms" if whole_steps else changed(str(model.parameters[own]), model.units[own])
    return out


def described(values: dict) -> am.Network:
    own: dict = {}
    for name, x in values.items():
        owner, parameter = name.split(".", 1)
        own.setdefault(owner, {})[parameter] = x
    return library(own)


@pytest.fixture
def uncompiled(monkeypatch):
    """Loops whose arrays are made and whose kernels are not: equal arrays of one module give equal runs."""
    monkeypatch.setattr(Simulation, "_span", lambda self, steps: None)


@pytest.mark.parametrize("step", [0, 10])
def test_values_that_are_set_are_those_of_the_network_described_so(uncompiled, step):
    """All parameters of all neuron models: at time zero with initial values that may depend on them, later what is made of them."""
    loop = library().loop(precision="float64")
    here = loop._simulation
    here.step = step
    values = parameters_of(loop.network, [s.name for s in settable(loop, "parameter")])
    assert {n.split(".")[0] for n in values} == set(NEURONS) and len(values) > 60
    for name, x in values.items():
        loop.set(name, x)
    there = described(values).loop(precision="float64")._simulation
    assert np.array_equal(here.arrays.C, there.arrays.C) and not np.array_equal(
        here.arrays.C, library().loop()._simulation.arrays.C
    )
    assert (here.arrays.X.tobytes() == there.arrays.X.tobytes()) == (step == 0)


def test_a_value_set_at_time_zero_gives_the_run_of_the_network_described_so():
    E = {"tau_m": "12 ms", "V_th": am.normal("-51 mV", "2 mV")}
    first = {"v": am.uniform("-65 mV", "-60 mV"), "g_AMPA": "1 nS"}
    loop, other = small().loop(), small(initial=first, **E).loop()
    loop.set("E", v=first["v"], **{"AMPA.g": "1 nS"}, **E)
    loop.set("P.rate", "60 Hz")
    loop.advance("20 ms"), other.advance("20 ms")
    assert bits(loop) == bits(other) and loop.run().spikes.counts()["E"] > 20


def small(seed: int = 1, **more) -> am.Network:
    """Parameters that are alike and that differ, receptors, sources, noise, recordings."""
    net = am.Network(seed=seed)
    E = net.population("E", 70, "lif_cond", I_e="255 pA", **{"V_th": am.normal("-50 mV", "1 mV")} | more)
    P = net.population("P", 70, "poisson", rate="60 Hz")
    net.synapses(P, E, receptor="AMPA", weight="1.5 nS", p=0.3, delay="1 ms")
    net.synapses(E, E, receptor="GABA_A", weight="1 nS", p=0.2, delay=am.uniform("0.5 ms", "3 ms"))
    net.probe(E[:3], "v", every="1 ms")
    return net


def recorded(run) -> np.ndarray:
    (probe,) = run.probes.values()
    return probe["v"]


def random_change(loop, rng) -> None:
    k = int(rng.integers(7))
    if k == 0:
        loop.set("E", I_e=f"{rng.uniform(200, 400)} pA", **{"AMPA.tau": f"{rng.uniform(1, 5)} ms"})
    elif k == 1:
        loop.set("E.v", am.uniform("-70 mV", "-60 mV"))
    elif k == 2:
        loop.set("E.V_th", am.normal("-51 mV", "1 mV"))
    elif k == 3:
        loop.set("E.V_th", rng.uniform(-52, -48, 10) * am.units.mV, neurons=slice(20, 30))
    elif k == 4:
        loop.set_rates("P", rng.uniform(0, 100, 70) * am.units.Hz)
    elif k == 5:
        loop.set("P.rate", "80 Hz", neurons=[1, 3, 5])
    else:
        loop.set(
            loop.network.populations["E"][5:9], **{"AMPA.g": "3 nS", "v": [-60.0, -61.0, -62.0, -63.0] * am.units.mV}
        )


def replayed(loop, tmp_path, threads: int = 1):
    """The network of a script, run as Python."""
    loop.network.save(tmp_path / "net.json", overwrite=True)
    text = loop.script(str(tmp_path / "net.json"))
    scope: dict = {}
    exec(text.replace("net.loop(", f"net.loop(threads={threads}, "), scope)
    return scope["sim"]


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_set_advance_and_restore_equals_the_replay_of_its_log(seed, tmp_path):
    rng = np.random.default_rng(seed)
    loop = small().loop(threads=1 + seed % 2)
    saved = [loop.snapshot()]
    for _ in range(24):
        what = rng.integers(10)
        if what < 5:
            random_change(loop, rng)
        elif what < 8:
            loop.advance(f"{int(rng.integers(1, 40)) / 10} ms")
        elif what == 8:
            saved.append(loop.snapshot())
        else:
            loop.restore(saved[int(rng.integers(len(saved)))].copy())
    random_change(loop, rng)
    loop.advance("3 ms")
    other = replayed(loop, tmp_path, threads=2)
    assert bits(loop) == bits(other)
    run, again = loop.run(), other.run()
    assert run.info["set"] == again.info["set"] and np.array_equal(recorded(run), recorded(again))


def test_checkpoints_hold_what_was_set(tmp_path):
    rng, loop = np.random.default_rng(3), small().loop()
    for k in range(14):
        random_change(loop, rng)
        if k % 4 == 1:
            loop.advance("4 ms")
    loop.save(tmp_path / "c")
    went_on = small().loop(threads=2, resume=tmp_path / "c")
    by_run = small().run("40 ms", checkpoint=tmp_path / "c", resume=True, progress=False)
    assert bits(went_on) == bits(loop) and went_on.script() == loop.script()
    for x in (loop, went_on):
        x.advance(f"{40 - x.time} ms")
    assert by_run.spikes.hash() == loop.run().spikes.hash() == went_on.run().spikes.hash()
    assert by_run.info["set"] == loop.run().info["set"] and len(by_run.info["set"]) >= 14
    before = loop.script()
    loop.restore(tmp_path / "c")  # of the run: the same time, and the same was set
    assert loop.script() == before


def test_stops_leave_no_trace_and_a_reset_begins_anew():
    a, b = small().loop(), small().loop()
    a.advance("12 ms")
    for _ in range(12):
        b.advance("1 ms")
        b.snapshot()
        b.get("E", "v", "AMPA.g")
    assert bits(a) == bits(b)
    a.set("E.I_e", "400 pA")
    a.reset()
    assert a.time == 0.0 and bits(a) == bits(small().loop())


def test_what_is_set_acts_from_then_on():
    loop = small().loop()
    before = loop.snapshot()
    plain = loop.advance("30 ms")
    loop.restore(before)
    first = loop.advance("10 ms")
    loop.set("E.I_e", "600 pA")
    then = loop.advance("20 ms")
    whole = plain.spikes["E"]
    assert np.array_equal(first.spikes["E"].times, whole.between(0, 10).times)
    assert then["E"].sum() > 1.2 * (whole.times > 10).sum()
    assert (loop.get("E", "I_e") == 600).all() and loop.settable()["E.I_e"].value == 600.0
    assert then.start == 10.0 and then.stop == 30.0 and recorded(then).shape == (20, 3)
    assert np.array_equal(then["E"], then.spikes["E"].counts()) and list(then) == ["E", "P"]


def test_a_branch_is_the_same_until_a_change_acts():
    loop = small().loop()
    loop.set("E.I_e", "280 pA")
    loop.advance("5 ms")
    same, other = loop.branch(), loop.branch({"E.I_e": "500 pA"})
    for x in (loop, same, other):
        x.advance("10 ms")
    assert bits(loop) == bits(same) and loop.script() == same.script()
    a, b = loop.run().spikes, other.run().spikes
    assert np.array_equal(a["E"].between(0, 5).times, b["E"].between(0, 5).times) and len(b["E"]) > len(a["E"])
    assert np.array_equal(a["P"].times, b["P"].times)


def dosed(concentration="0 uM") -> am.Network:
    net = am.Network(seed=1)
    E = net.population("E", 20, "lif_cond", I_e="260 pA")
    net.synapses(E, E, receptor="GABA_A", weight="3 nS", p=0.5)
    net.dose("diazepam", concentration)
    return net


def test_doses_are_set_and_replayed(tmp_path):
    set_at_zero, described_so = dosed().loop(), dosed("1 uM").loop()
    set_at_zero.dose("diazepam", "1 uM")
    plain = dosed().loop()
    for x in (set_at_zero, described_so, plain):
        x.advance("40 ms")
    assert bits(set_at_zero) == bits(described_so) != bits(plain)
    before = plain.snapshot()
    plain.set("dose:diazepam", am.bolus("2 uM", elimination="10 s", at="45 ms"))
    plain.advance("10.3 ms")
    plain.save(tmp_path / "c")
    again = dosed().loop(resume=tmp_path / "c")
    for x in (plain, again):
        x.advance("20 ms")
    assert bits(plain) == bits(again) == bits(replayed(plain, tmp_path)) and float(plain.get("dose:diazepam")) > 1.0
    plain.restore(before)
    assert float(plain.get("dose:diazepam")) == 0.0 and not plain.script().count("set(")
    with pytest.raises(am.AmineError, match="no dose of 'ketamine'.*net.dose"):
        plain.dose("ketamine", "1 uM")


def test_functions_are_called_at_whole_multiples_and_stops_do_not_matter():
    def going(*stops):
        loop, seen = small().loop(), []
        loop.every("2 ms", lambda now: (seen.append(now.time), now.set("E.I_e", f"{260 + 10 * now.time} pA")))
        for s in stops:
            loop.advance(s)
        return loop, seen

    (a, seen), (b, again) = going("10 ms"), going("0.3 ms", "1.7 ms", "4 ms", "3.9 ms", "0.1 ms")
    assert seen == again == [0.0, 2.0, 4.0, 6.0, 8.0] and bits(a) == bits(b)
    with pytest.raises(am.AmineError, match="multiple of 0.1 ms"):
        a.every("0.25 ms", print)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("E.tau_n", "5 ms", "there is no value 'E.tau_n'.*did you mean 'E.tau_m'"),
        ("Q.v", "5 mV", "there is no value 'Q.v'"),
        ("E.tau_m", "-5 ms", "must be above zero|positive"),
        ("E.tau_m", "5 mV", "wrong dimension"),
        ("E.tau_m", [1.0] * 70 * am.units.ms, "one value for all neurons"),
        ("E.tau_m", am.uniform("1 ms", "2 ms"), "one value for all neurons"),
        ("E.V_th", [1.0] * 3 * am.units.mV, "wrong shape"),
        ("E.v", 5.0, "unit is missing"),
        ("E.v", "1e300 mV", "too large"),
        ("P.rate", "-1 Hz", "negative"),
        ("P.rate", "20 kHz", "at most 10000 Hz"),
        ("E.t_ref", "1e9 ms", "too long"),
    ],
)
def test_what_cannot_be_set_is_said_and_changes_nothing(name, value, sentence):
    loop = small().loop()
    for _ in range(2):
        before = bits(loop), loop.script()
        with pytest.raises(am.AmineError, match=sentence):
            loop.set(name, value)
        with pytest.raises(am.AmineError):
            loop.set("E", **{"v": "-60 mV", "I_e": "5 mV"})
        assert (bits(loop), loop.script()) == before
        loop.advance("1 ms")


def test_reasons_are_listed_and_given(uncompiled):
    net = am.Network(seed=1)
    E, D, G = (net.population(name, 4, "lif_cond") for name in "EDG")
    P = net.population("P", 4, "poisson")
    net.synapses(P, E, receptors={"NMDA": "1 nS"}, detail="kinetic", connect="all_to_all")
    net.synapses(P, D, receptor="GABA_A", weight="1 nS", connect="all_to_all")
    net.dose("diazepam", am.step("1 uM", start="1 ms"))
    net.gap_junctions(G, G, conductance="1 nS", p=0.5)
    loop = net.loop()
    found = loop.settable()
    reasons = {n: s.reason for n, s in found.items() if not s.follows}
    assert any("kinetic scheme" in r for n, r in reasons.items() if n.startswith("E.NMDA"))
    assert any("doses or modulators" in r for n, r in reasons.items() if n.startswith("D."))
    assert "gap junctions" in reasons["G.C"]
    for name, reason in reasons.items():
        with pytest.raises(am.AmineError) as e:
            loop.set(name, "1 mV")
        assert reason in str(e.value) and "describe a network with it" in str(e.value)
    assert found["D.I_e"].follows and found["G.I_e"].follows and found["E.E_L"].follows


def test_snapshots_of_another_network_are_refused():
    with pytest.raises(am.AmineError, match="another network"):
        small(2).loop().restore(small(1).loop().snapshot())
    with pytest.raises(am.AmineError, match="nothing was kept"):
        small().loop(keep=False).script()


def test_arrays_of_a_script_are_exact():
    loop = small().loop()
    x = np.random.default_rng(0).normal(-50, 3, 70)
    loop.set("E.V_th", Array(x, "mV"))
    assert np.array_equal(loop.get("E.V_th"), x)


def test_states_that_are_set_at_time_zero_are_initial_values(uncompiled):
    """All states of all neuron models and their receptors, which others may follow from."""
    loop, initial = library().loop(precision="float64"), {}
    for s in settable(loop, "state"):
        owner, *own = s.name.split(".")
        x = float(np.mean(s.value))
        value = f"{x * 1.03125 if x else 0.25!r} {s.unit}".removesuffix(" 1")
        loop.set(s.name, value)
        initial.setdefault(owner, {})["_".join(reversed(own))] = value
    assert set(initial) == set(NEURONS) and len(settable(loop, "state")) == sum(map(len, initial.values())) > 40
    there = library({name: {"initial": x} for name, x in initial.items()}).loop(precision="float64")._simulation
    assert loop._simulation.arrays.X.tobytes() == there.arrays.X.tobytes()


def test_propagators_are_made_anew_only_by_what_they_are_made_of(uncompiled, monkeypatch):
    net = am.Network(seed=1)
    E = net.population("E", 5, "lif", tau_m=am.uniform("10 ms", "20 ms"), V_th=am.uniform("-52 mV", "-48 mV"))
    loop, made = net.loop(), []
    loop._simulation.step = 10
    before = point.propagators
    monkeypatch.setattr(point, "propagators", lambda *a: made.append(1) or before(*a))
    loop.set(E, V_th="-51 mV")
    assert not made
    loop.set(E, tau_m="15 ms")
    assert made
