"""Connection rules: exact numbers, laws of chance, bounds, and the same synapses for any number of threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from amine.distributions import exponential, lognormal, normal, uniform
from amine.engine.build.connectivity import Bundle, ProjectionSpec, build_bundle, pairs_of
from amine.engine.build.connectivity.build import PACKED, SHARED, _shard
from amine.engine.build.connectivity.spec import tables
from amine.engine.resolve.streams import Stream
from amine.network.space.kernels import DistanceKernel, Placed

BASE = ProjectionSpec(
    name="test",
    stream=Stream(1, "test"),
    pre=(0, 1, 200),
    post=(0, 1, 150),
    rule="p",
    value=0.1,
    same_population=False,
    autapses=True,
    multapses=True,
    base=64,
    stride=192,
    bounds=(0, 150),
    weight=1.0,
    delay=2,
)


def draw(n_source: int = 200, seed: int = 1, **changes):
    return pairs_of(replace(BASE, stream=Stream(seed, "test"), **changes), n_source, 0.1)


def test_probability_gives_binomial_degrees():
    i, j, _, _ = draw(pre=(0, 1, 2000), post=(0, 1, 1000), value=0.05, n_source=2000)
    out, into = np.bincount(i, minlength=2000), np.bincount(j, minlength=1000)
    assert len(i) == pytest.approx(100_000, abs=5 * np.sqrt(95_000))
    assert out.var() == pytest.approx(1000 * 0.05 * 0.95, rel=0.15)
    assert into.var() == pytest.approx(2000 * 0.05 * 0.95, rel=0.2)
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(i)


@pytest.mark.parametrize("multapses", [True, False])
def test_fixed_numbers_are_exact(multapses):
    i, j, _, _ = draw(rule="indegree", value=30, multapses=multapses)
    assert (np.bincount(j, minlength=150) == 30).all()
    i, j, _, _ = draw(rule="outdegree", value=100, multapses=multapses)
    assert (np.bincount(i, minlength=200) == 100).all()
    i, j, _, _ = draw(rule="total", value=12345, multapses=multapses)
    assert len(i) == 12345
    if not multapses:
        assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == 12345


@pytest.mark.parametrize(("rule", "value"), [("indegree", 40), ("outdegree", 40), ("total", 8000)])
@pytest.mark.parametrize("multapses", [True, False])
def test_ends_are_uniform(rule, value, multapses):
    i, j, _, _ = draw(rule=rule, value=value, multapses=multapses, seed=5)
    for x, n in ((i, 200), (j, 150)):
        counts = np.bincount(x, minlength=n)
        if counts.var() > 0:
            assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize(
    ("rule", "value"), [("p", 0.5), ("indegree", 20), ("outdegree", 20), ("total", 5000), ("all_to_all", None)]
)
def test_no_autapses(rule, value):
    same = {"pre": (0, 1, 150), "post": (0, 1, 150), "same_population": True, "n_source": 150}
    i, j, _, _ = draw(rule=rule, value=value, autapses=False, **same)
    assert (i != j).all() and len(i) > 0
    i, j, _, _ = draw(rule=rule, value=value, autapses=True, **same)
    assert (i == j).any()


def test_slices_with_steps_and_self():
    i, j, _, _ = draw(
        rule="all_to_all", value=None, pre=(10, 3, 20), post=(13, 2, 15), same_population=True, autapses=False
    )
    expected = {(a, b) for a in range(10, 70, 3) for b in range(13, 43, 2) if a != b}
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == expected


def test_given_pairs_and_arrays():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 200, 500), rng.integers(0, 150, 500)
    w, d = rng.normal(size=500), rng.integers(1, 40, 500) * 0.1
    i, j, weight, delay = draw(rule="pairs", value=(a, b), weight=w, delay=d)
    expected = sorted(zip(a.tolist(), b.tolist(), w.tolist(), np.rint(d / 0.1).astype(int).tolist(), strict=True))
    assert sorted(zip(i.tolist(), j.tolist(), weight.tolist(), delay.tolist(), strict=True)) == expected


def test_all_to_all_weights_follow_the_pairs():
    w = np.arange(200 * 150, dtype=float)
    i, j, weight, _ = draw(rule="all_to_all", value=None, weight=w, same_population=True, autapses=False)
    np.testing.assert_array_equal(weight, i * 150 + j)


def test_distance_kernel():
    rng = np.random.default_rng(2)
    a, b = rng.uniform(0, 500, (200, 2)), rng.uniform(0, 500, (150, 2))
    placed = Placed(DistanceKernel("gaussian", "100 um", 0.6), a, b)
    i, j, _, _ = draw(rule="distance", value=None, placed=placed)
    d = np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    expected = 0.6 * np.exp(-(d**2) / 2 / 100.0**2)
    assert len(i) == pytest.approx(expected.sum(), abs=5 * np.sqrt(expected.sum()))
    near = d[i, j] < 100
    assert near.sum() == pytest.approx(expected[d < 100].sum(), abs=5 * np.sqrt(expected[d < 100].sum()))


@pytest.mark.parametrize(
    ("distribution", "cdf"),
    [
        (normal("3 pA", "0.5 pA"), stats.norm(3, 0.5).cdf),
        (uniform("1 pA", "4 pA"), stats.uniform(1, 3).cdf),
        (exponential("2 pA"), stats.expon(scale=2).cdf),
        (lognormal("2 pA", "1 pA"), stats.lognorm(np.sqrt(np.log(1.25)), scale=2 / np.sqrt(1.25)).cdf),
        (normal("0 pA", "1 pA").truncated("-0.5 pA", "1 pA"), stats.truncnorm(-0.5, 1).cdf),
    ],
)
def test_weights_follow_their_distribution(distribution, cdf):
    _, _, w, _ = draw(rule="total", value=20_000, weight=distribution.internal("pA", "w"))
    assert stats.kstest(w, cdf).pvalue > 1e-3


def test_delays_are_rounded_and_clipped():
    d = normal("1.5 ms", "1 ms").clipped("0.1 ms", "3 ms").internal("ms", "d")
    _, _, _, delay = draw(rule="total", value=50_000, delay=d)
    assert delay.min() == 1 and delay.max() == 30
    assert np.mean(delay) * 0.1 == pytest.approx(
        stats.norm.expect(lambda x: np.clip(x, 0.1, 3), loc=1.5, scale=1), abs=0.02
    )


PLACED = Placed(
    DistanceKernel("gaussian", "100 um", 0.6), *np.split(np.random.default_rng(2).uniform(0, 500, (350, 2)), [200])
)
SPECS = [
    {"rule": "p", "value": 0.3},
    {"rule": "p", "value": 0.3, "weight": normal("1 pA", "1 pA").internal("pA", "w")},
    {"rule": "total", "value": 4000, "delay": uniform("0.1 ms", "2 ms").internal("ms", "d")},
    {"rule": "indegree", "value": 12},
    {"rule": "distance", "value": None, "placed": PLACED},
    {"rule": "nearest", "value": 12, "placed": PLACED, "delay": uniform("0.1 ms", "2 ms").internal("ms", "d")},
]


def synapses(bundle) -> list[tuple]:
    """All synapses of a bundle as (source, slot, delay, weight)."""
    out = []
    for s in bundle.shards:
        slots = s.slots if bundle.kind == 0 else s.slots[:, 0]
        weights = (
            np.full(len(slots), bundle.weight)
            if bundle.kind == 0
            else s.slots.view(np.float32)[:, 1]
            if bundle.kind == 1
            else s.weights[:, 0]
        )
        for i in range(len(s.rows) - 1):
            a, b = s.rows[i], s.rows[i + 1]
            ends = [0, b - a] if s.seg is None else s.seg[i]
            for d in range(bundle.n_delays):
                part = slice(a + ends[d], a + ends[d + 1])
                assert (np.diff(slots[part]) >= 0).all(), "a segment is sorted by target"
                out += [(i, int(x), bundle.dmin + d, float(w)) for x, w in zip(slots[part], weights[part], strict=True)]
    return sorted(out)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("changes", SPECS)
def test_threads_share_the_same_synapses(changes, precision):
    found = []
    for bounds in ((0, 150), (0, 64, 150), (0, 64, 128, 128, 150)):
        spec = replace(BASE, **changes, bounds=bounds)
        found.append(synapses(build_bundle([spec], 200, len(bounds) - 1, 0.1, precision)))
    assert found[0] == found[1] == found[2] and len(found[0]) > 1000


def test_one_stream_draws_the_same_pairs_for_two_receptors():
    w = normal("1 pA", "1 pA").internal("pA", "w")
    a, b = (draw(weight=w, port=k, base=64 + 64 * k) for k in (0, 1))
    assert np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1]) and not np.array_equal(a[2], b[2])


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    m=st.integers(1, 90),
    rule=st.sampled_from(["p", "indegree", "outdegree", "total", "all_to_all"]),
    share=st.floats(0, 1),
    same=st.booleans(),
    autapses=st.booleans(),
    multapses=st.booleans(),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_small_projection(n, m, rule, share, same, autapses, multapses, seed):
    own = int(same and not autapses)
    m = n if same else m
    room = {"indegree": n - own, "outdegree": m - own, "total": n * m - own * n}.get(rule, 0)
    value = share if rule == "p" else None if rule == "all_to_all" else round(share * room)
    i, j, _, _ = draw(
        n_source=n,
        seed=seed,
        pre=(0, 1, n),
        post=(0, 1, m),
        rule=rule,
        value=value,
        same_population=same,
        autapses=autapses,
        multapses=multapses,
    )
    assert ((i >= 0) & (i < n) & (j >= 0) & (j < m)).all()
    assert not own or (i != j).all()
    if not multapses or rule in ("p", "all_to_all"):
        assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(i)
    if rule != "p":
        assert len(i) == {"indegree": m, "outdegree": n, "total": 1}.get(rule, 0) * (value or 0) or rule == "all_to_all"


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("rule", ["p", "indegree", "outdegree", "total", "pairs", "all_to_all"])
def test_building_holds_little_beside_what_is_kept(rule, own):
    """At most 1.5 times: lists of targets are of 32 bits, and become those of slots where nothing else is kept."""
    n, K = 300, 40
    pairs = np.divmod(np.arange(n * K), K)
    value = {"p": K / n, "indegree": K, "outdegree": K, "total": n * K, "pairs": pairs, "all_to_all": None}[rule]
    changes = dict(rule=rule, value=value, pre=(0, 1, n), post=(0, 1, n), bounds=(0, n))
    spec = replace(BASE, **changes, weight=normal("1 nS", "0.1 nS").internal("nS", "w") if own else 1.0)
    t = tables([spec])
    bundle = Bundle(PACKED if own else SHARED, 1.0, 2, 1, [])
    shard = _shard([spec], t, bundle, n, 0, 0.1, True)
    held = {a.ctypes.data: a.nbytes for a in t.keep}
    if shard.slots.ctypes.data in held:
        held.pop(shard.slots.ctypes.data)
    assert sum(held.values()) <= 0.5 * shard.nbytes + 8 * (n + 2)
