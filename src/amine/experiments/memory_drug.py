"""Effect of a drug on the memory of digits: the same seed without it, and a small copy of the circuit at several doses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.values import scalar
from amine.view.engram import tiles
from amine.view.style import COLOURS, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.experiments.outcome import Outcome

FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)  # concentrations relative to the given one
SMALL: Mapping[str, Any] = {"neurons": 50, "epochs": 1, "examples": 300, "details": False}
COMPARED = (
    "accuracy",
    "gained by learning",
    "spikes per digit",
    "mean weight (nS)",
    "change of weights (nS)",
)


def compare(out: Outcome, arguments: Mapping[str, Any], memory: Callable[..., Outcome]) -> None:
    """Add to an outcome with a drug its difference from the same seed without it, and the effect of other doses on a small circuit."""
    without = memory(**{**arguments, "dose": (), "recall_dose": (), "details": False, "progress": False})
    rows = [(m, without.measures[m], out.measures[m], out.measures[m] - without.measures[m]) for m in COMPARED]
    out.tables["What the drug changed: the same digits and the same seed"] = (
        ("", "without the drug", "with it", "difference"),
        [(m, *(f"{x:.3f}" for x in found)) for m, *found in rows],
    )
    out.measures["accuracy without the drug"] = without.measures["accuracy"]
    out.figures[
        "What the drug changed: receptive fields of the same neurons without it (above) and with it (below)."
    ] = lambda: fields(without.arrays["weights"][-1], out.arrays["weights"][-1])
    given = arguments["dose"]
    given = [given] if isinstance(given, str) else list(given)
    if len(given) == 1 and "@" not in given[0]:
        drug, concentrations = around(given[0])
        found = [memory(**SMALL, seed=arguments["seed"], dose=f"{drug}={c!r} uM").measures for c in concentrations]
        none = memory(**SMALL, seed=arguments["seed"]).measures
        out.tables[f"Dose: {drug} while {SMALL['neurons']} neurons learn {SMALL['examples']} digits"] = (
            ("uM", "accuracy", "gained by learning", "change of weights (nS)"),
            [
                (f"{c:.3g}", *(f"{m[k]:.3f}" for k in ("accuracy", "gained by learning", "change of weights (nS)")))
                for c, m in zip((0.0, *concentrations), (none, *found), strict=True)
            ],
        )
        out.figures[
            f"Memory against the concentration of {drug} during learning, in a small copy of the circuit; dashed: without it."
        ] = lambda: curve(drug, concentrations, found, none)


def around(dose: str) -> tuple[str, list[float]]:
    """Drug and concentrations (uM) around that of a dose such as ``AP5=1 uM``.

    >>> around("AP5=2 uM")[1][:3]
    [0.2, 0.6, 2.0]
    """
    drug, _, concentration = dose.partition("=")
    c = scalar(concentration.strip(), "uM", f"dose of {drug}")
    return drug.strip(), [float(f"{f * c:.6g}") for f in FACTORS]


def fields(without: np.ndarray, with_: np.ndarray, neurons: int = 20) -> Figure:
    """Figure of weights (64, neurons) onto the same neurons of two networks, one above the other."""
    n = min(neurons, without.shape[1])
    both = np.concatenate([w[:, :n].T.reshape(n, 8, 8) for w in (without, with_)])
    fig, axes = figure(9.0, 0.3 + 0.88 * 9.0 * 2 / n if n > 8 else 3.0)
    image = tiles(axes[0, 0], both, n, (0.0, 1.0))
    fig.colorbar(image, ax=axes, label="weight (nS)")
    return fig


def curve(drug: str, concentrations: list[float], found: list[dict[str, float]], none: dict[str, float]) -> Figure:
    """Figure of the accuracy gained by learning and of the change of weights against concentration (uM)."""
    fig, axes = figure(7.5, 3.0, 1, 2)
    for k, m in enumerate(("gained by learning", "change of weights (nS)")):
        ax = axes[0, k]
        ax.plot(concentrations, [x[m] for x in found], "o-", color=COLOURS[k])
        ax.axhline(none[m], color="#555555", lw=0.8, ls="--")
        ax.set_xscale("log")
        ax.set_xlabel(f"{drug} (uM)")
        ax.set_ylabel(m)
    return fig
