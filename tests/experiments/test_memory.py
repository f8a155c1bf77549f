"""The memory of digits: small and whole."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import amine as am
from amine.cli import app
from amine.experiments import command, digits, memory
from amine.experiments.outcome import Outcome


@pytest.fixture(scope="module")
def small() -> Outcome:
    return memory.memory(neurons=40, epochs=1, examples=150, details=False)


def test_the_split_is_that_of_the_data():
    s = digits.load(3)
    assert (
        s.images.shape == (1257, 64)
        and s.held_images.shape == (540, 64)
        and s.images.min() >= 0
        and s.images.max() == 1
    )
    assert not {x.tobytes() for x in s.images} & {x.tobytes() for x in s.held_images}
    assert set(digits.load(3, classes=(1, 7)).labels) == {1, 7}


def test_spike_trains_have_the_rate_of_the_pixels():
    rng = np.random.default_rng(0)
    images = np.tile(np.linspace(0, 1, 64), (200, 1))
    t, i = digits.spike_trains(images, 200.0, 50.0, 100.0, 0.5, rng)
    expected = images[0] * 200 * 0.2 * 100
    counts = np.bincount(i, minlength=64)
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected + 1)).all()
    assert ((t - 0.25) % 250.0 < 200.0).all()


def test_dark_parts_are_at_a_side():
    images = np.ones((50, 64))
    half = digits.occlude(images, 0.5, np.random.default_rng(0)).reshape(-1, 8, 8)
    assert (half.sum((1, 2)) == 32).all() and images.all()
    assert len({x.tobytes() for x in half}) == 4


def test_learning_changes_the_synapses_and_the_block_of_nmda_prevents_it(small):
    blocked = memory.memory(neurons=40, epochs=1, examples=150, dose="AP5=50 uM", details=False)
    assert small.measures["change of weights (nS)"] > 0.1
    assert blocked.measures["change of weights (nS)"] == 0.0 and blocked.measures["gained by learning"] == 0.0
    assert small.measures["accuracy"] > 0.3


def test_a_weaker_dose_blocks_less(small):
    weak = memory.memory(neurons=40, epochs=1, examples=150, dose="AP5=0.2 uM", details=False)
    assert 0.0 < weak.measures["change of weights (nS)"] != small.measures["change of weights (nS)"]


def test_the_report_is_written_whole(small, tmp_path):
    small.write(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<img") == len(small.figures) == 6 and "gained by learning" in page
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["measures"] == small.measures
    with pytest.raises(am.AmineError, match="not empty"):
        small.write(tmp_path / "out")


def test_on_the_command_line(tmp_path):
    asked = [
        "run",
        "memory",
        "--neurons",
        "20",
        "--set",
        "examples=30",
        "--set",
        "epochs=1",
        "--set",
        "details=no",
        "--json",
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0 and json.loads(done.stdout)["measures"]["chance"] == 0.1
    with pytest.raises(am.AmineError, match="did you mean 'epochs'"):
        command.checked("memory", {"epoch": "1"})
    with pytest.raises(am.AmineError, match="does not fit"):
        command.checked("memory", {"epochs": "many"})


@pytest.mark.validate
def test_at_several_doses(tmp_path):
    small = ["--set", "neurons=20", "--set", "examples=30", "--set", "epochs=1"]
    asked = ["dose", "memory", "--drug", "AP5", "--from", "0.1 uM", "--to", "100 uM", "--points", "2", "--workers", "0"]
    done = CliRunner().invoke(
        app, [*asked, *small, "--measure", "change of weights (nS)", "--json", "-o", str(tmp_path / "d")]
    )
    assert done.exit_code == 0, done.output
    none, weak, strong = (row[0] for row in json.loads(done.stdout)["values"]["change of weights (nS)"])
    assert none > 0.0 == strong and weak != none


@pytest.mark.validate
def test_digits_are_learnt_lost_and_recalled():
    """At least 85 % of unseen digits in the mean of five seeds; with AP5 while learning nothing is gained, with AP5 at recall nothing is lost."""
    found = [memory.memory(seed=s, details=False).measures for s in range(5)]
    assert np.mean([m["accuracy"] for m in found]) > 0.85 and min(m["gained by learning"] for m in found) > 0.1
    blocked = memory.memory(dose="AP5=50 uM", details=False).measures
    recalled = memory.memory(recall_dose="AP5=50 uM", details=False).measures
    assert blocked["gained by learning"] == 0.0
    assert recalled["accuracy"] > found[0]["accuracy"] - 0.05


def test_what_the_drug_changed(small):
    from amine.experiments import memory_drug
    from amine.experiments.outcome import Outcome

    dosed = memory.memory(neurons=40, epochs=1, examples=150, dose="AP5=50 uM", details=False)
    out = Outcome("memory", "", "", dict(dosed.measures), arrays=dosed.arrays)
    asked = {"neurons": 40, "epochs": 1, "examples": 150, "seed": 0, "dose": "AP5=50 uM@0 s..1 s", "recall_dose": ()}
    memory_drug.compare(out, asked, memory.memory)  # a dose in time has no curve
    assert out.measures["accuracy without the drug"] == small.measures["accuracy"]
    rows = {r[0]: r[1:] for r in next(iter(out.tables.values()))[1]}
    assert rows["change of weights (nS)"][1] == "0.000" != rows["change of weights (nS)"][0]
    assert len(out.tables) == len(out.figures) == 1
    assert all(draw().axes for draw in out.figures.values())


@pytest.mark.validate
def test_the_report_of_a_dose_has_its_curve():
    out = memory.memory(neurons=40, epochs=1, examples=150, dose="AP5=1 uM")
    header, rows = out.tables["Dose: AP5 while 50 neurons learn 300 digits"]
    moved = [float(r[3]) for r in rows]
    assert len(header) == 4 and moved[0] > 10 * moved[-1] and len(rows) == 6
    assert len(out.figures) == 9 and all(draw().axes for draw in out.figures.values())
