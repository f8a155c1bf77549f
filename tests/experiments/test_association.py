"""An associative memory of spiking neurons against the theory of the Willshaw network."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.experiments import association as a


def test_synapses_are_those_of_the_patterns():
    stored = a.patterns(12, 64, 6, np.random.default_rng(1))
    weights = a.learn(stored, 64, 1)
    wanted = np.zeros((64, 64), bool)
    for p in stored:
        wanted[np.ix_(p, p)] = True
    np.fill_diagonal(wanted, False)
    assert np.array_equal(weights > 0, wanted)
    assert set(np.unique(weights)) == {0.0, a.STRONG}


def test_recall_answers_where_the_sum_of_synapses_reaches_the_cue():
    """Against the arithmetic of the Willshaw network, neuron by neuron."""
    rng = np.random.default_rng(2)
    stored = a.patterns(60, 64, 6, rng)
    weights = a.learn(stored, 64, 2)
    cues = stored[:20, :3]
    answers = a.recall(cues, weights, 2)
    for cue, answer in zip(cues, answers, strict=True):
        wanted = (weights[cue] > 0).sum(0) >= 3
        wanted[cue] = True
        assert np.array_equal(answer, wanted)


def test_the_measures_follow_the_theory():
    out = a.association(seed=1, neurons=128, active=8, loads=(20, 80), tested=40)
    for row in out.tables["Load"][1]:
        m, strong, theory, recalled, false, expected, _ = row
        assert recalled == 1.0
        assert strong == pytest.approx(theory, rel=0.03)
        assert abs(false - expected) < 5 * np.sqrt(expected / 40) + 0.3 * expected + 0.3, m
    assert out.measures["recalled_part_of_pattern"] == 1.0
    for draw in out.figures.values():
        assert draw().axes


def test_drugs_are_refused():
    with pytest.raises(am.AmineError, match="leave dose out"):
        a.association(dose=("AP5=50 uM",))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"part": 0.0}, "above 0, at most 1"),
        ({"loads": "many"}, "write 100,200,400"),
        ({"loads": (0,)}, "loads"),
        ({"active": 200, "neurons": 100}, "active"),
        ({"tested": 0}, "tested"),
    ],
)
def test_wrong_arguments_are_said(given, sentence):
    with pytest.raises(am.AmineError, match=sentence):
        a.association(**given)
