"""Agonists and antagonists at receptors with a cascade, against the receptor's own scheme integrated apart."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import amine as am
from amine import compounds as C
from amine.compounds.effects import effects_of, receptor_response, steady_factor
from amine.compounds.mechanisms import Effect
from amine.engine.resolve.resolved import resolve
from amine.units import to_internal

TIMES = np.array([20.0, 25.0, 30.0, 35.0, 200.0, 204.0])
WEIGHT, STOP, DELAY = 3.0, 300.0, 0.1
DOSES = [  # drugs and concentrations in units of their dissociation constants, with efficacies and whether they activate
    {},
    {"full": 0.03},
    {"full": 0.3},
    {"full": 30.0},
    {"half": 30.0},
    {"rival": 3.0},
    {"full": 1.0, "rival": 3.0},
    {"full": 1.0, "half": 2.0},
]
EFFICACY = {"full": 1.0, "half": 0.5, "rival": 0.0}


@pytest.fixture
def drugs():
    def drug(name: str, mechanism: str, **roles: float) -> C.Drug:
        units = {"efficacy": "1"}
        given = [C.Measurement(r, x, units.get(r, "uM"), role=r, source="own") for r, x in roles.items()]
        return C.Drug(id=name, name=name, actions=[C.Action(["GABA_B"], mechanism, given)])

    C.add(
        drug("full", "agonist", potency=0.2, affinity=1.0),
        drug("half", "partial_agonist", potency=0.5, affinity=1.0, efficacy=0.5),
        drug("rival", "competitive_antagonist", potency=1.0),
    )


def fractions(doses: dict[str, float]) -> tuple[float, float]:
    total = 1.0 + sum(doses.values())
    return 1.0 / total, sum(EFFICACY[d] * x / total for d, x in doses.items())


def conductance(model: am.Model, doses: dict[str, float], t: np.ndarray) -> np.ndarray:
    """The conductance of one synapse: receptors, desensitisation and the G-protein by scipy."""
    number = lambda n: float(to_internal(model.parameters[n], model.units[n], n))  # noqa: E731
    K1, K2, K3, K4, Kd, height, width = map(number, ("K1", "K2", "K3", "K4", "Kd", "T_max", "T_width"))
    d1, d2 = map(number, ("d1", "d2")) if "d1" in model.units else (0.0, 1.0)
    free, held = fractions(doses)
    active = d2 / (d1 + d2)  # of bound receptors, those that are not desensitised

    def slope(now: float, x: np.ndarray, T: float) -> list[float]:
        R, D, s = x
        drive = free * R + held * active
        return [K1 * T * (1 - R - D) - (K2 + d1) * R + d2 * D, d1 * R - d2 * D, K3 * drive - K4 * s]

    starts = TIMES + DELAY
    edges = np.unique([0.0, *starts, *(starts + width), STOP])
    x, out = np.zeros(3), np.zeros(t.size)
    for a, b in zip(edges[:-1], edges[1:], strict=True):
        T = height if any(s <= a < s + width - 1e-9 for s in starts) else 0.0
        inside = (t >= a) & (t <= b)
        found = solve_ivp(slope, (a, b), x, args=(T,), t_eval=[*t[inside], b], rtol=1e-10, atol=1e-14, method="LSODA")
        out[inside], x = found.y[2][:-1], found.y[:, -1]
    return WEIGHT * out**4 / (out**4 + Kd)


def measured(model: am.Model, detail: str, doses: dict[str, float], **given) -> tuple[np.ndarray, np.ndarray]:
    net = am.Network(dt=0.1)
    S = net.population("S", 1, "spike_list", times=TIMES * am.units.ms, indices=np.zeros(TIMES.size, int))
    P = net.population("P", 1, "lif_cond", receptors={"GABA_B": model})
    net.synapses(
        S, P, receptors={"GABA_B": f"{WEIGHT} nS"}, connect="one_to_one", detail=detail, delay=f"{DELAY} ms", **given
    )
    for name, x in doses.items():
        net.dose(name, f"{x} uM")
    variable = "s_GABA_B" if detail == "kinetic" else "g_GABA_B"
    net.probe(P, variable, every="1 ms", name="P")
    found = net.run(f"{STOP} ms", progress=False).probes["P"]
    return found.times, np.asarray(found.values[variable])[:, 0]


@pytest.mark.parametrize(
    ("name", "detail", "doses"),
    [
        ("GABA_B_cascade", "kinetic", DOSES),
        ("GABA_B_desensitizing", "kinetic", DOSES[2:3]),
        ("GABA_B_cascade", "explicit", DOSES[2:]),
    ],
)
def test_drugs_go_through_the_cascade(drugs, name, detail, doses):
    model = am.models.get(name)
    levels = []
    for given in doses:
        t, found = measured(model, detail, given)
        if detail == "kinetic":  # the G-protein in nS, before its fourth power
            found = WEIGHT * (found / WEIGHT) ** 4 / ((found / WEIGHT) ** 4 + 100.0)
        expected = conductance(model, given, t)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-4 * max(expected.max(), 1e-6))
        levels.append((found[18], found[199], found[200:].max()))
    if doses is DOSES:
        early, before, after = np.array(levels).T
        assert early[1] < 1e-5 * early[3]  # a thirtieth of the constant: a millionth of what saturation opens
        added = after - before
        assert (
            added[0] < added[2] and added[3] < 0.5 * added[2]
        )  # some agonist helps the transmitter, much leaves it nothing to add


def test_a_changing_dose_moves_a_cascade_and_what_explicit_synapses_cannot_follow_is_named(drugs):
    def network(detail: str) -> am.Network:
        net = am.Network()
        P = net.population("P", 2, "lif_cond")
        net.synapses(P, P, receptors={"GABA_B": "1 nS"}, connect="all_to_all", detail=detail)
        net.dose("full", am.bath("30 uM", start="100 ms", stop="250 ms"))
        net.probe(P, "s_GABA_B" if detail == "kinetic" else "g_GABA_B", every="1 ms", name="P")
        return net

    s = np.asarray(network("kinetic").run("400 ms", progress=False).probes["P"].values["s_GABA_B"])[:, 0]
    steady = 2.0 * 0.098 / 0.033 * 30.0 / 31.0  # of two synapses of 1 nS
    assert s[99] == 0.0 and s[249] == pytest.approx(steady * (1 - np.exp(-0.033 * 150)), rel=2e-3)
    assert s[399] == pytest.approx(s[250] * np.exp(-0.033 * 149), rel=2e-3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resolve(network("explicit"))
    said = {str(w.message).split(", ")[0] for w in caught if "whose explicit synapses no dose" in str(w.message)}
    assert said == {f"Dose of full: it would change the {q} of 'GABA_B' on 'P'" for q in ("occupancy", "conductance")}


@pytest.mark.parametrize("n", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("top", [0.2, 0.6, 1.0])
def test_agonists_at_a_slow_receptor_have_the_measured_ec50_and_maximum_and_compete(n, top):
    """The operational model of Black and Leff (1983), at any slope of the transducer and with spare receptors."""
    given = [C.Measurement("EC50", 0.3, "uM", role="potency"), C.Measurement("efficacy", top, "1", role="efficacy")]
    rival = [C.Measurement("KB", 0.1, "uM", role="potency")]
    effects = [
        e
        for d in (
            C.Drug(id="x", name="x", actions=[C.Action(["D2"], "partial_agonist", given)]),
            C.Drug(id="y", name="y", actions=[C.Action(["D2"], "competitive_antagonist", rival)]),
        )
        for e in effects_of(d, ["D2"])
    ]

    def respond(natural: float, x: float, y: float = 0.0) -> float:
        return float(receptor_response(natural, 2.0, steady_factor(effects, {"x": x, "y": y}), "D2", n))

    assert respond(0.0, 1e9) == pytest.approx(top, rel=1e-4)
    assert respond(0.0, 0.3) == pytest.approx(top / 2, rel=1e-9)
    assert respond(2.0, 0.0) == pytest.approx(0.5)
    assert respond(20.0, 0.0, 0.9) == pytest.approx(0.5)  # a dose ratio of ten
    if top == 1.0:  # as strong as the natural one: doses are equivalent
        assert respond(2.0, 0.3) == pytest.approx(respond(4.0, 0.0))
    else:  # held by the partial agonist, however much there is of the natural one
        assert respond(20.0, 1e9) == pytest.approx(top, rel=1e-3)


def test_agonists_known_by_binding_follow_the_operational_model_or_are_warned_of():
    def effects(mechanism: str, **roles: float) -> list[Effect]:
        given = [C.Measurement("Ki", 1.0, "uM", role="potency")]
        given += [C.Measurement(r, x, "1", role=r) for r, x in roles.items()]
        return effects_of(C.Drug(id="x", name="x", actions=[C.Action(["D2"], mechanism, given)]), ["D2"])

    (own, *_), spare = effects("partial_agonist", efficacy=0.6), effects("agonist", tau=9.0)[0]
    assert own.potency == pytest.approx(0.4) and own.limit == 0.6 and own.affinity == 1.0 and not own.assumed
    assert spare.potency == pytest.approx(0.1) and spare.limit == pytest.approx(0.9)  # nine tenths of a full response
    assert "binding constant" in effects("agonist")[0].assumed

    net = am.Network()
    E = net.population("E", 1, "lif")
    with pytest.warns(am.AmineWarning, match="'5HT7' is a binding constant"):
        net.modulate(
            E, by=net.field("serotonin", tonic="5 nM", removal="1 s"), receptor="5HT7", acts_on="V_th", maximum=2
        )
    net.modulate(E, receptor="5HT1A", acts_on="V_th", maximum=2)
    net.dose("lsd", "10 nM")
    with pytest.warns(am.AmineWarning, match="Dose of lsd: its potency at 5HT1A is a binding constant"):
        resolve(net)


def test_agonists_desensitise_and_cyclothiazide_stops_that():
    """At equilibrium with an agonist, half of bound AMPA receptors are desensitised; the scheme's own matrix says how many are open."""
    from amine.engine.resolve.cascades import open_share

    six, two = am.models.get("AMPA_six_state"), am.models.get("AMPA_two_state")
    C2, O, D2 = 1.0, 2.7 / 0.2, 0.9 / 0.064
    assert open_share(six) == pytest.approx(O / (C2 + O + D2), rel=1e-3)
    assert open_share(two) == pytest.approx(1.0, abs=1e-6)
    assert open_share(six(Rd="0 1/ms")) == pytest.approx(O / (C2 + O), rel=1e-3)
    assert open_share(am.models.get("nAChR_allosteric")) < 0.05

    net = am.Network()
    P = net.population("P", 2, "lif_cond", receptors={"AMPA": six})
    net.synapses(P, P, receptors={"AMPA": "1 nS"}, connect="all_to_all", detail="kinetic")
    net.dose("cyclothiazide", "22.4 uM")
    (changed,) = resolve(net).schemes
    assert to_internal(changed.parameters["Rd"], "1/ms", "Rd") == pytest.approx(0.9 / 11.0)
    net.dose("cyclothiazide", am.bath("1 uM", start="5 ms"))
    with pytest.warns(am.AmineWarning, match="the desensitization of 'AMPA' on 'P'"):
        resolve(net)
