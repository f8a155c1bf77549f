"""Options of connections are obeyed or refused, never dropped; neurons are selected as arrays are."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import amine as am
from amine.engine.build.connectivity.build import pairs_of as drawn_pairs
from amine.engine.build.connectivity.spec import ProjectionSpec
from amine.engine.resolve.streams import Stream
from amine.network.parts import Group, View
from amine.network.pattern import placed

um = am.units.um
N = 6


def base() -> am.Network:
    net = am.Network(seed=3)
    net.population("E", N, "lif_cond", positions=np.arange(N) * um)
    net.population("F", N, "lif_cond", positions=np.arange(N) * um)
    tree = am.models.cable(am.morphology.ball_and_stick(segments=3), {"*": ["leak"]})
    net.population("T", N, tree, positions=np.arange(N) * um)
    net.population("P", N, "poisson", positions=np.arange(N) * um)
    return net


PATTERNS = {
    "p": dict(p=0.7),
    "p of one": dict(p=1.0),
    "indegree": dict(indegree=4),
    "outdegree": dict(outdegree=4),
    "total": dict(total=20),
    "pairs": dict(pairs=([0, 1, 1, 2], [1, 2, 2, 2])),
    "pairs apart": dict(pairs=([0, 1, 2], [1, 2, 3])),
    "one_to_one": dict(connect="one_to_one"),
    "all_to_all": dict(connect="all_to_all"),
    "distance": dict(distance=am.box("3 um", 0.9)),
    "region": dict(distance=0.8 * am.space.box("6 um")),
    "indegree by distance": dict(indegree=4, distance=am.gaussian("3 um")),
    "outdegree by distance": dict(outdegree=4, distance=am.box("9 um")),
    "nearest": dict(nearest=3),
}


@pytest.mark.parametrize("pattern, other", list(itertools.product(PATTERNS, (False, True))))
def test_autapses_and_multapses_are_obeyed_or_refused(pattern, other):
    """Against the pairs that are drawn: no neuron on itself, no pair twice, where that was said."""
    for autapses, multapses in itertools.product((True, False), repeat=2):
        net = base()
        target = "F" if other else "E"
        try:
            s = net.synapses(
                "E", target, receptor="AMPA", weight="1 nS", autapses=autapses, multapses=multapses, **PATTERNS[pattern]
            )
        except am.AmineError as e:
            assert "autapses=False" in str(e) or "multapses=False" in str(e) or "without multapses" in str(e)
            i, j = PATTERNS[pattern].get("pairs", (range(N), range(N)))
            has_own = not other and any(a == b for a, b in zip(i, j, strict=True))
            twice = len(set(zip(i, j, strict=True))) < len(list(i))
            assert (has_own and not autapses) or (twice and not multapses)
            continue
        i, j = pairs_of(net, s)
        assert len(i)
        if not autapses and not other:
            assert (i != j).all()
        if not multapses:
            assert len({*zip(i.tolist(), j.tolist(), strict=True)}) == len(i)


def pairs_of(net: am.Network, s) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of a projection as the engine draws them."""
    (a,), (b,), value = s.source.views(), s.target.views(), s.pattern.value
    spec = ProjectionSpec(
        s.name, Stream(net.seed, "test"), (a.start, a.step, a.n), (b.start, b.step, b.n), s.pattern.kind, value, a.population == b.population,
        s.autapses, s.multapses, 0, 64, (0, 64), 1.0, 1, placed=placed(net, s.pattern, a, b, "here"),
    )  # fmt: skip
    return drawn_pairs(spec, N, net.dt)[:2]


PLACED = {
    "synapses, source": lambda net, at: net.synapses(at, "E", receptor="AMPA", weight="1 nS", p=0.5),
    "field, released_by": lambda net, at: net.field("dopamine", released_by=at, removal="1 1/s"),
    "field, regions": lambda net, at: net.field("dopamine", regions={"a": at}),
    "modulate": lambda net, at: net.modulate(at, receptor="D1", acts_on="V_th", maximum=1.1),
}


@pytest.mark.parametrize("door", PLACED)
def test_a_place_that_means_nothing_is_refused(door):
    net = base()
    before = net.to_dict()
    with pytest.raises(am.AmineError, match=r"not a place on them \(given T at dendrite\(1\)\).*without .at"):
        PLACED[door](net, net.populations["T"].at("dendrite(1)"))
    assert net.to_dict() == before


