"""Release models of a user's own with values that differ between synapses: equations decide, not names."""

import numpy as np
import pytest

import amine as am

DEPRESSION = """
dr/dt = (1 - r)/slow : 1
da/dt = -a/quick : 1
on spike a += share*(1 - a)
payload a*r
after spike r -= a*r
initial r = 1
initial a = 0
"""


def released(release, targets=400, trains=(5.0, 25.0, 45.0)):
    """[spike, synapse] weight with which each spike of one neuron arrives."""
    net = am.Network(seed=2)
    S = net.population("S", 1, "spike_list", times=np.array(trains) * am.units.ms, indices=np.zeros(len(trains)))
    P = net.population(
        "P", targets, "lif_cond", V_th="1e6 mV", receptors={"x": am.models.get("exponential")(tau="1e9 ms")}
    )
    net.synapses(S, P, receptors={"x": "1 nS"}, connect="all_to_all", release=release)
    probe = net.probe(P, "g_x")
    g = np.asarray(net.run("60 ms", progress=False, precision="float64").probes[probe.name]["g_x"])
    return np.stack([g[round(10 * t) + 20] - g[round(10 * t) - 20] for t in trains])


def test_an_own_release_model_differs_between_synapses():
    """Under names of its own, and by its own equations: as for one value, synapse by synapse."""
    own = am.models.release("mine", DEPRESSION, share="0.5", slow="300 ms", quick="40 ms")
    w = released(own(share=am.uniform("0.2", "0.6")))
    assert w[0].std() > 0.05 and w[0].min() > 0.19 and w[0].max() < 0.61
    share = w[0]  # the first spike releases this part
    a, r = share, 1.0 - share
    for k in (1, 2):
        a, r = a * np.exp(-20 / 40), 1.0 - (1.0 - r) * np.exp(-20 / 300)
        a = a + share * (1.0 - a)
        np.testing.assert_allclose(w[k], a * r, rtol=2e-3)
        r = r - a * r


def test_a_release_model_is_not_known_by_the_names_of_its_parameters():
    """One that has the names of tsodyks_markram but other equations runs by its own."""
    text = "dx/dt = (1 - x)/tau_rec : 1\npayload U*x*x\nafter spike x -= U*x/(1 + tau_facil/tau_rec)\ninitial x = 1"
    own = am.models.release("other", text, U="0.5", tau_rec="300 ms", tau_facil="300 ms")
    w = released(own(U=am.uniform("0.2", "0.6")))
    x = 1.0 - (1.0 - (1.0 - w[0] / 2)) * np.exp(-20 / 300)
    np.testing.assert_allclose(w[1], w[0] * x * x, rtol=2e-3)


def test_quanta_have_names_of_their_own():
    text = "quanta places, spread, back\npayload chance"
    own = am.models.release("mine", text, places="3", spread="0", back="0.001 ms", chance="0.3")
    w = released(own(chance=am.uniform("0.1", "0.9")), targets=3000, trains=(5.0,))[0]
    assert set(np.unique(np.round(w, 3))) == {0.0, 1.0, 2.0, 3.0}
    assert w.mean() == pytest.approx(1.5, abs=0.1)
