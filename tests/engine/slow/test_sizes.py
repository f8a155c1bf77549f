"""Sizes of what several drugs do at once to receptors of pulses, wherever these stand, against the equations of their sites."""

from __future__ import annotations

import warnings

import pytest

import amine as am
from amine.compounds import catalogue, drug
from amine.compounds.reference import Reference
from amine.engine.resolve.resolved import resolve


def network(place: str) -> am.Network:
    """GABA_A receptors as a filter, as a scheme at the source or at each synapse, and on a cell with a tree."""
    net = am.Network()
    S = net.population("S", 2, "poisson", rate="10 Hz")
    if place == "tree":
        cell = am.models.cable(am.morphology.cylinder("100 um", "2 um", segments=2), {"*": [am.models.get("leak")]})
        E = net.population("E", 2, cell, receptors={"GABA_A": "GABA_A"})
        net.synapses(S, E.at("dendrite(0.5)"), receptor="GABA_A", weight="1 nS", connect="all_to_all")
        return net
    E = net.population("E", 2, "lif_cond")
    net.synapses(S, E, receptor="GABA_A", weight="1 nS", connect="all_to_all", detail=place)
    return net


def factors(place: str, doses: dict[str, float]) -> dict[str, float]:
    """Factors of the receptor's parameters at constant concentrations (uM)."""
    net = network(place)
    for name, c in doses.items():
        net.dose(name, am.bath(f"{c} uM"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", am.AmineWarning)
        slow = resolve(net).slow
    assert slow is not None
    run = Reference(slow.program)
    for _ in range(3):
        run.step([doses[name] for name in slow.doses])
    out: dict[str, float] = {}
    for f in slow.factors:
        out[f.parameter] = out.get(f.parameter, 1.0) * run.values[f.signal]
    return out


def number(name: str, mechanism: str, role: str, target: str = "GABA_A_phasic") -> float:
    found = [a.value(role, target) for a in drug(name).actions if a.mechanism == mechanism and target in a.targets]
    assert found and found[0] is not None
    return found[0]


@pytest.mark.parametrize("place", ["receptor", "kinetic", "explicit", "tree"])
def test_an_agonist_an_antagonist_a_pore_blocker_and_a_modulator_at_once(place):
    """The agonist holds receptors in competition; what it opens the pore blocker closes, and the modulator raises its affinity."""
    doses = {"muscimol": 1.0, "gabazine": 0.4, "picrotoxin": 2.0, "diazepam": 0.05}
    z = doses["diazepam"] / number("diazepam", "positive_modulator", "potency")
    alpha = number("diazepam", "positive_modulator", "cooperativity")
    raised = 1.0 + (alpha - 1.0) * z / (1.0 + z)
    a = raised * doses["muscimol"] / number("muscimol", "agonist", "potency")
    b = doses["gabazine"] / number("gabazine", "competitive_antagonist", "potency")
    n = drug("picrotoxin").actions[0].value("hill", "GABA_A_phasic", 1.0)
    pore = 1.0 / (1.0 + (doses["picrotoxin"] / number("picrotoxin", "noncompetitive_antagonist", "potency")) ** n)
    found = factors(place, doses)
    assert found["gain_GABA_A"] == pytest.approx(pore / (1.0 + a + b), rel=1e-12)
    assert found["tonic_GABA_A"] == pytest.approx(a / (1.0 + a + b) * pore, rel=1e-6)


def test_agonists_at_different_sites_never_hold_more_than_all_receptors():
    both = factors("receptor", {"muscimol": 1e3, "phenobarbital": 1e5})
    assert 0.9 < both["tonic_GABA_A"] <= 1.0


def test_an_inverse_agonist_opens_nothing_less_than_nothing(monkeypatch):
    monkeypatch.setattr(catalogue, "_loaded", catalogue._catalogue())  # as before afterwards
    am.compounds.add(
        am.compounds.Drug(
            id="inverse_test",
            name="inverse test",
            actions=(
                am.compounds.Action(
                    ("GABA_A_phasic",),
                    "inverse_agonist",
                    (
                        am.compounds.Measurement("Ki", "1 uM", role="potency"),
                        am.compounds.Measurement("efficacy", -0.5, role="efficacy"),
                    ),
                ),
            ),
        )
    )
    found = factors("receptor", {"inverse_test": 3.0})
    assert found["gain_GABA_A"] == pytest.approx(0.25) and "tonic_GABA_A" not in found
