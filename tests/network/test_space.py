"""Regions, positions and questions about places: exact counts, closed forms, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am
from amine.network.space.kernels import DistanceKernel, Placed, offsets

S = am.space


def places(side=21, spacing="10 um", **more):
    net = am.Network(seed=1)
    return net, net.population("E", side * side, "lif", positions=S.grid((side, side), spacing, **more))


def test_counts_of_grid_points_in_regions_are_exact():
    _, E = places()
    middle = 220

    def count(region):
        return len(S.within(E, region, centre=middle))

    assert count(S.disc("50 um")) == 81  # Gauss's circle problem, N(5)
    assert count(S.doughnut("50 um", "70 um")) == 149 - 81  # N(7) - N(5)
    assert count(S.box("60 um", "40 um")) == 7 * 5
    assert count(S.box("60 um", "40 um") - S.disc("10 um")) == 35 - 5
    assert count(S.box("60 um", "40 um") & S.box("40 um", "60 um")) == 25
    assert count(S.box("60 um", "40 um") | S.box("40 um", "60 um")) == 35 + 35 - 25
    assert count(S.box("60 um", "40 um", angle=90) & S.box("40 um", "60 um")) == 35
    assert count(S.ellipse("100 um", "20 um")) == count(S.ellipse("20 um", "100 um", angle=90)) == 11 + 2
    assert (
        count(S.disc("30 um").at("90 um", "0 um"))
        == len(S.within(E, S.disc("30 um"), ["90 um", "0 um"]))
        == 1 + 5 + 5 + 7 + 5
    )  # columns up to the edge


def test_space_without_edges_has_neighbours_everywhere():
    _, E = places(periodic=True)
    assert {len(S.within(E, S.disc("50 um"), centre=k)) for k in (0, 20, 220, 440)} == {81}
    d = S.distance(E)
    assert d.max() == pytest.approx(np.hypot(100, 100)) and np.array_equal(d, d.T)
    assert np.allclose(np.sort(d, 1), np.sort(d[0]))
    assert S.nearest(E, 0, 4).tolist() == [1, 20, 21, 420]


def test_three_dimensions():
    net = am.Network()
    E = net.population("E", 1331, "lif", positions=S.grid((11, 11, 11), "10 um"))
    assert len(S.within(E, S.sphere("30 um"), centre=665)) == 123  # lattice points in a ball of radius 3
    assert len(S.within(E, S.ellipsoid("80 um", "20 um", "20 um"), centre=665)) == 9 + 4
    assert len(S.within(E, S.box("20 um", "20 um", "40 um"), centre=665)) == 3 * 3 * 5


@pytest.mark.parametrize(
    ("region", "moments"),
    [
        (S.box("200 um", "100 um"), (200**2 / 12, 100**2 / 12)),
        (S.disc("100 um"), (100**2 / 4,) * 2),
        (S.sphere("100 um"), (100**2 / 5,) * 3),
        (S.ellipsoid("200 um", "100 um", "50 um"), (100**2 / 5, 50**2 / 5, 25**2 / 5)),
    ],
)
def test_random_points_are_uniform(region, moments):
    n = 20_000
    x = S.random(region, n, seed=3).values
    assert region.contains(x).all() and x.shape == (n, region.dims)
    assert (
        np.allclose((x**2).mean(0), moments, rtol=6 / np.sqrt(n))
        and (np.abs(x.mean(0)) < 5 * np.sqrt(moments) / np.sqrt(n)).all()
    )
    assert np.array_equal(x, S.random(region, n, seed=3).values) and not np.array_equal(
        x, S.random(region, n, seed=4).values
    )


lengths = st.floats(1, 100).map(lambda x: f"{x} um")
simple = st.one_of(st.builds(S.disc, lengths), st.builds(S.ellipse, lengths, lengths, angle=st.floats(-180, 180)))
REGIONS = st.one_of(simple, st.builds(lambda a, b, x: (a - b.at(x, "5 um")) | b, simple, simple, lengths))


@settings(max_examples=40, deadline=None)
@given(REGIONS)
def test_bounds_hold_all_points_and_regions_survive_as_data(region):
    again = S.Region.from_dict(region.to_dict())
    assert again == region and str(again) == str(region)
    x = np.random.default_rng(1).uniform(-220, 220, (3000, 2))
    low, high = region.bounds
    inside = x[region.contains(x)]
    assert ((inside >= low) & (inside <= high)).all()


def test_offsets_go_the_shorter_way():
    x = offsets(np.array([[1.0, 9.0]]), np.array([[9.0, 1.0]]), (10.0, 100.0))
    assert x.tolist() == [[-2.0, -8.0]]


def test_formulas_read_distances_of_space_without_edges():
    net = am.Network(seed=1)
    E = net.population("E", 4, "lif_cond", positions=S.grid(4, "10 um", periodic=True))
    syn = net.synapses(E, E, receptor="AMPA", weight="1 nS*d/(10 um)", p=0.5)
    assert (syn.receptors["AMPA"].low, syn.receptors["AMPA"].high) == (0.0, 2.0)


def described():
    net = am.Network(seed=1)
    E = net.population("E", 100, "lif_cond", positions=S.grid((10, 10), "10 um", periodic=True))
    mask = S.box("60 um", "40 um", angle=30).at("10 um", "0 um") - S.disc("5 um")
    net.synapses(E, E, receptor="AMPA", weight="1 nS", distance=am.gaussian("20 um", 0.5) * mask)
    net.synapses(E, E, receptor="AMPA", weight="1 nS", distance=0.3 * mask, autapses=False)
    net.synapses(E, E, receptor="AMPA", weight="1 nS", distance=S.disc("20 um"), indegree=3, multapses=False)
    net.synapses(E, E, receptor="AMPA", weight="1 nS", p="exp(-d/(10 um))", outdegree=4)
    net.synapses(E, E, receptor="AMPA", weight="1 nS", nearest=5, autapses=False)
    return net


def test_descriptions_are_saved_told_and_counted():
    net = described()
    again = am.Network.from_dict(net.to_dict())
    assert again == net and again.hash() == net.hash() and again.populations["E"].period == (100.0, 100.0)
    text = net.describe()
    assert "within box 60, 40 um, turned by 30 degrees at (10, 0) um - disc of radius 5 um" in text
    assert "fixed in-degree 3 in proportion to: probability 1, within disc of radius 20 um" in text
    assert "nearest neighbours, 5" in text
    one = am.Network()
    E = one.population("E", 441, "lif_cond", positions=S.grid((21, 21), "10 um", periodic=True))
    one.synapses(E, E, receptor="AMPA", weight="1 nS", distance=S.disc("50 um"), autapses=False)
    one.synapses(E, E, receptor="AMPA", weight="1 nS", nearest=5)
    assert one.estimate()["synapses"] == pytest.approx(441 * (81 + 5), rel=0.01)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda n, E: S.disc("-3 um"), "must be positive"),
        (lambda n, E: S.doughnut("30 um", "20 um"), "the inner radius is not below the outer"),
        (lambda n, E: S.disc("3 um") & S.sphere("3 um"), "differ in their number of dimensions"),
        (lambda n, E: S.disc("3 um").at("3 um"), "a length for each dimension"),
        (lambda n, E: S.disc("3 um") * 2.0, "p is outside 0..1"),
        (lambda n, E: S.box("1 um", "1 um", "1 um", angle=3), "turned in two dimensions only"),
        (lambda n, E: S.random(S.disc("3 um") & S.disc("3 um").at("9 um", "0 um"), 5), "empty"),
        (lambda n, E: S.random(S.disc("3 um"), 5, periodic=True), "only an upright box"),
        (lambda n, E: S.grid((3, 3), ["1 um"]), "a length for each axis"),
        (lambda n, E: S.within(E, S.sphere("3 um")), "another number of dimensions"),
        (lambda n, E: S.nearest(E, 3, 441), "out of range"),
        (
            lambda n, E: n.synapses(E, E, receptor="exc", weight="1 pA", distance=S.sphere("3 um")),
            "does not fit the positions",
        ),
        (
            lambda n, E: n.synapses(E, E, receptor="exc", weight="1 pA", distance=S.disc("3 um"), p=0.3),
            "give one pattern",
        ),
        (
            lambda n, E: n.synapses(E, E, receptor="exc", weight="1 pA", nearest=441, autapses=False),
            "more than there are pairs",
        ),
        (
            lambda n, E: n.synapses(n.population("F", 3, "lif"), E, receptor="exc", weight="1 pA", nearest=1),
            "'F' has no positions",
        ),
        (
            lambda n, E: n.synapses(
                n.population("F", 9, "lif", positions=S.grid((3, 3), "1 um", periodic=True)),
                E,
                receptor="exc",
                weight="1 pA",
                nearest=1,
            ),
            "differ in their edges",
        ),
    ],
)
def test_mistakes(action, message):
    net, E = places()
    before = net.hash()
    with pytest.raises(am.AmineError, match=message):
        action(net, E)
    assert len(net.projections) == 0 and (net.hash() == before or "F" in net.populations)


def test_mean_probability_is_that_of_all_pairs():
    x = S.random(S.box("100 um", "100 um"), 300, seed=1).values
    placed = Placed(DistanceKernel("gaussian", "20 um", 0.7), x, x)
    assert placed.mean(300 * 40) == pytest.approx(placed.mean(), rel=0.1)


def test_regions_are_combined_up_to_a_number():
    r = am.space.disc("1 um")
    for k in range(7):
        r = r | r.at(f"{k} um", "0 um")
    assert r.contains([[0.0, 0.0], [30.0, 0.0]]).tolist() == [True, False]
    with pytest.raises(am.AmineError, match="region: too many are combined"):
        r | r
