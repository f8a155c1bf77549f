"""Firing patterns by name: AdEx (Naud et al. 2008), Izhikevich (2003), and rates of EIF and Hodgkin-Huxley neurons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import amine as am
from amine.models.model import Model


def reference(model: Model, duration: float) -> np.ndarray:
    """Spike times of AdEx by Dormand-Prince (SciPy) with an event at V_cut.

    It advances along the curve (v, w, t) by its length in v, so that the upstroke is no steeper than the rest and no
    spike is stepped over.
    """
    p = {n: float(v.split()[0]) for n, v in model.parameters.items()}

    def slope(_s: float, y: np.ndarray) -> np.ndarray:
        v, w = y[:2]
        spike = p["g_L"] * p["Delta_T"] * np.exp((min(v, p["V_cut"] + 5.0) - p["V_T"]) / p["Delta_T"])
        dv = (p["g_L"] * (p["E_L"] - v) + spike - w + p["I_e"]) / p["C"]
        return np.array([dv, (p["a"] * (v - p["E_L"]) - w) / p["tau_w"], 1.0]) / (1.0 + abs(dv))

    def peak(_s: float, y: np.ndarray) -> float:
        return y[0] - p["V_cut"]

    def end(_s: float, y: np.ndarray) -> float:
        return y[2] - duration

    peak.terminal = end.terminal = True  # type: ignore[attr-defined]
    y, times = np.array([p["E_L"], 0.0, 0.0]), []
    while True:
        found = solve_ivp(slope, (0.0, 1e6), y, "RK45", events=(peak, end), rtol=1e-8, atol=1e-8)
        if not found.t_events[0].size:
            assert found.t_events[1].size, found.message
            return np.array(times)
        _, w, t = found.y_events[0][0]
        times.append(t)
        y = np.array([p["V_r"], w + p["b"], t])


REGULAR = [n for n in am.models.adex_patterns if n != "irregular"]


@pytest.fixture(scope="module")
def adex() -> dict[str, np.ndarray]:
    net = am.Network(dt="0.005 ms")
    for name in am.models.adex_patterns:
        net.population(name, 1, am.models.adex_pattern(name))
    spikes = net.run("600 ms", precision="float64", progress=False).spikes
    return {name: spikes[name].times for name in spikes}


@pytest.mark.parametrize("name", REGULAR)
def test_adex_pattern_against_an_event_driven_solution(adex, name):
    expected = reference(am.models.adex_pattern(name), 600.0)
    assert len(adex[name]) == pytest.approx(len(expected), abs=1)
    n = min(len(expected), len(adex[name]), 10)
    np.testing.assert_allclose(adex[name][:n], expected[:n], atol=0.1)
    if len(expected) > 1 and "bursting" not in name:
        assert np.diff(adex[name])[-1] == pytest.approx(np.diff(expected)[-1], rel=0.01)


def test_adex_classes(adex):
    """What the names say: bursts are short intervals followed by a long one, adaptation lengthens them, acceleration shortens them."""
    gaps = {name: np.diff(t) for name, t in adex.items()}
    assert gaps["tonic"][-5:].std() < 0.1
    assert (np.diff(gaps["adaptation"]) > -1e-9).all()
    assert gaps["initial_burst"][:2].max() < 10 < gaps["initial_burst"][2]
    assert np.sort(gaps["regular_bursting"])[:4].max() < 7 and gaps["regular_bursting"].max() > 120
    assert (
        gaps["delayed_accelerating"][0] > 2 * gaps["delayed_accelerating"][-1] and adex["delayed_accelerating"][0] > 30
    )
    assert adex["delayed_bursting"][0] > 50 and gaps["delayed_bursting"].max() > 7 * gaps["delayed_bursting"].min()
    assert len(adex["transient"]) == 1
    assert gaps["irregular"].std() / gaps["irregular"].mean() > 0.2


def test_adex_of_the_first_paper():
    model = am.models.adex(I_e="1000 pA")
    net = am.Network(dt="0.005 ms")
    net.population("P", 1, model)
    t = net.run("250 ms", precision="float64", progress=False).spikes["P"].times
    np.testing.assert_allclose(t, reference(model, 250.0), atol=0.1)


# spikes in 1 s and last interval in ms, from a Heun scheme at 0.01 ms
IZHIKEVICH = {
    "RS": (23, 44.82),
    "IB": (34, 31.23),
    "CH": (87, None),
    "FS": (137, 7.36),
    "LTS": (78, 13.4),
    "RZ": (196, 5.14),
}


def test_izhikevich_types():
    net = am.Network(dt="0.01 ms")
    for name in IZHIKEVICH:
        model = am.models.izhikevich_type(name)(I_e="10 pA")
        b = float(model.parameters["b"].split()[0])
        net.population(name, 1, model, initial={"v": "-65 mV", "u": f"{-65 * b} mV/ms"})
    spikes = net.run("1 s", precision="float64", progress=False).spikes
    for name, (number, last) in IZHIKEVICH.items():
        t = spikes[name].times
        assert len(t) == pytest.approx(number, abs=1), name
        if last is not None:
            assert np.diff(t)[-1] == pytest.approx(last, rel=0.01), name


def test_eif_rates_are_those_of_the_quadrature():
    """Fourcaud-Trocme et al. 2003: f(I) for C 1, g_L 0.1, Delta 3.48 per cm2; the spike is at divergence, here at V_cut."""
    current = np.array([0.2, 0.3, 0.5, 1.0, 2.0]) * 200.0
    net = am.Network(dt="0.002 ms")
    net.population("P", 5, "eif", I_e=current * am.units.pA)
    trains = net.run("600 ms", precision="float64", progress=False).spikes["P"].trains()
    rates = [1e3 / np.diff(t)[-1] for t in trains]
    np.testing.assert_allclose(rates, [8.256, 17.545, 31.122, 57.723, 98.838], rtol=0.005)


def test_hodgkin_huxley_rates():
    net = am.Network(dt="0.01 ms")
    net.population("P", 3, "hodgkin_huxley", I_e=["7 uA/cm**2", "10 uA/cm**2", "20 uA/cm**2"])
    trains = net.run("1 s", precision="float64", progress=False).spikes["P"].trains()
    rates = [1e3 / np.diff(t)[-10:].mean() for t in trains]
    np.testing.assert_allclose(rates, [58.3, 68.3, 86.5], rtol=0.01)
