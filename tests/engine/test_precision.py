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


def too_large(where: str) -> am.Network:
    """A network in which one value is a float64, but not a float32."""
    net = am.Network(seed=1)
    value = {where: "1e39"}
    P = net.population("P", 3, "lif_cond", initial={"v": value.get("initial", "-60") + " mV"})
    many = np.array([1.0, 2.0, float(value.get("array", "3"))]) * am.units.nS
    net.synapses(P, P, receptor="AMPA", weight=value.get("weight", "1") + " nS", p=1.0)
    net.synapses(P, P, receptor="AMPA", weight=many, connect="one_to_one")
    net.poisson(P, receptor="AMPA", weight=value.get("input", "1") + " nS", rate="1 Hz")
    net.gap_junctions(P, P, conductance=value.get("gap", "1") + " nS", p=1.0)
    net.stimulus(P, am.step(value.get("current", "1") + " pA", "1 ms"))
    return net


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("initial", "Population 'P', v: an initial value"),
        ("weight", "Synapses 'P->P': the weight"),
        ("array", "Synapses 'P->P': the weight"),
        ("input", "Poisson input 'poisson->P': the weight"),
        ("gap", "Gap junctions: the conductance"),
        ("current", "Stimulus 'current->P': the current"),
    ],
)
def test_what_float32_cannot_hold_is_refused(where: str, place: str) -> None:
    with pytest.raises(am.AmineError, match=f"{place} is too large for float32 .*precision='float64'"):
        too_large(where).run("2 ms", progress=False)
