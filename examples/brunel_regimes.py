"""Four regimes of one network: Brunel (2000), model A, at four tenths of its size.

Inhibition and external drive decide whether neurons fire regularly or irregularly, together or apart. The numbers of inputs of a neuron
are those of the paper, so that neurons of the smaller network share more of them, and are more correlated than in the paper.

    python examples/brunel_regimes.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import amine as am

NAMES = {
    "SR": "synchronous regular",
    "SI_fast": "synchronous irregular, fast",
    "AI": "asynchronous irregular",
    "SI_slow": "synchronous irregular, slow",
}


def main(folder: Path, scale: float = 0.4) -> dict[str, tuple[float, float]]:
    """Draws the picture into ``folder`` and returns rate (Hz) and CV of each regime's excitatory neurons."""
    figure = Figure(figsize=(10, 6.6), dpi=120, layout="constrained")
    grid = figure.add_gridspec(2, 2, wspace=0.06, hspace=0.06)
    found = {}
    for k, (regime, words) in enumerate(NAMES.items()):
        run = am.circuits.brunel(regime, scale=scale, seed=1).run("2200 ms", progress=False)
        statistics = run.statistics(start=200.0)["E"]
        found[regime] = (statistics["rate"], statistics["cv"])
        train = run.spikes["E"].between(2000.0, 2200.0)
        inner = grid[k // 2, k % 2].subgridspec(2, 1, height_ratios=(2, 1), hspace=0.04)
        top, bottom = inner.subplots(sharex=True)
        shown = train.indices < 50
        top.plot(train.times[shown], train.indices[shown], ".", ms=3, color="#222222", mew=0)
        top.set(xlim=(2000, 2200), ylim=(-1, 50), ylabel="neuron")
        top.set_title(f"{words}: {statistics['rate']:.1f} Hz, CV {statistics['cv']:.2f}", fontsize=10)
        edges = np.arange(2000.0, 2200.5, 1.0)
        bottom.stairs(np.histogram(train.times, edges)[0] / train.n * 1e3, edges, fill=True, color="#0072B2")
        bottom.set(ylabel="rate (Hz)", ylim=(0, None), xlabel="time (ms)" if k > 1 else "")
        for ax in (top, bottom):
            ax.spines[["top", "right"]].set_visible(False)
        print(f"{regime:<8} {words:<28} rate {statistics['rate']:6.1f} Hz   CV {statistics['cv']:.2f}")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "brunel_regimes.png")
    return found


if __name__ == "__main__":
    main(Path("out/examples"))
