"""Estimated accuracy of point neurons: the plain march is that of the engine, and the table of known errors is that of the estimate."""

import warnings

import numpy as np
import pytest

import amine as am
from amine import equations
from amine.engine.build.accuracy import known_step
from amine.errors import AmineError
from amine.models.firing import ONE_PERCENT
from amine.units import to_internal


@pytest.mark.parametrize(("name", "current"), [("lif", 600.0), ("adex", 900.0), ("hodgkin_huxley", 100.0)])
def test_the_march_is_that_of_the_engine(name, current):
    """Exact, Runge-Kutta with a reset and adaptation, and gates that follow the voltage."""
    model = am.models.get(name)
    net = am.Network()
    cell = net.population("cell", 1, name)
    net.stimulus(cell, am.step(f"{current} pA"))
    expected = net.run("60 ms", precision="float64", progress=False).spikes[cell].times
    values = {n: float(to_internal(v, model.units[n], n)) for n, v in model.parameters.items()}
    times, _ = equations.March(model.parsed, values).run(0.1, 60.0, current)
    assert len(expected) > 2
    np.testing.assert_allclose(times, expected)


@pytest.mark.parametrize("name", sorted(ONE_PERCENT))
def test_known_errors_are_those_estimated(name):
    model = am.models.get(name)
    assert 0.01 * (0.1 / known_step(model)) ** 2 == pytest.approx(model.accuracy(0.1)["rate"], abs=0.003)


def test_every_neuron_of_the_library_has_an_accuracy():
    for name in ("lif_cond", "izhikevich"):
        assert am.models.get(name).accuracy(0.1)["rate"] < 0.01
    silent = am.models.neuron("silent", "dv/dt = -v/tau + I/C : mV", tau="10 ms", C="200 pF")
    assert silent.accuracy(0.1)["voltage"] < 1e-9


def test_steps_that_are_too_coarse_are_warned_of():
    net = am.Network(dt="0.2 ms")
    net.population("E", 2, "hodgkin_huxley")
    with pytest.warns(am.errors.AmineWarning, match="its rate of firing is off by about 2.4 %"):
        net.run("1 ms", progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fine = am.Network(dt="0.1 ms")
        fine.population("E", 2, "hodgkin_huxley")
        fine.run("1 ms", progress=False)


def test_steps_too_coarse_for_a_model_of_ones_own_are_warned_of():
    """Whatever it is called: by an estimate made once, which follows its own equations and parameters."""
    hh = am.models.get("hodgkin_huxley")
    warm = (
        hh.equations.replace("(1 - m)", "(1 - m)*3").replace("beta_m*m", "3*beta_m*m").replace("(1 - h)", "(1 - h)*3")
    )
    for name in ("warm", "hodgkin_huxley"):
        net = am.Network(dt="0.2 ms")
        net.population("E", 2, am.models.neuron(name, warm, **hh.parameters))
        with pytest.warns(am.errors.AmineWarning, match="its rate of firing is off by about") as given:
            net.run("0.2 ms", progress=False)
        assert "2.4 %" not in str(given[0].message)  # that of the library's model


@pytest.mark.parametrize(
    "dt", [0, -1, "0 ms", 1e9, "1e9 ms", float("nan"), True, "0.1 mV", "x", [0.1] * am.units.ms, None]
)
def test_what_is_no_step_is_refused(dt):
    for model in (am.models.get("lif"), am.models.cable(am.morphology.point(), {"*": ["leak"]})):
        if model.name == "lif" or dt not in (1e9, "1e9 ms"):
            with pytest.raises(AmineError, match="accuracy: "):
                model.accuracy(dt)


def test_a_step_may_be_a_quantity():
    model = am.models.cable(am.morphology.point(), {"*": ["leak"]})
    assert model.accuracy("100 us") == model.accuracy(0.1 * am.units.ms) == model.accuracy(0.1)


def test_only_neurons_have_an_accuracy():
    with pytest.raises(AmineError, match="only neurons"):
        am.models.get("AMPA").accuracy(0.1)
