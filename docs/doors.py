"""Draws the picture of the first page, what the three doors are, from three short runs: python docs/doors.py"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

import amine as am

OUT = Path(__file__).parent / "pictures" / "doors.png"
INK, SOFT, COLOURS = "#22303a", "#6b7780", ("#3b6ea8", "#c0603b", "#4b8f58")
DESCRIPTION = """net = am.Network(seed=1)
E = net.population("E", 400, "lif_cond", ...)
I = net.population("I", 100, "lif_cond", ...)
net.synapses(E, E + I, receptor="AMPA", ...)
net.synapses(I, E + I, receptor="GABA_A", ...)
net.dose("diazepam", "1 uM")"""
DOORS = (
    ("simulate", 'net.run("1 s")', "compiled, event by event"),
    ("learn", "rule=am.plasticity.stdp(...)", "local rules, driven by the chemistry"),
    ("train", "net.to_module(...)", "gradients through the same equations"),
)


def network() -> am.Network:
    """Excitatory and inhibitory neurons with conductance synapses; diazepam comes after 250 ms."""
    net = am.Network(seed=1)
    start = {"v": am.uniform("-60 mV", "-50 mV")}
    E = net.population("E", 400, "lif_cond", I_e="220 pA", initial=start)
    I = net.population("I", 100, "lif_cond", I_e="220 pA", initial=start)
    net.synapses(E, E + I, receptor="AMPA", weight="6 nS", p=0.1, delay="1 ms")
    net.synapses(I, E + I, receptor="GABA_A", weight="60 nS", p=0.1, delay="1 ms")
    net.dose("diazepam", am.step("1 uM", start="250 ms"))
    return net


def simulate(ax: Axes) -> None:
    """Spikes before and after the drug."""
    run = network().run("400 ms", progress=False)
    for name, first, colour in (("E", 0, COLOURS[0]), ("I", 400, COLOURS[1])):
        spikes = run.spikes[name]
        ax.plot(spikes.times, first + spikes.indices, ".", ms=1.6, color=colour)
    ax.axvspan(250, 400, color="#f0e6d8", zorder=0)
    ax.text(325, 512, "diazepam", ha="center", fontsize=7.5, color=SOFT)
    ax.set(xlim=(100, 400), ylim=(0, 500), xlabel="time (ms)", ylabel="neuron")


def learn(ax: Axes) -> None:
    """Song et al. (2000): inputs compete by spike-timing-dependent plasticity, until the weights part into strong and weak ones."""
    weights = am.circuits.song(seed=1).run("200 s", progress=False).weights("P->N").weights
    ax.hist(weights, np.linspace(0, 0.1, 21), color=COLOURS[1])
    ax.axhline(len(weights) / 20, color=SOFT, lw=1, ls="--")
    ax.text(0.062, len(weights) / 20 + 12, "at the start", fontsize=7.5, color=SOFT)
    ax.set(xlim=(0, 0.1), xlabel="weight (nS)", ylabel="synapses")


def train(ax: Axes) -> None:
    """Loss of a layer that learns to fire at given times."""
    from amine.learn import nn as ann

    torch.manual_seed(1)
    model = torch.nn.ModuleList([ann.Linear(50, 20), ann.Neurons("lif", 20)])
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=0.01), []
    x, wanted = (torch.rand(60, 8, 50) < 0.1).float(), (torch.rand(60, 8, 20) < 0.05).float()
    for _ in range(120):
        spikes, _ = model[1](model[0](x))
        loss = ((spikes - wanted).cumsum(0) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    ax.plot(losses, color=COLOURS[2], lw=1.6)
    ax.set(xlim=(0, len(losses)), ylim=(0, None), xlabel="step of Adam", ylabel="loss")


def main() -> None:
    """Draws all and writes the picture."""
    fig = Figure(figsize=(10, 5.6), dpi=150, facecolor="white")
    page = fig.add_axes((0, 0, 1, 1))
    page.set_axis_off()
    page.set(xlim=(0, 10), ylim=(0, 5.6))
    page.add_patch(FancyBboxPatch((3.0, 3.72), 4.0, 1.62, boxstyle="round,pad=0.05", fc="#f5f7f8", ec=SOFT, lw=1))
    page.text(3.1, 5.14, "described once", fontsize=10, weight="bold", color=INK, va="center")
    page.text(3.1, 4.40, DESCRIPTION, family="monospace", fontsize=8.4, color=INK, va="center")
    for i, ((name, call, about), draw) in enumerate(zip(DOORS, (simulate, learn, train), strict=True)):
        x = 0.35 + 3.2 * i
        arrow = FancyArrowPatch(
            (5.0, 3.66), (x + 1.45, 3.2), arrowstyle="-|>", mutation_scale=12, color=COLOURS[i], lw=1.6
        )
        page.add_patch(arrow)
        page.text(x + 0.05, 3.02, name, fontsize=12, weight="bold", color=COLOURS[i], va="center")
        page.text(x + 0.05, 2.78, call, family="monospace", fontsize=7.6, color=INK, va="center")
        page.text(x + 0.05, 2.58, about, fontsize=7.6, color=SOFT, va="center")
        ax = fig.add_axes(((x + 0.45) / 10, 0.55 / 5.6, 2.4 / 10, 1.75 / 5.6))
        draw(ax)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=7, colors=INK)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
    fig.savefig(OUT)


if __name__ == "__main__":
    main()
