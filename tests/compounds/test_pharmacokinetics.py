"""Doses in milligrams: Bateman's function against its differential equations, repeated doses, steady state, and the table of human numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import amine as am
from amine import compounds as C
from amine.compounds.doses import Course
from amine.compounds.pharmacokinetics import Human, human, human_drugs

HOUR = 3.6e6


def integrated(h: Human, milligrams: float, kilograms: float, oral: bool, t: np.ndarray) -> np.ndarray:
    """Free concentration in the brain (uM) by scipy: gut and plasma, in mg and hours."""
    k, share = h.clearance / h.volume / 1e3 * 60.0, (h.bioavailability or 1.0) if oral else 1.0
    ka = h.absorption * HOUR if oral else 1e9
    start = [share * milligrams, 0.0] if oral else [0.0, milligrams]
    slope = lambda _, x: [-ka * x[0], ka * x[0] - k * x[1]] if oral else [0.0, -k * x[1]]  # noqa: E731
    found = solve_ivp(slope, (0.0, t[-1]), start, t_eval=t, rtol=1e-10, atol=1e-12, method="LSODA").y[1]
    mass = C.drug(h.drug).molar_mass
    return found / (h.volume * kilograms) / mass * 1e3 * h.fu * h.brain


@pytest.mark.parametrize("name", human_drugs())
def test_one_dose_follows_its_equations(name):
    h, t = human(name), np.linspace(0.0, 24.0, 25)
    made = [(am.intravenous("20 mg", weight="60 kg"), False)]
    made += [(am.oral("20 mg", weight="60 kg"), True)] if h.peak is not None else []
    for amount, oral in made:
        course = amount.course(name)
        expected = integrated(h, 20.0, 60.0, oral, t)
        np.testing.assert_allclose(course.at(t * HOUR), expected, rtol=1e-6, atol=1e-9 * expected.max())
        assert Course.from_dict(course.to_dict()) == course
        if oral:
            late = min(
                h.peak, 1.0 / (h.rate * HOUR)
            )  # an absorption as slow as elimination has the latest peak there is
            fine = np.linspace(0.0, 3.0 * late, 3001)
            assert fine[course.at(fine * HOUR).argmax()] == pytest.approx(late, abs=2e-3 * late)
            assert course.peak == pytest.approx(course.at(fine * HOUR).max(), rel=1e-5)


def test_repeated_doses_add_up_to_a_steady_state():
    """The mean over an interval is F D fu Kp,uu / (CL interval), whatever the absorption."""
    h, every = human("diazepam"), 12.0
    one, many = am.oral("5 mg"), am.oral("5 mg", every="12 h", doses=30)
    t = np.array([100.0, 300.0]) * HOUR
    sums = sum(one.course("diazepam").at(t - every * HOUR * i) for i in range(30))
    np.testing.assert_allclose(many.course("diazepam").at(t), sums, rtol=1e-12)
    fine = np.linspace(0.0, every, 4801) * HOUR
    steady = am.oral("5 mg", every="12 h", steady=True).course("diazepam").at(fine)
    mean = np.trapezoid(steady, fine) / (every * HOUR)
    cleared = 5.0 / C.drug("diazepam").molar_mass * 1e3 / (h.clearance * 70.0 / 1e3 * 60.0 * every)  # uM
    assert mean == pytest.approx(cleared * h.bioavailability * h.fu * h.brain, rel=1e-4)
    assert steady[0] == pytest.approx(steady[-1], rel=1e-4)


def test_the_table_is_within_what_bodies_have():
    assert len(human_drugs()) >= 30
    for name in human_drugs():
        h = human(name)
        assert 0 < h.fu <= 1 and 0 < h.brain <= 2 and (h.bioavailability is None or 0 < h.bioavailability <= 1), name
        assert "brain" in h.unverified, name
        assert h.peak is None or {"peak", "bioavailability"} & set(h.unverified) or h.note, name
        assert 0.3 * HOUR < h.half_life < 300 * HOUR, name


@pytest.mark.parametrize("name", ["diazepam", "codeine", "fluoxetine", "carbamazepine", "imipramine"])
def test_active_metabolites_follow_their_equations(name):
    """Gut, parent and metabolite in umol, by integration; an amount for a network gives both drugs."""
    parent = C.drug(name)
    (m,) = parent.metabolites
    h, made, t = human(name), human(m.drug), np.linspace(0.0, 60.0, 13)
    ka, k, km = h.absorption * HOUR, h.rate * HOUR, made.rate * HOUR
    slope = lambda _, x: [-ka * x[0], ka * x[0] - k * x[1], m.fraction * k * x[1] - km * x[2]]  # noqa: E731
    start = [h.bioavailability * 20.0 / parent.molar_mass * 1e3, 0.0, 0.0]
    found = solve_ivp(slope, (0.0, t[-1]), start, t_eval=t, rtol=1e-10, atol=1e-12, method="LSODA").y[2]
    net = am.Network()
    net.dose(name, am.oral("20 mg", weight="60 kg"))
    assert [d.drug for d in net.doses] == [name, m.drug]
    free = made.fu * made.brain / (made.volume * 60.0)
    np.testing.assert_allclose(
        net.doses[1].course.at(t * HOUR), found * free, rtol=2e-4, atol=1e-6 * found.max() * free
    )
    assert am.Network.from_dict(net.to_dict()).doses == net.doses


def test_metabolites_that_nothing_is_known_of_are_named_and_can_be_left_out():
    net = am.Network()
    with pytest.warns(am.AmineWarning, match="its active metabolite desvenlafaxine has no human parameters here"):
        net.dose("venlafaxine", am.oral("75 mg"))
    net.dose("diazepam", am.oral("10 mg", metabolites=False))
    net.dose("diazepam", "1 uM")  # a concentration is that of the drug alone
    assert [d.drug for d in net.doses] == ["venlafaxine", "diazepam", "diazepam"]


def test_a_metabolite_at_steady_state_has_the_level_of_its_clearance():
    """f CL/CLm of the parent's, in molecules: here nearly as much nordazepam as diazepam."""
    net = am.Network()
    net.dose("diazepam", am.oral("10 mg", every="24 h", steady=True))
    fine = np.linspace(0.0, 24.0, 481) * HOUR
    means = [float(np.mean(d.course.at(fine))) for d in net.doses]
    h, m = human("diazepam"), human("nordazepam")
    ratio = 0.6 * h.clearance / m.clearance * (m.fu * m.brain) / (h.fu * h.brain)
    assert means[1] / means[0] == pytest.approx(ratio, rel=2e-3)


