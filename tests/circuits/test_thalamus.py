"""Rhythms of the thalamic circuit."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def rhythm(run, name: str, first: float = 400.0, last: float = 2000.0) -> tuple[int, float]:
    """Number of spikes, and the frequency with the most power in a population's rate."""
    t = run.spikes[name].times
    t = t[(t > first) & (t < last)]
    rate = np.histogram(t, np.arange(first, last + 0.1, 5.0))[0].astype(float)
    rate = np.convolve(rate, np.ones(5) / 5, "same")
    f = np.fft.rfftfreq(len(rate), 5e-3)
    power = np.abs(np.fft.rfft((rate - rate.mean()) * np.hanning(len(rate)))) ** 2
    usable = (f > 1.5) & (f < 20)
    return len(t), float(f[usable][power[usable].argmax()])


@pytest.mark.validate
def test_block_of_gaba_a_turns_spindles_into_a_slow_and_strong_rhythm():
    """Destexhe et al. 1996: spindles slow down to 2 to 4 Hz and bursts grow; without GABA_B too nothing is left."""
    spindle, slow, none = (
        am.circuits.thalamus(seed=1, gaba_a=a, gaba_b=b).run("2 s", progress=False) for a, b in ((1, 1), (0, 1), (0, 0))
    )
    n, f = rhythm(spindle, "RE")
    m, g = rhythm(slow, "RE")
    assert 4.0 < f < 12.0 and 2.0 < g < 4.2 and g < f - 0.8
    assert m > 1.5 * n > 100
    assert rhythm(none, "RE", 800.0)[0] == 0


def test_a_spindle_ends_by_itself():
    """Calcium that enters with each burst locks Ih open, which depolarises relay cells until they no longer rebound."""
    run = am.circuits.thalamus(seed=1).run("4 s", progress=False)
    t = run.spikes["RE"].times
    assert np.sum((t > 500) & (t < 1500)) > 500 and np.sum(t > 3300) == 0


def test_relay_cell_rebounds():
    """Released from hyperpolarisation a relay cell fires a burst on a calcium spike; a depolarised one fires tonically."""
    net = am.Network(dt="0.05 ms")
    cell = net.population("cell", 2, "thalamic_relay")
    net.stimulus(cell[:1], am.step("-0.4 nA", start="100 ms", stop="400 ms"))
    net.stimulus(cell[1:], am.step("0.5 nA", start="100 ms", stop="400 ms"))
    trains = net.run("700 ms", progress=False).spikes["cell"].trains()
    assert len(trains[0]) >= 2 and trains[0].min() > 400 and np.diff(trains[0]).min() < 10
    assert len(trains[1]) >= 2


@pytest.mark.parametrize("given", [{"neurons": 3}, {"gaba_a": -1.0}])
def test_bad_arguments(given):
    with pytest.raises(am.AmineError, match="too few|negative"):
        am.circuits.thalamus(**given)
