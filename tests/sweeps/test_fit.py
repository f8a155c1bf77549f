"""Fits: known parameters are found again, from a trace and from rates; the search is the same when it is continued."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

ASK = dict(duration="60 ms", progress=False)


def trace(run: am.Run) -> np.ndarray:
    return run.probes["v"]["v"][:, 0]


def test_a_cell_is_found_again_from_its_trace():
    known = {"I_e": 420.0, "tau_m": 12.0}
    net = am.Network(seed=0)
    cell = net.population("cell", 1, "lif", I_e="420 pA", tau_m="12 ms")
    net.probe(cell, "v", name="v")
    wanted = trace(net.run("60 ms", progress=False))
    ranges = {"I_e": ("200 pA", "700 pA"), "tau_m": ("3 ms", "40 ms")}
    found = am.fit(am.models.lif, ranges, {trace: wanted}, points=2000, **ASK)
    for name, value in known.items():
        assert found.numbers[f"cell.{name}"] == pytest.approx(value, rel=0.01)
    assert found.loss < 1e-3 and np.isfinite(list(found.errors.values())).all() and found.points <= 2000
    assert all(a >= b for a, b in zip(found.course, found.course[1:]))
    assert len([a for a in found.figure().axes if a.axison]) == 3 and "<img" in found.html()
    assert found.summary().splitlines()[0].startswith("cell.I_e = 4")


def bowl(*, x: float, y: float, seed: int = 0) -> dict[str, float]:
    bowl.calls += 1
    return {"a": x**2 + y, "b": x - y, "c": np.nan if x < -1.9 else 0.0}


def test_a_search_ends_at_the_minimum_and_goes_on_from_a_store(tmp_path):
    ask = dict(points=300, progress=False, store=tmp_path / "s")
    for method in ("differential_evolution", "least_squares"):
        bowl.calls = 0
        ranges = {"x": (-2.0, 2.0), "y": (0.01, 10.0)}
        found = am.fit(bowl, ranges, {"a": 3.0, "b": -1.0}, method=method, **ask)
        assert found.numbers == pytest.approx({"x": 1.0, "y": 2.0}, abs=1e-4) and found.loss < 1e-8
    calls = bowl.calls
    again = am.fit(bowl, ranges, {"a": 3.0, "b": -1.0}, method=method, **ask)
    assert bowl.calls == calls and again.numbers == found.numbers


@pytest.mark.validate
def test_a_weight_is_found_by_its_gradient():
    pytest.importorskip("torch")
    net = am.Network(seed=3, dt="0.5 ms")
    P = net.population("P", 40, "poisson", rate="60 Hz")
    E = net.population("E", 20, "lif_cond", I_e=am.uniform("150 pA", "220 pA"))
    net.synapses(P, E, receptor="AMPA", weight="1 nS", p=0.5, name="P->E")
    ask = dict(duration="400 ms", progress=False)
    wanted = am.sweep(net, {"P->E.weight": ["1 nS"]}, "rate:E", **ask)["rate:E"].item()
    found = am.fit(net, {"P->E.weight": ("0.2 nS", "4 nS")}, {"rate:E": wanted}, method="gradient", points=120, **ask)
    assert found.found["rate:E"] == pytest.approx(wanted, rel=0.08)
    assert found.numbers["P->E.weight"] == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "annealing"}, "is not known"),
        ({"method": "gradient"}, "a network is needed"),
        ({"parameters": {}}, "no parameter or no target"),
        ({"parameters": {"x": (1.0, 1.0), "y": (0.0, 1.0)}}, "does not rise"),
        ({"parameters": {"x": (1.0, 2.0, 3.0), "y": (0.0, 1.0)}}, "not a range"),
        ({"target": {"a": "much"}}, "no finite numbers"),
        ({"scale": {"q": 1.0}}, "is no measure"),
        ({"target": {"d": 1.0}}, "returned no measure 'd'"),
    ],
)
def test_mistakes(change, words):
    bowl.calls = 0
    ask = {"parameters": {"x": (0.0, 1.0), "y": (0.0, 1.0)}, "target": {"a": 1.0}, "points": 20, **change}
    with pytest.raises(am.AmineError, match=words):
        am.fit(bowl, ask.pop("parameters"), ask.pop("target"), progress=False, **ask)
