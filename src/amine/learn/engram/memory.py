"""The engram rule: read-out synapses taught by dopamine along what learned inhibition leaves of the drive."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from amine.doors import constructor, door
from amine.errors import AmineError
from amine.learn.checks import whole
from amine.learn.engram.chemistry import Chemistry
from amine.learn.engram.given import matrix, outcomes_of
from amine.learn.engram.inhibition import Inhibition
from amine.learn.engram.surprise import FLOOR, Surprise
from amine.learn.engram.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCK = 64  # samples whose sequence is computed at once


@constructor
class Memory:
    """Read-out weights of neurons whose drive is given, with learned inhibition among them and a running surprise.

    Samples may come one by one or in blocks: the result is that of one after another. With all doses at 1 the weights are those of ridge
    regression with penalty ``leak`` on all samples seen, in any order (for neurons in one module).

    Parameters
    ----------
    neurons, outputs : number of neurons and of outputs. chemistry : doses of the compounds.
    module : most neurons that inhibit each other; None for 400.
    outcomes : number of outcomes whose errors are followed; None for one for each output.
    adaptive : whether acetylcholine sets the leak, from its value in ``chemistry``; see :class:`amine.learn.engram.Trust`. At natural doses the
        weights are then those of ridge regression with the leak that was set last.

    Raises
    ------
    AmineError
        The leak is adaptive, and neurons inhibit each other in several modules.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> drive, target = rng.random((50, 3)), rng.random((50, 2))
    >>> memory = Memory(3, 2)
    >>> _ = memory.learn(drive, target)
    >>> ridge = np.linalg.solve(drive.T @ drive + 0.3 * np.eye(3), drive.T @ target)
    >>> bool(np.allclose(memory.weights, ridge))
    True
    """

    def __init__(
        self,
        neurons: int,
        outputs: int,
        chemistry: Chemistry | None = None,
        module: int | None = None,
        outcomes: int | None = None,
        adaptive: bool = False,
    ):
        self.chemistry = Chemistry() if chemistry is None else chemistry
        self.weights = np.zeros((whole("Memory, neurons", neurons), whole("Memory, outputs", outputs)))
        self.inhibition = Inhibition(neurons, self.chemistry.leak, self.chemistry.gaba, module)
        self.trust = Trust(neurons, outputs) if adaptive else None
        if adaptive and len(self.inhibition.modules) > 1:
            raise AmineError(
                "engram, leak",
                "it is set for a single module",
                given=f"{len(self.inhibition.modules)} modules of {neurons} neurons",
                hint=f"give module={neurons}, or a number for the leak",
            )
        self.adapted = np.array([self.chemistry.leak, 1.0])  # leak; 1 if all samples were learned at natural doses
        self.surprise = Surprise(outputs if outcomes is None else outcomes)
        self.count = np.zeros(1)  # samples learned
        self.surprises: list[int] = []  # number of samples at each change of the world

    def scores(self, drive: np.ndarray) -> np.ndarray:
        """Outputs (samples, outputs) for a drive (samples, neurons)."""
        return matrix("Memory, drive", drive, len(self.weights)) @ self.weights

    def uncertainty(self, drive: np.ndarray) -> np.ndarray:
        """Expected uncertainty of each sample (samples,): 0 for what is well known, larger for what is new."""
        return self.inhibition.uncertainty(matrix("Memory, drive", drive, len(self.weights)))

    def learn(
        self,
        drive: np.ndarray,
        target: np.ndarray,
        outcome: np.ndarray | None = None,
        floor: float | np.ndarray = FLOOR,
    ) -> np.ndarray:
        """Learn samples one after another.

        Parameters
        ----------
        drive : rates (samples, neurons). target : wanted outputs (samples, outputs).
        outcome : index (samples,) of what each sample was, for surprise; None: surprise is not followed.
        floor : least squared error of an outcome that is expected, of all or of each sample (samples,).

        Returns
        -------
        Error of each output (samples, outputs), each before its sample was learned.

        Raises
        ------
        AmineError
            A shape does not fit, a number is not finite, or the drive is too strong for double precision beside the leak.
        """
        drive = matrix("Memory, drive", drive, len(self.weights))
        target = matrix("Memory, target", target, self.weights.shape[1], len(drive))
        if outcome is not None:
            outcome = outcomes_of("Memory, outcome", outcome, len(drive), len(self.surprise.past))
        errors = np.empty_like(target)
        floors = np.broadcast_to(floor, len(drive))
        start = 0
        while start < len(drive):
            stop = start + self._length(len(drive) - start)
            some = None if outcome is None else outcome[start:stop]
            done = self._block(drive[start:stop], target[start:stop], some, floors[start:stop], errors[start:stop])
            start += done
            if self.trust is not None and self.trust.due():
                self._set_leak(self.trust)
        return errors

    def _length(self, left: int) -> int:
        """Length of the next block: up to where the leak is set."""
        return min(left, BLOCK) if self.trust is None else self.trust.until(min(left, BLOCK))

    def _set_leak(self, trust: Trust) -> None:
        """Acetylcholine sets the leak; at natural doses the weights follow."""
        leak = trust.leak(self.inhibition.synapses[0])
        if leak == self.inhibition.leak:
            return
        self.adapted[0] = leak
        self.chemistry = replace(self.chemistry, leak=leak)
        self.inhibition.settle(leak, self.inhibition.gaba)
        if self.adapted[1]:
            self.weights[:] = self.inhibition.inverse[0] @ trust.product

    def _block(
        self, drive: np.ndarray, target: np.ndarray, outcome: np.ndarray | None, floor: np.ndarray, errors: np.ndarray
    ) -> int:
        """Learn a block up to a change of the world, write its errors, and return the number of samples learned."""
        c = self.chemistry
        course = self.inhibition.course(drive)
        gain = c.dopamine / (1.0 + c.acetylcholine * course.uncertainty)
        error = target - drive @ self.weights
        if len(drive) > 1:  # each error is that after the samples before it
            error = np.linalg.solve(np.eye(len(drive)) + np.tril((course.overlap * gain[:, None]).T, -1), error)
        n, changed = self._watch(error, outcome, floor)
        if n < len(drive):
            course = type(course)(course.left[:n], course.overlap[:n, :n], course.parts[:n])
        self.weights += course.left.T @ (gain[:n, None] * error[:n])
        self.inhibition.absorb(drive[:n], course)
        errors[:n] = error[:n]
        self.count += n
        if self.trust is not None:
            self.trust.add(drive[:n], target[:n])
            self.adapted[1] *= (c.gaba, c.dopamine, c.acetylcholine) == (1.0, 1.0, 1.0)
        if changed:
            self.surprises.append(int(self.count[0]))
            self.let_go()
        return n

    def let_go(self) -> None:
        """What noradrenaline does at a surprise: inhibition and read-out fall to ``0.05**noradrenaline``, so that all can be learned anew."""
        if self.chemistry.noradrenaline:
            keep = 0.05**self.chemistry.noradrenaline
            self.inhibition.let_go(keep)
            self.weights *= keep
            if self.trust is not None:
                self.trust.let_go(keep)

    def _watch(self, error: np.ndarray, outcome: np.ndarray | None, floor: np.ndarray) -> tuple[int, bool]:
        """Number of samples up to a change of the world, and whether there was one."""
        if outcome is not None:
            for i, (c, e, least) in enumerate(zip(outcome, np.square(error).sum(1), floor, strict=True)):
                if self.surprise.observe(int(c), float(e), float(least)):
                    return i + 1, True
        return len(error), False

    @door
    def dose(self, chemistry: Chemistry) -> None:
        """Set the doses of the compounds from now on; weights and synapses stay, and an adaptive leak too."""
        if self.trust is not None:
            chemistry = replace(chemistry, leak=self.inhibition.leak)
        if (chemistry.leak, chemistry.gaba) != (self.chemistry.leak, self.chemistry.gaba):
            self.inhibition.settle(chemistry.leak, chemistry.gaba)
        self.chemistry = chemistry

    def arrays(self) -> dict[str, np.ndarray]:
        """All numbers that the memory keeps, by name."""
        parts = {"inhibition": self.inhibition.arrays(), "surprise": self.surprise.arrays()}
        out = {"weights": self.weights, "count": self.count}
        if self.trust is not None:
            parts["trust"] = self.trust.arrays()
            out["adapted"] = self.adapted
        return out | {f"{part}.{k}": a for part, each in parts.items() for k, a in each.items()}

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take all numbers from :meth:`arrays` of another memory of the same sizes."""
        for name, a in self.arrays().items():
            a[...] = arrays[name]
        if self.trust is not None:
            self.inhibition.leak = float(self.adapted[0])
            self.chemistry = replace(self.chemistry, leak=self.inhibition.leak)
