"""Figures and reports: complete, labelled, without warnings, also where there is nothing to show."""

from __future__ import annotations

import base64
import re
import warnings

import numpy as np
import pytest

import amine as am
from amine.engine.time.connections import Connections
from amine.view.frames import unpack


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
    assert not re.search(r"(src|href)=.https?:", text) and "<many>" not in text and "prefers-color-scheme: dark" in text
    found = re.findall(r'"application/octet-stream">(.*?)</script>', text)
    last = {n: run.spikes[n].between(max(0.0, run.duration - 1000), run.duration) for n in run.spikes}
    if sum(len(t) for t in last.values()):
        about, arrays = unpack(base64.b64decode(found[0]))
        assert arrays["live.t"].size == sum(len(t) for t in last.values()) and about["stop"] == run.duration
        assert (np.diff(arrays["live.t"]) >= 0).all() and arrays["live.row"].max() < sum(
            p["rows"] for p in about["populations"]
        )
    else:
        assert not found
    with pytest.raises(am.AmineError, match="it exists"):
        run.report(path)
    assert [f.name for f in path.parent.iterdir()] == ["report.html"]
    run.report(path, overwrite=True)


def test_layers_and_partners_in_space(tmp_path):
    net = am.Network(seed=1)
    E = net.population("E", 100, "lif_cond", positions=am.space.grid((10, 10), "10 um"))
    D = net.population("D", 30, "lif", positions=am.space.random(am.space.sphere("50 um"), 30))
    syn = net.synapses(E, E, receptor="AMPA", weight="1 nS", nearest=4, autapses=False)
    pre, post = np.divmod(np.arange(400), 4)[0], np.arange(400) % 100
    found = Connections(syn.name, pre, post, {}, {}, np.ones(400), (("E",), ("E",)), np.zeros((400, 2)))
    fig = am.view.layer(E, connections=found, neuron=3, region=am.space.disc("20 um"))
    assert fig.axes[0].get_title() == "4 targets of neuron 3 of E" and "x (um)" in fig.axes[0].get_xlabel()
    marked = fig.axes[0].collections[1].get_offsets()
    assert np.allclose(marked, E.positions[[12, 13, 14, 15]])
    sources = am.view.layer([E], connections=found, neuron=15, end="post").axes[0]
    assert sources.get_title() == "4 sources of neuron 15 of E"
    solid = am.view.layer(D, region=am.space.sphere("50 um"))
    assert [a.get_ylabel() for a in solid.axes] == ["y (um)", "z (um)"]
    solid.savefig(tmp_path / "a.png")
    mistakes = [
        (dict(neuron=3), "both"),
        (dict(connections=found, neuron=100), "out of range"),
        (dict(region=am.space.sphere("1 um")), "fit"),
    ]
    for given, message in mistakes:
        with pytest.raises(am.AmineError, match=message):
            am.view.layer(E, **given)
    with pytest.raises(am.AmineError, match="is not shown"):
        am.view.layer(D, connections=found, neuron=3)
