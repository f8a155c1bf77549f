"""What notebooks show: HTML of every kind of object, small, without scripts, and text wherever it cannot be made."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import amine as am
from amine.learn.runs import Results
from amine.models import find
from amine.network.weights import Weights
from amine.pharmacology import DoseResponse, hill_fit
from amine.protocols import Curve
from amine.results.engram import ReceptiveFields
from amine.shown import LIMIT, Shown

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
VOID = {"img", "mspace", "br"}


class Checked(HTMLParser):
    """Elements are closed in order; the names of all elements and attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], set(), {}, ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def shown(x) -> Checked:
    bundle = x._repr_mimebundle_()
    assert bundle["text/plain"] == repr(x)
    text = bundle["text/html"]
    assert len(text) <= LIMIT and x._repr_html_() is not None
    assert not re.search(r"<script|javascript:|(src|href)=.(https?:)?//", text)
    page = Checked(text)
    assert not page.tags & {"script", "style", "iframe", "a", "link"}
    assert not [a for a in page.attributes if a.startswith("on")]
    return page


def running() -> am.Network:
    net = am.Network(seed=1, name="net")
    P = net.population("P", 4, "poisson", rate="50 Hz")
    E = net.population("E", 3, "lif_cond", I_e="300 pA")
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.stdp())
    net.synapses(E, E, receptor="GABA_A", weight="1 nS", connect="all_to_all")
    return net


@pytest.fixture(scope="module")
def run():
    return running().run("60 ms", progress=False)


@pytest.mark.parametrize("name", find.names())
def test_every_model(name):
    m = find.get(name)
    page = shown(m)
    assert name in page.words and all(str(v) in page.words for v in m.parameters.values() if isinstance(v, str))
    assert ("math" in page.tags) == (m.kind != "source" or bool(m.parameters))


@pytest.mark.parametrize("name", am.plasticity.names())
def test_every_rule(name):
    assert "math" in shown(am.plasticity.get(name)).tags


@pytest.mark.parametrize("name", am.circuits.names())
def test_every_circuit(name):
    net = am.circuits.get(name)()
    page = shown(net)
    assert "img" in page.tags and f"{net.estimate()['neurons']:,} neurons" in page.words
    assert all(n in page.words for n in list(net.populations)[:8])


@pytest.mark.parametrize("kind", ["drug", "transmitter", "receptor", "family", "transporter", "enzyme", "channel"])
def test_every_kind_of_entry(kind):
    for e in am.compounds.entries(kind):
        assert e.name in shown(e).words


def test_a_compound_has_its_formula_its_structure_and_marks_of_what_is_unverified():
    page = shown(am.compounds.get("dopamine"))
    assert "C8H11NO2" in page.words and "(?)" in page.words
    assert page.attributes["src"].startswith("data:image/svg+xml;base64,")


def test_results(run):
    page = shown(run)
    assert "60 ms" in page.words and f"{len(run.spikes['P']):,}" in page.words and "img" in page.tags
    for x in (
        run.weights(),
        run.engram(),
        run.receptive_fields(shape=(2, 2)),
        am.compounds.profile_of("clozapine", "1 uM"),
    ):
        shown(x)
    loop = running().loop()
    loop.advance("20 ms")
    assert "20 to 50 ms" in shown(loop.advance("30 ms")).words


def test_fits_and_comparisons():
    c = np.array([0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
    fit = hill_fit(c, 10 - 8 * c**2 / (c**2 + 4))
    assert "EC50 (uM)" in shown(fit).words
    response = DoseResponse("diazepam", list(c), [1, 2], {"rate:E": np.stack([fit(c)] * 2, 1)})
    assert "control" in shown(response).words
    scores = {"neurons": "lif", "scores": [0.5], "mean": 0.5, "spread": 0.0, "learning": 0.6, "seconds": 1.0, "curves": [[0.1, 0.2]]}  # fmt: skip
    assert "0.5000" in shown(Results({"stdp": scores})).words and shown(Results()).words
    x = np.arange(3.0)
    assert "pairs" in shown(Curve("pairs", x, "time (ms)", x + 1, x + 2, "nS")).words


def test_nothing_where_nothing_is():
    shown(am.Network())
    silent = am.Network()
    silent.population("E", 1, "lif")
    shown(silent.run("0 ms", progress=False)), shown(silent.run("10 ms", progress=False))
    none = np.zeros(0, int)
    shown(Weights("P->E", none, none, np.zeros(0)))


def test_hostile_names_are_text():
    net = am.Network(seed=1, name=HOSTILE)
    cell = am.models.neuron("<i>x", "dv/dt = -v/tau : mV", tau="10 ms", source=HOSTILE, doc=HOSTILE)
    E = net.population("E", 2, cell)
    net.synapses(E, E, receptor="delta", weight="1 mV", p=0.5, name="<b>&'")
    run = net.run("10 ms", progress=False)
    for x, name in ((net, HOSTILE), (run, HOSTILE), (cell, HOSTILE), (net, "<b>&'"), (cell, "<i>x")):
        page = shown(x)
        assert not page.tags & {"script", "i"} and name in page.words
    assert "<i>" not in am.view.circuit(net) and "&lt;i&gt;x" in am.view.circuit(net)
    w = Weights(HOSTILE, np.zeros(1, int), np.zeros(1, int), np.ones(1))
    assert HOSTILE in shown(w).words
    assert HOSTILE in shown(ReceptiveFields(HOSTILE, np.ones((2, 4)))).words


def test_many_populations_are_a_matrix_and_stay_small():
    net = am.Network()
    names = [f"population number {k}" for k in range(120)]
    for n in names:
        net.population(n, 1, "lif")
    for a in names:
        for b in names[:20]:
            net.synapses(a, b, receptor="exc", weight="1 pA", p=1.0)
    page = shown(net)
    assert "and 104 more" in page.words


def test_signs_of_projections_follow_weights_and_reversals():
    discs = [d.count('r="4.5"') for d in map(am.view.circuit, (am.circuits.coba(100), am.circuits.cuba(100)))]
    assert discs == [2, 2]
    assert am.view.circuit(am.circuits.microcircuit(scale=0.02)).count('r="6"') == 23  # of its 55 projections


def test_what_cannot_be_shown_is_text():
    class Broken(Shown):
        def html(self):
            raise ValueError

    class Long(Shown):
        def html(self):
            return "x" * (LIMIT + 1)

    class Plain(Shown):
        pass

    for x in (Broken(), Long(), Plain()):
        assert x._repr_html_() is None and list(x._repr_mimebundle_()) == ["text/plain"]
    m = am.models.get("lif")
    assert (
        list(m._repr_mimebundle_(exclude=["text/html"]))
        == ["text/plain"]
        == list(m._repr_mimebundle_(include=["text/plain"]))
    )


def test_nothing_is_imported_before_it_is_shown():
    code = "import sys, amine as am; am.Network; am.Run; am.models.get('lif'); am.compounds.get('dopamine')\n"
    code += "print([m for m in ('matplotlib', 'sympy', 'rdkit', 'amine.view.notebook') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
