"""Few synapses search among many inputs: weak synapses vanish and others are tried in their place.

After Bellec G, Kappel D, Maass W, Legenstein R (2018) Deep rewiring: training very sparse deep networks. ICLR. There a gradient moves the
weights; here pairs of spikes do. Decay, random walk and the replacement of what reaches zero are as there.

    python examples/gallery/deep_rewiring.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, INK, new, save

import amine as am

SIGNAL, NOISE, OUT, SHARE = 40, 360, 20, 0.1
SECONDS = 60
RULE = am.plasticity.rule(
    "walk",
    """
    dx_pre/dt = -x_pre/(20*ms) : 1 (source)
    dx_post/dt = -x_post/(20*ms) : 1 (target)
    dw/dt = -decay + walk*xi/sqrt(1*s) : weight in 0 .. w_max
    on pre x_pre += 1; w -= 0.055*w_max*x_post
    on post x_post += 1; w += 0.04*w_max*x_pre
    """,
    w_max="2 nS",
    decay="0.03 nS/s",
    walk="0.02 nS",
)


def inputs(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of packets, and times and numbers of all input spikes (ms): 40 inputs fire together at 8 Hz, 360 independently."""
    rng = np.random.default_rng(seed)
    packets = np.sort(rng.uniform(20, SECONDS * 1e3 - 20, 8 * SECONDS))
    together = (packets[:, None] + rng.normal(0, 2, (len(packets), SIGNAL))).ravel()
    alone = rng.uniform(1, SECONDS * 1e3, NOISE * 8 * SECONDS)
    who = np.concatenate([np.tile(np.arange(SIGNAL), len(packets)), rng.integers(SIGNAL, SIGNAL + NOISE, len(alone))])
    return packets, np.concatenate([together, alone]), who


def simulate(rewired: bool, seed: int = 1) -> tuple[np.ndarray, am.Run, np.ndarray]:
    """Each second the share of the synapses, by number and by weight, that come from the signal (seconds + 1, 2); the run; the packets."""
    packets, times, who = inputs(seed)
    net = am.Network(seed=seed)
    S = net.population("in", SIGNAL + NOISE, "spike_list", times=times * am.units.ms, indices=who)
    E = net.population("out", OUT, "lif_cond", E_L="-60 mV", V_th="-50 mV", V_r="-60 mV")
    syn = net.synapses(S, E, receptor="AMPA", weight="1 nS", p=SHARE, rule=RULE, name="in->out")
    if rewired:
        net.rewire(syn, every="500 ms", remove="w <= 0 nS", grow="replace", weight="0.3 nS")
    loop, shares = net.loop(), []
    for k in range(SECONDS + 1):
        c = loop.connections(syn)
        signal = c["pre"] < SIGNAL
        shares.append((signal.mean(), c["weight"][signal].sum() / c["weight"].sum()))
        if k < SECONDS:
            loop.advance("1 s")
    return np.array(shares), loop.run(), packets


def answered(run: am.Run, times: np.ndarray, start: float, stop: float) -> float:
    """The part of pairs of a packet and a neuron in which the neuron fires within 10 ms around the packet's middle and after."""
    s, chosen = run.spikes["out"], times[(times > start) & (times < stop - 20)]
    hits = [len(np.unique(s.indices[(s.times > t - 4) & (s.times < t + 10)])) for t in chosen]
    return float(np.mean(hits) / OUT)


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives shares at the start and the end, and how many of the last packets are answered."""
    with_, run, packets = simulate(rewired=True)
    without, fixed, _ = simulate(rewired=False)
    figure = new(9, 3.6)
    left, right = figure.subplots(1, 2)
    seconds = np.arange(SECONDS + 1)
    left.plot(seconds, 100 * with_[:, 0], color=BLUE, label="of the synapses, rewired")
    left.plot(seconds, 100 * with_[:, 1], color=BLUE, ls="--", label="of their weight, rewired")
    left.plot(seconds, 100 * without[:, 0], color=INK, label="of the synapses, fixed")
    left.plot(seconds, 100 * without[:, 1], color=INK, ls="--", label="of their weight, fixed")
    left.set(xlabel="time (s)", ylabel="from inputs that fire together (%)", xlim=(0, SECONDS), ylim=(0, 100))
    left.legend(frameon=False, loc="upper left", fontsize=8)
    ends = np.arange(5, SECONDS + 1, 5)
    for one, color, label in ((run, BLUE, "rewired"), (fixed, INK, "fixed")):
        right.plot(ends, [100 * answered(one, packets, 1e3 * (s - 5), 1e3 * s) for s in ends], color=color, label=label)
    right.set(xlabel="time (s)", ylabel="packets answered (%)", xlim=(0, SECONDS), ylim=(0, 104))
    right.legend(frameon=False, loc="lower left")
    save(figure, folder, "deep_rewiring")
    last = (1e3 * (SECONDS - 10), 1e3 * SECONDS)
    return {
        "share of synapses at the start": float(with_[0, 0]),
        "share of synapses at the end": float(with_[-1, 0]),
        "share of weight at the end": float(with_[-1, 1]),
        "share of weight at the end, fixed": float(without[-1, 1]),
        "answered in the last 10 s": answered(run, packets, *last),
        "answered in the last 10 s, fixed": answered(fixed, packets, *last),
    }


if __name__ == "__main__":
    print(main(Path("out/gallery")))
