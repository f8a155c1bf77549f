"""Neurons with escape noise, spike-triggered currents and a moving threshold (generalised integrate-and-fire).

Mensi S et al. (2012) J Neurophysiol 107:1756; Pozzorini C et al. (2015) PLoS Comput Biol 11:e1004275; NEST's gif_psc_exp.

    python examples/gallery/gif.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, RED, new, save
from measured import irregularity

import amine as am

GIF = am.models.neuron(
    "gif",
    """
    dv/dt = (g_L*(E_L - v) - eta_1 - eta_2 + I + I_e)/C : mV
    deta_1/dt = -eta_1/tau_1 : pA
    deta_2/dt = -eta_2/tau_2 : pA
    dgamma/dt = -gamma/tau_sfa : mV
    theta = V_T + gamma : mV
    hazard lambda_0*exp((v - theta)/Delta_V)
    reset v = V_r; eta_1 += q_1; eta_2 += q_2; gamma += q_sfa
    refractory t_ref hold v
    initial v = E_L
    """,
    C="80 pF", g_L="4 nS", E_L="-70 mV", V_r="-55 mV", V_T="-45 mV", Delta_V="2 mV", lambda_0="20 Hz", t_ref="4 ms",
    tau_1="20 ms", q_1="20 pA", tau_2="200 ms", q_2="3 pA", tau_sfa="100 ms", q_sfa="3 mV", I_e="150 pA",
)  # fmt: skip
N = 200


def simulate(seed: int = 1, n: int = N) -> am.Run:
    """A constant current into unconnected neurons."""
    net = am.Network(seed=seed)
    cells = net.population("cells", n, GIF)
    net.probe(cells[:1], "v", "theta", name="one")
    return net.run("1 s", progress=False)


def measures(seed: int) -> dict[str, float]:
    """Rate, its adaptation and its irregularity."""
    s = simulate(seed).spikes["cells"]
    return {
        "rate in the first 50 ms (Hz)": float((s.times <= 50).sum() / N / 0.05),
        "rate after 500 ms (Hz)": float((s.times > 500).sum() / N / 0.5),
        "coefficient of variation": irregularity(s.times[s.times > 500], s.indices[s.times > 500], N),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    one, s = run.probes["one"], run.spikes["cells"]
    figure = new()
    left, right = figure.subplots(1, 2)
    left.plot(one.times, one["v"][:, 0], color=BLUE, lw=1, label="voltage")
    left.plot(one.times, one["theta"][:, 0], color=RED, lw=1, label="threshold of the escape")
    left.set(xlabel="time (ms)", ylabel="mV", xlim=(0, 500))
    left.legend(frameon=False)
    right.hist(s.times, np.arange(0, 1001, 10), weights=np.full(len(s), 1 / N / 0.01), color=BLUE)
    right.set(xlabel="time (ms)", ylabel="rate (Hz)")
    save(figure, folder, "gif")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
