"""Figures and reports: complete, labelled, without warnings, also where there is nothing to show."""

from __future__ import annotations

import re
import warnings

import pytest

import amine as am


def make(kind: str):
    net = am.Network(seed=1, name=f"<{kind}>")
    if kind == "many":
        for k, n in enumerate((200, 50, 3)):
            net.population(f"P{k}", n, "poisson", rate=f"{10 * k + 2} Hz")
        cell = net.population("cells", 5, "lif", I_e="400 pA")
        net.probe(cell, "v", name="membrane")
    elif kind == "silent":
        net.population("P", 10, "lif")
    else:
        net.population("P", 1, "lif", I_e="500 pA")
    return net.run("300 ms" if kind != "long" else "12 s", progress=False)


@pytest.fixture(scope="module", params=["many", "silent", "single", "long"])
def run(request):
    return make(request.param)


@pytest.mark.parametrize("name", ["raster", "rates", "irregularity", "correlation", "traces"])
def test_figures_are_drawn_with_labels(run, name, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = getattr(run, name)()
        fig.savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 3000
    labels = " ".join(a.get_xlabel() + a.get_ylabel() for a in fig.axes)
    expected = {
        "raster": r"time \((ms|s)\).*rate \(Hz\)|rate \(Hz\).*time",
        "rates": "rate",
        "irregularity": "CV",
        "correlation": "correlation",
        "traces": "time|",
    }
    assert re.search(expected[name], labels)


def test_windows(run):
    assert run.raster(start=10, stop=20).axes[0].get_xlim()[1] <= 20
    with pytest.raises(am.AmineError, match="the window is empty"):
        run.raster(start=30, stop=20)


def test_report(run, tmp_path):
    path = run.report(tmp_path / "deep" / "report.html", published=dict.fromkeys(run.spikes, 10.0), start=50.0)
    text = path.read_text()
    assert text.count("<img") >= 4 and "Published (Hz)" in text and run.spikes.hash() in text and "dv/dt" in text
    assert not re.search(r"(src|href)=.https?:", text) and "<many>" not in text
    with pytest.raises(am.AmineError, match="it exists"):
        run.report(path)
    assert [f.name for f in path.parent.iterdir()] == ["report.html"]
    run.report(path, overwrite=True)
