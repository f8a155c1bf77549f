"""Points in this process, or in those of any executor that follows the protocol of :mod:`concurrent.futures`."""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Any, Protocol, cast

from amine.errors import AmineError
from amine.sweeps.points import Done, Point, Subject

MOST_AT_ONCE = 64  # points of one task
PAUSE = 0.05  # seconds between looks at futures that cannot be waited for


class Task(Protocol):
    """What ``submit`` returns: a future of :mod:`concurrent.futures`, of Dask, a job of submitit."""

    def done(self) -> bool: ...
    def result(self) -> Any: ...


class Executor(Protocol):
    """What a sweep needs of an executor."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any: ...


@contextmanager
def opened(executor: Executor | int | None) -> Iterator[Executor | None]:
    """The executor itself, or for a number processes of this machine, which end with the context."""
    if isinstance(executor, bool) or not isinstance(executor, int):
        if executor is not None and not callable(getattr(executor, "submit", None)):
            expected = "an executor with submit(), a number of processes, or None"
            raise AmineError("sweep, executor", "this is no executor", given=repr(executor)[:40], expected=expected)
        yield cast("Executor | None", executor)
        return
    if executor < 1 or executor > 10_000:
        expected = "1 or more; None for this process"
        raise AmineError("sweep, executor", "this is no number of processes", given=str(executor), expected=expected)
    pool = ProcessPoolExecutor(executor, multiprocessing.get_context("spawn"))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def results(
    subject: Subject, points: Sequence[Point], executor: Executor | None, batch: int | None
) -> Iterator[tuple[Point, Done]]:
    """Measures of points as they are finished."""
    if executor is None:
        yield from zip(points, subject.run(points), strict=True)
        return
    if isinstance(executor, ProcessPoolExecutor):
        _check_sendable(subject)
    cores = os.cpu_count() or 1
    few = max(1, min(MOST_AT_ONCE, math.ceil(len(points) / (8 * cores))))
    size = batch or max(few, min(subject.most, math.ceil(len(points) / cores)))
    parts = [points[i : i + size] for i in range(0, len(points), size)]
    pending = {executor.submit(measured, subject, part): part for part in parts}
    try:
        while pending:
            for task in _finished(list(pending)):
                part = pending.pop(task)
                yield from zip(part, _result(task), strict=True)
    finally:
        for task in pending:
            with suppress(Exception):
                task.cancel()


def measured(subject: Subject, points: Sequence[Point]) -> list[Done]:
    """Measures of points; runs in the processes of an executor."""
    return list(subject.run(points))


def _check_sendable(subject: Subject) -> None:
    try:
        pickle.dumps(subject)
    except Exception as e:
        hint = "define functions with def in a file that can be imported, or use executor=None or threads"
        raise AmineError("sweep, executor", "this cannot be sent to a process", given=str(e)[:80], hint=hint) from e


def _finished(pending: Sequence[Any]) -> Sequence[Any]:
    """Those that are done; waits for the first."""
    if all(isinstance(t, Future) for t in pending):
        return list(wait(pending, return_when=FIRST_COMPLETED).done)
    while not (done := [t for t in pending if t.done()]):
        time.sleep(PAUSE)
    return done


def _result(task: Task) -> list[Done]:
    try:
        return task.result()
    except AmineError:
        raise
    except Exception as e:  # the process died, the cluster went away, something could not be sent
        hint = (
            'a script needs if __name__ == "__main__": around what starts processes; functions must be importable there'
        )
        raise AmineError("sweep, executor", "a task failed", given=f"{type(e).__name__}: {e}"[:160], hint=hint) from e


__all__ = ["Executor", "opened", "results"]
