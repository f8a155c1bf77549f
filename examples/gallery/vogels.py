"""Inhibitory plasticity balances a recurrent network; it is switched on after one second.

Vogels TP, Sprekeler H, Zenke F, Clopath C, Gerstner W (2011) Inhibitory plasticity balances excitation and inhibition in sensory pathways
and memory networks. Science 334:1569.

    python examples/gallery/vogels.py
"""

from __future__ import annotations

from pathlib import Path

from drawing import INK, new, save
from measured import irregularity

import amine as am

RULE = am.plasticity.rule(
    "permitted",
    """
    dx_pre/dt = -x_pre/tau : 1 (source)
    dx_post/dt = -x_post/tau : 1 (target)
    w : weight in 0 .. w_max
    on pre x_pre += 1; w += eta*permission/(1*uM)*(x_post - 2*r_0*tau); transmit
    on post x_post += 1; w += eta*permission/(1*uM)*x_pre
    """,
    tau="20 ms",
    eta="0.01 nS",
    r_0="3 Hz",
    w_max="100 nS",
    permission="0 uM",
)
NE, NI, P = 1600, 400, 0.1


def simulate(seed: int = 1, duration: str = "4 s") -> am.Run:
    """A field that permits the rule to act is released by one spike after 1 s, and stays."""
    net = am.Network(seed=seed)
    E, I = (net.population(name, n, "lif_cond", I_e="200 pA") for name, n in (("E", NE), ("I", NI)))
    net.synapses(E, E + I, receptor="AMPA", weight="0.3 nS", p=P)
    net.synapses(I, I, receptor="GABA_A", weight="3 nS", p=P)
    net.synapses(I, E, receptor="GABA_A", weight="0 nS", p=P, rule=RULE, name="I->E")
    switch = net.population("switch", 1, "spike_list", times=["1 s"], indices=[0])
    net.field("permission", released_by=switch, release="1 uM", removal="1e9 s")
    return net.run(duration, progress=False)


def measures(seed: int) -> dict[str, float]:
    """Excitatory neurons before and after."""
    run = simulate(seed)
    s, w = run.spikes["E"], run.weights("I->E").weights
    before, after = (s.times > 500) & (s.times <= 1000), s.times > 3500
    return {
        "rate before 1 s (Hz)": float(before.sum() / NE / 0.5),
        "rate in the last 500 ms (Hz)": float(after.sum() / NE / 0.5),
        "coefficient of variation before": irregularity(s.times[before], s.indices[before], NE),
        "coefficient of variation after": irregularity(s.times[after], s.indices[after], NE),
        "mean inhibitory weight at the end (nS)": float(w.mean()),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    s = simulate().spikes["E"]
    figure = new(9, 5)
    top, below = figure.subplots(2, 1, sharey=True)
    for ax, start, title in ((top, 800, "before"), (below, 3800, "after")):
        shown = (s.times > start) & (s.times <= start + 200)
        ax.plot(s.times[shown], s.indices[shown], ".", ms=1, color=INK)
        ax.set(xlim=(start, start + 200), ylabel="neuron", title=title)
    below.set(xlabel="time (ms)")
    save(figure, folder, "vogels")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
