"""Figures of the water maze."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.experiments import water_maze
from amine.view.style import COLOURS, figure

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    from amine.experiments.outcome import Outcome
    from amine.experiments.water_maze import Animal, Group, Trial

ABOUT = (
    "An animal controlled by spiking neurons swims in a round pool of 1.4 m with a hidden platform of 0.2 m. Place cells encode its position; critic "
    "neurons predict the discounted reward, and a ring of actor neurons selects the direction. Dopamine neurons signal the error of the prediction; "
    "the dopamine they release binds D1 receptors, which gates changes of the synapses of place cells onto critic and actors. Each block of four "
    "trials starts once from each of four places at the wall."
)


def figures(out: Outcome, groups: Sequence[Group]) -> None:
    """Add all figures; those of a single animal show the first of its group."""
    out.figures[
        "Time to find the platform, trial after trial: mean of the animals (line), of each animal and block (dots), standard error (band)."
    ] = lambda: latencies(groups)
    for g in groups:
        animal = g.animals[0]
        out.figures[f"The first and the last four swims ({g.name}). Dot: start; circle: platform."] = lambda a=animal: (
            swims(a)
        )
        out.figures[
            f"Input to the critic (colour) and direction of the input to the actors (arrows) over the pool, after blocks of four trials ({g.name})."
        ] = lambda g=g: maps(g)
        out.figures[
            f"Value, its error and dopamine in the first trial in which the platform was found, and in the last ({g.name}). Line: the platform is reached."
        ] = lambda a=animal: dopamine(a)
        out.figures[f"Spikes in the last trial ({g.name}); actors in the order of their directions."] = (
            lambda a=animal: spikes(a)
        )


def latencies(groups: Sequence[Group]) -> Figure:
    """Figure of the latency over trials for each group."""
    fig, axes = figure(7.0, 3.6)
    ax = axes[0, 0]
    for k, g in enumerate(reversed(groups)):
        x = g.latencies
        trial = np.arange(1, x.shape[1] + 1)
        # trials of a block start at different places, so that only means over blocks are comparable
        blocks = x.reshape(len(x), -1, water_maze.BLOCK).mean(2)
        middle = (np.arange(blocks.shape[1]) + 0.5) * water_maze.BLOCK + 0.5
        error = blocks.std(0, ddof=1) / np.sqrt(len(x)) if len(x) > 1 else np.zeros(len(middle))
        ax.plot(trial, x.mean(0), color=COLOURS[k], lw=0.8, alpha=0.5)
        ax.plot(middle, blocks.mean(0), "-", color=COLOURS[k], lw=2.0, label=g.name)
        ax.fill_between(middle, blocks.mean(0) - error, blocks.mean(0) + error, color=COLOURS[k], alpha=0.2, lw=0)
        shift = (k - (len(groups) - 1) / 2) * 0.5
        ax.plot(
            (middle[None] + shift).repeat(len(x), 0).ravel(), blocks.ravel(), ".", color=COLOURS[k], ms=4, alpha=0.6
        )
    ax.set(xlabel="trial", ylabel="latency (s)", ylim=(0, None), xlim=(0.5, groups[0].latencies.shape[1] + 0.5))
    ax.xaxis.get_major_locator().set_params(integer=True, steps=[1, 2, 4, 10])
    ax.legend(frameon=False)
    return fig


def _pool(ax: Axes) -> Patch:
    from matplotlib.patches import Circle

    pool = ax.add_patch(Circle((0, 0), water_maze.POOL, fc="none", ec="#777777", lw=1.0))
    ax.add_patch(Circle(tuple(water_maze.PLATFORM), water_maze.RADIUS, fc="none", ec=COLOURS[1], lw=1.5))
    ax.set(xlim=(-0.75, 0.75), ylim=(-0.75, 0.75), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(False)
    return pool


def swims(animal: Animal) -> Figure:
    """Figure of the paths in the first and in the last block."""
    n = water_maze.BLOCK
    fig, axes = figure(8.6, 4.7, 2, n)
    for row, first in ((0, 0), (1, len(animal.trials) - n)):
        for k, t in enumerate(animal.trials[first : first + n]):
            ax = axes[row, k]
            _pool(ax)
            ax.plot(*t.path.T, color=COLOURS[0], lw=0.8)
            ax.plot(*t.path[0], "o", color=COLOURS[0], ms=4)
            ax.set_title(f"trial {first + k + 1}: {t.latency:.1f} s" + ("" if t.found else ", not found"), fontsize=9)
    return fig


def maps(group: Group) -> Figure:
    """Figure of the mean input to the critic and the direction of the input to the actors, before learning and after some blocks."""
    shown = sorted({0, 1, len(group.snapshots) // 2, len(group.snapshots) - 1})
    fig, axes = figure(2.3 * len(shown) + 1.2, 2.7, 1, len(shown))
    x = np.linspace(-water_maze.POOL, water_maze.POOL, 71)
    fine = np.stack(np.meshgrid(x, x), -1)
    outside = np.hypot(fine[..., 0], fine[..., 1]) > water_maze.POOL
    coarse = np.stack(np.meshgrid(x[5::6], x[5::6]), -1).reshape(-1, 2)
    coarse = coarse[np.hypot(*coarse.T) < water_maze.POOL]
    values = [
        water_maze.place_rates(fine) * 5e-3 @ group.snapshots[k][0].mean(1) for k in shown
    ]  # a spike is 5 ms of its weight
    image = None
    for ax, k, v in zip(axes[0], shown, values, strict=True):
        pool = _pool(ax)
        limits = {"vmin": min(w[~outside].min() for w in values), "vmax": max(w[~outside].max() for w in values)}
        image = ax.imshow(v, extent=(x[0], x[-1], x[0], x[-1]), origin="lower", cmap="viridis", **limits)
        image.set_clip_path(pool)
        drive = water_maze.place_rates(coarse) * 5e-3 @ group.snapshots[k][1]
        push = (drive - drive.mean(1, keepdims=True)) @ water_maze.HEADINGS / water_maze.ACTORS
        strength = np.hypot(*push.T)[:, None]
        arrow = 0.08 * push / np.maximum(strength, 2.0)  # all of one length but those below 2 pA
        ax.quiver(*coarse.T, *arrow.T, angles="xy", scale_units="xy", scale=1, color="white", width=0.007, pivot="mid")
        ax.set_title("before" if k == 0 else f"after {k * water_maze.BLOCK} trials", fontsize=9)
    fig.colorbar(image, ax=axes, label="input (pA)", shrink=0.8)
    return fig


def dopamine(animal: Animal) -> Figure:
    """Figure of value, error and dopamine in an early and in a late trial."""
    late = animal.trials[-1]
    early = next((t for t in animal.trials if t.found), animal.trials[0])
    concentration = animal.loop.run().concentration("dopamine")
    fig, axes = figure(8.6, 5.0, 3, 2, sharex="col", sharey="row")
    for c, t in enumerate((early, late)):
        first = max(0.0, t.latency - 10.0)  # the last ten seconds of it
        time = (np.arange(len(t.values)) + 1) * water_maze.STEP * 1e-3
        axes[0, c].plot(time, t.values, color=COLOURS[0], lw=1.2)
        axes[1, c].plot(time, t.errors, color=COLOURS[6], lw=1.0)
        here = (concentration.times >= t.begin) & (concentration.times < t.end + water_maze.REST)
        axes[2, c].plot(
            (concentration.times[here] - t.begin) * 1e-3,
            1e3 * _column(concentration.values)[here],
            color=COLOURS[1],
            lw=1.0,
        )
        for ax in axes[:, c]:
            ax.axvline(t.latency, color="#999999", lw=0.8)
            ax.set_xlim(first, t.latency + water_maze.REST * 1e-3)
        axes[0, c].set_title(f"trial {_number(animal, t)}", fontsize=10)
        axes[2, c].set_xlabel("time in the trial (s)")
    for ax, label in zip(axes[:, 0], ("value", "error (1/s)", "dopamine (nM)"), strict=True):
        ax.set_ylabel(label)
    fig.align_ylabels()
    return fig


def _column(values: npt.ArrayLike) -> np.ndarray:
    x = np.asarray(values)
    return x if x.ndim == 1 else x[:, 0]


def _number(animal: Animal, trial: Trial) -> int:
    return next(k for k, t in enumerate(animal.trials, 1) if t is trial)


def spikes(animal: Animal) -> Figure:
    """Raster of the last trial, or of its last ten seconds."""
    t = animal.trials[-1]
    start = max(t.begin, t.end - 10e3)
    shown = ("place cells", "critic", "actor", "dopamine neurons")
    return animal.loop.run().raster(shown, start=start, stop=t.end + water_maze.REST)
