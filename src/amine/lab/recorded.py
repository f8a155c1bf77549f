"""The page as one HTML file that needs no Python: a network recorded at several values of one control, with the same random numbers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError, did_you_mean
from amine.files import write_text
from amine.lab.gallery import get
from amine.lab.open import Opened, open_lab
from amine.lab.pages import one_text
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import FilePath, Quantity
    from amine.lab.session import Session

EACH, WARM, SETTLE = 10.0, 300.0, 700.0  # ms: of a frame, before the first value, after a value is set
MOST_BYTES = 12_000_000  # of all frames


def record(
    name: str,
    over: str,
    values: Sequence[float],
    path: FilePath,
    *,
    duration: Quantity = "1 s",
    overwrite: bool = False,
) -> Path:
    """Record an experiment of the lab into one HTML file.

    Parameters
    ----------
    name : the experiment.
    over : a control, such as ``"dose:diazepam"``.
    values : its values in the control's unit, at least two; the first is the control of comparisons.
    path : the file.
    duration : recorded time of each value, which repeats.
    overwrite : replaces an existing file.

    Raises
    ------
    AmineError
        If there is no such experiment or control, a value is out of range, the recording is too long, or the file exists.

    Examples
    --------
    >>> record("gamma", "dose:diazepam", [0, 0.1, 1], "gamma.html")  # doctest: +SKIP
    """
    where, target = "lab recording", Path(path)
    if target.exists() and not overwrite:
        raise AmineError(f"file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    get(name)
    frames = int(float(to_internal(duration, "ms", f"{where}, duration", positive=True)) / EACH)
    opened = open_lab(name)
    session = opened.session
    if over not in session.controls:
        raise AmineError(where, f"there is no control '{over}'", hint=did_you_mean(over, session.controls))
    if len(values) < 2 or frames < 1:
        raise AmineError(where, "at least two values and 10 ms are needed", given=f"{len(values)} values, {duration}")
    checked = [session.controls[over].check(v) for v in values]
    write_text(target, page(_data(opened, over, checked, frames)), f"file '{target}'")
    return target


def _data(opened: Opened, over: str, values: Sequence[float], frames: int) -> dict[str, Any]:
    session = opened.session
    describe = opened.describe()
    _run(session, WARM)
    start = session.live.mark()
    tracks, numbers, size = [], [], 0
    for v in values:
        session.live.go_back(start)
        session.set_all({over: v})
        _run(session, SETTLE)
        track = [session.frame(EACH, 60.0) for _ in range(frames)]
        size += sum(map(len, track))
        if size > MOST_BYTES:
            raise AmineError("lab recording", "it is too long", hint="record a shorter duration or fewer values")
        tracks.append([base64.b64encode(f).decode() for f in track])
        numbers.append(session.live.recent.numbers(session.time))
    control = {**session.controls[over].__dict__, "values": list(values), "value": values[0], "shown": True}
    about = {**describe, "controls": [control], "watched": session.watched, "digest": "", "log": []}
    about["words"] = {**about["words"], "tour": []}
    return {"describe": about, "frames": tracks, "numbers": numbers, "each": EACH, "first": 0}


def _run(session: Session, ms: float) -> None:
    stop = session.time + ms
    while session.time < stop - 1e-6:
        session.advance(min(100.0, stop - session.time), 60.0)


def page(data: dict[str, Any]) -> str:
    """The page as one text, with a recording."""
    return one_text("recorded", data)


__all__ = ["page", "record"]
