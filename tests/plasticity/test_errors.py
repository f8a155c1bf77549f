"""Every mistake is one sentence that says where, what and how to mend it, and leaves the network as it was."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


@pytest.fixture
def net():
    net = am.Network(seed=1)
    net.population("P", 20, "poisson", rate="20 Hz")
    net.population("E", 10, "lif_cond")
    return net


def plastic(net, rule, **more):
    values = {"receptor": "AMPA", "weight": "0.5 nS", "connect": "all_to_all"} | more
    return net.synapses("P", "E", rule=rule, **values)


def says(*parts):
    return "(?s)" + ".*".join(parts)


TEXT = "dx/dt = -x/tau : 1 (source)\ndy/dt = -y/tau : 1 (target)\nw : nS in 0 nS .. 1 nS\n"


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("on pre y += 1", says("'y' belongs to the target", "a pre-spike does not own", "on post")),
        ("on post x += 1", says("'x' belongs to the source", "a post-spike does not own", "on pre")),
        ("on pre x += w/(1*nS)", says("reads 'w' of the synapse", "'x' belongs to the source")),
        ("on pre z += 1", says("does not set a state", "known are")),
        ("on pre w += x", says("wrong dimension", "expected nS")),
        ("on pre after x w += 1*nS", says("'after x' needs a parameter with a unit of time")),
        ("on pre w += import_os(1)", says("function 'import_os' is not known")),
        ("on pre w", says("write it as w \\+= ...")),
        ("what is this", says("this is not part of a rule")),
        ("dx/dt = 1/ms : 1", says("'x' is defined twice")),
        ("du/dt = -u*u/tau : 1 (source)", says("'u' of the source is not linear")),
        ("du/dt = -u/tau : 1 (axon)", says("'axon' is not a place of a state")),
    ],
)
def test_text(net, events, message):
    with pytest.raises(am.AmineError, match=message):
        plastic(net, am.plasticity.rule("mine", TEXT + events, tau="20 ms"))
    assert not net.projections


def test_a_rule_needs_a_weight():
    with pytest.raises(am.AmineError, match="a rule needs the weight w"):
        am.plasticity.rule("mine", "dx/dt = -x/tau : 1 (source)", tau="20 ms")


def test_a_gate_by_a_field_that_is_not_there(net):
    with pytest.raises(am.AmineError, match=says("'dopamine' is no field of this network", r"net.field\('dopamine'")):
        plastic(net, "reward_stdp")
    net.field("dopamin", removal="5 1/s")
    with pytest.raises(am.AmineError, match="did you mean 'dopamin'"):
        plastic(net, "reward_stdp")
    assert not net.projections


def test_a_calcium_rule_without_nmda_receptors_says_which_to_add(net):
    with pytest.raises(am.AmineError, match=says("'I_NMDA'", "no receptor 'NMDA'", 'receptors={..., "NMDA": weight}')):
        plastic(net, "calcium")
    assert not net.projections
    plastic(net, "calcium", receptor=None, weight=None, receptors={"AMPA": "0.5 nS", "NMDA": "0.1 nS"})


@pytest.mark.parametrize("weight", ["2 nS", "uniform('0 nS', '3 nS')", "lognormal('0.5 nS', '0.1 nS')"])
def test_weights_start_within_their_bounds(net, weight):
    with pytest.raises(am.AmineError, match=says("a weight starts outside the bounds", "expected 0..1 nS")):
        plastic(net, "stdp", weight=weight)
    assert not net.projections


def test_names_that_are_nearly_right(net):
    with pytest.raises(am.AmineError, match="did you mean 'stdp'"):
        plastic(net, "sdtp")
    with pytest.raises(am.AmineError, match="did you mean 'dendritic'"):
        plastic(net, "stdp", delay_kind="dendrtic")
    with pytest.raises(am.AmineError, match="did you mean 'w_max'"):
        am.plasticity.stdp(w_mx="1 nS")
    with pytest.raises(am.AmineError, match="parameter set 'V2' is not known"):
        am.plasticity.get("triplet", "V2")
    with pytest.raises(am.AmineError, match="none of its receptors"):
        plastic(net, "stdp", plastic="NMDA")
    with pytest.raises(am.AmineError, match="plastic= and delay_kind= are for synapses with a rule"):
        plastic(net, None, delay_kind="dendritic")
    assert not net.projections


def test_a_parameter_in_another_unit_than_the_weight(net):
    with pytest.raises(am.AmineError, match=says("parameter 'w_max'", "nS")):
        plastic(net, am.plasticity.stdp(w_max="1 pA"))
    assert not net.projections


def test_two_rules_with_one_state_of_the_target(net):
    both = {"receptor": None, "weight": None, "receptors": {"AMPA": "0.5 nS", "NMDA": "0.1 nS"}}
    plastic(net, "calcium", **both)
    with pytest.raises(am.AmineError, match="the targets have a state 'Ca' already"):
        plastic(net, am.plasticity.calcium(tau_Ca="30 ms"), name="second", **both)
    plastic(net, "calcium", name="third", **both)
    assert len(net.projections) == 2


def test_voltage_is_not_known_at_the_end_of_a_dendritic_delay(net):
    with pytest.raises(am.AmineError, match=says("not available with a dendritic delay", "axonal")):
        plastic(net, "clopath", delay_kind="dendritic")
    assert not net.projections


def test_weights_of_another_connectivity(net):
    s = plastic(net, "stdp")
    kept = net.run("10 ms", progress=False).weights(s)
    other = am.Network(seed=2)
    P, E = other.population("P", 20, "poisson", rate="20 Hz"), other.population("E", 10, "lif_cond")
    t = other.synapses(P, E, receptor="AMPA", weight="0.5 nS", p=0.5, rule="stdp")
    other.load_weights(t, kept)
    with pytest.raises(
        am.AmineError, match=says("the loaded weights belong to another connectivity", "given 200 synapses")
    ):
        other.run("10 ms", progress=False)


def test_loaded_weights_are_checked(net, tmp_path):
    from dataclasses import replace

    s = plastic(net, "stdp")
    kept = net.run("10 ms", progress=False).weights(s)
    bad = kept.weights.copy()
    bad[7] = np.nan
    with pytest.raises(am.AmineError, match=says("'w' is not a finite number", "nan at synapse 7")):
        net.load_weights(s, replace(kept, weights=bad))
    with pytest.raises(am.AmineError, match="a weight is outside the bounds"):
        net.load_weights(s, replace(kept, weights=kept.weights + 3))
    with pytest.raises(am.AmineError, match="another unit"):
        net.load_weights(s, replace(kept, unit="pA"))
    (tmp_path / "no.npz").write_text("no")
    with pytest.raises(am.AmineError, match="not a file of weights"):
        net.load_weights(s, tmp_path / "no.npz")
    with pytest.raises(am.AmineError, match="does not exist"):
        net.load_weights(s, tmp_path / "none.npz")
    assert s.start is None


def test_a_weight_that_is_no_number_any_more(net):
    rule = am.plasticity.rule(
        "wild",
        "w : nS\non pre w *= 1e30",
    )
    plastic(net, rule, name="wild", weight="1e-30 nS")
    with pytest.raises(
        am.AmineError,
        match=says(
            "Synapses 'wild', from neuron \\d+ to 0, variable 'w'|Population 'E'", "not a finite number at", "ms"
        ),
    ):
        net.run("2 s", progress=False)


def test_probes_of_weights(net):
    s = plastic(net, "stdp")
    with pytest.raises(am.AmineError, match="state 'e' is not one of the synapse"):
        net.probe_weights(s, "e")
    with pytest.raises(am.AmineError, match="this is no projection"):
        net.probe_weights("nothing")
    net.probe_weights(s, n=201)
    with pytest.raises(am.AmineError, match=says("fewer synapses", "at most 200")):
        net.run("10 ms", progress=False)


def test_weights_of_what_is_not_plastic(net):
    with pytest.raises(am.AmineError, match=says("not a plastic projection of the run", "give synapses a rule")):
        net.run("1 ms", progress=False).weights("P->E")
