"""A parameter that a modulator changes acts as if it had been set to its new value."""

from __future__ import annotations

import re

import numpy as np
import pytest

import amine as am
from amine.engine.codegen import cache

RUN = {"progress": False}
NOISY = am.models.neuron(
    "noisy_for_fields",
    "dv/dt = (E_L - v)/tau + sigma*sqrt(2/tau)*xi + I/C : mV\nthreshold v > V_th\nreset v = E_L\nrefractory t_ref hold v\ninitial v = E_L",
    E_L="-65 mV",
    tau="12 ms",
    sigma="4 mV",
    C="200 pF",
    V_th="-50 mV",
    t_ref="2 ms",
)
# model, parameters, acts_on, how the value is given to the model itself
CASES = {
    "exact": ("lif", {"I_e": "420 pA"}, "tau_m", "tau_m", 10.0, "ms"),
    "noise time": (NOISY, {}, "tau", "tau", 12.0, "ms"),
    "runge-kutta": ("adex", {"I_e": "600 pA"}, "tau_w", "tau_w", 144.0, "ms"),
    "channels": ("traub_miles", {"I_e": "300 pA"}, "g_K", "g_K", 6000.0, "nS"),
}


def network(model, given, more=None, factor=None, acts_on="", n=70, **modulation) -> am.Network:
    net = am.Network(seed=3)
    E = net.population("E", n, model, **{**given, **(more or {})})
    label = "exc" if "exc" in E.model.receptors else "AMPA"
    weight = "60 pA" if label == "exc" else "3 nS"
    net.synapses(E, E, receptor=label, weight=weight, p=0.2)
    net.poisson(E, rate="20 Hz", receptor=label, weight=weight, n=40)
    net.probe(E, "v", every="1 ms", name="v")
    if factor is not None:
        net.field("m", tonic="1 uM", removal="1 s")
        net.modulate(E, by="m", receptor="R", acts_on=acts_on, maximum=2 * factor - 1, EC50="1 uM", **modulation)
    return net


