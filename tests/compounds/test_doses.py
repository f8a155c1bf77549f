"""Concentrations in time: values, pharmacokinetics against their differential equations, text, data, mistakes."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import amine as am
from amine.compounds.doses import Course, parse_dose

HOUR = 3.6e6
COURSES = [
    am.bath("1 uM"),
    am.bath("20 nM", start="1 s", stop="2 s"),
    am.dose_ramp("0 uM", "10 uM", "1 s", "5 s"),
    am.dose_table(["0 s", "2 s", "3 s"], ["1 uM", "5 uM", "0 uM"]),
    am.bolus("300 nM", elimination="20 h", absorption="30 min"),
    am.bolus("300 nM", elimination="2 h", at=["0 h", "1 h"]),
    am.bolus("1 uM", elimination="10 h", distribution="20 min", slow=0.3, absorption="10 min", at="1 h"),
    am.bath("1 uM") + am.bolus("1 uM", elimination="1 h"),
]


@pytest.mark.parametrize("course", COURSES, ids=str)
def test_round_trip(course: Course):
    again = Course.from_dict(json.loads(json.dumps(course.to_dict())))
    t = np.linspace(0, 5 * HOUR, 1001)
    assert again == course and hash(again) == hash(course)
    assert np.array_equal(again.at(t), course.at(t))
    assert (course.at(t) >= 0).all() and course.at(t).max() <= course.peak * (1 + 1e-9)
    assert course.at(-1.0) == 0.0 and course.at(t.reshape(7, 143)).shape == (7, 143)


def test_values():
    assert am.bath("20 nM", start="1 s", stop="2 s").at([999.9, 1000.0, 1999.9, 2000.0]).tolist() == [0, 0.02, 0.02, 0]
    assert am.dose_ramp("0 uM", "10 uM", "1 s", "5 s").at([0.0, 3000.0, 9000.0]).tolist() == [0, 5, 10]
    assert am.dose_table(["1 s", "2 s"], ["1 uM", "5 uM"]).at([0.0, 1500.0, 1e9]).tolist() == [0, 1, 5]


@given(half=st.floats(0.1, 50.0), absorption=st.floats(0.01, 60.0), peak=st.floats(1e-3, 1e3))
def test_bateman_solves_its_equations(half, absorption, peak):
    """One compartment fed by first-order absorption; the scale is free, so the curve is compared up to its peak."""
    c = am.bolus(f"{peak!r} uM", elimination=f"{half!r} h", absorption=f"{absorption!r} h")
    k, ka = math.log(2) / (half * HOUR), math.log(2) / (absorption * HOUR)
    t = np.linspace(0, 6 / min(k, ka), 400)
    right = lambda _, y: [-ka * y[0], ka * y[0] - k * y[1]]  # noqa: E731
    y = solve_ivp(right, (0, t[-1]), [1.0, 0.0], t_eval=t, rtol=1e-9, atol=1e-12, method="LSODA").y[1]
    fine = np.log(ka / k) / (ka - k) if abs(ka / k - 1) > 1e-9 else 1 / k
    assert float(c.at(fine)) == pytest.approx(peak, rel=1e-9)
    assert c.at(t) / peak == pytest.approx(y / _peak(k, ka, fine), abs=1e-6)


def _peak(k: float, ka: float, t: float) -> float:
    return (
        ka * t * math.exp(-k * t) if abs(ka / k - 1) < 1e-9 else ka * (math.exp(-k * t) - math.exp(-ka * t)) / (ka - k)
    )


def test_equal_rates_are_no_special_case():
    near = am.bolus("1 uM", elimination="1 h", absorption="1.0000001 h").at(np.linspace(0, 5 * HOUR, 50))
    same = am.bolus("1 uM", elimination="1 h", absorption="1 h").at(np.linspace(0, 5 * HOUR, 50))
    assert same == pytest.approx(near, rel=1e-6) and same.max() == pytest.approx(1.0, abs=1e-3)


def test_two_compartments_solve_their_equations():
    """Central and peripheral compartment with micro-constants that give these half-lives (Gibaldi & Perrier 1982)."""
    alpha, beta, slow = math.log(2) / (1 / 3 * HOUR), math.log(2) / (10 * HOUR), 0.3
    k21 = (1 - slow) * beta + slow * alpha
    k10 = alpha * beta / k21
    k12 = alpha + beta - k21 - k10
    t = np.linspace(0, 20 * HOUR, 300)
    right = lambda _, y: [-(k10 + k12) * y[0] + k21 * y[1], k12 * y[0] - k21 * y[1]]  # noqa: E731
    y = solve_ivp(right, (0, t[-1]), [2.0, 0.0], t_eval=t, rtol=1e-10, atol=1e-13).y[0]
    c = am.bolus("2 uM", elimination="10 h", distribution="20 min", slow=slow)
    assert c.at(t) == pytest.approx(y, rel=1e-6)
    ka = math.log(2) / (0.5 * HOUR)
    absorbed = lambda _, y: [-ka * y[0], ka * y[0] - (k10 + k12) * y[1] + k21 * y[2], k12 * y[1] - k21 * y[2]]  # noqa: E731
    y = solve_ivp(absorbed, (0, t[-1]), [1.0, 0, 0], t_eval=t, rtol=1e-10, atol=1e-13).y[1]
    c = am.bolus("2 uM", elimination="10 h", distribution="20 min", slow=slow, absorption="30 min").at(t)
    assert c[1:] / y[1:] == pytest.approx(np.full(299, (c[1:] / y[1:]).mean()), rel=1e-6)
    assert c.max() == pytest.approx(2.0, rel=1e-3) and c.max() <= 2.0 + 1e-9


def test_repeated_doses_add_up():
    one, two = (am.bolus("1 uM", elimination="3 h", absorption="20 min", at=a) for a in ("0 h", "8 h"))
    both = am.bolus("1 uM", elimination="3 h", absorption="20 min", at=["0 h", "8 h"])
    t = np.linspace(0, 24 * HOUR, 500)
    assert np.allclose(both.at(t), one.at(t) + two.at(t)) and both == one + two


def test_the_words_for_currents_make_doses_too():
    assert am.step("1 uM", start="1 s", stop="2 s") == am.bath("1 uM", start="1 s", stop="2 s")
    assert am.ramp("0 uM", "1 mM", "0 s", "1 s") == am.dose_ramp("0 uM", "1 mM", "0 s", "1 s")
    assert am.table(["0 s"], ["3 nM"]) == am.dose_table(["0 s"], ["3 nM"])


@pytest.mark.parametrize(
    ("text", "drug", "course"),
    [
        ("diazepam=0.5 uM", "diazepam", am.bath("0.5 uM")),
        ("ketamine=1 uM@200ms..600ms", "ketamine", am.bath("1 uM", start="200 ms", stop="600 ms")),
        (" TTX = 1uM @ 1 s", "tetrodotoxin", am.bath("1 uM", start="1 s")),
        ("ap5=0 uM..50 uM@1s..5s", "d_ap5", am.dose_ramp("0 uM", "50 uM", "1 s", "5 s")),
    ],
)
def test_text(text, drug, course):
    assert parse_dose(text) == (drug, course)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: am.bath(1), "the unit is missing"),
        (lambda: am.bath("-1 uM"), "must not be negative"),
        (lambda: am.bath("1 mV"), "wrong dimension"),
        (lambda: am.bath("1 uM", start="2 s", stop="1 s"), "stops before it starts"),
        (lambda: am.dose_table(["0 s", "0 s"], ["1 uM", "1 uM"]), "times must increase"),
        (lambda: am.dose_table(["0 s"], ["1 uM", "1 uM"]), "lists of one length"),
        (lambda: am.bolus("0 uM", elimination="1 h"), "must be positive"),
        (lambda: am.bolus("1 uM", elimination="1 h", distribution="2 h"), "distribution is slower"),
        (lambda: am.bolus("1 uM", elimination="1 h", distribution="1 min", slow=1.5), "outside 0..1"),
        (lambda: am.bolus("1 uM", elimination="0 h"), "must be positive"),
        (lambda: am.bolus("1 uM", elimination="1 h", at=[]), "no time is given"),
        (lambda: parse_dose("ketamin=1 uM"), "did you mean 'ketamine'"),
        (lambda: parse_dose("ketamine=1"), "dose of ketamine: the unit is missing"),
        (lambda: parse_dose("ketamine=-1 uM"), "must not be negative"),
        (lambda: parse_dose("ketamine"), "not DRUG=CONCENTRATION"),
        (lambda: parse_dose("ketamine=1 uM@"), "start is missing"),
        (lambda: Course.from_dict({"kind": "constant"}), "damaged"),
        (lambda: Course.from_dict({"kind": "bath", "first": 1}), "damaged"),
        (lambda: Course.from_dict({"kind": "constant", "first": "x", "last": 1, "start": 0, "stop": None}), "damaged"),
    ],
)
def test_mistakes(call, words):
    with pytest.raises(am.AmineError, match=re.escape(words)):
        call()
