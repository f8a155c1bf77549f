"""Circuits whose behaviour chemistry sets."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def frequency(run: am.Run, start: float = 200.0) -> float:
    """The highest peak between 15 and 120 Hz of the power spectrum of the excitatory neurons' spikes."""
    t = run.spikes["E"].times
    h = np.histogram(t[t > start], np.arange(start, run.duration + 1e-9, 1.0))[0].astype(float)
    power = np.abs(np.fft.rfft((h - h.mean()) * np.hanning(len(h)), 8192)) ** 2
    f = np.fft.rfftfreq(8192, 1e-3)
    band = (f > 15) & (f < 120)
    return float(f[band][power[band].argmax()])


def gamma(duration: str = "800 ms", dose: str = "", **given) -> float:
    net = am.circuits.gamma(neurons=150, seed=1, **given)
    if dose:
        net.dose("diazepam", dose)
    return frequency(net.run(duration, progress=False))


@pytest.mark.validate
def test_gamma_is_set_by_the_decay_of_inhibition_and_slowed_by_diazepam():
    """The textbook's network is at about 45 Hz; 1 uM of diazepam lengthens the decay (1.69-fold) and acts as that decay does."""
    plain, slow, dosed = gamma(), gamma(decay=f"{9 * (1 + 0.7 / 1.016)!r} ms"), gamma(dose="1 uM")
    assert 40 < plain < 50
    assert 30 < slow < 0.9 * plain
    assert dosed == pytest.approx(slow, abs=0.5)


@pytest.mark.validate
def test_dopamine_raises_the_response_of_d1_and_lowers_that_of_d2_neurons():
    """From pauses (1 Hz) to bursts (20 Hz) of dopamine neurons (the direction: Humphries et al. 2009)."""
    low, high = (am.circuits.striatum(200, rate=rate, seed=1).run("2 s", progress=False) for rate in ("1 Hz", "20 Hz"))
    assert (
        low.concentration("dopamine").values[-1000:].mean()
        < 0.02
        < 0.3
        < high.concentration("dopamine").values[-1000:].mean()
    )
    a, b = low.spikes.rates(), high.spikes.rates()
    assert b["D1"] > 1.2 * a["D1"] > 1 and b["D2"] < 0.7 * a["D2"]


def test_haloperidol_gives_d2_neurons_their_response_back():
    def rate(dose: str) -> float:
        net = am.circuits.striatum(200, rate="20 Hz", seed=1)
        if dose:
            net.dose("haloperidol", dose)
        return net.run("2 s", progress=False).spikes.rates()["D2"]

    assert rate("1 uM") > 1.3 * rate("")
