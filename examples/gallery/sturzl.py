"""A scorpion finds its prey by the times at which a wave in the sand reaches its eight legs.

Stürzl W, Kempter R, van Hemmen JL (2000) Theory of arachnid prey localization. Phys Rev Lett 84:5668. Integrate-and-fire receptors at the
legs excite one command neuron each and inhibit the three opposite ones a little later.

    python examples/gallery/sturzl.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new
from measured import direction, wave

import amine as am

DT, PREY = 0.05, np.deg2rad(144.0)  # ms
LEGS = np.deg2rad(22.5 + 45 * np.arange(8))
DELAY = 25.0 / 50.0 * (1 - np.cos(PREY - LEGS))  # ms: 2.5 cm at 50 m/s
LEG = am.models.neuron(
    "leg",
    """
    input wave : mV
    dv/dt = (1*mV + wave - v)/tau + sigma*sqrt(2/tau)*xi : mV
    threshold v > 1*mV
    reset v = 0*mV
    refractory 1*ms
    """,
    tau="1 ms",
    sigma="0.01 mV",
)
COMMAND = am.models.neuron(
    "command", "dv/dt = (R*I - v)/tau : mV\nthreshold v > 1*mV\nreset v = 0*mV", tau="1 ms", R="1 GOhm"
)
ALPHA = am.models.receptor(
    "alpha_pulse", "dx/dt = (y - x)/tau : pA\ndy/dt = -y/tau : pA\non spike y += w\ncurrent x", tau="1.001 ms"
)


def simulate(seed: int = 1) -> am.Run:
    """500 ms of a wave with frequencies around 300 Hz."""
    net = am.Network(seed=seed, dt=f"{DT} ms")
    legs = net.population("legs", 8, LEG)
    command = net.population("command", 8, COMMAND, receptors={"alpha": ALPHA})
    t = np.arange(0, 500, DT)
    heard = np.stack([wave(t - d, seed) for d in DELAY], axis=1)
    net.stimulus(legs, am.table(t * am.units.ms, heard * am.units.mV), into="wave")
    i, j = np.divmod(np.arange(64), 8)
    opposite = np.abs((j - i) % 8 - 4) <= 1
    net.synapses(legs, command, receptor="alpha", weight="7 pA", connect="one_to_one", delay=f"{DT} ms")
    net.synapses(
        legs, command, receptor="alpha", weight="-2 pA", pairs=(i[opposite], j[opposite]), delay=f"{0.7 + DT} ms"
    )
    return net.run("500 ms", progress=False)


def measures(seed: int) -> dict[str, float]:
    """Rates and the direction that the command neurons tell."""
    run = simulate(seed)
    counts = run.spikes["command"].counts()
    return {
        "rate of a leg (Hz)": len(run.spikes["legs"]) / 8 / 0.5,
        "rate of a command neuron (Hz)": float(counts.sum()) / 8 / 0.5,
        "direction of the prey (degrees)": direction(counts, LEGS),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    counts = simulate().spikes["command"].counts()
    figure = new(4.4, 4.4)
    ax = figure.add_subplot(projection="polar")
    ax.plot(np.append(LEGS, LEGS[0]), np.append(counts, counts[0]) / 0.5, color=BLUE, label="command neurons (Hz)")
    ax.axvline(PREY, color=RED, label="prey")
    ax.axvline(np.deg2rad(direction(counts, LEGS)), color=BLUE, ls="--", label="told by the neurons")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, -0.3))
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "sturzl.png")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
