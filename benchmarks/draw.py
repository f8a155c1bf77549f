"""Time to draw random connectivity, in a process of its own.

    python benchmarks/draw.py shared|individual [synapses 100000000]

100 000 neurons to 100 000 neurons; ``shared``: one weight and delay; ``individual``: normal weights, clipped
normal delays, sorted for delivery. Prints one JSON object: seconds, bytes a synapse, peak memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from amine.distributions import normal
from amine.engine.build.connectivity import ProjectionSpec, build_bundle
from amine.engine.resolve.streams import Stream


def spec(kind: str, n: int, synapses: float) -> ProjectionSpec:
    """One projection from a population to itself."""
    individual = kind == "individual"
    weight = normal("87.8 pA", "8.78 pA").truncated("0 pA", "1 nA").internal("pA", "weight") if individual else 0.1
    delay = normal("1.5 ms", "0.75 ms").clipped("0.1 ms", "6.3 ms").internal("ms", "delay") if individual else 1
    return ProjectionSpec(
        name="draw",
        stream=Stream(1, "draw"),
        pre=(0, 1, n),
        post=(0, 1, n),
        rule="total" if individual else "p",
        value=int(synapses) if individual else synapses / (n * n),
        same_population=True,
        autapses=True,
        multapses=True,
        base=0,
        stride=256,
        bounds=(0, n),
        weight=weight,
        delay=delay,
    )


def main() -> None:
    """Draw once small, to compile, then the size asked for."""
    kind, synapses = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1e8
    if kind not in ("shared", "individual"):
        raise SystemExit("kind is shared or individual")
    start = time.perf_counter()
    build_bundle([spec(kind, 256, 1000)], 256, 1, 0.1, "float32")
    compile_s, start = time.perf_counter() - start, time.perf_counter()
    n = 100_000 if synapses >= 1e6 else 1000
    bundle = build_bundle([spec(kind, n, synapses)], n, 1, 0.1, "float32")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    per_synapse = bundle.nbytes / max(1, bundle.n_synapses)
    line = {
        "seconds": seconds,
        "compile_s": compile_s,
        "synapses": bundle.n_synapses,
        "bytes_per_synapse": per_synapse,
    }
    print(json.dumps({**line, "peak_rss_mb": peak}))


if __name__ == "__main__":
    main()
