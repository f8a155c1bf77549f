"""Mechanisms as objects: those of users have the rights of the library's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import amine as am
from amine import compounds as C
from amine.compounds.formula import Formula


@dataclass(frozen=True)
class Pair(C.Mechanism):
    """Two molecules close a channel between them."""

    def effects(self, use):
        return [use.law("conductance", "1 - y**2")]


@dataclass(frozen=True)
class Slow(C.Mechanism):
    """Binds whether the channel is open or not, at its own rate."""

    @property
    def roles(self):
        return {"test_off": "1/ms"}

    def effects(self, use):
        return [use.block(C.Kinetics("off*(load*free - bound)"), off=use.value("test_off", 0.01))]


def action(mechanism, *more, target="AMPA"):
    return C.Action([target], mechanism, [C.Measurement("IC50", "2 uM", role="potency"), *more])


def drug(name, *actions):
    return C.Drug(id=name, name=name, actions=list(actions))


def test_a_mechanism_of_a_user_in_effects():
    d = drug("pair-1", action(Pair("pair", site="pore")))
    (e,) = C.effects_of(d, ["AMPA"])
    assert (e.key, e.site, e.potency) == ("AMPA.conductance", "pore", 2.0) and C.mechanism("pair") == Pair(
        "pair", "pore"
    )
    c = np.array([0.0, 2.0, 6.0])
    np.testing.assert_allclose(C.steady_factor([e], {"pair-1": c})["AMPA.conductance"], 1 - (c / (c + 2)) ** 2)


def test_drugs_of_a_user_compete_with_those_of_the_library():
    """A formula sees the occupancy that other drugs at the site leave to its own; the factors multiply."""
    both = C.effects_of(drug("pair-2", action(Pair("pair", site="pore"), target="GABA_A")), ["GABA_A"])
    both += C.effects_of("picrotoxin", ["GABA_A"])
    k = both[1].potency
    assert both[1].site == "pore"
    found = C.steady_factor(both, {"pair-2": 4.0, "picrotoxin": k})["GABA_A.conductance"]
    assert found == pytest.approx((1 - (2 / 4) ** 2) * (1 - 1 / 4))


def test_kinetic_mechanism_in_equilibrium():
    slow = C.register_mechanism(Slow("slow_hold"))
    d = drug("slow-1", action(slow, C.Measurement("off", 0.3, "1/ms", role="test_off")))
    (e,) = C.effects_of(d, ["AMPA"])
    assert e.numbers == {"off": 0.3}
    assert C.steady_factor([e], {"slow-1": 6.0})["AMPA.conductance"] == pytest.approx(0.25)


def test_formulas_are_read_safely():
    assert Formula("1 - 2*y^2/(x + 1)")(y=2.0, x=3.0) == -1.0
    assert Formula("max(exp(-x), 0.5)").names == {"x"}
    for text in (
        "",
        "y +",
        "__import__('os')",
        "y.real",
        "y[0]",
        "lambda: 1",
        "f(y)",
        "exp(y, y)",
        "True",
        "'a'",
        "y if y else 0",
    ):
        with pytest.raises(am.AmineError, match="formula"):
            Formula(text)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: C.Action(["AMPA"], "agonistt"), "did you mean 'agonist'"),
        (lambda: C.Action(["AMPA"], 3), "'3' is not known"),
        (lambda: C.register_mechanism("x"), "not a mechanism"),
        (lambda: C.register_mechanism(Pair("agonist")), "the name is taken"),
        (lambda: C.Measurement("x", 1.0, role="nonsense"), "role 'nonsense' is not known"),
        (lambda: C.Effect("d", "AMPA", "conductance", "law", "s", 1.0, law="1 - z"), "'z' is not known"),
        (lambda: C.Effect("d", "AMPA", "conductance", "scal", "s", 1.0), "did you mean 'scale'"),
        (lambda: C.Effect("d", "AMPA", "conductance", "block", "s", 1.0), "needs kinetics"),
        (
            lambda: C.Effect("d", "AMPA", "conductance", "block", "s", 1.0, kinetics=C.Kinetics("koff*load")),
            "'koff' is not known",
        ),
        (
            lambda: C.Effect("d", "AMPA", "conductance", "block", "s", 1.0, kinetics=C.Kinetics("load", "C/K*exp(v)")),
            "give V",
        ),
        (
            lambda: C.Effect("d", "AMPA", "conductance", "law", "s", 1.0, law="y", numbers={"C": 1.0}),
            "'C' of a number is taken",
        ),
    ],
)
def test_mistakes(make, words):
    with pytest.raises(am.AmineError, match=words):
        make()


@pytest.mark.parametrize("name", [r"d$\frac{$", "d\0", "a\nb", "back\\slash"])
def test_names_hold_no_characters_that_figures_and_files_read_otherwise(name):
    with pytest.raises(am.AmineError, match="its id has a character that is not allowed"):
        C.Drug(id=name, name="d")
    with pytest.raises(am.AmineError, match="its name has a character that is not allowed"):
        C.Drug(id="d", name=name)


@pytest.mark.parametrize("kind", ["channel", "neuron"])
def test_every_channel_of_the_library_that_the_catalogue_knows_has_a_drug_that_reaches_it(kind):
    """A conductance of a named ion channel declares its target, and each target has a blocker or an opener."""
    silent = {"leak", "leak_HH", "calcium", "sodium", "potassium", "spike_start"}  # leaks, pools, and a threshold
    for name in am.models.names(kind):
        model = am.models.get(name)
        if kind == "neuron" and not any(p.startswith(("g_Na", "g_T", "g_H")) for p in model.parameters):
            continue
        targets = {t for t in model.stands_for if "." not in t or C.catalogue.find_entry(t, ("channel",))}
        assert targets or name in silent, f"'{name}' stands for no channel"
        for target in targets:
            assert C.acting_on(target), target
