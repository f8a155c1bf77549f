"""Descriptions of synapses that come and go: what is said, saved and refused."""

import pytest

import amine as am


def described(**rule):
    net = am.Network(seed=1)
    cell = am.models.elements("lif", axon=("0.001/ms", 0.0, 0.05), dendrite=("0.001/ms", 0.0, 0.05))
    places = am.space.grid(4, spacing="50 um") if rule.pop("placed", False) else None
    E = net.population("E", 4, cell, positions=places)
    syn = net.synapses(E, E, receptor="exc", weight="20 pA", p=0.5, delay="1.5 ms", name="syn")
    return net, syn, net.rewire(syn, **{"every": "10 ms", **rule})


RULES = [
    {"remove": "w < 1 pA and age > 5 ms", "grow": "replace", "weight": am.uniform("1 pA", "5 pA")},
    {"grow": 7, "p": "exp(-d/(100 um))*int(Ca_post < 0.1)", "placed": True},
    {"grow": "all", "p": 0.25, "weight": "3 pA*exp(-d/(50 um))", "placed": True},
    {"elements": ("axon", "dendrite"), "decay": 0.1},
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rewiring_is_saved_and_described(rule):
    net, syn, made = described(**rule)
    again = am.Network.from_dict(net.to_dict())
    assert again == net and again.hash() == net.hash() and syn.rewiring is made
    assert str(made) in net.describe() and again.projections[0].rewiring == made


REFUSED = [
    ({}, "nothing vanishes and nothing appears"),
    ({"remove": "w < 3 mV"}, "different dimension"),
    ({"remove": "w"}, "wrong dimension"),
    ({"remove": 1.5}, "outside 0..1"),
    ({"remove": "ca_post < 1"}, "'ca_post' is not known; did you mean 'Ca_post'"),
    ({"grow": "all", "p": "w < 3 pA"}, "'w' is not known"),
    ({"grow": "all", "p": "2"}, "outside 0..1"),
    ({"grow": "al"}, "did you mean 'all'"),
    ({"grow": 0}, "out of range"),
    ({"grow": 3, "elements": ("axon", "dendrite")}, "leave grow= out"),
    ({"elements": ("axon", "dendrites")}, "no state 'dendrites'; did you mean 'dendrite'"),
    ({"elements": ("axon", "v")}, "'v' is no number"),
    ({"elements": ("axon", "tau_m")}, "'tau_m' is no number"),
    ({"grow": "all", "decay": 0.1}, "leave decay= out"),
    ({"grow": "all", "every": "0.15 ms"}, "multiple of the time step"),
    ({"grow": "all", "weight": "1 nS"}, "wrong dimension"),
    ({"grow": "all", "weight": [1, 2] * am.units.pA}, "order of synapses"),
    ({"grow": "all", "weight": {"inh": "1 pA"}}, "none of its receptors"),
]


@pytest.mark.parametrize(("rule", "said"), REFUSED)
def test_what_cannot_be_obeyed_is_refused(rule, said):
    with pytest.raises(am.AmineError, match=said.replace("?", "\\?").replace("(", "\\(")):
        described(**rule)


def test_projections_that_cannot_come_and_go_are_refused():
    net = am.Network(seed=1)
    E = net.population("E", 4, am.models.elements("lif", axon=("0.001/ms", 0.0, 0.05)))
    pairs = ([0, 1], [1, 2])

    def refused(said, rewired="syn", rule=None, **options):
        net.synapses(E, E, receptor="exc", name=options.pop("name"), **{"weight": "1 pA", "pairs": pairs, **options})
        with pytest.raises(am.AmineError, match=said):
            net.rewire(rewired or net.projections[-1], every="10 ms", **(rule or {"grow": "all"}))

    refused("no delay", rewired="late", name="late", delay=[1, 2] * am.units.ms)
    refused("give weight= for new ones", rewired="own", name="own", weight=[1, 2] * am.units.pA)
    refused("what these synapses are doing", rewired="quanta", name="quanta", release="quantal")
    refused("this is no projection", rewired="sin", name="syn")
    net.rewire("syn", every="10 ms", elements=("axon", "axon"), decay=0.1)
    refused("has a rule of rewiring already", name="once")
    refused("same elements with another decay", rewired="two", name="two", rule={"elements": ("axon", "axon")})


def test_elements_need_a_neuron_that_can_have_them():
    for given, said in [
        ({}, "no elements are named"),
        ({"axon": ("1/ms", 0.0, 0.0)}, "eta and eps are equal"),
        ({"v": ("1/ms", 0.0, 1.0)}, "has a 'v' already"),
        ({"axon": ("1/ms", 0.0)}, "no growth curve"),
        ({"axon": ("3 mV", 0.0, 1.0)}, "wrong dimension"),
    ]:
        with pytest.raises(am.AmineError, match=said):
            am.models.elements("lif", **given)
