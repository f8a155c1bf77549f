"""Values given as text: of a neuron's index and position, or of the distance and positions of the two neurons of a synapse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine import equations
from amine.errors import AmineError
from amine.network.space.kernels import offsets
from amine.units import dimension_of, internal_unit, to_internal
from amine.values import Array, Formula

if TYPE_CHECKING:
    from amine.network.network import Network
    from amine.network.parts import Group, View

AXES = ("x", "y", "z")
MOST_PAIRS = 50_000_000  # for which a formula is evaluated
_NEURON = re.compile(r"(?<![\w.])(?:[inxyz])(?!\w)")
_PAIR = re.compile(r"(?<![\w.])(?:d|i|j|[xyz]_(?:pre|post))(?!\w)")
_EACH = 2_000_000  # pairs that are evaluated at a time


def of_neurons(value: object, unit: str, n: int, positions: np.ndarray | None, where: str) -> Any:
    """An array (n,) for the text of a formula of ``i``, ``n``, ``x``, ``y`` and ``z``; any other value unchanged."""
    if not _is_formula(value, unit, _NEURON):
        return value
    names: dict[str, Any] = {"i": np.arange(float(n)), "n": np.float64(n)}
    axes = 0 if positions is None else positions.shape[1]
    names |= {a: positions[:, k] for k, a in enumerate(AXES[:axes])}  # type: ignore[index]
    _require_positions(value, _NEURON, names, where)
    found = equations.evaluate(str(value), {a: _unit(a) for a in names}, unit, where, names)
    return _finite(np.broadcast_to(found, (n,)), unit, where)


def pair_formula(net: Network, value: object, unit: str, sources: Group, targets: Group, where: str) -> Any:
    """A :class:`Formula` for the text of a formula of a pair of neurons; any other value unchanged.

    Its names are the numbers ``i`` and ``j`` of source and target in their populations, their distance ``d``, and the positions
    ``x_pre``, ``x_post`` and so on.
    """
    if not _is_formula(value, unit, _PAIR):
        return value
    low, high, pairs = np.inf, -np.inf, sum(a.n * b.n for a in sources.views() for b in targets.views())
    if pairs > MOST_PAIRS:
        raise AmineError(
            where,
            "there are too many pairs for a formula",
            given=f"{pairs:.3g}",
            expected=f"at most {MOST_PAIRS:g}",
            hint="give pairs= with an array of values",
        )
    for a in sources.views():
        for b in targets.views():
            for rows in _parts(a, b):
                found = _evaluated(net, str(value), unit, a, b, rows, where)
                low, high = min(low, float(found.min())), max(high, float(found.max()))
    return Formula(str(value).strip(), internal_unit(dimension_of(unit)) or "1", low, high)


def listed(
    net: Network, value: Formula, unit: str, pairs: tuple[np.ndarray, np.ndarray], ends: tuple[View, View], where: str
) -> Array:
    """Values of a formula at given pairs: indices within the two views."""
    names = names_of_pairs(net, ends[0], ends[1], pairs[0], pairs[1])
    found = equations.evaluate(value.text, {k: _unit(k) for k in names}, unit, where, names)
    return _finite(np.broadcast_to(found, pairs[0].shape), unit, where)


def matrix(net: Network, value: Formula, unit: str, a: View, b: View, where: str) -> np.ndarray:
    """Values of a formula for all pairs of two views (sources, targets), in the coherent unit."""
    return np.concatenate([_evaluated(net, value.text, unit, a, b, rows, where) for rows in _parts(a, b)])


def _evaluated(net: Network, text: str, unit: str, a: View, b: View, rows: np.ndarray, where: str) -> np.ndarray:
    names = names_of_pairs(net, a, b, rows[:, None], np.arange(b.n)[None])
    _require_positions(text, _PAIR, names, where)
    found = equations.evaluate(text, {k: _unit(k) for k in names}, unit, where, names)
    return _finite(np.broadcast_to(found, (len(rows), b.n)), unit, where).values


def names_of_pairs(net: Network, a: View, b: View, i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """Values of the names of a formula for pairs (i, j) of indices within two views."""
    source, target = a.start + a.step * i, b.start + b.step * j
    names: dict[str, np.ndarray] = {"i": source.astype(float), "j": target.astype(float)}
    ends = [net.populations[v.population] for v in (a, b)]
    places = [p.positions for p in ends]
    for side, at, who in zip(("pre", "post"), places, (source, target), strict=True):
        if at is not None:
            names |= {f"{axis}_{side}": at[:, k][who] for k, axis in enumerate(AXES[: at.shape[1]])}
    x, y = places
    if x is None or y is None or x.shape[1] != y.shape[1]:
        return names
    squares: Any = 0.0
    period = ends[0].period if ends[0].period == ends[1].period else None
    for k, axis in enumerate(AXES[: x.shape[1]]):
        lengths = None if period is None else (period[k],)
        squares = squares + offsets(names[f"{axis}_pre"], names[f"{axis}_post"], lengths) ** 2
    return names | {"d": np.sqrt(squares)}


def _parts(a: View, b: View) -> Iterator[np.ndarray]:
    """Indices of sources, in parts of which the pairs fit into memory."""
    each = max(1, _EACH // max(1, b.n))
    for first in range(0, a.n, each):
        yield np.arange(first, min(a.n, first + each))


def _is_formula(value: object, unit: str, names: re.Pattern[str]) -> bool:
    """Whether a value is text that reads one of the names, and is no quantity."""
    if not isinstance(value, str) or not names.search(value):
        return False
    try:
        to_internal(value, unit, "")
    except AmineError:
        return "(" in value or bool(re.search(r"[-+*/%<>=]", value)) or bool(names.fullmatch(value.strip()))
    return False


def _unit(name: str) -> str:
    return "1" if name in ("i", "j", "n") else "um"


def _require_positions(
    text: object, pattern: re.Pattern[str], known: Sequence[str] | dict[str, Any], where: str
) -> None:
    missing = [name for name in pattern.findall(str(text)) if name not in known]
    if missing:
        problem = f"'{missing[0]}' has no value, since not all of these neurons have a position along that axis"
        raise AmineError(where, problem, hint="give positions= when making the populations")


def _finite(values: np.ndarray, unit: str, where: str) -> Array:
    if not np.isfinite(values).all():
        k = tuple(int(x) for x in np.argwhere(~np.isfinite(values))[0])
        raise AmineError(where, "the formula has no finite value", given=f"at index {', '.join(map(str, k))}")
    return Array(np.array(values, float), internal_unit(dimension_of(unit)) or "1")


__all__ = ["listed", "matrix", "names_of_pairs", "of_neurons", "pair_formula"]
