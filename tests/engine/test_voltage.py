"""A voltage of another name than v."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

TEXT = """
dU/dt = (g_L*(E_L - U) + I + I_e)/C : mV
dw/dt = (a*(U - E_L) - w)/tau_w : pA
threshold U > V_th
reset U = V_r; w += b
event low U < -68*mV : w -= 1*pA
refractory t_ref hold U
initial U = E_L
method U exponential_euler
voltage U
"""
VALUES = dict(
    g_L="10 nS",
    E_L="-65 mV",
    C="200 pF",
    I_e="250 pA",
    a="1 nS",
    tau_w="50 ms",
    V_th="-50 mV",
    V_r="-60 mV",
    b="5 pA",
    t_ref="2 ms",
)


def network(name):
    text = TEXT if name == "U" else TEXT.replace("voltage U", "").replace("U", "v")
    net = am.Network(seed=1)
    start = np.linspace(-70, -55, 20) * am.units.mV
    E = net.population(
        "E",
        20,
        am.models.neuron("cell", text, receptors={"delta": "delta", "NMDA": "NMDA"}, **VALUES),
        initial={name: start},
    )
    P = net.population("P", 50, "poisson", rate="40 Hz")
    net.synapses(P, E, receptors={"NMDA": "1 nS", "GABA_A": "1 nS"}, p=0.3)
    net.synapses(P, E, receptor="delta", weight="0.1 mV", p=0.3)
    net.gap_junctions(E, E, conductance="0.5 nS", p=0.2)
    net.probe(E, name, every="1 ms", name="p")
    net.probe(E, name, reduce="mean", name="mean")
    net.probe(E, name, "w", at="spikes", name="at")
    return net


def test_it_is_the_voltage_of_all_that_reads_one():
    mine, other = network("U"), network("v")
    run, expected = (n.run("100 ms", progress=False) for n in (am.Network.from_dict(mine.to_dict()), other))
    assert len(run.spikes["E"]) > 50 and run.spikes.hash() == expected.spikes.hash()
    for probe in ("p", "mean", "at"):
        assert np.array_equal(run.probes[probe]["U"], expected.probes[probe]["v"])
    assert run.probes["p"].units["U"] == "mV"
    loop, plain = mine.loop(), other.loop()
    for sim, name in ((loop, "U"), (plain, "v")):
        sim.advance("10 ms")
        sim.set(f"E.{name}", "-62 mV")
        sim.advance("20 ms")
        assert f"E.{name}" in sim.settable()
    assert not loop.settable()["P->E.weight"].follows  # two projections have this name
    assert np.array_equal(loop.get("E", "U"), plain.get("E", "v")) and "E.v" not in loop.settable()


def test_couplings_read_it():
    made = []
    for name in "Uv":
        text = "dU/dt = (E_L - U + x_in)/tau : mV; input x_in : mV; voltage U".replace("U", name)
        cell = am.models.neuron(
            "cell", text if name == "U" else text.replace("; voltage v", ""), E_L="-65 mV", tau="5 ms"
        )
        net = am.Network(seed=1)
        E = net.population("E", 10, cell, initial={name: am.uniform("-70 mV", "-60 mV")})
        net.coupling(E, E, into="x_in", value=f"0.1*({name}_pre - {name}_post)", connect="all_to_all")
        net.probe(E, name, name="p")
        made.append(net.run("5 ms", progress=False).probes["p"][name])
    assert np.array_equal(*made) and made[0].std() > 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("voltage q", "no state"),
        ("voltage U; voltage U", "twice"),
        ("voltage U; dv/dt = -v/tau_w : mV", "receptors read the voltage"),
    ],
)
def test_mistakes(line, message):
    with pytest.raises(am.AmineError, match=message):
        am.models.neuron("wrong", TEXT.replace("voltage U", line), **VALUES).parsed  # noqa: B018
