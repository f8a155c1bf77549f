"""Figures of dose-response curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from amine.view.inline import box, png_image, table
from amine.view.style import INK, colour, empty, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Fit(Protocol):
    """A Hill curve with the interval of its EC50 (uM)."""

    @property
    def EC50(self) -> float: ...
    @property
    def slope(self) -> float: ...
    @property
    def p(self) -> float: ...
    @property
    def interval(self) -> Mapping[str, tuple[float, float]]: ...
    def __call__(self, c: np.ndarray) -> np.ndarray: ...


class Curve(Fit, Protocol):
    """A fitted Hill curve with its levels (without the drug, at saturation) and the share of the variance explained."""

    @property
    def zero(self) -> float: ...
    @property
    def infinity(self) -> float: ...
    @property
    def r2(self) -> float: ...


class Responses(Protocol):
    """Measures, arrays (concentrations, seeds), of a drug at concentrations in uM, the first of which is 0."""

    @property
    def drug(self) -> str: ...
    @property
    def concentrations(self) -> Sequence[float]: ...
    @property
    def values(self) -> Mapping[str, np.ndarray]: ...


Band = tuple[np.ndarray, np.ndarray]


def dose_response(
    result: Responses, fits: Mapping[str, Fit | None], bands: Mapping[str, Band | None] | None = None
) -> Figure:
    """Figure with a panel for each measure: seeds (small dots), means (large dots), control (at the left), Hill fit and EC50.

    ``bands`` are lower and upper ends at each concentration, of samples of the affinities.
    """
    names = list(result.values)
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    fig, axes = figure(4.2 * columns, 3.3 * rows, rows, columns)
    c = np.asarray(result.concentrations)
    left = c[1] / (c[2] / c[1] if len(c) > 2 else 3.0) ** 1.5
    for k, ax in enumerate(axes.ravel()):
        if k < len(names):
            x = np.where(c > 0, c, left)
            _panel(ax, result, fits[names[k]], names[k], x, colour(k))
            band = (bands or {}).get(names[k])
            if band is not None:
                ax.fill_between(x[1:], band[0][1:], band[1][1:], color=colour(k), alpha=0.15, linewidth=0)
        else:
            ax.axis("off")
    return fig


def _panel(ax: Axes, result: Responses, f: Fit | None, name: str, x: np.ndarray, ink: str) -> None:
    y = result.values[name]
    ax.set(xscale="log", xlabel=f"{result.drug} (uM)", ylabel=measure_label(name))
    if not np.isfinite(y).any():
        empty(ax, "no values")
        return
    many = y.shape[1] > 1
    if many:
        ax.plot(np.repeat(x, y.shape[1]), y.ravel(), "o", color=ink, alpha=0.35, markersize=3, markeredgewidth=0)
    known = np.asarray(np.isfinite(y).any(axis=1))
    mean = np.array([np.nanmean(row) if ok else np.nan for row, ok in zip(y, known)])
    ax.plot(x[1:], mean[1:], "o", color=ink, markersize=6)
    ax.plot(x[0], mean[0], "s", color=ink, markersize=6, markerfacecolor="white")
    if f is not None and f.p <= 0.05:
        fine = np.geomspace(x[1] / 1.5, x[-1] * 1.5, 300)
        ax.plot(fine, f(fine), "-", color=ink, linewidth=1.6)
        low, high = f.interval["EC50"]
        ax.axvline(f.EC50, color=INK, linewidth=0.8, linestyle=":")
        if np.isfinite([low, high]).all():
            ax.axvspan(max(low, x[1] / 1.5), min(high, x[-1] * 1.5), color=ink, alpha=0.1, linewidth=0)
        ax.set_title(f"EC50 {f.EC50:.3g} uM, slope {f.slope:.2g}", fontsize=9, color=INK)
    else:
        ax.set_title("no Hill curve", fontsize=9, color="#777777")
    ticks = [t for t in ax.get_xticks() if x[1] / 1.2 <= t <= x[-1] * 1.2]
    ax.set_xticks([x[0], *ticks], ["0", *(f"{t:g}" for t in ticks)])
    ax.set_xlim(x[0] / 1.6, x[-1] * 1.6)
    ax.minorticks_off()


def hill_html(f: Curve) -> str:
    """A Hill curve and a table of its numbers with their intervals, for a notebook."""
    fig, axes = figure(4.4, 2.8)
    ax = axes[0, 0]
    c = f.EC50 * np.geomspace(1e-3, 1e3, 300)
    ax.plot(c, f(c), color=colour(0), linewidth=1.8)
    ax.axvline(f.EC50, color=INK, linewidth=0.8, linestyle=":")
    ax.set(xscale="log", xlabel="concentration (uM)", ylabel="response")
    rows = []
    for name, x in (("EC50 (uM)", f.EC50), ("slope", f.slope), ("zero", f.zero), ("infinity", f.infinity)):
        low, high = f.interval.get(name.split()[0], (-np.inf, np.inf))
        rows.append((name, f"{x:.4g}", f"{low:.3g} to {high:.3g}"))
    lead = f"r2 {f.r2:.3f}; p = {f.p:.2g} against a constant"
    return box("Hill curve", lead, png_image(fig, "Hill curve", 400), table(("", "Value", "Interval"), rows, numbers=1))


def measure_label(name: str) -> str:
    """Label of an axis for a measure: words and unit."""
    kind, _, rest = name.partition(":")
    units = {"rate": "rate of {} (Hz)", "cv": "CV of {}", "synchrony": "synchrony of {}", "power": "power, {} (Hz$^2$)",
             "frequency": "frequency, {} (Hz)"}  # fmt: skip
    return units[kind].format(rest) if kind in units else rest or name
