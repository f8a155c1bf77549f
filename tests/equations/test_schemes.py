"""Kinetic schemes as text: what is refused, in one sentence; masses; reversal potentials."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

import amine as am
from amine.engine.transmission.schemes import equilibrium, generator_matrix, reduced
from amine.equations.schemes import read

RATES = {"a": "1.1 1/mM/ms", "b": "0.2 1/ms", "c": "0.1 1/ms", "E_rev": "0 mV"}

BAD = {
    "unknown state": ("C <-> O: a*T, b\nopen P", "state 'P' is not known"),
    "near miss": ("C <-> Open: a*T, b\nopen Opem", "did you mean 'Open'"),
    "one rate": ("C <-> O: a*T\nopen O", "needs two rates, forward and backward"),
    "no way back": ("C -> O: a*T\nopen O", "no transitions lead back from 'O' to 'C'"),
    "no way there": ("C <-> O: a*T, b\nD -> C: c\nopen O", "no transitions lead from 'C' to 'D'"),
    "dimension": ("C <-> O: a, b\nopen O", "no rate depends on the transmitter"),
    "rate dimension": ("C <-> O: a*T, b*c\nopen O", "wrong dimension"),
    "not linear": ("C <-> O: a*a*T**2/b, b\nopen O", "must be linear in T"),
    "unknown name": ("C <-> O: a*T, beta\nopen O", "'beta' is not known"),
    "nothing open": ("C <-> O: a*T, b", "the open states are missing"),
    "self": ("C <-> C: a*T, b\nopen C", "leads from a state to itself"),
    "no scheme": ("hello", "not a line of a scheme"),
    "code": ("C <-> O: __import__('os').system('ls')*T, b\nopen O", "is not known|not allowed"),
    "current": ("C <-> O: a*T, b\nopen O\ncurrent g", "wrong dimension"),
    "reserved": ("C <-> T: a*T, b\nopen T", "reserved name"),
    "downstream": ("C <-> R: a*T, b\nds/dt = b*R*R - c*s : 1\nopen s", "must be linear"),
    "twice": ("C <-> O: a*T, b\nopen O\nopen C", "given twice"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_schemes(case):
    text, words = BAD[case]
    with pytest.raises(am.AmineError, match=words) as e:
        am.models.scheme("bad", text, **RATES)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("name", am.models.names("scheme"))
def test_mass_is_conserved_and_rest_is_rest(name):
    """Columns of Q sum to zero, so exp(Q t) keeps the number of receptors, however stiff the rates are."""
    model = am.models.get(name)
    s = read(model.equations, name)
    v = {n: am.units.to_internal(x, model.units[n], n) for n, x in model.parameters.items()}
    for T in (0.0, 1000.0):
        rates = [eval(t.rate, {}, {**v, "T": T}) for t in s.transitions]  # the library's own text
        Q = generator_matrix(s, rates)
        assert np.abs(Q.sum(0)).max() <= 1e-12 * np.abs(Q).max()
        x = expm(Q * 100.0) @ np.eye(len(Q))[0]
        assert x.sum() == pytest.approx(1.0, abs=1e-12) and x.min() > -1e-12
        y = expm(reduced(Q) * 100.0) @ np.append(np.zeros(len(Q) - 1), 1.0)
        np.testing.assert_allclose(y[:-1], x[1:], atol=1e-11)
        np.testing.assert_allclose(Q @ equilibrium(Q), 0.0, atol=1e-9)


def test_magnesium_block_is_that_of_jahr_and_stevens():
    """1/(1 + [Mg]/3.57 mM exp(-0.062 v)): values of the paper's formula, and none without magnesium."""
    for name in ("NMDA", "NMDA_two_state", "NMDA_five_state"):
        eq = am.models.get(name).parsed
        block = eq.expand(eq.named["block"])
        for v, mg, expected in (
            (-70, 1000.0, 0.04447),
            (-40, 1000.0, 0.23016),
            (0, 1000.0, 0.78118),
            (-70, 0.0, 1.0),
            (-70, 100.0, 0.317613),
        ):
            numbers = {"v": v, "Mg": mg, "K_Mg": 3570.0, "slope": 0.062}
            assert float(block.subs({s: numbers[s.name] for s in block.free_symbols})) == pytest.approx(
                expected, abs=2e-5
            )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("nernst(135*mM, 7*mM, -1, 309.15*K)", -26.6407 * np.log(135 / 7)),
        ("nernst(2*mM, 140*mM, 1, 309.15*K)", 26.6407 * np.log(2 / 140)),
        ("ghk(135*mM, 7*mM, 25*mM, 15*mM, 0.25, -1, 309.15*K)", -26.6407 * np.log(141.25 / 10.75)),
    ],
)
def test_reversal_potentials(expression, expected):
    m = am.models.receptor(
        "r", f"dg/dt = -g/tau : nS\non spike g += w\nE = {expression} : mV\ncurrent g*(E - v)", tau="5 ms"
    )
    assert float(m.parsed.named["E"]) == pytest.approx(expected, rel=1e-5)


def test_constant_field_current_vanishes_at_the_nernst_potential_and_is_finite_at_zero():
    m = am.models.neuron(
        "n",
        "dv/dt = P*ghk_current(v, Ca_o, Ca_i, 2, Temp)*A/C : mV",
        P="1 um/ms",
        Ca_o="2 mM",
        Ca_i="0.1 uM",
        Temp="309.15 K",
        A="1 um**2",
        C="1 pF",
    )
    e = m.parsed.full_rhs["v"]
    numbers = {"P": 1.0, "Ca_o": 2000.0, "Ca_i": 0.1, "Temp": 309.15, "A": 1.0, "C": 1.0}
    f = e.subs({s: numbers[s.name] for s in e.free_symbols if s.name != "v"})
    v = next(iter(f.free_symbols))

    def at(x: float) -> float:
        plain = f.replace(lambda z: z.func.__name__ == "exprel", lambda z: (np.e ** z.args[0] - 1) / z.args[0])
        return float(plain.subs(v, x))

    assert abs(at(26.6407 / 2 * np.log(2000 / 0.1))) < 1e-3 * abs(at(-70.0))
    assert at(1e-6) == pytest.approx(2 * 96485.33e-6 * (0.1 - 2000.0), rel=1e-4)


@pytest.mark.parametrize(
    "expression", ["nernst(1*mM, 2*mM, 1, 5*mV)", "nernst(1*mV, 2*mM, 1, 5*K)", "nernst(1*mM, 2*mM, 1)"]
)
def test_reversal_potentials_check_dimensions(expression):
    with pytest.raises(am.AmineError, match="wrong dimension|takes 4"):
        am.models.receptor("r", f"dg/dt = -g/(1*ms) : nS\non spike g += w\nE = {expression} : mV\ncurrent g*(E - v)")
