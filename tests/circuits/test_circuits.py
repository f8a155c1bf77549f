"""Built-in circuits."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

SMALL = {
    "coba": {"neurons": 500},
    "cuba": {"neurons": 500},
    "cobahh": {"neurons": 500},
    "brunel": {"scale": 0.15},
    "microcircuit": {"scale": 0.02},
}


@pytest.mark.parametrize("name", am.circuits.names())
def test_builds_runs_and_is_data(name):
    net = am.circuits.get(name)(seed=1, **SMALL[name])
    assert (
        am.circuits.get(name)(seed=1, **SMALL[name]).hash()
        == net.hash()
        != am.circuits.get(name)(seed=2, **SMALL[name]).hash()
    )
    assert am.Network.from_dict(net.to_dict()) == net
    run = net.run("30 ms", progress=False)
    assert run.complete and len(run.spikes) > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: am.circuits.get("cobra"), "did you mean 'coba'"),
        (lambda: am.circuits.brunel("AII"), "did you mean 'AI'"),
        (lambda: am.circuits.microcircuit(scale=2), "scale is outside"),
        (lambda: am.circuits.microcircuit(drive="ac"), "drive 'ac'"),
    ],
)
def test_bad_arguments(call, words):
    with pytest.raises(am.AmineError, match=words):
        call()


def test_the_microcircuit_is_that_of_the_tables():
    size = am.circuits.microcircuit(1.0).estimate()
    assert size["neurons"] == 77_169 and size["synapses"] == 298_880_970


def test_rates_of_the_brette_networks():
    """Means of a few seeds of other simulators (coba with its bias: 20 to 22 Hz); cobahh's first second is its transient."""
    expected = {"coba": (19.0, 22.5), "cuba": (4.8, 6.4), "cobahh": (30.0, 42.0)}
    for name, (low, high) in expected.items():
        rates = am.circuits.get(name)(seed=1).run("1 s", progress=False).spikes.rates()
        assert low < np.mean(list(rates.values())) < high, (name, rates)


def test_thalamic_input_raises_layer_4():
    calm, driven = (
        am.circuits.microcircuit(0.05, seed=1, thalamus=x).run("720 ms", progress=False).spikes["L4E"]
        for x in (False, True)
    )
    window = [np.sum(t.times > 700.0) for t in (calm, driven)]
    assert window[1] > window[0] + 10
