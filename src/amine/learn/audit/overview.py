"""Audit of a trained model: one report on attribution, over-fitting, calibration, fairness, privacy and cost."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError
from amine.learn import report
from amine.learn.audit import attribution, calibration, cost, fairness, fitting, privacy
from amine.learn.data import Data
from amine.learn.estimators import Classifier
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.given import FilePath
    from amine.learn.estimators import Regressor


@dataclass
class Audit:
    """Result of an audit: ``summary`` as plain data, and the sections of a report page."""

    title: str
    summary: dict[str, Any]
    sections: list[report.Section] = field(default_factory=list)

    def text(self) -> str:
        """The summary in a few lines."""
        return "\n".join(f"{k.replace('_', ' ')}: {_short(v)}" for k, v in self.summary.items())

    def write(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Writes the report as one HTML page; raises AmineError if the file exists, unless ``overwrite``."""
        report.write(
            path,
            report.page(
                self.title,
                "Attribution, over-fitting, calibration, fairness, privacy and cost of the model.",
                self.sections,
            ),
            overwrite,
        )


def _short(v: object) -> str:
    if isinstance(v, dict):
        return ", ".join(f"{k} {_short(x)}" for k, x in v.items())
    if isinstance(v, float):
        return f"{v:.4g}"
    return ", ".join(map(_short, v)) if isinstance(v, list) else str(v)


def audit(model: Classifier | Regressor, d: Data, *, quick: bool = False) -> Audit:
    """Audits a fitted model with the held-out samples of the task on which it was trained.

    Parameters
    ----------
    model : a fitted :class:`amine.learn.Classifier` or :class:`amine.learn.Regressor`.
    d : the task. quick : skip the parts that train anew: scores over the number of samples, and differential privacy.

    Raises
    ------
    AmineError
        If the task's features are not the model's.

    Examples
    --------
    >>> from amine.learn import Regressor, data
    >>> d = data.get("ratings")
    >>> X, y, _, _ = d.split()
    >>> found = audit(Regressor(epochs=30).fit(X, y), d, quick=True)
    >>> [heading for heading, _ in found.sections]
    ['Attribution', 'Over-fitting', 'Cost']
    """
    if d.X.shape[1] != model.n_features_in_:
        raise AmineError(
            f"audit of '{d.name}'", "the task has other features than the model along axis 1",
            given=str(d.X.shape[1]), expected=str(model.n_features_in_),
        )  # fmt: skip
    notes = getattr(model, "notes_", {})
    parts = d.split(int(notes.get("seed", 0)))
    found = Audit(f"Audit: {d.name}, {model.spec_.neuron_name}, {getattr(model.rule, 'name', model.rule)}", {})
    steps: list[Any] = [attribution.attribution, fitting.fitting]
    if isinstance(model, Classifier):
        steps += [calibration.calibration, fairness.fairness]
    steps.append(cost.cost)
    if not quick:
        steps += [fitting.more_samples, *([privacy.privacy] if isinstance(model, Classifier) else [])]
    for step in steps:
        summary, heading, body = step(model, d, parts)
        found.summary |= summary
        found.sections.append((heading, body))
    return found
