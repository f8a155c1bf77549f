"""Five tasks one after another: the pieces, a small whole, and the statement over seeds."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.experiments import continual as c


def test_silence_keeps_a_part_of_what_was_learnt_and_nothing_under_anisomycin():
    state = c.start(10, 0)
    learnt = c.replace(state, weights=np.where(np.arange(64)[:, None] < 20, 1.0, 0.05) * np.ones((64, 10)))
    kept, lost = c.silence(learnt), c.silence(learnt, "10 uM")
    assert np.abs(lost.weights - c.W_0).max() < 0.05
    assert kept.weights[:20].min() > 0.9 and kept.weights[20:].max() < 0.5
    np.testing.assert_array_equal(kept.thresholds, learnt.thresholds)
    unmoved = c.silence(state)  # too little change for protein
    assert np.abs(unmoved.weights - c.W_0).max() < 0.03 and np.abs(unmoved.late).max() == 0.0


def test_acetylcholine_is_released_while_a_task_is_new():
    t = c.cholinergic(60_000.0, 1)
    first, last = ((t < 12_000).sum(), (t > 36_000).sum())
    assert first > 600 and last < first / 6 and (np.diff(t) > 0).all()


def test_conditions_are_checked():
    with pytest.raises(am.AmineError, match="did you mean 'plain'"):
        c.continual(conditions="plane")


@pytest.mark.validate
def test_small_and_whole(tmp_path):
    out = c.continual(neurons=20, examples=60, conditions=("plain", "tagging and capture"))
    assert set(out.measures) == {f"{a}, {m}" for a in ("plain", "tagging and capture") for m in c.MEASURES}
    assert all(0 <= x <= 1 for x in out.measures.values()) and out.measures["plain, when learnt"] > 0.5
    out.write(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_text().count("<img") == 1


@pytest.mark.validate
def test_what_the_chemistry_does_to_retention():
    """Three seeds: without capture nothing is left of what capture keeps; neither chemistry does better than the plain rule."""
    out = c.continual(seeds=3, examples=300).measures
    assert out["mixed, accuracy"] > out["plain, accuracy"] > out["tagging and capture, accuracy"]
    assert out["tagging and capture, retained"] > out["without capture, retained"] + 0.2
    assert out["plain, retained"] > 0.85