def test_doses_of_networks():
    net = am.Network()
    dose = net.dose("diazepam", am.oral("10 mg", weight="70 kg"))
    level = dose.course.at(HOUR)
    assert level == pytest.approx(am.oral("10 mg").course("diazepam").at(HOUR))
    assert am.oral("1 mg/kg", weight="50 kg").course("caffeine").at(HOUR) == pytest.approx(
        am.oral("50 mg", weight="50 kg").course("caffeine").at(HOUR)
    )
    assert am.oral("10 mg", brain=0.5).course("diazepam").at(HOUR) == pytest.approx(0.5 * level)
    assert math.isfinite(level) and level < 0.05  # a total of 0.5 uM in plasma, of which 2.3 % are free


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: am.oral("10 uM"), "this is not an amount"),
        (lambda: am.oral("-1 mg"), "this is not an amount"),
        (lambda: am.oral("0 mg"), "this is not an amount"),
        (lambda: am.oral("1 mg", weight="70"), "not the weight of a body"),
        (lambda: am.oral("1 mg", doses=3), "the interval between doses is missing"),
        (lambda: am.oral("1 mg", steady=True), "the interval between doses is missing"),
        (lambda: am.oral("1 mg", every="8 h", doses=0), "not a number of doses"),
        (lambda: am.oral("1 mg", every="0 h", doses=2), "every"),
        (lambda: am.oral("1 mg", brain=-1.0), "not a ratio"),
        (lambda: am.oral("1 mg").course("propofol"), "not given by mouth"),
        (lambda: am.oral("1 mg").course("tetrodotoxin"), "no human parameters"),
        (lambda: am.Network().dose("tetrodotoxin", am.oral("1 mg")), "no human parameters"),
    ],
)
def test_mistakes(make, words):
    with pytest.raises(am.AmineError, match=words):
        make()
