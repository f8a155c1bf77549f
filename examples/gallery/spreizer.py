"""Activity travels where connections lean the same way: an inhibitory layer with four landscapes of preferred directions.

Spreizer S, Aertsen A, Kumar A (2019) From space to time: spatial inhomogeneities lead to the emergence of spatiotemporal sequences in
spiking neuronal networks. PLoS Comput Biol 15:e1007432, figure 2. Each neuron inhibits a cloud of neurons whose centre is shifted in the
neuron's direction: none, random, smoothly changing or equal directions.

    python examples/gallery/spreizer.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import new, save
from measured import LANDSCAPES, landscape_links, shift_of_activity

import amine as am

SIDE = 20
NEURON = am.models.neuron(
    "spreizer",
    """
    dv/dt = (E_L - v)/tau_m + (I + mu + sigma*sqrt(1*ms)*xi)/C : mV
    threshold v > -55*mV
    reset v = -70*mV
    refractory 5*ms hold v
    initial v = E_L
    """,
    C="250 pF",
    tau_m="10 ms",
    E_L="-70 mV",
    mu="0 pA",
    sigma="500 pA",
)


def simulate(seed: int, landscape: str) -> am.Run:
    """250 ms of noise alone, then 1.25 s with the mean input."""
    net = am.Network(seed=seed)
    psc = am.models.alpha_current(tau="5 ms")
    layer = net.population("layer", SIDE**2, NEURON, receptors={"psc": psc})
    pairs = landscape_links(seed, landscape, SIDE)
    net.synapses(layer, layer, receptor="psc", weight="-50 pA", pairs=(pairs[:, 0], pairs[:, 1]))
    loop = net.loop()
    loop.advance("250 ms")
    loop.set(layer, mu="700 pA", sigma="100 pA")
    loop.advance("1250 ms")
    return loop.run()


def measures(seed: int) -> dict[str, float]:
    """Rate, its spread over neurons, and how far the activity moves in 25 ms, in each landscape."""
    found: dict[str, float] = {}
    for landscape in LANDSCAPES:
        s = simulate(seed, landscape).spikes["layer"]
        late = s.times > 500
        rates = np.bincount(s.indices[late], minlength=SIDE**2) / 1.0
        found[f"{landscape}: rate (Hz)"] = float(rates.mean())
        found[f"{landscape}: standard deviation over neurons (Hz)"] = float(rates.std())
        found[f"{landscape}: shift in 25 ms (neurons)"] = shift_of_activity(s.times[late], s.indices[late], SIDE)
    return found


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    figure = new(9, 4.6)
    axes = figure.subplots(2, 4)
    for k, landscape in enumerate(LANDSCAPES):
        degree = np.bincount(landscape_links(1, landscape, SIDE)[:, 1], minlength=SIDE**2)
        axes[0, k].imshow(degree.reshape(SIDE, SIDE), vmin=20, vmax=60, origin="lower")
        axes[0, k].set(title=landscape, xticks=[], yticks=[])
        s = simulate(1, landscape).spikes["layer"]
        axes[1, k].plot(s.times, s.indices, ".", ms=1, color="#222222")
        axes[1, k].set(xlabel="time (ms)", xlim=(1000, 1500), yticks=[])
    axes[0, 0].set(ylabel="in-degree, 20 to 60")
    axes[1, 0].set(ylabel="neuron")
    save(figure, folder, "spreizer")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
