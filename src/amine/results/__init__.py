"""Results of a run: spikes, traces, statistics, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.doors import door

if TYPE_CHECKING:
    from amine.given import FilePath
    from amine.results.run import Run


@door
def open(path: FilePath) -> Run:
    """Open a finished run from the store to which it streamed, or to which :meth:`Run.save` wrote it.

    Raises
    ------
    AmineError
        If there is no store, it is damaged, or its run did not finish.
    """
    from amine.results.run import Run

    return Run.load(path)
