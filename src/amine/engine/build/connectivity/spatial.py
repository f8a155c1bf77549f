"""Drawing of connections in space, at a cost that follows the number of connections and not that of pairs.

One side of the pairs is sorted into equal cells. The probability of a pair is bounded by that of the two nearest points of its cells, a number
that follows from the displacement between the cells alone; candidates are drawn at that bound, and kept with the ratio of the two.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from amine.errors import AmineError
from amine.network.space.kernels import REACH, Placed, fall, offsets
from amine.records import dataclass

MOST = 2_000_000  # candidates that are held at a time
DENSE = 0.5  # bound above which all pairs are tried
ROUNDS = 40  # rounds of candidates before a neuron looks at all others
DIGITS = 6  # of distances in um that decide which neighbour is nearer
Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Cells:
    """Points in equal cells of a box; ``most`` is the largest number in one cell."""

    low: np.ndarray
    width: np.ndarray
    shape: np.ndarray  # [axis] number of cells
    period: np.ndarray | None
    order: np.ndarray  # points by cell
    starts: np.ndarray  # [cell + 1] first of them
    most: int

    def of(self, x: np.ndarray) -> np.ndarray:
        """Indices (points, axes) of cells."""
        inside = x - self.low
        if self.period is not None:
            inside = inside % self.period
        return np.clip((inside / self.width).astype(np.int64), 0, self.shape - 1)

    def flat(self, index: np.ndarray) -> np.ndarray:
        """Number of the cell of each index (..., axes)."""
        found = index[..., 0]
        for k in range(1, len(self.shape)):
            found = found * self.shape[k] + index[..., k]
        return found


def cells(own: np.ndarray, others: np.ndarray, period: tuple[float, ...] | None, width: float) -> Cells:
    """The ``others`` in cells of about ``width``, of a box that holds ``own`` as well; few cells are empty."""
    both = np.concatenate([own, others])
    low, extent = both.min(0), np.maximum(both.max(0) - both.min(0), 1e-9)
    if period is not None:
        extent = np.array(period)
    dims = len(extent)
    shape = np.maximum(1, np.floor(extent / width))
    room = max(1.0, len(others) / 3)
    if shape.prod() > room:  # as many cells as keep three points in each
        shape = np.maximum(1, np.floor(shape * (room / shape.prod()) ** (1 / dims)))
    shape = shape.astype(np.int64)
    empty = Cells(
        low, extent / shape * (1 + 1e-12), shape, None if period is None else extent, np.empty(0), np.empty(0), 0
    )
    at = empty.flat(empty.of(others))
    count = np.bincount(at, minlength=int(shape.prod()))
    starts = np.concatenate([[0], np.cumsum(count)])
    most = int(count.max(initial=0))
    return Cells(empty.low, empty.width, shape, empty.period, np.argsort(at, kind="stable"), starts, most)


class Finder:
    """Candidates among some points around each of some centres; ``sign`` is -1 if the centres are the targets of connections, ``fine`` asks for small cells."""

    def __init__(self, placed: Placed, sign: int = 1, fine: bool = False):
        self.placed, self.sign = placed, sign
        self.own, self.others = (placed.pre, placed.post) if sign > 0 else (placed.post, placed.pre)
        kernel, dims = placed.kernel, placed.pre.shape[1]
        reach = kernel.p_max and REACH[kernel.shape] * placed.scale
        low, high = np.full(dims, -reach), np.full(dims, reach)
        if kernel.region is not None:
            low, high = np.maximum(low, kernel.region.bounds[0]), np.minimum(high, kernel.region.bounds[1])
        self.low, self.high = (low, high) if sign > 0 else (-high, -low)
        width = placed.scale / (2 if dims < 3 else 1) if kernel.shape in ("gaussian", "exponential") else np.inf
        width = 0.0 if fine else min(width, float(np.max(high - low)) / 6)
        self.cells = cells(self.own, self.others, placed.period, max(width, 1e-6))
        self.at = self.cells.of(self.own)

    def probabilities(self, c: np.ndarray, o: np.ndarray) -> np.ndarray:
        """Probabilities of the pairs of centres and others."""
        return self.placed.probabilities(c, o) if self.sign > 0 else self.placed.probabilities(o, c)

    def moves(self, low: np.ndarray, high: np.ndarray) -> Pairs:
        """Displacements (moves, axes) between cells whose points may be apart by ``low`` to ``high``, and the least distances of such points."""
        cell, each, gaps = self.cells, [], []
        for k, w in enumerate(cell.width):
            n = int(cell.shape[k])
            if cell.period is None:
                first, last = (np.clip([np.floor(low[k] / w) - 1, np.ceil(high[k] / w) + 1], -n + 1, n - 1)).astype(int)
                move = np.arange(first, last + 1)
                near, keep = move, ((move + 1) * w >= low[k]) & ((move - 1) * w <= high[k])
            else:
                move = np.arange(n)
                near = np.where(move > n // 2, move - n, move)
                keep = np.zeros(n, bool)
                for turn in (-n, 0, n):  # the points of two cells may be nearest across an edge
                    keep |= ((near + turn + 1) * w >= low[k]) & ((near + turn - 1) * w <= high[k])
            each.append(move[keep])
            gaps.append((np.maximum(np.abs(near) - 1, 0) * w)[keep])
        grid = np.stack([x.ravel() for x in np.meshgrid(*each, indexing="ij")], 1)
        gap = np.stack([x.ravel() for x in np.meshgrid(*gaps, indexing="ij")], 1)
        return grid, np.sqrt((gap * gap).sum(1)) * (1 - 1e-9)

    def bounds(self) -> Pairs:
        """Displacements with a probability above zero, and their bounds."""
        grid, gap = self.moves(self.low, self.high)
        kernel = self.placed.kernel
        p = kernel.p_max * fall(kernel.shape, gap / self.placed.scale)
        return grid[p > 0], np.minimum(p[p > 0], 1.0)

    def cell(self, c: np.ndarray, move: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First entries of the cells displaced by ``move`` (candidates, axes) from those of centres, and the numbers of their points."""
        grid = self.cells
        index = self.at[c] + move
        if grid.period is not None:
            flat, there = grid.flat(index % grid.shape), 1
        else:
            there = ((index >= 0) & (index < grid.shape)).all(-1)
            flat = np.where(there, grid.flat(index), 0)
        first = grid.starts[flat]
        return first, (grid.starts[flat + 1] - first) * there

    def pick(self, c: np.ndarray, move: np.ndarray, slot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The points at ``slot`` of the cells displaced from those of centres; which of them exist."""
        first, number = self.cell(c, move)
        there = slot < number
        return self.cells.order[np.where(there, first + slot, 0)], there

    def all_of(self, c: np.ndarray, moves: np.ndarray) -> Pairs:
        """All pairs of some centres with the points of cells displaced by ``moves``."""
        first, number = (x.ravel() for x in self.cell(c[:, None], moves[None]))
        inside = np.arange(int(number.sum())) - np.repeat(np.cumsum(number) - number, number)
        return np.repeat(np.repeat(c, len(moves)), number), self.cells.order[np.repeat(first, number) + inside]


def _parts(n: int, each: float) -> Iterator[np.ndarray]:
    """Numbers 0..n-1 in parts of which each has some ``each`` candidates."""
    size = int(max(1, min(n, MOST // max(1.0, each))))
    for first in range(0, n, size):
        yield np.arange(first, min(n, first + size))


def connected(placed: Placed, own: np.ndarray, rng: np.random.Generator) -> Pairs:
    """Pairs (sources, targets) of which each is drawn with its probability, sorted; ``own`` are targets that sources must leave out, or -1."""
    find = Finder(placed)
    moves, bound = find.bounds()
    dense, m = bound > DENSE, find.cells.most
    rate = (
        -np.log1p(-bound[~dense]) * m
    )  # of candidates of a centre, a Poisson process: a pair is hit at least once with the bound
    ends = np.cumsum(rate)
    sparse = float(ends[-1]) if len(ends) else 0.0
    found: list[Pairs] = []
    for c in _parts(len(placed.pre), dense.sum() * m + sparse):
        i, j = find.all_of(c, moves[dense])
        p = np.ones(len(i))
        if sparse:
            a, b, bounded = _candidates(find, c, moves[~dense], ends, bound[~dense], rng)
            i, j, p = np.concatenate([i, a]), np.concatenate([j, b]), np.concatenate([p, bounded])
        keep = (rng.random(len(i)) * p < find.probabilities(i, j)) & (own[i] != j)
        i, j = i[keep], j[keep]
        order = np.lexsort((j, i))
        found.append((i[order], j[order]))
    return _joined(found)


def _candidates(
    find: Finder, c: np.ndarray, moves: np.ndarray, ends: np.ndarray, bound: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs that are hit at the rates whose sums are ``ends``, each once, with the probability of a hit."""
    n = int(rng.poisson(ends[-1] * len(c)))
    which = np.minimum(np.searchsorted(ends, rng.random(n) * ends[-1], side="right"), len(ends) - 1)
    i, slot = c[rng.integers(len(c), size=n)], rng.integers(find.cells.most, size=n)
    j, there = find.pick(i, moves[which], slot)
    i, j, which = i[there], j[there], which[there]
    _, first = np.unique(i * len(find.others) + j, return_index=True)
    return i[first], j[first], bound[which[first]]


def _joined(found: list[Pairs]) -> Pairs:
    i, j = (np.concatenate([x[k] for x in found]) if found else np.empty(0, np.int64) for k in (0, 1))
    return i.astype(np.int64), j.astype(np.int64)


def degrees(
    placed: Placed, number: int, sign: int, own: np.ndarray, multapses: bool, rng: np.random.Generator, where: str
) -> Pairs:
    """Pairs (sources, targets), sorted, of which each target (``sign`` -1) or source (1) has ``number``, chosen in proportion to the probability.

    ``own`` are the others that the centres must leave out, or -1.
    """
    centres = len(placed.post) if sign < 0 else len(placed.pre)
    chosen: Pairs = (np.empty(0, np.int64), np.empty(0, np.int64))
    missing = np.full(centres, number)
    if placed.matrix is None and placed.kernel.p_max > 0 and number > 0:
        find = Finder(placed, sign)
        moves, bound = find.bounds()
        for _ in range(ROUNDS if len(bound) and find.cells.most else 0):
            short = np.flatnonzero(missing > 0)
            if not len(short):
                break
            chosen, missing = _round(find, moves, bound, short, chosen, number, own, multapses, rng)
    chosen = _rest(placed, sign, chosen, number, missing, own, multapses, rng, where)
    i, j = chosen if sign > 0 else chosen[::-1]
    order = np.lexsort((j, i))
    return i[order], j[order]


def _round(
    find: Finder,
    moves: np.ndarray,
    bound: np.ndarray,
    short: np.ndarray,
    chosen: Pairs,
    number: int,
    own: np.ndarray,
    multapses: bool,
    rng: np.random.Generator,
) -> tuple[Pairs, np.ndarray]:
    """Further choices of the centres that are short of them; all choices, and how many each centre lacks."""
    each = int(max(1, min(4 * number, MOST // len(short))))
    c = np.repeat(short, each)
    ends = np.cumsum(bound)
    which = np.minimum(np.searchsorted(ends, rng.random(len(c)) * ends[-1], side="right"), len(ends) - 1)
    o, there = find.pick(c, moves[which], rng.integers(find.cells.most, size=len(c)))
    u = rng.random(len(c)) * bound[which]
    keep = there & (o != own[c])
    keep[keep] = u[keep] < find.probabilities(c[keep], o[keep])
    c, o = np.concatenate([chosen[0], c[keep]]), np.concatenate([chosen[1], o[keep]])
    if not multapses:
        _, first = np.unique(c * len(find.others) + o, return_index=True)
        first.sort()
        c, o = c[first], o[first]
    c, o = _first(c, o, number)
    return (c, o), number - np.bincount(c, minlength=len(find.own))


def _first(c: np.ndarray, o: np.ndarray, number: int) -> Pairs:
    """The first ``number`` choices of each centre."""
    order = np.argsort(c, kind="stable")
    sorted_c = c[order]
    begins = np.flatnonzero(np.diff(sorted_c, prepend=-1))
    rank = np.arange(len(c)) - np.repeat(begins, np.diff(begins, append=len(c)))
    kept = np.sort(order[rank < number])
    return c[kept], o[kept]


def _rest(
    placed: Placed,
    sign: int,
    chosen: Pairs,
    number: int,
    missing: np.ndarray,
    own: np.ndarray,
    multapses: bool,
    rng: np.random.Generator,
    where: str,
) -> Pairs:
    """Choices of the centres that still lack some, from the probabilities of all others."""
    n = len(placed.pre) if sign < 0 else len(placed.post)
    c, o = [chosen[0]], [chosen[1]]
    everyone = np.arange(n)
    for k in np.flatnonzero(missing > 0):
        pair = (np.full(n, k), everyone)
        weight = placed.probabilities(*(pair if sign > 0 else pair[::-1]))
        if own[k] >= 0:
            weight[own[k]] = 0.0
        if not multapses:
            weight[chosen[1][chosen[0] == k]] = 0.0
        possible = int(np.count_nonzero(weight))
        if possible < (1 if multapses else missing[k]):
            side = "sources" if sign < 0 else "targets"
            within = number - missing[k] + possible if not multapses else possible
            hint = "choose a wider kernel or a smaller number"
            raise AmineError(
                where,
                f"a neuron has too few {side} within reach",
                given=f"{within} for neuron {k}",
                expected=f"{number}",
                hint=hint,
            )
        if multapses:
            picked = rng.choice(n, missing[k], p=weight / weight.sum())
        else:  # the order of exponential clocks is that of draws one after the other
            clocks = np.full(n, np.inf)
            clocks[weight > 0] = rng.exponential(size=possible) / weight[weight > 0]
            picked = np.argsort(clocks, kind="stable")[: missing[k]]
        c.append(np.full(len(picked), k))
        o.append(picked)
    return np.concatenate(c), np.concatenate(o)


def neighbours(placed: Placed, number: int, own: np.ndarray) -> Pairs:
    """Pairs (sources, targets), sorted, of each target with the ``number`` sources that are nearest to it; the lowest numbers of equally near ones."""
    find = Finder(placed, -1, fine=True)
    left, found = np.arange(len(placed.post)), []
    radius = float(find.cells.width.min())
    extent = np.maximum(placed.pre.max(0), placed.post.max(0)) - np.minimum(placed.pre.min(0), placed.post.min(0))
    while len(left) and number:
        moves, _ = find.moves(np.full(len(extent), -radius), np.full(len(extent), radius))
        everyone, done = radius > np.sqrt((extent**2).sum()), []
        for part in _parts(len(left), len(moves) * find.cells.most):
            c, o = find.all_of(left[part], moves)
            d = np.sqrt((offsets(placed.pre[o], placed.post[c], placed.period) ** 2).sum(1))
            keep = ((d <= radius) | everyone) & (own[c] != o)
            c, o, d = c[keep], o[keep], d[keep]
            order = np.lexsort((o, np.round(d, DIGITS), c))
            c, o = c[order], o[order]
            enough = np.bincount(c, minlength=len(placed.post)) >= number
            done.append(left[part][enough[left[part]]])
            c, o = _first(c[enough[c]], o[enough[c]], number)
            found.append((o, c))
        left = np.setdiff1d(left, np.concatenate(done))
        radius *= 2
    i, j = _joined(found)
    order = np.lexsort((j, i))
    return i[order], j[order]


__all__ = ["connected", "degrees", "neighbours"]
