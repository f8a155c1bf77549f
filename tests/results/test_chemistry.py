"""What is shown of a run's chemistry."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


@pytest.fixture(scope="module")
def run():
    net = am.Network(seed=1)
    E = net.population("E", 20, "lif_cond", I_e="250 pA")
    vta = net.population("vta", 10, "poisson", rate="20 Hz")
    net.synapses(E, E, receptors={"AMPA": "1 nS", "NMDA": "0.2 nS"}, p=0.3)
    regions = {"core": E[:10], "shell": E[10:]}
    DA = net.field(
        "dopamine", released_by={"core": vta}, uptake="DAT", tonic="20 nM", regions=regions, exchange="1 1/s"
    )
    net.modulate(E, by=DA, receptor="D1", acts_on="NMDA.conductance", maximum=1.6)
    net.dose("ketamine", "10 uM")
    net.dose("cocaine", am.bolus("500 nM", elimination="1 h"))
    return net.run("100 ms", progress=False)


def test_signals(run):
    c = run.concentration("dopamine")
    assert c.values.shape == (100, 2) and c.unit == "uM" and len(c) == 100 and np.asarray(c).shape == (100, 2)
    assert run.concentration("dopamine", "core").at(99.0) > run.concentration("dopamine", "shell").at(99.0)
    assert run.concentration("Cocaine").at(0.0) == pytest.approx(0.5)
    assert 0.3 < run.occupancy("NMDA", by="ketamine").values.mean() < 0.9
    assert run.occupancy("D1", region="core").values.shape == (100,)
    with pytest.raises(am.AmineError, match="did you mean 'shell'"):
        run.concentration("dopamine", "shel")


def test_figure_report_and_tables(run, tmp_path):
    figure = run.chemistry()
    figure.savefig(tmp_path / "a.png")
    assert [a.get_ylabel() for a in figure.axes] == ["concentration (uM)", "drug (uM)", "occupancy"]
    page = run.report(tmp_path / "report.html").read_text()
    assert "<h2>Chemistry</h2>" in page
    text = run.network.describe()
    for words in (
        "G. Fields",
        "DAT (Vmax",
        "core: E[0:10]; shell: E[10:20]",
        "NMDA.conductance x 1.6",
        "ketamine",
        "bolus of 0.5 uM",
    ):
        assert words in text, words
    assert "ketamine" in run.network.describe("latex")


def test_nothing_to_show():
    net = am.Network()
    net.population("E", 1, "lif")
    run = net.run("1 ms", progress=False)
    assert "nothing was recorded" in run.chemistry().axes[0].texts[0].get_text()
    with pytest.raises(am.AmineError, match="add net.field"):
        run.concentration("dopamine")
    assert "G. Fields" not in net.describe()
