"""Equations as MathML: words are those of the model, choices are cases."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import amine as am
from amine.equations.mathml import mathml_lines, to_mathml


def test_a_choice_is_cases_behind_a_brace():
    x, y = sp.symbols("x_m y")
    text = to_mathml(sp.Piecewise((x, y > 0), (1, True)))
    assert (
        text.count("<mtr>") == 2
        and "otherwise" in text
        and ">{</mo>" in text
        and "iecewise" not in text
        and "True" not in text
    )


@pytest.mark.parametrize("name", ["clopath_adex", "lif_cond", "thalamic_relay"])
def test_words_are_those_of_the_model(name):
    m = am.models.get(name)
    words = {w for line in mathml_lines(m.parsed) for w in re.findall(r"<m[it]e?x?t?>([A-Za-z]{3,})</", line)}
    known = set(re.findall(r"[A-Za-z]+", m.equations)) | {"otherwise", "Faraday", "area"}
    assert words and words <= known | {"tanh", "log", "exp", "min", "max"}, words - known
