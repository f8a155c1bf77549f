"""Two linear rate units that inhibit each other and decide between two inputs: NEST's lin_rate_ipn.

python examples/gallery/lin_rate.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new, save

import amine as am

UNIT = am.models.neuron(
    "lin_rate_ipn",
    """
    input total : 1
    dx/dt = (-lambda_*x + mu + total)/tau + sigma/sqrt(tau)*xi : 1
    event below x < 0 : x = 0
    """,
    lambda_=0.1,
    mu=0.0,
    sigma=0.3,
    tau="20 ms",
)
PAIRS = 100


def simulate(seed: int = 1, coherence: float = 0.05) -> am.Run:
    """Pairs of units, independent of each other; the first of a pair has the stronger input."""
    net = am.Network(seed=seed, dt="0.1 ms")
    first, second = (
        net.population(name, PAIRS, UNIT, mu=0.3 + sign * coherence) for name, sign in (("first", 1), ("second", -1))
    )
    for a, b in ((first, second), (second, first)):
        net.coupling(a, b, into="total", value="w*x_pre", w=-0.2, connect="one_to_one", delay="1 ms")
    for units in (first, second):
        net.probe(units, "x", every="1 ms", name=units.name)
    return net.run("600 ms", progress=False)


def measures(seed: int) -> dict[str, float]:
    """Who has won after 600 ms."""
    run = simulate(seed)
    a, b = run.probes["first"]["x"][-1], run.probes["second"]["x"][-1]
    return {
        "share of the right decision": float((a > b).mean()),
        "mean rate of the first": float(a.mean()),
        "mean rate of the second": float(b.mean()),
        "standard deviation of the difference": float((a - b).std()),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    figure = new()
    for k, ax in enumerate(figure.subplots(1, 3, sharey=True)):
        for name, color in (("first", BLUE), ("second", RED)):
            ax.plot(run.probes[name].times, np.asarray(run.probes[name]["x"][:, k]), color=color, label=name)
        ax.set(xlabel="time (ms)", ylabel="" if k else "rate")
    figure.axes[0].legend(frameon=False)
    save(figure, folder, "lin_rate")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
