"""The engine against analytic solutions."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

RUN = {"progress": False, "precision": "float64"}


def test_lif_frequency_is_that_of_the_formula():
    """f = 1/(t_ref + tau ln((V_inf - V_r)/(V_inf - V_th))); spikes lie on the grid, so an interval is at most a step too long."""
    currents = np.array([210.0, 250.0, 300.0, 500.0, 1000.0])
    cell = {"C": "200 pF", "tau_m": "20 ms", "E_L": "-70 mV", "V_th": "-50 mV", "V_r": "-60 mV", "t_ref": "2 ms"}
    net = am.Network(dt="0.001 ms")
    net.population("P", 5, "lif", I_e=currents * am.units.pA, **cell)
    trains = net.run("400 ms", **RUN).spikes["P"].trains()
    v = -70.0 + currents * 0.1
    expected = 1e3 / (2.0 + 20.0 * np.log((v + 60.0) / (v + 50.0)))
    measured = np.array([1e3 / np.diff(t).mean() for t in trains])
    np.testing.assert_allclose(measured, expected, rtol=1e-3)


KERNELS = {
    "exponential": (dict(tau="5 ms"), "g", lambda t: np.exp(-t / 5.0)),
    "exponential_current": (dict(tau="3 ms"), "i", lambda t: np.exp(-t / 3.0)),
    "dual_exponential": (
        dict(tau_rise="1 ms", tau_decay="6 ms"),
        "g",
        lambda t: (np.exp(-t / 6.0) - np.exp(-t / 1.0)) / 5.0,
    ),
    "nmda": (
        dict(tau_rise="2 ms", tau_decay="100 ms"),
        "g",
        lambda t: 2.0 * (np.exp(-t / 100.0) - np.exp(-t / 2.0)) / 98.0,
    ),
    "alpha": (dict(tau="2 ms"), "g", lambda t: t / 2.0 * np.exp(-t / 2.0)),
}


@pytest.mark.parametrize("name", KERNELS)
def test_receptor_filters_are_exact(name):
    parameters, state, form = KERNELS[name]
    net = am.Network(dt="0.1 ms")
    source = net.population("S", 1, "spike_list", times=np.array([1.0, 8.3]) * am.units.ms, indices=np.array([0, 0]))
    model = am.models.get(name)(**parameters)
    target = net.population("T", 1, "lif", receptors={"r": model})
    net.synapses(source, target, receptor="r", weight=f"2 {model.weight_unit}", delay="1.5 ms", connect="one_to_one")
    probe = net.probe(target, f"{state}_r")
    data = net.run("60 ms", **RUN).probes[probe.name]
    t = data.times
    expected = sum(np.where(t > s + 1e-6, 2.0 * form(np.maximum(t - s, 0.0)), 0.0) for s in (2.5, 9.8))
    np.testing.assert_allclose(data[f"{state}_r"][:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("name", ["dual_exponential_current", "alpha_current"])
def test_the_weight_is_the_peak(name):
    """A neuron that barely leaks integrates the current: what it gains in a step is the current's mean."""
    net = am.Network(dt="0.01 ms")
    source = net.population("S", 1, "spike_list", times=np.array([1.0]) * am.units.ms, indices=np.array([0]))
    target = net.population("T", 1, "lif", C="1 pF", tau_m="1e9 ms", V_th="1e6 mV", E_L="0 mV", receptors={"r": name})
    net.synapses(source, target, receptor="r", weight="10 pA", connect="one_to_one")
    probe = net.probe(target, "v")
    v = net.run("30 ms", **RUN).probes[probe.name]["v"][:, 0]
    assert np.max(np.diff(v)) / 0.01 == pytest.approx(10.0, rel=1e-4)


def test_exactly_integrated_neuron_follows_its_closed_form():
    """Membrane and exponential current: v(t) of Rotter & Diesmann 1999, to rounding at any step."""
    net = am.Network(dt="0.5 ms")
    source = net.population("S", 1, "spike_list", times=np.array([5.0]) * am.units.ms, indices=np.array([0]))
    target = net.population("T", 1, "lif", receptors={"r": am.models.exponential_current(tau="2 ms")})
    net.synapses(source, target, receptor="r", weight="100 pA", delay="0.5 ms", connect="one_to_one")
    probe = net.probe(target, "v")
    data = net.run("80 ms", **RUN).probes[probe.name]
    t = np.maximum(data.times - 5.5, 0.0)
    expected = -65.0 + 100.0 / 250.0 / (1 / 2.0 - 1 / 10.0) * (np.exp(-t / 10.0) - np.exp(-t / 2.0))
    np.testing.assert_allclose(data["v"][:, 0], expected, atol=1e-11)


