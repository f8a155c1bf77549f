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
    "gamma": {"neurons": 100},
    "striatum": {"neurons": 100},
    "song": {"neurons": 200},
    "stdp_network": {"neurons": 200, "inputs": 50},
    "vogels": {"neurons": 300},
    "ball_and_stick": {"neurons": 4, "segments": 5},
    "coba_trees": {"neurons": 500},
    "chemical": {"neurons": 300},
    "wang2002": {"scale": 0.05},
    "thalamus": {"neurons": 12},
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


def moments(scale: float) -> np.ndarray:
    """Mean, variance and third cumulant of the input current that the description gives each population at the published rates, in
    powers of pA/ms: those of independent Poisson trains (Campbell), weights without their spread. Rows are populations."""
    from amine.circuits.potjans_diesmann import tables
    from amine.units import to_internal

    t, net = tables(), am.circuits.microcircuit(scale)
    rates = dict(zip(t["populations"], t["reference_rates_Hz"]["nest_single_run"], strict=True))
    out = {name: np.zeros(3) for name in net.populations}
    powers, tau = np.arange(1, 4), t["neuron"]["tau_syn_exc_ms"]
    for s in net.projections:
        (source,), (target,) = s.source.views(), s.target.views()
        mean = to_internal(s.receptors["psc"].a, "pA", "weight")
        out[target.population] += s.pattern.value / target.n * rates[source.population] * 1e-3 * mean**powers
    for i in net.inputs:
        (target,) = i.target.views()
        weight, rate = to_internal(i.weight, "pA", "weight"), to_internal(i.rate, "Hz", "rate")  # in 1/ms
        out[target.population] += i.n * rate * weight**powers
    for name, p in net.populations.items():
        out[name][0] += to_internal(p.parameters["I_e"], "pA", "I_e") / tau
    return np.array(list(out.values()))


def test_down_scaling_keeps_mean_and_variance_of_the_input_but_not_its_skewness():
    """In-degrees times s, weights over sqrt(s), the lost mean as a current (van Albada, Helias & Diesmann 2015): the first two cumulants
    stay, at the published rates and for independent inputs, but for the rounding of sizes; the third, that of larger and rarer jumps,
    grows by 1/sqrt(s)."""
    full, tenth = moments(1.0), moments(0.1)
    np.testing.assert_allclose(tenth[:, 0], full[:, 0], rtol=5e-3)
    np.testing.assert_allclose(tenth[:, 1], full[:, 1], rtol=5e-3)
    np.testing.assert_allclose(tenth[:, 2] / full[:, 2], 0.1**-0.5, rtol=5e-3)
