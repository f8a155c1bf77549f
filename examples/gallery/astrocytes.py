"""Waves of calcium in a ring of astrocytes that exchange IP3 through gap junctions.

Stimberg M, Goodman DFM, Brette R, De Pittà M (2019) Modeling neuron-glia interactions with the Brian 2 simulator, figure 5; after
Goldberg et al. (2010). One astrocyte is stimulated for 20 of each 50 s.

    python examples/gallery/astrocytes.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import BLUE, INK, new, save

import amine as am

N = 50
ASTROCYTE = am.models.neuron(
    "astrocyte",
    """
    input coupled : uM/second
    J_delta = O_delta/(1 + P/kappa_delta)*C**2/(C**2 + K_delta**2) : uM/second
    J_3K = O_3K*C**4/(C**4 + K_D**4)*P/(P + K_3K) : uM/second
    gradient = P - bias*int(t % (50*s) < 20*s) : uM
    J_ex = -F/2*(1 + tanh((abs(gradient) - P_theta)/omega_P))*sign(gradient) : uM/second
    dP/dt = J_delta - J_3K - Omega_5P*P + J_ex + coupled : uM
    Q_2 = d_2*(P + d_1)/(P + d_3) : uM
    m_inf = P/(P + d_1)*C/(C + d_5) : 1
    dC/dt = (Omega_C*m_inf**3*h**3 + Omega_L)*(C_T - (1 + rho)*C) - O_P*C**2/(C**2 + K_P**2) : uM
    dh/dt = O_2*(Q_2 + C)*(Q_2/(Q_2 + C) - h) : 1
    initial h = 0.9
    """,
    O_P="0.9 uM/second", K_P="0.05 uM", C_T="2 uM", rho=0.18, Omega_C="6 1/second", Omega_L="0.1 1/second",
    d_1="0.13 uM", d_2="1.05 uM", d_3="0.9434 uM", d_5="0.08 uM", O_2="0.2 1/uM/second",
    O_delta="0.6 uM/second", kappa_delta="1.5 uM", K_delta="0.1 uM", Omega_5P="0.05 1/second",
    K_D="0.7 uM", K_3K="1 uM", O_3K="4.5 uM/second", F="0.09 uM/second", P_theta="0.3 uM", omega_P="0.05 uM", bias="0 uM",
)  # fmt: skip


def simulate(duration: str) -> am.Run:
    """A ring in which number 25 is stimulated."""
    net = am.Network(dt="50 ms")
    bias = np.zeros(N)
    bias[N // 2] = 1.0
    ring = net.population("ring", N, ASTROCYTE, bias=bias * am.units.uM)
    i = np.repeat(np.arange(N), 2)
    j = (i + np.tile([1, -1], N)) % N
    net.coupling(
        ring,
        ring,
        into="coupled",
        value="-F/2*(1 + tanh((abs(P_post - P_pre) - P_theta)/omega_P))*sign(P_post - P_pre)",
        F="0.09 uM/second",
        P_theta="0.3 uM",
        omega_P="0.05 uM",
        pairs=(i, j),
    )
    net.probe(ring, "C", every="500 ms", name="C")
    return net.run(duration, precision="float64", progress=False)


def peaks(C: np.ndarray) -> np.ndarray:
    """Number of times that calcium rises above 0.5 uM in each astrocyte; C (times, astrocytes) in uM."""
    return ((C[1:] > 0.5) & (C[:-1] <= 0.5)).sum(axis=0)


def measures(seed: int) -> dict[str, float]:
    """What 1000 s show; nothing is random."""
    probe = simulate("1000 s").probes["C"]
    C, found = probe["C"], peaks(probe["C"])
    first = [float(probe.times[(C[:, k] > 0.5).argmax()]) / 1e3 for k in (25, 20, 10)]
    return {
        "first rise of the stimulated one (s)": first[0],
        "first rise five cells away (s)": first[1],
        "first rise fifteen cells away (s)": first[2],
        "rises of the stimulated one": float(found[25]),
        "rises of all": float(found.sum()),
        "highest calcium (uM)": float(C.max()),
    }


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    probe = simulate("4000 s").probes["C"]
    figure = new(9, 6)
    ax = figure.subplots()
    for k in range(N):
        ax.plot(
            probe.times / 1e3, probe["C"][:, k] / probe["C"].max() + 1.2 * k, lw=0.7, color=BLUE if k == 25 else INK
        )
    ax.set(
        xlabel="time (s)",
        ylabel="astrocyte",
        xlim=(0, 4000),
        yticks=1.2 * np.arange(0, N, 10),
        yticklabels=range(0, N, 10),
    )
    save(figure, folder, "astrocytes")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