@pytest.mark.parametrize(
    "parameters", [dict(U=0.5, tau_rec="800 ms", tau_facil="1 ms"), dict(U=0.1, tau_rec="100 ms", tau_facil="1000 ms")]
)
def test_tsodyks_markram_steady_state(parameters):
    """Amplitudes at a constant rate against the fixed point of the map from spike to spike (Tsodyks et al. 1998)."""
    period, w = 50.0, 10.0
    net = am.Network(dt="0.1 ms")
    times = period * np.arange(1, 101)
    source = net.population("S", 1, "spike_list", times=times * am.units.ms, indices=np.zeros(100, int))
    target = net.population("T", 1, "lif", receptors={"r": am.models.exponential_current(tau="1 ms")})
    net.synapses(
        source,
        target,
        receptor="r",
        weight=f"{w} pA",
        release=am.models.tsodyks_markram(**parameters),
        connect="one_to_one",
    )
    probe = net.probe(target, "i_r")
    data = net.run("5010 ms", **RUN).probes[probe.name]
    i = data["i_r"][:, 0]
    jumps = i[1:] - i[:-1] * np.exp(-0.1)
    last = jumps[np.searchsorted(data.times, 5000.1 - 1e-6)] / np.exp(-0.1)
    U, rec, fac = parameters["U"], float(parameters["tau_rec"].split()[0]), float(parameters["tau_facil"].split()[0])
    f, r = np.exp(-period / fac), np.exp(-period / rec)
    u = U / (1 - (1 - U) * f)
    x = (1 - r) / (1 - (1 - u) * r)
    assert last == pytest.approx(w * u * x, rel=1e-6)


@pytest.mark.parametrize("g", [0.5, 10.0, 1000.0])
def test_gap_junction_coupling_coefficient(g):
    """Steady state of a passive pair: dv2/dv1 = g/(g + g_L), however strong the junction is against the leak."""
    net = am.Network(dt="0.1 ms")
    P = net.population(
        "P", 2, "lif", C="200 pF", tau_m="20 ms", V_th="1000 mV", I_e=np.array([50.0, 0.0]) * am.units.pA
    )
    net.gap_junctions(P, P, conductance=f"{g} nS", pairs=([0], [1]))
    probe = net.probe(P, "v")
    v = net.run("600 ms", **RUN).probes[probe.name]["v"][-1] + 65.0
    assert v[1] / v[0] == pytest.approx(g / (g + 10.0), rel=1e-8)
    assert v.sum() == pytest.approx(50.0 / 10.0, rel=1e-6)


def test_gap_junction_transient_against_the_matrix_exponential():
    """Second order in the step: the pair's difference relaxes with g_L + 2 g."""
    errors = []
    for dt in (0.2, 0.1):
        net = am.Network(dt=f"{dt} ms")
        P = net.population(
            "P",
            2,
            "lif",
            C="200 pF",
            tau_m="20 ms",
            V_th="1000 mV",
            initial={"v": np.array([-55.0, -65.0]) * am.units.mV},
        )
        net.gap_junctions(P, P, conductance="40 nS", pairs=([0], [1]))
        probe = net.probe(P, "v")
        data = net.run("10 ms", **RUN).probes[probe.name]
        expected = 10.0 * np.exp(-data.times * (10.0 + 80.0) / 200.0)
        errors.append(np.max(np.abs(np.diff(data["v"], axis=1)[:, 0] + expected)))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.2)


def test_white_noise_gives_the_variance_of_ornstein_and_uhlenbeck():
    sigma, tau = 3.0, 10.0
    model = am.models.neuron(
        "ou_neuron",
        "dv/dt = (mu - v)/tau + sigma*sqrt(2/tau)*xi : mV\ninitial v = mu",
        mu="-60 mV",
        sigma="3 mV",
        tau="10 ms",
    )
    assert model.integrators == {"v": "exact"}
    net = am.Network(seed=3, dt="1 ms")
    P = net.population("P", 2000, model)
    probe = net.probe(P, "v", every="10 ms")
    v = net.run("300 ms", **RUN).probes[probe.name]["v"][10:] + 60.0
    n = v.size / 3  # samples a time constant apart are nearly independent
    assert v.var() == pytest.approx(sigma**2, abs=4 * sigma**2 * np.sqrt(2 / n))
    assert (v[1:] * v[:-1]).mean() / v.var() == pytest.approx(np.exp(-10.0 / tau), abs=0.02)
    assert abs(v.mean()) < 5 * sigma / np.sqrt(n / 2)


