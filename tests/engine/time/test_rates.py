"""Rates of sources that follow courses: the bits of a loop that sets them at the same times, whatever chunks, threads and restarts."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def network(course=True):
    net = am.Network(seed=4)
    P = net.population("P", 150, "poisson", rate="20 Hz")
    Q = net.population("Q", 70, "poisson", rate="0 Hz")
    if course:
        net.stimulus(P, am.step("100 Hz", start="10.3 ms", stop="21 ms"), into="rate", name="on")
        net.stimulus(P[:50], am.step("-200 Hz", start="15 ms"), into="rate", name="off")
        each = am.values.Array(np.linspace(0, 0.2, 70)[None] * np.array([[1], [3]]), "1/ms")
        net.stimulus(Q, am.table(["5 ms", "17.77 ms"], each), into="rate", name="each")
    return net


def by_hand():
    loop = network(False).loop()
    rates = np.linspace(0, 0.2, 70)
    plan = [(5.0, "Q", rates), (10.3, "P", np.full(150, 0.12)), (15.0, "P", np.r_[np.zeros(50), np.full(100, 0.12)])]
    plan += [(17.8, "Q", 3 * rates), (21.0, "P", np.r_[np.zeros(50), np.full(100, 0.02)])]
    for time, name, values in plan:
        loop.advance(f"{time - loop.time:.1f} ms")
        loop.set_rates(name, values * 1e3 * am.units.Hz)
    loop.advance(f"{40 - loop.time:.1f} ms")
    return loop.run().spikes


def test_courses_are_rates_that_are_set_at_their_times(tmp_path):
    expected = by_hand()
    assert len(expected["Q"]) > 300 and len(expected["P"].between(15.0, 40.0)) > 50
    for how in (dict(), dict(threads=2), dict(chunk="0.7 ms")):
        assert network().run("40 ms", progress=False, **how).spikes.hash() == expected.hash()
    loop = network().loop()
    loop.advance("16 ms")
    loop.save(tmp_path / "a")
    again = network().loop(resume=tmp_path / "a")
    again.advance("24 ms")
    assert again.run().spikes.hash() == expected.hash()
    assert not (expected["P"].between(15.0, 40.0).indices < 50).any()


def test_they_are_described_saved_and_not_set():
    net = network()
    assert am.Network.from_dict(net.to_dict()) == net and "rate, step" in net.describe()
    loop = net.loop()
    for action in (lambda: loop.set_rates("P", "3 Hz"), lambda: loop.set("P.rate", "3 Hz")):
        with pytest.raises(am.AmineError, match="its rates follow a stimulus"):
            action()
    with pytest.raises(am.AmineError, match="courses of rates are given when a network is described"):
        loop.set("on.current", am.step("3 Hz"))
    assert loop.get("on.current") == 0


@pytest.mark.parametrize(
    ("course", "message"),
    [
        (am.sine("3 Hz", "1 Hz"), "rates follow courses in steps"),
        (am.step("3 pA"), "wrong unit"),
    ],
)
def test_mistakes(course, message):
    net = network()
    with pytest.raises(am.AmineError, match=message):
        net.stimulus("P", course, into="rate")
    with pytest.raises(am.AmineError, match="takes no current"):
        net.stimulus("P", am.step("3 pA"))
    net.stimulus("P", am.step("20 kHz"), into="rate")
    with pytest.raises(am.AmineError, match="the rate is too high"):
        net.loop()
