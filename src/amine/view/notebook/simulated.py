"""Results of simulations in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.results.spikes import SpikeTrain
from amine.results.statistics import summary
from amine.view.inline import box, png_image, table
from amine.view.raster import draw
from amine.view.report import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amine.network.weights import Weights
    from amine.results.engram import Engram, ReceptiveFields
    from amine.results.run import Run
    from amine.results.segment import Segment

WINDOW, MOST_SPIKES = 1000.0, 2_000_000  # ms of a raster; statistics are left out beyond


def run(r: Run) -> str:
    """Raster and rates of the last second, and a table of rates."""
    state = "" if r.complete else ", stopped early"
    lead = f"{r.duration:g} ms{state}; {len(r.spikes):,} spikes of {_neurons(r.spikes.populations):,} neurons"
    wall = r.seconds.get("simulate")
    lead += f"; simulated in {number(wall)} s" if wall else ""
    start = max(0.0, r.duration - WINDOW)
    trains = {name: r.spikes[name].between(start, r.duration) for name in r.spikes}
    picture = png_image(draw(trains, start, r.duration, 300), "Spikes and population rates")
    rows, header = _statistics({name: r.spikes[name] for name in r.spikes}, len(r.spikes))
    return box(r.network.name or "Run", lead, picture, table(header, rows, numbers=1))


def segment(s: Segment) -> str:
    """Raster and rates of a stretch of a running network."""
    trains = {name: s.spikes[name] for name in s}
    lead = f"{s.start:g} to {s.stop:g} ms; {len(s.spikes):,} spikes"
    picture = png_image(draw(trains, s.start, s.stop, 300), "Spikes and population rates")
    shifted = {n: SpikeTrain(n, t.times - s.start, t.indices, t.n, s.stop - s.start) for n, t in trains.items()}
    rows, header = _statistics(shifted, len(s.spikes))
    return box("Running network", lead, picture, table(header, rows, numbers=1))


def _neurons(populations: tuple[tuple[str, int, int], ...]) -> int:
    return sum(n for _, _, n in populations)


def _statistics(trains: Mapping[str, SpikeTrain], spikes: int) -> tuple[list[tuple[object, ...]], tuple[str, ...]]:
    """Rows and header of a table of rates; with irregularity where the spikes are not too many to count intervals."""
    if spikes > MOST_SPIKES:
        rows: list[tuple[object, ...]] = [
            (n, f"{t.n:,}", f"{len(t):,}", number(float(t.rates().mean()))) for n, t in trains.items()
        ]
        return rows, ("Population", "Neurons", "Spikes", "Rate (Hz)")
    rows = []
    for n, t in trains.items():
        s = summary(t, 0.0)
        rows.append((n, f"{t.n:,}", f"{len(t):,}", number(s["rate"]), number(s["cv"]), number(s["correlation"], 2)))
    return rows, ("Population", "Neurons", "Spikes", "Rate (Hz)", "CV of intervals", "Correlation")


def weights(w: Weights) -> str:
    """Histogram of weights, their range and mean."""
    x = np.asarray(w.weights, float)
    lead = f"{x.size:,} synapses"
    if not x.size:
        return box(f"Weights of {w.name}", lead)
    spread = f"{number(float(x.min()))} to {number(float(x.max()))} {w.unit}, mean {number(float(x.mean()))}"
    rows = [(s, number(float(v.min())), number(float(v.mean())), number(float(v.max()))) for s, v in w.states.items()]
    more = table(("State", "Least", "Mean", "Greatest"), rows, numbers=1) if rows else ""
    return box(f"Weights of {w.name}", f"{lead}; {spread}", png_image(w.histogram(), "Histogram of weights", 460), more)


def engram(e: Engram) -> str:
    """The engram's synapses by source and target."""
    lead = f"{len(e):,} of {len(e.after):,} synapses, {e.share.sum():.0%} of all change"
    return box(f"Engram of {e.after.name}", lead, png_image(e.figure(), "Synapses of the engram"))


def fields(f: ReceptiveFields) -> str:
    """Tiles of the weights onto each neuron."""
    lead = f"{len(f)} neurons, sources {' x '.join(map(str, f.values.shape[1:]))}, weights in {f.unit}"
    return box(f"Receptive fields of {f.name}", lead, png_image(f.figure(), "Receptive fields"))


__all__ = ["engram", "fields", "run", "segment", "weights"]
