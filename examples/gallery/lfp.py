"""The extracellular potential beside an axon whose second half has no sodium channels.

python examples/gallery/lfp.py
"""

from __future__ import annotations

from pathlib import Path

from drawing import BLUE, new, save
from measured import field_measures

import amine as am

N = 1000
AXON = am.models.cable(
    am.morphology.cylinder("100 mm", "476 um", segments=N),
    {"*": {"Na_HH": {"g_max": "where(x < 50000*um, 120, 0)*mS/cm**2"}, "K_HH": {}, "leak_HH": {}}},
    R_a="35.4 Ohm cm",
    C_m="1 uF/cm2",
    T="6.3 degC",
)
DISTANCES = (1, 2, 4, 8, 16)  # mm


def simulate() -> am.Run:
    """1 uA into the first compartment for 3 ms; electrodes 7 cm along the axon, as point sources."""
    net = am.Network(dt="0.01 ms")
    axon = net.population("axon", 1, AXON, positions=[[0, 0, 0]] * am.units.um)
    net.stimulus(axon.at(0), am.step("1 uA", start="5 ms", stop="8 ms"))
    net.probe(axon.at(list(range(0, N, 100))), "v", every="0.1 ms", name="v")
    places = [[70_000, 1000 * d, 0] for d in DISTANCES] * am.units.um
    net.electrodes(axon, places, conductivity="0.3 S/m", source="point", every="0.02 ms", name="field")
    return net.run("20 ms", precision="float64", progress=False)


def measures(seed: int) -> dict[str, float]:
    """The potential after the stimulus; nothing is random."""
    field = simulate().probes["field"]
    return field_measures(field.times, field["V_e"])


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and gives the measures."""
    run = simulate()
    figure = new(9, 5)
    top, below = figure.subplots(2, 1, sharex=True)
    for k in range(0, N, 100):
        top.plot(run.probes["v"].times, run.probes["v"][f"v@{k}"][:, 0], color=BLUE, lw=1)
    top.set(ylabel="v (mV)", title="every centimetre")
    for k, d in enumerate(DISTANCES):
        below.plot(run.probes["field"].times, run.probes["field"]["V_e"][:, k], lw=1, label=f"{d} mm")
    below.set(xlabel="time (ms)", ylabel="potential (uV)")
    below.legend(frameon=False, title="distance")
    save(figure, folder, "lfp")
    return measures(1)


if __name__ == "__main__":
    print(main(Path("out/gallery")))
