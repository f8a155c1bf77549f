"""The water maze: animals of spiking neurons over trials, with and without a drug."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.doses import parse_dose
from amine.errors import AmineError
from amine.experiments import maze_report
from amine.experiments.outcome import Outcome
from amine.experiments.water_maze import BLOCK, Animal, Group
from amine.network.numbers import whole_number

if TYPE_CHECKING:
    from amine.compounds.doses import Course


def maze(
    seed: int = 0,
    animals: int = 4,
    trials: int = 16,
    dose: Sequence[str] | str = (),
    details: bool = True,
    workers: int = 2,
    progress: bool = False,
) -> Outcome:
    """Train a spiking actor and critic to find the hidden platform of a water maze by dopamine-gated plasticity.

    Parameters
    ----------
    seed : seed of the first animal; the others have the next ones. animals : number of animals in a group.
    trials : number of trials of each animal, a multiple of 4: each block of four starts once from each of four places.
    dose : drugs that are present throughout, such as ``"haloperidol=50 nM"``; a second group without them serves as control.
    details : add figures, and the control group. workers : threads over animals; results do not depend on them.
    progress : print a line for each block of trials on standard error.

    Returns
    -------
    Outcome
        Latencies of the first and the last four trials and of all trials; with a drug, also those of the control group.

    Raises
    ------
    AmineError
        A number is out of range, or a dose that is not constant.

    Examples
    --------
    >>> maze(animals=1, trials=4, details=False).measures["animals"]
    1.0
    """
    began = time.perf_counter()
    n, shown, threads = (
        whole_number(animals, "maze, animals", 1, 1000),
        whole_number(trials, "maze, trials", BLOCK, 1000),
        whole_number(workers, "maze, workers", 1, 64),
    )
    first = whole_number(seed, "maze, seed", 0, 2**63)
    if shown % BLOCK:
        raise AmineError(
            "maze, trials", f"this is not a multiple of {BLOCK}", given=str(shown), expected="4, 8, 12 ..."
        )
    groups = _groups(dose, range(first, first + n), details)
    built = time.perf_counter()
    swim(groups, shown // BLOCK, threads, progress)
    out = Outcome(
        "maze",
        "A water maze, learnt by dopamine",
        maze_report.ABOUT,
        _measures(groups),
        arguments={"seed": seed, "animals": n, "trials": shown, "dose": dose, "details": details, "workers": threads},
        seconds={"build": built - began, "swim": time.perf_counter() - built},
        arrays={f"latency, {g.name}": g.latencies for g in groups} | {f"found, {g.name}": g.found for g in groups},
    )
    if details:
        maze_report.figures(out, groups)
    return out


def _groups(dose: Sequence[str] | str, seeds: Sequence[int], control: bool) -> list[Group]:
    """The group of animals with the drugs, and with drugs optionally the control group without."""
    doses = _doses(dose)
    name = ", ".join([dose] if isinstance(dose, str) else dose) if doses else "no drug"
    groups = [Group.of(name, seeds, doses)]
    if doses and control:
        groups.append(Group.of("no drug", seeds, ()))
    return groups


def swim(groups: Sequence[Group], blocks: int, threads: int, progress: bool) -> None:
    """Run all animals for ``blocks`` blocks of trials, ``threads`` animals at a time."""
    with ThreadPoolExecutor(threads) as pool:
        for b in range(blocks):
            list(pool.map(Animal.block, [a for g in groups for a in g.animals]))
            for g in groups:
                g.snapshots.append(g.animals[0].weights())
            if progress:
                said = "; ".join(_line(g, b) for g in groups)
                print(f"trials {b * BLOCK + 1:>3} to {(b + 1) * BLOCK:<3} {said}", file=sys.stderr, flush=True)


def _line(group: Group, block: int) -> str:
    here = slice(block * BLOCK, (block + 1) * BLOCK)
    return f"{group.name}: {group.latencies[:, here].mean():5.1f} s, found in {group.found[:, here].mean():4.0%}"


def _measures(groups: Sequence[Group]) -> dict[str, float]:
    out = {"animals": float(len(groups[0].animals))}
    for g in groups:
        what = "without drug: " if g is not groups[0] else ""
        before, after = g.snapshots[0], g.snapshots[-1]
        out |= {
            f"{what}latency, first 4 trials (s)": float(g.latencies[:, :BLOCK].mean()),
            f"{what}latency, last 4 trials (s)": float(g.latencies[:, -BLOCK:].mean()),
            f"{what}mean latency (s)": float(g.latencies.mean()),
            f"{what}found in last 4 trials": float(g.found[:, -BLOCK:].mean()),
            f"{what}tonic occupancy of D1": g.tonic,
            f"{what}change of policy (pA)": float(np.abs(after[1] - before[1]).mean()),
        }
    return out


def _doses(given: Sequence[str] | str) -> list[tuple[str, Course]]:
    texts = [given] if isinstance(given, str) else list(given)
    for text in texts:
        if "@" in text:
            raise AmineError(
                "maze, dose",
                "animals are adapted to their drug, which is present throughout",
                given=text[:40],
                hint="leave the times out",
            )
    return [parse_dose(text) for text in texts]
