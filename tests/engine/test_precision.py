"""Each level of transmission with own weights runs in both precisions."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


@pytest.mark.parametrize("detail", ["receptor", "kinetic", "explicit"])
def test_own_weights_in_both_precisions(detail):
    found = []
    for precision in ("float32", "float64"):
        net = am.Network(seed=1)
        P = net.population("P", 20, "poisson", rate="60 Hz")
        label = "AMPA" if detail == "receptor" else "AMPA_destexhe"
        receptor = "AMPA" if detail == "receptor" else am.models.names("scheme")[0]
        E = net.population("E", 10, "lif_cond", receptors={} if label == "AMPA" else {label: receptor})
        net.synapses(P, E, receptor=label, weight=am.uniform("0.5 nS", "2 nS"), p=0.5, detail=detail)
        net.probe(E, "v", name="v")
        found.append(net.run("50 ms", precision=precision, progress=False).probes["v"]["v"])
    assert np.ptp(found[1]) > 0.5
    np.testing.assert_allclose(found[0], found[1], atol=0.02)
