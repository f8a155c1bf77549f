"""Cells with trees: 100 ball-and-stick cells of 100 compartments against NEURON, CoreNEURON, Arbor and Jaxley; a network of small trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from _contest import Amine, Peer

if TYPE_CHECKING:
    from workloads import Group


def cables(quick: bool) -> list[Group]:
    """One thread, two threads, and coba with four compartments a cell."""
    from workloads import Claim, Group

    def amine(precision: str, threads: int = 1) -> Callable[[], object]:
        return lambda: Amine("ball_and_stick", 0.1, precision=precision, threads=threads)

    contestants: dict[str, Callable[[], object]] = {
        "amine": amine("float64"),
        "amine, float32": amine("float32"),
        "amine, 2 threads": amine("float64", 2),
        "arbor": lambda: Peer("cable_arbor.py", home="arbor"),
        "neuron": lambda: Peer("cable_neuron.py", home="neuron"),
        "coreneuron": lambda: Peer("cable_neuron.py", "--core", "1", home="neuron"),
        "jaxley, 2 threads": lambda: Peer("cable_jaxley.py", "--threads", "2", home="jaxley"),
    }
    trees = Group(
        "100 cells of 100 compartments",
        contestants,
        [
            Claim("1.5 times Arbor", "amine", "arbor", least=1.5),
            Claim("3 times NEURON", "amine", "neuron", least=3.0),
            Claim("2 times CoreNEURON", "amine", "coreneuron", least=2.0),
            Claim("2 times Jaxley", "amine", "jaxley, 2 threads", least=2.0),
            Claim("float32 over float64", "amine, float32", "amine", least=1.5),
            Claim("2 threads over 1", "amine, 2 threads", "amine", least=1.7),
        ],
        limit="",
        notes=[
            "Cells of 100 compartments: float64, 0.025 ms, one thread unless said; Jaxley in float64 on two threads, compiled before."
        ],
    )
    bio = 0.5 if quick else 1.0
    network = Group(
        "coba 4000 of four compartments",
        {"amine": lambda: Amine("coba_trees", bio), "point neurons": lambda: Amine("coba", bio)},
        [Claim("point neurons at most 5 times faster", "point neurons", "amine", most=5.0)],
        limit="",
    )
    return [trees, network]