def same(a, b, exact: bool = True) -> None:
    v, w = (np.asarray(r.probes["v"]["v"]) for r in (a, b))
    if exact:
        assert a.spikes.hash() == b.spikes.hash()
        np.testing.assert_array_equal(v, w)
    else:
        np.testing.assert_allclose(v[:30], w[:30], rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_a_modulated_parameter_is_as_if_set(case):
    """At half occupancy the factor is (1 + maximum)/2 from the first step on; float32 constants are then the same bits."""
    model, given, acts_on, name, value, unit = CASES[case]
    factor = 1.25
    direct = network(model, given, {name: f"{value * factor!r} {unit}"}).run("80 ms", **RUN)
    assert len(direct.spikes.times) > 20
    same(network(model, given, None, factor, acts_on).run("80 ms", **RUN), direct)


def test_a_receptors_conductance_and_time_constant():
    def run(weight: str, tau: str, acts_on: str = "", factor: float = 1.0):
        net = am.Network(seed=5)
        E = net.population("E", 60, "lif_cond", I_e="210 pA", receptors={"AMPA": am.models.AMPA(tau=tau)})
        net.synapses(E, E, receptor="AMPA", weight=weight, p=0.3)
        net.probe(E, "v", name="v")
        if acts_on:
            net.field("m", tonic="1 uM", removal="1 s")
            net.modulate(E, by="m", receptor="R", acts_on=acts_on, maximum=2 * factor - 1, EC50="1 uM")
        return net.run("60 ms", **RUN)

    same(run("2 nS", "5 ms", "AMPA.tau", 1.5), run("2 nS", "7.5 ms"))
    same(run("2 nS", "5 ms", "AMPA.conductance", 1.5), run("3 nS", "5 ms"), exact=False)


def test_a_parameter_that_differs_between_neurons():
    given = {"V_th": 'uniform("-52 mV", "-48 mV")', "tau_m": 'normal("20 ms", "1 ms").clipped("10 ms")'}
    a = network("lif_cond", given).run("80 ms", **RUN)
    b = network("lif_cond", given, None, 1.0, "V_th", n=70).run("80 ms", **RUN)
    same(a, b)
    c = network("lif_cond", given, None, 1.3, "tau_m").run("80 ms", **RUN)
    assert c.spikes.hash() != a.spikes.hash()


def test_only_the_neurons_meant_are_changed():
    """A slice of a population: its neurons behave as a population of their own with the parameter, the others as without."""

    def run(part, value="-50 mV", factor=None):
        net = am.Network(seed=2)
        E = net.population("E", 100, "lif_cond", I_e=np.linspace(230, 400, 100) * am.units.pA, V_th=value)
        net.probe(E, "v", name="v")
        if factor:
            net.field("m", tonic="1 uM", removal="1 s")
            net.modulate(E[part], by="m", receptor="R", acts_on="V_th", maximum=2 * factor - 1, EC50="1 uM")
        return np.asarray(net.run("100 ms", **RUN).probes["v"]["v"])

    mixed, without, whole = run(slice(10, 90, 3), factor=0.9), run(None), run(None, "-45 mV")
    part = np.arange(10, 90, 3)
    np.testing.assert_array_equal(mixed[:, part], whole[:, part])
    rest = np.setdiff1d(np.arange(100), part)
    np.testing.assert_array_equal(mixed[:, rest], without[:, rest])


def test_second_messenger_follows_its_time_constants():
    """Occupancy steps with the field; a factor on the leak's drive shows in the voltage, the messenger by its exponentials."""
    net = am.Network()
    E = net.population("E", 3, "lif", V_th="0 mV")
    S = net.population("S", 1, "spike_list", times=np.array([50.0]) * am.units.ms, indices=np.zeros(1))
    net.field("m", released_by=S, release="3 uM", removal="1e9 ms")
    net.modulate(
        E, by="m", receptor="R", acts_on="E_L", maximum=1.4, EC50="1 uM", hill=2, tau="20 ms", tau_decay="100 ms"
    )
    net.probe(E, "v", name="v")
    run = net.run("400 ms", **RUN, precision="float64")
    np.testing.assert_allclose(run.occupancy("R").values[51:], 9 / 10, rtol=1e-6)
    v = np.asarray(run.probes["v"]["v"])[-1, 0]
    assert v == pytest.approx(-65 * (1 + 0.4 * 0.9), rel=1e-6)


def test_release_parameter():
    """A factor on U of a release model: amplitudes are those of the model with that U."""

    def peaks(U: str, factor: float | None):
        net = am.Network()
        S = net.population("S", 1, "spike_list", times=np.arange(10.0, 200.0, 20.0) * am.units.ms, indices=np.zeros(10))
        E = net.population("E", 1, "lif")
        net.synapses(S, E, receptor="exc", weight="10 pA", connect="one_to_one", release=am.models.tsodyks_markram(U=U))
        net.probe(E, "i_exc", name="i")
        if factor:
            net.field("CB", tonic="1 uM", removal="1 s")
            net.modulate(S, by="CB", receptor="CB1", acts_on="release.U", maximum=2 * factor - 1, EC50="1 uM")
        return np.asarray(net.run("220 ms", **RUN).probes["i"]["i_exc"])

    np.testing.assert_array_equal(peaks("0.8", 0.5), peaks("0.4", None))


def test_a_messenger_goes_back_to_the_source():
    """Spikes of the target release a field that lowers the release of their inputs, which comes back when it is gone."""
    net = am.Network()
    times = np.arange(10.0, 400.0, 20.0)
    S = net.population("S", 1, "spike_list", times=times * am.units.ms, indices=np.zeros(len(times)))
    E = net.population("E", 1, "lif")
    burst = net.population(
        "burst", 1, "spike_list", times=np.arange(100.0, 120.0, 2.0) * am.units.ms, indices=np.zeros(10)
    )
    net.synapses(
        S,
        E,
        receptor="exc",
        weight="10 pA",
        connect="one_to_one",
        release=am.models.tsodyks_markram(U="0.5", tau_rec="1 ms"),
    )
    net.field("2-AG", released_by=burst, release="0.1 uM", removal="50 ms")
    net.modulate(S, by="2-AG", receptor="CB1", acts_on="release.U", maximum=0.0, EC50="0.1 uM")
    net.probe(E, "i_exc", name="i")
    run = net.run("400 ms", **RUN)
    i, t = np.asarray(run.probes["i"]["i_exc"])[:, 0], run.probes["i"].times
    height = np.array([i[np.searchsorted(t, s + 0.15)] for s in times])
    assert height[times < 90] == pytest.approx(height[0], rel=1e-3)
    c = run.occupancy("CB1")
    expected = height[0] * np.array([1 - c.at(s - 0.1) for s in times])
    np.testing.assert_allclose(height, expected, rtol=2e-3)
    assert height[5] < 0.3 * height[0]


def test_autoreceptors_lower_the_release_of_their_field():
    def peak(factor: float) -> float:
        net = am.Network()
        S = net.population("S", 1, "spike_list", times=np.array([50.0]) * am.units.ms, indices=np.zeros(1))
        net.field("dopamine", released_by=S, release="1 uM", uptake="DAT", tonic="100 nM")
        net.modulate(S, by="dopamine", receptor="D2", acts_on="dopamine.release", maximum=factor, EC50="0.1 uM")
        c = net.run("60 ms", **RUN).concentration("dopamine").values
        return float(c[50] - c[49])

    assert peak(0.0) / peak(1.0) == pytest.approx(0.5, rel=1e-2)


def test_networks_without_chemistry_have_the_code_they_had():
    run = am.circuits.coba(100).run("1 ms", **RUN)
    text = (cache.directory() / f"{run.info['structure']}.py").read_text()
    assert "slow" not in text and "SLOW" not in text and "refresh" not in text


def test_matrices_are_given_to_compiled_functions_as_they_are(monkeypatch):
    """Compiled functions allocate no arrays, so that an expression of matrices would not compile."""
    texts: list[str] = []

    def read(structure, make_source):
        texts.append(make_source())
        raise InterruptedError

    monkeypatch.setattr(cache, "load_kernels", read)
    net = am.circuits.gamma()
    net.dose("diazepam", "0 uM")
    with pytest.raises(InterruptedError):
        net.loop()
    given = re.findall(r"expm\((.*), (E|half)\)", texts[0])
    assert {m for m, _ in given} == {"M"} and {to for _, to in given} == {"E", "half"}
