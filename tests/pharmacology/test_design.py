"""Designs: doses that reach a target, pairs, additivity in closed form, bands from the ranges of affinities."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.compounds import catalogue
from amine.pharmacology.additivity import bliss, crossing, isobole, loewe
from amine.pharmacology.designing import potencies_in
from amine.pharmacology.response import dose_response
from amine.sweeps import potencies

C = np.array([0.0, *np.geomspace(0.01, 100.0, 17)])
ASK = dict(duration="300 ms", progress=False)


def hill(c, k: float):
    return 10.0 - 8.0 * c / (c + k)


def test_additive_drugs_are_additive_and_independent_ones_independent():
    surface = hill(C[:, None] / 1.0 + C[None, :] / 4.0, 1.0)  # the second is a quarter as potent: Loewe in closed form
    found = loewe(C, C, surface)
    reached = surface > hill(25.0, 1.0)  # by the second alone
    assert np.allclose(found[reached], surface[reached], atol=0.05) and reached.sum() > 180
    pairs = isobole(C, C, surface, 6.0)
    assert np.allclose(pairs[:, 0] + pairs[:, 1] / 4.0, 1.0, rtol=0.02) and len(pairs) > 8
    u, v = C / (C + 1.0), C / (C + 4.0)
    independent = 10.0 - 8.0 * (u[:, None] + v - u[:, None] * v)
    assert np.allclose(bliss(independent), independent, atol=0.02)  # the greatest effect is that of a grid
    assert np.isnan(loewe(C, C, 10.0 - hill(C, 1.0)[:, None] + hill(C, 4.0))).all()  # one raises, one lowers
    assert np.isnan(crossing(C, hill(C, 1.0), 1.0)) and crossing(C, hill(C, 1.0), 6.0) == pytest.approx(1.0, rel=0.01)


def network() -> am.Network:
    net = am.Network(seed=3)
    E = net.population("E", 20, "lif_cond", I_e="280 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
    P = net.population("P", 40, "poisson", rate="60 Hz")
    net.synapses(P, E, receptor="GABA_A", weight="0.5 nS", p=0.5)
    return net


def test_a_dose_brings_the_rate_where_it_is_wanted_and_its_range_follows_the_affinity():
    assert set(potencies_in(network(), "bicuculline")) == {1.5}
    found = am.compounds.design(
        network(), "rate:E", target=50.0, drugs=["bicuculline"], ranges={"bicuculline": ("0.1 uM", "50 uM")},
        points=7, samples=8, **ASK,
    )  # fmt: skip
    c = found.doses["bicuculline"]
    rate = am.sweep(network(), {"dose:bicuculline": [c]}, "rate:E", **ASK)["rate:E"].item()
    assert rate == pytest.approx(50.0, abs=0.8)
    low, high = found.ranges["bicuculline"]  # the potency is 1.5 uM, 0.9 to 3 uM: the dose goes with it
    assert 0.5 * c < low < 0.85 * c < 1.3 * c < high < 2.2 * c
    assert found.curve is not None and found.curve.samples["rate:E"].shape == (8, 8)
    below, above = found.curve.band("rate:E")
    assert (below <= above).all() and (below <= found.surface + 1).all() and below[0] == above[0]
    assert "bicuculline alone" in found.summary() and len(found.figure().axes) == 1 and "<img" in found.html()


def test_pairs_of_competitors_are_additive():
    """Both compete at one site, so doses add up as Loewe says."""
    limits = {"bicuculline": ("0.2 uM", "20 uM"), "gabazine": ("0.03 uM", "3 uM")}
    found = am.compounds.design(
        network(), "rate:E", target=55.0, drugs=["bicuculline", "gabazine"], ranges=limits, points=6, **ASK
    )
    inner = (found.pairs > 0).all(1)
    assert inner.sum() >= 2 and np.allclose(found.index[inner], 1.0, atol=0.25)
    assert np.nanmax(np.abs(found.surface - found.loewe)) < 6.0
    assert len([a for a in found.figure().axes if a.axison]) == 7  # four panels, three with a scale


def test_potencies_are_values_like_others():
    """A potency twice as high takes twice the dose, to the bit."""
    axes = {"dose:bicuculline": ["1 uM", "2 uM"], "potency:bicuculline@GABA_A_phasic": ["1.5 uM", "3 uM"]}
    found = am.sweep(network(), axes, "rate:E", design="list", **ASK)["rate:E"].ravel()
    assert found[0] == found[1] and catalogue.drug("bicuculline").actions[0].value("potency") == 1.5
    ranges = potencies.ranges(["bicuculline", "gabazine"])
    assert ranges == {"potency:bicuculline@GABA_A_phasic": (0.9, 3.0)}
    drawn = potencies.sampled(["bicuculline"], 40)["potency:bicuculline@GABA_A_phasic"]
    x = np.array([float(v.split()[0]) for v in drawn])
    assert 0.9 <= x.min() < 0.95 and 2.8 < x.max() <= 3.0 and len(set(drawn)) == 40


def test_what_is_not_reached_says_what_is():
    c = np.array([0.0, 1.0, 10.0])
    surface = np.array([[9.0, 8.0, 7.0], [6.0, 5.0, 4.0], [5.0, 4.0, 3.0]])
    nan = float("nan")
    found = am.pharmacology.Design("rate:E", 1.0, ["a", "b"], {"a": nan, "b": nan}, {}, [c, c], surface)
    lines = found.summary().splitlines()
    assert lines[0] == "rate:E = 1 (without drug 9)" and lines[2] == "b alone: not reached, 7 to 9 over 1 to 10 uM"
    assert lines[-1] == "no pair of doses reaches it: all lie from 3 to 9" and found.alone(0).tolist() == [
        9.0,
        6.0,
        5.0,
    ]


def test_mistakes():
    for change, words in (
        ({"drugs": []}, "one drug or two"),
        ({"drugs": ["bicuculline", "bicuculline"]}, "two different"),
        ({"drugs": ["tiagabine"]}, "no potency at a target of this network"),
        ({"drugs": ["bicuculine"]}, "did you mean"),
        ({"ranges": {"bicuculline": ["1 uM"]}}, "the lowest and the highest"),
    ):
        ask = {"target": 1.0, "drugs": ["bicuculline"], **ASK, **change}
        with pytest.raises(am.AmineError, match=words):
            am.compounds.design(network(), "rate:E", **ask)
    with pytest.warns(am.AmineWarning, match="has a published range"):
        assert (
            dose_response(network(), "gabazine", [1.0], "rate:E", samples=3, duration="1 ms", progress=False).samples
            == {}
        )
    with pytest.raises(am.AmineError, match="no value 'potency:bicuculline@AMPA'"):
        am.sweep(network(), {"dose:bicuculline": [1.0], "potency:bicuculline@AMPA": ["1 uM"]}, "rate:E", **ASK)
