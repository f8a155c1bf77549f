"""Every model of the library: a new one is tested by being there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import amine as am
from amine import models
from amine.equations import CHANNEL_NAMES
from amine.equations.printer import Printer
from amine.models import find
from amine.models.model import Model
from amine.units import dimension_of

ALL = models.names()


def test_there_are_models_and_no_file_is_forgotten():
    assert len(ALL) >= 20
    files = {f.stem for f in Path(models.__file__).parent.glob("[!_]*.py")}
    parts = {
        "accuracy",
        "find",
        "firing",
        "growth",
        "limits",
        "membrane",
        "model",
        "multicompartment",
        "naming",
        "ports",
        "sums",
    }
    assert files - parts == set(find.LIBRARY)


@pytest.mark.parametrize("name", ALL)
def test_words(name):
    model = models.get(name)
    assert model.doc and model.source and set(model.symbols) == set(model.units) == set(model.parameters)
    for unit in model.units.values():
        dimension_of(unit)


@pytest.mark.parametrize("name", ALL)
def test_data_and_calls(name):
    model = models.get(name)
    assert Model.from_dict(model.to_dict()) == model
    assert model() == model
    with pytest.raises(am.AmineError, match="is not known"):
        model(no_such_parameter=1)


@pytest.mark.parametrize("name", [n for n in ALL if models.get(n).equations])
def test_right_hand_sides_are_finite_and_printed(name):
    model = models.get(name)
    eq, rng = model.parsed, np.random.default_rng(3)
    assert model.latex().count("\n") + 1 >= len(eq.states)
    given = {n: am.units.to_internal(v, model.units[n], n) for n, v in model.parameters.items()}
    values = {**dict.fromkeys((*eq.parameters, *eq.inputs), 1.0), **given}
    states = {s: rng.uniform(-80, 20) if u == "mV" else rng.uniform(0, 1) for s, u in eq.states.items()}
    ions = {n: 300.0 if n.startswith("T") else 1.5 for n in CHANNEL_NAMES}
    names = {**ions, **values, "v": -50.0, **states, "I": 10.0, "t": 1.0}
    for e in eq.full_rhs.values():
        found = e.subs({s: names[s.name] for s in e.free_symbols if not s.name.startswith("xi")})
        text = Printer("numpy", lambda n: repr(float(names.get(n, 0.0))))(e)
        assert text
        exact = complex(
            sp.N(found.replace(lambda x: x.func.__name__ == "exprel", lambda x: (sp.exp(x.args[0]) - 1) / x.args[0]))
        )
        assert np.isfinite(exact.real) and exact.imag == 0


def test_suggestions():
    with pytest.raises(am.AmineError, match="did you mean 'adex'"):
        models.get("addex")
    with pytest.raises(AttributeError, match="did you mean 'lif'"):
        _ = models.liff
    with pytest.raises(am.AmineError, match="did you mean 'tau_m'"):
        models.lif(tau_n="3 ms")
    with pytest.raises(am.AmineError, match="must be positive"):
        models.lif(tau_m="0 ms")
    with pytest.raises(am.AmineError, match="did you mean 'tonic'"):
        models.adex_pattern("tonik")


def test_own_models_have_the_same_rights():
    own = am.models.register(
        am.models.receptor("own_receptor", "dg/dt = -g/tau : nS\non spike g += w\ncurrent g*(0*mV - v)", tau="3 ms")
    )
    net = am.Network()
    P = net.population("P", 5, "lif")
    net.synapses(P, P, receptor="own_receptor", weight="1 nS", p=0.5)
    assert net.run("2 ms", progress=False).complete and models.get("own_receptor") is own
    with pytest.raises(am.AmineError, match="the name is taken"):
        am.models.register(own)
