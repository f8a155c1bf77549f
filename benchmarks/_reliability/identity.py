"""The same network in other ways: threads, chunks, restarts, orders of construction."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np

import amine as am
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


@campaign(
    "orders of construction",
    "parts in any order, other names, other parts among them; each population has the same bits",
)
def orders(scale: float, rng: np.random.Generator) -> Tally:
    tally, expected = Tally(), by_population(network().run(SPAN, progress=False), NAMES)
    for k in range(max(3, round(30 * scale))):
        data, names = network().to_dict(), NAMES
        if k % 2:
            names = {n: f"{rng.integers(10**6)} {n}" for n in NAMES}
            data = renamed(data, names)
        if k % 3:
            data = beside(data, strangers(int(rng.integers(1, 100))))
        for kind in KINDS:
            data[kind] = [data[kind][i] for i in rng.permutation(len(data[kind]))]
        run = am.Network.from_dict(data).run(SPAN, progress=False, threads=1 + k % 3)
        order = ", ".join(p["name"] for p in data["populations"])
        tally.count(
            by_population(run, names) == expected, f"populations {order}, projections {len(data['projections'])}"
        )
    return tally


KINDS = ("populations", "projections", "electrical", "inputs", "stimuli", "probes")
NAMES = {"E": "E", "I": "I"}


def renamed(data: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A description with other names of its populations."""
    text = json.dumps(data)
    for before, after in names.items():
        text = text.replace(f'"{before}"', f'"{after}"')
    return json.loads(text)


def strangers(n: int) -> dict[str, Any]:
    """Two populations that do what those of the campaigns' network do, but are not connected to it."""
    net = am.Network()
    A = net.population("A", n, "lif_cond", I_e="uniform('100 pA', '300 pA')", stream="A")
    B = net.population("B", 17, "poisson", rate="30 Hz", stream="B")
    net.synapses(B, A, receptor="AMPA", weight="uniform('1 nS', '2 nS')", p=0.3, delay="uniform('1 ms', '9 ms')")
    net.synapses(A, A, receptors={"AMPA": "1 nS", "GABA_A": "1 nS"}, p=0.2)
    net.gap_junctions(A, A, conductance="5 nS", p=0.2)
    net.poisson(A, rate="100 Hz", receptor="AMPA", weight="1 nS")
    net.probe(A, "v")
    return net.to_dict()


def beside(data: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A description with the parts of another in it."""
    return {k: [*v, *more[k]] if k in KINDS else v for k, v in data.items()}


def by_population(run: am.Run, names: dict[str, str]) -> dict[str, Any]:
    """All that a run holds of some populations, to be compared to the last bit."""
    out: dict[str, Any] = {"weights": run.weights("plastic").weights.tobytes()}
    for name, called in names.items():
        train = run.spikes[called]
        out[name] = train.times.tobytes(), train.indices.tobytes()
    for name in ("cells", "inhibitory"):
        out |= {f"{name}.{v}": np.asarray(x).tobytes() for v, x in run.probes[name].values.items()}
    return out
