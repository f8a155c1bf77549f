"""The table of a sweep: measures by axis, as arrays, text, pandas, a figure, and a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.doors import methods
from amine.errors import AmineError, did_you_mean
from amine.files import read_arrays, write_arrays
from amine.optional import optional
from amine.records import dataclass
from amine.shown import Shown
from amine.sweeps.axes import Axis, in_unit
from amine.view.inline import box, paragraph, png_image, table
from amine.view.sweep import sweep as picture

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from amine.given import FilePath

FORMAT = "amine sweep table 1"
LINES = 40  # of a printed table


@methods
@dataclass(eq=False)
class Sweep(Shown):
    """Measures at all points of a sweep; made by :func:`amine.sweep`.

    ``axes`` are the names with their values. ``values`` maps each measure to an array: of a grid (values of the first axis, ..., of the
    last, seeds), of a sampled design (points, seeds), followed by the axes of the measure itself if it is an array. A point that failed
    is NaN, and ``failures`` says why.
    """

    axes: list[Axis]
    design: str
    seeds: list[int]
    values: dict[str, np.ndarray]
    failures: list[str] = field(default_factory=list)
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of values of the axes of a grid, or the number of points."""
        return tuple(len(a.values) for a in self.axes) if self.design == "grid" else (len(self.axes[0].values),)

    def __getitem__(self, measure: str) -> np.ndarray:
        if measure not in self.values:
            hint = did_you_mean(str(measure), self.values)
            raise AmineError("Sweep", f"measure '{measure}' was not taken", hint=hint)
        return self.values[measure]

    def axis(self, name: str) -> np.ndarray:
        """Values of an axis as numbers in its unit; NaN where one is not a number.

        Parameters
        ----------
        name : name of the axis.

        Raises
        ------
        AmineError
            If there is no such axis.
        """
        for a in self.axes:
            if name in (a.name, a.name.removeprefix("cell.")):
                return a.numbers
        names = [a.name for a in self.axes]
        raise AmineError("Sweep", f"there is no axis '{name}'", hint=did_you_mean(name, names))

    def mean(self, measure: str) -> np.ndarray:
        """Mean of a measure over the seeds; NaN where no seed has a value.

        Parameters
        ----------
        measure : its name.
        """
        x = self[measure]
        over = len(self.shape)
        known = np.isfinite(x)
        n = known.sum(over)
        return np.where(n > 0, np.where(known, x, 0.0).sum(over) / np.maximum(n, 1), np.nan)

    def columns(self) -> dict[str, np.ndarray]:
        """One row for each point and seed: the axes in their units (values that are no numbers as text), ``seed``, and the measures."""
        places = np.indices(self.shape).reshape(len(self.shape), -1)
        n, k = places.shape[1], len(self.seeds)
        out = {}
        for j, a in enumerate(self.axes):
            at = places[j if self.design == "grid" else 0]
            plain = np.isfinite(a.numbers).all()
            x = a.numbers if plain else np.array([a.text(i) for i in range(len(a.values))], object)
            out[a.label] = np.repeat(x[at], k)
        out["seed"] = np.tile(np.array(self.seeds), n)
        for m, v in self.values.items():
            out[m] = v.reshape(n * k, *v.shape[len(self.shape) + 1 :])
        return out

    def to_pandas(self) -> pandas.DataFrame:
        """The rows of :meth:`columns` as a table of pandas, which ``amine[export]`` installs; measures that are arrays stand in one cell."""
        with optional("Sweep.to_pandas", "use columns()"):
            import pandas

        return pandas.DataFrame({n: list(x) if np.ndim(x) > 1 else x for n, x in self.columns().items()})

    def summary(self) -> str:
        """Means over seeds as text, one line for each point."""
        names = [m for m in self.values if self.values[m].ndim == len(self.shape) + 1]
        header = [*(a.label for a in self.axes), *names]
        rows = self._rows(names)
        width = [max(len(h), *(len(r[k]) for r in rows[:LINES])) for k, h in enumerate(header)]
        lines = ["  ".join(f"{x:>{w}}" for x, w in zip(row, width)) for row in [header, *rows[:LINES]]]
        if len(rows) > LINES:
            lines.append(f"and {len(rows) - LINES} more points")
        return "\n".join([*lines, *(f"failed: {f}" for f in self.failures[:3])])

    def _rows(self, names: Sequence[str]) -> list[list[str]]:
        """Texts of all points: values of the axes, and means of measures."""
        means = [self.mean(m).ravel() for m in names]
        places = np.indices(self.shape).reshape(len(self.shape), -1)
        at = [places[j if self.design == "grid" else 0] for j in range(len(self.axes))]
        number = lambda a, k: f"{a.numbers[k]:.6g}" if np.isfinite(a.numbers[k]) else a.text(k)  # noqa: E731
        return [
            [*(number(a, at[j][i]) for j, a in enumerate(self.axes)), *(f"{m[i]:.5g}" for m in means)]
            for i in range(places.shape[1])
        ]

    # --- shown -----------------------------------------------------------------------------------------------------

    def figure(self, measures: str | Sequence[str] | None = None) -> Figure:
        """Draw the measures: against one axis, as a map over two, else against each axis.

        Parameters
        ----------
        measures : one or several; None: all that are numbers.

        Raises
        ------
        AmineError
            Unknown measure, or one that is an array.
        """
        single = [m for m in self.values if self.values[m].ndim == len(self.shape) + 1]
        names = single if measures is None else [measures] if isinstance(measures, str) else list(measures)
        for m in names:
            if self[m].ndim != len(self.shape) + 1:
                raise AmineError("Sweep.figure", f"measure '{m}' is an array", hint="draw it from sweep.values")
        return picture(self, names)

    def html(self) -> str:
        """Return figure and means as HTML, without JavaScript."""
        names = [m for m in self.values if self.values[m].ndim == len(self.shape) + 1]
        parts = []
        if names:
            parts.append(png_image(self.figure(names), "Measures of a sweep", 420 * min(3, len(names))))
        parts += [paragraph(f"failed: {f}") for f in self.failures[:3]]
        rows = table([*(a.label for a in self.axes), *names], self._rows(names), numbers=1)
        return box("Sweep", repr(self)[1:-1], *parts, rows)

    def __repr__(self) -> str:
        n = int(np.prod(self.shape))
        over = ", ".join(a.name for a in self.axes)
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"<Sweep over {over}: {n} points, {len(self.seeds)} seeds, {', '.join(self.values)}{failed}>"

    # --- files -----------------------------------------------------------------------------------------------------

    def save(self, path: FilePath) -> None:
        """Write everything to one file, from which :meth:`load` returns it to the last bit.

        Parameters
        ----------
        path : the file; one that exists is replaced.

        Raises
        ------
        AmineError
            If it cannot be written.
        """
        header = {
            "format": FORMAT,
            "axes": [a.to_dict() for a in self.axes],
            "design": self.design,
            "seeds": self.seeds,
            "measures": list(self.values),
            "failures": self.failures,
            "info": self.info,
        }
        arrays = {f"values{k}": v for k, v in enumerate(self.values.values())}
        write_arrays(Path(path), header, arrays, f"file '{path}'")

    @staticmethod
    def load(path: FilePath) -> Sweep:
        """Read a file that :meth:`save` wrote.

        Parameters
        ----------
        path : the file.

        Raises
        ------
        AmineError
            If it does not exist, is damaged, or is another kind of file.
        """
        where = f"file '{path}'"
        header, arrays = read_arrays(Path(path), "a sweep", where)
        if header.get("format") != FORMAT:
            raise AmineError(where, "this is not a sweep of this version", expected=f"'{FORMAT}'")
        axes = [_axis(d) for d in header["axes"]]
        values = {m: arrays[f"values{k}"] for k, m in enumerate(header["measures"])}
        return Sweep(axes, header["design"], header["seeds"], values, header["failures"], header["info"])


def _axis(d: Mapping[str, Any]) -> Axis:
    numbers = np.array([in_unit(v, d["unit"]) for v in d["values"]])
    return Axis(d["name"], tuple(d["values"]), numbers, d["unit"])


__all__ = ["Sweep"]
