"""Shapes, compartments, places, files, reduction and pictures."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am
from amine.morphology import Branch, Morphology

PYRAMID = "soma 20 um; 3 basal 150 um 2 um to 1 um segments 3; apical 400 um 4 um to 2 um segments 5; 2 tuft 200 um 1 um segments 3"


def test_area_and_resistance_of_cones_are_exact():
    b = Branch("d", "dendrite", [[0, 0, 0, 4.0], [100, 0, 0, 2.0], [150, 0, 0, 2.0]], segments=7)
    c = Morphology((b,)).compartments()
    assert c.area.sum() == pytest.approx(math.pi * 3 * math.hypot(100, 1) + math.pi * 2 * 50)
    total = 100 / (math.pi * 2 * 1) + 50 / (math.pi * 1)
    ends = (150 / 14) / (math.pi * 2 * (2 - 150 / 14 / 100)) + (150 / 14) / math.pi  # halves of the first and the last
    assert c.resistance.sum() == pytest.approx(total - ends)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 4), st.floats(0.5, 10.0), st.floats(10.0, 500.0))
def test_compartments_of_any_tree(n, number, width, length):
    cell = am.morphology.tree(
        f"soma 15 um; apical {length:.3f} um {width:.3f} um segments {n}; {number} tuft 80 um 1 um to 0.5 um segments {n}"
    )
    c = cell.compartments()
    assert (c.parent[1:] < np.arange(1, len(c))).all() and c.parent[0] == -1
    assert c.area.sum() == pytest.approx(cell.area) and (c.resistance[1:] > 0).all()
    assert (np.diff(c.distance[list(c.at("apical"))]) > 0).all()
    assert len(c.real) == 1 + n + number * n
    again = Morphology.from_dict(cell.to_dict())
    assert again == cell
    Z = am.morphology.impedance(c)
    assert np.allclose(Z, Z.T, rtol=1e-10) and (np.diag(Z)[:, None] >= Z - 1e-15).all()


def test_d_lambda_rule():
    """As NEURON's: an odd number, segments of at most a tenth of the length constant at 100 Hz."""
    c = am.morphology.cylinder("1 mm", "1 um").compartments(R_a="100 Ohm cm", C_m="1 uF/cm2")
    lam = 1e5 * math.sqrt(1.0 / (4 * math.pi * 100 * 100 * 1))
    assert len(c) == int((1000 / (0.1 * lam) + 0.9) / 2) * 2 + 1
    assert len(am.morphology.cylinder("1 mm", "1 um").compartments(longest="5 um")) >= 200


def test_places():
    c = am.morphology.tree(PYRAMID).compartments()
    assert c.at("soma") == (0,) and len(c.at("basal")) == 9 and len(c.at("tuft[1]")) == 3
    assert set(c.at("dendrite")) == set(c.at("*")) - {0}
    assert set(c.at("basal + tuft")) == set(c.at("basal")) | set(c.at("tuft")) == set(c.at(["basal", "tuft"]))
    assert c.label(c.at("apical(0.5)")[0]) == "apical(0.5)"
    near = c.at("dendrite", ("0 um", "100 um"))
    assert near and all(c.distance[i] <= 100 for i in near)
    assert near == c.at("dendrite", "0 um .. 100 um")


