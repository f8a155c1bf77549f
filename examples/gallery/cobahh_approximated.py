"""A Hodgkin-Huxley neuron whose gates have approximated steady states (Boltzmann functions) and time constants (Gaussian functions).

Izhikevich (2007), Dynamical Systems in Neuroscience, chapter 2, exercise 4. Two pulses of 0.5 ms, the first too weak for a spike.

    python examples/gallery/cobahh_approximated.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, GREEN, RED, new, save

import amine as am

NEURON = am.models.neuron(
    "approximated",
    """
    function boltzmann(v : mV, half : mV, k : mV) = 1/(1 + exp((half - v)/k)) : 1
    function bell(v : mV, base : ms, amp : ms, top : mV, sigma : mV) = base + amp*exp(-((top - v)/sigma)**2) : ms
    input I_ext : uA/cm**2
    tau_m = bell(v, 0.04*ms, 0.46*ms, 27*mV, 30*mV) : ms
    tau_n = bell(v, 1.1*ms, 4.7*ms, -14*mV, 50*mV) : ms
    tau_h = bell(v, 1.2*ms, 7.4*ms, -2*mV, 20*mV) : ms
    dm/dt = (boltzmann(v, 25*mV, 9*mV) - m)/tau_m : 1
    dn/dt = (boltzmann(v, 12*mV, 15*mV) - n)/tau_n : 1
    dh/dt = (boltzmann(v, 3*mV, -7*mV) - h)/tau_h : 1
    I_Na = g_Na*m**3*h*(v - E_Na) : uA/cm**2
    I_K = g_K*n**4*(v - E_K) : uA/cm**2
    dv/dt = (I_ext - I_Na - I_K - g_L*(v - E_L))/C_m : mV
    initial m = 0.05
    initial n = 0.32
    initial h = 0.6
    """,
    g_Na="120 mS/cm**2",
    g_K="36 mS/cm**2",
    g_L="0.3 mS/cm**2",
    E_Na="120 mV",
    E_K="-12 mV",
    E_L="10.6 mV",
    C_m="1 uF/cm**2",
)


def simulate() -> am.Run:
    """20 ms with both pulses."""
    net = am.Network(dt="0.01 ms")
    cell = net.population("cell", 1, NEURON)
    net.stimulus(cell, am.step("4 uA/cm**2", start="2 ms", stop="2.5 ms"), into="I_ext", name="weak")
    net.stimulus(cell, am.step("15 uA/cm**2", start="10 ms", stop="10.5 ms"), into="I_ext", name="strong")
    net.probe(cell, "v", "m", "n", "h", "I_Na", "I_K", "tau_m", "tau_n", "tau_h", name="all")
    return net.run("20 ms", precision="float64", progress=False)


def measures(seed: int) -> dict[str, float]:
    """What both pulses do; nothing is random."""
    probe = simulate().probes["all"]
    v, t = probe["v"][:, 0], probe.times
    return {
        "peak after the weak pulse (mV)": float(v[t < 10].max()),
        "peak of the spike (mV)": float(v.max()),
        "its time (ms)": float(t[v.argmax()]),
        "lowest voltage after it (mV)": float(v[v.argmax() :].min()),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    probe = simulate().probes["all"]
    figure = new(9, 5)
    axes = figure.subplots(2, 2, sharex=True).ravel()
    rows = (("v",), ("m", "n", "h"), ("I_Na", "I_K"), ("tau_m", "tau_n", "tau_h"))
    labels = ("v (mV)", "activation", "current (pA/µm²)", "time constant (ms)")
    for ax, names, label in zip(axes, rows, labels, strict=True):
        for name, color in zip(names, (BLUE, RED, GREEN), strict=False):
            ax.plot(probe.times, np.asarray(probe[name][:, 0]), color=color, label=name)
        ax.set(ylabel=label)
        ax.legend(frameon=False)
    for ax in axes[2:]:
        ax.set(xlabel="time (ms)")
    save(figure, folder, "cobahh_approximated")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
