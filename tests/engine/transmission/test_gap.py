"""Gap junctions: nothing flows between equal voltages, what leaves one side arrives at the other, and the order is two."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

import amine as am

RUN = {"precision": "float64", "progress": False}
DRIVEN = {
    "lif": {"C": "20 pF", "I_e": "40 pA"},
    "adex": {"I_e": "800 pA"},
    "hodgkin_huxley": {"I_e": "10 uA/cm**2"},
}


def spikes(model: str, g: float, n: int = 50, dt: str = "0.1 ms") -> np.ndarray:
    """Number of spikes of identical neurons, all coupled to all."""
    net = am.Network(seed=1, dt=dt)
    P = net.population("P", n, model, **DRIVEN[model])
    if g:
        net.gap_junctions(P, P, conductance=f"{g} nS", p=1.0)
    return net.run("150 ms", progress=False).spikes["P"].counts()


@pytest.mark.parametrize("model", [m for m in DRIVEN if m in am.models.names("neuron")])
def test_equal_voltages_feel_no_coupling_at_any_conductance(model):
    alone = spikes(model, 0.0)
    assert alone[0] > 2
    for g in (0.1, 5.0, 20.0):
        np.testing.assert_array_equal(spikes(model, g), alone)


def passive(n: int, dt: float, capacitances: list[float], start: list[float], leak: str = "10 nS") -> am.Network:
    model = am.models.neuron(
        "passive", "dv/dt = (g_L*(E_L - v) + I)/C : mV\ninitial v = E_L", g_L=leak, E_L="-65 mV", C="100 pF"
    )
    net = am.Network(dt=f"{dt} ms")
    pF, mV = am.units.pF, am.units.mV
    P = net.population("P", n, model, C=np.array(capacitances) * pF, initial={"v": np.array(start) * mV})
    net.probe(P, "v", name="v")
    return net


def test_charge_is_conserved():
    C, start = [50.0, 200.0, 80.0], [-40.0, -70.0, -65.0]
    net = passive(3, 0.1, C, start, leak="0 nS")
    P = net.populations["P"]
    net.gap_junctions(P, P, conductance="8 nS", pairs=([0, 1, 0], [1, 2, 2]))
    v = net.run("20 ms", **RUN).probes["v"]["v"]
    np.testing.assert_allclose(v @ C, np.dot(C, start), rtol=1e-9)
    assert np.ptp(v[-1]) < 0.2 * np.ptp(v[0])


@pytest.mark.parametrize("g", [2.0, 40.0])
def test_order_against_the_matrix_exponential(g):
    """Five different cells in a ring with a chord."""
    C, start = np.array([50.0, 200.0, 80.0, 120.0, 90.0]), np.array([-40.0, -70.0, -65.0, -50.0, -75.0])
    i, j = [0, 1, 2, 3, 4, 0], [1, 2, 3, 4, 0, 2]
    L = np.zeros((5, 5))
    for a, b in zip(i, j, strict=True):
        L[a, b] += g
        L[b, a] += g
    L -= np.diag(L.sum(1) + 10.0)
    exact = expm(L / C[:, None] * 4.0) @ (start + 65.0) - 65.0
    errors = []
    for dt in (0.1, 0.05, 0.025):
        net = passive(5, dt, list(C), list(start))
        net.gap_junctions(net.populations["P"], net.populations["P"], conductance=f"{g} nS", pairs=(i, j))
        v = net.run("4.1 ms", **RUN).probes["v"]["v"]
        errors.append(np.abs(v[round(4.0 / dt)] - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 1e-3 and (orders > 1.8).all(), (errors, orders)


def test_trees_with_equal_voltages_feel_no_coupling():
    def trace(g: float, method: str) -> np.ndarray:
        net = am.Network(dt="0.05 ms")
        cell = am.models.cable(am.morphology.ball_and_stick(), {"*": ["leak"]}, method=method)
        P = net.population("P", 4, cell)
        net.stimulus(P.at("soma"), am.step("100 pA"))
        if g:
            net.gap_junctions(P.at("soma"), P.at("soma"), conductance=f"{g} nS", p=1.0)
        net.probe(P, "v", name="v")
        return net.run("20 ms", **RUN).probes["v"]["v"]

    for method in ("backward_euler", "crank_nicolson"):
        alone = trace(0.0, method)
        assert np.ptp(alone) > 1.0
        np.testing.assert_allclose(trace(50.0, method), alone, atol=1e-6)


def test_what_does_not_settle_is_said():
    net = am.Network(dt="1 ms")
    P = net.population("P", 300, "lif", C="1 pF", initial={"v": am.uniform("-80 mV", "-50 mV")})
    net.gap_junctions(P, P, conductance="1000 nS", pairs=(np.arange(299), np.arange(1, 300)))
    with pytest.raises(am.AmineError, match="Gap junctions: the voltages that they couple do not come to agree"):
        net.run("5 ms", progress=False)