@pytest.mark.parametrize(
    ("place", "distance", "words"),
    [
        ("tufft", None, "did you mean 'tuft'"),
        ("apical(1.5)", None, "outside the tree"),
        (99, None, "outside the tree"),
        ([], None, "outside the tree"),
        (1, None, "outside the tree"),  # where branches meet there is no membrane
        (3.5, None, "not a place"),
        ("tuft", ("0 um", "10 um"), "no compartment lies at this distance"),
        ("tuft", ("10 um", "5 um"), "ends before it begins"),
        ("tuft", "10", "not a span"),
    ],
)
def test_places_that_are_not_there(place, distance, words):
    with pytest.raises(am.AmineError, match=words):
        am.morphology.tree(PYRAMID).compartments().at(place, distance)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: am.morphology.tree("apical 400 um 3 um"), "the soma is missing"),
        (lambda: am.morphology.tree("soma 20 um; apical 400 um"), "not a part of a tree"),
        (lambda: am.morphology.tree("soma 20 um; tuft 400 um 2 um from apicol"), "no part 'apicol'"),
        (lambda: am.morphology.tree(soma="20 um", apical=("400 um",)), "size of a cable"),
        (lambda: am.morphology.tree(soma="20 um", apical=("400 um", "-3 um")), "must be positive"),
        (lambda: am.morphology.ball_and_stick(soma="20 mV"), "wrong dimension"),
        (lambda: am.morphology.cylinder("500 um", "2 um", segments=0), "number of segments"),
        (lambda: Branch("d", "dendrite", [[0, 0, 0, 1], [10, 0, 0, -1]]), "diameter must be positive"),
        (lambda: Branch("d", "dendrite", [[0, 0, 0, 1], [0, 0, 0, 1]]), "no length"),
        (lambda: Branch("d", "dendrite", [[0, 0, math.nan, 1], [0, 0, 0, 1]]), "not finite"),
        (lambda: Morphology(()), "no branches"),
        (lambda: Morphology((Branch("d", "dendrite", [[0, 0, 0, 1], [9, 0, 0, 1]]),) * 2), "is taken"),
        (
            lambda: Morphology(
                (Branch("a", "soma", [[0, 0, 0, 1], [9, 0, 0, 1]]), Branch("b", "x", [[0, 0, 0, 1], [9, 0, 0, 1]], 5))
            ),
            "not connected",
        ),
        (lambda: am.morphology.cylinder("1 mm", "2 um").compartments(d_lambda=1e-7), "too many compartments"),
    ],
)
def test_bad_shapes(make, words):
    with pytest.raises(am.AmineError, match=words):
        make()


def test_slips_of_units_are_noticed():
    with pytest.warns(am.AmineWarning, match="are the units micrometres"):
        am.morphology.point("2 cm")
    with pytest.warns(am.AmineWarning, match="too small for a neuron"):
        am.morphology.point("20 nm")


SWC = """# a neuron
1 1 0 0 0 10 -1
2 3 10 0 0 1.0 1
3 3 60 0 0 1.0 2
4 3 90 30 0 0.5 3
5 3 90 -30 0 0.5 3
6 4 0 20 0 2.0 1
7 4 0 200 0 1.0 6
"""


