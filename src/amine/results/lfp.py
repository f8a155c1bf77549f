"""A proxy of the local field potential of point neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.results.probes import ProbeData


def lfp_proxy(
    recording: ProbeData,
    excitatory: str | Sequence[str] = "I_AMPA",
    inhibitory: str | Sequence[str] = "I_GABA_A",
    *,
    delay: Quantity = "6 ms",
    ratio: float = 1.65,
) -> np.ndarray:
    """See :func:`amine.results.lfp_proxy`."""
    where = "lfp_proxy()"
    t = np.asarray(recording.times)
    late = float(to_internal(delay, "ms", f"{where}, delay", nonnegative=True))
    if len(t) < 2 or recording.at:
        raise AmineError(
            where, "samples at an interval are needed", given=f"{len(t)} samples", hint="record with every="
        )
    steps = late / (t[1] - t[0])
    if abs(steps - round(steps)) > 1e-6:
        expected = f"a multiple of {t[1] - t[0]:g} ms"
        raise AmineError(f"{where}, delay", "it is not a multiple of the interval", given=str(delay), expected=expected)

    def total(names: str | Sequence[str]) -> np.ndarray:
        each = [names] if isinstance(names, str) else list(names)
        return np.sum([np.asarray(recording[n], float).sum(axis=1) for n in each], axis=0)

    before = np.maximum(np.arange(len(t)) - round(steps), 0)
    return total(excitatory)[before] - ratio * total(inhibitory)


__all__ = ["lfp_proxy"]
