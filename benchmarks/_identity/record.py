"""What a case gave, as arrays by name: their hashes, and what differs between two of them. Needs NumPy only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
MOST = 8  # arrays of a case that are named if they differ


def digest(array: np.ndarray) -> str:
    """SHA-256 of type, shape and raw bytes: equal only if each bit is."""
    a = np.ascontiguousarray(array)
    h = hashlib.sha256(f"{a.dtype.str} {array.shape} ".encode())
    h.update(a.tobytes())
    return h.hexdigest()


def digests(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The hash of each array."""
    return {name: digest(a) for name, a in sorted(arrays.items())}


def total(hashes: Mapping[str, str]) -> str:
    """One hash for all arrays of a case, their names included."""
    text = "\n".join(f"{name} {h}" for name, h in sorted(hashes.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def unequal(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    """Names of arrays whose hashes differ or that only one side has."""
    return sorted(name for name in {*a, *b} if a.get(name) != b.get(name))


def differences(base: Mapping[str, np.ndarray], work: Mapping[str, np.ndarray]) -> list[str]:
    """What differs, a line each: the first spike, then the largest absolute and relative difference of each array."""
    names = unequal(digests(base), digests(work))
    lines = [] if not any(n.startswith("spikes/") for n in names) else first_spike(base, work)
    lines += [_difference(n, base.get(n), work.get(n)) for n in names[:MOST]]
    return lines + ([f"and {len(names) - MOST} arrays more"] if len(names) > MOST else [])


def first_spike(base: Mapping[str, np.ndarray], work: Mapping[str, np.ndarray]) -> list[str]:
    """The earliest spike that is not the same on both sides."""
    a, b = _all_spikes(base), _all_spikes(work)
    for k in range(max(len(a), len(b))):
        left, right = a[k] if k < len(a) else None, b[k] if k < len(b) else None
        if left != right:
            return [f"first spike that differs: {_spike(left)} in the base, {_spike(right)} in the work"]
    return []


def _all_spikes(arrays: Mapping[str, np.ndarray]) -> list[tuple[float, str, int]]:
    found = []
    for name, times in arrays.items():
        if name.startswith("spikes/") and name.endswith("/times"):
            population = name.removeprefix("spikes/").removesuffix("/times")
            ids = arrays[f"spikes/{population}/ids"]
            found += [(float(t), population, int(i)) for t, i in zip(times, ids, strict=True)]
    return sorted(found)


def _spike(spike: tuple[float, str, int] | None) -> str:
    return "none" if spike is None else f"{spike[1]} {spike[2]} at {spike[0]:.10g} ms"


def _difference(name: str, base: np.ndarray | None, work: np.ndarray | None) -> str:
    if base is None or work is None:
        return f"{name}: only in the {'work' if base is None else 'base'}"
    if (base.dtype, base.shape) != (work.dtype, work.shape):
        return f"{name}: {base.dtype}{list(base.shape)} in the base, {work.dtype}{list(work.shape)} in the work"
    a, b = np.asarray(base, np.float64), np.asarray(work, np.float64)
    both = np.isfinite(a) & np.isfinite(b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    unlike = int(np.count_nonzero(~same))
    if not unlike:
        return f"{name}: equal numbers, other bits (sign of a zero, or kind of NaN)"
    gap = np.abs(np.where(both, a, 0.0) - np.where(both, b, 0.0))
    size = np.maximum(np.abs(a), np.abs(b))
    relative = np.divide(gap, size, where=both & (size > 0), out=np.zeros_like(a))
    odd = int(np.count_nonzero(~same & ~both))
    more = f", {odd} of them not finite on one side" if odd else ""
    return f"{name}: {unlike} of {a.size} differ, at most {gap.max():.3g}, relative {relative.max():.3g}{more}"


def collect(run: Any, net: Any) -> Arrays:
    """Everything a run holds: spikes, traces, slow signals, weights with the states of their rules."""
    out: Arrays = {}
    for name in run.spikes:
        train = run.spikes[name]
        out[f"spikes/{name}/times"], out[f"spikes/{name}/ids"] = np.asarray(train.times), np.asarray(train.indices)
    for kind, found in (("probe", run.probes), ("slow", run.slow)):
        for name, data in found.items():
            out[f"{kind}/{name}/times"] = np.asarray(data.times)
            out |= {f"{kind}/{name}/{v}": np.asarray(x) for v, x in data.values.items()}
    for name, weights in plastic(run, net):
        out |= collect_weights(weights, f"weights/{name}")
    return out


def plastic(run: Any, net: Any) -> Iterable[tuple[str, Any]]:
    """The plastic projections of a run and their weights."""
    from amine.errors import AmineError

    for part in net.projections:
        try:
            yield part.name, run.weights(part.name)
        except AmineError:  # a projection without a rule
            continue


def collect_weights(weights: Any, name: str) -> Arrays:
    """Weights of one projection, and all states beside them."""
    out = {f"{name}/{a}": np.asarray(getattr(weights, a)) for a in ("sources", "targets", "weights")}
    out |= {f"{name}/{s}": np.asarray(x) for s, x in weights.states.items()}
    return out | {f"{name}/target {s}": np.asarray(x) for s, x in weights.target_states.items()}


def spikes(arrays: Mapping[str, np.ndarray]) -> int:
    """Number of spikes of all populations."""
    return sum(len(a) for name, a in arrays.items() if name.startswith("spikes/") and name.endswith("/times"))
