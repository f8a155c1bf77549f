"""Where points are measured: an executor, the store of what is finished, the failures, and a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from amine.errors import AmineError, warn
from amine.owners import owned
from amine.records import dataclass
from amine.sweeps.executors import Executor, opened, results
from amine.sweeps.points import Done, Point, Subject, Value, forget
from amine.sweeps.store import Store

if TYPE_CHECKING:
    from amine.given import FilePath

SHOWN = 3  # failures in a warning


@dataclass(frozen=True)
class How:
    """Where points are run, and what is kept and shown of them."""

    executor: Executor | int | None = None
    batch: int | None = None
    store: FilePath | None = None
    progress: bool = True


class Bench:
    """Measures points of a subject and keeps what it found; made by :func:`opened_bench`."""

    def __init__(
        self,
        subject: Subject,
        how: How,
        executor: Executor | None,
        step: Callable[[], None],
        where: str,
    ):
        self.subject, self.where = subject, where
        self.failed: dict[str, str] = {}
        self.asked: set[str] = set()
        self._measured = False  # whether any point was
        self._batch, self._executor, self._step = how.batch, executor, step
        self._store = Store(how.store, subject.identity(), subject.measures)

    def measure(self, points: Sequence[Point]) -> None:
        """Measure all points that are not known yet."""
        self.asked |= {p.key for p in points}
        missing = [p for p in points if not self._store.has(p, self.subject.measures) and p.key not in self.failed]
        try:
            for p, done in results(self.subject, missing, self._executor, self._batch):
                self._keep(p, done)
                self._step()
        finally:
            self._store.flush()

    def of(self, p: Point) -> Mapping[str, Value]:
        """Measures of a point; empty if it failed."""
        return self._store.points.get(p.key, {}) if p.key not in self.failed else {}

    def _keep(self, p: Point, done: Done) -> None:
        if done.unknown and not self._measured:  # no need to try the others
            raise AmineError(self.where, done.error)
        self._measured = self._measured or not done.error
        if done.error:
            self.failed[p.key] = f"at {_shown(p)}: {done.error}"
        else:
            self._store.put(p, done)

    def report(self) -> None:
        """Warn of points that failed; raise AmineError if all did."""
        if not self.failed:
            return
        if len(self.failed) == len(self.asked):
            given, hint = str(len(self.failed)), next(iter(self.failed.values()))
            raise AmineError(self.where, "no point could be measured", given=given, hint=hint)
        said = "; ".join(list(self.failed.values())[:SHOWN])
        warn(self.where, f"{len(self.failed)} of {len(self.asked)} points failed: {said}")


def _shown(p: Point) -> str:
    said = ", ".join(f"{n} = {v if isinstance(v, str | int | float) else '...'}" for n, v in p.values.items())
    return f"{said}, seed {p.seed}"


@contextmanager
def opened_bench(subject: Subject, how: How, total: int, where: str) -> Iterator[Bench]:
    """A bench with its executor and store, for about ``total`` points."""
    if how.batch is not None and how.batch < 1:
        raise AmineError(f"{where}, batch", "a task has at least one point", given=str(how.batch))
    try:
        with (
            owned(how.store, f"store '{how.store}'"),
            opened(how.executor) as executor,
            _bar(how, total, where) as step,
        ):
            yield Bench(subject, how, executor, step, where)
    finally:
        forget()


@contextmanager
def _bar(how: How, n: int, what: str) -> Iterator[Callable[[], None]]:
    """A function that counts points, with a bar on standard error."""
    if not how.progress:
        yield lambda: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=n)
        yield lambda: bar.advance(task)


__all__ = ["Bench", "How", "opened_bench"]
