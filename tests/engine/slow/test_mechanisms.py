"""Models and mechanisms of users, with names of their own, in running networks and in modules: the same rights as the library's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import amine as am
from amine import compounds as C
from amine.compounds.effects import effects_of, receptor_response, steady_factor

RUN = {"progress": False}
MS = am.units.ms


@dataclass(frozen=True)
class Pair(C.Mechanism):
    """Two molecules together close a channel, and shorten what is left."""

    def effects(self, use):
        return [use.law("conductance", "1 - y**2"), use.law("tau_decay", "1/(1 + shorter*x)", shorter=0.5)]


@dataclass(frozen=True)
class Gate(C.Mechanism):
    """Holds channels whether they are open or not, with an affinity that depends on voltage."""

    def effects(self, use):
        return [use.block(C.Kinetics("off*(load*free - bound)", "C/K*exp((v - V)/20)"), off=0.02, V=-60.0)]


@pytest.fixture(scope="module")
def drugs() -> None:
    if "pair-drug" not in C.names("drug"):
        for name, how in (("pair-drug", Pair("test_pair", "pore")), ("gate-drug", Gate("test_gate", "pore"))):
            action = C.Action(["GABA_A"], how, [C.Measurement("IC50", "2 uM", role="potency")])
            C.add(C.Drug(id=name, name=name, actions=[action]))


def cell(weight: str, tau: str, *doses: tuple[str, str], E_L: str = "-60 mV") -> am.Network:
    net = am.Network(seed=1)
    times = np.arange(5.0, 80.0, 9.0)
    S = net.population("S", 1, "spike_list", times=times * MS, indices=np.zeros(len(times)))
    fall = am.models.receptor(
        "fall", "dgg/dt = -gg/t_fall : nS\non spike gg += w\ncurrent gg*(E_i - v)", t_fall=tau, E_i="-75 mV"
    )
    E = net.population("E", 3, "lif", E_L=E_L, V_th="0 mV", receptors={"GABA_A": fall}, initial={"v": E_L})
    net.synapses(S, E, receptor="GABA_A", weight=weight, connect="all_to_all")
    net.probe(E, "v", name="v")
    for drug, c in doses:
        net.dose(drug, c)
    return net


def voltage(net: am.Network) -> np.ndarray:
    return np.asarray(net.run("80 ms", precision="float64", **RUN).probes["v"]["v"])


def test_an_own_mechanism_in_equations_of_a_running_network(drugs):
    """Its factors are those that its formulas give, of parameters that no name gives away (the decay is ``t_fall``)."""
    c = 3.0
    y, x = c / (c + 2), c / 2
    dosed = voltage(cell("2 nS", "10 ms", ("pair-drug", f"{c} uM")))
    expected = voltage(cell(f"{2 * (1 - y**2)!r} nS", f"{10 / (1 + 0.5 * x)!r} ms"))
    np.testing.assert_allclose(dosed, expected, rtol=1e-9)
    assert np.abs(dosed - voltage(cell("2 nS", "10 ms"))).max() > 0.2


def test_an_own_mechanism_in_a_module(drugs):
    torch = pytest.importorskip("torch")
    net = cell("2 nS", "10 ms", ("pair-drug", "3 uM"))
    module = net.to_module(outputs=["E.v"], learn=["dose:pair-drug"], precision="float64")
    v = module(duration="80 ms")["E.v"]
    found, expected = v.detach().numpy()[:, 0], voltage(net)
    np.testing.assert_allclose(found.min(0), expected.min(0), rtol=1e-9)  # whichever end of a step is recorded
    v.sum().backward()
    slopes = [p.grad for p in module.parameters()]
    assert len(slopes) == 1 and torch.isfinite(slopes[0]).all() and slopes[0].abs().sum() > 0


def test_kinetics_of_an_own_mechanism(drugs):
    """What it holds follows its rate with its own affinity at the voltage, from before the dose until long after."""
    rest, c, off = -50.0, 3.0, 0.02
    net = cell("1e-6 nS", "10 ms", ("gate-drug", am.bath(f"{c} uM", start="10 ms")), E_L=f"{rest} mV")
    found = net.run("80 ms", precision="float64", **RUN).occupancy("GABA_A", by="gate-drug").values
    load = c / 2.0 * np.exp((rest + 60.0) / 20.0)
    t = np.clip(np.arange(80.0) - 10, 0, None)
    np.testing.assert_allclose(found, load / (1 + load) * -np.expm1(-off * (1 + load) * t), atol=2e-4)


def count(model: am.models.Model, dose: bool, **given) -> int:
    net = am.Network()
    net.population("E", 2, model, I_e="700 pA", **given)
    if dose:
        net.dose("TTX", am.bath("1 uM", start="50 ms"))
    return int((net.run("150 ms", **RUN).spikes["E"].times > 52).sum())


def test_a_threshold_of_any_name_falls_silent_under_tetrodotoxin():
    """Spike for spike as the library's neuron does at a low dose, and silent at a high one."""
    text = am.models.lif.equations
    for old, new in (("V_th", "theta"), ("tau_m", "slowness"), ("C", "size")):
        text = text.replace(old, new)
    values = {
        {"V_th": "theta", "tau_m": "slowness", "C": "size"}.get(n, n): v for n, v in am.models.lif.parameters.items()
    }
    own = am.models.neuron("own_leaky", text, receptors=dict(am.models.lif.receptors), **values)
    assert not own.stands_for and count(own, False) > 2 and count(own, True) == 0
    spikes = []
    for model in (own, am.models.lif):
        net = am.Network()
        net.population("E", 2, model, I_e="700 pA")
        net.dose("TTX", am.bath("3 nM", start="20 ms"))
        spikes.append(net.run("100 ms", **RUN).spikes["E"].times)
    assert len(spikes[0]) and np.array_equal(*spikes)


