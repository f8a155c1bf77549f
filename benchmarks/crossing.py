"""Where the product with spikes stops to pay: sums of rows against the dense product, by density.

    python benchmarks/crossing.py [--rows 8000] [--inputs 512] [--outputs 512] [--threads 2]

The densities at which they cost the same are those below which ``ann.Linear`` takes the sums (FORWARD and GRADIENT in
``amine.learn.nn.linear``).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from amine.learn.nn import sparse

DENSITIES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)


def fastest(f: Callable[[], object], repeats: int = 7) -> float:
    """Milliseconds of the fastest of some calls."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        f()
        found.append(time.perf_counter() - start)
    return min(found) * 1e3


def crossing(x: list[float], sums: list[float], dense: list[float]) -> str:
    """The density at which the sums become dearer, between two that were measured."""
    for i in range(1, len(x)):
        a, b = sums[i - 1] - dense[i - 1], sums[i] - dense[i]
        if a < 0 <= b:
            return f"{x[i - 1] + (x[i] - x[i - 1]) * -a / (b - a):.2f}"
    return f"above {x[-1]}" if sums[-1] < dense[-1] else f"below {x[0]}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 8000), ("inputs", 512), ("outputs", 512), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    rng = np.random.default_rng(1)
    W = rng.standard_normal((a.inputs, a.outputs)).astype(np.float32)
    weight = np.ascontiguousarray(W.T)
    g = rng.standard_normal((a.rows, a.outputs)).astype(np.float32)
    table = []
    for density in DENSITIES:
        x = (rng.random((a.rows, a.inputs)) < density).astype(np.float32)
        X, Wt, G = (torch.from_numpy(v) for v in (x, W, g))

        def forward(x: np.ndarray = x) -> object:
            return sparse.forward(sparse.Events(x).listed(x), weight, None)

        e = sparse.Events(x).listed(x)
        np.testing.assert_allclose(forward(), x @ W, atol=1e-2)
        table.append(
            (
                density,
                fastest(forward),
                fastest(lambda X=X, Wt=Wt: X @ Wt),
                fastest(lambda e=e: sparse.weights(e, g)),
                fastest(lambda X=X, G=G: X.t() @ G),
            )
        )
    print(f"{a.rows} rows, {a.inputs} inputs, {a.outputs} outputs, float32, {a.threads} threads; milliseconds\n")
    print("| density | forward, sums | dense | gradient of weights, sums | dense |\n|--:|--:|--:|--:|--:|")
    for row in table:
        print(f"| {row[0]:g} | " + " | ".join(f"{v:.1f}" for v in row[1:]) + " |")
    x, f, fd, w, wd = (list(c) for c in zip(*table, strict=True))
    print(f"\ncrossing: forward {crossing(x, f, fd)} (taken: {sparse.FORWARD}), ", end="")
    print(f"gradient of weights {crossing(x, w, wd)} (taken: {sparse.GRADIENT})")


if __name__ == "__main__":
    main()
