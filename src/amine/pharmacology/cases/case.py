"""The class of cases, their registry, and runs of their networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amine.network.network import Network
    from amine.results.run import Run

Numbers = dict[str, float]
Register = Callable[[Callable[[], Numbers]], Callable[[], Numbers]]


@dataclass(frozen=True)
class Case:
    """An effect of a drug, and the run that shows it.

    Parameters
    ----------
    name : the effect in a few words. drugs : ids and concentrations. paper : its source.
    measured : the quantity measured, with its unit. expected : direction and size, in words.
    run : returns the numbers by name. holds : whether they are as expected.
    """

    name: str
    drugs: str
    paper: str
    measured: str
    expected: str
    run: Callable[[], Numbers]
    holds: Callable[[Numbers], bool]


CASES: dict[str, Case] = {}


def case(name: str, drugs: str, paper: str, measured: str, expected: str, holds: Callable[[Numbers], bool]) -> Register:
    """Decorator that registers the function that runs a case."""

    def register(run: Callable[[], Numbers]) -> Callable[[], Numbers]:
        CASES[run.__name__] = Case(name, drugs, paper, measured, expected, run, holds)
        return run

    return register


def simulated(net: Network, duration: str, **doses: Any) -> Run:
    """Run a network with drugs, named by id with underscores, at constant concentrations or in time."""
    for drug, concentration in doses.items():
        net.dose(drug.replace("_", "-"), concentration)
    return net.run(duration, precision="float64", progress=False)
