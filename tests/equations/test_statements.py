"""Equations as text: what is refused, in one sentence, and what arbitrary text can do (nothing)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am

GOOD = {"E": "-65 mV", "tau": "10 ms", "C": "100 pF", "b": 2.0}


def neuron(equations: str):
    return am.models.neuron("test", equations, **GOOD)


@pytest.mark.parametrize(
    ("equations", "words"),
    [
        ("dv/dt = __import__('os').system('ls')/ms*mV : mV", "is not known|not allowed"),
        ("dv/dt = (E - v).__class__ : mV", "not allowed"),
        ("dv/dt = (lambda: v)()/tau : mV", "not known"),
        ("dv/dt = [E][0]/tau : mV", "not allowed"),
        ("dv/dt = expp(v/E)*mV/tau : mV", "did you mean 'exp'"),
        ("dv/dt = (E - v)/tua : mV", "did you mean 'tau'"),
        ("dv/dt = (E - v)/C : mV", "wrong dimension"),
        ("dv/dt = E - tau : mV", "different dimension"),
        ("dv/dt = (E - v)/tau", "unit is missing"),
        ("dv/dt = (E - v)/tau : blorp", "unit is not known"),
        ("dv/dt = exp(v)*mV/tau : mV", "has a dimension"),
        ("a = b1 : 1\nb1 = a : 1\ndv/dt = a*(E - v)/tau : mV", "algebraic loop"),
        ("dv/dt = (E - v)/tau : mV\ndv/dt = E/tau : mV", "defined twice"),
        ("dxi/dt = -xi/tau : 1\ndv/dt = (E - v)/tau : mV", "reserved"),
        ("u = 2*tau : ms", "needs a state"),
        ("dv/dt = (E - v)/tau : mV\nreset v = E", "no threshold"),
        ("dv/dt = (E - v)/tau : mV\nthreshold v", "condition"),
        ("dv/dt = (E - v)/tau : mV\nthreshold v > tau", "compared"),
        ("dv/dt = (E - v)/tau : mV\nthreshold v > E\nreset q = E", "does not set a state"),
        ("dv/dt = (E - v)/tau*2**b**v : mV", "exponent"),
        ("dv/dt = (E - v)/(tau*0) : mV", "divides by zero"),
        ("dv/dt = " + "(" * 80 + "E" + ")" * 80 + "/tau : mV", ""),
        ("dv/dt = (E - v)/tau*1e999 : mV", "too large"),
        ("dv/dt = sqrt(0 - 1)*E/tau : mV", "real"),
        ("this is no equation : mV", "not an equation"),
        ("dv/dt = (E - v)/tau : mV\nrefractory E", "wrong dimension|must not be negative"),
        ("dv/dt = (E - v)/tau : mV\nthreshold v > E\nrefractory tau hold w", "not a state"),
    ],
)
def test_bad_equations(equations, words):
    if not words:
        with contextlib.suppress(am.AmineError):
            neuron(equations)
        return
    with pytest.raises(am.AmineError, match=words) as e:
        neuron(equations)
    assert "Neuron 'test'" in str(e.value) and "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("make", "equations", "words"),
    [
        (am.models.receptor, "dg/dt = -g/tau : nS\ncurrent g*v", "needs one 'on spike'"),
        (am.models.receptor, "dg/dt = -g/tau : nS\non spike g = w\ncurrent g*v", "must add the weight"),
        (am.models.receptor, "dg/dt = -g/tau : nS\non spike g += w\ncurrent g", "wrong dimension"),
        (am.models.release, "dx/dt = -x/tau : 1", "needs a payload"),
    ],
)
def test_bad_receptors_and_releases(make, equations, words):
    with pytest.raises(am.AmineError, match=words):
        make("test", equations, tau="5 ms")


def only_amine_errors(make, equations, parameters):
    try:
        make("test", equations, **parameters)
    except am.AmineError as e:
        assert str(e)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_arbitrary_text(text):
    only_amine_errors(am.models.neuron, text, GOOD)


@settings(max_examples=100, deadline=None)
@given(st.text("v+-*/() .<>=,:;E\n0123456789eτ_[]{}'\"#", max_size=50))
def test_arbitrary_right_hand_sides(text):
    only_amine_errors(am.models.neuron, f"dv/dt = {text} : mV\nthreshold v > E", GOOD)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_mutated_models(data):
    model = am.models.get(
        data.draw(
            st.sampled_from(
                [
                    n
                    for n in am.models.names()
                    if am.models.get(n).equations and hasattr(am.models, am.models.get(n).kind)
                ]
            )
        )
    )
    text = list(model.equations)
    for _ in range(data.draw(st.integers(1, 3))):
        k = data.draw(st.integers(0, len(text) - 1))
        kind = data.draw(st.sampled_from(["delete", "double", "swap", "replace"]))
        if kind == "delete" and len(text) > 1:
            del text[k]
        elif kind == "double":
            text.insert(k, text[k])
        elif kind == "swap":
            text[k], text[k - 1] = text[k - 1], text[k]
        else:
            text[k] = data.draw(st.sampled_from("v*/+-()=:e0 \n"))
    make = getattr(am.models, model.kind)
    only_amine_errors(make, "".join(text), dict(model.parameters))
