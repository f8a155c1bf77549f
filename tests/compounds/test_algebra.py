"""The mathematics of drugs against its own definitions: Schild, Hill, Loewe, Woodhull, Michaelis and Menten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, curve_fit

from amine.compounds import algebra as p
from amine.compounds.effects import effects_of, receptor_response, steady_factor

POSITIVE = st.floats(1e-3, 1e3)


@given(k=POSITIVE, n=st.floats(0.5, 4.0))
def test_hill_fit_returns_what_was_put_in(k, n):
    c = k * np.logspace(-2, 2, 25)
    found, _ = curve_fit(
        lambda c, a, b: p.occupancy(c, np.exp(a), b), c, p.occupancy(c, k, n), p0=(np.log(k) + 0.3, 1.0)
    )
    assert np.exp(found[0]) == pytest.approx(k, rel=1e-6) and found[1] == pytest.approx(n, rel=1e-6)


@pytest.mark.parametrize(
    ("antagonist", "receptor", "pa2"),
    [("caffeine", "A1", 4.657577), ("naloxone", "mu_opioid", 8.886057), ("strychnine", "glycine", 8.494850)],
)
def test_schild_plot(antagonist, receptor, pa2):
    """EC50 of the natural agonist at several concentrations of the antagonist: slope 1, and the pA2 that its Ki implies."""
    effects = effects_of(antagonist, [receptor])
    drug, ec50 = effects[0].drug, 0.1
    b = 10.0 ** (-pa2 + 6) * np.logspace(0.5, 3, 6)  # uM

    def half(conc: float) -> float:
        factors = steady_factor(effects, {drug: conc})
        return brentq(lambda a: receptor_response(a, ec50, factors, receptor) - 0.5, 1e-9, 1e9, rtol=1e-14)

    ratio = np.array([half(x) for x in b]) / half(0.0)
    slope, intercept = np.polyfit(np.log10(b * 1e-6), np.log10(ratio - 1.0), 1)
    assert slope == pytest.approx(1.0, abs=1e-6)
    assert intercept / slope == pytest.approx(pa2, abs=1e-4)


@given(a=POSITIVE, b=POSITIVE, ka=POSITIVE, kb=POSITIVE)
def test_competition_is_surmountable_and_block_is_not(a, b, ka, kb):
    assert p.gaddum(1e4 * ka * (1 + b / kb), ka, b, kb) == pytest.approx(1.0, abs=1e-3)
    assert p.gaddum(a, ka, b, kb) == pytest.approx(p.occupancy(a, ka * p.dose_ratio(b, kb)))
    assert p.one_site(a / ka, b / kb, 0.0) == pytest.approx(p.gaddum(a, ka, b, kb))
    assert p.occupancy(a * 1e9, ka) * p.inhibition(b, kb) <= kb / (kb + b) + 1e-12


def test_isobole_of_two_competitive_antagonists_is_straight():
    """Loewe additivity: mixtures of two antagonists at one site with the same effect lie on the line between the pure doses."""
    effects = effects_of("cnqx", ["AMPA"]) + effects_of("nbqx", ["AMPA"])

    def left(c1: float, c2: float) -> float:
        return float(steady_factor(effects, {"cnqx": c1, "nbqx": c2})["AMPA.conductance"])

    for level in (0.8, 0.5, 0.1):
        alone1 = brentq(lambda c: left(c, 0.0) - level, 0, 1e4, rtol=1e-14)  # noqa: B023
        alone2 = brentq(lambda c: left(0.0, c) - level, 0, 1e4, rtol=1e-14)  # noqa: B023
        for share in np.linspace(0.1, 0.9, 5):
            c1 = share * alone1
            c2 = brentq(lambda c: left(c1, c) - level, 0, 1e4, rtol=1e-14)  # noqa: B023
            assert p.additivity(c1, c2, alone1, alone2) == pytest.approx(1.0, abs=1e-9)


def test_different_sites_multiply():
    effects = effects_of("AP5", ["NMDA"]) + effects_of("ketamine", ["NMDA"])
    one = steady_factor(effects, {"d_ap5": 1.0})["NMDA.conductance"]
    other = steady_factor(effects, {"ketamine": 3.0})["NMDA.conductance"]
    both = steady_factor(effects, {"d_ap5": 1.0, "ketamine": 3.0})["NMDA.conductance"]
    assert both == pytest.approx(one * other)


def test_a_partial_agonist_is_an_agonist_alone_and_an_antagonist_beside_a_full_one():
    effects = effects_of("thc", ["CB1"])
    none, much = steady_factor(effects, {}), steady_factor(effects, {"thc": 4.5})
    assert receptor_response(0.0, 0.22, none, "CB1") == 0.0
    # known by its binding and its maximum of a half: the transducer ratio is 1, and the EC50 half the dissociation constant
    assert receptor_response(0.0, 0.22, much, "CB1") == pytest.approx(0.5 * p.occupancy(4.5, 0.0225))
    assert receptor_response(1e3, 0.22, much, "CB1") < receptor_response(1e3, 0.22, none, "CB1")
    exact = p.one_site(1e3 / 0.22, 4.5 / 0.0225, 0.5 * 4.5 / 0.0225)
    assert receptor_response(1e3, 0.22, much, "CB1") == pytest.approx(exact)


def test_an_antagonist_takes_an_agonist_off():
    effects = effects_of("muscimol", ["GABA_A"]) + effects_of("bicuculline", ["GABA_A"])
    f = lambda **c: steady_factor(effects, c)["GABA_A.occupancy"]  # noqa: E731
    assert f(muscimol=2.0) == pytest.approx(0.5)
    assert f(muscimol=2.0, bicuculline=15.0) == pytest.approx(1 / (1 + 1 + 10))


def test_benzodiazepines_share_a_site_and_barbiturates_have_another():
    names = ["GABA_A"]
    effects = [e for d in ("diazepam", "midazolam", "phenobarbital") for e in effects_of(d, names)]
    tau = lambda **c: float(steady_factor(effects, c)["GABA_A.tau_decay"])  # noqa: E731
    assert tau(diazepam=100.0) == pytest.approx(1.7, rel=1e-3)
    assert 1.4 < tau(diazepam=100.0, midazolam=100.0) < 1.7  # the better binder prevails, no more than one site's worth
    assert tau(diazepam=100.0, phenobarbital=144.0) == pytest.approx(tau(diazepam=100.0) * tau(phenobarbital=144.0))


def test_ternary_complex():
    """The shift of EC50 is that of the allosteric ternary complex model solved from its mass balance."""
    ka, kb, alpha, b = 2.0, 0.5, 3.0, 1.7

    def occupied(a: float) -> float:  # states R, AR, RB, ARB
        ar, rb, arb = a / ka, b / kb, alpha * a * b / (ka * kb)
        return (ar + arb) / (1.0 + ar + rb + arb)

    for a in (0.1, 1.0, 10.0):
        assert p.occupancy(a, ka * p.ternary_shift(b, kb, alpha)) == pytest.approx(occupied(a))


def test_channel_block_relaxes_as_the_two_state_scheme_says():
    c, k, koff = 10.0, 5.4, 2.2e-4
    onset, recovery = p.block_rates(c, k, koff)
    t = np.linspace(0, 2e4, 40)
    b = solve_ivp(lambda t, b: onset * (1 - b) - recovery * b, (0, 2e4), [0.0], t_eval=t, rtol=1e-10, atol=1e-12).y[0]
    rate = -np.polyfit(t[1:], np.log(1 - b[1:] / p.occupancy(c, k)), 1)[0]
    assert rate == pytest.approx(koff * (1 + c / k), rel=1e-5)
    assert b[-1] == pytest.approx(p.occupancy(c, k), rel=1e-3)
    rates = [sum(p.block_rates(x, k, koff)) for x in (1.0, 2.0, 3.0)]
    assert np.diff(rates) == pytest.approx([koff / k] * 2)  # linear in concentration; the intercept is recovery
    assert p.block_rates(0.0, k, koff)[1] == koff


def test_woodhull_block_lifts_with_depolarisation():
    (e,) = effects_of("ketamine", ["NMDA"])
    v = np.array([-90.0, -66.0, 0.0, 40.0])
    left = steady_factor([e], {"ketamine": 5.4}, v)["NMDA.conductance"]
    assert left[1] == pytest.approx(0.5) and (np.diff(left) > 0).all()
    slope = np.polyfit(v, np.log(1 / left - 1), 1)[0]
    assert -slope * p.RT_F == pytest.approx(e.numbers["delta"])


@pytest.mark.parametrize("loads", [0.0, 4.0])
@pytest.mark.parametrize("start", [0.01, 0.5, 20.0, 500.0])
def test_clearance_follows_lambert_w(start, loads):
    vmax, km = 0.0041, 0.21
    t = np.linspace(0.0, 2.0 * (start + km * (1 + loads)) / vmax, 50)
    s = solve_ivp(
        lambda t, s: -p.uptake(s, vmax, km, loads),
        (0, t[-1]),
        [start],
        t_eval=t,
        method="LSODA",
        rtol=1e-11,
        atol=1e-15,
    ).y[0]
    assert p.cleared(start, vmax, km, t, loads) == pytest.approx(s, rel=1e-6)


def test_transporters_and_enzymes():
    f = steady_factor(effects_of("cocaine", ["DAT"]), {"cocaine": 2 * 0.14**0.5})
    assert f == {"DAT.Km": pytest.approx(3.0)}  # Ki is the geometric middle of 0.2 and 0.7 uM
    amphetamine = effects_of("amphetamine", ["DAT", "dopamine"])
    f = steady_factor(amphetamine, {"amphetamine": 10.0})
    assert f["DAT.Km"] > 10 and 0 < f["DAT.efflux"] <= 5e-4 and f["dopamine.content"] == pytest.approx(0.55)
    assert steady_factor(effects_of("physostigmine", ["AChE"]), {"physostigmine": 0.02})["AChE.Vmax"] == 0.5
    assert steady_factor(effects_of("levodopa", ["dopamine"]), {"l_dopa": 50.0})["dopamine.content"] == pytest.approx(
        2.5, rel=1e-2
    )
    assert steady_factor(effects_of("TTX", ["Nav"]), {"tetrodotoxin": 1.0})["Nav.conductance"] == pytest.approx(
        1 / 92, rel=0.01
    )


def test_a_family_stands_for_its_first_member():
    assert [e.quantity for e in effects_of("phenobarbital", ["GABA_A"])] == ["tau_decay"]
    assert "occupancy" in [e.quantity for e in effects_of("phenobarbital", ["GABA_A_tonic"])]
    assert effects_of("AP5", ["NMDA_GluN2B"])[0].potency == 0.46 and effects_of("AP5", ["nmda"])[0].potency == 0.28
    assert effects_of("haloperidol", ["NMDA", "exc", "nonsense"]) == []


def test_every_action_has_a_rule_and_keeps_absence_neutral():
    """Without any drug all factors are 1 and all amounts 0, for every drug on everything it acts on."""
    from amine import compounds

    for d in compounds.entries("drug"):
        effects = effects_of(d, compounds.acts_on(d) + [m for a in d.actions for m in a.targets] + ["dopamine"])
        assert effects or not compounds.acts_on(d), d.id
        zero = steady_factor(effects, {})
        much = steady_factor(effects, {d.id: 1e9})
        for key, value in zero.items():
            assert value == (0.0 if key.endswith((".occupancy", ".efflux")) else 1.0), (d.id, key)
            assert np.isfinite(much[key]) and (much[key] >= 0), (d.id, key)


def test_numba_compiles_the_functions():
    numba = pytest.importorskip("numba")
    for f, arguments in (
        (p.occupancy, (2.0, 1.0, 2.0)),
        (p.uptake, (1.0, 2.0, 1.0, 2.0)),
        (p.woodhull, (1.0, -40.0, -66.0, 0.8, 1.0, 25.4)),
    ):
        assert numba.njit(f)(*arguments) == pytest.approx(f(*arguments), rel=1e-12)


def test_ligands_of_the_benzodiazepine_site_compete_and_differ_between_subtypes():
    names = ["GABA_A", "GABA_A_alpha3"]
    effects = [e for d in ("diazepam", "flumazenil", "zolpidem") for e in effects_of(d, names)]
    decay = lambda target, **c: float(steady_factor(effects, c).get(f"{target}.tau_decay", 1.0))  # noqa: E731
    assert decay("GABA_A", diazepam=1.0) > 1.6 > 1.02 > decay("GABA_A", diazepam=1.0, flumazenil=10.0) >= 1.0
    assert decay("GABA_A", flumazenil=10.0) == 1.0
    assert decay("GABA_A", zolpidem=0.1) > 1.5 and decay("GABA_A_alpha3", zolpidem=0.1) < 1.05
    assert decay("GABA_A_alpha3", diazepam=0.1) > 1.5