def test_a_declared_conductance_of_any_name():
    squid = am.models.get("hodgkin_huxley")
    text = squid.equations.replace("g_Na", "gbar")
    values = {n.replace("g_Na", "gbar"): v for n, v in squid.parameters.items()}
    given = {"receptors": dict(squid.receptors), **values, "I_e": "10 uA/cm**2"}

    def spikes(model: am.models.Model) -> int:
        net = am.Network(dt="0.025 ms")
        net.population("E", 1, model)
        net.dose("TTX", am.bath("1 uM", start="20 ms"))
        return int((net.run("60 ms", **RUN).spikes["E"].times > 25).sum())

    assert spikes(am.models.neuron("own_squid", text, stands_for={"Nav": "gbar"}, **given)) == 0
    with pytest.warns(am.AmineWarning, match="tetrodotoxin: it acts on nothing"):
        assert spikes(am.models.neuron("own_squid_2", text, **given)) > 1


def test_declarations_are_checked_and_kept():
    text = "dv/dt = (E - v)/tau + I/c : mV\nthreshold v > E"
    with pytest.raises(am.AmineError, match="stands_for 'Nav': parameter 'g' is not known"):
        am.models.neuron("m", text, stands_for={"Nav": "g"}, E="0 mV", tau="5 ms", c="1 pF")
    with pytest.raises(am.AmineError, match="not a probability"):
        am.models.receptor("m", "dg/dt = -g/tau : nS\non spike g += w\ncurrent g*(0*mV - v)", peak_open=2.0, tau="5 ms")
    m = am.models.receptor("m", "dg/dt = -g/tau : nS\non spike g += w\ncurrent g*(0*mV - v)", peak_open=0.4, tau="5 ms")
    assert am.models.Model.from_dict(m.to_dict()) == m and m(tau="6 ms").peak_open == 0.4


# --- receptors that follow fields ------------------------------------------------------------------------------------


def tonic(*doses: tuple[str, str], receptor: str = "GABA_A_tonic") -> am.Network:
    net = am.Network()
    leaky = am.models.neuron(
        "with_tonic",
        "dv/dt = (g_L*(E_L - v) + g_t*(E_i - v) + I)/C : mV\nthreshold v > V_th\nreset v = E_L",
        g_L="10 nS", E_L="-60 mV", g_t="0.001 nS", E_i="-75 mV", C="100 pF", V_th="0 mV",
    )  # fmt: skip
    P = net.population("P", 2, leaky)
    net.field("gaba", tonic="0.5 uM", removal="1 s")
    net.modulate(P, by="gaba", receptor=receptor, acts_on="g_t", maximum=10001.0, EC50="1 uM")
    net.probe(P, "v", name="v")
    for drug, c in doses:
        net.dose(drug, c)
    return net


def last(net: am.Network) -> tuple[float, float]:
    run = net.run("150 ms", precision="float64", **RUN)
    return float(run.probes["v"]["v"][-1, 0]), float(run.occupancy("GABA_A_tonic").values[-1])


def test_what_is_not_competitive_acts_at_receptors_of_a_field():
    """Picrotoxin takes its part of the response whatever the field is; bicuculline is surmountable; both multiply."""
    (e,) = effects_of("picrotoxin", ["GABA_A_tonic"])
    left = 1 / (1 + 50.0 / e.potency)
    v0, r0 = last(tonic())
    v1, r1 = last(tonic(("picrotoxin", "50 uM")))
    assert r0 == pytest.approx(1 / 3) and r1 == pytest.approx(r0 * left, rel=1e-9) and v1 > v0 + 2
    both = {"picrotoxin": 20.0, "bicuculline": 3.0}
    effects = [e for d in both for e in effects_of(d, ["GABA_A_tonic"])]
    _, r2 = last(tonic(*((d, f"{c} uM") for d, c in both.items())))
    assert r2 == pytest.approx(receptor_response(0.5, 1.0, steady_factor(effects, both), "GABA_A_tonic"), rel=1e-9)
