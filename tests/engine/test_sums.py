"""Sums of what is added to a network by several calls do not depend on the order of these calls, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.engine.device.arrays import total
from amine.engine.time.simulation import Simulation

LISTS = "stimuli", "doses", "couplings", "modulations", "inputs"


def network(whole: bool) -> am.Network:
    """Five currents, four courses of a named input and of rates, three couplings; ``whole``: doses of a drug, modulators and inputs, too."""
    net = am.Network(seed=3)
    quiet = {"V_th": "1e6 mV", "E_L": "0 mV", "V_r": "0 mV", "initial": {"v": "0 mV"}}  # bits of the input are seen
    V = net.population("V", 4, "lif", stream="V", **quiet)
    R = net.population("R", 7, "poisson", rate="41 Hz", stream="R")
    unit = am.models.neuron("unit", "dx/dt = (-x + total)/tau : 1; input total : 1", tau="10 ms")
    U = net.population("U", 4, unit, initial={"x": am.uniform(0, 1)}, stream="U")
    for k in range(4):
        size, f = [33.3, 17.1, 13.7, 3.7][k], f"{7 + 4.3 * k} Hz"
        net.stimulus(V, am.sine(f"{size} pA", f))
        net.stimulus(U, am.sine(f"{size / 100}", f), into="total")
        net.stimulus(R, am.step(f"{size} Hz", start=f"{k + 1} ms"), into="rate")
    net.stimulus(V[1:3], am.step("7.77 pA"))
    for k in range(3):
        net.coupling(U, U, into="total", value="w*(x_pre - x_post)/3", w=0.1 + 0.0371 * k, p=1.0, stream=k)
    if whole:
        E = net.population("E", 5, "lif_cond", stream="E")
        net.synapses(R, E, receptor="NMDA", weight="1 nS", connect="all_to_all")
        for k in range(3):
            net.dose("ketamine", am.bath(f"{0.1 + 0.37 * k} uM", start=f"{k} ms"))
            net.poisson(E, rate=f"{200 + 33 * k} Hz", receptor="NMDA", weight=f"{0.3 + 0.1 * k} nS", stream=k)
            field = net.field(f"x{k}", tonic=f"{13 + 3 * k} nM")
            net.modulate(E, by=field, receptor="D1", acts_on="V_th", maximum=1.1 - 0.07 * k, EC50="0.1 uM")
    return net


def outcome(net: am.Network) -> dict[str, np.ndarray]:
    sim = Simulation(net)
    chunk = sim.advance(500)
    found = {f"{at.member.name}.{s}": at.get(sim.arrays.X, s).copy() for at in sim.slices for s in at.states}
    return {**found, "steps": chunk.steps, "neurons": chunk.ids}


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.validate)])
def test_any_order_of_what_is_added_up_gives_the_same_bits(whole):
    data, rng, expected = network(whole).to_dict(), np.random.default_rng(0), outcome(network(whole))
    for k in range(4):
        for name in (n for n in LISTS if n in data):
            data[name] = data[name][::-1] if k == 0 else [data[name][i] for i in rng.permutation(len(data[name]))]
        found = outcome(am.Network.from_dict(data))
        for name, x in expected.items():
            np.testing.assert_array_equal(found[name], x, name)


def test_a_current_that_is_set_before_the_first_step_gives_the_bits_of_its_description():
    def loop(last: str) -> np.ndarray:
        net = am.Network(seed=1)
        E = net.population("E", 2, "lif")
        for k, size in enumerate(("33.3 pA", "17.1 pA", last)):
            net.stimulus(E, am.sine(size, f"{7 + 3 * k} Hz"), name=f"s{k}")
        running = net.loop()
        if last == "0 pA":
            running.set("s2.current", am.sine("13.7 pA", "13 Hz"))
        running.advance("50 ms")
        return running.get("E.v")

    assert (loop("13.7 pA") == loop("0 pA")).all()


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_a_sum_has_no_order(n):
    rng = np.random.default_rng(n)
    parts = list(rng.normal(size=(n, 50)) * 10.0 ** rng.integers(-8, 8, (n, 50)))
    expected = total(parts)
    np.testing.assert_allclose(expected, np.sum(parts, 0), rtol=1e-8, atol=1e-8)
    for _ in range(20):
        assert (total([parts[i] for i in rng.permutation(n)]) == expected).all()
