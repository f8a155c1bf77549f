"""Dose-response: points, resuming, fits, processes, files, mistakes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

import amine as am
from amine.pharmacology.response import DoseResponse, concentrations, dose_response


def network() -> am.Network:
    net = am.Network(seed=3)
    E = net.population("E", 50, "lif_cond", I_e="260 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
    I = net.population("I", 20, "poisson", rate="40 Hz")
    net.synapses(I, E, receptor="GABA_A", weight="1 nS", p=0.5)
    return net


class Counted:
    """A stand-in for a network that counts its runs: a Hill curve with a seed's own offset."""

    def __init__(self, fail_at: int | None = None):
        self.calls: list[tuple[float, int]] = []
        self.fail_at = fail_at

    def __call__(self, *, seed: int = 3, **dose: str) -> dict[str, float]:
        if len(self.calls) == self.fail_at:
            raise KeyboardInterrupt
        c = float(next(iter(dose.values())).split()[0])
        self.calls.append((c, seed))
        return {"rate:E": 40.0 - 30.0 * c**2 / (c**2 + 9.0) + 0.01 * seed}


def test_concentrations():
    assert concentrations("10 nM", "100 uM", 9) == pytest.approx(np.geomspace(0.01, 100, 9), rel=1e-5)
    for bad in (("1 uM", "1 nM", 3), ("1 nM", "1 uM", 1)):
        with pytest.raises(am.AmineError, match="do not rise"):
            concentrations(*bad)


def test_fit_files_and_resume(tmp_path):
    counted = Counted()
    ask = dict(seeds=2, store=tmp_path / "out", progress=False)
    r = dose_response(counted, "Bicuculline", concentrations("100 nM", "100 uM", 7), "rate:E", **ask)
    assert len(counted.calls) == 16 and r.concentrations[0] == 0 and r.seeds == [3, 4] and r.drug == "bicuculline"
    f = r.fits["rate:E"]
    assert f is not None and pytest.approx(3.0, rel=1e-3) == f.EC50 and f.slope == pytest.approx(2.0, rel=1e-3)
    rows = list(csv.DictReader((tmp_path / "out" / "table.csv").open()))
    assert len(rows) == 16 and float(rows[0]["rate:E"]) == pytest.approx(40.03)
    fits = json.loads((tmp_path / "out" / "fits.json").read_text())
    assert fits["fits"]["rate:E"]["EC50"] == pytest.approx(3, rel=1e-3) and fits["seeds"] == [3, 4]
    assert (tmp_path / "out" / "response.png").exists()
    assert "EC50 3 uM" in r.summary() and "control" in r.summary()
    again = Counted()
    more = dose_response(again, "bicuculline", ["0.1 uM", "1 mM"], "rate:E", **ask)
    assert sorted(again.calls) == [(1000.0, 3), (1000.0, 4)]  # 0.1 uM and the control were there
    assert more.values["rate:E"].shape == (3, 2)


def test_what_was_finished_survives_an_interruption(tmp_path):
    first, second = Counted(fail_at=5), Counted()
    ask = dict(store=tmp_path / "out", progress=False)
    with pytest.raises(KeyboardInterrupt):
        dose_response(first, "bicuculline", [1, 2, 3, 4, 5, 6, 7], "rate:E", **ask)
    dose_response(second, "bicuculline", [1, 2, 3, 4, 5, 6, 7], "rate:E", **ask)
    assert len(first.calls) == 5 and len(second.calls) == 3 and not set(first.calls) & set(second.calls)


@pytest.mark.filterwarnings("ignore:Dose of bicuculline")  # far above every affinity, on purpose
def test_a_real_run():
    """Blocking all inhibition of these cells gives the rate they have without it."""
    free = am.Network(seed=3)
    free.population("E", 50, "lif_cond", I_e="260 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
    rate = free.run("500 ms", progress=False).spikes.rates()["E"]
    r = dose_response(
        network(), "bicuculline", ["1 uM", "10 mM"], ["rate:E", "cv:E"], duration="500 ms", progress=False
    )
    low, some, all_ = r.values["rate:E"][:, 0]
    assert low < some < all_ == pytest.approx(rate, rel=0.02)


def test_a_drug_that_acts_on_nothing_is_named():
    words = "acts on nothing in this network; it acts on GAT1"
    with pytest.warns(am.AmineWarning, match=words), pytest.raises(am.AmineError, match="'F' is not known"):
        dose_response(network(), "tiagabine", [1.0], "rate:F", progress=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"drug": "bicucullin"}, "did you mean 'bicuculline'"),
        ({"measures": "rate:F"}, "population 'F' is not known"),
        ({"measures": []}, "no measure is named"),
        ({"measures": "power:80-30Hz"}, "not a band"),
        ({"measures": "nomodule:f"}, "is not known"),
        ({"measures": "json:nofunction"}, "has no function"),
        ({"concentrations": ["1 mV"]}, "wrong dimension"),
        ({"concentrations": ["-1 uM"]}, "must not be negative"),
        ({"concentrations": []}, "no concentration"),
        ({"duration": "3"}, "unit is missing"),
    ],
)
def test_mistakes(change, words):
    ask = {"drug": "bicuculline", "concentrations": [1.0], "measures": "rate:E", **change}
    drug, c, m = ask.pop("drug"), ask.pop("concentrations"), ask.pop("measures")
    with pytest.raises(am.AmineError, match=words):
        dose_response(network(), drug, c, m, **{"duration": "1 ms", "progress": False, **ask})


def test_a_picture_of_any_shape():
    for seeds, measures, values in ((1, 1, 1.0), (3, 4, 2.0), (2, 2, np.nan)):
        data = {f"rate:{k}": np.full((4, seeds), values) for k in range(measures)}
        figure = DoseResponse("x", [0.0, 1.0, 2.0, 4.0], list(range(seeds)), data).figure()
        assert len([a for a in figure.axes if a.axison]) == measures


def test_command_line(tmp_path):
    (tmp_path / "own.py").write_text(
        "import amine as am\nnetwork = am.Network(seed=1)\n"
        'P = network.population("P", 50, "poisson", rate="40 Hz")\n'
        'E = network.population("E", 20, "lif_cond", I_e="260 pA")\n'
        'network.synapses(P, E, receptor="GABA_A", weight="1 nS", p=0.5)\n'
    )
    ask = [
        "dose",
        "own.py",
        "--drug",
        "gabazine",
        "--from",
        "100 nM",
        "--to",
        "10 uM",
        "--points",
        "4",
        "--workers",
        "0",
    ]
    ask += [
        "--duration",
        "300 ms",
        "--start",
        "100 ms",
        "--measure",
        "rate:E",
        "--measure",
        "power:5-80Hz",
        "-o",
        "out",
    ]

    def call(*arguments: str, code: int = 0) -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "amine.cli", *arguments], capture_output=True, text=True, timeout=300, cwd=tmp_path
        )
        assert done.returncode == code, done.stderr
        return done.stdout, done.stderr

    out, _ = call(*ask)
    assert "gabazine (uM)" in out and "no clinical claim" in out and (tmp_path / "out" / "response.png").exists()
    data = json.loads(call(*ask, "--json")[0])
    assert data["concentrations_uM"][0] == 0 and len(data["values"]["rate:E"]) == 5
    for wrong, words in (
        (("--points", "1"), "do not rise"),
        (("--from", "1"), "unit is missing"),
        (("--drug", "gabazin"), "did you mean 'gabazine'"),
    ):
        out, err = call(*ask, *wrong, code=2)
        assert words in err and err.startswith("amine: ") and err.count("\n") == 1 and out == ""
