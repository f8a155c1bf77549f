"""The same network in other ways: threads, chunks, restarts, orders of construction."""

from __future__ import annotations

import itertools

import numpy as np

from _reliability.campaign import SPAN, Tally, bits, campaign, folder, network, place
from _reliability.restarts import reference


@campaign("identity", "threads x chunks x restarts x store or memory; the same bits")
def identity(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    ways = list(
        itertools.product((1, 2, 3, 4, 7), ("0.1 ms", "1.7 ms", "100 ms"), ((), (17,), (5, 23, 41)), (False, True))
    )
    chosen = rng.permutation(len(ways))[: max(4, round(len(ways) * min(1.0, scale)))]
    for w in chosen.tolist():
        threads, chunk, stops, stored = ways[w]
        with folder() as at:
            for k, stop in enumerate(stops):
                given = place(at, stored, chunk=chunk, threads=1 + (threads + k) % 4)
                network().run(f"{stop} ms", resume=True, **given)
            run = network().run(SPAN, resume=True, **place(at, stored, chunk=chunk, threads=threads))
            tally.count(
                bits(run) == reference(), f"{threads} threads, chunks of {chunk}, stops {stops}, stored {stored}"
            )
    return tally
