"""What a case is, and how its networks are run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amine.network.network import Network
    from amine.results.run import Run

Numbers = dict[str, float]


@dataclass(frozen=True)
class Case:
    """One experiment.

    Parameters
    ----------
    name : in a few words. drugs : ids and concentrations. paper : where the effect was measured.
    measured : what the numbers are. expected : direction and size, in words.
    run : gives the numbers, by name. holds : whether they are as expected.
    """

    name: str
    drugs: str
    paper: str
    measured: str
    expected: str
    run: Callable[[], Numbers]
    holds: Callable[[Numbers], bool]


CASES: dict[str, Case] = {}


def case(name: str, drugs: str, paper: str, measured: str, expected: str, holds: Callable[[Numbers], bool]) -> Any:
    """Registers the function that runs a case."""

    def register(run: Callable[[], Numbers]) -> Callable[[], Numbers]:
        CASES[run.__name__] = Case(name, drugs, paper, measured, expected, run, holds)
        return run

    return register


def simulated(net: Network, duration: str, **doses: Any) -> Run:
    """A run of a network with drugs, by id with underscores, at constant concentrations or in time."""
    for drug, concentration in doses.items():
        net.dose(drug.replace("_", "-"), concentration)
    return net.run(duration, precision="float64", progress=False)
