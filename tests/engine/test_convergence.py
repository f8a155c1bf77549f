"""Order of convergence of every model of the library, measured against a run with a step sixteen times finer."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

# a drive that moves each neuron without a spike within 8 ms, in pA (Hodgkin-Huxley: spread over its area)
DRIVE = {
    "traub_miles": 20.0,
    "traub_miles_block": 20.0,
    "hodgkin_huxley": 15.0,
    "izhikevich": 2.0,
    "adex": 300.0,
    "eif": 100.0,
}
# Exponential Euler is of order two where gates lie half a step ahead of the voltage; one that does not start in its steady state
# starts half a step early, and what is left of that is of order one. Rates of firing, where it is forgotten: test_firing_rates.py.
ORDER = {"exact": (1.8, 9.0), "exponential_euler": (0.9, 2.6), "rk4": (3.3, 6.5), "euler_maruyama": (0.4, 1.3)}


def voltage(name: str, dt: float) -> np.ndarray:
    """The voltage at full milliseconds under a sinusoidal current."""
    net = am.Network(dt=f"{dt!r} ms")
    cell = net.population("cell", 1, name)
    net.stimulus(cell, am.step(f"{DRIVE.get(name, 100.0)} pA", start="1 ms"))
    net.probe(cell, "v", every="1 ms", name="v")
    run = net.run("8 ms", precision="float64", progress=False)
    assert len(run.spikes) == 0
    return run.probes["v"]["v"][:, 0]


@pytest.mark.filterwarnings("ignore:.*rounded to", "ignore:.*its rate of firing is off")
@pytest.mark.parametrize("name", am.models.names("neuron"))
def test_order_of_every_neuron(name):
    """A constant current: exact integration shows no error at all, the others their order."""
    method = am.models.get(name).integrators["v"]
    fine = voltage(name, 1.0 / 256)
    errors = [np.max(np.abs(voltage(name, dt) - fine)) for dt in (0.125, 0.0625)]
    if method == "exact":
        assert max(errors) < 1e-11
        return
    low, high = ORDER[method]
    assert errors[1] < 0.2
    assert low < np.log2(errors[0] / errors[1]) < high or errors[1] < 1e-11


@pytest.mark.parametrize("name", [n for n in am.models.names("receptor") if n != "delta"])
def test_receptors_on_an_exact_neuron(name):
    """A receptor's voltage response at one step and at a finer one: exact for currents, first order for conductances; with the
    voltage-dependent block the membrane is no longer linear and advances by Runge-Kutta."""

    def response(dt: float) -> np.ndarray:
        net = am.Network(dt=f"{dt!r} ms")
        source = net.population("S", 1, "spike_list", times=np.array([2.0]) * am.units.ms, indices=np.array([0]))
        cell = net.population("cell", 1, "lif", receptors={"r": name})
        net.synapses(
            source,
            cell,
            receptor="r",
            weight=f"5 {am.models.get(name).weight_unit}",
            delay="1 ms",
            connect="one_to_one",
        )
        net.probe(cell, "v", every="1 ms", name="v")
        return net.run("20 ms", precision="float64", progress=False).probes["v"]["v"][:, 0]

    fine = response(1.0 / 256)
    errors = [np.max(np.abs(response(dt) - fine)) for dt in (0.25, 0.125)]
    if am.models.get(name).weight_unit == "pA":
        assert max(errors) < 1e-11
    elif "block" in am.models.get(name).equations:
        assert 3.3 < np.log2(errors[0] / errors[1]) < 4.7
    else:
        assert 0.8 < np.log2(errors[0] / errors[1]) < 1.6


@pytest.mark.parametrize(
    ("noisy", "names"),
    [
        pytest.param(False, am.models.names("neuron"), marks=pytest.mark.validate, id="quiet"),
        pytest.param(True, am.models.names("neuron"), marks=pytest.mark.validate, id="noisy"),
        pytest.param(True, am.models.names("neuron")[::6], id="some"),
    ],
)
def test_every_model_stays_finite_in_both_precisions(noisy, names):
    for name in names:
        results = []
        for precision in ("float32", "float64"):
            net = am.Network(seed=2, dt="0.1 ms")
            cell = net.population("cell", 70, name)
            label = next(iter(am.models.get(name).receptors))
            weight = "20 nS" if am.models.get(name).receptors[label].weight_unit == "nS" else "200 pA"
            if noisy:
                net.poisson(cell, rate="300 Hz", receptor=label, weight=weight)
            net.probe(cell, *am.models.get(name).state_units, name="all")
            run = net.run("100 ms", precision=precision, progress=False)
            assert all(np.isfinite(x).all() for x in run.probes["all"].values.values())
            results.append(run.probes["all"]["v"][100])
        np.testing.assert_allclose(results[0], results[1], atol=0.05)
