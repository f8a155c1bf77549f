"""Figures of designs: the dose on a curve; of two drugs the surface, the isobologram and the differences from additivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from amine.view.dose import measure_label
from amine.view.style import INK, colour, empty, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Band = tuple[np.ndarray, np.ndarray]


class Curve(Protocol):
    """The dose-response of one drug."""

    def band(self, measure: str) -> Band | None: ...


class Designed(Protocol):
    """Doses that reach a target, alone and in pairs."""

    @property
    def measure(self) -> str: ...
    @property
    def target(self) -> float: ...
    @property
    def drugs(self) -> Sequence[str]: ...
    @property
    def doses(self) -> Mapping[str, float]: ...
    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]: ...
    @property
    def grid(self) -> Sequence[np.ndarray]: ...
    @property
    def surface(self) -> np.ndarray: ...
    @property
    def pairs(self) -> np.ndarray: ...
    @property
    def loewe(self) -> np.ndarray: ...
    @property
    def bliss(self) -> np.ndarray: ...
    @property
    def curve(self) -> Curve | None: ...


def design(found: Designed) -> Figure:
    """Figure of one panel for one drug, of four for two."""
    if len(found.drugs) == 1:
        fig, axes = figure(4.6, 3.4)
        _curve(axes[0, 0], found)
        return fig
    fig, axes = figure(9.2, 7.2, 2, 2)
    _surface(axes[0, 0], found, found.surface, measure_label(found.measure), "viridis", line=True)
    _isobologram(axes[0, 1], found)
    for ax, other, name in ((axes[1, 0], found.loewe, "Loewe"), (axes[1, 1], found.bliss, "Bliss")):
        title = f"{measure_label(found.measure)}, difference from {name}"
        _surface(ax, found, found.surface - other, title, "RdBu_r", even=True)
    return fig


def _curve(ax: Axes, found: Designed) -> None:
    drug, c, y = found.drugs[0], found.grid[0], found.surface
    left = c[1] / (c[2] / c[1] if len(c) > 2 else 3.0) ** 1.5
    x = np.where(c > 0, c, left)
    band = None if found.curve is None else found.curve.band(found.measure)
    if band is not None:
        ax.fill_between(x[1:], band[0][1:], band[1][1:], color=colour(0), alpha=0.18, linewidth=0)
    ax.plot(x[1:], y[1:], "o-", color=colour(0), markersize=5, linewidth=1.4)
    ax.plot(x[0], y[0], "s", color=colour(0), markersize=6, markerfacecolor="white")
    ax.axhline(found.target, color=INK, linewidth=0.8, linestyle=":")
    dose, span = found.doses[drug], found.ranges.get(drug)
    if span is not None:
        ax.axvspan(*span, color=colour(1), alpha=0.12, linewidth=0)
    if np.isfinite(dose) and dose > 0:
        ax.plot(dose, found.target, "D", color=colour(1), markersize=7)
        ax.set_title(f"{dose:.3g} uM for {found.target:g}", fontsize=9, color=INK)
    ax.set(xscale="log", xlabel=f"{drug} (uM)", ylabel=measure_label(found.measure))
    ticks = [t for t in ax.get_xticks() if x[1] / 1.2 <= t <= x[-1] * 1.2]
    ax.set_xticks([x[0], *ticks], ["0", *(f"{t:g}" for t in ticks)])
    ax.set_xlim(x[0] / 1.6, x[-1] * 1.6)
    ax.minorticks_off()


def _surface(
    ax: Axes, found: Designed, z: np.ndarray, title: str, cmap: str, line: bool = False, even: bool = False
) -> None:
    """A map over both doses, in cells of one size."""
    ax.set_title(title, fontsize=10, color=INK)
    if not np.isfinite(z).any():
        ax.axis("off")
        empty(ax, "not defined for these drugs")
        return
    span = float(np.nanmax(np.abs(z))) or 1.0
    limits: dict[str, Any] = {"vmin": -span, "vmax": span} if even else {}
    drawn = ax.imshow(z.T, origin="lower", aspect="auto", cmap=cmap, **limits)
    ax.figure.colorbar(drawn, ax=ax)
    if line and np.nanmin(z) < found.target < np.nanmax(z):
        ax.contour(z.T, levels=[found.target], colors="white", linewidths=1.6)
    for k, (set_ticks, set_label) in enumerate(((ax.set_xticks, ax.set_xlabel), (ax.set_yticks, ax.set_ylabel))):
        c = found.grid[k]
        shown = np.unique(np.linspace(0, len(c) - 1, min(6, len(c))).round().astype(int))
        set_ticks(shown, [f"{c[i]:.2g}" for i in shown])
        set_label(f"{found.drugs[k]} (uM)")


def _isobologram(ax: Axes, found: Designed) -> None:
    a, b = found.drugs
    ends = [found.doses[d] for d in (a, b)]
    ax.set(xlabel=f"{a} (uM)", ylabel=f"{b} (uM)")
    ax.set_title(f"{measure_label(found.measure)} = {found.target:g}", fontsize=10, color=INK)
    if not len(found.pairs):
        empty(ax, "the target is not reached")
        return
    if np.isfinite(ends).all():
        ax.plot([ends[0], 0], [0, ends[1]], "--", color="#777777", linewidth=1.2, label="additive")
        ax.legend(fontsize=8, frameon=False)
    ax.plot(*found.pairs.T, "o-", color=colour(0), markersize=5, linewidth=1.4)
    for k, d in enumerate((a, b)):
        if (span := found.ranges.get(d)) is not None:
            ax.plot(
                *(((span, (0, 0)), ((0, 0), span))[k]), color=colour(1), linewidth=4, alpha=0.5, solid_capstyle="butt"
            )
    reach = [found.ranges.get(d, (0.0, 0.0))[1] for d in (a, b)]
    tops = [max(float(found.pairs[:, k].max()), ends[k] if np.isfinite(ends[k]) else 0.0, reach[k]) for k in (0, 1)]
    opposite = not np.isfinite(ends).all()  # one drug works against the other, so that doses rise together over decades
    for k, axis in enumerate("xy"):
        some = found.pairs[:, k][found.pairs[:, k] > 0]
        if opposite and len(some):
            getattr(ax, f"set_{axis}scale")("symlog", linthresh=float(some.min()))
            getattr(ax, f"set_{axis}lim")(-0.15 * float(some.min()), 1.6 * tops[k])
        else:
            getattr(ax, f"set_{axis}lim")(-0.03 * tops[k], 1.1 * tops[k])


__all__ = ["design"]
