"""The class of cases, published sizes and what counts as reaching them, the registry, and runs of networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from amine.records import dataclass

if TYPE_CHECKING:
    from amine.network.network import Network
    from amine.results.run import Run

Numbers = dict[str, float]
Register = Callable[[Callable[[], Numbers]], Callable[[], Numbers]]
Level = Literal["current", "cell", "network", "learning"]

PART = 0.15  # a published part (0..1, or of control) is reached within this distance
FACTOR = 1.5  # a published ratio or amount is reached within this factor


@dataclass(frozen=True)
class Size:
    """A published number; made by :func:`part` and :func:`ratio`, whose tolerances are the same for all cases.

    Parameters
    ----------
    published : the number. relative : whether it is reached within the factor ``FACTOR``, else within the distance ``PART``.
    """

    published: float
    relative: bool

    @property
    def low(self) -> float:
        """Least number that counts as reached."""
        return self.published / FACTOR if self.relative else self.published - PART

    @property
    def high(self) -> float:
        """Greatest number that counts as reached."""
        return self.published * FACTOR if self.relative else self.published + PART

    def reached(self, x: float) -> bool:
        """Whether a number is within the tolerance.

        >>> part(0.39).reached(0.5), ratio(3.9).reached(7.0)
        (True, False)
        """
        return self.low <= x <= self.high

    def __str__(self) -> str:
        if self.relative:
            return f"{self.published:.3g} ({self.low:.2g} to {self.high:.2g})"
        return f"{self.published:.3g} (± {PART:g})"


def part(published: float) -> Size:
    """A published part of control, reached within 0.15."""
    return Size(published, False)


def ratio(published: float) -> Size:
    """A published ratio or amount, reached within a factor of 1.5."""
    return Size(published, True)


@dataclass(frozen=True)
class Case:
    """An effect of a drug, and the run that shows it.

    Parameters
    ----------
    name : the effect in a few words. drugs : ids and concentrations. paper : its source.
    measured : the quantity measured, with its unit. expected : direction and size, in words.
    run : returns the numbers by name. holds : whether they are as expected.
    system : transmitter or channel. level : current, cell, network or learning.
    differs : where the published size is not reached, why; empty where it is.
    """

    name: str
    drugs: str
    paper: str
    measured: str
    expected: str
    run: Callable[[], Numbers]
    holds: Callable[[Numbers], bool]
    system: str
    level: Level
    differs: str = ""


CASES: dict[str, Case] = {}


def case(
    name: str,
    drugs: str,
    paper: str,
    measured: str,
    expected: str,
    holds: Callable[[Numbers], bool],
    *,
    system: str,
    level: Level,
    differs: str = "",
) -> Register:
    """Decorator that registers the function that runs a case whose expectation is a condition."""

    def register(run: Callable[[], Numbers]) -> Callable[[], Numbers]:
        CASES[run.__name__] = Case(name, drugs, paper, measured, expected, run, holds, system, level, differs)
        return run

    return register


def sized(
    name: str,
    drugs: str,
    paper: str,
    measured: str,
    sizes: Mapping[str, Size],
    *,
    system: str,
    level: Level,
    differs: str = "",
) -> Register:
    """Decorator that registers the function that runs a case with published numbers, by the names of those that it returns."""

    def holds(x: Numbers) -> bool:
        return all(size.reached(x[key]) for key, size in sizes.items())

    def register(run: Callable[[], Numbers]) -> Callable[[], Numbers]:
        expected = "; ".join(f"{key}: {size}" for key, size in sizes.items())
        CASES[run.__name__] = Case(name, drugs, paper, measured, expected, run, holds, system, level, differs)
        return run

    return register


def simulated(net: Network, duration: str, **doses: Any) -> Run:
    """Run a network with drugs, named by id with underscores, at constant concentrations or in time."""
    for drug, concentration in doses.items():
        net.dose(drug.replace("_", "-"), concentration)
    return net.run(duration, precision="float64", progress=False)
