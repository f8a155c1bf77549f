"""Fast global oscillations of sparsely firing inhibitory neurons.

Brunel N, Hakim V (1999) Fast global oscillations in networks of integrate-and-fire neurons with low firing rates. Neural Comput 11:1621.

    python examples/gallery/brunel_hakim.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, INK, new, save
from measured import activity, oscillation

import amine as am

NEURON = am.models.neuron(
    "noisy",
    """
    dv/dt = (mu - v)/tau + sigma/sqrt(tau)*xi : mV
    threshold v > 20*mV
    reset v = 10*mV
    refractory 2*ms
    initial v = 10*mV
    """,
    mu="25 mV",
    sigma="1 mV",
    tau="20 ms",
)
N = 5000


def simulate(seed: int = 1, duration: str = "300 ms") -> am.Run:
    """All neurons inhibit 1000 others on average."""
    net = am.Network(seed=seed)
    cells = net.population("cells", N, NEURON)
    net.synapses(cells, cells, receptor="delta", weight="-0.1 mV", p=0.2, delay="2 ms")
    return net.run(duration, progress=False)


def measures(seed: int) -> dict[str, float]:
    """Rate and oscillation after 100 ms."""
    rate = activity(simulate(seed).spikes["cells"].times, N, 100, 300)
    frequency, sd = oscillation(rate)
    return {
        "rate (Hz)": float(rate.mean()),
        "mean frequency of the spectrum (Hz)": frequency,
        "standard deviation of the rate (Hz)": sd,
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    train = simulate(duration="100 ms").spikes["cells"]
    figure = new(8, 4.6)
    top, below = figure.subplots(2, 1, sharex=True)
    shown = train.indices < 1000
    top.plot(train.times[shown], train.indices[shown], ".", ms=1.5, color=INK)
    top.set(ylabel="neuron (of 5000)")
    below.plot(np.arange(0.25, 100, 0.5), activity(train.times, N, 0, 100), color=BLUE)
    below.set(xlabel="time (ms)", ylabel="rate (Hz)", xlim=(0, 100))
    save(figure, folder, "brunel_hakim")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
