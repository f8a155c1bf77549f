"""Doses in running networks: each mechanism against what its equation says."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import amine as am
from amine.compounds.effects import effects_of, receptor_response, steady_factor
from amine.compounds.reference import Reference
from amine.engine.resolve.resolved import resolve

RUN = {"progress": False}
MS = am.units.ms


def pair(
    weight: str = "4 nS", receptor: str = "GABA_A", model=None, n: int = 50, *doses: tuple[str, str]
) -> am.Network:
    """Neurons with one kind of synapse, driven by a list of spikes."""
    net = am.Network(seed=4)
    times = np.arange(5.0, 100.0, 7.0)
    S = net.population("S", 5, "spike_list", times=np.tile(times, 5) * MS, indices=np.repeat(np.arange(5), len(times)))
    E = net.population("E", n, "lif_cond", I_e="150 pA", receptors={receptor: model or receptor})
    net.synapses(S, E, receptor=receptor, weight=weight, connect="all_to_all")
    net.probe(E, "v", name="v")
    for drug, c in doses:
        net.dose(drug, c)
    return net


def voltage(net: am.Network, duration: str = "100 ms", **given) -> np.ndarray:
    return np.asarray(net.run(duration, **RUN, **given).probes["v"]["v"])


def test_competitive_antagonist_is_a_factor_of_conductance():
    """Bicuculline at its Ki leaves half; a float32 constant may round otherwise by one bit."""
    half = voltage(pair("4 nS", "GABA_A", None, 50, ("bicuculline", "1.5 uM")))
    np.testing.assert_allclose(half, voltage(pair("2 nS")), rtol=1e-6)
    assert np.abs(half - voltage(pair("4 nS"))).max() > 0.5


def test_two_competitors_are_additive():
    """Half of each isoeffective concentration does what either does alone (Loewe), at any effect."""
    alone = pair("4 nS", "GABA_A", None, 50, ("bicuculline", "3 uM")).run("50 ms", **RUN)
    both = pair("4 nS", "GABA_A", None, 50, ("bicuculline", "1.5 uM"), ("gabazine", "200 nM")).run("50 ms", **RUN)
    np.testing.assert_allclose(both.probes["v"]["v"], alone.probes["v"]["v"], rtol=1e-6)
    shares = both.occupancy("GABA_A", by="bicuculline").values + both.occupancy("GABA_A", by="gabazine").values
    np.testing.assert_allclose(shares, alone.occupancy("GABA_A", by="bicuculline").values)


def test_benzodiazepine_lengthens_the_decay():
    c, tau = 0.5, 10.0
    factor = 1 + 0.7 * c / (c + 0.016)
    dosed = voltage(pair("4 nS", "GABA_A", None, 50, ("diazepam", f"{c} uM")))
    np.testing.assert_array_equal(dosed, voltage(pair("4 nS", "GABA_A", am.models.GABA_A(tau=f"{tau * factor!r} ms"))))


def test_doses_change_during_a_run_without_compilation():
    """Until the dose the run is that without; a dose that ends leaves what was without it; only values differ."""
    plain = pair()
    early, late = pair(), pair()
    early.dose("gabazine", am.bath("10 uM", start="40 ms", stop="60 ms"))
    late.dose("gabazine", am.dose_ramp("0 uM", "3 uM", "0 ms", "80 ms"))
    a, b, c = (net.run("100 ms", **RUN) for net in (plain, early, late))
    v, w = a.probes["v"]["v"], b.probes["v"]["v"]
    np.testing.assert_array_equal(v[:400], w[:400])
    assert np.abs(v[450:600] - w[450:600]).max() > 0.5
    assert b.info["structure"] == c.info["structure"] != a.info["structure"] and not c.info["compiled"]
    seen = b.concentration("gabazine")
    np.testing.assert_array_equal(seen.values, np.where((seen.times >= 40) & (seen.times < 60), 10.0, 0.0))


# --- transporters, enzymes, precursors --------------------------------------------------------------------------------


def transient(*doses: tuple[str, str], name: str = "dopamine", **given):
    net = am.Network()
    S = net.population("S", 1, "spike_list", times=np.array([100.0]) * MS, indices=np.zeros(1))
    net.field(name, released_by=S, release="0.5 uM", tonic="20 nM", **{"uptake": "DAT", **given})
    for drug, c in doses:
        net.dose(drug, c)
    return net.run("1500 ms", **RUN).concentration(name)


def test_cocaine_lengthens_a_transient_as_its_km_says():
    vmax, km, ki = 0.0041, 0.21, effects_of("cocaine", ["DAT"])[0].potency
    plain, dosed = transient(), transient(("cocaine", "1 uM"))
    source = vmax * 0.02 / (km + 0.02)
    scale = km * (1 + 1.0 / ki)
    for found, k in ((plain, km), (dosed, scale)):
        slope = lambda t, c, k=k: source - vmax * c / (k + c)  # noqa: E731
        exact = solve_ivp(slope, (0, 1300), [found.values[101]], t_eval=np.arange(1300.0), rtol=1e-10, atol=1e-13).y[0]
        np.testing.assert_allclose(found.values[101:1401], exact, rtol=1e-3)
    # half of the excess is gone later
    width = [(f.values > f.values[99] + 0.5 * (f.values[101] - f.values[99])).sum() for f in (plain, dosed)]
    assert width[1] > 2 * width[0]


def test_amphetamine_raises_the_level_by_efflux():
    """At rest uptake equals the tonic source plus the efflux; both of its actions on DAT count."""
    c = 0.1
    found = transient(("amphetamine", f"{c} uM")).values[99]
    f = steady_factor(effects_of("amphetamine", ["DAT", "dopamine"]), {"amphetamine": c})
    km = 0.21 * f["DAT.Km"]
    source = 0.0041 * 0.02 / 0.23 * f["dopamine.content"] + f["DAT.efflux"]
    net = am.Network()
    net.population("E", 1, "lif")
    net.field("dopamine", uptake="DAT", tonic="20 nM")
    net.dose("amphetamine", f"{c} uM")
    rest = net.run("20 s", **RUN).concentration("dopamine").values[-1]
    assert rest == pytest.approx(source * km / (0.0041 - source), rel=1e-3)
    assert found > 0.03


def test_precursor_and_enzyme_inhibitor():
    plain, dosed = transient(), transient(("l_dopa", "33.3 uM"))
    rise = [f.values[101] - f.values[99] for f in (plain, dosed)]
    assert rise[1] / rise[0] == pytest.approx(2.0, rel=0.02)
    a = transient(name="acetylcholine", uptake=None, removal={"AChE": "10 ms"}).values
    b = transient(("physostigmine", "20 nM"), name="acetylcholine", uptake=None, removal={"AChE": "10 ms"}).values
    t = np.arange(5)
    np.testing.assert_allclose((a[101:106] - 0.02) / (a[101] - 0.02), np.exp(-t / 10), rtol=1e-3)
    np.testing.assert_allclose((b[101:106] - 0.04) / (b[101] - 0.04), np.exp(-t / 20), rtol=1e-3)


# --- metabotropic receptors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "receptor", "tonic", "doses"),
    [
        ("dopamine", "D2", 0.2, {"haloperidol": 0.03}),
        ("adenosine", "A1", 0.3, {"caffeine": 50.0}),
        ("opioid", "mu_opioid", 0.004, {"morphine": 0.003, "naloxone": 0.01}),
        (None, "mu_opioid", 0.0, {"morphine": 0.003, "naloxone": 0.01}),
        ("anandamide", "CB1", 0.1, {"thc": 0.2}),
    ],
)
def test_occupancy_with_drugs_is_that_of_the_pharmacology(field, receptor, tonic, doses):
    net = am.Network()
    E = net.population("E", 1, "lif")
    if field:
        net.field(field, tonic=f"{tonic} uM", removal="1 s")
    net.modulate(E, by=field, receptor=receptor, acts_on="V_th", maximum=1.1, EC50="0.1 uM", hill=2 if field else 1)
    for drug, c in doses.items():
        net.dose(drug, f"{c} uM")
    effects = [e for d in doses for e in effects_of(d, [receptor])]
    expected = receptor_response(tonic, 0.1, steady_factor(effects, doses), receptor, 2 if field else 1)
    np.testing.assert_allclose(net.run("3 ms", **RUN).occupancy(receptor).values, expected, rtol=1e-9)


# --- blockers of open channels, agonists, channels ---------------------------------------------------------------------


def test_a_channel_of_terminals_is_kept_by_a_file(tmp_path):
    net = am.Network(seed=1)
    net.population("E", 2, "lif")
    net.modulate("E", channel="Kv3", acts_on="V_th", maximum=3, hill=2)
    net.save(tmp_path / "net.toml")
    assert am.Network.load(tmp_path / "net.toml") == net and "close" in net.describe()


@pytest.fixture(scope="module")
def blocker() -> str:
    name = "test-blocker"
    if name not in am.compounds.names("drug"):
        number = am.compounds.Measurement
        numbers = [
            number("IC50", "2 uM", role="potency"),
            number("koff", 0.05, "1/ms", role="koff"),
            number("delta", 0.8, role="delta"),
            number("voltage", "-60 mV", role="voltage"),
        ]
        action = am.compounds.Action(["NMDA"], "open_channel_blocker", numbers)
        am.compounds.add(am.compounds.Drug(id=name, name=name, actions=[action]))
    return name


def clamped(blocker: str, rest: float, spikes: bool, dose) -> np.ndarray:
    """The blocked part at a receptor whose conductance stays, too small to move the voltage."""
    net = am.Network()
    S = net.population("S", 1, "spike_list", times=np.array([1.0] if spikes else [900.0]) * MS, indices=np.zeros(1))
    still = am.models.receptor(
        "still", "dg/dt = -g/tau : nS\non spike g += w\ncurrent g*(E_rev - v)", tau="1e9 ms", E_rev="0 mV"
    )
    E = net.population("E", 3, "lif", E_L=f"{rest} mV", V_th="100 mV", receptors={"NMDA": still})
    net.synapses(S, E, receptor="NMDA", weight="1e-6 nS", connect="all_to_all")
    net.dose(blocker, dose)
    return net.run("400 ms", **RUN, precision="float64").occupancy("NMDA", by=blocker).values


@pytest.mark.parametrize("rest", [-60.0, -30.0, 20.0])
def test_block_follows_use_concentration_and_voltage(blocker, rest):
    """Onset and recovery against the two-state scheme; a closed channel keeps what it holds."""
    c, opened, koff = 5.0, 0.3, 0.05
    load = c / (2.0 * np.exp(0.8 * (rest + 60.0) / 25.4))
    dose = am.bath(f"{c} uM", start="100 ms", stop="250 ms")
    found = clamped(blocker, rest, True, dose)
    t = np.arange(400.0)
    rate, end = koff * opened * (1 + load), load / (1 + load)
    on = end * -np.expm1(-rate * np.clip(t - 100, 0, 150))
    exact = on * np.exp(-koff * opened * np.clip(t - 250, 0, None))
    np.testing.assert_allclose(found, exact, atol=2e-4)
    assert not clamped(blocker, rest, False, dose)[:400].any()


def test_a_dose_that_was_there_before_is_in_equilibrium(blocker):
    np.testing.assert_allclose(clamped(blocker, -60.0, False, "2 uM"), 0.5, rtol=1e-9)


def test_ketamine_blocks_slow_receptors():
    run = pair("0.2 nS", "NMDA", None, 50, ("ketamine", "100 uM")).run("30 ms", **RUN)
    assert run.occupancy("NMDA", by="ketamine").values.mean() == pytest.approx(0.95, abs=0.02)
    v, w = run.probes["v"]["v"], pair("0.2 nS", "NMDA").run("30 ms", **RUN).probes["v"]["v"]
    i = np.argmax(w[:200].mean(1))
    assert 0 < v[i].mean() + 60 < w[i].mean() + 60


def test_an_agonist_opens_channels_by_itself():
    """Muscimol at its EC50 holds half of them open: the conductance of all synapses over their open probability, halved."""
    quiet = pair("0.02 nS", "GABA_A", None, 5, ("muscimol", "2 uM"))
    g = 0.5 * 5 * 0.02 / 0.6
    expected = (10.0 * -60.0 + g * -80.0 + 150.0) / (10.0 + g)
    v = voltage(quiet, "4.9 ms")[-1]
    start = -60.0
    tau = 200.0 / (10.0 + g)
    np.testing.assert_allclose(v, expected + (start - expected) * np.exp(-4.8 / tau), rtol=1e-4)


def test_tetrodotoxin_silences():
    """Sodium channels as conductances, and as thresholds in integrate-and-fire neurons."""

    def count(c: str) -> dict[str, int]:
        net = am.Network()
        for model in ("lif", "adex", "hodgkin_huxley"):
            net.population(model, 2, model, I_e="10 uA/cm**2" if model == "hodgkin_huxley" else "700 pA")
        if c:
            net.dose("TTX", am.bath(c, start="50 ms"))
        spikes = net.run("150 ms", **RUN).spikes
        return {n: int((spikes[n].times > 52).sum()) for n in spikes}

    assert min(count("").values()) > 2 and not any(count("1 uM").values())


# --- bad input -------------------------------------------------------------------------------------------------------


def test_a_drug_that_acts_on_nothing_warns_and_names_what_it_acts_on():
    net = pair()
    net.dose("haloperidol", "1 uM")
    with pytest.warns(am.AmineWarning, match="haloperidol.*nothing in this network.*D2"):
        net.run("1 ms", **RUN)


def test_drugs_at_inactivated_sodium_channels_add_their_loads_where_a_model_follows_them():
    """One site, as Kuo (1998) found; a model without the parameter is warned of."""
    held = {}
    for model in ("traub_miles_block", "traub_miles"):
        net = am.Network()
        net.population("E", 1, model)
        net.dose("carbamazepine", "25 uM")
        net.dose("phenytoin", "12.6 uM")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            r = resolve(net)
        assert r.slow is not None
        run = Reference(r.slow.program)
        run.step([25.0, 12.6])
        held[model] = [run.values[f.signal] for f in r.slow.factors if f.parameter == "held"]
        lost = [w for w in said if "the inactivation of 'Nav' on 'E'" in str(w.message)]
        assert len(lost) == (0 if model.endswith("block") else 2)
    assert held["traub_miles_block"] == pytest.approx([3.0], rel=1e-3) and held["traub_miles"] == []


def test_a_dose_may_be_a_mass():
    net = am.Network()
    for text in ("284.7 ng/mL", "0.2847 mg/L", "28.47 ug/dL"):
        assert net.dose("diazepam", text).course.peak == pytest.approx(1.0, rel=1e-3)
    for text, problem in (
        ("-1 mg/L", "must not be negative"),
        ("1 mg", "wrong dimension"),
        ("1e400 mg/L", "not finite"),
    ):
        with pytest.raises(am.AmineError, match=problem):
            net.dose("diazepam", text)
    with pytest.raises(am.AmineError, match="its molar mass is not known"):
        net.dose("phrixotoxin 2", "1 mg/L")


def test_a_dose_that_may_not_dissolve_warns():
    net = pair()
    net.dose("carbamazepine", "5 mM")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        resolve(net)
    assert any("its 5000 uM may not dissolve: an estimate from its structure is 120 uM" in str(w.message) for w in said)


def test_an_effect_that_no_equation_has_warns():
    plain = am.models.receptor(
        "plain", "dg/dt = -g*rate : nS\non spike g += w\ncurrent g*(E_rev - v)", rate="0.2 1/ms", E_rev="-80 mV"
    )
    net = pair("1 nS", "GABA_A", plain, 5, ("diazepam", "1 uM"))
    with pytest.warns(am.AmineWarning, match="diazepam.*tau_decay of 'GABA_A' on 'E'.*'plain'"):
        net.run("1 ms", **RUN)


def test_a_field_without_removal_warns():
    net = am.Network()
    S = net.population("S", 1, "poisson")
    with pytest.warns(am.AmineWarning, match="only rise"):
        net.field("x", released_by=S)


def bad(call, text: str) -> None:
    net = pair()
    before = net.hash()
    with pytest.raises(am.AmineError, match=text):
        call(net)
    assert net.hash() == before


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda n: n.dose("ketamin", "1 uM"), "did you mean 'ketamine'"),
        (lambda n: n.dose("ketamine", 1), "unit is missing"),
        (lambda n: n.dose("ketamine", "-1 uM"), "must not be negative"),
        (lambda n: n.dose("ketamine", "1 mV"), "wrong dimension"),
        (lambda n: n.field("dopamine", uptake="DATT"), "did you mean"),
        (lambda n: n.field("dopamine", uptake="GAT1"), "GAT1 does not carry dopamine"),
        (lambda n: n.field("glutamate", uptake="VGLUT1"), "no Vmax"),
        (lambda n: n.field("dopamine", tonic="-1 nM"), "must not be negative"),
        (lambda n: n.field("dopamine", removal="3 mV"), "wrong dimension"),
        (lambda n: n.field("do pa", removal="1 s"), "without spaces"),
        (lambda n: n.field("x", grid=(3, 3), diffusion="1 um**2/ms", released_by="S", removal="1 s"), "no position"),
        (lambda n: n.field("x", grid=(3, 3), removal="1 s"), "diffusion coefficient"),
        (lambda n: n.field("x", grid=(3,), regions={"a": "E"}, diffusion="1 um**2/ms"), "choose one"),
        (lambda n: n.field("x", regions={"a": "E"}, released_by={"b": "S"}, removal="1 s"), "region 'b' is not known"),
        (lambda n: n.modulate("E", by="dopamin", acts_on="V_th", maximum=2), "field 'dopamin' is not known"),
        (lambda n: n.modulate("E", acts_on="V_th", maximum=2), "neither by= nor receptor="),
        (lambda n: n.modulate("E", receptor="D1", acts_on="V_thh", maximum=2), "did you mean 'V_th'"),
        (lambda n: n.modulate("E", channel="Kv33", acts_on="V_th", maximum=2), "did you mean 'Kv3'"),
        (lambda n: n.modulate("E", channel="AMPA", acts_on="V_th", maximum=2), "ion channel 'AMPA' is not known"),
        (lambda n: n.modulate("E", channel="Kv3", receptor="D1", acts_on="V_th", maximum=2), "'D1' is named beside"),
        (lambda n: n.modulate("E", receptor="D1", acts_on="AMPA.conductance", maximum=2), "no receptor 'AMPA'"),
        (lambda n: n.modulate("E", receptor="D1", acts_on="GABA_A.tauu", maximum=2), "did you mean 'tau'"),
        (lambda n: n.modulate("E", receptor="D1", acts_on="release.U", maximum=2), "no release model"),
        (lambda n: n.modulate("E", receptor="D1", acts_on="V_th", maximum=-1), "must not be negative"),
    ],
)
def test_bad_input(call, text):
    bad(call, text)


def test_unknown_names_after_a_run():
    run = pair("4 nS", "GABA_A", None, 5, ("diazepam", "1 uM")).run("2 ms", **RUN)
    for call, text in (
        (lambda: run.concentration("diazepan"), "did you mean 'diazepam'"),
        (lambda: run.occupancy("GABA_B"), "did you mean 'GABA_A'"),
        (lambda: run.occupancy("GABA_A", by="gabazine"), "diazepam"),
    ):
        with pytest.raises(am.AmineError, match=text):
            call()


def scheme(weight: str, *doses: tuple[str, str], **given) -> am.Run:
    """Neurons with kinetic schemes at their sources and a field; drugs act on what opens."""
    net = am.Network(seed=6)
    E = net.population("E", 130, "lif_cond", I_e="215 pA")
    net.synapses(E, E, receptor="AMPA", weight=weight, p=0.1, detail="kinetic", release="tsodyks_markram")
    net.field("x", released_by=E, removal="30 ms", release="1 nM")
    net.modulate(E, by="x", receptor="R", acts_on="release.U", maximum=0.5, EC50="20 nM")
    net.probe(E, "v", every="1 ms", name="v")
    for drug, c in doses:
        net.dose(drug, c)
    return net.run("60 ms", **RUN, **given)


def test_doses_act_on_kinetic_schemes():
    dosed = scheme("4 nS", ("cnqx", "0.3 uM"))
    np.testing.assert_allclose(dosed.probes["v"]["v"][:40], scheme("2 nS").probes["v"]["v"][:40], rtol=1e-5)
    assert dosed.spikes.hash() == scheme("4 nS", ("cnqx", "0.3 uM"), threads=2, chunk="7.3 ms").spikes.hash()
    assert len(dosed.spikes.times) > 50


def test_rates_of_a_scheme_stay():
    net = am.Network()
    E = net.population("E", 10, "lif_cond")
    net.synapses(E, E, receptor="GABA_A", weight="1 nS", p=0.5, detail="kinetic")
    with pytest.raises(am.AmineError, match="'beta' is a rate of the kinetic scheme"):
        net.modulate(E, receptor="D1", acts_on="GABA_A.beta", maximum=2)
    net.dose("diazepam", am.bath("1 uM", start="1 ms"))
    with pytest.warns(am.AmineWarning, match="diazepam.*tau_decay of 'GABA_A'"):
        net.run("1 ms", **RUN)


@pytest.mark.parametrize("detail", ["kinetic", pytest.param("explicit", marks=pytest.mark.validate)])
def test_a_bath_of_a_benzodiazepine_slows_the_rates_of_a_scheme(detail):
    """As with the rate divided by the factor; in a scheme of seven states, where it slows unbinding, about as much."""

    def conductance(model, *doses):
        net = am.Network()
        S = net.population("S", 1, "spike_list", times=np.array([2.0]) * MS, indices=np.zeros(1))
        E = net.population("E", 2, "lif_cond", receptors={"GABA_A": model})
        net.synapses(S, E, receptors={"GABA_A": "1 nS"}, connect="all_to_all", detail=detail)
        net.probe(E, "g_GABA_A", name="g")
        for drug, c in doses:
            net.dose(drug, c)
        described = net.to_dict()
        out = np.asarray(net.run("150 ms", precision="float64", **RUN).probes["g"]["g_GABA_A"])[:, 0]
        assert net.to_dict() == described
        return out

    factor = 1 + 0.7 / (1 + 0.016)
    plain = am.models.get("GABA_A_two_state")
    dosed = conductance(plain, ("diazepam", "1 uM"))
    np.testing.assert_array_equal(dosed, conductance(plain(beta=f"{0.18 / factor!r} 1/ms"), ("diazepam", "0 uM")))
    decay = lambda g: g[g.argmax() :].sum() / g.max()  # noqa: E731
    if detail == "explicit":
        seven = am.models.get("GABA_A_desensitizing")
        longer = decay(conductance(seven, ("diazepam", "1 uM"))) / decay(conductance(seven))
        assert 1.2 < longer < factor + 0.3


def test_doses_on_cells_with_trees():
    """A factor on a receptor's current acts at every place; what enters open channels follows the voltage of its place."""

    def run(weight: str, receptor: str = "AMPA", *doses: tuple[str, str]) -> am.Run:
        net = am.Network()
        leak = am.models.get("leak")(g_max="0.05 mS/cm2", E="-65 mV")
        cell = am.models.cable(am.morphology.cylinder("300 um", "2 um", segments=5), {"*": [leak]})
        S = net.population("S", 1, "spike_list", times=np.array([2.0]) * MS, indices=np.zeros(1))
        P = net.population("P", 3, cell, receptors={receptor: receptor})
        net.synapses(S, P.at("dendrite(0.5)"), receptor=receptor, weight=weight, connect="all_to_all")
        net.probe(P, "v", name="v")
        for drug, c in doses:
            net.dose(drug, c)
        return net.run("10 ms", **RUN)

    def v(run: am.Run) -> np.ndarray:
        return np.asarray(run.probes["v"]["v"])

    np.testing.assert_allclose(v(run("0.4 nS", "AMPA", ("cnqx", "0.3 uM"))), v(run("0.2 nS")), rtol=1e-5)
    e = effects_of("ketamine", ["NMDA"])[0]
    load = float(1.0 / (e.potency * np.exp(e.numbers["delta"] * (-65.0 - e.numbers["V"]) / 25.4)))
    dosed = run("0.4 nS", "NMDA", ("ketamine", "1 uM"))
    assert dosed.occupancy("NMDA", by="ketamine").values[0] == pytest.approx(load / (1 + load), rel=0.02)
    plain, less = v(run("0.4 nS", "NMDA")), v(run(f"{0.4 / (1 + load)!r} nS", "NMDA"))
    np.testing.assert_allclose(v(dosed), less, atol=2e-3 * np.ptp(plain))


