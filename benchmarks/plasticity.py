"""Learning: networks whose synapses change, with amine, Brian2 and NEST, one thread each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _contest import Amine, Peer

if TYPE_CHECKING:
    from workloads import Group


def plasticity(quick: bool) -> list[Group]:
    """A recurrent network with 1.6 million plastic synapses and Song 2000."""
    from workloads import Claim, Group

    n, k, bio, long = (2000, 200, 0.5, 20.0) if quick else (5000, 500, 1.0, 100.0)
    size = ("--n", str(n), "--k", str(k), "--bio", str(bio))
    return [
        Group(
            f"STDP network, {n} neurons x {k}",
            {
                "amine": lambda: Amine("stdp_network", bio, "--neurons", str(n), "--set", f"inputs={k}"),
                "brian2": lambda: Peer("stdp_network_brian2.py", *size),
                "nest": lambda: Peer("stdp_network_nest.py", *size),
            },
            [
                Claim("6 times Brian2", "amine", "brian2", least=6),
                Claim("15 times NEST", "amine", "nest", least=15),
            ],
            limit="",
        ),
        Group(
            f"Song 2000, {long:g} s",
            {
                "amine": lambda: Amine("song", long),
                "brian2": lambda: Peer("song_brian2.py", "--bio", str(long)),
            },
            [Claim("10 times Brian2", "amine", "brian2", least=10)],
            limit="",
        ),
    ]
