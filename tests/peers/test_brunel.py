"""The four regimes of Brunel 2000: rate and irregularity against mean field, published simulations and NEST."""

from __future__ import annotations

import numpy as np
import pytest
from _spike_statistics import irregularity, rates

import amine as am

# g, nu_ext/nu_thr, rate and tolerance, range of CV: model A at the four points of the paper's figure 8. Rates: SR from
# mean field, the others from NEST (fact sheet, and runs of scripts/nest_brunel.py).
REGIMES = {
    "SR": (3.0, 2.0, 327.0, 0.10, (0.0, 0.1)),
    "SI_fast": (6.0, 4.0, 58.3, 0.10, (0.75, 0.95)),
    "AI": (5.0, 2.0, 37.5, 0.05, (0.37, 0.47)),
    "SI_slow": (4.5, 0.9, 6.0, 0.10, (0.48, 0.62)),
}
# the CV of the fast oscillation differs between draws of the network, in either simulator by 0.05 to 0.06 (standard deviation, four seeds)
SEEDS = {"SR": (1,), "SI_fast": (1, 2, 3, 4), "AI": (1,), "SI_slow": (1,)}


@pytest.fixture(scope="module")
def nest(peer) -> dict[str, dict[str, float]]:
    """Rate, CV and Fano factor of each regime in NEST."""
    names = [n for n in REGIMES for _ in SEEDS[n]]
    g, ratio = (np.array([REGIMES[n][k] for n in names]) for k in (0, 1))
    seeds = np.array([s for n in REGIMES for s in SEEDS[n]])
    found = peer("nest_brunel.py", g=g, ratio=ratio, threads=2, seeds=seeds, duration_ms=1200.0, from_ms=200.0)
    return {name: {k: float(v[np.array(names) == name].mean()) for k, v in found.items()} for name in REGIMES}


def ours(name: str) -> dict[str, float]:
    """The mean over seeds."""
    found = [once(name, seed) for seed in SEEDS[name]]
    return {k: float(np.mean([f[k] for f in found])) for k in found[0]}


def once(name: str, seed: int) -> dict[str, float]:
    """Rate, CV and Fano factor (1 ms bins) of the first 1000 excitatory neurons between 200 and 1200 ms."""
    net = am.circuits.brunel(name, seed=seed)
    run = net.run("1200 ms", threads=2, progress=False)
    train = run.spikes[run.spikes.populations[0][0]]
    times, ids = np.asarray(train.times), np.asarray(train.indices)
    times, ids = times[ids < 1000], ids[ids < 1000]
    rate = rates(times, ids, 1000, 200.0, 1200.0).mean()
    cv = irregularity(times, ids, 1000, 200.0)
    bins = np.histogram(times, np.arange(200.0, 1200.5, 1.0))[0]
    return {"rate": rate, "cv": float(cv.mean()), "fano": bins.var() / bins.mean()}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, float]]:
    """The same of amine."""
    return {name: ours(name) for name in REGIMES}


@pytest.mark.parametrize("name", REGIMES)
def test_rate_and_irregularity_are_those_published(name, found):
    _, _, rate, tolerance, (low, high) = REGIMES[name]
    assert found[name]["rate"] == pytest.approx(rate, rel=tolerance)
    assert low <= found[name]["cv"] <= high


@pytest.mark.parametrize("name", REGIMES)
def test_nest_gives_the_same(name, found, nest):
    assert found[name]["rate"] == pytest.approx(nest[name]["rate"], rel=0.1)
    assert found[name]["cv"] == pytest.approx(nest[name]["cv"], abs=0.06)


def test_synchrony_separates_the_regimes(found):
    fano = {name: found[name]["fano"] for name in REGIMES}
    assert fano["SR"] > 2 * fano["SI_fast"] > 4 * fano["AI"]
    assert fano["SI_slow"] > 1.2 * fano["AI"]
