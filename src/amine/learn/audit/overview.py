"""Looking inside and keeping honest: one report on attribution, over-fitting, calibration, fairness, privacy and cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError
from amine.learn import report
from amine.learn.audit import attribution, calibration, cost, fairness, fitting, privacy
from amine.learn.data import Data
from amine.learn.estimators import Classifier

if TYPE_CHECKING:
    from amine.given import FilePath
    from amine.learn.base import Estimator


@dataclass
class Audit:
    """What an audit found: ``summary`` as plain data, and a page."""

    title: str
    summary: dict[str, Any]
    sections: list[tuple[str, list[str]]] = field(default_factory=list)

    def text(self) -> str:
        """The summary in a few lines."""
        return "\n".join(f"{k.replace('_', ' ')}: {_short(v)}" for k, v in self.summary.items())

    def write(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Writes the report as one HTML page."""
        report.write(
            path,
            report.page(
                self.title, "What the model looks at, how far it can be trusted, and what it costs.", self.sections
            ),
            overwrite,
        )


def _short(v: object) -> str:
    if isinstance(v, dict):
        return ", ".join(f"{k} {_short(x)}" for k, x in v.items())
    if isinstance(v, float):
        return f"{v:.4g}"
    return ", ".join(map(_short, v)) if isinstance(v, list) else str(v)


def audit(model: Estimator, d: Data, *, quick: bool = False) -> Audit:
    """Everything about a fitted model on the task that it learned, with the samples that were held out.

    Parameters
    ----------
    model : a fitted :class:`amine.learn.Classifier` or :class:`amine.learn.Regressor`.
    d : the task. quick : leave out what has to learn anew: scores over the number of samples, and training with differential privacy.

    Raises
    ------
    AmineError
        If the task's features are not the model's.
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
