"""Connections drawn in space: their statistics are those of the kernel at every distance, at a cost that follows their number."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.engine.build.connectivity import spatial
from amine.engine.build.wiring import gap_pairs
from amine.engine.resolve.streams import Stream
from amine.errors import AmineError
from amine.network.space.kernels import DistanceKernel, Placed, offsets

S = am.space
N = 700
NONE = np.full(N, -1)


def rng(k=1):
    return np.random.default_rng(k)


def layer(dims=2, periodic=False, clustered=False):
    side = {1: 3000.0, 2: 400.0, 3: 150.0}[dims]
    x = rng(5).uniform(0, side, (N, dims))
    if clustered:
        x[: N // 2] = x[: N // 2] * 0.1
    return x, (side,) * dims if periodic else None


CASES = [
    (DistanceKernel("gaussian", "30 um", 0.9), 2, False),
    (DistanceKernel("gaussian", "30 um", 0.2), 2, True),
    (DistanceKernel("gaussian", "25 um", 0.3), 3, True),
    (DistanceKernel("exponential", "25 um", 0.8), 1, False),
    (DistanceKernel("exponential", "25 um", 0.4), 2, True),
    (DistanceKernel("box", "40 um", 0.6), 2, False),
    (DistanceKernel("gaussian", "40 um", 0.7) * (S.disc("60 um").at("20 um", "0 um") - S.disc("10 um")), 2, True),
    (0.3 * S.box("300 um", "20 um", angle=20), 2, True),
    (DistanceKernel("gaussian", "800 um", 0.05), 2, False),
]


@pytest.mark.parametrize(("kernel", "dims", "periodic"), CASES)
@pytest.mark.parametrize("clustered", [False, True])
def test_every_pair_has_its_probability(kernel, dims, periodic, clustered):
    """Counts in classes of equal probability, over all pairs, are binomial."""
    x, period = layer(dims, periodic, clustered)
    placed = Placed(kernel, x, x[::-1].copy(), period)
    a, b = (k.ravel() for k in np.indices((N, N)))
    p = placed.probabilities(a, b)
    i, j = spatial.connected(placed, NONE, rng())
    assert (np.diff(i * N + j) > 0).all()  # sorted, and no pair twice
    hit = np.zeros(N * N)
    hit[i * N + j] = 1
    classes = np.minimum((p / p.max() * 12).astype(int), 11) + 12 * (p > 0)
    for k in np.unique(classes):
        mine = classes == k
        expected, spread = p[mine].sum(), np.sqrt((p[mine] * (1 - p[mine])).sum())
        assert abs(hit[mine].sum() - expected) <= 4.5 * spread + 1e-9, (k, hit[mine].sum(), expected)


def test_masks_alone_give_exact_counts_and_leave_a_neuron_out():
    x = S.grid((21, 21), "10 um", periodic=True).values
    placed = Placed(DistanceKernel.flat(1.0).within(S.disc("50 um")), x, x, (210.0, 210.0))
    own = np.arange(441)
    i, j = spatial.connected(placed, own, rng())
    assert len(i) == 441 * 80 and (i != j).all()
    anchored = Placed(DistanceKernel.flat(1.0).within(S.disc("1 um").at("30 um", "-10 um")), x, x, (210.0, 210.0))
    i, j = spatial.connected(anchored, np.full(441, -1), rng())
    assert np.array_equal(i, own) and np.array_equal(
        j, (i // 21 + 3) % 21 * 21 + (i % 21 - 1) % 21
    )  # target = source + anchor


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("multapses", [False, True])
def test_degrees_under_a_kernel(sign, multapses):
    """Each neuron has its number of partners, and their distances follow the kernel."""
    x, period = layer(2, True)
    placed = Placed(DistanceKernel("gaussian", "30 um", 0.4), x, x, period)
    i, j = spatial.degrees(placed, 12, sign, np.arange(N), multapses, rng(), "here")
    assert (np.bincount(j if sign < 0 else i, minlength=N) == 12).all() and (i != j).all()
    assert multapses or len(np.unique(i * N + j)) == len(i)
    a, b = np.repeat(np.arange(N), N), np.tile(np.arange(N), N)
    weight = np.where(a == b, 0.0, placed.probabilities(a, b)).reshape(N, N)
    if multapses:
        share = weight / weight.sum(1 if sign > 0 else 0, keepdims=True)
        expected = 12 * share.sum(0 if sign > 0 else 1)
        found = np.bincount(j if sign > 0 else i, minlength=N)
        assert ((found - expected) ** 2 / expected).mean() == pytest.approx(1.0, abs=0.15)
    d = np.sqrt((offsets(x[i], x[j], period) ** 2).sum(1))
    if multapses:
        assert (d**2).mean() == pytest.approx(2 * 30**2, rel=0.05)  # a plane Gaussian


def test_degrees_take_all_that_are_within_reach_and_refuse_more():
    x = S.grid((9, 9), "10 um", periodic=True).values
    placed = Placed(DistanceKernel("box", "10 um", 0.001), x, x, (90.0, 90.0))
    i, j = spatial.degrees(placed, 4, -1, np.arange(81), False, rng(), "here")
    assert len(i) == 4 * 81 and len(np.unique(i * 81 + j)) == len(i)
    for multapses, own in ((False, np.arange(81)), (True, np.arange(81))):
        alone = Placed(
            DistanceKernel("box", "10 um", 0.5) * S.disc("1 um") if multapses else placed.kernel, x, x, (90.0, 90.0)
        )
        with pytest.raises(AmineError, match="too few sources within reach"):
            spatial.degrees(alone, 5, -1, own, multapses, rng(), "here")


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_nearest_neighbours(dims, periodic):
    x, period = layer(dims, periodic, clustered=not periodic)
    placed = Placed(DistanceKernel.flat(1.0), x[:700], x[100:400], period)
    own = np.arange(100, 400)
    i, j = spatial.neighbours(placed, 7, own)
    a, b = (k.ravel() for k in np.indices((700, 300)))
    d = np.sqrt((offsets(placed.pre[a], placed.post[b], period) ** 2).sum(1)).reshape(700, 300)
    d[own, np.arange(300)] = np.inf
    wanted = np.argsort(d, axis=0, kind="stable")[:7]
    assert np.array_equal(np.sort(i[np.argsort(j, kind="stable")].reshape(300, 7), 1), np.sort(wanted.T, 1))


def test_candidates_follow_connections_and_not_pairs(monkeypatch):
    """Forty times the neurons at one density: forty times the candidates, within a quarter."""
    tried, plain = [], Placed.probabilities
    monkeypatch.setattr(Placed, "probabilities", lambda self, i, j: tried.append(len(i)) or plain(self, i, j))
    candidates = {}
    for n in (1000, 40_000):
        x = rng(2).uniform(0, np.sqrt(n) * 10, (n, 2))
        placed = Placed(DistanceKernel("gaussian", "20 um", 0.5), x, x, (np.sqrt(n) * 10,) * 2)
        tried.clear()
        i, _ = spatial.connected(placed, np.full(n, -1), rng())
        assert len(i) / n == pytest.approx(0.5 * 2 * np.pi * 20**2 / 100, rel=0.05)
        candidates[n] = sum(tried) / n
    assert candidates[40_000] < 1.25 * candidates[1000] < 6 * 12.6


def test_networks_draw_in_space():
    net = am.Network(seed=3)
    E = net.population("E", 400, "lif_cond", positions=S.grid((20, 20), "10 um", periodic=True))
    near = am.gaussian("30 um", 0.8) * S.disc("60 um")
    some = dict(receptor="AMPA", weight="1 nS", delay="1 ms", autapses=False)
    parts = [
        net.synapses(E[:200], E[200:], distance=near, name="a", **some),
        net.synapses(E, E, distance=near, indegree=7, multapses=False, name="b", **some),
        net.synapses(E, E, nearest=4, name="c", **some),
    ]
    loop = net.loop()
    a, b, c = (loop.connections(s) for s in parts)
    assert a.pre.max() < 200 <= a.post.min() and (S.distance(E)[a.pre, a.post] <= 60).all()
    assert len(a) == pytest.approx(net.estimate()["synapses"] - 400 * 11, rel=0.1)
    assert (np.bincount(b.post) == 7).all() and (b.pre != b.post).all()
    assert (np.bincount(c.post) == 4).all() and sorted(c.pre[c.post == 0]) == [1, 19, 20, 380]


def test_gap_junctions_in_space_are_drawn_once_for_each_pair():
    net = am.Network(seed=3)
    E = net.population("E", 400, "lif_cond", positions=S.grid((20, 20), "10 um", periodic=True))
    g = net.gap_junctions(E, E, conductance="0.1 nS", distance=S.disc("15 um"))
    i, j, _ = gap_pairs(net, g, Stream(1, "here"))
    assert len(i) == 400 * 8 / 2 and (i < j).all() and (S.distance(E)[i, j] <= 15).all()
