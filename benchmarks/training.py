"""Training: a step of a spiking network with amine's modules and with the libraries of the field, on the processor.

The rates of spikes are about those of each peer (its rows say which). A turn is the fastest of five steps. AdEx is forward
Euler in all, and beside it by the Runge-Kutta method that amine takes if nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from _contest import Peer

if TYPE_CHECKING:
    from workloads import Group

PEERS = {
    "spyx": ("spyx", ""),
    "spikingjelly": ("train", ""),
    "snntorch": ("train", ""),
    "snntorch, hoisted": ("train", "hoist"),
    "norse": ("train", ""),
}
NAMES = {
    "a": "Linear(512) and LIF, batch 16, 500 steps",
    "b": "700-256-256-20, batch 64, 100 steps, Adam",
    "c": "700-256 recurrent-20, batch 64, 100 steps, Adam",
    "adex": "Linear(512) and AdEx, batch 16, 500 steps",
    "conv": "Convolutions of 32 and 64 channels on 28 x 28, batch 16, 16 steps, Adam",
    "long": "Linear(128) and LIF, batch 4, 5000 steps",
    "stream": "700-256-20, one sample, 200 single steps without gradients",
}
NEW = ("conv", "long", "stream")  # not written for Spyx
ASKED = {
    "a": {"spyx": 2.5, "spikingjelly": 4, "snntorch": 4, "snntorch, hoisted": 4},
    "b": dict.fromkeys(PEERS, 2),
    "c": dict.fromkeys(PEERS, 2),
    "adex": dict.fromkeys(PEERS, 4),
    **{task: dict.fromkeys(("spikingjelly", "snntorch", "norse"), 1) for task in ("conv", "long", "stream")},
}


def contestant(task: str, name: str, home: str, idiom: str) -> Callable[[], object]:
    """A script with two threads."""
    script = f"train_{name.split(',')[0]}.py"
    more = ("--idiom", idiom) if idiom else ()
    return lambda: Peer(script, "--task", task, "--threads", "2", *more, home=home)


def training() -> list[Group]:
    """One group for each task."""
    from workloads import Claim, Group

    groups = []
    for task, title in NAMES.items():
        contestants = {"amine": contestant(task, "amine", "", "")}
        if task == "adex":
            contestants["amine, RK4"] = contestant(task, "amine", "", "rk4")
        peers = {k: v for k, v in PEERS.items() if task not in NEW or k in ASKED[task]}
        contestants |= {name: contestant(task, name, home, idiom) for name, (home, idiom) in peers.items()}
        claims = [Claim(f"{least:g} times {name}", "amine", name, least=least) for name, least in ASKED[task].items()]
        if task == "adex":
            claims.append(Claim("by RK4, the method of its own", "amine, RK4", "spyx", required=False))
        elif task not in NEW:
            claims.append(Claim("peak memory below Spyx's", "amine", "spyx", least=1.0, what="MB"))
            claims += [
                Claim(f"half the working memory of {name}", "amine", name, least=2.0, what="MB of work")
                for name in ("snntorch", "spikingjelly", "norse")
            ]
        groups.append(Group(title, contestants, claims, limit=""))
    return groups
