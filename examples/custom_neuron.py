"""A neuron model of one's own: an integrate-and-fire neuron whose threshold rises with each spike and relaxes.

The model is written as text, looked at, and driven by currents of different strength.

    python examples/custom_neuron.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import amine as am

EQUATIONS = """
dv/dt = (E_L - v)/tau_m + (I + I_e)/C  : mV    # the membrane
dtheta/dt = (theta_0 - theta)/tau_th   : mV    # the threshold, which relaxes
threshold v > theta
reset v = V_r; theta += step
refractory t_ref hold v
initial v = E_L
initial theta = theta_0
"""


def model() -> am.models.Model:
    """The neuron, with default values; they can be changed wherever the model is used."""
    return am.models.neuron(
        "adaptive_threshold",
        EQUATIONS,
        doc="LIF with a threshold that adapts.",
        E_L="-70 mV",
        V_r="-65 mV",
        theta_0="-50 mV",
        step="4 mV",
        tau_th="80 ms",
        tau_m="15 ms",
        C="200 pF",
        t_ref="2 ms",
        I_e="0 pA",
    )


def trace() -> am.Run:
    """One neuron, a current from 50 to 350 ms."""
    net = am.Network()
    cell = net.population("cell", 1, model())
    net.stimulus(cell, am.step("400 pA", start="50 ms", stop="350 ms"))
    net.probe(cell, "v", "theta")
    return net.run("400 ms", progress=False)


def rates(currents: np.ndarray, step: str) -> np.ndarray:
    """Rate of one neuron for each current: parameters may be arrays."""
    net = am.Network()
    net.population("cells", currents.size, model(), I_e=currents * am.units.pA, step=step)
    return net.run("2 s", progress=False).spikes["cells"].between(1000.0, 2000.0).rates()


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and returns a few numbers."""
    print(model().integrators)
    run = trace()
    data = next(iter(run.probes.values()))
    currents = np.linspace(200.0, 800.0, 61)
    fixed, adaptive = rates(currents, "0 mV"), rates(currents, "4 mV")

    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    left.plot(data.times, data["v"][:, 0], color="#0072B2", lw=1, label="voltage v")
    left.plot(data.times, data["theta"][:, 0], color="#D55E00", lw=1, label="threshold theta")
    left.set(xlabel="time (ms)", ylabel="mV", ylim=(-72, -22), title="400 pA from 50 to 350 ms")
    left.legend(frameon=False, loc="upper left")
    right.plot(currents, fixed, color="#5B5B5B", label="fixed threshold")
    right.plot(currents, adaptive, color="#D55E00", label="adaptive threshold")
    right.set(xlabel="current (pA)", ylabel="rate (Hz)", title="Rate in the second second")
    right.legend(frameon=False, loc="upper left")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "custom_neuron.png")

    intervals = np.diff(run.spikes["cell"].times)
    numbers = {
        "first_interval_ms": float(intervals[0]),
        "last_interval_ms": float(intervals[-1]),
        "fixed_Hz": float(fixed[-1]),
        "adaptive_Hz": float(adaptive[-1]),
    }
    print(f"intervals grow from {intervals[0]:.1f} to {intervals[-1]:.1f} ms")
    print(f"at 800 pA: {fixed[-1]:.0f} Hz with a fixed threshold, {adaptive[-1]:.0f} Hz with an adaptive one")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
