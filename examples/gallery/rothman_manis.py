"""Neurons of the ventral cochlear nucleus, which differ in their potassium channels: types 1c, 1t, 1-2, 2-1 and 2 under a step of current.

Rothman JS, Manis PB (2003) The roles potassium currents play in regulating the electrical activity of ventral cochlear nucleus neurons.
J Neurophysiol 89:3097.

    python examples/gallery/rothman_manis.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, new, save
from rothman_manis_gates import CURRENTS, GATES, TYPES

import amine as am

TEXT = "\n".join(
    [
        "u = v/(1*mV) : 1",
        *(f"d{x}/dt = ({inf} - {x})/(({tau})*ms) : 1" for x, (inf, tau) in GATES.items()),
        "dv/dt = ("
        + " + ".join(f"{g}*{open_}*({E}*mV - v)" for g, (open_, E) in CURRENTS.items())
        + " + I)/(12*pF) : mV",
        "initial v = -65*mV",
    ]
)
CELL = am.models.neuron("cochlear", TEXT, **dict.fromkeys(CURRENTS, "1 nS"))


def simulate(ipulse: str = "250 pA") -> am.Run:
    """50 ms of rest, then 100 ms of current into one neuron of each type."""
    net = am.Network(dt="0.005 ms")
    values = {g: np.array(x) * am.units.nS for g, x in zip(CURRENTS, zip(*TYPES.values(), strict=True), strict=True)}
    cells = net.population("cells", len(TYPES), CELL, **values)
    net.stimulus(cells, am.step(ipulse, start="50 ms", stop="150 ms"))
    net.probe(cells, "v", every="0.05 ms", name="v")
    return net.run("150 ms", precision="float64", progress=False)


def measures(seed: int) -> dict[str, float]:
    """Spikes and the voltage of each type at the end; nothing is random."""
    probe = simulate().probes["v"]
    v = probe["v"][probe.times >= 50]
    found: dict[str, float] = {}
    for k, name in enumerate(TYPES):
        up = np.flatnonzero((v[1:, k] > -20) & (v[:-1, k] <= -20))
        found[f"type {name}: spikes"] = float(len(up))
        found[f"type {name}: highest voltage (mV)"] = float(v[:, k].max())
        found[f"type {name}: last spike (ms)"] = float(up[-1] * 0.05)
    return found


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    probe = simulate().probes["v"]
    figure = new(9, 6)
    for ax, k, name in zip(figure.subplots(len(TYPES), 1, sharex=True), range(len(TYPES)), TYPES, strict=True):
        ax.plot(probe.times - 50, probe["v"][:, k], color=BLUE, lw=1)
        ax.set(ylabel="v (mV)", ylim=(-80, 40), xlim=(-10, 100))
        ax.set_title(f"type {name}", loc="left", fontsize=9)
    figure.axes[-1].set(xlabel="time since the start of the current (ms)")
    save(figure, folder, "rothman_manis")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
