"""Result of an experiment: measures, tables and figures, and a page that holds them."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError
from amine.files import replacing_folder, write_text
from amine.folders import is_there
from amine.records import dataclass
from amine.view.pages import document
from amine.view.report import number, picture, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]


@dataclass
class Outcome:
    """Measures, tables and figures of an experiment.

    Parameters
    ----------
    name : name of the experiment. title : title of its page. about : a paragraph on the method.
    measures : figures of merit by name, such as ``accuracy``.
    tables : title -> (header, rows).
    figures : caption -> a function that draws the figure when the page is written.
    arguments : arguments of the experiment. seconds : time taken by phase.
    arrays : results as arrays, by name, for further analysis.

    Examples
    --------
    >>> print(Outcome("memory", "Memory", "digits", {"accuracy": 0.9}).summary())
    accuracy  0.9
    """

    name: str
    title: str
    about: str
    measures: dict[str, float]
    tables: dict[str, Table] = field(default_factory=dict)
    figures: dict[str, Callable[[], Figure]] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> str:
        """The measures as text, one a line."""
        width = max(map(len, self.measures), default=0)
        return "\n".join(f"{k:<{width}}  {v:.4g}" for k, v in self.measures.items())

    def to_json(self) -> dict[str, Any]:
        """Measures, arguments and times as plain data."""
        return {
            "experiment": self.name,
            "measures": dict(self.measures),
            "arguments": {
                k: v if isinstance(v, str | int | float | bool | None) else str(v) for k, v in self.arguments.items()
            },
            "seconds": dict(self.seconds),
        }

    def report(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Write a self-contained page; raises AmineError if the file exists and ``overwrite`` is not set."""
        target = Path(path)
        if is_there(target, f"file '{target}'") and not overwrite:
            raise AmineError(f"file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
        write_text(target, self._page(), f"file '{target}'")

    def write(self, folder: FilePath) -> None:
        """Write report, summary and pictures to a new folder, which appears when it is complete."""
        with replacing_folder(Path(folder), f"folder '{folder}'") as part:
            self.report(part / "report.html")
            (part / "summary.json").write_text(json.dumps(self.to_json(), indent=1))
            pictures = part / "pictures"
            pictures.mkdir()
            for k, draw in enumerate(self.figures.values(), 1):
                draw().savefig(pictures / f"{k}.png", dpi=144)

    def _page(self) -> str:
        measures = table(("measure", "value"), [(k, number(v, 4)) for k, v in self.measures.items()], 1)
        parts = [f"<p class='lead'>{html.escape(self.about)}</p><h2>Measures</h2>{measures}"]
        for name, (header, rows) in self.tables.items():
            parts.append(f"<h2>{html.escape(name)}</h2>" + table(tuple(header), [tuple(r) for r in rows], 1))
        for caption, draw in self.figures.items():
            parts.append(f"<figure>{picture(draw())}<figcaption>{html.escape(caption)}</figcaption></figure>")
        asked = [(k, str(v)) for k, v in self.arguments.items()]
        seconds = table(("phase", "seconds"), [(k, f"{v:.1f}") for k, v in self.seconds.items()], 1)
        parts.append("<h2>Where it comes from</h2>" + table(("argument", "value"), asked) + seconds)
        return document(self.title, "experiment", parts)