def test_noise_that_grows_with_the_voltage_has_the_moments_of_ito():
    """dv = -v/tau dt + s v dW: E v = v0 exp(-t/tau), E v^2 = v0^2 exp((s^2 - 2/tau) t) (geometric Brownian motion)."""
    model = am.models.neuron(
        "geometric", "dv/dt = -v/tau + s*v*xi : mV\ninitial v = 10*mV", tau="10 ms", s="0.2 1/ms**0.5"
    )
    net = am.Network(seed=1, dt="0.05 ms")
    P = net.population("P", 20_000, model)
    probe = net.probe(P, "v", every="5 ms")
    data = net.run("10.05 ms", **RUN).probes[probe.name]
    v, t = data["v"], data.times
    np.testing.assert_allclose(v.mean(1), 10.0 * np.exp(-t / 10.0), rtol=0.03)
    np.testing.assert_allclose((v**2).mean(1), 100.0 * np.exp((0.04 - 0.2) * t), rtol=0.06)


def test_euler_maruyama_has_the_stationary_law_of_a_double_well():
    """dx = (x - x^3)/tau dt + sigma dW is distributed as exp(-2 U/(sigma^2 tau)) with U = x^4/4 - x^2/2 (Fokker and Planck)."""
    equations = "dv/dt = (v - v*v*v/mV/mV)/tau + sigma*xi : mV\ninitial v = 0*mV"
    model = am.models.neuron("well", equations, tau="1 ms", sigma="1 mV/ms**0.5")
    assert model.integrators == {"v": "euler_maruyama"}
    net = am.Network(seed=2, dt="0.01 ms")
    P = net.population("P", 4000, model)
    probe = net.probe(P, "v", every="4 ms")
    v = net.run("40.01 ms", **RUN).probes[probe.name]["v"][3:]
    x = np.linspace(-4, 4, 4001)
    law = np.exp(-2 * (x**4 / 4 - x**2 / 2))
    law /= law.sum()
    for power in (2, 4):
        assert (v**power).mean() == pytest.approx((x**power * law).sum(), rel=0.03)
    assert abs(v.mean()) < 0.05


@pytest.mark.parametrize("n", [1, 20, 400])
def test_poisson_input_has_its_mean_and_variance(n):
    """Shot noise of a current filter (Campbell): mean = w tau rate, variance = w^2 tau rate/2."""
    net = am.Network(seed=4, dt="0.1 ms")
    P = net.population("P", 4000, "lif", V_th="1e6 mV", receptors={"r": am.models.exponential_current(tau="5 ms")})
    net.poisson(P, rate="50 Hz", receptor="r", weight="2 pA", n=n)
    probe = net.probe(P, "i_r", every="25 ms")
    i = net.run("500 ms", **RUN).probes[probe.name]["i_r"][2:]
    rate, decay = 0.05 * n * 0.1, np.exp(-0.1 / 5.0)
    mean, var = 2.0 * rate * decay / (1 - decay), 4.0 * rate * decay**2 / (1 - decay**2)
    assert i.mean() == pytest.approx(mean, abs=5 * np.sqrt(var / i.size * 1.1))
    assert i.var() == pytest.approx(var, rel=0.05)


def test_poisson_source_fires_at_its_rate():
    net = am.Network(seed=5)
    net.population("S", 1000, "poisson", rate="40 Hz")
    counts = net.run("2 s", **RUN).spikes["S"].counts()
    assert counts.mean() == pytest.approx(80.0, abs=5 * np.sqrt(80 / 1000))
    assert counts.var() == pytest.approx(80.0, rel=0.2)


def test_refractory_time_is_held_and_delta_spikes_in_it_are_lost():
    net = am.Network(dt="0.1 ms")
    source = net.population(
        "S", 2, "spike_list", times=np.array([1.0, 2.0, 4.0]) * am.units.ms, indices=np.array([0, 0, 0])
    )
    P = net.population("P", 1, "lif", E_L="-65 mV", V_r="-65 mV", V_th="-50 mV", t_ref="2 ms")
    net.synapses(source, P, receptor="delta", weight="20 mV", p=1.0)
    probe = net.probe(P, "v")
    run = net.run("6 ms", **RUN)
    np.testing.assert_allclose(run.spikes["P"].times, [1.1, 4.1])
    v, t = run.probes[probe.name]["v"][:, 0], run.probes[probe.name].times
    np.testing.assert_allclose(v[(t > 1.05) & (t < 3.15)], -65.0)
