"""What values parameters may take follows from what they do, whatever they are called; the voltage has the unit of its equation."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine import models, plasticity

RENAMED = ("T_m", "C", "zeta", "rate", "K")  # names that say something else, or nothing


@pytest.mark.parametrize("name", RENAMED)
def test_a_time_that_is_divided_by_is_positive_whatever_it_is_called(name):
    text = f"dv/dt = (E - v)/{name} + I/(1*ms*cap)*1*ms : mV\nthreshold v > E\nreset v = E\nrefractory rest"

    def make(**given):
        return models.neuron("own", text, **{"E": "-65 mV", "cap": "1 pF", "rest": "1 ms", name: "10 ms"} | given)

    assert make().parameters[name] == "10 ms"
    for wrong in (
        "-10 ms",
        "0 ms",
        am.normal("1 ms", "1 ms"),
        am.uniform("-1 ms", "1 ms"),
        np.array([1.0, 0.0]) * am.units.ms,
    ):
        with pytest.raises(am.AmineError, match=f"parameter '{name}'.*(positive|not allowed)"):
            make()(**{name: wrong})
    with pytest.raises(am.AmineError, match="parameter 'cap'.*positive"):
        make(cap="-1 pF")
    with pytest.raises(am.AmineError, match="parameter 'rest'.*not be negative"):
        make(rest="-1 ms")
    assert make(rest="0 ms") and make(E="0 mV")


def test_limits_can_be_declared():
    text = "dx/dt = (1 - x)/recovery : 1\npayload part*x\nafter spike x -= part*x\ninitial x = 1"
    own = models.release("own", text, part=0.5, recovery="300 ms", limits={"part": "share"})
    assert own(part=am.uniform(0.2, 0.6)) and models.find.from_dict(own.to_dict()) == own
    for wrong in (1.5, -0.1, "2", am.uniform(0.5, 1.5), am.normal(0.5, 0.1), [0.5, 1.5]):
        with pytest.raises(am.AmineError, match="parameter 'part'"):
            own(part=wrong)
    assert models.release("own", text, part=0.5, recovery="300 ms")(part=1.5), "nothing is known of it without"
    with pytest.raises(am.AmineError, match="parameter 'pat' is not known; did you mean 'part'"):
        models.release("own", text, part=0.5, recovery="1 ms", limits={"pat": "share"})
    with pytest.raises(am.AmineError, match="did you mean 'positive'"):
        models.release("own", text, part=0.5, recovery="1 ms", limits={"part": "positiv"})


def test_quanta_are_known_by_their_statement():
    text = "quanta sites, spread, renewal\nu = chance : 1\npayload u"
    own = models.release("own", text, sites=3, spread=0.2, renewal="10 ms", chance=0.5)
    assert own.quantal and own.quanta == ("sites", "spread", "renewal")
    for name, wrong in (("sites", 0), ("spread", -1), ("renewal", "0 ms")):
        with pytest.raises(am.AmineError, match=f"parameter '{name}'"):
            own(**{name: wrong})
    net = am.Network()
    E = net.population("E", 3, "lif_cond")
    with pytest.raises(am.AmineError, match="release, sites: the number of sites"):
        net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.5, release=own(sites=2.5))
    with pytest.raises(am.AmineError, match="say spread=0"):
        net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.5, release=own, detail="kinetic")


@pytest.mark.parametrize("name", models.names())
def test_every_extent_of_the_library_is_limited(name):
    """Each time constant, capacitance and size that a model of the library divides by."""
    model = models.get(name)
    for n, limit in model.all_limits.items():
        assert n in model.units and limit in ("positive", "nonnegative", "share")
    if model.kind in ("neuron", "receptor", "release"):
        times = [n for n, u in model.units.items() if u == "ms"]
        assert all(n in model.all_limits for n in times), times


def test_a_voltage_may_have_no_unit():
    net = am.Network(seed=1)
    own = models.neuron(
        "pure",
        "dv/dt = -v/tau + I/charge : 1\nthreshold v > one\nreset v = 0*one",
        tau="10 ms",
        charge="1 pA*ms",
        one=1,
    )
    N = net.population("N", 4, own, initial={"v": 0.5})
    P = net.population("P", 4, "poisson", rate="100 Hz")
    S = net.synapses(P, N, receptor="delta", weight=0.5, connect="one_to_one")
    assert S.receptors["delta"] == "0.5"
    net.poisson(N, rate="10 Hz", receptor="delta", weight=0.25)
    net.synapses(P, N, receptor="exc", weight="1 pA", p=0.5)
    for wrong in ("0.5 mV", "0.5 nS"):
        with pytest.raises(am.AmineError, match="wrong dimension"):
            net.synapses(P, N, receptor="delta", weight=wrong, p=0.5)
        with pytest.raises(am.AmineError, match="wrong dimension"):
            net.population(f"M{wrong[4]}", 4, own, initial={"v": wrong})
    for label in ("AMPA", "GABA_A", "NMDA"):
        with pytest.raises(am.AmineError, match=f"receptor '{label}' reads the voltage in mV"):
            net.synapses(P, N, receptor=label, weight="1 nS", p=0.5)
    assert am.Network.from_dict(net.to_dict()) == net
    run = net.run("20 ms", progress=False, precision="float64")
    assert run.complete


def test_in_millivolt_as_ever():
    net = am.Network()
    E = net.population("E", 3, "lif")
    assert net.synapses(E, E, receptor="delta", weight="0.5 mV", p=0.5).receptors["delta"] == "0.5 mV"
    with pytest.raises(am.AmineError, match="unit is missing"):
        net.synapses(E, E, receptor="delta", weight=0.5, p=0.5)


@pytest.mark.parametrize("receptor, unit", [("AMPA", "nS"), ("exc", "pA"), ("delta", "mV")])
def test_the_unit_weight_is_that_of_the_receptor(receptor, unit):
    rule = plasticity.rule("own", "on pre w += step\nw : weight in 0*top .. top", step=f"0.1 {unit}", top=f"5 {unit}")
    net = am.Network()
    E, P = net.population("E", 3, "lif"), net.population("P", 3, "poisson")
    s = net.synapses(P, E, receptor=receptor, weight=f"1 {unit}", p=0.5, rule=rule)
    assert s.plasticity is rule
    other = {"nS": "exc", "pA": "delta", "mV": "AMPA"}[unit]
    with pytest.raises(am.AmineError):
        weight = {"exc": "1 pA", "delta": "1 mV", "AMPA": "1 nS"}[other]
        net.synapses(P, E, receptor=other, weight=weight, p=0.5, rule=rule, name="other")
