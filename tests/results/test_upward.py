"""Crossings of a threshold by recorded values, against lines worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.results.probes import ProbeData

TIMES = np.arange(5) * 0.5


def test_neurons() -> None:
    """Times lie on the line between samples; falling through the threshold or starting above it is no crossing."""
    v = np.array([[-70, -50, -70, -60, -40], [-40, -70, -70, -70, -69]], float).T
    probe = ProbeData("v", "E", np.array([3, 7]), TIMES, {"v": v}, {"v": "mV"})
    found = am.results.crossings(probe, "-55 mV")
    np.testing.assert_allclose(found.times, [0.375, 1.625])
    assert found.indices.tolist() == [3, 3] and found.n == 8


def test_compartments() -> None:
    """Indices are the compartments of one neuron, in order of time."""
    late, soon = np.array([-70, -70, -70, -30, -30.0]), np.array([-70, -30, -30, -70, -70.0])
    values = {"v@2": np.stack([late, soon], axis=1), "v@10": np.stack([soon, late], axis=1)}
    probe = ProbeData("v", "E", np.arange(2), TIMES, values, {"v@2": "mV", "v@10": "mV"})
    assert am.results.crossings(probe, "-50 mV").indices.tolist() == [10, 2]
    assert am.results.crossings(probe, "-50 mV", neuron=1).indices.tolist() == [2, 10]
    with pytest.raises(am.AmineError, match="neuron"):
        am.results.crossings(probe, "-50 mV", neuron=2)


def test_refusals() -> None:
    probe = ProbeData("v", "E", np.arange(1), TIMES, {"v": np.zeros((5, 1))}, {"v": "mV"})
    with pytest.raises(am.AmineError, match="m"):
        am.results.crossings(probe, "1 nS")
    with pytest.raises(am.AmineError, match="was not recorded"):
        am.results.crossings(probe, "1", "u")
    probe.at = "spikes"
    with pytest.raises(am.AmineError, match="interval"):
        am.results.crossings(probe, "1 mV")
