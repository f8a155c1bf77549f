"""Weights and delays of a running network: at time zero those of a description, later what acts from then on, and always replayed."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

LEVELS = ["filter", "synaptic", "explicit", "kinetic", "plastic"]


def every_level(values: dict | None = None, pairs: dict | None = None, seed: int = 1) -> am.Network:
    """A projection at each level of detail, two of them merged with another because they are equal, and spontaneous release."""
    net = am.Network(seed=seed)
    E = net.population("E", 70, "lif_cond", I_e="240 pA", V_th=am.normal("-50 mV", "1 mV"))
    P = net.population("P", 40, "poisson", rate="40 Hz")
    release = am.models.quantal(n=3, p=0.5, tau_rec="50 ms")
    more = {
        "filter": {"receptor": "AMPA", "weight": "1 nS"},
        "synaptic": {"receptor": "AMPA", "weight": "0.5 nS", "release": release},
        "explicit": {"receptor": "GABA_A", "weight": "0.5 nS", "detail": "explicit"},
        "kinetic": {"receptors": {"NMDA": "0.5 nS"}, "detail": "kinetic"},
        "plastic": {"receptor": "AMPA", "weight": "0.6 nS", "rule": am.plasticity.stdp()},
    }
    for name, own in more.items():
        given = dict(own) | {"delay": "1 ms"} | (values or {}).get(name, {})
        if "receptors" in own and "weight" in given:
            given["receptors"] = {"NMDA": given.pop("weight")}
        where = {"pairs": pairs[name]} if pairs else {"p": 0.2}
        net.synapses(P, E, name=name, **given, **where)
        if name in ("filter", "synaptic"):  # merged with the one before
            net.synapses(P, E, name=f"{name} too", p=0.1, delay="1 ms", **own)
    net.synapses(
        E, E, receptor="AMPA", weight="0.3 nS", p=0.1, delay="2 ms", name="E->E", release=release, minis="1 Hz"
    )
    return net


def bits(loop) -> dict:
    """The whole state; payloads are left out: rows in which an entry of a list has no part hold what was there before."""
    sim = loop._simulation
    found = {k: np.asarray(x).tobytes() for k, x in sim.state().items() if k != "lists.payload"} | {
        "constants": sim.arrays.C.tobytes()
    }
    return found | {"spikes": loop.run().spikes.hash()}


def replayed(loop, tmp_path, threads: int = 1):
    loop.network.save(tmp_path / "net.json", overwrite=True)
    scope: dict = {}
    exec(loop.script(str(tmp_path / "net.json")).replace("net.loop(", f"net.loop(threads={threads}, "), scope)
    return scope["sim"]


VALUES = [
    {"weight": "0.7 nS", "delay": "2.3 ms"},
    {"weight": am.normal("0.7 nS", "0.1 nS").clipped("0 nS", "1 nS"), "delay": am.uniform("1 ms", "3 ms")},
]


@pytest.mark.parametrize("values", VALUES)
def test_values_set_at_time_zero_are_those_of_the_network_described_so(values):
    loop = every_level().loop()
    for level in LEVELS:
        loop.set(level, **values)
    other = every_level(dict.fromkeys(LEVELS, values)).loop(threads=2)
    for x in (loop, other):
        x.advance("25 ms")
    assert bits(loop) == bits(other) != bits(every_level().loop())
    assert len(loop.run().spikes["E"]) > 20


def test_arrays_set_at_time_zero_are_those_of_given_pairs():
    rng, net = np.random.default_rng(0), every_level()
    there = {level: net.loop().connections(level) for level in LEVELS}
    pairs = {level: (c.pre, c.post) for level, c in there.items()}
    loop, values = every_level(pairs=pairs).loop(), {}
    for level, c in there.items():
        w, d = rng.uniform(0.3, 0.9, len(c)), rng.integers(1, 40, len(c)) / 10
        values[level] = {"weight": w * am.units.nS, "delay": d * am.units.ms}
        loop.set(level, **values[level])
    other = every_level(values, pairs).loop()
    for x in (loop, other):
        x.advance("25 ms")
    assert bits(loop) == bits(other) and len(loop.run().spikes["E"]) > 20
    for level, each in values.items():
        np.testing.assert_allclose(loop.get(f"{level}.delay"), each["delay"].magnitude, rtol=1e-12)


def random_change(loop, rng) -> None:
    level = LEVELS[int(rng.integers(len(LEVELS)))]
    later = loop.time > 0
    k = int(rng.integers(6))
    n = len(loop.connections(level))
    if k == 0:
        loop.set(f"{level}.weight", f"{rng.uniform(0.3, 0.9)} nS")
    elif k == 1:
        loop.set(level, weight=am.uniform("0.3 nS", "0.9 nS"))
    elif k == 2:
        loop.set(level, weight=rng.uniform(0.3, 0.9, n) * am.units.nS)
    elif k == 3:
        loop.set(level, weight="0.8 nS", synapses=rng.choice(n, 5, replace=False))
    elif k == 4:
        loop.set(level if not later else "filter", delay=am.uniform("0.5 ms", "3 ms"))
    else:
        loop.set("filter", delay="2 ms", weight="0.5 nS", synapses=[1, 5, 7])


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_set_advance_branch_and_restore_equals_the_replay_of_its_script(seed, tmp_path):
    rng = np.random.default_rng(seed)
    loop = every_level().loop(threads=1 + seed % 2)
    saved = [loop.snapshot()]
    for _ in range(16):
        what = rng.integers(10)
        if what < 4:
            random_change(loop, rng)
        elif what < 7:
            loop.advance(f"{int(rng.integers(1, 40)) / 10} ms")
        elif what == 7:
            saved.append(loop.snapshot())
        elif what == 8:
            loop = loop.branch({"filter.weight": "0.9 nS"})
        else:
            loop.restore(saved[int(rng.integers(len(saved)))].copy())
    random_change(loop, rng)
    loop.advance("3 ms")
    other = replayed(loop, tmp_path, threads=2)
    assert bits(loop) == bits(other) and loop.run().info["set"] == other.run().info["set"]
    loop.save(tmp_path / "c")
    went_on = every_level().loop(threads=2, resume=tmp_path / "c")
    assert went_on.script() == loop.script()
    for x in (loop, went_on):
        x.advance("5 ms")
    assert bits(loop) == bits(went_on)
    for level in LEVELS:
        for value in ("weight", "delay"):
            assert np.array_equal(loop.get(f"{level}.{value}"), went_on.get(f"{level}.{value}"))


def line(steps_of_spikes, level: str = "filter") -> am.Network:
    """A source that spikes at given times onto two neurons that only add up."""
    net = am.Network(seed=1)
    times = np.array(steps_of_spikes, float) * 0.1
    P = net.population("P", 1, "spike_list", times=times * am.units.ms, indices=np.zeros(len(times)))
    E = net.population("E", 2, "lif_cond")
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", delay="2 ms", name="P->E")
    net.probe(E, "g_AMPA")
    return net


def arrivals(loop, neuron: int = 0) -> list[int]:
    """Steps at which the conductance of a neuron jumps."""
    (probe,) = loop.run().probes.values()
    g = probe["g_AMPA"][:, neuron]
    return np.flatnonzero(np.diff(g) > 0.5).tolist()  # what arrives in a step is recorded at the start of the next


@pytest.mark.parametrize("new", [5, 35])
def test_a_spike_keeps_the_delay_that_its_synapse_had_when_it_was_sent(new):
    loop = line([10, 25, 28, 31, 42]).loop()
    loop.advance("3 ms")
    loop.set("P->E", delay=f"{new / 10} ms", pairs=([0], [0]))
    loop.advance("10 ms")
    before, after = [10, 25, 28], [31, 42]
    assert arrivals(loop, 1) == [s + 20 for s in before + after]
    assert arrivals(loop, 0) == sorted([s + 20 for s in before] + [s + new for s in after])
    assert loop.get("P->E.delay").tolist() == [new / 10, 2.0]


def test_a_delay_set_twice_within_a_flight_is_still_that_of_each_spike():
    loop = line([10, 20, 22, 24, 30]).loop()
    loop.advance("2.1 ms")
    loop.set("P->E.delay", "3 ms")
    loop.advance("0.2 ms")
    loop.set("P->E.delay", "1 ms")
    loop.advance("5 ms")
    assert arrivals(loop) == [30, 34, 40, 52]  # 20 and 30 arrive together


def test_kinetic_weights_leave_no_remainder_of_pulses_under_way():
    """Sums at the targets are those of the new weights: with pulses over, nothing is exposed to transmitter."""
    loop = every_level().loop(precision="float64")
    at = next(x for x in loop._simulation.slices if x.member.name == "E")
    loop.advance("20 ms")
    for k in range(8):
        loop.set("kinetic", weight=am.uniform("0.2 nS", "0.9 nS"))
        loop.advance("0.4 ms")
        loop.set("kinetic.weight", f"{0.2 + 0.1 * k} nS")
        loop.advance("0.3 ms")
    masses = at.view(loop._simulation.arrays.X)[:, at.row("M_NMDA")].view(np.int64)
    assert np.abs(masses).max() > 1000
    loop.set_rates("P", "0 Hz")
    loop.advance("10 ms")
    assert np.abs(masses).max() <= 100  # quanta, one for each rounding


def test_plastic_weights_are_what_was_set_whatever_is_still_to_be_applied():
    loop = every_level().loop()
    loop.advance("30.5 ms")
    before = loop.connections("plastic")
    assert before.weight.std() > 0 and loop._simulation.plastic.weights(loop._simulation)["plastic"].weights.std() > 0
    wanted = np.random.default_rng(0).uniform(0.2, 0.9, len(before))
    loop.set("plastic", weight=wanted * am.units.nS)
    np.testing.assert_allclose(loop.get("plastic.weight"), wanted, rtol=3e-6)
    loop.set("plastic", weight="1 nS", synapses=slice(3, 6))
    wanted[3:6] = 1.0
    np.testing.assert_allclose(loop.get("plastic.weight"), wanted, rtol=3e-6)


def test_projections_that_were_merged_come_apart():
    loop = every_level().loop()
    loop.advance("2 ms")
    loop.set("filter.weight", "0 nS")
    assert (loop.get("filter.weight") == 0).all() and (loop.get("filter too.weight") == 1).all()
    assert loop.settable()["filter.weight"].value == 0.0 and loop.settable()["filter too.weight"].value == 1.0


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("filter.weight", {"value": "-1 nS"}, "negative"),
        ("filter.weight", {"value": "1 mV"}, "wrong dimension"),
        ("filter.weight", {"value": [1.0, 2.0] * am.units.nS}, "wrong shape"),
        ("filter.weight", {"value": float("nan")}, "not a finite number"),
        ("filter.weight", {"value": np.array([np.nan, 1.0])}, "not a finite number"),
        ("filter.weight", {"value": "1 nS", "synapses": [10**6]}, "these are no synapses"),
        ("filter.weight", {"value": "1 nS", "pairs": ([0], [100])}, "no synapse of this pair"),
        ("filter.weight", {"value": "1 nS", "pairs": ([0, 1], [100])}, "these are no pairs"),
        ("filter.weight", {"value": "1 nS", "neurons": [1]}, "has no neurons"),
        ("filter.wight", {"value": "1 nS"}, "did you mean 'filter.weight'"),
        ("filter.delay", {"value": "0.01 ms"}, "shorter than the time step"),
    ],
)
def test_what_cannot_be_set_is_said_and_changes_nothing(name, more, sentence):
    loop = every_level().loop()
    for _ in range(2):
        before = bits(loop), loop.script()
        with pytest.raises(am.AmineError, match=sentence):
            loop.set(name, more["value"], **{k: v for k, v in more.items() if k != "value"})
        with pytest.raises(am.AmineError):
            loop.set("filter", weight="3 nS", delay="5 mV")
        assert (bits(loop), loop.script()) == before
        loop.advance("1 ms")


def test_delays_that_cannot_follow_say_why():
    loop = every_level().loop()
    assert all(loop.settable()[f"{level}.delay"].follows for level in LEVELS)
    loop.advance("1 ms")
    for level in LEVELS[1:]:
        found = loop.settable()[f"{level}.delay"]
        assert not found.follows and found.reason
        with pytest.raises(am.AmineError, match="cannot be set in a running network"):
            loop.set(f"{level}.delay", "2 ms")
    assert loop.settable()["filter.delay"].follows
