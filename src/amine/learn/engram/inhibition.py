"""Lateral inhibition that learns: plastic inhibitory synapses and what they leave of a drive at rest."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.checks import number, whole
from amine.learn.engram.given import matrix

MODULE = 400  # most neurons that inhibit each other, unless asked otherwise
STRONGEST = 1e14  # inhibition in units of the leak, above which double precision does not hold both


class Course(NamedTuple):
    """Inhibition while n samples come one after another, each before its own synaptic change.

    Attributes
    ----------
    left : activity that inhibition leaves (n, neurons). overlap : left of sample i times the drive of sample j (n, n), meaningful for j >= i.
    parts : uncertainty phi.k by module (n, modules).
    """

    left: np.ndarray
    overlap: np.ndarray
    parts: np.ndarray

    @property
    def uncertainty(self) -> np.ndarray:
        """Expected uncertainty phi.k of each sample (n,)."""
        return self.parts.sum(1)


@constructor
class Inhibition:
    """Inhibitory synapses M among neurons, and ``(leak + gaba M)^-1``, which maps a drive to what inhibition leaves of it at rest.

    The synapses are Hebbian on the drive of both ends, ``M_ij += phi_i phi_j``, also while their transmission is blocked. Neurons inhibit
    each other within modules; synapses are kept for each.

    Parameters
    ----------
    neurons : their number. leak : conductance of each neuron, above 0. gaba : factor on all inhibition.
    module : most neurons of a module; None for 400.

    Examples
    --------
    >>> inhibition = Inhibition(2, leak=1.0)
    >>> drive = np.array([[1.0, 0.0]])
    >>> inhibition.learn(drive).uncertainty.tolist(), inhibition.left(drive).round(6).tolist()
    ([1.0], [[0.5, 0.0]])
    """

    def __init__(self, neurons: int, leak: float = 0.3, gaba: float = 1.0, module: int | None = None):
        count = math.ceil(
            whole("Inhibition, neurons", neurons) / whole("Inhibition, module", MODULE if module is None else module)
        )
        edges = np.linspace(0, neurons, count + 1).round().astype(int)
        self.modules = [slice(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True)]
        self.synapses = [np.zeros((m.stop - m.start,) * 2) for m in self.modules]
        self.inverse = [np.eye(m.stop - m.start) / leak for m in self.modules]
        self.leak = number("Inhibition, leak", leak, 0.0, open_low=True)
        self.gaba = number("Inhibition, gaba", gaba, 0.0)
        self.neurons = neurons

    def left(self, drive: np.ndarray) -> np.ndarray:
        """Activity (samples, neurons) that inhibition leaves of a drive (samples, neurons)."""
        drive = matrix("Inhibition, drive", drive, self.neurons)
        return np.hstack([drive[:, m] @ p for m, p in zip(self.modules, self.inverse, strict=True)])

    def uncertainty(self, drive: np.ndarray) -> np.ndarray:
        """Expected uncertainty phi.k of each sample (samples,): large where inhibition does not know the drive yet."""
        return np.einsum("ij,ij->i", self.left(drive), drive)

    def course(self, drive: np.ndarray) -> Course:
        """Inhibition of samples (n, neurons) that come one after another; nothing is learned yet.

        With K = phi (leak + gaba M)^-1 before the first and I + gaba K phi^T = L D L^T, the activities left in sequence are L^-1 K, and
        D is 1 + gaba u.

        Raises
        ------
        AmineError
            Inhibition would be so strong that double precision cannot hold it beside the leak.
        """
        self._check(drive)
        n = len(drive)
        left, parts = np.empty_like(drive), np.empty((n, len(self.modules)))
        overlap = np.zeros((n, n))
        for j, (m, inverse) in enumerate(zip(self.modules, self.inverse, strict=True)):
            phi = drive[:, m]
            k = phi @ inverse
            if n > 1 and self.gaba:
                factor = np.linalg.cholesky(np.eye(n) + self.gaba * (k @ phi.T))
                k = np.linalg.solve(factor / np.diag(factor), k)
            seen = k @ phi.T
            left[:, m], parts[:, j] = k, np.diag(seen)
            overlap += seen
        return Course(left, overlap, parts)

    def _check(self, drive: np.ndarray) -> None:
        most = max(float(np.trace(m)) for m in self.synapses) + float(np.vdot(drive, drive))
        if not self.gaba * most <= STRONGEST * self.leak:
            raise AmineError(
                "engram, samples",
                "their drive is too strong for double precision beside the leak",
                given=f"a sum of squares of {most:.0e} and a leak of {self.leak:g}",
                hint="scale the samples to values around 1",
            )

    def absorb(self, drive: np.ndarray, course: Course) -> None:
        """Change the synapses by samples (n, neurons) whose :meth:`course` is known."""
        for j, m in enumerate(self.modules):
            phi = drive[:, m]
            self.synapses[j] += phi.T @ phi
            if self.gaba:
                k = course.left[:, m] * np.sqrt(self.gaba / (1.0 + self.gaba * course.parts[:, j]))[:, None]
                self.inverse[j] -= k.T @ k

    def learn(self, drive: np.ndarray) -> Course:
        """Change the synapses by samples (n, neurons), one after another; return their course."""
        drive = matrix("Inhibition, drive", drive, self.neurons)
        course = self.course(drive)
        self.absorb(drive, course)
        return course

    def let_go(self, keep: float = 0.0) -> None:
        """Multiply all synapses by ``keep``: disinhibition, which reopens plasticity."""
        share = number("Inhibition, keep", keep, 0.0)
        for synapses in self.synapses:
            synapses *= share
        self.settle(self.leak, self.gaba)

    def settle(self, leak: float, gaba: float) -> None:
        """Set leak and factor on inhibition, and compute anew what inhibition leaves."""
        if not leak > 0.0 or not gaba >= 0.0:
            raise AmineError(
                "Inhibition", "leak must be above 0 and gaba not below it", given=f"leak {leak:g}, gaba {gaba:g}"
            )
        self.leak, self.gaba = float(leak), float(gaba)
        for synapses, inverse in zip(self.synapses, self.inverse, strict=True):
            new = np.linalg.inv(leak * np.eye(len(synapses)) + gaba * synapses)
            inverse[:] = 0.5 * (new + new.T)

    def arrays(self) -> dict[str, np.ndarray]:
        """All numbers that inhibition keeps, by name; ``inverse`` follows from ``synapses`` and is kept for speed."""
        named = (("synapses", self.synapses), ("inverse", self.inverse))
        return {f"{name}_{j}": a for name, each in named for j, a in enumerate(each)}
