"""FORCE training: a chaotic network of spiking neurons learns to be an oscillator of 5 Hz.

Nicola W, Clopath C (2017) Supervised learning in spiking neural networks with FORCE training. Nat Commun 8:2208, figure 2. Recursive least
squares changes the decoders every 2.5 ms while the network runs; then they stay.

    python examples/gallery/force.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, INK, new, save
from measured import decoded, force_values

import amine as am

N, START, STOP, END = 1000, 1000.0, 4000.0, 6000.0  # neurons; ms
STEP = 2.5  # ms between changes of the decoders
NEURON = am.models.neuron(
    "force",
    """
    input z : 1
    dv/dt = (-40*mV - v + R*I + feedback*z)/tau_m : mV
    dr/dt = -r/tau_rise + h_r : 1
    dh_r/dt = -h_r/tau_decay : 1/s
    threshold v >= -40*mV
    reset v = -65*mV; h_r += 1*s/(tau_rise*tau_decay)
    refractory 2*ms hold v
    """,
    tau_m="10 ms",
    tau_rise="2 ms",
    tau_decay="20 ms",
    R="1 GOhm",
    feedback="0 mV",
    phi=0.0,
)
CURRENT = am.models.receptor(
    "filtered",
    "di/dt = h - i/tau_rise : pA\ndh/dt = -h/tau_decay : pA/ms\non spike h += w\ncurrent i",
    tau_rise="2 ms",
    tau_decay="20 ms",
)


def simulate(seed: int = 1) -> tuple[am.Run, np.ndarray]:
    """A second of chaos, three of training, two alone; and the decoders after each change."""
    omega, feedback, v = force_values(seed, N)
    net = am.Network(seed=seed, dt="0.05 ms")
    cells = net.population(
        "cells",
        N,
        NEURON,
        receptors={"psc": CURRENT},
        feedback=feedback * am.units.mV,
        phi=np.zeros(N),
        initial={"v": v * am.units.mV},
    )
    post, pre = np.nonzero(omega)
    weight = omega[post, pre] * 1000 / (2 * 20) * am.units.pA / am.units.ms
    net.synapses(cells, cells, receptor="psc", weight=weight, pairs=(pre, post))
    net.coupling(cells, cells, into="z", value="phi_pre*r_pre", connect="all_to_all")
    net.probe(cells[:1], "z", every="1 ms", name="z")
    loop = net.loop()
    loop.advance(f"{START} ms")
    P, phi, kept = np.eye(N) * 0.05e-3 * 0.1, np.zeros(N), []
    for k in range(round((STOP - START) / STEP)):
        r = loop.get(cells, "r").astype(float)
        gain = P @ r
        phi -= gain * (phi @ r - np.sin(2 * np.pi * 5e-3 * (START + k * STEP)))
        P -= np.outer(gain, gain) / (1 + r @ gain)
        loop.set(cells, phi=phi)
        kept.append(phi[:10].copy())
        loop.advance(f"{STEP} ms")
    loop.advance(f"{END - STOP} ms")
    return loop.run(), np.array(kept)


def measures(seed: int) -> dict[str, float]:
    """How well the target is followed in training and after it."""
    run, _ = simulate(seed)
    z = run.probes["z"]
    return decoded(z.times, z["z"][:, 0]) | {"rate (Hz)": float(run.spikes["cells"].rates().mean())}


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run, decoders = simulate()
    z = run.probes["z"]
    figure = new(9, 5)
    top, below = figure.subplots(2, 1, sharex=True)
    top.plot(z.times / 1e3, np.sin(2 * np.pi * 5e-3 * z.times), color=INK, lw=0.8, ls="--", label="target")
    top.plot(z.times / 1e3, z["z"][:, 0], color=BLUE, lw=0.8, label="readout; training from 1 to 4 s")
    top.set(ylim=(-1.3, 2.1))
    top.legend(frameon=False, loc="upper left", ncols=2)
    below.plot((START + STEP * np.arange(len(decoders))) / 1e3, decoders, lw=0.8)
    below.set(xlabel="time (s)", ylabel="decoders", xlim=(0.5, 6))
    save(figure, folder, "force")
    return decoded(z.times, z["z"][:, 0])


if __name__ == "__main__":
    print(main(Path("out/gallery")))
