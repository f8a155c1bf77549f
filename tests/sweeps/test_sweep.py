"""Sweeps: the same bits as networks described with the values, executors, stores, failures, designs, tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import amine as am

ASK = dict(duration="60 ms", progress=False)


def network(**values) -> am.Network:
    given = {
        "I_e": "260 pA",
        "dose": "0 uM",
        "weight": "1 nS",
        "p": 0.5,
        "C": "200 pF",
        "tau": "5 ms",
        "rate": "40 Hz",
        **values,
    }
    net = am.Network(seed=3)
    P = net.population("P", 20, "poisson", rate=given["rate"])
    E = net.population("E", 10, "lif_cond", I_e=given["I_e"], C=given["C"], initial={"v": 'uniform("-60 mV", "-50 mV")'},
                       receptors={"AMPA": am.models.AMPA(tau=given["tau"])})  # fmt: skip
    net.synapses(P, E, receptor="GABA_A", weight=given["weight"], p=given["p"], name="P->E")
    net.synapses(P, E, receptor="AMPA", weight="1 nS", p=0.5, name="P->E fast")
    net.dose("gabazine", given["dose"])
    return net


def spikes(run: am.Run) -> np.ndarray:
    """All that happened: number of spikes of each neuron, and the digest of all."""
    return np.array([len(run.spikes["E"]), int(run.spikes.hash()[:12], 16)], float)


NAMES = {
    "E.I_e": "I_e", "dose:gabazine": "dose", "P->E.weight": "weight", "P->E.p": "p", "E.C": "C", "E.AMPA.tau": "tau", "P.rate": "rate",
}  # fmt: skip
VALUES = {
    "E.I_e": ["240 pA", "300 pA"], "dose:gabazine": ["0 uM", "1 uM"], "P->E.weight": ["2 nS"], "P->E.p": [0.2, 0.9],
    "E.C": ["150 pF"], "E.AMPA.tau": ["3 ms"], "P.rate": ["80 Hz"],
}  # fmt: skip


@pytest.mark.parametrize(
    "names", [("E.I_e", "dose:gabazine"), ("P->E.weight", "P.rate"), ("P->E.p", "E.C", "E.AMPA.tau")]
)
def test_a_point_has_the_bits_of_a_network_described_with_its_values(names):
    found = am.sweep(network(), {n: VALUES[n] for n in names}, spikes, seeds=2, **ASK)["spikes"]
    for place in np.ndindex(*found.shape[: len(names)]):
        net = network(**{NAMES[n]: VALUES[n][k] for n, k in zip(names, place)})
        for j, seed in enumerate((3, 4)):
            net.seed = seed
            assert np.array_equal(found[place][j], spikes(net.run("60 ms", progress=False))), (place, seed)


class Jobs:
    """An executor with ``submit`` alone, whose jobs are no futures of the standard library; it ends after ``most`` of them."""

    def __init__(self, most: int = 1000):
        self.submitted, self.most = 0, most

    def submit(self, function, *arguments):
        self.submitted += 1
        return Job(function, arguments, self.submitted > self.most)


class Job:
    def __init__(self, function, arguments, lost: bool):
        self.call, self.lost = (function, arguments), lost

    def done(self) -> bool:
        return True

    def result(self):
        if self.lost:
            raise ConnectionError("the node went away")
        return self.call[0](*self.call[1])


AXES = {"E.I_e": ["240 pA", "300 pA", "360 pA"], "dose:gabazine": [0, 1.0]}


def test_executors_and_continued_stores_give_the_bits_of_one_process(tmp_path):
    one = am.sweep(network(), AXES, ["rate:E", spikes], **ASK)
    with ThreadPoolExecutor(2) as threads:
        two = am.sweep(network(), AXES, ["rate:E", spikes], executor=threads, batch=2, **ASK)
    with pytest.raises(am.AmineError, match="a task failed .*ConnectionError"):
        am.sweep(network(), AXES, ["rate:E", spikes], executor=Jobs(2), batch=2, store=tmp_path / "s", **ASK)
    rest = Jobs()
    three = am.sweep(network(), AXES, ["rate:E", spikes], executor=rest, batch=1, store=tmp_path / "s", **ASK)
    assert rest.submitted == 2  # four of six points were there
    for other in (two, three):
        assert all(np.array_equal(one[m], other[m]) for m in ("rate:E", "spikes"))
    assert one["rate:E"].shape == (3, 2, 1) and one["spikes"].shape == (3, 2, 1, 2)


def counted(**values) -> dict[str, float]:
    counted.calls.append(values)
    if values["x"] > 90:
        raise ZeroDivisionError("too much")
    return {"y": values["x"] * 2.0 + values["seed"], "z": np.nan}


counted.calls = []
QUICK = dict(progress=False)


def test_a_store_keeps_points_and_refuses_damaged_ones_and_other_sweeps(tmp_path):
    counted.calls.clear()
    ask = dict(seeds=2, store=tmp_path / "s", **QUICK)
    first = am.sweep(counted, {"x": [1, 2]}, ["y", "z"], **ask)
    more = am.sweep(counted, {"x": [1, 2, 3]}, ["y", "z"], **ask)
    assert len(counted.calls) == 6 and np.array_equal(more["y"][:2], first["y"]) and np.isnan(more["z"]).all()
    file = sorted((tmp_path / "s").glob("points-*.json"))[0]
    whole = file.read_text()
    file.write_text(whole.replace('"y": 2.0', '"y": 9.0'))
    with pytest.raises(am.AmineError, match="damaged.*remove it"):
        am.sweep(counted, {"x": [1, 2]}, ["y", "z"], **ask)
    file.unlink()
    assert np.array_equal(am.sweep(counted, {"x": [1, 2, 3]}, ["y", "z"], **ask)["y"], more["y"])
    with pytest.raises(am.AmineError, match="another duration"):
        am.sweep(counted, {"x": [1, 2]}, ["y", "z"], duration="2 s", **ask)
    with pytest.raises(am.AmineError, match="holds no sweep"):
        (tmp_path / "t").mkdir()
        (tmp_path / "t" / "a").write_text("")
        am.sweep(counted, {"x": [1]}, ["y"], store=tmp_path / "t", **QUICK)


def test_a_point_that_fails_is_named_and_the_others_are_measured():
    with pytest.warns(am.AmineWarning, match="1 of 3 points failed: at x = 99, seed 0: ZeroDivisionError: too much"):
        found = am.sweep(counted, {"x": [1, 99, 2]}, "y", **QUICK)
    assert np.array_equal(found["y"].ravel(), [2.0, np.nan, 4.0], equal_nan=True) and len(found.failures) == 1
    with pytest.raises(am.AmineError, match="no point could be measured"):
        am.sweep(counted, {"x": [98, 99]}, "y", **QUICK)


def test_a_measure_that_no_point_has_ends_the_sweep_at_the_first():
    counted.calls.clear()
    with pytest.raises(am.AmineError, match="it returned no measure 'w'; known are y, z"):
        am.sweep(counted, {"x": [1, 2, 3]}, ["y", "w"], **QUICK)
    assert len(counted.calls) == 1


def test_sampled_designs_fill_their_ranges():
    ranges = {"E.I_e": ("200 pA", "400 pA"), "dose:gabazine": ("10 nM", "1 mM")}
    for design in ("latin", "sobol"):
        found = am.sweep(
            network(), ranges, {"n": lambda run: 1.0}, design=design, points=16, duration="0.1 ms", progress=False
        )
        x, c = found.axis("E.I_e"), found.axis("dose:gabazine")
        assert found["n"].shape == (16, 1)
        assert sorted(((x - 200) / 12.5).astype(int)) == list(range(16))
        assert sorted((np.log10(c / 10) / 5 * 16 + 1e-9).astype(int)) == list(range(16))
        assert [a.unit for a in found.axes] == ["pA", "nM"]


def test_points_with_seeds_of_their_own_keep_them_where_axes_grow():
    few = am.sweep(counted, {"x": [1, 2]}, "y", common=False, **QUICK)["y"].ravel()
    many = am.sweep(counted, {"x": [0, 1, 2]}, "y", common=False, **QUICK)["y"].ravel()
    assert np.array_equal(few, many[1:]) and few[0] - 2 != few[1] - 4


def test_a_table_can_be_read_in_every_way(tmp_path):
    found = am.sweep(counted, {"x": [1, 2, 3], "w": ["a", "b"]}, ["y", "z"], seeds=[5, 7], **QUICK)
    assert found.shape == (3, 2) and found.mean("y")[:, 0].tolist() == [8.0, 10.0, 12.0]
    rows = found.columns()
    assert rows["x"][-1] == 3 and rows["w"].tolist()[:4] == ["a", "a", "b", "b"] and rows["seed"].tolist()[:2] == [5, 7]
    assert rows["y"][1] == 9.0
    found.save(tmp_path / "t.npz")
    again = am.sweeps.Sweep.load(tmp_path / "t.npz")
    assert np.array_equal(again["y"], found["y"]) and repr(again) == repr(found) and again.axes[1].values == ("a", "b")
    assert len(found.summary().splitlines()) == 7
    pandas = pytest.importorskip("pandas")
    assert isinstance(found.to_pandas(), pandas.DataFrame) and len(found.to_pandas()) == 12
    for one in (found, am.sweep(counted, {"x": [1, 2]}, "y", **QUICK)):
        figure = one.figure("y")
        assert len([a for a in figure.axes if a.axison]) == len(one.axes) and "<img" in one.html()


MISTAKES = [
    ({"E.I_i": ["1 pA"]}, {}, "no value 'E.I_i'; did you mean 'E.I_e'"),
    ({"E.I_e": ["1 mV"]}, {}, "'E.I_e', value 1: wrong dimension"),
    ({"E.I_e": "1 pA"}, {}, "needs several values"),
    ({"E.tau_m": ["-1 ms"]}, {}, "must be positive"),
    ({"dose:gabazin": [1]}, {}, "did you mean 'gabazine'"),
    ({"dose:gabazine": [-1.0]}, {}, "must not be negative"),
    ({"E.I_e": []}, {}, "it has no value"),
    ({}, {}, "no value is named"),
    ({"E.I_e": ["1 pA"]}, {"design": "sobel"}, "did you mean 'sobol'"),
    ({"E.I_e": ["1 pA"]}, {"design": "latin"}, "sampled designs alone"),
    ({"E.I_e": ("2 pA", "1 pA")}, {"design": "latin", "points": 4}, "does not rise"),
    ({"E.I_e": ["1 pA"]}, {"measures": "rate:F"}, "population 'F' is not known"),
    ({"E.I_e": ["1 pA"]}, {"measures": []}, "no measure is named"),
    ({"E.I_e": ["1 pA"]}, {"measures": ["rate:E", "nothing"]}, "measure: 'nothing' is not known"),
    ({"E.I_e": ["1 pA"]}, {"measures": "power:30-80Hz", "start": "90 ms", "duration": "100 ms"}, "too short for a spectrum"),
    ({"E.I_e": ["1 pA"]}, {"seeds": 0}, "these are no seeds"),
    ({"E.I_e": ["1 pA"]}, {"executor": 0}, "no number of processes"),
    ({"E.I_e": ["1 pA"]}, {"start": "60 ms"}, "nothing is left"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "more", "words"), MISTAKES)
def test_mistakes(values, more, words):
    ask = {"measures": "rate:E", **ASK, **more}
    with pytest.raises(am.AmineError, match=words):
        am.sweep(network(), values, ask.pop("measures"), **ask)


def test_what_cannot_go_to_a_process_is_said_before_one_starts():
    with pytest.raises(am.AmineError, match="cannot be sent to a process"):
        am.sweep(network(), {"E.I_e": ["1 pA"]}, {"n": lambda run: 0.0}, executor=1, **ASK)


@pytest.mark.validate
def test_processes_give_what_one_process_gives():
    one = am.sweep(network(), AXES, ["rate:E", "cv:E"], **ASK)
    two = am.sweep(network(), AXES, ["rate:E", "cv:E"], executor=2, **ASK)
    assert all(np.array_equal(one[m], two[m], equal_nan=True) for m in one.values)
