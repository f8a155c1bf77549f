"""Extracellular potentials: line sources against their integral, whole cells against sums of their currents, the far field, and the proxy of points."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.network.extracellular import membrane_currents, transfer

um = am.units.um


def test_a_line_source_is_the_integral_of_point_sources():
    """And the closed form of Holt and Koch (1999), equation 3, for an electrode beside the line."""
    cell = am.morphology.cylinder("100 um", "2 um", segments=1).compartments()
    (a, b) = cell.ends()[0]
    assert np.allclose(np.linalg.norm(b - a), 100)
    rng = np.random.default_rng(1)
    e = (a + b) / 2 + rng.uniform(-120, 120, (40, 3))
    found = transfer(cell, e, 0.3, "line")[:, 0]
    s = (np.arange(200_000) + 0.5) / 200_000
    u = (b - a) / 100
    for k, x in enumerate(e):
        r = np.linalg.norm((x - a) - ((x - a) @ u) * u)
        if r > 1.5:
            points = a + s[:, None] * (b - a)
            assert found[k] == pytest.approx(
                (1 / np.linalg.norm(x - points, axis=1)).mean() / (4 * np.pi * 0.3), rel=1e-5
            )
            h, l = (x - b) @ u, (x - a) @ u  # from both ends along the line
            holt = np.log(abs((np.hypot(l, r) + l) / (np.hypot(h, r) + h))) / (4 * np.pi * 0.3 * 100)
            assert found[k] == pytest.approx(holt, rel=1e-6)


def test_far_away_lines_are_points_and_distances_are_at_least_the_radius():
    cell = am.morphology.ball_and_stick(segments=7).compartments()
    far = np.array([[0.0, 1e5, 2e5], [3e5, 0.0, 0.0]])
    assert np.allclose(transfer(cell, far, 0.3, "line"), transfer(cell, far, 0.3, "point"), rtol=1e-5)
    assert (
        np.isfinite(transfer(cell, cell.places, 0.3, "line")).all()
        and np.isfinite(transfer(cell, cell.places, 0.3, "point")).all()
    )


def network(**more):
    net = am.Network(seed=1)
    tree = am.models.cable(am.morphology.ball_and_stick(segments=9), {"*": ["leak"]})
    place = np.array([[0.0, 0, 0], [40, 10, 0], [-30, 0, 20]]) * um
    E = net.population("E", 3, tree, positions=place)
    P = net.population("P", 20, "poisson", rate="60 Hz")
    net.synapses(P, E.at("dendrite(0.9)"), receptor="AMPA", weight="1 nS", p=0.5)
    net.electrodes(E, [[30, 20, 0], [500, 0, 30]] * um, name="pair", every="0.2 ms", start="2 ms", **more)
    net.electrodes(E[1:], [[30.0, 20, 0]] * um, source="point", name="points")
    net.probe(E.at("*"), "v", name="v")
    return net


@pytest.fixture(scope="module")
def run():
    return network().run("12 ms", progress=False, precision="float64")


def test_potentials_are_those_of_the_membrane_currents(run):
    cell = run.network.populations["E"].model.cell
    v = np.stack([run.probes["v"][f"v@{i}"] for i in range(len(cell))], 2)  # samples, neurons, compartments
    model = run.network.populations["E"].model
    r_a = float(am.units.to_internal(model.parameters["R_a"], model.units["R_a"], ""))
    currents = v @ membrane_currents(cell, r_a).T
    assert np.abs(currents).max() > 5 and np.allclose(currents.sum(2), 0, atol=1e-9)  # pA; what flows in flows out
    moved = run.network.populations["E"].positions
    expected = sum(
        currents[:, k] @ transfer(cell, np.array([[30.0, 20, 0], [500, 0, 30]]) - moved[k], 0.3, "line").T
        for k in range(3)
    )
    pair = run.probes["pair"]
    assert pair.units == {"V_e": "uV"} and pair["V_e"].shape == (50, 2)
    assert np.allclose(pair["V_e"], expected[20::2], rtol=1e-9, atol=1e-12)
    points = sum(currents[:, k] @ transfer(cell, np.array([[30.0, 20, 0]]) - moved[k], 0.3, "point").T for k in (1, 2))
    assert np.allclose(run.probes["points"]["V_e"], points, rtol=1e-9, atol=1e-12)
    assert np.abs(pair["V_e"]).max() > 1e-3


def test_they_are_the_same_in_any_chunks_and_described(run):
    again = am.Network.from_dict(network().to_dict())
    assert again == network() and "2 electrodes beside E[0:3], line sources, 0.3 S/m" in again.describe()
    other = again.run("12 ms", progress=False, precision="float64", chunk="0.9 ms", threads=2)
    for name in ("pair", "points"):
        assert np.array_equal(other.probes[name]["V_e"], run.probes[name]["V_e"])
    half = network(conductivity="0.6 S/m").run("3 ms", progress=False, precision="float64").probes["pair"]["V_e"]
    assert np.allclose(half * 2, run.probes["pair"]["V_e"][: len(half)], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda n, E: n.electrodes(n.population("F", 2, "lif"), [[0, 0, 1]] * um),
            "points, whose currents sum to zero",
        ),
        (lambda n, E: n.electrodes(E, [[0, 0]] * um), "wrong shape"),
        (lambda n, E: n.electrodes(E, [[0, 0, 1]] * um, conductivity="-1 S/m"), "must be positive"),
        (lambda n, E: n.electrodes(E, [[0, 0, 1]] * um, source="disc"), "expected 'line' or 'point'"),
        (lambda n, E: n.electrodes(E, [[0, 0, 1]] * um, name="pair"), "the name is taken"),
    ],
)
def test_mistakes(call, message):
    net = network()
    with pytest.raises(am.AmineError, match=message):
        call(net, net.populations["E"])
    assert len(net.probes) == 3


def test_the_proxy_of_points_adds_currents_with_their_delay():
    net = am.Network(seed=1)
    E = net.population("E", 40, "lif_cond", I_e="300 pA")
    net.synapses(E, E, receptors={"AMPA": "1 nS", "GABA_A": "1 nS"}, p=0.2, delay="1 ms")
    net.probe(E, "I_AMPA", "I_GABA_A", reduce="sum", every="0.5 ms", name="sums")
    x = net.run("40 ms", progress=False).probes["sums"]
    found = am.results.lfp_proxy(x)
    a, g = x["I_AMPA"][:, 0].astype(float), x["I_GABA_A"][:, 0].astype(float)
    assert np.allclose(found[12:], a[:-12] - 1.65 * g[12:]) and np.ptp(found) > 0
    assert np.allclose(am.results.lfp_proxy(x, ["I_AMPA", "I_AMPA"], delay="0 ms", ratio=0), 2 * a)
    with pytest.raises(am.AmineError, match="not a multiple of the interval"):
        am.results.lfp_proxy(x, delay="0.7 ms")
    with pytest.raises(am.AmineError, match="was not recorded"):
        am.results.lfp_proxy(x, "I_NMDA")
