"""Connections in space: a Gaussian kernel within a circle, a doughnut, a rectangle and an ellipse, on a grid with periodic edges.

After NEST's spatial examples (``conncomp.py``, ``connex.py``, ``gaussex.py``).

    python examples/gallery/masks.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new, save

import amine as am

SIDE, SPACING = 40, 25.0  # neurons, um
REGIONS = {
    "circle": am.space.disc("250 um"),
    "doughnut": am.space.doughnut("100 um", "250 um"),
    "rectangle": am.space.box("200 um", "400 um").at("100 um", "0 um"),
    "ellipse": am.space.ellipse("400 um", "200 um", angle=45),
}


def simulate(seed: int, region: str) -> np.ndarray:
    """Connections (synapses, 2), source and target, under a Gaussian kernel within a region."""
    net = am.Network(seed=seed)
    places = am.space.grid((SIDE, SIDE), f"{SPACING} um", periodic=True)
    layer = net.population("layer", SIDE**2, "lif", positions=places)
    kernel = am.gaussian("150 um", 0.8) * REGIONS[region]
    made = net.synapses(layer, layer, receptor="delta", weight="1 mV", distance=kernel, autapses=False)
    found = net.loop().connections(made)
    return np.stack([found.pre, found.post], axis=1)


def offsets(pairs: np.ndarray) -> np.ndarray:
    """Targets relative to their sources in um, the shorter way around."""
    row, column = np.divmod(pairs, SIDE)
    d = np.stack([row[:, 1] - row[:, 0], column[:, 1] - column[:, 0]], axis=1)
    return ((d + SIDE // 2) % SIDE - SIDE // 2) * SPACING


def measures(seed: int) -> dict[str, float]:
    """Targets of a neuron, and how far away they are on average."""
    found: dict[str, float] = {}
    for region in REGIONS:
        pairs = simulate(seed, region)
        found[f"{region}: targets"] = len(pairs) / SIDE**2
        found[f"{region}: mean distance (um)"] = float(np.hypot(*offsets(pairs).T).mean())
    return found


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    figure = new(9, 2.8)
    for ax, region in zip(figure.subplots(1, 4, sharey=True), REGIONS, strict=True):
        pairs = simulate(1, region)
        d = offsets(pairs[pairs[:, 0] < 40])
        ax.plot(d[:, 0], d[:, 1], ".", ms=2, color=BLUE, alpha=0.4)
        ax.plot(0, 0, "+", color=RED)
        ax.set(aspect="equal", title=region, xlim=(-270, 270), ylim=(-270, 270), xlabel="x (um)")
    figure.axes[0].set(ylabel="y (um)")
    save(figure, folder, "masks")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