def write(tmp_path, text, name="cell.swc"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_swc(tmp_path):
    pytest.importorskip("morphio")
    cell = am.morphology.from_swc(write(tmp_path, SWC))
    assert cell.regions == ("soma", "basal", "apical") and len(cell.branches) == 5
    assert cell.branches[0].area == pytest.approx(4 * math.pi * 100)
    assert cell.branches[1].length == pytest.approx(50.0)
    c = cell.compartments()
    assert (c.area[c.branch >= 0] > 0).all()
    neuron = am.models.cable(cell, {"*": ["leak"]})
    assert len(neuron.cell) == len(c)


@pytest.mark.parametrize(
    ("line", "by", "words"),
    [
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 1.0", "line 4: a line needs seven numbers"),
        ("3 3 60 0 0 1.0 2", "3 3 60 x 0 1.0 2", "line 4: this is not a number"),
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 nan 2", "line 4: a number is not finite"),
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 0 2", "line 4: the radius must be positive"),
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 -1 2", "line 4: the radius must be positive"),
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 1.0 17", "line 4: parent 17 is not there"),
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 1.0 -1", "line 4: a part is not connected to the soma"),
        ("3 3 60 0 0 1.0 2", "3 3 60 0 0 1.0 3", "line 4: sample 3 is its own parent"),
        ("3 3 60 0 0 1.0 2", "2 3 60 0 0 1.0 1", "line 4: sample 2 is given twice"),
        ("1 1 0 0 0 10 -1", "1 3 0 0 0 10 -1", "it has no soma"),
    ],
)
def test_damaged_swc_names_the_line(tmp_path, line, by, words):
    with pytest.raises(am.AmineError, match=words):
        am.morphology.from_swc(write(tmp_path, SWC.replace(line, by)))


def test_other_bad_files(tmp_path):
    with pytest.raises(am.AmineError, match="does not exist"):
        am.morphology.from_swc(tmp_path / "nothing.swc")
    with pytest.raises(am.AmineError, match="it holds no samples"):
        am.morphology.from_swc(write(tmp_path, "# nothing\n"))
    with pytest.raises(am.AmineError, match="kind of file is not known"):
        am.morphology.from_file("cell.txt")
    pytest.importorskip("morphio")
    with pytest.raises(am.AmineError, match="bracket is not closed"):
        am.morphology.from_asc(write(tmp_path, "(((", "cell.asc"))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789 .-\n#en", max_size=200))
def test_any_text_as_swc_is_an_error_in_one_sentence(text):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        try:
            am.morphology.from_swc(write(Path(folder), text))
        except am.AmineError as e:
            assert "\n" not in str(e)
        except UserWarning:
            pass


def test_reduction_keeps_input_resistances_and_attenuations():
    detailed = am.morphology.tree(
        "soma 20 um; 5 basal 180 um 2 um to 0.8 um segments 9; apical 450 um 4 um to 2 um segments 15; 4 tuft 220 um 1 um segments 9"
    )
    small = am.morphology.reduce(detailed)
    assert len(small.morphology.branches) == 4 and small.error < 1e-6
    a, b = detailed.compartments(), small.morphology.compartments()
    Z = am.morphology.impedance(b)
    soma = am.morphology.impedance(a, [0])[0, 0]
    assert Z[0, 0] == pytest.approx(soma, rel=1e-6)
    apical = small.kept[2]
    both = am.morphology.impedance(a, [0, apical])
    assert Z[2, 2] == pytest.approx(both[1, 1], rel=1e-6)
    assert Z[0, 2] / Z[2, 2] == pytest.approx(both[0, 1] / both[1, 1], rel=1e-6)
    total = sum(s * x.area for s, x in zip(small.scale.values(), small.morphology.branches, strict=True))
    assert total == pytest.approx(detailed.area)
    with pytest.raises(am.AmineError, match="the first must be the root"):
        am.morphology.reduce(detailed, ["apical(0.5)", "soma"])
    with pytest.raises(am.AmineError, match="each must be one compartment"):
        am.morphology.reduce(detailed, ["soma", "tuft"])


def test_pictures():
    cell = am.morphology.tree(PYRAMID)
    assert am.view.morphology(cell).axes
    c = cell.compartments()
    fig = am.view.morphology(c, color=np.linspace(-70, 0, len(c)), label="v (mV)")
    assert len(fig.axes) == 2
    with pytest.raises(am.AmineError, match="one value for each compartment"):
        am.view.morphology(cell, color=[1.0, 2.0])
    with pytest.raises(am.AmineError, match="not a morphology"):
        am.view.morphology("cell")
    with pytest.raises(am.AmineError, match="plane 'ab' is not known"):
        am.view.morphology(cell, plane="ab")
    with pytest.raises(am.AmineError, match="along the line of sight"):
        am.view.morphology(am.morphology.cylinder("100 um", "2 um"), plane="yz")


def test_a_picture_shows_the_gap_between_soma_and_dendrite_as_a_line():
    branches = [
        Branch("s", "soma", [[-10, 0, 0, 20], [10, 0, 0, 20]]),
        Branch("d", "dendrite", [[30, 0, 0, 2], [90, 0, 0, 2]], 0),
    ]
    ax = am.view.morphology(Morphology(tuple(branches))).axes[0]
    first, bar = ax.lines[0], ax.lines[-1]
    assert first.get_xdata().tolist() == [10, 30]
    assert np.ptp(bar.get_xdata()) == 20 and ax.texts[0].get_text() == "20 um"


def test_bad_cables():
    cell = am.morphology.ball_and_stick(segments=5)

    def bad(words, *args, **kw):
        with warnings.catch_warnings(), pytest.raises(am.AmineError, match=words):
            warnings.simplefilter("ignore")
            am.models.cable(*args, **kw)

    bad("did you mean 'soma'", cell, {"somma": ["leak"]})
    bad("did you mean 'leak'", cell, {"*": ["leek"]})
    bad("did you mean 'g_max'", cell, {"*": {"leak": {"g_maxx": "1 mS/cm2"}}})
    bad("wrong dimension", cell, {"*": {"leak": {"g_max": "1 nS"}}})
    bad("must not be negative", cell, {"*": {"leak": {"g_max": "-1 mS/cm2"}}})
    bad('add "calcium"', cell, {"*": ["leak", "KCa"]})
    bad("different temperatures", cell, {"*": ["Na", "Na_HH"]})
    bad("temperature is out of range", cell, {"*": ["leak"]}, T="36 K")
    bad("did you mean 'crank_nicolson'", cell, {"*": ["leak"]}, method="crank_nicholson")
    bad("not a morphology", "cell", {"*": ["leak"]})
    bad("must be positive", cell, {"*": ["leak"]}, R_a="0 Ohm cm")
    bad("no capacitance", cell, {"*": ["leak"]}, C_m={"soma": "1 uF/cm2"})
    bad("only the root can be reset", cell, {"*": ["leak"]}, reset="-65 mV", spike_at="dendrite(0.5)")
    bad("one compartment is needed", cell, {"*": ["leak"]}, spike_at="dendrite")
    bad("not a channel", cell, {"*": [am.models.get("lif")]})
    bad("given by two channels", cell, {"*": ["calcium", am.models.channel("other", "dCa_i/dt = -Ca_i/(5*ms) : uM")]})
    bad("wrong dimension", cell, {"*": {"leak": {"g_max": "2*mV*exp(-x/(100*um))"}}})


def test_bad_places_in_networks():
    net = am.Network()
    P = net.population("P", 3, "lif")
    with pytest.raises(am.AmineError, match="points without places"):
        P.at("soma")
    E = net.population("E", 3, am.models.cable(am.morphology.ball_and_stick(segments=5), {"*": ["leak"]}))
    with pytest.raises(am.AmineError, match="did you mean 'dendrite'"):
        E.at("dendrit")
    with pytest.raises(am.AmineError, match="did you mean 'uniform'"):
        E.at("dendrite", spread="uniforn")
    with pytest.raises(am.AmineError, match="v@77' is not known"):
        net.probe(E, "v@77")
    with pytest.raises(am.AmineError, match="not known"):
        net.probe(E.at("dendrite"), "m_Na_HH")
    assert not net.probes


def test_a_coarse_tree_is_warned_of():
    with pytest.warns(am.AmineWarning, match="the compartments are coarse.*off by about"):
        am.models.cable(am.morphology.cylinder("3 mm", "1 um", segments=2), {"*": ["leak"]})


def test_a_coarse_step_is_warned_of():
    net = am.Network(dt="0.5 ms")
    net.population("E", 1, am.models.cable(am.morphology.point(), {"*": ["Na_HH", "K_HH", "leak_HH"]}))
    with pytest.warns(am.AmineWarning, match="the time step is coarse.*error of about"):
        net.run("1 ms", progress=False)


def test_trees_that_do_not_fit_the_memory():
    net = am.Network()
    cell = am.morphology.ball_and_stick(dendrite=("10 mm", "2 um"), segments=20_000)
    net.population("E", 2_000_000, am.models.cable(cell, {"*": ["Na_HH", "leak"]}))
    assert net.estimate()["bytes"] > 2_000_000 * 20_000 * 4 * 5
    with pytest.raises(am.AmineError, match="more memory than there is"):
        net.run("1 ms", progress=False)


def test_a_tree_of_more_branches_than_a_cell_can_have_is_refused():
    with pytest.raises(am.AmineError, match=r"tree\(\), basal: there are too many \(given 1,000,000,000"):
        am.morphology.tree("soma 20 um; 1000000000 basal 200 um 2 um")