DROPPED = {
    "plastic without rule": (lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, plastic="AMPA"), "for synapses with a rule"),
    "delay_kind without rule": (lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, delay_kind="dendritic"), "for synapses with a rule"),
    "weight beside receptors": (lambda n: n.synapses("P", "E", receptors={"AMPA": "1 nS"}, weight="2 nS", p=0.5), "weight= is for one receptor="),
    "cleft on filters": (lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, cleft="clearance"), "filters have no cleft"),
    "minis on schemes": (lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, detail="explicit", minis="1 Hz"), "needs linear filters"),
    "two patterns": (lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, connect="all_to_all"), "one pattern"),
    "gap to itself": (lambda n: n.gap_junctions("E", "E", conductance="1 nS", pairs=([0], [0])), "with itself"),
    "gap one to one": (lambda n: n.gap_junctions("E", "E", conductance="1 nS", connect="one_to_one"), "with itself"),
    "gap values": (lambda n: n.gap_junctions("E", "E", conductance=np.ones(3) * am.units.nS, p=0.5), "needs a given order of synapses"),
    "gap overlap": (lambda n: n.gap_junctions(n.populations["E"][:4], n.populations["E"][2:], conductance="1 nS", total=5), "without common"),
    "gap delay": (lambda n: n.gap_junctions("E", "E", conductance="1 nS", p=0.5, delay="1 ms"), r"net.gap_junctions\(\)"),
    "spacing without grid": (lambda n: n.field("x", spacing="10 um"), "this is for a grid"),
    "diffusion without grid": (lambda n: n.field("x", diffusion="1 um**2/ms"), "this is for a grid"),
    "origin without grid": (lambda n: n.field("x", origin=["0 um"]), "this is for a grid"),
    "exchange without regions": (lambda n: n.field("x", exchange="1 1/s"), "no regions to mix"),
    "release without neurons": (lambda n: n.field("x", release="1 nM"), "nothing releases it"),
    "regions and grid": (lambda n: n.field("x", regions={"a": "E"}, grid=(2,), diffusion="1 um**2/ms"), "both regions and a grid"),
    "no such option": (lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", probability=0.5), r"net.synapses\(\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", DROPPED)
def test_options_that_do_not_apply_are_refused(case):
    call, words = DROPPED[case]
    net = base()
    before = net.to_dict()
    with pytest.raises(am.AmineError, match=words) as e:
        call(net)
    assert "\n" not in str(e.value) and net.to_dict() == before


WRONG = {
    "p an array": lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=[0.1, 0.2]),
    "p a truth": lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=True),
    "receptors a list": lambda n: n.synapses("P", "E", receptors=["AMPA"], p=0.5),
    "receptors of a population": lambda n: n.population("X", 2, "lif", receptors=["exc"]),
    "initial a list": lambda n: n.population("X", 2, "lif", initial=["v"]),
    "autapses a word": lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, autapses="no"),
    "NUL in a name": lambda n: n.population("a\0b", 2),
    "newline in a name": lambda n: n.population("ab\n", 2),
    "NUL in a projection": lambda n: n.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.5, name="\0"),
    "NUL in a field": lambda n: n.field("a\0"),
    "NUL in a probe": lambda n: n.probe("E", "v", name="a\0"),
    "a variable that is none": lambda n: n.probe("E", 3),
    "step of an array": lambda n: am.step(np.ones(N) * am.units.pA),
    "ramp of an array": lambda n: am.ramp("0 pA", ["1 pA", "2 pA"], "0 ms", "1 ms"),
    "sine of an array": lambda n: am.sine(["1 pA", "2 pA"], "1 Hz"),
    "start of an array": lambda n: am.step("1 pA", start=["1 ms", "2 ms"]),
    "kernel of an array": lambda n: am.gaussian(["1 um", "2 um"]),
    "p_max of an array": lambda n: am.gaussian("1 um", [0.1, 0.2]),
    "level of an array": lambda n: n.field("x", tonic=["1 uM", "2 uM"]),
    "maximum of an array": lambda n: n.modulate("E", receptor="D1", acts_on="V_th", maximum=[1.0, 2.0]),
    "every of an array": lambda n: n.probe("E", "v", every=["1 ms", "2 ms"]),
    "a refractory time beyond counting": lambda n: n.population("X", 2, "lif", t_ref="2.2e8 ms"),
    "a network's name as dt": lambda n: am.Network(dt=["0.1 ms"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_kinds_of_values_are_refused_in_a_sentence(case):
    net = base()
    before = net.to_dict()
    with pytest.raises(am.AmineError) as e:
        WRONG[case](net)
    assert "\n" not in str(e.value) and net.to_dict() == before


def test_delays_of_one_step_in_single_precision():
    for dt in (0.1, 0.025, 0.7, 0.3):
        net = am.Network(dt=f"{dt} ms")
        P, E = net.population("P", 3, "poisson"), net.population("E", 3, "lif", t_ref="0 ms")
        net.synapses(
            P, E, receptor="exc", weight="1 pA", connect="one_to_one", delay=np.full(3, dt, np.float32) * am.units.ms
        )


@pytest.mark.parametrize(
    "time, warned", [("0.25 ms", True), ("0.3 ms", False), ("0 ms", False), ("10.04 ms", False), ("0.04 ms", True)]
)
def test_rounding_a_time_is_warned_of_at_the_line_that_gave_it(time, warned):
    net = am.Network()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        E = net.population("E", 2, "lif", t_ref=time)
        if am.units.to_internal(time, "ms", "") >= 0.1:
            net.synapses(E, E, receptor="exc", weight="1 pA", p=0.5, delay=time)
    assert [w.filename for w in found] == [__file__] * len(found)
    assert bool(found) == warned and all("rounded to" in str(w.message) for w in found)


def test_selecting():
    net = base()
    E, F = net.populations["E"], net.populations["F"]
    assert E[2:6][1:3] == View("E", 3, 5) and E[::2][1:] == View("E", 2, 6, 2) and E[::2][::2] == View("E", 0, 6, 4)
    assert E[[1, 3, 5]] == View("E", 1, 6, 2) and E[-1] == View("E", 5, 6) and E[1:][0] == View("E", 1, 2)
    for key in ([1, 3, 4], np.array([1, 3, 4]), np.isin(np.arange(N), [1, 3, 4])):
        assert E[key].numbers().tolist() == [1, 3, 4]
    assert E[[4, 1]].numbers().tolist() == [4, 1]
    both = E + F
    assert [str(v) for v in both[4:8]] == ["E[4:6]", "F[0:2]"]
    rng = np.random.default_rng(1)
    for _ in range(200):
        n = int(rng.integers(1, N + 1))
        picked = rng.permutation(N)[:n]
        found = E[picked]
        assert np.concatenate([np.arange(v.start, v.stop, v.step) for v in found.views()]).tolist() == picked.tolist()
        a, b = sorted(rng.integers(0, N + 1, 2))
        if b - a:
            within = E[a:b][:: rng.integers(1, 3)]
            assert len(range(within.start, within.stop, within.step)) == within.n
    for wrong in ("a", [], [0, 0], [N], [-N - 1], 1.5, [1.5], None, (1, 2.5), True, [True], np.ones((2, 2), int), slice(3, 3), slice(None, None, -1), slice("a", None)):  # fmt: skip
        with pytest.raises(am.AmineError, match="Population 'E'") as e:
            E[wrong]
        assert "\n" not in str(e.value)


def test_selected_neurons_are_connected_probed_and_driven():
    net = base()
    E, P = net.populations["E"], net.populations["P"]
    some = E[[1, 3, 4]]
    assert isinstance(some, Group)
    s = net.synapses(P[[0, 2, 3]], some, receptor="AMPA", weight="1 nS", pairs=([0, 1, 2], [2, 1, 0]), rule="stdp")
    assert [x.tolist() for x in s.pattern.value] == [[0, 2, 3], [4, 3, 1]]
    s = net.synapses(P[[0, 2, 3]], some, receptor="AMPA", weight=np.arange(3) * am.units.nS, connect="one_to_one")
    assert [x.tolist() for x in s.pattern.value] == [[0, 2, 3], [1, 3, 4]]
    net.synapses("P", some, receptor="AMPA", weight="1 nS", indegree=2)
    net.poisson(some, rate=[1.0, 2.0, 3.0] * am.units.Hz, receptor="AMPA", weight="1 nS")
    for call in (
        lambda: net.synapses(some, "F", receptor="AMPA", weight="1 nS", indegree=2),
        lambda: net.synapses("P", some, receptor="AMPA", weight="1 nS", outdegree=2),
        lambda: net.synapses("P", some, receptor="AMPA", weight="1 nS", total=2),
        lambda: net.synapses("P", some, receptor="AMPA", weight="0.5 nS", p=0.5, rule="stdp", name="x"),
        lambda: net.probe(some, "v"),
        lambda: net.gap_junctions(some, some, conductance="1 nS", p=0.5),
    ):
        with pytest.raises(am.AmineError, match="make one call for each"):
            call()
    assert am.Network.from_dict(net.to_dict()) == net


@pytest.mark.parametrize(
    ("equations", "words"),
    [
        ("dv/dt = -v/tau : 1", "the voltage of 'X' has another unit"),
        ("dv/dt = -v/tau : mV", "have no I that takes the current"),
        ("dx/dt = -x/tau : 1", "has no voltage"),
    ],
)
def test_gap_junctions_where_no_current_flows_are_refused(equations, words):
    net = am.Network()
    X = net.population("X", 2, am.models.neuron("x", equations, tau="10 ms"))
    with pytest.raises(am.AmineError, match=words):
        net.gap_junctions(X, X, conductance="1 nS", p=1.0)
    assert not net.electrical


def test_sources_receive_nothing():
    net = am.Network()
    for model, values in (("poisson", {"rate": "1 Hz"}), ("spike_list", {"times": ["1 ms"], "indices": [0]})):
        with pytest.raises(am.AmineError, match="receptors: a source of spikes receives nothing"):
            net.population("P", 2, model, receptors={"AMPA": "AMPA"}, **values)
    assert not net.populations


def test_sums_and_places_of_slices():
    net = am.Network()
    E, I = net.population("E", 4, "lif"), net.population("I", 2, "lif")
    assert sum([E, I[:1]]).numbers().tolist() == [0, 1, 2, 3, 0]
    for other in (1, "I", None, [I]):
        for act in (lambda other=other: E + other, lambda other=other: other + E[:2]):
            with pytest.raises((am.AmineError, TypeError), match="holds no neurons|concatenate"):
                act()
    for x in (E[:2], E + I):
        with pytest.raises(am.AmineError, match=r"E.at\('dendrite'\)\[...\]"):
            x.at("dendrite")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net: net.run("1 ms", thread=2), "unexpected keyword argument 'thread'; did you mean 'threads'"),
        (lambda net: net.run("1 ms", 2), "too many positional"),
        (lambda net: net.save("x", overwrite="no"), "save, overwrite: this cannot be used"),
        (lambda net: net.loop(keeep=False), "did you mean 'keep'"),
        (lambda net: net.save("x", overwrit=True), "did you mean 'overwrite'"),
        (lambda net: net.save(3), "save, path: this cannot be used"),
        (lambda net: net.estimate(64), "estimate, precision: this cannot be used"),
        (lambda net: net.to_module(input=[]), "did you mean 'inputs'"),
        (lambda net: am.Network.load(), "missing a required argument: 'path'"),
        (lambda net: am.Network(sed=1), "did you mean 'seed'"),
        (lambda net: am.Network(name=["a"]), "name: this is not text"),
        (lambda net: setattr(net, "name", 3), "name: this is not text"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_a_network_are_named(call, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(am.AmineError, match=words):
        call(am.Network())


def test_rounding_a_time_of_an_array_is_warned_of():
    net = am.Network()
    with pytest.warns(am.errors.AmineWarning, match=r"'t_ref': it is rounded to 0.3 ms.*given 0.25 ms.*give multiples"):
        E = net.population("E", 3, "lif", t_ref=[1.0, 2.0, 0.25] * am.units.ms)
    with pytest.warns(am.errors.AmineWarning, match="delay: it is rounded to 1.3 ms"):
        net.synapses(E, E, receptor="exc", weight="1 pA", connect="one_to_one", delay=[1, 1.25, 1.25] * am.units.ms)
    net.population("F", 3, "lif", t_ref=[10.04, 2.0, 0.0] * am.units.ms)
