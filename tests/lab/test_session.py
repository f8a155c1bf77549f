"""A session of the lab: what it did is a function of its log, whatever was asked in between."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import amine as am
from amine.lab import gallery
from amine.lab.controls import Slider, controls_of
from amine.lab.lane import digest, replay
from amine.lab.links import Link, of_plain, read
from amine.lab.numbers import Recent, rhythm
from amine.lab.open import Opened, opened
from amine.lab.session import GHOST, Session
from amine.view.frames import pack, unpack

sys.path.insert(0, str(Path(__file__).resolve().parent))
from small_network import small


@pytest.fixture
def session():
    return Session(small())


def random_act(s: Session, rng: np.random.Generator) -> None:
    k = int(rng.integers(11))
    if k == 0:
        s.branch()
    elif k == 1 and rng.random() < 0.5:
        s.rewind("branch" if rng.random() < 0.7 else "start")
    elif k == 2:
        s.set("P.rate", float(rng.choice([0.0, 20.0, 90.0])))
    elif k == 3:
        s.set("dose:gabazine", float(rng.choice([0.0, 0.1, 1.0])))
    elif k == 4:
        s.set("E.I_e", float(rng.uniform(200, 300)))
    elif k == 5:
        s.watch("E", int(rng.integers(60)))
    elif k == 6:
        s.bolus("gabazine", float(rng.choice([0.05, 0.7])), float(rng.choice([50, 300.4])))
    elif k == 7:
        s.wash_out("gabazine", 80)
    elif k == 8 and rng.random() < 0.5:
        first = int(rng.integers(50))
        s.silence("E" if rng.random() < 0.5 else "P", first, first + 1 + int(rng.integers(0, 50 - first)))
    else:
        s.frame(float(rng.integers(0, 30)), seconds=float(rng.choice([0.0, 1.0])))


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_equals_the_replay_of_its_log(seed):
    s, rng = Session(small()), np.random.default_rng(seed)
    for _ in range(25):
        random_act(s, rng)
    again = replay(small().loop(), s.live.log, s.live.step)
    assert again.digest.text() == s.live.digest.text() == digest(again.loop.run().spikes)
    if GHOST in s.lanes:
        ghost = s.lanes[GHOST]
        other = replay(small().loop(keep=False), ghost.log, ghost.step)
        assert other.digest.text() == ghost.digest.text() and ghost.step == s.live.step


def test_a_branch_has_the_same_bits_until_something_is_set(session):
    session.advance(50.0, 5.0)
    session.branch()
    session.advance(50.0, 5.0)
    live, ghost = session.lanes.values()
    assert live.digest.text() == ghost.digest.text()
    session.set("P.rate", 90.0)
    session.advance(50.0, 5.0)
    assert live.digest.text() != ghost.digest.text() and not ghost.log
    first = session.live.digest.text()
    session.rewind("branch")
    assert session.time == 50.0 and session.values["P.rate"] == 40.0
    session.advance(50.0, 5.0), session.set("P.rate", 90.0), session.advance(50.0, 5.0)
    assert session.live.digest.text() == first
    session.join()
    assert list(session.lanes) == ["live"]


def test_a_bolus_is_lost_with_its_half_life_and_the_slider_ends_it(session):
    session.advance(50.0, 5.0), session.bolus("gabazine", 0.5, 200), session.advance(100.0, 5.0)
    level = 0.5 * 2**-0.5
    assert session.state()["values"]["dose:gabazine"] == pytest.approx(level)
    session.wash_out("gabazine", 50), session.advance(50.0, 5.0)
    assert session.state()["values"]["dose:gabazine"] == pytest.approx(level / 2)
    session.set("dose:gabazine", 0.0), session.advance(5.0, 5.0)
    assert session.state()["values"]["dose:gabazine"] == 0.0
    before = session.state()
    session.wash_out("gabazine", 50)  # nothing is there
    assert session.state() == before


def test_silenced_neurons_reach_nobody_and_fire_on(session):
    session.silence("P", 0, 50)
    cut = Session(small())
    cut.live.set("P->E.weight", "0 nS")
    session.advance(50.0, 5.0), cut.advance(50.0, 5.0)
    assert session.live.digest.text() == cut.live.digest.text()
    assert session.live.recent.numbers(50.0)["P"]["rate"] > 20 and session.state()["silenced"] == [[60, 110]]
    session.silence("P", 10, 20)  # once more
    assert cut.state()["silenced"] == []


def responded(session: Session, name: str) -> dict:
    """The whole response to a control, from the process beside the network."""
    stop = time.perf_counter() + 60
    while not (found := session.respond(name))["done"]:
        assert time.perf_counter() < stop
        time.sleep(0.02)
    return found


def test_a_response_is_that_of_copies_which_are_set_and_leaves_the_network_alone(session):
    session.advance(50.0, 5.0), session.set("E.I_e", 260.0)
    before = session.state()
    found = responded(session, "dose:gabazine")
    assert found["done"] and [p["value"] for p in found["points"]][:3] == [
        0.0,
        session.controls["dose:gabazine"].low,
        100.0,
    ]
    assert session.state() == before and list(session.lanes) == ["live"]
    point = found["points"][2]
    copy = session.live.branch()
    copy.set("dose:gabazine", "100.0 uM"), copy.advance(3000)
    spikes = copy.advance(7000).spikes
    assert point["numbers"]["E"]["rate"] == pytest.approx(spikes.rates()["E"])
    session.set("dose:gabazine", 1.0)
    assert session.respond("dose:gabazine")["done"]  # of the same network
    session.set("E.I_e", 250.0)
    assert session.respond("dose:gabazine")["points"] == []


def test_what_cannot_be_done_is_refused_and_changes_nothing(session):
    session.advance(10.0, 5.0)
    before = session.state()
    for act in (
        lambda: session.bolus("ketamine", 1.0, 100), lambda: session.bolus("gabazine", 1e9, 100), lambda: session.bolus("gabazine", 0.0, 100),
        lambda: session.bolus("gabazine", math.nan, 100), lambda: session.bolus("gabazine", 1.0, 1), lambda: session.bolus("gabazine", 1.0, math.nan),
        lambda: session.bolus("gabazine", 1.0, "1 s"), lambda: session.bolus("gabazine", 1.0, True), lambda: session.silence("nobody", 0, 1),
        lambda: session.silence("E", 0, 61), lambda: session.silence("E", 5, 5), lambda: session.silence("E", -1, 5),
        lambda: session.silence("E", True, 5), lambda: session.silence("E", 0.0, 5), lambda: session.respond("E.C"),
        lambda: session.respond("nothing"), lambda: session.respond(3),
    ):  # fmt: skip
        with pytest.raises(am.AmineError):
            act()
        assert session.state() == before


def test_what_cannot_be_set_is_refused_and_changes_nothing(session):
    before = session.state()
    low, high = session.controls["E.I_e"].low, session.controls["E.I_e"].high
    for name, value in [
        *[("E.I_e", x) for x in (math.nan, math.inf, 1e308, low - 1, high + 1, True, "255 pA", None, [1.0])],
        *[(n, 1.0) for n in ("E.nothing", "__class__", "E.v", "", "dose:ketamine")],
        ("dose:gabazine", -1e-3),
        *[(c.name, c.value) for c in session.controls.values() if c.reason],
    ]:
        with pytest.raises(am.AmineError):
            session.set_all({"P.rate": 10.0, name: value})
        assert session.state() == before, name
    for ms in (-1, 1e9, math.nan, "1", True, None):
        with pytest.raises(am.AmineError, match="time of a frame"):
            session.frame(ms)
    for population, neuron in (("nobody", 0), ("P", 0), ("E", "0"), ("E", True)):
        with pytest.raises(am.AmineError, match="no voltage"):
            session.watch(population, neuron)
    assert session.state() == before


def test_controls_have_ranges_around_their_values_and_reasons(session):
    c = session.controls
    assert (
        c["dose:gabazine"].log and c["dose:gabazine"].zero and c["dose:gabazine"].low < 0.18 < c["dose:gabazine"].high
    )
    assert c["P.rate"].unit == "Hz" and c["P.rate"].value == 40.0
    assert "E.v" not in c and c["E.C"].reason
    for x in c.values():
        assert x.low < x.high and x.low <= x.value <= x.high or (x.zero and x.value == 0)
    neuron = controls_of(gallery.get("neuron").network().loop())["N.I_e"]
    assert neuron.unit == "uA/cm**2" and neuron.value == pytest.approx(13.0)
    with pytest.raises(am.AmineError, match="there is no control"):
        Session(small(), (Slider("E.tau_n", "time"),))


def test_frames_hold_the_spikes(session):
    session.branch()
    about, arrays = unpack(session.frame(40.0, 5.0, numbers=True))
    run = small().run("40 ms", progress=False)
    assert np.array_equal(arrays["live.t"], run.spikes.times.astype(np.float32))
    assert np.array_equal(arrays["live.row"], run.spikes.ids) and np.array_equal(
        arrays["ghost.row"], arrays["live.row"]
    )
    assert arrays["live.n0"].sum() == run.spikes.counts()["E"] and arrays["live.n0"].size == 40
    assert about["digest"] == digest(run.spikes) and about["numbers"]["live"]["P"]["rate"] == run.spikes.rates()["P"]
    assert arrays["live.v"].size == arrays["v.t"].size == 80 and arrays["live.slow.dose:gabazine"].size == 40
    session.watch("E", 1000)
    assert session.watched == ("E", 59)


@pytest.mark.parametrize("dt", ["0.1 ms", "0.3 ms", "2.5 ms", "1 ms"])
def test_any_time_step_and_more_neurons_than_rows(dt):
    net = am.Network(seed=1, dt=dt)
    net.population("P", 9000, "poisson", rate="30 Hz")
    net.population("Q", 3, "poisson", rate="30 Hz")
    s = Session(net)
    about, arrays = unpack(s.frame(50.0, 5.0))
    assert 45 < about["stop"] <= 55 and arrays["live.n0"].sum() > 8000 and arrays["live.row"].max() < 4100
    assert s.describe()["populations"][1]["rows"] >= 1


def test_frames_come_back_and_damaged_ones_are_refused():
    arrays = {"a": np.arange(5, dtype=np.float32), "b": np.arange(3, dtype=np.uint16), "c": np.zeros(0, np.uint32)}
    data = pack({"x": 1, "name": "µ"}, arrays)
    about, back = unpack(data)
    assert about == {"x": 1, "name": "µ"} and all(np.array_equal(back[k], x) for k, x in arrays.items())
    assert len(data) % 8 == 0
    for cut in range(len(data) - 24):
        with pytest.raises(am.AmineError, match="damaged"):
            unpack(data[:cut])


def test_the_rhythm_of_volleys_is_their_frequency_and_noise_has_none():
    rng = np.random.default_rng(1)
    for f in (5.0, 43.0, 80.0):
        times = np.sort(np.concatenate([k / f * 1e3 + rng.normal(0, 80 / f / 4, 40) for k in range(1, int(f))]))
        assert rhythm(times[(times > 0) & (times < 1000)], 1000.0) == pytest.approx(f, abs=1.0)
    assert all(rhythm(np.sort(rng.uniform(0, 1000, 4000)), 1000.0) is None for _ in range(50))
    assert rhythm(np.zeros(0), 1000.0) is None
    assert Recent((("E", 0, 2),)).numbers(0.0)["E"]["rate"] is None
    octaves = np.concatenate([np.repeat(np.arange(3.0, 500, 1e3 / (3.5 * 2**k)), 12) for k in range(5)])
    assert rhythm(np.sort(octaves), 500.0) is not None  # the search for a lower harmonic ends


def test_the_exported_script_gives_the_digest_in_a_process_of_its_own(tmp_path):
    s = Session(small())
    s.advance(30.0, 5.0), s.set("dose:gabazine", 0.3), s.advance(13.0, 5.0)
    s.bolus("gabazine", 0.2, 60), s.silence("E", 3, 9)
    (
        s.branch(),
        s.set("P.rate", 70.0),
        s.advance(25.0, 5.0),
        s.rewind("branch"),
        s.set("P.rate", 60.0),
        s.advance(9.0, 5.0),
    )
    text = Opened("small", s).script()
    file = tmp_path / "page.py"
    file.write_text(text)
    done = subprocess.run([sys.executable, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AssertionError):
        exec(text.replace("60.0 Hz", "61.0 Hz"), {})


def test_a_link_opens_the_same_state_and_a_damaged_one_is_refused():
    s = Session(small())
    s.advance(20.0, 5.0), s.set("P.rate", 70.0), s.advance(11.0, 5.0), s.set("dose:gabazine", 1.0), s.advance(5.0, 5.0)
    link = {"step": s.live.step, "log": [[step, n, float(v.split()[0])] for step, n, v in s.state()["log"]]}
    other = Opened("small", Session(small()))
    other.follow(of_plain("small", link))
    assert other.session.state() == s.state()
    seed = 2**53 - 1
    text = Link("small", seed, s.live.step, tuple(s.live.log), ("P.rate", "gone")).text()
    elsewhere = opened(small(), "small", seed=read(f"http://127.0.0.1:1{text}").seed)
    elsewhere.follow(read(text))
    assert elsewhere.session.described.seed == seed and elsewhere.session.state()["log"] == s.state()["log"]
    assert elsewhere.session.live.digest.text() != s.live.digest.text()  # other connections, other numbers
    assert elsewhere.link().show == ("P.rate",) and read(elsewhere.link().text()) == of_plain(
        "small", elsewhere.link().plain()
    )
    before = other.session.state()
    for bad in (
        {"step": -1}, {"step": 10**9}, {"step": True}, {"step": 1.5}, {"step": 5, "log": [[0, "E.v", 1.0]]}, {"step": 5, "log": 3},
        {"step": 5, "log": [[6, "P.rate", 1.0]]}, {"step": 5, "log": [[0, "P.rate", 1e9]]}, {"step": 5, "log": [[0, "P.rate", math.nan]]},
        {"step": 5, "log": [[3, "P.rate", 1.0], [2, "P.rate", 1.0]]}, {"step": 5, "log": [[0, "P.rate", "1"]]}, {"step": 5, "log": [[0]] * 3000},
        {"step": 5, "log": [[0, "bolus:gabazine:1", 1.0]]}, {"step": 5, "log": [[0, "bolus:gabazine:100", 1e9]]}, {"step": 5, "log": [[0, "bolus:no:100", 1.0]]},
        {"seed": -1}, {"seed": True}, {"seed": 1.5}, {"seed": "1"}, {"seed": 2**64}, {"show": 3}, {"show": [3]},
        {"step": 5, "log": [[0, "silence:E:0:99", 1]]}, {"step": 5, "log": [[0, "silence:no:0:9", 1]]}, {"step": 5, "log": [[0, "silence:E:9:3", 1]]},
    ):  # fmt: skip
        with pytest.raises(am.AmineError):
            other.follow(of_plain("small", bad))
        assert other.session.state() == before


@pytest.mark.parametrize(
    "text", ["#open=", "#step=3", "#open=a&log=[", "#open=a&log=[[0]]", "#open=a&step=x", "#open=a" + "&x=1" * 60_000]
)
def test_a_text_that_is_no_link_is_refused(text):
    with pytest.raises(am.AmineError, match="link: "):
        read(text)
