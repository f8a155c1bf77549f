"""``amine cache``: the compiled structures on disk."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from amine import circuits, models
from amine.engine.codegen import cache as kept
from amine.network.network import Network

# of circuits whose size by default takes long to draw; a structure does not depend on its size
SMALL: dict[str, dict[str, Any]] = {
    "microcircuit": {"scale": 0.02},
    "brunel": {"scale": 0.2},
    "vogels": {"neurons": 1000},
    "stdp_network": {"neurons": 1000, "inputs": 100},
    "wang2002": {"scale": 0.2},
}


def show(clear: bool, warm: bool = False) -> None:
    """Print the folder of compiled structures, after deleting or compiling them if asked to."""
    if clear:
        print(f"{kept.clear()} files deleted")
    if warm:
        for name, seconds in compiled():
            print(f"{name}: {seconds:.1f} s", file=sys.stderr)
    print(kept.directory())


def compiled() -> Iterator[tuple[str, float]]:
    """Compiles each circuit, and each neuron model alone; name and seconds of each as it is done."""
    for name in circuits.names():
        start = time.perf_counter()
        circuits.get(name)(**SMALL.get(name, {})).run("0.1 ms", progress=False)
        yield name, time.perf_counter() - start
    for name in models.names("neuron"):
        start = time.perf_counter()
        net = Network()
        net.population("neurons", 1, name)
        net.run("0.1 ms", progress=False)
        yield name, time.perf_counter() - start
