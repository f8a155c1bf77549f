"""A map of preferred directions emerges in barrel cortex: bars move across the whiskers, and feedforward synapses learn by STDP.

Kremer Y, Leger JF, Goodman DF, Brette R, Bourdieu L (2011) Late emergence of the vibrissa direction selectivity map in the rat barrel
cortex. J Neurosci 31:10689.

    python examples/gallery/kremer.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawing import INK, new, save
from measured import bars, direction_map, map_measures

import amine as am

SIDE, N4, M_E, M_I = 3, 22**2, 25, 12  # barrels in a row; neurons of a barrel: layer 4, and a row of layer 2/3
SECONDS, EVERY = 5.0, 60.0  # a new bar every so many ms
EPSC, IPSC = 5**1.25 * 1.0, -(0.4 ** (-1 / 1.5))  # pA for a peak of 1 mV
CORTEX = am.models.neuron(
    "cortex",
    """
    dv/dt = (E_L - v + R*I)/tau_m : mV
    dtheta/dt = (theta_0 - theta)/tau_theta : mV
    threshold v > theta
    reset v = E_L; theta += 2*mV
    refractory 2*ms
    initial v = E_L
    initial theta = theta_0
    """,
    E_L="-70 mV",
    tau_m="10 ms",
    R="1 GOhm",
    theta_0="-55 mV",
    tau_theta="50 ms",
    receptors={"exc": am.models.exponential_current(tau="2 ms"), "inh": am.models.exponential_current(tau="25 ms")},
)
RULE = am.plasticity.rule(
    "barrel",
    """
    dx_pre/dt = -x_pre/(5*ms) : 1 (source)
    dx_post/dt = -x_post/(25*ms) : 1 (target)
    w : weight in 0 .. w_max
    on pre x_pre += 1; w -= 0.04*w_max*x_post
    on post x_post += 1; w += 0.05*w_max*x_pre
    """,
    w_max=f"{EPSC} pA",
)
SELECTIVITY = np.tile(2 * np.pi * np.arange(N4) / N4, SIDE**2)


def grid(side: int) -> am.Array:
    """Places in the middle of squares, ``side`` in a row of each barrel; a barrel is 100 um wide."""
    k = (np.arange(SIDE * side) + 0.5) * 100 / side
    y, x = np.meshgrid(k, k, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1) * am.units.um


def moving(directions: np.ndarray) -> am.Waveform:
    """Rates of layer 4 at the moments at which a bar begins or ends to touch a whisker, to steps; it passes one in 5 ms."""
    y, x = np.array(np.divmod(np.arange(SIDE**2), SIDE)) - (SIDE - 1) / 2
    times, rates = [], []
    for k, angle in enumerate(directions):
        reached = 5 * (x * np.cos(angle) + y * np.sin(angle) + 6)
        changes = np.unique(np.round(np.concatenate([reached - 2.5, reached + 2.5]), 1))
        touched = np.abs(changes[:, None] + 0.05 - reached) < 2.5
        tuned = 100 * np.clip(np.cos(angle - SELECTIVITY), 0, None)
        times.append(k * EVERY + changes)
        rates.append(np.repeat(touched, N4, axis=1) * tuned)
    return am.table(np.concatenate(times) * am.units.ms, np.concatenate(rates) * am.units.Hz)


def simulate(seed: int = 1, seconds: float = SECONDS) -> am.Run:
    """Bars in random directions for some seconds, plastic feedforward synapses."""
    net = am.Network(seed=seed)
    layer4 = net.population("layer 4", N4 * SIDE**2, "poisson", rate="0 Hz")
    net.stimulus(layer4, moving(bars(seed, int(seconds * 1e3 / EVERY) + 1)), into="rate")
    E = net.population("E", (SIDE * M_E) ** 2, CORTEX, positions=grid(M_E))
    I = net.population("I", (SIDE * M_I) ** 2, CORTEX, positions=grid(M_I))
    barrel = f"floor(x_post/(100 um)) + {SIDE}*floor(y_post/(100 um))"
    half = f"0.5*int(floor(i/{N4}) == {barrel})"
    net.synapses(layer4, E, receptor="exc", weight=f"{EPSC / 2} pA", p=half, rule=RULE, name="feedforward")
    near = "0.15*exp(-(d/(40 um))**2/2)"
    net.synapses(E, E, receptor="exc", weight=f"{0.3 * EPSC} pA", p=near)
    net.synapses(E, I, receptor="exc", weight=f"{EPSC} pA", p=near)
    net.synapses(I, E, receptor="inh", weight=f"{IPSC} pA", p="exp(-(d/(20 um))**2/2)")
    return net.run(f"{seconds} s", progress=False)


def learned(run: am.Run) -> tuple[np.ndarray, np.ndarray]:
    """The map of preferred directions, and the weights as shares of the highest."""
    w = run.weights("feedforward")
    share = w.weights / EPSC
    return direction_map(w.sources, w.targets, share, SELECTIVITY, SIDE * M_E), share


def measures(seed: int) -> dict[str, float]:
    """Rates, weights, and how strong and how smooth the map is."""
    run = simulate(seed)
    rates = {f"rate of {name} (Hz)": float(run.spikes[name].rates().mean()) for name in ("layer 4", "E", "I")}
    return rates | map_measures(*learned(run))


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    field, share = learned(run)
    figure = new(9, 4)
    left, right = figure.subplots(1, 2)
    extent = (0, SIDE, 0, SIDE)
    image = left.imshow(np.rad2deg(np.angle(field)) % 360, cmap="hsv", vmin=0, vmax=360, origin="lower", extent=extent)
    left.set(xlabel="place (barrels)", ylabel="place (barrels)", title="preferred direction (degrees)")
    for k in range(1, SIDE):
        left.axvline(k, color=INK, lw=0.8)
        left.axhline(k, color=INK, lw=0.8)
    figure.colorbar(image, ax=left)
    right.hist(share, np.linspace(0, 1, 51), color=INK)
    right.set(xlabel="weight / highest weight", ylabel="synapses", title="after learning")
    save(figure, folder, "kremer")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
