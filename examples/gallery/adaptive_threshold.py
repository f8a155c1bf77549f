"""A threshold that rises with each spike, and the voltage at which it is crossed.

python examples/gallery/adaptive_threshold.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new, save

import amine as am

NEURON = am.models.neuron(
    "adaptive_threshold",
    """
    dv/dt = -v/(10*ms) : mV
    dtheta/dt = (theta_0 - theta)/(15*ms) : mV
    crossed : mV
    threshold v > theta
    reset crossed = v; v = 0*mV; theta += 3*mV
    initial theta = theta_0
    """,
    theta_0="10 mV",
)


def simulate(seed: int = 1, n: int = 100) -> am.Run:
    """Neurons with a Poisson train of 500 Hz each."""
    net = am.Network(seed=seed, dt="0.01 ms")
    cells = net.population("cells", n, NEURON)
    net.poisson(cells, rate="500 Hz", receptor="delta", weight="3 mV")
    net.probe(cells[:1], "v", "theta", every="0.1 ms", name="one")
    net.probe(cells, "crossed", at="spikes", name="crossings")
    return net.run("2 s", progress=False)


def measures(seed: int) -> dict[str, float]:
    """The rate, and the voltage at the crossing."""
    run = simulate(seed)
    at = run.probes["crossings"]["crossed"]
    return {
        "rate (Hz)": float(run.spikes["cells"].rates().mean()),
        "mean voltage at the crossing (mV)": float(at.mean()),
        "its standard deviation (mV)": float(at.std()),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    one = run.probes["one"]
    figure = new(9, 3.2)
    left, right = figure.subplots(1, 2)
    left.plot(one.times, one["v"][:, 0], color=BLUE, label="voltage")
    left.plot(one.times, one["theta"][:, 0], color=RED, label="threshold")
    left.set(xlim=(0, 100), xlabel="time (ms)", ylabel="v (mV)")
    left.legend(frameon=False)
    right.hist(run.probes["crossings"]["crossed"], bins=np.arange(10, 20, 0.5), color=BLUE)
    right.set(xlabel="voltage at the crossing (mV)", ylabel="spikes")
    save(figure, folder, "adaptive_threshold")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
