"""What cocaine, amphetamine and haloperidol do to a transient of dopamine and to the receptors that read it.

Thirty dopamine neurons fire at 4 Hz and give a burst of 20 Hz for half a second. Cocaine competes for the transporter, so the transient lasts longer;
amphetamine also drives dopamine out through it, so the level between transients rises; haloperidol leaves dopamine alone and takes the D2
receptors. The level before the burst is compared with the one at which uptake balances release.

    python examples/dopamine_transients.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import amine as am
from amine.compounds.effects import effects_of, steady_factor

DOSES = {"control": None, "cocaine": 0.5, "amphetamine": 0.1, "haloperidol": 0.05}  # uM
RATE, RELEASE, VMAX, KM = 4.0, 3.0, 0.0041, 0.21  # Hz, nM a spike; Vmax and Km of DAT (uM/ms, uM), Dreyer et al. 2010
BURST = (2000.0, 2500.0)  # ms


def simulate(drug: str, dose: float | None) -> am.Run:
    """Spikes at regular times, so that only the drug differs."""
    net = am.Network(dt="0.5 ms")
    times = []
    for k in range(30):
        calm, burst = np.arange(k * 250 / 30 + 1, 6000, 250.0), np.arange(BURST[0] + k * 50 / 30, BURST[1], 50.0)
        times.append(np.sort(np.concatenate([calm[(calm < BURST[0]) | (calm > BURST[1])], burst])))
    indices = np.repeat(np.arange(30), [len(t) for t in times])
    neurons = net.population("neurons", 30, "spike_list", times=np.concatenate(times) * am.units.ms, indices=indices)
    cells = {r: net.population(r, 1, "lif") for r in ("D1", "D2")}
    field = net.field("dopamine", released_by=neurons, release=f"{RELEASE} nM", uptake="DAT")
    for receptor, cell in cells.items():
        net.modulate(cell, by=field, receptor=receptor, acts_on="V_th", maximum=1.0)
    if dose is not None:
        net.dose(drug, f"{dose} uM")
    return net.run("6 s", progress=False)


def balance(drug: str, dose: float | None) -> float:
    """The level (uM) at which uptake takes what the calm neurons and the transporter itself let out."""
    found = effects_of(drug, ["DAT", "dopamine"]) if dose is not None else []
    f = steady_factor(found, {drug: dose or 0.0})
    source = 30 * RATE * RELEASE * 1e-6 * f.get("dopamine.content", 1.0) + f.get("DAT.efflux", 0.0)
    return source * KM * f.get("DAT.Km", 1.0) / (VMAX - source)


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and returns a few numbers."""
    figure = Figure(figsize=(8, 6), dpi=120, layout="constrained")
    axes = figure.subplots(3, 1, sharex=True)
    numbers: dict[str, float] = {}
    for k, (drug, dose) in enumerate(DOSES.items()):
        run = simulate(drug, dose)
        c = run.concentration("dopamine")
        calm = float(c.values[(c.times > 1500) & (c.times < BURST[0])].mean())
        peak = float(c.values.max())
        above = c.times[(c.values > calm + 0.5 * (peak - calm)) & (c.times >= BURST[1])]
        numbers |= {
            f"{drug}_level": calm,
            f"{drug}_expected": balance(drug, dose),
            f"{drug}_peak": peak,
            f"{drug}_half_time": float(above[-1] - BURST[1]),
        }
        color = ("#222222", "#D55E00", "#0072B2", "#009E73")[k]
        name = drug if dose is None else f"{drug}, {dose:g} uM"
        axes[0].plot(c.times, c.values, color=color, lw=1.2, label=name)
        for ax, receptor in zip(axes[1:], ("D1", "D2"), strict=True):
            occupancy = run.occupancy(receptor)
            ax.plot(occupancy.times, occupancy.values, color=color, lw=1.2)
            numbers[f"{drug}_{receptor}"] = float(occupancy.values.max())
        print(
            f"{name}: level {calm * 1e3:.1f} nM (balance {balance(drug, dose) * 1e3:.1f}), peak {peak:.2f} uM, "
            f"half gone {numbers[f'{drug}_half_time']:.0f} ms after the burst, D2 up to {numbers[f'{drug}_D2']:.2f}"
        )
    axes[0].set(ylabel="dopamine (uM)")
    axes[1].set(ylabel="D1 occupancy", ylim=(0, None))
    axes[2].set(ylabel="D2 occupancy", ylim=(0, 1), xlabel="time (ms)", xlim=(1500, 6000))
    axes[0].legend(frameon=False, fontsize=9)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "dopamine_transients.png")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
