"""The threads of a simulation: each runs the generated loop over its own neurons; they meet at a barrier in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import ModuleType

import numpy as np

from amine.engine.device import arguments
from amine.engine.device.kernel import Repeated
from amine.network.threads import cores

# Looks for the others before a thread sleeps: about a hundred microseconds, as long as sleeping and waking take. With more threads than cores the one
# that is waited for may need the core of the one that looks.
LOOKS, LOOKS_CROWDED = 1 << 17, 1 << 10


class Threads:
    """Threads for the generated loop, one for each row of ``blocks``; ``own`` is the largest number of entries that one lists in a step."""

    def __init__(self, module: ModuleType, blocks: np.ndarray, own: int):
        self.n, self._blocks = len(blocks), blocks
        self._advance = [Repeated(module.advance) for _ in range(self.n)]
        self.events = np.zeros(self.n, np.int64)
        self._flags, self._counters = np.zeros((2, self.n), np.int64), np.zeros(16, np.int64)
        self._counters[15] = LOOKS if self.n <= cores() else LOOKS_CROWDED
        self._teams: list[arguments.Team] = []
        self.allow(own)

    def allow(self, own: int) -> None:
        """Allows each thread to list so many entries in a step."""
        at = self._counters.ctypes.data
        self._teams = [
            arguments.Team(t, self.n, self._blocks[t], self._flags, at, self.events, own) for t in range(self.n)
        ]

    def advance(self, span: arguments.Span, given: Callable[[int], Sequence[object]]) -> int:
        """Runs all threads to the same step and returns it: the end of the span, or earlier if a list is full.

        ``given`` returns the further arguments of the loop of a thread.
        """
        reached, errors = [span.first] * self.n, list[BaseException]()

        def work(t: int) -> None:
            try:
                reached[t] = self._advance[t](self._teams[t], span, *given(t))
            except BaseException as e:
                errors.append(e)

        if span.last == span.first:  # compiles, in one thread
            work(0)
        else:
            others = [threading.Thread(target=work, args=(t,), daemon=True) for t in range(1, self.n)]
            for o in others:
                o.start()
            work(0)
            for o in others:
                o.join()
        if errors:
            raise errors[0]
        return int(reached[0])