def test_a_receptor_answers_to_its_own_transmitter():
    net = am.Network()
    E = net.population("E", 3, "lif")
    net.field("dopamine", uptake="DAT")
    with pytest.raises(am.AmineError, match="receptor '5HT1A' does not answer to dopamine"):
        net.modulate(E, by="dopamine", receptor="5HT1A", acts_on="V_th", maximum=2)
    net.modulate(E, by="dopamine", receptor="5HT1A", acts_on="V_th", maximum=2, EC50="1 uM")


def test_the_occupancy_of_a_constant_dose_at_a_scheme_is_recorded():
    net = am.Network(seed=1)
    E, I = net.population("E", 2, "lif_cond"), net.population("I", 2, "poisson", rate="10 Hz")
    net.synapses(I, E, transmitter="GABA", receptors={"GABA_A": "5 nS"}, p=1.0, detail="kinetic")
    net.dose("diazepam", "0.5 uM")
    found = net.run("3 ms", **RUN).occupancy("GABA_A", by="diazepam")
    other = pair("4 nS", "GABA_A", None, 5, ("diazepam", "0.5 uM")).run("3 ms", **RUN)
    assert found.values[-1] == other.occupancy("GABA_A", by="diazepam").values[-1] > 0.5


def test_a_cleft_does_not_change_how_many_channels_there_are():
    """What decides the speed of block: the weight at a scheme is that of all channels, whatever carries the transmitter away."""
    totals = []
    for cleft in (None, "clearance"):
        net = am.Network(seed=1)
        E, S = net.population("E", 2, "lif_cond"), net.population("S", 2, "poisson", rate="10 Hz")
        net.synapses(S, E, receptors={"NMDA": "5 nS"}, p=1.0, detail="kinetic", cleft=cleft)
        net.dose("ketamine", "1 uM")
        totals.append(resolve(net).members[0].values["total_NMDA"])
    assert totals[0] == totals[1] == (10.0, "1")


