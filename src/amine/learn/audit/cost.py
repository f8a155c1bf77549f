"""Cost of a prediction: operations, spikes, and an estimate of energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from amine.learn import report
from amine.view.report import number, table

if TYPE_CHECKING:
    from amine.learn.base import Estimator
    from amine.learn.data import Data, Split

# Horowitz M (2014) ISSCC 57:10-14, 45 nm, 0.9 V, 32-bit floating point
MULTIPLY, ADD = 3.7, 0.9  # pJ


def activity(model: Estimator, X: np.ndarray) -> dict[str, list[float]]:
    """Means per sample: active inputs of each map (summed over all steps), and spikes of each hidden layer."""
    network = model.network_.eval()
    x = torch.from_numpy(model.prepared(np.array(X))).to(model.spec_.dtype)
    if hasattr(network, "trace"):
        with torch.no_grad():
            activities = network.trace(x)[:-1]
        events = [float((a != 0).sum()) / len(X) for a in activities]
    else:  # event-based networks
        runs = [network.sample(t)[0] for t in network.times(x)]
        events = [float(np.mean([len(r[k][0]) for r in runs])) for k in range(len(runs[0]))]
    return {"events": events, "spikes": events[1:] if model.spec_.spiking else []}


def operations(model: Estimator, X: np.ndarray) -> dict[str, float]:
    """Operations per sample: multiply-adds of a dense network, or additions of a spiking one whose spikes are 0 or 1, and their energy in nJ.

    A spiking network's first map multiplies if its encoder gives currents. Updates of neurons count as one multiply-add per state and step.
    """
    spec, maps = model.spec_, model.network_.maps
    dense = float(sum(m.in_features * m.out_features for m in maps))
    if not spec.spiking:
        return {"multiply_adds": dense, "additions": 0.0, "energy": dense * (MULTIPLY + ADD) * 1e-3}
    events = activity(model, X)["events"]
    each = [n * m.out_features for n, m in zip(events, maps, strict=True)]
    currents = spec.encoder in ("current", "population")
    neurons = (
        float(sum(spec.hidden))
        * len(spec.neurons.state_units)
        * (spec.steps if hasattr(model.network_, "trace") else 1)
    )
    if spec.recurrent:
        each += [n * h for n, h in zip(events[1:], spec.hidden, strict=True)]
    multiplied = neurons + (each[0] if currents else 0.0)
    added = sum(each) - (each[0] if currents else 0.0)
    return {
        "multiply_adds": multiplied,
        "additions": added,
        "energy": (multiplied * (MULTIPLY + ADD) + added * ADD) * 1e-3,
        "dense_energy": dense * (MULTIPLY + ADD) * 1e-3,
    }


def cost(model: Estimator, d: Data, parts: Split) -> report.Part:
    """Section of the report on cost."""
    X = parts[2][:100]
    found = operations(model, X)
    weights = sum(p.numel() for p in model.network_.parameters())
    rows = [
        ("weights and other parameters", f"{weights:,}"),
        ("multiply-adds per sample", number(found["multiply_adds"], 4)),
    ]
    summary: dict[str, Any] = {"parameters": weights, "energy_nJ": found["energy"]}
    if model.spec_.spiking:
        spikes = activity(model, X)["spikes"]
        summary["spikes_per_sample"] = float(sum(spikes))
        rows += [("additions per sample", number(found["additions"], 4)), ("spikes of hidden neurons per sample", number(sum(spikes), 4)),
                 ("the same layers with rate neurons (nJ)", number(found["dense_energy"]))]  # fmt: skip
    rows.append(("energy of arithmetic per sample (nJ)", number(found["energy"])))
    words = (
        f"The energy assumes {MULTIPLY} pJ for a 32-bit floating-point multiplication and {ADD} pJ for an addition (Horowitz 2014, 45 nm). Memory access is not counted, and costs more than arithmetic: "
        "about 5 pJ for a 32-bit word from a small cache, over 600 pJ from DRAM. It is the energy of the network's own operations, not that of a general-purpose processor."
    )
    return summary, "Cost", [table(("", ""), rows, numbers=1), report.paragraph(words)]
