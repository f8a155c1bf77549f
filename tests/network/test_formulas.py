"""Values given as text: of a neuron's index and position, and of the two neurons of a synapse."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

PLACES = np.random.default_rng(1).uniform(0, 500, (120, 2))
um = am.units.um


def network(**more: object) -> am.Network:
    net = am.Network(seed=1)
    S = net.population("S", 60, "poisson", rate="5 Hz + 0.5 Hz*i", positions=PLACES[:60] * um)
    E = net.population(
        "E",
        120,
        "lif_cond",
        positions=PLACES * um,
        E_L="-65 mV + 2*mV*sin(x/(50 um))",
        initial={"v": "-65 mV + 5 mV*int(i % 2 == 0) + (y/n)*mV/um"},
    )
    net.synapses(S, E, receptor="AMPA", weight="2 nS*exp(-d/(100 um))", delay="0.2 ms + d/(300 um/ms)", p=0.3, name="p")
    net.synapses(
        E[10:100], E[50:], receptor="GABA_A", weight="1 nS*(1 + i/200) + 0.1 nS*int(j > 60)", indegree=5, name="in"
    )
    net.synapses(S, E, receptor="NMDA", weight="0.1 nS", p="0.8*exp(-(d/(120 um))**2/2)", name="near")
    net.synapses(S[:9], E[:9], receptor="NMDA", weight="0.1 nS*(1 + i)", connect="one_to_one", name="list")
    return net


def drawn(net: am.Network, name: str) -> tuple[np.ndarray, ...]:
    """Numbers of sources and targets, weights and delays (ms) of a projection."""
    found = net.loop(precision="float64").connections(name)
    return found["pre"], found["post"], found["weight"], found["delay"]


def test_parameters_and_initial_values():
    net = network()
    E, i = net.populations["E"], np.arange(120)
    np.testing.assert_allclose(E.parameters["E_L"].values, -65 + 2 * np.sin(PLACES[:, 0] / 50))
    np.testing.assert_allclose(E.initial["v"].values, -65 + 5 * (i % 2 == 0) + PLACES[:, 1] / 120)
    rates = net.populations["S"].parameters["rate"].values * 1e3
    np.testing.assert_allclose(rates if rates.max() < 100 else rates / 1e3, 5 + 0.5 * np.arange(60))


def test_weights_and_delays_of_drawn_synapses():
    net = network()
    d = np.sqrt(((PLACES[:60, None] - PLACES[None]) ** 2).sum(-1))
    pre, post, w, delay = drawn(net, "p")
    assert len(pre) > 1500
    np.testing.assert_allclose(w, 2 * np.exp(-d[pre, post] / 100), rtol=1e-6)
    np.testing.assert_allclose(delay, np.floor((0.2 + d[pre, post] / 300) / 0.1 + 0.5) * 0.1, atol=1e-6)
    pre, post, w, _ = drawn(net, "in")
    np.testing.assert_allclose(w, 1 + pre / 200 + 0.1 * (post > 60), rtol=1e-6)
    assert (np.bincount(post, minlength=120)[50:] == 5).all()
    pre, post, w, _ = drawn(net, "list")
    np.testing.assert_allclose(np.sort(w), 0.1 * (1 + np.arange(9)))
    pre, post, _, _ = drawn(net, "near")
    p = 0.8 * np.exp(-((d / 120) ** 2) / 2)
    assert abs(len(pre) - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum())
    near = d < 100
    assert abs(near[pre, post].sum() - p[near].sum()) < 4 * np.sqrt((p * (1 - p))[near].sum())


def test_threads_and_files_change_nothing(tmp_path):
    net = network()
    a, b = (net.run("30 ms", threads=k, progress=False) for k in (1, 2))
    net.save(tmp_path / "net.json")
    again = am.Network.load(tmp_path / "net.json")
    assert again == net
    c = again.run("30 ms", progress=False)
    for other in (b, c):
        assert other.spikes.hash() == a.spikes.hash()
    assert "exp(-d/(100 um))" in str(net.describe())


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"weight": "2 nS*exp(-d)"}, r"argument of exp\(\) has a dimension"),
        ({"weight": "2 ms*i"}, "wrong dimension"),
        ({"weight": "2 nS*(i - 5)"}, "must not be negative|negative"),
        ({"weight": "2 nS*q*d/um"}, "'q' is not known"),
        ({"weight": "2 nS*log(d/um)"}, "no finite value"),
        ({"weight": "1 nS*z_pre/um"}, "'z_pre' has no value"),
        ({"weight": "1 nS*rand()*d/um"}, "random numbers"),
        ({"p": "2*exp(-d/(100 um))"}, "leaves 0..1"),
        ({"delay": "d/(300 um/ms)"}, "must be positive"),
        ({"delay": "0.01 ms + d/(300 um/ms)"}, "shorter than the time step"),
    ],
)
def test_what_is_refused(given, problem):
    net = network()
    with pytest.raises(am.AmineError, match=problem) as e:
        net.synapses("S", "E", **({"receptor": "AMPA", "weight": "1 nS", "p": 0.1, "name": "x"} | given))
    assert "\n" not in str(e.value)


def test_formulas_of_neurons_that_are_refused():
    net = am.Network()
    for values, problem in (
        ({"tau_m": "10 ms*x/um"}, "'x' has no value"),
        ({"tau_m": "10 ms - 1 ms*i"}, "positive"),
        ({"tau_m": "10 mV + i*1 mV"}, "wrong dimension"),
    ):
        with pytest.raises(am.AmineError, match=problem):
            net.population("P", 20, "lif", **values)


def test_places_of_one_side_are_enough_where_no_distance_is_read():
    net = am.Network(seed=1)
    S = net.population("S", 60, "poisson", rate="5 Hz")
    E = net.population("E", 120, "lif_cond", positions=PLACES * um)
    net.synapses(S, E, receptor="AMPA", weight="1 nS*x_post/um", p="0.5*int(y_post > 250 um)", name="one side")
    pre, post, w, _ = drawn(net, "one side")
    assert len(pre) > 500 and (PLACES[post, 1] > 250).all()
    np.testing.assert_allclose(w, PLACES[post, 0], rtol=1e-6)
    for text in ("1 nS*d/um", "1 nS*x_pre/um"):
        with pytest.raises(am.AmineError, match="has no value"):
            net.synapses(S, E, receptor="AMPA", weight=text, p=0.1, name="none")
