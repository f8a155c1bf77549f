"""A network that grows its synapses, until calcium is at its target: NEST's example of structural plasticity.

Butz M, van Ooyen A (2013) A simple rule for dendritic spine and axonal bouton formation can account for cortical reorganization after focal
retinal lesions. PLoS Comput Biol 9:e1003259; in NEST: Diaz-Pier S et al. (2016) Front Neuroanat 10:57.

    python examples/gallery/structural_plasticity.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new, save

import amine as am

# mean calcium, and numbers of excitatory and inhibitory synapses, at 5, 15 ... 95 s: NEST 3.10, examples/structural_plasticity.py, rng_seed 1
NEST = {
    "Ca_E": [0.0154, 0.0304, 0.0615, 0.0750, 0.0633, 0.0511, 0.0447, 0.0421, 0.0414, 0.0418],
    "Ca_I": [0.0155, 0.0301, 0.0821, 0.1391, 0.1507, 0.1363, 0.1259, 0.1237, 0.1333, 0.1511],
    "exc": [0, 0, 800, 877, 678, 643, 686, 814, 1110, 1434],
    "inh": [0, 0, 0, 191, 305, 395, 523, 659, 789, 898],
}


def network(seed: int) -> am.Network:
    """800 excitatory and 200 inhibitory neurons that begin without synapses."""
    net = am.Network(seed=seed, dt="0.1 ms")
    cell = am.models.lif(C="250 pF", tau_m="10 ms", E_L="-70 mV", V_th="-55 mV", V_r="-70 mV", t_ref="2 ms")
    own = {"receptors": {"ex": "alpha_current", "in": "alpha_current"}}
    e, i, more = ("0.0001/ms", 0.0, 0.05), ("0.0001/ms", 0.0, 0.2), ("0.0004/ms", 0.0, 0.2)
    E = net.population("E", 800, am.models.elements(cell, axon=e, exc=e, inh=e), **own)
    I = net.population("I", 200, am.models.elements(cell, axon=i, exc=more, inh=i), **own)
    net.poisson(E + I, rate="10 kHz", receptor="ex", weight="6.2 pA")
    for pre, label, weight, name in ((E, "ex", "585 pA", "exc"), (I, "in", "-585 pA", "inh")):
        syn = net.synapses(pre, E + I, receptor=label, weight=weight, p=0, delay="1 ms", name=name)
        net.rewire(syn, every="10 s", elements=("axon", name), decay=0.1)
    return net


def simulate(seed: int = 1, seconds: int = 100, every: int = 5) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times (s), and calcium and numbers of synapses then, by the names of ``NEST``; at the time of an update after it."""
    loop = network(seed).loop(precision="float64")
    found: dict[str, list[float]] = {name: [] for name in NEST}
    times = np.arange(every, seconds + 1, every)
    for _ in times:
        loop.advance(f"{every} s")
        for name, values in found.items():
            ca = name.startswith("Ca")
            values.append(float(loop.get(f"{name[3:]}.Ca").mean() if ca else len(loop.connections(name))))
    return times, {name: np.array(values) for name, values in found.items()}


def measures(seed: int) -> dict[str, float]:
    """Calcium and numbers of synapses at three times."""
    times, found = simulate(seed, 95)
    out = {}
    for stop in (25, 55, 95):
        for name, ca, synapses in (("excitatory", "Ca_E", "exc"), ("inhibitory", "Ca_I", "inh")):
            out[f"calcium at {stop} s, {name}"] = float(found[ca][times == stop][0])
            out[f"synapses at {stop} s, {name}"] = float(found[synapses][times == stop][0])
    return out


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the largest relative differences from NEST's run."""
    times, found = simulate()
    middle = np.isin(times, np.arange(5, 100, 10))
    figure = new(9, 3.4)
    left, right = figure.subplots(1, 2)
    for ax, names, labels in (
        (left, ("Ca_E", "Ca_I"), ("excitatory", "inhibitory")),
        (right, ("exc", "inh"), ("excitatory", "inhibitory")),
    ):
        for name, label, color in zip(names, labels, (RED, BLUE), strict=True):
            ax.plot(times, found[name], color=color, label=label)
            ax.plot(times[middle], NEST[name], "o", color=color, mfc="none")
        ax.set(xlabel="time (s)", xlim=(0, times[-1]), ylim=(0, None))
    for target, color in ((0.05, RED), (0.2, BLUE)):
        left.axhline(target, color=color, lw=0.8, ls=":")
    left.set(ylabel="mean calcium", ylim=(0, 0.24))
    right.set(ylabel="synapses")
    left.legend(frameon=False, loc="upper left")
    save(figure, folder, "structural_plasticity")
    apart = {}
    for name, theirs in NEST.items():
        there = np.array(theirs) > 0
        apart[f"largest difference of {name}"] = float(
            np.abs(found[name][middle] / np.maximum(theirs, 1e-9) - 1)[there].max()
        )
    return apart


if __name__ == "__main__":
    print(main(Path("out/gallery")))
