"""Spikes of the last steps, out of the lists of all threads."""

from __future__ import annotations

from amine.engine.device.functions import kernel
from amine.engine.device.tables import BEGIN, END


@kernel
def gather(ids, parts, populations, first, last, step, steps, found):
    """Spikes of history slots first..last, sorted: their ``steps``, and neurons into ``found``; ``step`` is that of the first slot.

    Lists beyond those of the populations hold other events and are left out.
    """
    at = 0
    for slot in range(first, last):
        for p in range(populations):
            for t in range(parts.shape[2]):
                for q in range(parts[slot, p, t, BEGIN], parts[slot, p, t, END]):
                    steps[at] = step + slot - first
                    found[at] = ids[t, q]
                    at += 1


@kernel
def gather_payload(payload, parts, populations, first, last, found):
    """A row of the payload of the spikes of history slots first..last, in the order of :func:`gather`."""
    at = 0
    for slot in range(first, last):
        for p in range(populations):
            for t in range(parts.shape[2]):
                for q in range(parts[slot, p, t, BEGIN], parts[slot, p, t, END]):
                    found[at] = payload[t, q]
                    at += 1
