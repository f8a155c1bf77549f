"""Forgetting over a day: the pieces, and what a day makes of weak and strong memories."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.experiments import forgetting as f


@pytest.fixture(scope="module")
def material():
    return f.Material.drawn(3)


def test_training_has_its_rates(material):
    (t, i), (_, j), span = f.training(material, 1, True, 0)
    assert i.min() >= f.SOURCES and t.max() < span and span % 1000 == 0
    counts = np.bincount(i, minlength=2 * f.SOURCES)
    times = (material.sources[1][..., None] == np.arange(2 * f.SOURCES)).sum((0, 1))
    np.testing.assert_array_equal(counts, times * 3 * 32)  # three trains of 0.4 s at 80 Hz
    assert len(j) == f.PATTERNS * f.ACTIVE * 3 * 52
    weak = f.training(material, 0, False, 0)
    assert len(weak[0][0]) == f.PATTERNS * f.ACTIVE * 24 and weak[0][1].max() < f.SOURCES


def test_recall_of_all_of_nothing_and_of_everybody():
    apart = np.arange(f.PATTERNS * f.ACTIVE).reshape(f.PATTERNS, f.ACTIVE)
    material = f.Material(np.stack([apart, apart + f.SOURCES]), apart)
    flat = np.full((2 * f.SOURCES, f.CELLS), f.W_0)
    learnt = flat.copy()
    for i, j in zip(material.sources[0], material.cells, strict=True):
        learnt[np.ix_(i, j)] = 2 * f.W_0
    assert f.recall(learnt, material, 5, 1) > 0.95
    assert abs(f.recall(flat, material, 5, 1)) < 0.1
    assert abs(f.recall(flat * 2, material, 5, 1)) < 0.05  # all answer: nothing is told apart


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"trials": 0}, "trials"), ({"hours": (2, 1)}, "rising"), ({"ongoing": "2 h"}, "out of range"), ({"hours": ()}, "rising")],
)  # fmt: skip
def test_wrong_arguments_are_said(given, sentence):
    with pytest.raises(am.AmineError, match=sentence):
        f.forgetting(**given)


@pytest.mark.validate
@pytest.mark.parametrize("seed", [0, 1])
def test_a_day(seed, tmp_path):
    """Frey & Morris 1997 in direction: weak memories fade in hours, strong ones stay unless protein synthesis is blocked, and a
    weak one stays if its cells were strongly trained through other synapses not long before or soon after."""
    out = f.forgetting(seed, ongoing="1 s", trials=5, hours=(0.1, 1, 4, 8, 24), lags=(-6, -1, 0.25, 4))
    m, at = out.measures, out.arrays["recall"]
    assert min(m[f"{c}, at the start"] for c in ("strong", "weak", "strong, anisomycin")) > 0.8
    assert m["strong, at the end"] > 0.9
    assert at["weak"][2] < 0.4 and abs(m["weak, at the end"]) < 0.1 and abs(m["strong, anisomycin, at the end"]) < 0.1
    assert m["weak, then strong elsewhere, at the end"] > 0.25
    early, before, after, late = out.arrays["windows"][:, 2]
    assert before > 0.7 and after > 0.3 and early < 0.2 and late < 0.1
    out.write(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_text().count("<img") == 2
