"""Quantal release and release of each synapse against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.models import quantal, tsodyks_markram

N = 20_000


def amounts(release, times, detail="receptor", seed=3):
    """What N targets with one synapse each got at each spike, in quanta."""
    net = am.Network(seed=seed)
    many = N if detail == "kinetic" else 10
    S = net.population(
        "S",
        many,
        "spike_list",
        times=np.repeat(times, many) * am.units.ms,
        indices=np.tile(np.arange(many), len(times)),
    )
    filter = am.models.exponential(tau="0.5 ms")
    P = net.population("P", N, "lif_cond", V_th="1e6 mV", receptors={"x": filter if detail == "receptor" else FAST})
    rule = {"connect": "one_to_one"} if detail == "kinetic" else {"indegree": 1}
    net.synapses(S, P, receptors={"x": "1 nS"}, release=release, detail=detail, **rule)
    probe = net.probe(P, "g_x")
    data = net.run(f"{times[-1] + 2:g} ms", progress=False).probes[probe.name]
    t, g = data.times, np.asarray(data["g_x"])
    if detail == "kinetic":
        return [g[np.searchsorted(t, x + 1.1 - 1e-6)] / g.max() * np.round(g.max() / OPEN) for x in times]
    at = [np.searchsorted(t, x + 0.2 - 1e-6) for x in times]
    return [(g[i] - g[i - 1] * np.exp(-0.2)) / np.exp(-0.2) for i in at]


FAST = am.models.scheme("fast_scheme", "C <-> O: a*T, b\nopen O", a="20 1/mM/ms", b="2 1/ms", E_rev="0 mV")
OPEN = 20 / 22 * (1 - np.exp(-22.0))


@pytest.mark.parametrize("detail", ["receptor", "kinetic"])
def test_mean_variance_and_failures(detail):
    """n p, n p (1 - p) and (1 - p)^n, within 4 standard errors."""
    (k,) = amounts(quantal(n=5, p=0.4), [2.0], detail)
    assert k.mean() == pytest.approx(2.0, abs=4 * np.sqrt(1.2 / N))
    assert k.var() == pytest.approx(1.2, abs=4 * 1.2 * np.sqrt(2 / N))
    failures = (k < 0.5).mean()
    assert failures == pytest.approx(0.07776, abs=4 * np.sqrt(0.07776 * 0.92 / N))


def test_size_of_quanta_varies():
    """n q^2 p (1 - p) + n p q^2 cv^2; the parabola of variance and mean without it."""
    (k,) = amounts(quantal(n=5, p=0.4, cv=0.3), [2.0])
    assert k.mean() == pytest.approx(2.0, abs=4 * np.sqrt(1.38 / N))
    assert k.var() == pytest.approx(1.2 + 2 * 0.09, rel=0.06)
    for p in (0.1, 0.5, 0.9):
        (k,) = amounts(quantal(n=5, p=p), [2.0])
        assert k.var() == pytest.approx(k.mean() - k.mean() ** 2 / 5, rel=0.06)


@pytest.mark.parametrize("detail", ["receptor", "kinetic"])
def test_depletion_of_sites_has_the_mean_of_tsodyks_and_markram(detail):
    """Depressing set U 0.5, 800 ms: five amplitudes at 20 Hz .5, .2651, .1548, .1030, .0787 (a share of all sites)."""
    times = 2.0 + 50.0 * np.arange(5)
    found = amounts(quantal(n=4, p=0.5, tau_rec="800 ms"), list(times), detail)
    for k, expected in zip(found, [0.5, 0.2651, 0.1548, 0.1030, 0.0787], strict=True):
        assert k.mean() / 4 == pytest.approx(
            expected, abs=4 * np.sqrt(expected / (4 * N)) + 2e-3 * (detail == "kinetic")
        )


def test_paired_pulses_facilitate():
    """U 0.03, 130 ms, 530 ms at 20 Hz: .03, .0553, .0757 (Markram et al. 1998)."""
    release = quantal(n=50, p=0.03, tau_rec="130 ms", tau_facil="530 ms")
    found = amounts(release, [2.0, 52.0, 102.0])
    for k, expected in zip(found, [0.03, 0.0553, 0.0757], strict=True):
        assert k.mean() / 50 == pytest.approx(expected, abs=4 * np.sqrt(expected / (50 * N)) + 5e-5)


def test_synapses_release_independently():
    """Targets of one neuron: no correlation at the level receptor; all share the draw at the level kinetic."""
    a, b = amounts(quantal(n=1, p=0.5), [2.0, 52.0])
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(N)
    net = am.Network(seed=1)
    S = net.population("S", 400, "spike_list", times=np.full(400, 2.0) * am.units.ms, indices=np.arange(400))
    P = net.population("P", 2, "lif_cond", V_th="1e6 mV", receptors={"x": FAST})
    net.synapses(
        S, P[:1] + P[1:], receptors={"x": "1 nS"}, connect="all_to_all", detail="kinetic", release=quantal(n=1, p=0.5)
    )
    probe = net.probe(P, "g_x")
    g = net.run("4 ms", progress=False).probes[probe.name]["g_x"].max(0)
    assert g[0] == pytest.approx(g[1], rel=1e-5) and g[0] / OPEN == pytest.approx(200, abs=50)


def test_parameters_that_differ_between_synapses():
    """Each synapse has its own U: first and second amplitude fit the map from spike to spike, one by one."""
    release = tsodyks_markram(U=am.uniform("0.2", "0.6"), tau_rec="800 ms", tau_facil="1 ms")
    first, second = amounts(release, [2.0, 52.0])
    assert first.mean() == pytest.approx(0.4, abs=4 * 0.1155 / np.sqrt(N)) and first.min() < 0.21 < 0.59 < first.max()
    np.testing.assert_allclose(second, first * (1 - first * np.exp(-50 / 800)), atol=1e-5)


BAD = {
    "sites": (dict(release=quantal(n=2.5)), "number of sites is out of range"),
    "size": (dict(release=quantal(cv=0.3), detail="kinetic"), "separate cleft"),
    "detail": (dict(detail="kinetik"), "did you mean 'kinetic'"),
    "transmitter": (dict(transmitter="GABA"), "receptor 'AMPA' does not answer to GABA"),
    "unknown transmitter": (dict(transmitter="glutamat"), "did you mean"),
    "no scheme": (dict(receptors={"exc": "1 nS"}, detail="kinetic"), "no kinetic scheme is known"),
    "two levels": (dict(receptors={"GABA_A": "1 nS"}, detail="kinetic"), "in use at the level receptor already"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    changes, words = BAD[case]
    net = am.Network()
    P = net.population("P", 10, "lif_cond")
    net.synapses(P, P, receptors={"GABA_A": "1 nS"}, p=0.1)
    before = net.to_dict()
    with pytest.raises(am.AmineError, match=words) as e:
        net.synapses(P, P, **{"receptors": {"AMPA": "1 nS"}, "p": 0.1, **changes})
    assert "\n" not in str(e.value) and net.to_dict() == before


def test_a_scheme_is_no_filter():
    net = am.Network()
    P = net.population("P", 10, "lif_cond", receptors={"x": "AMPA_two_state", "y": "exponential"})
    for label, detail, words in (
        ("x", "receptor", "is a kinetic scheme"),
        ("y", "kinetic", "filter without a kinetic scheme"),
    ):
        with pytest.raises(am.AmineError, match=words):
            net.synapses(P, P, receptors={label: "1 nS"}, p=0.1, detail=detail)


@pytest.mark.parametrize("weight", ["2 nS", 'uniform("1 nS", "3 nS")'])
def test_minis_are_poisson_at_each_synapse(weight):
    """Shot noise (Campbell) of 40 synapses at 5 Hz: mean and variance, for one weight and for weights that differ."""
    net = am.Network(seed=2)
    S = net.population("S", 40, "poisson", rate="0 Hz")
    P = net.population("P", 1500, "lif_cond", V_th="1e6 mV", receptors={"x": am.models.exponential(tau="5 ms")})
    release = quantal(n=1, p=0.5, cv=0.3)
    net.synapses(S, P, receptors={"x": weight}, connect="all_to_all", minis="5 Hz", release=release)
    probe = net.probe(P, "g_x", every="25 ms")
    g = np.asarray(net.run("400 ms", progress=False).probes[probe.name]["g_x"])[3:]
    rate, decay = 40 * 5e-3 * 0.1, np.exp(-0.1 / 5.0)
    second = (4.0 if weight == "2 nS" else 4.0 + 4.0 / 12) * (1 + 0.09)
    mean, var = 2.0 * rate * decay / (1 - decay), second * rate * decay**2 / (1 - decay**2)
    assert g.mean() == pytest.approx(mean, abs=5 * np.sqrt(var / g.size))
    spread = (
        0.0 if weight == "2 nS" else (rate * decay / (1 - decay)) ** 2 * (4.0 / 12) / 40
    )  # of the targets' mean weights
    assert g.var() == pytest.approx(var + spread, rel=0.06)
    twice = net.run("400 ms", threads=3, chunk="7.7 ms", progress=False)
    assert np.array_equal(np.asarray(twice.probes[probe.name]["g_x"])[3:], g)
    assert am.Network.from_dict(net.to_dict()) == net and "minis 5 Hz" in net.describe()


def test_an_autoreceptor_lowers_release():
    """mGluR2/3 on its own terminal, driven by what it released: fewer quanta at high rates, as many at low ones."""
    release = am.models.autoreceptor(U=0.5, tau_rec="1 ms", maximum=0.8, K=0.5, tau_T="200 ms")
    slow = amounts(release, [2.0, 2002.0])
    fast = amounts(release, [2.0, 22.0, 42.0])
    assert slow[1].mean() == pytest.approx(slow[0].mean(), rel=1e-3)
    assert fast[0].mean() == pytest.approx(0.5, rel=1e-4) and fast[2].mean() < fast[1].mean() < 0.4


def test_adenosine_lowers_release_through_its_field():
    """A1 receptors: release falls by the maximum times the Hill occupancy of the field (Kimura et al. 2003: 40 percent, 12 uM)."""
    found = []
    for tonic in ("0 uM", "1000 uM"):
        net = am.Network(seed=1)
        S = net.population("S", 200, "spike_list", times=np.full(200, 500.0) * am.units.ms, indices=np.arange(200))
        P = net.population("P", 200, "lif_cond", V_th="1e6 mV", receptors={"x": am.models.exponential(tau="50 ms")})
        net.synapses(S, P, receptors={"x": "1 nS"}, connect="one_to_one", release=quantal(n=40, p=0.5))
        field = net.field("adenosine", tonic=tonic, removal="1 1/s")
        net.modulate(S, by=field, receptor="A1", acts_on="release.p", maximum=0.6)
        probe = net.probe(P, "g_x")
        found.append(float(net.run("501 ms", progress=False).probes[probe.name]["g_x"][-1].mean()))
    assert found[1] / found[0] == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("release", [lambda: am.models.quantal(n=5, p=1.4), lambda: am.models.tsodyks_markram(U=1.5)])
def test_no_more_than_all_is_released(release):
    net = am.Network()
    P = net.population("P", 10, "lif_cond")
    with pytest.raises(am.AmineError, match=r"the value is above 1 \(given 1\.[45], expected 0\.\.1\)"):
        net.synapses(P, P, receptors={"AMPA": "1 nS"}, p=0.2, release=release())
    assert not net.projections