def test_transporters_of_the_membrane_serve_by_name():
    carried = {"glutamate": ("EAAT1", "EAAT2", "EAAT3"), "gaba": ("GAT1", "GAT3"), "glycine": ("GlyT1", "GlyT2")}
    carried |= {
        "noradrenaline": ("NET", "uptake2"),
        "serotonin": ("SERT",),
        "dopamine": ("DAT", "NET"),
        "adenosine": ("ENT1",),
    }
    for field, names in carried.items():
        net = am.Network()
        net.population("E", 1, "lif")
        made = net.field(field, tonic="10 nM", uptake=list(names))
        assert [u.name for u in made.uptake] == list(names)


def test_an_enzyme_and_diffusion_remove_together_and_a_drug_changes_the_enzyme_alone():
    """dC/dt = -(1/5 + 1/200) C per ms without the drug; only the first rate falls with it."""

    def rate(c: str) -> float:
        net = am.Network()
        S = net.population("S", 1, "spike_list", times=[0.5] * am.units.ms, indices=[0])
        net.field("acetylcholine", released_by=S, release="1 uM", removal={"AChE": "5 ms", "": "200 ms"})
        net.dose("physostigmine", c)
        x = np.ravel(net.run("12 ms", **RUN).concentration("acetylcholine").values)
        return float(-np.log(x[10] / x[8]) / 2.0)

    assert rate("0 uM") == pytest.approx(1 / 5 + 1 / 200, rel=1e-6)
    left = steady_factor(effects_of("physostigmine", ["AChE"]), {"physostigmine": 0.1})["AChE.Vmax"]
    assert left < 0.9 and rate("0.1 uM") == pytest.approx(left / 5 + 1 / 200, rel=1e-4)


