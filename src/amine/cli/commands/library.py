"""``amine models``, ``circuits`` and ``experiments``: listings of the library."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from amine import circuits as circuit_library
from amine import experiments as experiment_library
from amine import models as model_library


def models() -> None:
    """Print the names of all models by kind, each with the first sentence of its description."""
    width = max(map(len, model_library.names()))
    for kind in ("neuron", "receptor", "release", "source"):
        print(kind)
        for n in model_library.names(kind):
            print(f"  {n:<{width}}  {model_library.get(n).doc.split('. ')[0].rstrip('.')}")


def model(name: str, latex: bool) -> None:
    """Print a model's equations, parameters and source, or its equations as LaTeX."""
    found = model_library.get(name)
    if latex:
        print(found.latex())
        return
    print(f"{found.name}, {found.kind}\n\n{found.doc}\n")
    if found.equations:
        print("\n".join(f"    {line}" for line in found.equations.splitlines()) + "\n")
    for p, v in found.parameters.items():
        print(f"    {p:<10} {v!s:<16} {found.symbols.get(p, '')}")
    if found.integrators:
        print("\nadvanced by: " + ", ".join(f"{s} {m.replace('_', ' ')}" for s, m in found.integrators.items()))
    if found.receptors:
        print("receptors: " + ", ".join(found.receptors))
    print(f"source: {found.source}")


def circuits() -> None:
    """Print all circuits with their arguments."""
    for name in circuit_library.names():
        _print_signature(name, circuit_library.get(name))


def experiments() -> None:
    """Print all experiments with their arguments."""
    for name in experiment_library.names():
        _print_signature(name, experiment_library.get(name))


def _print_signature(name: str, function: Callable[..., object]) -> None:
    arguments = ", ".join(f"{k}={p.default}" for k, p in inspect.signature(function).parameters.items())
    print(f"{name}  ({arguments})\n    {(function.__doc__ or '').strip().splitlines()[0]}")
