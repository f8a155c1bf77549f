"""Patterns of connections between groups of neurons, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.frozen import closed
from amine.network.formulas import matrix, pair_formula
from amine.network.numbers import probability, whole_number
from amine.network.parts import Group, View
from amine.network.space.kernels import FORMULA, DistanceKernel, Placed
from amine.network.space.regions import Region
from amine.records import dataclass
from amine.values import Formula

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.network.network import Network

NAMED = ("one_to_one", "all_to_all")
LISTED = ("pairs", "one_to_one")
Pairs: TypeAlias = "Sequence[npt.ArrayLike] | np.ndarray"  # two arrays of indices: within the source, within the target


@closed("make the connections with another pattern")
@dataclass(frozen=True, eq=False)
class Pattern:
    """Pattern of pairs: p, indegree, outdegree, total, one_to_one, all_to_all, pairs, distance or nearest.

    With a ``kernel``, an in-degree or out-degree is chosen in proportion to it.
    """

    kind: str
    value: Any = None
    kernel: DistanceKernel | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pattern) or (self.kind, self.kernel) != (other.kind, other.kernel):
            return False
        if self.kind == "pairs":
            return all(np.array_equal(a, b) for a, b in zip(self.value, other.value, strict=True))
        return self.value == other.value

    def __str__(self) -> str:
        if self.kind == "pairs":
            return f"{len(self.value[0])} explicit pairs"
        return self.kind if self.value is None else f"{self.kind} = {self.value}"


def pattern_of(where: str, **given: Any) -> Pattern:
    """Pattern from the option that is given; AmineError if there is none or there are several, but for a degree under a kernel."""
    chosen = {k: v for k, v in given.items() if v is not None}
    kernel = None
    if len(chosen) == 2 and "distance" in chosen and {"indegree", "outdegree"} & chosen.keys():
        kernel = _kernel(chosen.pop("distance"), where)
    if len(chosen) != 1:
        raise AmineError(
            where,
            "give one pattern of connections",
            given=", ".join(chosen) or "none",
            expected=f"one of {', '.join(given)}",
        )
    kind, value = next(iter(chosen.items()))
    if kind == "p":
        return Pattern("p", probability(value, where, "use total= for a number of synapses"))
    if kind in ("indegree", "outdegree", "total", "nearest"):
        return Pattern(kind, whole_number(value, f"{where}, {kind}", 0, 2**62), kernel)
    if kind == "pairs":
        return Pattern("pairs", _pairs(value, where))
    if kind == "distance":
        return Pattern("distance", _kernel(value, where))
    if value not in NAMED:
        raise AmineError(where, f"pattern '{str(value)[:40]}' is not known", hint=did_you_mean(str(value)[:40], NAMED))
    return Pattern(str(value))


def _kernel(value: object, where: str) -> DistanceKernel:
    if isinstance(value, Region):
        return DistanceKernel.flat(1.0).within(value)
    if not isinstance(value, DistanceKernel):
        expected = "gaussian(), exponential_decay() or box(), or a region of am.space"
        raise AmineError(where, "this is not a kernel of distance", given=repr(value)[:40], expected=expected)
    return value


def by_pair(
    net: Network, p: object, distance: DistanceKernel | Region | None, sources: Group, targets: Group, where: str
) -> tuple[Any, DistanceKernel | Region | None]:
    """A probability that is the text of a formula of a pair as a kernel of that formula; other values unchanged."""
    found = pair_formula(net, p, "1", sources, targets, f"{where}, p")
    if not isinstance(found, Formula):
        return p, distance
    if distance is not None:
        raise AmineError(where, "give one pattern of connections", given="p and distance")
    if found.low < 0 or found.high > 1:
        given = f"{found.low:g} to {found.high:g}"
        raise AmineError(
            f"{where}, p", "the formula leaves 0..1", given=given, hint="bound it, such as clip(..., 0, 1)"
        )
    return None, DistanceKernel(found.text, FORMULA, max(found.high, 1e-12))


def _pairs(value: Pairs, where: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        i, j = (np.asarray(x) for x in value)
    except (TypeError, ValueError) as e:
        raise AmineError(where, "pairs must be two arrays of indices", given=repr(value)[:40]) from e
    if (
        i.ndim != 1
        or i.shape != j.shape
        or (i.size and not (np.issubdtype(i.dtype, np.integer) and np.issubdtype(j.dtype, np.integer)))
    ):
        raise AmineError(
            where, "pairs must be two arrays of whole numbers of one length", given=f"{i.shape} and {j.shape}"
        )
    i, j = i.astype(np.int64), j.astype(np.int64)
    i.flags.writeable = j.flags.writeable = False
    return i, j


def check_pattern(
    net: Network, pattern: Pattern, sources: Group, targets: Group, autapses: bool, multapses: bool, where: str
) -> None:
    """Raise AmineError if the pattern is impossible between these groups, or contradicts ``autapses`` or ``multapses``."""
    one_source = pattern.kind in ("indegree", "total", "nearest", *LISTED)
    one_target = pattern.kind in ("outdegree", "total", *LISTED)
    if (one_source and len(sources.parts) > 1) or (one_target and len(targets.parts) > 1):
        raise AmineError(
            where,
            f"'{pattern.kind}' is a pattern for one population or evenly spaced slice on "
            f"{'either' if one_source and one_target else 'that'} side",
            hint="make one call for each",
        )
    a, b = sources.views()[0], targets.views()[0]
    if pattern.kind == "one_to_one" and a.n != b.n:
        raise AmineError(where, "one_to_one needs as many sources as targets", given=f"{a.n} and {b.n}")
    if pattern.kind in LISTED:
        _check_listed(pattern, a, b, autapses, multapses, where)
    kernel = pattern.value if pattern.kind == "distance" else pattern.kernel
    if pattern.kind == "nearest" or (kernel is not None and kernel.formula is None):
        _check_distance(net, sources, targets, None if kernel is None else kernel.region, where)
    if not multapses or pattern.kind == "nearest":
        _check_room(pattern, a, b, autapses, where)


def _check_listed(pattern: Pattern, a: View, b: View, autapses: bool, multapses: bool, where: str) -> None:
    """Raise AmineError if a given pair does not exist, or is excluded by ``autapses`` or ``multapses``."""
    i, j = pattern.value if pattern.kind == "pairs" else (np.arange(a.n), np.arange(b.n))
    if not i.size:
        return
    if i.min() < 0 or i.max() >= a.n or j.min() < 0 or j.max() >= b.n:
        raise AmineError(
            where,
            "a pair names a neuron that is not there",
            given=f"up to {i.max()}, {j.max()}",
            expected=f"0..{a.n - 1}, 0..{b.n - 1}",
        )
    own = np.flatnonzero(a.start + a.step * i == b.start + b.step * j) if a.population == b.population else i[:0]
    if not autapses and len(own):
        raise AmineError(
            where,
            "a given pair connects a neuron with itself, which autapses=False excludes",
            given=f"{i[own[0]]}, {j[own[0]]}",
            hint="leave the pair out",
        )
    if not multapses and len(np.unique(np.stack([i, j]), axis=1).T) < len(i):
        raise AmineError(where, "a pair is given twice, which multapses=False excludes", hint="leave one of them out")


def _check_distance(net: Network, sources: Group, targets: Group, region: Region | None, where: str) -> None:
    dims, periods = set(), set()
    for v in (*sources.parts, *targets.parts):
        positions = net.populations[v.population].positions
        if positions is None:
            raise AmineError(
                where, f"population '{v.population}' has no positions", hint="give positions= when making it"
            )
        dims.add(positions.shape[1])
        periods.add(net.populations[v.population].period)
    if len(dims) > 1:
        raise AmineError(where, "the positions differ in their number of dimensions")
    if len(periods) > 1:
        raise AmineError(
            where,
            "the positions are in spaces that differ in their edges",
            hint="make all periodic with the same lengths, or none",
        )
    if region is not None and region.dims not in dims:
        given, expected = f"{region.dims} dimensions", f"{dims.pop()}"
        raise AmineError(where, "the region does not fit the positions", given=given, expected=expected)


def _check_room(pattern: Pattern, a: View, b: View, autapses: bool, where: str) -> None:
    own = 0 if autapses or a.population != b.population else 1
    room = {
        "indegree": a.n - own,
        "outdegree": b.n - own,
        "nearest": a.n - own,
        "total": a.n * b.n - own * min(a.n, b.n),
    }.get(pattern.kind)
    if room is not None and pattern.value > room:
        raise AmineError(
            where,
            f"{pattern.kind} is more than there are pairs",
            given=str(pattern.value),
            expected=f"at most {room} without multapses",
        )


def within_population(pattern: Pattern, sources: Group, targets: Group) -> tuple[Pattern, Group, Group]:
    """Convert pairs between unevenly spaced selections of one population each to pairs between the whole populations."""
    several = len(sources.parts) > 1 or len(targets.parts) > 1
    one = all(
        len({v.population for v in g.parts}) == 1 and not any(v.place for v in g.parts) for g in (sources, targets)
    )
    if not (several and one and pattern.kind in LISTED) or (pattern.kind == "one_to_one" and sources.n != targets.n):
        return pattern, sources, targets
    i, j = pattern.value if pattern.kind == "pairs" else (np.arange(sources.n), np.arange(targets.n))
    inside = i.size == 0 or (i.min() >= 0 and i.max() < sources.n and j.min() >= 0 and j.max() < targets.n)
    if not inside:
        return pattern, sources, targets
    a, b = sources.numbers(), targets.numbers()
    ends = [View(g.parts[0].population, 0, int(x.max()) + 1) for g, x in ((sources, a), (targets, b))]
    return Pattern("pairs", (a[i], b[j])), Group((ends[0],)), Group((ends[1],))


def placed(net: Network, pattern: Pattern, a: View, b: View, where: str) -> Placed | None:
    """The kernel of a pattern, or the positions alone for nearest neighbours, between two views; None if it has neither."""
    kernel = pattern.value if pattern.kind == "distance" else pattern.kernel
    if kernel is None and pattern.kind != "nearest":
        return None
    kernel = DistanceKernel.flat(1.0) if kernel is None else kernel
    if kernel.formula is not None:
        none = np.empty((0, 1))
        return Placed(kernel, none, none, matrix=matrix(net, kernel.formula, "1", a, b, f"{where}, p"))
    pre, post = (net.populations[v.population].positions[v.start : v.stop : v.step] for v in (a, b))  # type: ignore[index]
    return Placed(kernel, pre, post, net.populations[a.population].period)
