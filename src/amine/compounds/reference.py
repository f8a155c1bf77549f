"""Reference interpreter of slow signals, step by step in NumPy and plain Python; tests compare all others with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from amine.compounds.algebra import remove
from amine.compounds.signals import NUMPY, Diffuse, Follow, Program, Signal, Uptake, carry_out


class Reference:
    """A program and the current values of its signals.

    Parameters
    ----------
    program : the program to carry out; its fields set the length of a field step.

    Attributes
    ----------
    values : current values of all signals.

    Examples
    --------
    >>> from amine.compounds.signals import Dose, Follow
    >>> p = Program()
    >>> dose, messenger = p.add("dose:x"), p.add("messenger")
    >>> p.append(Dose(dose, 0))
    >>> p.append(Follow(messenger, dose, 0.5, 0.5))
    >>> r = Reference(p)
    >>> for c in (0.0, 1.0, 1.0):
    ...     r.step([c])
    >>> r.values
    [1.0, 0.75]
    """

    def __init__(self, program: Program):
        self.program = program
        self.values: list[Any] = list(program.initial)
        self.started = False

    def step(self, doses: Sequence[float], released: Mapping[Signal, Sequence[float]] | None = None) -> None:
        """Advances by one field step: fields from their previous values, all other signals from their inputs.

        Parameters
        ----------
        doses : concentrations (uM) of the drugs now.
        released : concentration (uM) that spikes released in each region since the last field step, by the first signal of a field.
        """
        s = self.values
        for op in self.program.operations if self.started else ():
            if isinstance(op, Diffuse):
                new = np.asarray((released or {}).get(op.out, np.zeros(op.n)), float)
                s[op.out : op.out + op.n] = self._field(op, new).tolist()
        for op in self.program.operations:
            match op:
                case Diffuse():
                    continue
                case Follow() if self.started:
                    for r in range(op.n):
                        way = s[op.source + r] - s[op.out + r]
                        s[op.out + r] += way * (op.rise if way > 0 else op.decay)
                case _:
                    carry_out(op, s, doses, NUMPY)
        self.started = True

    def _field(self, op: Diffuse, released: np.ndarray) -> np.ndarray:
        """One step by Strang splitting (1968): half of removal and release, full transport, then the other halves in reverse."""
        s = self.values
        c = np.array(s[op.out : op.out + op.n], float)
        gain = np.array([np.prod([s[t.signal + t.stride * r] for t in op.gains]) for r in range(op.n)])
        rate = op.rate + np.array(
            [sum(t.weight * s[t.signal + t.stride * r] for t in op.removals) for r in range(op.n)]
        )
        efflux = sum(s[x] for u in op.uptakes for x in u.efflux)
        source = np.asarray(op.source) * np.prod([s[x] for x in op.source_by])
        half = 0.5 * (op.h * (source + efflux) + released * gain)
        c = self._removed(op, c, rate, list(op.uptakes)) + half
        for axis in op.axes:
            c = _along(c, axis.n, axis.stride, axis.matrix)
        return self._removed(op, c + half, rate, list(reversed(op.uptakes)))

    def _removed(self, op: Diffuse, c: np.ndarray, rate: np.ndarray, order: Sequence[Uptake]) -> np.ndarray:
        """Concentrations after half a field step of removal; the first transporter includes first-order removal."""
        if not op.uptakes:
            return c * np.exp(-0.5 * op.h * rate)
        s = self.values
        for u in order:
            vmax = u.vmax * float(np.prod([s[x] for x in u.vmax_by]))
            km = u.km * float(np.prod([s[x] for x in u.km_by]))
            with_rate = rate if u is op.uptakes[0] else np.zeros(op.n)
            c = np.array([remove(float(x), 0.5 * op.h, vmax, km, float(k)) for x, k in zip(c, with_rate, strict=True)])
        return c


def _along(c: np.ndarray, n: int, stride: int, matrix: np.ndarray) -> np.ndarray:
    """A field after transport along an axis whose neighbours are ``stride`` signals apart."""
    lines = c.reshape(-1, n, stride)
    return np.einsum("ij,ajb->aib", matrix, lines).ravel()
