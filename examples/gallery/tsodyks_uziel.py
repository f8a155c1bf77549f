"""Population bursts of a network with short-term plasticity that differs from synapse to synapse.

Tsodyks M, Uziel A, Markram H (2000) Synchrony generation in recurrent networks with frequency-dependent synapses. J Neurosci 20:RC50.

    python examples/gallery/tsodyks_uziel.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, INK, new, save
from measured import synchrony

import amine as am

NEURON = am.models.neuron(
    "uziel",
    """
    dv/dt = (I_b - v + R*I)/tau : mV
    threshold v > 15*mV
    reset v = 13.5*mV
    refractory t_ref hold v
    """,
    tau="30 ms",
    I_b="15 mV",
    R="1 GOhm",
    t_ref="3 ms",
    receptors={"psc": am.models.exponential_current(tau="3 ms")},
)
NE, NI = 400, 100


def normal(mean: float, unit: str, low: float, high: float) -> am.Distribution:
    """A normal distribution, its standard deviation half of its mean, truncated."""
    return am.normal(f"{mean} {unit}", f"{abs(mean) / 2} {unit}").truncated(f"{low} {unit}", f"{high} {unit}")


def weight(A: float) -> am.Distribution:
    """Strengths between 0.2 and 2 times their mean."""
    return normal(A, "pA", min(0.2 * A, 2 * A), max(0.2 * A, 2 * A))


def simulate(seed: int = 1) -> am.Run:
    """0.9 s to settle and 4.2 s of activity, at a step of 1 ms."""
    net = am.Network(seed=seed, dt="1 ms")
    bias = am.uniform("14.5 mV", "15.5 mV")
    E = net.population("E", NE, NEURON, I_b=bias)
    I = net.population("I", NI, NEURON, I_b=bias, t_ref="2 ms")
    depressing = dict(
        U=am.normal(0.5, 0.25).truncated(0.1, 0.9), tau_rec=normal(800, "ms", 5, 8000), tau_facil="1e-3 ms"
    )
    facilitating = dict(
        U=am.normal(0.04, 0.02).truncated(0.001, 0.07),
        tau_rec=normal(100, "ms", 5, 1000),
        tau_facil=normal(1000, "ms", 5, 10000),
    )
    for pre, post, A, values in (
        (E, E, 1.8, depressing),
        (E, I, 7.2, facilitating),
        (I, E, -5.4, depressing),
        (I, I, -7.2, facilitating),
    ):
        release = am.models.tsodyks_markram(**values)
        net.synapses(pre, post, receptor="psc", weight=weight(A), p=0.1, release=release)
    return net.run("5.1 s", progress=False)


def activity(run: am.Run) -> np.ndarray:
    """Share of all neurons that spike in each ms after 0.9 s."""
    t = np.concatenate([run.spikes[name].times for name in ("E", "I")])
    return np.histogram(t, np.arange(900, 5101))[0] / (NE + NI)


def measures(seed: int) -> dict[str, float]:
    """Rates and population bursts."""
    run = simulate(seed)
    return {
        "rate of E (Hz)": float((run.spikes["E"].times > 900).sum() / NE / 4.2),
        "rate of I (Hz)": float((run.spikes["I"].times > 900).sum() / NI / 4.2),
        **synchrony(activity(run)),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    figure = new(9, 5)
    top, below = figure.subplots(2, 1, sharex=True)
    for name, first in (("E", 0), ("I", NE)):
        top.plot(run.spikes[name].times - 900, run.spikes[name].indices + first, ".", ms=1, color=INK)
    top.set(ylabel="neuron")
    below.plot(np.arange(4200), activity(run), color=BLUE, lw=0.8)
    below.set(xlabel="time (ms)", ylabel="share of neurons", xlim=(0, 4200))
    save(figure, folder, "tsodyks_uziel")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
