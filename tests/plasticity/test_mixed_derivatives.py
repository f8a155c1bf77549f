"""Derivatives of a weight that mix values of the target with those of the synapse: the plan says the same as the text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp

import amine as am
from amine.equations.symbols import symbol
from amine.network.plasticity import parsed_rule, plan_of

PIECES = ("v", "u*k", "where(v > th, v, u)", "max(v, w/lim*th)", "abs(v - w/lim*th)")
FRAMES = (
    "where(w > lim, {a}, -({b}))",
    "where({a} > {b}, v, {a})",
    "where(v > th, {a}, {b})*where(w > lim, 1, 2)",
    "min({a}, {b})",
    "({a} - {b})*exp(-w/lim)",
)
TEXTS = [f.format(a=a, b=b) for f in FRAMES for a, b in itertools.combinations(PIECES, 2)]
NUMBERS = {"v": -52.0, "u": -3.0, "w": 1.7, "th": -50.0, "lim": 1.1, "k": 0.7}


def projection(text: str):
    cell = am.models.neuron(
        "cell",
        "dv/dt = (E_L - v)/tau_m + I/C : mV\ndu/dt = -u/tau_m : mV\nthreshold v > V_th\nreset v = E_L",
        E_L="-60 mV", tau_m="10 ms", C="100 pF", V_th="0 mV",
    )  # fmt: skip
    net = am.Network()
    P, E = net.population("P", 3, "poisson", rate="10 Hz"), net.population("E", 1, cell, receptors={"AMPA": "AMPA"})
    rule = am.plasticity.rule(
        "mixed", f"dw/dt = g*({text}) : nS in 0 nS .. 5 nS", g="0.001 nS/mV/ms", th="-50 mV", lim="1.1 nS", k="0.7"
    )
    return net, net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=rule)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.filterwarnings("ignore::amine.errors.AmineWarning")
def test_a_plan_says_what_the_text_says(text: str):
    net, synapses = projection(text)
    whole = parsed_rule(net, synapses).rhs["w"]
    plan = plan_of(net, synapses)
    held = {symbol(f"held_{i}"): e for i, e in enumerate(plan.held)}
    numbers = {symbol(n): x for n, x in NUMBERS.items()}
    for v, w in ((-52.0, 1.7), (-48.0, 1.7), (-52.0, 0.4), (-48.0, 0.4)):
        at = numbers | {symbol("v"): v, symbol("w"): w, symbol("g"): 0.001}
        values = {s: sp.sympify(e).subs(at) for s, e in held.items()}
        found = (
            sp.sympify(plan.substep.get("w", whole)).subs(values).subs(at)
        )  # what became linear in w has no substeps
        assert np.isclose(float(found), float(whole.subs(at))), (plan.substep, plan.held)
