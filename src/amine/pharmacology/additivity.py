"""Two drugs together: doses that reach a level, and the surfaces of additive (Loewe) and of independent drugs (Bliss).

Loewe S, Muischnek H (1926) Arch Exp Pathol Pharmakol 114:313-326: a dose of one drug can be replaced by the dose of the other that has the
same effect, so that a/A(y) + b/B(y) = 1 for doses a, b that give y together and A(y), B(y) that give it alone. Bliss CI (1939) Ann Appl
Biol 26:585-615: effects as shares of the greatest one, u + v - u v.
"""

from __future__ import annotations

import numpy as np

STEPS = 30  # of bisection


def crossing(c: np.ndarray, y: np.ndarray, level: float) -> float:
    """The lowest concentration at which a curve reaches a level; NaN if none does.

    Between concentrations it is interpolated: on a logarithmic scale, from 0 on evenly.

    Parameters
    ----------
    c : concentrations (n,), rising. y : values (n,). level : the level.

    Examples
    --------
    >>> round(crossing(np.array([0.0, 1.0, 100.0]), np.array([9.0, 8.0, 4.0]), 6.0), 6)
    10.0
    """
    for k in range(len(c) - 1):
        a, b = float(y[k]), float(y[k + 1])
        if not (np.isfinite(a) and np.isfinite(b)) or (a - level) * (b - level) > 0:
            continue
        if a == b:
            return float(c[k])
        share = (level - a) / (b - a)
        if c[k] <= 0:
            return float(c[k + 1] * share)
        return float(c[k] * (c[k + 1] / c[k]) ** share)
    return float("nan")


def isobole(a: np.ndarray, b: np.ndarray, surface: np.ndarray, level: float) -> np.ndarray:
    """Pairs of concentrations (pairs, 2) at which a surface (a, b) has a level, by rising ``a``.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0])
    >>> isobole(x, x, x[:, None] + x, 2.0).tolist()
    [[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]]
    """
    found = [(float(x), crossing(b, surface[i], level)) for i, x in enumerate(a)]
    found += [(crossing(a, surface[:, j], level), float(x)) for j, x in enumerate(b)]
    known = sorted({(float(f"{x:.9g}"), float(f"{y:.9g}")) for x, y in found if np.isfinite(x) and np.isfinite(y)})
    return np.array(known).reshape(-1, 2)


def _monotone(y: np.ndarray, up: bool) -> np.ndarray:
    """A curve whose values only rise, or only fall, from its control on."""
    return np.maximum.accumulate(y) if up else np.minimum.accumulate(y)


def loewe(a: np.ndarray, b: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """Values (a, b) that additive drugs would give, from the curves of each alone (first column and row); NaN for drugs of opposite effect.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0])
    >>> loewe(x, x, 10.0 - x[:, None] - x).round(3).tolist()
    [[10.0, 9.0, 8.0], [9.0, 8.0, 8.0], [8.0, 8.0, 8.0]]

    Where one drug alone does not reach a value, the other has to do it, so that nothing goes beyond the effects of each alone.
    """
    control, first, second = float(surface[0, 0]), surface[:, 0], surface[0, :]
    far = max((first, second), key=lambda y: float(np.nanmax(np.abs(y - control))))
    up = bool(far[int(np.nanargmax(np.abs(far - control)))] > control)
    for y in (first, second):
        other = np.nanmin(y) - control if up else np.nanmax(y) - control
        if not np.isfinite(y).all() or abs(other) > 0.5 * np.nanmax(np.abs(y - control)):
            return np.full(surface.shape, np.nan)
    first, second = _monotone(first, up), _monotone(second, up)
    extreme = max(first[-1], second[-1]) if up else min(first[-1], second[-1])
    out = np.full(surface.shape, control)
    for i, x in enumerate(a):
        for j, z in enumerate(b):
            if i or j:
                out[i, j] = _level(float(x), float(z), (a, first), (b, second), control, float(extreme))
    return out


Curve = tuple[np.ndarray, np.ndarray]


def _level(x: float, z: float, first: Curve, second: Curve, control: float, extreme: float) -> float:
    """The value at which x/A + z/B = 1, by bisection from the control to the extreme."""
    low, high = control, extreme
    for _ in range(STEPS):
        middle = (low + high) / 2
        share = 0.0
        for dose, (c, y) in ((x, first), (z, second)):
            needed = crossing(c, y, middle)
            share += dose / needed if np.isfinite(needed) and needed > 0 else 0.0
        low, high = (middle, high) if share > 1.0 else (low, middle)
    return (low + high) / 2


def bliss(surface: np.ndarray) -> np.ndarray:
    """Values (a, b) that independent drugs would give: effects as shares of the greatest one on the surface.

    Examples
    --------
    >>> bliss(np.array([[10.0, 5.0], [5.0, 0.0]])).tolist()
    [[10.0, 5.0], [5.0, 2.5]]
    """
    control = float(surface[0, 0])
    change = surface - control
    greatest = float(change.ravel()[int(np.nanargmax(np.abs(change)))]) if np.isfinite(change).any() else 0.0
    if greatest == 0.0:
        return np.full(surface.shape, control)
    u, v = change[:, :1] / greatest, change[:1, :] / greatest
    return control + greatest * (u + v - u * v)


__all__ = ["bliss", "crossing", "isobole", "loewe"]
