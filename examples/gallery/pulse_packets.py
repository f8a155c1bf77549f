"""The voltage that a pulse packet evokes, against its analytic mean.

Diesmann M, Gewaltig M-O, Aertsen A (1999) Nature 402:529; NEST's pulsepacket.py: 500 spikes with a spread of 3 ms reach a neuron that does not fire.

    python examples/gallery/pulse_packets.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new, save

import amine as am

C, TAU_M, TAU_S, WEIGHT, SPIKES, SD, AT = 250.0, 20.0, 0.33, 10.0, 500, 3.0, 100.0
N = 20


def simulate(seed: int = 1) -> am.Run:
    """Independent packets, one for each neuron."""
    net = am.Network(seed=seed)
    alpha = am.models.alpha_current(tau=f"{TAU_S} ms")
    cells = net.population(
        "cells",
        N,
        "lif",
        C=f"{C} pF",
        tau_m=f"{TAU_M} ms",
        E_L="0 mV",
        V_th="1000 mV",
        V_r="0 mV",
        receptors={"alpha": alpha},
    )
    packets = am.pulse_packets(N * SPIKES, [f"{AT} ms"], spikes=N * SPIKES, sd=f"{SD} ms", seed=seed)
    source = net.population("packets", N * SPIKES, "spike_list", **packets)
    pairs = (np.arange(N * SPIKES), np.repeat(np.arange(N), SPIKES))
    net.synapses(source, cells, receptor="alpha", weight=f"{WEIGHT} pA", pairs=pairs, delay="1 ms")
    net.probe(cells, "v", name="v")
    return net.run("200 ms", precision="float64", progress=False)


def expected(t: np.ndarray) -> np.ndarray:
    """Mean voltage (mV): the response to one spike, convolved with the Gaussian density of the packet."""
    s = np.arange(0.0, 150.0, 0.01)
    rate = 1 / TAU_S - 1 / TAU_M
    response = (
        WEIGHT
        * np.e
        / TAU_S
        / C
        * ((np.exp(-s / TAU_M) - np.exp(-s / TAU_S)) / rate**2 - s * np.exp(-s / TAU_S) / rate)
    )
    density = SPIKES * np.exp(-0.5 * ((np.arange(-15, 15, 0.01)) / SD) ** 2) / (SD * np.sqrt(2 * np.pi)) * 0.01
    return np.interp(
        t, AT + 1.0 - 15 + 0.01 * np.arange(len(s) + len(density) - 1), np.convolve(density, response), left=0.0
    )


def measures(seed: int) -> dict[str, float]:
    """The mean voltage's peak, its time, and the spread over neurons at the peak."""
    probe = simulate(seed).probes["v"]
    mean = probe["v"].mean(axis=1)
    return {
        "peak of the mean voltage (mV)": float(mean.max()),
        "its time (ms)": float(probe.times[mean.argmax()]),
        "spread over neurons at 105 ms (mV)": float(probe["v"][np.searchsorted(probe.times, 105.0)].std(ddof=1)),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    probe = simulate().probes["v"]
    figure = new(6, 3.4)
    ax = figure.subplots()
    for k in range(N):
        ax.plot(probe.times, probe["v"][:, k], color=BLUE, lw=0.5, alpha=0.5, label="neurons" if k == 0 else None)
    ax.plot(probe.times, expected(probe.times), color=RED, label="analytic mean")
    ax.set(xlabel="time (ms)", ylabel="v (mV)", xlim=(80, 180))
    ax.legend(frameon=False)
    save(figure, folder, "pulse_packets")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
