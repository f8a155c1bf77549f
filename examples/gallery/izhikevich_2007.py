"""Dopamine that comes late strengthens the synapse whose spikes left an eligibility trace.

Izhikevich EM (2007) Solving the distal reward problem through linkage of STDP and dopamine signaling. Cereb Cortex 17:2443, figure 1c.
For 3 s pairs of spikes change the weight at once; then they leave a trace, and dopamine makes changes of it.

    python examples/gallery/izhikevich_2007.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, GREEN, INK, RED, new, save

import amine as am

RULE = am.plasticity.rule(
    "distal_reward",
    """
    dx_pre/dt = -x_pre/tau : 1 (source)
    dx_post/dt = -x_post/tau : 1 (target)
    dc/dt = -c/tau_c : 1
    late = min(later/(1*uM), 1) : 1
    on pre x_pre += A; c = clip(c - late*x_post, -1, 1); w -= (1 - late)*g_max*x_post
    on post x_post += 1.05*A; c = clip(c + late*x_pre, -1, 1); w += (1 - late)*g_max*x_pre
    dw/dt = late*c*dopamine/(1*uM)/tau_s*g_max : weight in 0 .. g_max
    """,
    tau="20 ms",
    tau_c="1 s",
    tau_s="1 ms",
    A=0.01,
    g_max="0.01 nS",
    later="0 uM",
    dopamine="0 uM",
)
TIMES = [500, 550, 1000, 1010, 1500, 1510, 3500, 3550, 4000, 4010, 4500, 4510]  # ms
WHO = [0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0]
REWARDS = [3520, 4020, 4520]


def simulate() -> am.Run:
    """Two neurons that are made to fire, one synapse between them, three pulses of dopamine."""
    net = am.Network(seed=1)
    values = dict(C="10 pF", tau_m="10 ms", E_L="-74 mV", V_th="-54 mV", V_r="-60 mV", t_ref="0 ms")
    cells = net.population("cells", 2, "lif_cond", initial={"v": "-60 mV"}, **values)
    drive = net.population("drive", 2, "spike_list", times=np.array(TIMES) * am.units.ms, indices=WHO)
    net.synapses(drive, cells, receptor="delta", weight="100 mV", connect="one_to_one")
    reward = net.population("reward", 1, "spike_list", times=np.array(REWARDS) * am.units.ms, indices=[0] * 3)
    switch = net.population("switch", 1, "spike_list", times=["3 s"], indices=[0])
    net.field("dopamine", released_by=reward, release="0.005 uM", removal="200 ms")
    net.field("later", released_by=switch, release="1 uM", removal="1e9 s")
    syn = net.synapses(cells[0], cells[1], receptor="AMPA", weight="0 nS", connect="all_to_all", rule=RULE, name="pair")
    net.probe_weights(syn, "w", "c", every="5 ms", n=1, name="pair")
    return net.run("6 s", precision="float64", progress=False)


def measures(seed: int) -> dict[str, float]:
    """The weight after each pair, in units of its maximum."""
    run = simulate()
    probe = run.probes["pair"]
    w = probe["w"][:, 0] / 0.01
    return {
        f"w/g_max at {t / 1e3:g} s": float(w[np.searchsorted(probe.times, t)])
        for t in (900, 1400, 2900, 3900, 4400, 5990)
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    probe, s = run.probes["pair"], run.spikes["cells"]
    figure = new(9, 5)
    top, middle, below = figure.subplots(3, 1, sharex=True)
    top.plot(s.times / 1e3, s.indices, "o", color=BLUE, ms=4)
    top.plot(np.array(REWARDS) / 1e3, [2] * 3, "o", color=RED, ms=4)
    top.set(yticks=[0, 1, 2], yticklabels=["pre", "post", "reward"], ylim=(-0.5, 2.5))
    middle.plot(probe.times / 1e3, probe["c"][:, 0], color=GREEN)
    middle.set(ylabel="eligibility c")
    below.plot(probe.times / 1e3, probe["w"][:, 0] / 0.01, color=INK)
    below.set(ylabel="w/g_max", xlabel="time (s)", xlim=(0, 6))
    save(figure, folder, "izhikevich_2007")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
