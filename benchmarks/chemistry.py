"""Groups for chemical synapses: schemes at the source and at each synapse, against Brian2 and against the bare network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _contest import Amine, Peer

if TYPE_CHECKING:
    from workloads import Group


def chemistry(quick: bool) -> list[Group]:
    """``coba`` with kinetic receptors, a field and two drugs; the same with a scheme at each synapse."""
    from workloads import Claim, Group

    bio = 0.3 if quick else 1.0
    short = 0.05 if quick else 0.2
    kinetic = Group(
        "coba 4000, kinetic receptors",
        {
            "amine": lambda: Amine("chemical", bio, "--neurons", "4000", "--set", "drugs=false"),
            "amine, field and drugs": lambda: Amine("chemical", bio, "--neurons", "4000"),
            "amine, bare coba": lambda: Amine("coba", bio, "--neurons", "4000"),
            "brian2": lambda: Peer("chemical_brian2.py", "--n", "4000", "--bio", str(short), "--detail", "kinetic"),
        },
        [
            Claim("8 times Brian2", "amine", "brian2", least=8),
            Claim(
                "field and drugs, at most 3.5 times bare coba", "amine, bare coba", "amine, field and drugs", most=3.5
            ),
        ],
        limit="",
        notes=[
            "Brian2 has the state of a scheme at its source too, and sums it over the synapses of each target in each step."
        ],
    )
    explicit = Group(
        "coba 4000, a scheme at each synapse",
        {
            "amine": lambda: Amine("chemical", short, "--neurons", "4000", "--set", "detail=explicit"),
            "brian2": lambda: Peer("chemical_brian2.py", "--n", "4000", "--bio", str(short), "--detail", "explicit"),
        },
        [Claim("8 times Brian2", "amine", "brian2", least=8)],
        limit="",
    )
    return [kinetic, explicit]
