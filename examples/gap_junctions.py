"""Electrical synapses: two coupled neurons, and the synchrony of a coupled network.

Left: current is injected into one of two neurons; the other follows, weaker and slower. At rest the ratio of their depolarisations is
g/(g + g_L), the coupling coefficient. Right: neurons that fire at different rates of their own fall into step as the coupling grows.

    python examples/gap_junctions.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import amine as am

C, TAU = 200.0, 20.0  # pF, ms: a leak of 10 nS
G = 4.0  # nS


def pair() -> am.Run:
    """A current into one of two coupled neurons, below threshold."""
    net = am.Network()
    cells = net.population("cells", 2, "lif", C=f"{C} pF", tau_m=f"{TAU} ms")
    net.gap_junctions(cells, cells, conductance=f"{G} nS", pairs=([0], [1]))
    net.stimulus(cells[:1], am.step("100 pA", start="20 ms", stop="200 ms"))
    net.probe(cells, "v", name="v")
    return net.run("300 ms", progress=False)


def spiking() -> am.models.Model:
    """A quadratic integrate-and-fire neuron: its voltage rises to the peak of a spike, which neighbours feel, unlike that of the LIF."""
    return am.models.neuron(
        "quadratic",
        """
        dv/dt = (k*(v - v_rest)*(v - v_th) + I + I_e)/C : mV
        threshold v > v_peak
        reset v = v_reset
        initial v = v_rest
        """,
        k="1 nS/mV",
        v_rest="-60 mV",
        v_th="-42 mV",
        v_peak="30 mV",
        v_reset="-75 mV",
        C="100 pF",
        I_e="0 pA",
    )


def network(conductance: float, n: int = 100) -> am.Run:
    """Neurons with drives of their own; each pair is coupled with probability 0.2."""
    net = am.Network(seed=3)
    cells = net.population(
        "cells", n, spiking(), I_e=am.uniform("100 pA", "110 pA"), initial={"v": am.uniform("-75 mV", "-40 mV")}
    )
    net.gap_junctions(cells, cells, conductance=f"{conductance} nS", p=0.2)
    net.probe(cells, "v", name="v", every="0.5 ms")
    return net.run("1500 ms", progress=False)


def synchrony(v: np.ndarray) -> float:
    """Golomb and Rinzel (1993): variance in time of the mean voltage over the mean variance of the voltages; 0 to 1."""
    return float(np.sqrt(v.mean(1).var() / v.var(0).mean()))


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and returns a few numbers."""
    run = pair()
    t, v = run.probes["v"].times, run.probes["v"]["v"] + 65.0
    at = np.searchsorted(t, 199.0)
    coefficient = float(v[at, 1] / v[at, 0])
    expected = G / (G + C / TAU)

    strengths = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
    runs = [network(g) for g in strengths]
    chi = [synchrony(r.probes["v"]["v"][1000:]) for r in runs]

    figure = Figure(figsize=(10, 5.2), dpi=120, layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=(1, 1.5, 1))
    left = figure.add_subplot(grid[:, 0])
    left.plot(t, v[:, 0], color="#0072B2", label="neuron with the current")
    left.plot(t, v[:, 1], color="#D55E00", label="its neighbour")
    left.set(xlabel="time (ms)", ylabel="depolarisation (mV)", ylim=(-0.4, 11.5), title="Two neurons, 4 nS")
    left.legend(frameon=False, loc="upper right", fontsize=9)
    for row, k in ((0, 0), (1, len(strengths) - 1)):
        ax = figure.add_subplot(grid[row, 1])
        train = runs[k].spikes["cells"].between(1000.0, 1500.0)
        ax.plot(train.times, train.indices, ".", ms=2, color="#222222")
        ax.set(
            ylabel="neuron",
            title=f"100 neurons, {strengths[k]:g} nS",
            xlim=(1000, 1500),
            xlabel="time (ms)" if row else "",
        )
        ax.spines[["top", "right"]].set_visible(False)
    right = figure.add_subplot(grid[:, 2])
    right.plot(strengths, chi, "o-", color="#009E73")
    right.set(xlabel="conductance of a junction (nS)", ylabel="synchrony", ylim=(0, 1.02), title="Network")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "gap_junctions.png")

    print(f"coupling coefficient {coefficient:.4f}, expected {expected:.4f}")
    print("synchrony: " + ", ".join(f"{g:g} nS {c:.2f}" for g, c in zip(strengths, chi, strict=True)))
    return {"coefficient": coefficient, "expected": expected, "apart": chi[0], "together": chi[-1]}


if __name__ == "__main__":
    main(Path("out/examples"))
