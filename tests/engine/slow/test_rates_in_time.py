"""Doses that change in time at the rates of schemes: explicit synapses follow them, what cannot follow is named."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import amine as am
from amine.engine.resolve.resolved import resolve

MS = am.units.ms
RUN = {"progress": False}


@pytest.mark.parametrize("name", ["GABA_A_two_state", pytest.param("GABA_A_desensitizing", marks=pytest.mark.validate)])
def test_a_benzodiazepine_washed_in_slows_the_rates_of_explicit_synapses(name):
    """As without it before, as with a bath from the start long after, and the same for any chunks; in between it follows the dose."""
    model, spikes = am.models.get(name), np.arange(2.0, 290.0, 24.0)

    def conductance(dose, **given):
        net = am.Network()
        S = net.population("S", 1, "spike_list", times=spikes * MS, indices=np.zeros(len(spikes)))
        E = net.population("E", 2, "lif_cond", receptors={"GABA_A": model})
        net.synapses(S, E, receptors={"GABA_A": "1 nS"}, connect="all_to_all", detail="explicit")
        net.probe(E, "g_GABA_A", every="1 ms", name="g")
        net.dose("diazepam", dose)
        return np.asarray(net.run("300 ms", precision="float64", **RUN, **given).probes["g"]["g_GABA_A"])[:, 0]

    none, full = conductance("0 uM"), conductance("1 uM")
    late = conductance(am.bath("1 uM", start="150 ms"))
    np.testing.assert_array_equal(late[:150], none[:150])
    np.testing.assert_allclose(late[260:], full[260:], rtol=2e-3, atol=1e-3 * full.max())
    rising = am.dose_ramp("0 uM", "0.1 uM", "0 ms", "300 ms")
    slow = conductance(rising)
    ratios = [float(slow[a : a + 24].sum() / none[a : a + 24].sum()) for a in range(2, 270, 24)]
    assert ratios[0] < 1.1 and np.all(np.diff(ratios) > 0.0) and ratios[-1] > 1.4
    np.testing.assert_array_equal(slow, conductance(rising, chunk="7.3 ms"))


@pytest.mark.parametrize("detail", ["kinetic", "explicit"])
def test_what_cannot_follow_is_named(detail):
    net = am.Network()
    S, E = net.population("S", 1, "poisson", rate="10 Hz"), net.population("E", 2, "lif_cond")
    net.synapses(S, E, receptor="GABA_A", weight="1 nS", connect="all_to_all", detail=detail)
    net.dose("diazepam", am.oral("10 mg", metabolites=False))
    if detail == "explicit":
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            resolve(net)
        return
    with pytest.warns(
        am.AmineWarning, match="change the tau_decay of 'GABA_A' on 'E', whose rates no dose that changes"
    ):
        resolve(net)
