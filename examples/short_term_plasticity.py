"""Short-term depression and facilitation: the model of Tsodyks, Pawelzik and Markram (1998).

Ten spikes at 20 Hz and one more after a pause of half a second reach two neurons, through a synapse that depresses and one that
facilitates, with values typical of each kind. The heights are compared with the recursion of the paper, worked out here by hand.

    python examples/short_term_plasticity.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import amine as am

TRAIN = np.append(50.0 + 50.0 * np.arange(10), 1000.0)  # ms
KINDS = {
    "depressing": {"U": 0.5, "tau_rec": 800.0, "tau_facil": 1.0},
    "facilitating": {"U": 0.05, "tau_rec": 130.0, "tau_facil": 530.0},
}


def by_hand(U: float, tau_rec: float, tau_facil: float) -> np.ndarray:
    """u x at each spike of the train: the recursion between one spike and the next."""
    u, x, last, out = 0.0, 1.0, -np.inf, []
    for t in TRAIN:
        u *= np.exp(-(t - last) / tau_facil)
        x = 1.0 - (1.0 - x) * np.exp(-(t - last) / tau_rec)
        u += U * (1.0 - u)
        out.append(u * x)
        x -= u * x
        last = t
    return np.array(out)


def simulate() -> tuple[am.Run, dict[str, np.ndarray]]:
    """Currents and voltages of the two neurons."""
    net = am.Network()
    source = net.population("source", 1, "spike_list", times=TRAIN * am.units.ms, indices=np.zeros(TRAIN.size))
    current = am.models.get("exponential_current")(tau="3 ms")
    found = {}
    for name, p in KINDS.items():
        cell = net.population(name, 1, "lif", receptors={"psc": current}, tau_m="30 ms")
        release = am.models.tsodyks_markram(U=p["U"], tau_rec=f"{p['tau_rec']} ms", tau_facil=f"{p['tau_facil']} ms")
        net.synapses(source, cell, receptor="psc", weight="500 pA", connect="one_to_one", release=release, delay="1 ms")
        net.probe(cell, "v", "i_psc", name=name)
    run = net.run("1100 ms", progress=False)
    for name in KINDS:
        trace = run.probes[name]
        arrival = np.round((TRAIN + 1.0) / net.dt).astype(int)
        i = trace["i_psc"][:, 0].astype(float)
        decayed = i[arrival] * np.exp(-net.dt / 3.0)
        found[name] = (i[arrival + 1] - decayed) / np.exp(-net.dt / 3.0) / 500.0  # what each spike added
    return run, found


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and returns a few numbers."""
    run, found = simulate()
    figure = Figure(figsize=(9, 5), dpi=120, layout="constrained")
    axes = figure.subplots(2, 2, width_ratios=(2, 1), sharex="col")
    numbers = {}
    for row, (name, p) in zip(axes, KINDS.items(), strict=True):
        trace, expected = run.probes[name], by_hand(**p)
        row[0].plot(trace.times, trace["v"][:, 0], color="#0072B2", lw=1)
        row[0].plot(TRAIN, np.full(TRAIN.size, -65.35), "|", color="#222222", ms=6)
        row[0].set(
            ylabel="v (mV)",
            title=f"{name}: U = {p['U']:g}, recovery {p['tau_rec']:g} ms, facilitation {p['tau_facil']:g} ms",
        )
        row[0].title.set_size(10)
        row[1].plot(np.arange(1, 12), expected, "o", mfc="none", color="#222222", ms=8, label="by hand")
        row[1].plot(np.arange(1, 12), found[name], ".", color="#D55E00", ms=7, label="simulated")
        row[1].set(ylabel="released part u x", ylim=(0, None), xticks=(1, 4, 7, 10, 11))
        numbers[f"{name}_error"] = float(np.abs(found[name] - expected).max())
        numbers[f"{name}_last_to_first"] = float(found[name][9] / found[name][0])
        numbers[f"{name}_after_pause"] = float(found[name][10] / found[name][0])
        print(
            f"{name}: tenth over first {numbers[name + '_last_to_first']:.2f}, after the pause {numbers[name + '_after_pause']:.2f}, "
            f"largest difference from the recursion {numbers[name + '_error']:.1e}"
        )
    axes[1, 0].set_xlabel("time (ms); marks are spikes of the source")
    axes[1, 1].set_xlabel("spike")
    axes[0, 1].legend(frameon=False, loc="upper right", fontsize=9)
    for ax in axes.ravel():
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "short_term_plasticity.png")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
