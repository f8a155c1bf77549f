"""A liquid: different inputs lead a column of neurons to different states, and more different ones to states further apart.

Maass W, Natschlaeger T, Markram H (2002) Real-time computing without stable states: a new framework for neural computation based on
perturbations. Neural Comput 14:2531, figure 2. Synapses: Maass W, Markram H (2002) Synapses as dynamic memory buffers. Neural Netw 15:155.

    python examples/gallery/maass.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, GREEN, INK, RED, new, save
from measured import liquid_places, liquid_state, separation, separation_measures, stimulus_pairs

import amine as am

NE, NI, PAIRS = 108, 27, 20
NEURON = am.models.neuron(
    "liquid",
    """
    dv/dt = (I_b*R - v + R*I)/(30*ms) : mV
    threshold v > 15*mV
    reset v = 13.5*mV
    refractory t_ref hold v
    """,
    I_b="13.5 nA",
    R="1 MOhm",
    t_ref="3 ms",
)
current = am.models.exponential_current
INHIBITION = am.models.receptor("withdrawn", "dg/dt = -g/tau : pA; on spike g += w; current -g", tau="6 ms")


def some(mean: float, unit: str = "") -> am.Distribution:
    """A normal distribution whose standard deviation is half of its mean; what is not positive is drawn again."""
    low, high = (1e-3, 1.0) if not unit else (1.0, 1e5)
    return am.normal(f"{mean} {unit}", f"{mean / 2} {unit}").truncated(f"{low} {unit}", f"{high} {unit}")


def liquid(seed: int) -> am.Network:
    """The column, and a source that reaches all of it."""
    net = am.Network(seed=seed)
    places = liquid_places(seed) * am.units.um
    E = net.population(
        "E", NE, NEURON, positions=places[:NE], receptors={"exc": current(tau="3 ms"), "inh": INHIBITION}
    )
    three = {"exc": current(tau="3 ms"), "inh": INHIBITION, "stimulus": current(tau="6 ms")}
    I = net.population("I", NI, NEURON, t_ref="2 ms", positions=places[NE:], receptors=three)
    S = net.population("S", 1, "spike_list", times=["1 ms"], indices=[0])
    for pre, post, C, A, U, D, F, delay in (
        (E, E, 0.3, 30, 0.5, 1100, 50, "1.5 ms"),
        (E, I, 0.2, 60, 0.05, 125, 1200, "0.8 ms"),
        (I, E, 0.4, 19, 0.25, 700, 20, "0.8 ms"),
        (I, I, 0.1, 19, 0.32, 144, 60, "0.8 ms"),
    ):
        net.synapses(
            pre,
            post,
            receptor="exc" if pre is E else "inh",
            weight=am.exponential(f"{A} nA"),
            p=f"{C}*exp(-(d/(2 um))**2)",
            delay=delay,
            release=am.models.tsodyks_markram(U=some(U), tau_rec=some(D, "ms"), tau_facil=some(F, "ms")),
        )
    net.synapses(S, E, receptor="exc", weight="18 nA", connect="all_to_all")
    net.synapses(S, I, receptor="stimulus", weight="9 nA", connect="all_to_all")
    return net


def simulate(seed: int = 1, pairs: int = PAIRS) -> tuple[dict[float, np.ndarray], float]:
    """State distance in time for each distance of the inputs, and the mean rate (Hz): one network, begun anew for each input."""
    loop, rng, spikes = liquid(seed).loop(keep=False), np.random.default_rng(seed), 0
    start, course = loop.snapshot(), {}
    for apart, inputs in stimulus_pairs(seed, pairs).items():
        states = np.zeros((pairs, 2, 500, NE + NI))
        for k, pair in enumerate(inputs):
            for side, times in enumerate(pair):
                loop.restore(start)
                for name, n in (("E", NE), ("I", NI)):
                    loop.set(f"{name}.v", rng.uniform(13.5, 15, n) * am.units.mV)
                loop.spike_times("S", times * am.units.ms, np.zeros(len(times), int))
                found = loop.advance("500 ms").spikes
                for name, first, n in (("E", 0, NE), ("I", NE, NI)):
                    s = found[name]
                    states[k, side, :, first : first + n] = liquid_state(s.times, s.indices, n)
                    spikes += len(s.times)
        course[apart] = separation(states)
    return course, spikes / (2 * len(course) * pairs) / (NE + NI) / 0.5


def measures(seed: int) -> dict[str, float]:
    """The rate, and how far states are apart in the later part of a trial."""
    return separation_measures(*simulate(seed))


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    course, rate = simulate()
    figure = new(9, 3.6)
    ax = figure.subplots()
    for (apart, x), color in zip(course.items(), (RED, BLUE, GREEN, INK), strict=True):
        ax.plot(np.arange(1, 501), x, color=color, label=f"inputs {apart:g} apart")
    ax.set(xlabel="time (ms)", ylabel="state distance", xlim=(0, 500), ylim=(0, None))
    ax.legend(frameon=False, loc="upper right")
    save(figure, folder, "maass")
    return separation_measures(course, rate)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
