"""An action potential travels along Hodgkin and Huxley's axon; its arrival at each compartment gives its velocity.

Hodgkin AL, Huxley AF (1952) J Physiol 117:500. The squid's axon, 10 cm long and 476 um thick, at 6.3 degC.

    python examples/gallery/hh_with_spikes.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, INK, RED, new, save
from measured import velocity

import amine as am

N = 1000
AXON = am.models.cable(
    am.morphology.cylinder("100 mm", "476 um", segments=N),
    {"*": ["Na_HH", "K_HH", "leak_HH"]},
    R_a="35.4 Ohm cm",
    C_m="1 uF/cm2",
    T="6.3 degC",
)


def simulate() -> am.Run:
    """1 uA into the first compartment for 3 ms."""
    net = am.Network(dt="0.01 ms")
    axon = net.population("axon", 1, AXON)
    net.stimulus(axon.at(0), am.step("1 uA", start="5 ms", stop="8 ms"))
    net.probe(axon.at("*"), "v", every="0.02 ms", name="v")
    return net.run("20 ms", precision="float64", progress=False)


def measures(seed: int) -> dict[str, float]:
    """The spikes of all compartments; nothing is random."""
    run = simulate()
    s = am.results.crossings(run.probes["v"], "-25 mV")
    highest = max(float(run.probes["v"][name].max()) for name in ("v@250", "v@500", "v@750"))
    return velocity(s.times, s.indices) | {"peak of the spike above rest (mV)": highest + 65.0}


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    probe = simulate().probes["v"]
    s = am.results.crossings(probe, "-25 mV")
    figure = new(9, 5)
    top, below = figure.subplots(2, 1, sharex=True)
    for k in range(0, N, 100):
        top.plot(probe.times, probe[f"v@{k}"][:, 0], color=BLUE, lw=1)
    top.set(ylabel="v (mV)")
    below.plot(s.times, (s.indices + 0.5) * 0.1, ".", ms=2, color=INK, label="spikes of the compartments")
    slope, start = np.polyfit(s.times, (s.indices + 0.5) * 0.1, 1)
    below.plot(s.times, start + slope * s.times, color=RED, lw=1, label=f"{slope:.1f} m/s")
    below.set(xlabel="time (ms)", ylabel="position (mm)")
    below.legend(frameon=False)
    save(figure, folder, "hh_with_spikes")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