def test_a_dose_far_above_every_affinity_is_warned_of():
    net = am.Network()
    E = net.population("E", 1, "lif")
    net.modulate(E, receptor="5HT1A", acts_on="V_th", maximum=1.1)
    net.dose("way100635", "1 uM")
    resolve(net)
    net.dose("way100635", am.bath("10 uM", start="1 s"))
    with pytest.warns(
        am.AmineWarning, match="its 10 uM are 3.5e[+]03 times .* targets which are not modelled answer too"
    ):
        resolve(net)


def test_a_channel_blocker_on_a_tree_is_a_factor_of_its_conductance():
    """The dose that blocks half of a channel leaves the cell as with half of the conductance, everywhere and from the first step."""

    def v(g_max: str, c: str) -> np.ndarray:
        net = am.Network()
        leak = am.models.get("leak")(g_max="0.05 mS/cm2", E="-65 mV")
        own = am.models.channel(
            "own", "dn/dt = (0.5 - n)/(5*ms) : 1\ncurrent g_max*n*(E - v)",
            stands_for={"Nav": "g_max"}, g_max=g_max, E="-20 mV",
        )  # fmt: skip
        cell = am.models.cable(am.morphology.cylinder("300 um", "2 um", segments=3), {"*": [leak, own]})
        P = net.population("P", 2, cell)
        net.dose("tetrodotoxin", c)
        net.probe(P, "v", every="0.5 ms", name="v")
        return np.asarray(net.run("8 ms", **RUN).probes["v"]["v"])

    (e,) = (x for x in effects_of("tetrodotoxin", ["Nav"]) if x.quantity == "conductance")
    halved = v("0.2 mS/cm2", f"{e.potency!r} uM")
    np.testing.assert_allclose(halved, v("0.1 mS/cm2", "0 uM"), rtol=1e-9)
    assert np.abs(halved - v("0.2 mS/cm2", "0 uM")).max() > 1.0
