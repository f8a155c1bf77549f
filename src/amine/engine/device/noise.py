"""Noise currents: Ornstein-Uhlenbeck processes, exact for any step, from counter-based random numbers."""

from __future__ import annotations

from amine.engine.device.functions import kernel
from amine.engine.device.random_numbers import halves, normal_block

LANES = 64


@kernel
def ornstein_uhlenbeck(out, x, decay, spread, first, key, normals, words):
    """Fills ``out`` (steps, neurons) from the state ``x`` (neurons,) at step ``first`` on, which it advances to the step after the last.

    ``decay`` is exp(-dt/tau), ``spread`` the standard deviation of what is added in a step, ``key`` that of the random numbers, of which
    a block of neurons takes ``normals`` and ``words``.
    """
    k0, k1 = halves(key)
    for s in range(out.shape[0]):
        for b in range((x.size + LANES - 1) // LANES):
            normal_block(normals, words, b, first + s, 0, k0, k1)
            for lane in range(min(LANES, x.size - b * LANES)):
                i = b * LANES + lane
                out[s, i] = x[i]
                x[i] = decay * x[i] + spread * normals[lane]


__all__ = ["ornstein_uhlenbeck"]
