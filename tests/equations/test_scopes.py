"""Which names each kind of statement may use, directly or by way of a named subexpression, and where noise may stand."""

from __future__ import annotations

import pytest

import amine as am
from amine.equations.statements import STATEMENTS

VALUES = {"E": "-65 mV", "tau": "10 ms", "V_th": "-50 mV", "t_ref": "2 ms", "sigma": "2 mV/ms**0.5"}
MEMBRANE = "dv/dt = (E - v)/tau + sigma*xi : mV\n"


def neuron(lines: str, membrane: str = MEMBRANE):
    return am.models.neuron("n", membrane + lines, **VALUES)


@pytest.mark.parametrize(
    "term",
    [
        "sigma*xi**2*ms**0.5",
        "mV/ms*exp(xi*ms**0.5)",
        "sigma*abs(xi)",
        "sigma*sqrt(xi*xi)",
        "sigma*xi*xi*ms**0.5",
        "sigma*xi/(1 + xi*ms**0.5)",
        "sigma*xi*xi_2*ms**0.5",
        "sigma*max(xi, 0)",
        "where(xi > 0*ms**-0.5, 1, 0)*mV/ms",
        "sigma*sign(xi)/ms**0.5",
        "sigma/xi/ms",
        "v/tau*tanh(xi*ms**0.5)",
    ],
)
def test_noise_is_added_and_nothing_else(term):
    with pytest.raises(am.AmineError, match=r"in 'dv/dt': the noise 'xi' enters nonlinearly"):
        neuron("", f"dv/dt = (E - v)/tau + {term} : mV\n")
    with pytest.raises(am.AmineError, match=r"noise 'xi' enters nonlinearly"):
        neuron("", f"y = {term} : mV/ms\nz = y : mV/ms\ndv/dt = (E - v)/tau + z : mV\n")
    assert neuron("", "y = 2*xi : ms**-0.5\ndv/dt = (E - v)/tau + sigma*v/E*y + where(v > E, 1, 2)*sigma*xi_2 : mV\n")


@pytest.mark.parametrize("name", ["xi", "y", "I", "q"])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("threshold", "threshold v > V_th + {}"),
        ("reset", "threshold v > V_th\nreset v = E + {}"),
        ("initial", "initial v = E + {}"),
        ("refractory", "threshold v > V_th\nrefractory t_ref + {}*ms/mV"),
    ],
)
def test_names_that_have_no_value_in_a_statement(name, key, text):
    """Noise and the input current, directly and by way of a named subexpression, and what nobody defines."""
    factor = {"xi": "xi*mV*ms**0.5", "y": "y", "I": "I*mV/pA", "q": "q"}[name]
    with pytest.raises(am.AmineError) as e:
        neuron("y = xi*mV*ms**0.5 + 2*mV : mV\n" + text.format(factor))
    assert ("known" if name == "q" else "has no value") in e.value.problem and "\n" not in str(e.value)


@pytest.mark.parametrize("line", ["payload 1", "current E", "ion Ca", "quanta", "on spike v += E"])
def test_statements_of_other_kinds(line):
    key = next(k for k in STATEMENTS if line.startswith(k))
    with pytest.raises(am.AmineError, match=f"a neuron has no statement '{key}'") as e:
        neuron(line)
    assert "threshold" in str(e.value)


@pytest.mark.parametrize("name", ["xi", "exp", "np", "dt", "t", "_c0", "lambda", "new_v", "a b", "x\0", "é", ""])
def test_parameters_need_names_of_their_own(name):
    with pytest.raises(am.AmineError, match="reserved or invalid name|not known"):
        am.models.neuron("n", "dv/dt = (E - v)/tau : mV", **VALUES, **{name: 1.0})
    if name.isidentifier() and name.isascii():
        with pytest.raises(am.AmineError, match="reserved or invalid name"):
            am.models.neuron("n", f"d{name}/dt = 0/ms : 1\ndv/dt = (E - v)/tau : mV", **VALUES)


def test_initial_values_name_each_other_in_any_order():
    eq = neuron(
        "m_inf = 1/(1 + exp(-(v - V_th)/(4*mV))) : 1\ndm/dt = (m_inf - m)/tau : 1\ninitial m = m_inf\ninitial v = E"
    ).parsed
    assert float(eq.starts["m"].subs({"E": -50}).subs(dict.fromkeys(eq.starts["m"].free_symbols, -50))) == 0.5
    with pytest.raises(am.AmineError, match="algebraic loop among the initial values: u -> v -> u"):
        neuron("du/dt = (E - u)/tau : mV\ninitial u = 2*v\ninitial v = u + E")


def test_a_rule_has_no_noise_in_its_events_and_no_time():
    for text in (
        "w : weight in 0 .. w_max\non pre w += a*w_max*xi*ms**0.5",
        "y = xi : ms**-0.5\nw : weight in 0 .. w_max\non post w += a*w_max*y*ms**0.5",
    ):
        with pytest.raises(am.AmineError, match="the noise 'xi' has no value here"):
            am.plasticity.rule("r", text, w_max="1 nS", a=0.1)
    with pytest.raises(am.AmineError, match="the time t has no value in a rule"):
        am.plasticity.rule("r", "w : weight in 0 .. w_max\non pre w += a*w_max*t/ms", w_max="1 nS", a=0.1)
    with pytest.raises(am.AmineError, match="enters nonlinearly"):
        am.plasticity.rule(
            "r", "dw/dt = a*w_max*xi**2 : weight in 0 .. w_max\non pre w += a*w_max", w_max="1 nS", a=0.1
        )
