"""Jeffress's model: delay lines turn the difference between the times at which a sound reaches both ears into a place.

A source of white noise moves around the head once a second. Neuron j hears one ear later by j, the other by 29 - j units of delay, and
fires where both come together.

    python examples/gallery/jeffress.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import INK, RED, new, save

import amine as am

DT = 0.02  # ms
MOST = 20e-2 / 300 * 1e3  # ms, the largest difference between the ears
N = 30
EAR = am.models.neuron(
    "ear",
    """
    input sound : 1
    dx/dt = (sound - x)/tau + sigma*sqrt(2/tau)*xi : 1
    threshold x > 1
    reset x = 0
    refractory 2.5*ms hold x
    """,
    tau="1 ms",
    sigma=0.1,
)
DETECTOR = am.models.neuron(
    "detector",
    "dv/dt = -v/tau + sigma*sqrt(2/tau)*xi : mV\nthreshold v > 1*mV\nreset v = 0*mV",
    tau="1 ms",
    sigma="0.1 mV",
)


def heard(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Times (ms), and the sound at both ears (times, 2)."""
    noise = 10 * np.random.default_rng(seed).standard_normal(50_000)
    t = np.arange(50_000) * DT
    late = 0.5 * MOST * np.sin(2 * np.pi * t / 1e3)
    at = [np.clip(np.floor((t - d) / DT + 1e-9).astype(int), 0, len(noise) - 1) for d in (-late, late)]
    return t, np.stack([noise[k] for k in at], axis=1)


def simulate(seed: int = 1) -> am.Run:
    """One turn of the source."""
    net = am.Network(seed=seed, dt=f"{DT} ms")
    ears = net.population("ears", 2, EAR)
    detectors = net.population("detectors", N, DETECTOR)
    t, sound = heard(seed)
    net.stimulus(ears, am.table(t * am.units.ms, sound), into="sound")
    unit = 1.1 * MOST / (N - 1)
    for ear, later in ((0, f"{unit} ms*j"), (1, f"{unit} ms*({N - 1} - j)")):
        delay = f"{DT} ms + {later}"
        net.synapses(ears[ear], detectors, receptor="delta", weight="0.5 mV", connect="all_to_all", delay=delay)
    return net.run("1 s", progress=False)


def place(t: np.ndarray) -> np.ndarray:
    """The neuron at whose place the delays compensate the position of the source."""
    return (N - 1) / 2 * (1 + np.sin(2 * np.pi * t / 1e3) / 1.1)


def measures(seed: int) -> dict[str, float]:
    """Rates, and how far the spikes lie from the place that the delays give."""
    run = simulate(seed)
    s = run.spikes["detectors"]
    return {
        "spikes of an ear": len(run.spikes["ears"]) / 2,
        "spikes of all detectors": float(len(s)),
        "mean distance from the place (neurons)": float(np.abs(s.indices - place(s.times)).mean()),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    s = simulate().spikes["detectors"]
    figure = new()
    ax = figure.subplots()
    t = np.arange(0, 1000.0)
    ax.plot(t, place(t), color=RED)
    ax.plot(s.times, s.indices, ".", ms=4, color=INK)
    ax.set(xlabel="time (ms)", ylabel="neuron", xlim=(0, 1000), ylim=(-0.5, N - 0.5))
    ax.set_title("line: the place at which the delays compensate", fontsize=10)
    save(figure, folder, "jeffress")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
