"""What a run returns: spikes, traces, statistics, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amine.given import FilePath


def open(path: FilePath) -> Any:
    """A finished run from the store to which it streamed, or to which :meth:`Run.save` wrote it."""
    from amine.results.run import Run

    return Run.load(path)
