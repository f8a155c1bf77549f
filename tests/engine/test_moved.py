"""Parameters that spikes and events change are states that begin at the parameter's value."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.equations.assigned import assigned

TEXT = """
dv/dt = (g_L*(E_L - v) + I + I_e)/C : mV
threshold v > V_th
reset v = E_L; V_th += step
event high v > -58*mV : g_L += 1e-3*nS
initial v = E_L
"""
VALUES = dict(g_L="10 nS", E_L="-65 mV", C="200 pF", I_e="300 pA", step="0.5 mV")


def moving(**more):
    return am.models.neuron("moving", TEXT, V_th="-50 mV", **VALUES, **more)


def network(model, **parameters):
    net = am.Network(seed=2)
    E = net.population("E", 40, model, **parameters)
    net.probe(E, "V_th", "g_L", every="1 ms", name="p")
    return net


def test_it_is_a_state_of_its_name(tmp_path):
    by_hand = TEXT.replace("initial", "V_th : mV; g_L : nS; initial V_th = V_T; initial g_L = g_0; initial")
    given = {k: v for k, v in VALUES.items() if k != "g_L"}
    other = am.models.neuron("by hand", by_hand, V_T="-50 mV", g_0="10 nS", **given)
    places = np.linspace(-55, -50, 40) * am.units.mV
    mine, its = network(moving(), V_th=places), network(other, V_T=places)
    run, expected = (n.run("100 ms", progress=False) for n in (am.Network.from_dict(mine.to_dict()), its))
    assert len(run.spikes["E"]) > 100 and run.spikes.hash() == expected.spikes.hash()
    for k in ("V_th", "g_L"):
        assert np.array_equal(run.probes["p"][k], expected.probes["p"][k])
    V_th, counts = run.probes["p"]["V_th"], np.bincount(run.spikes["E"].indices, minlength=40)
    assert np.allclose(V_th[0], places.magnitude) and np.abs(V_th[-1] - V_th[0] - 0.5 * counts).max() < 0.6
    assert run.probes["p"].units["V_th"] == "mV"


def test_it_is_read_and_set_while_it_runs(tmp_path):
    loop = network(moving()).loop()
    loop.advance("30 ms")
    names = [n for n in loop.settable() if n.startswith("E.V_th")]
    assert names == ["E.V_th"] and loop.settable()["E.V_th"].kind == "state" and loop.get("E.V_th").max() > -50
    loop.set("E.V_th", "-56 mV")
    loop.save(tmp_path / "a")
    again = network(moving()).loop(resume=tmp_path / "a")
    for sim in (loop, again):
        sim.advance("20 ms")
    assert loop.run().spikes.hash() == again.run().spikes.hash() and loop.get("E.V_th").min() > -56


def test_what_cannot_be_is_refused():
    net = am.Network()
    drugged = net.population("E", 5, moving(stands_for={"Nav": "g_L"}))
    P = net.population("P", 5, "poisson")
    net.synapses(P, drugged, receptor="AMPA", weight="1 nS", p=0.5)
    net.dose("tetrodotoxin", "10 nM")
    with pytest.raises(am.AmineError, match="the neuron's spikes change it"):
        net.run("1 ms", progress=False)
    with pytest.raises(am.AmineError, match="defined twice"):
        am.models.neuron("twice", TEXT + "V_th : mV", V_th="-50 mV", **VALUES).parsed  # noqa: B018


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("threshold v > 1  reset v = 0; a -= b", ("a",)),
        ("event up v > a: b *= 2; a = 1\ninitial v = 1", ("a", "b")),
        ("reset v = a == b\nx = a : 1", ()),
        ("reset v = 0\ninitial a = 1", ()),
        ("dv/dt = a : 1 # reset a = 1", ()),
    ],
)
def test_the_text_says_which(text, found):
    assert assigned(text, ["a", "b"]) == found
