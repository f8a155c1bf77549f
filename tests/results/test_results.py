"""Spikes, statistics, stores and exports."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.results.spikes import Spikes
from amine.results.statistics import correlations, fano, isi_cv

POPULATIONS = (("E", 0, 60), ("I", 60, 20))


def poisson(rate: float = 20.0, duration: float = 4000.0, seed: int = 1) -> Spikes:
    rng = np.random.default_rng(seed)
    hits = rng.random((int(duration * 10), 80)) < rate * 1e-4
    steps, ids = np.nonzero(hits)
    return Spikes(steps + 1, ids, 0.1, POPULATIONS, duration)


def test_selection():
    s = poisson()
    net = am.Network()
    E = net.population("E", 60)
    assert list(s) == ["E", "I"] and len(s["E"]) + len(s["I"]) == len(s) == sum(s.counts().values())
    part = s[E[10:30:5]]
    assert part.n == 4 and set(part.indices) == {0, 1, 2, 3}
    np.testing.assert_array_equal(part.times[part.indices == 1], s["E"].times[s["E"].indices == 15])
    assert s["I"].rates().mean() == pytest.approx(20, abs=1) and s.rates()["I"] == pytest.approx(s["I"].rates().mean())
    assert sum(len(t) for t in s["E"].trains()) == len(s["E"])
    with pytest.raises(am.AmineError, match="population 'X' are recorded"):
        s["X"]
    assert s.hash() == poisson().hash() != poisson(seed=2).hash()


def test_statistics_of_poisson_and_of_clocks():
    t = poisson()["E"]
    assert isi_cv(t).mean() == pytest.approx(1.0, abs=0.05)
    assert fano(t) == pytest.approx(1.0, abs=0.12)
    assert abs(correlations(t).mean()) < 0.01
    steps = np.repeat(np.arange(100, 40_000, 100), 80)
    clock = Spikes(steps, np.tile(np.arange(80), 399), 0.1, POPULATIONS, 4000.0)["E"]
    assert isi_cv(clock).max() < 1e-9
    assert correlations(clock, bin_ms=5.0).mean() == pytest.approx(1.0)


def test_statistics_agree_with_elephant():
    elephant = pytest.importorskip("elephant")
    import neo
    import quantities as pq
    from elephant import conversion, spike_train_correlation, statistics

    drawn = poisson(duration=2000.0)["E"]
    steps, ids = np.rint(drawn.times * 10).astype(int), drawn.indices
    steps -= steps % 50 == 0  # off the edges of bins, where the two may round differently
    t = Spikes(steps[ids < 12], ids[ids < 12], 0.1, (("E", 0, 12),), 2000.0)["E"]
    trains = [neo.SpikeTrain(x * pq.ms, t_stop=2000 * pq.ms) for x in t.trains()]
    np.testing.assert_allclose(isi_cv(t), [statistics.cv(statistics.isi(x)) for x in trains], rtol=1e-9)
    binned = conversion.BinnedSpikeTrain(trains, bin_size=5 * pq.ms)
    theirs = spike_train_correlation.correlation_coefficient(binned)[np.triu_indices(12, 1)]
    np.testing.assert_allclose(correlations(t), theirs, rtol=1e-9, atol=1e-12)
    assert elephant is not None


@pytest.fixture(scope="module")
def run():
    net = am.Network(seed=1, name="small")
    P = net.population("P", 30, "lif", I_e="normal('400 pA', '30 pA')")
    net.probe(P[:3], "v", name="membrane", every="0.5 ms")
    return net.run("200 ms", progress=False)


def test_save_and_open(run, tmp_path):
    run.save(tmp_path / "run.zarr")
    again = am.results.open(tmp_path / "run.zarr")
    assert again.spikes.hash() == run.spikes.hash() and again.network == run.network and again.seconds == run.seconds
    np.testing.assert_array_equal(np.asarray(again.probes["membrane"]["v"]), run.probes["membrane"]["v"])
    assert again.summary() == run.summary() and "200 ms" in run.summary()


def test_exports(run):
    data = run.to_xarray()
    assert (
        data["membrane.v"].shape == (400, 3)
        and data["membrane.v"].attrs["units"] == "mV"
        and data.sizes["spike"] == len(run.spikes)
    )
    block = run.to_neo()
    assert len(block.segments[0].spiketrains) == 30 and block.segments[0].analogsignals[0].shape == (400, 3)
    np.testing.assert_allclose(
        np.sort(np.concatenate([t.magnitude for t in block.segments[0].spiketrains])), np.sort(run.spikes.times)
    )


def test_statistics_and_json(run):
    import json

    s = run.statistics(start=50.0)["P"]
    assert s["neurons"] == 30 and s["rate"] > 1 and s["cv"] < 0.1
    data = json.loads(json.dumps(run.to_json()))
    assert (
        data["spikes"] == {"P": len(run.spikes)}
        and data["spike_hash"] == run.spikes.hash()
        and set(data["seconds"]) >= {"build", "compile", "simulate"}
    )
    with pytest.raises(am.AmineError, match="was not recorded"):
        run.traces("w")
    with pytest.raises(am.AmineError, match="was not recorded"):
        run.probes["membrane"]["w"]


@pytest.mark.parametrize("start", [100.0, 1e9, -1.0, float("nan")])
@pytest.mark.parametrize("asked", ["statistics", "rates", "irregularity", "correlation", "spikes.rates", "report"])
def test_a_start_that_leaves_no_time_is_refused(asked, start, tmp_path):
    net = am.Network(seed=1)
    net.population("P", 3, "poisson", rate="50 Hz")
    run = net.run("100 ms", progress=False)
    of = run.spikes if asked == "spikes.rates" else run
    given = (tmp_path / "report.html",) if asked == "report" else ()
    with pytest.raises(am.AmineError, match="start"):
        getattr(of, asked.removeprefix("spikes."))(*given, start=start)
