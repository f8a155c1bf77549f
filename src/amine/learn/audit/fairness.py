"""Fairness: differences between groups in accuracy and rates (Fairlearn)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn import metrics as skm

from amine.learn import report
from amine.learn.audit.held_out import held_out
from amine.optional import optional
from amine.view.report import table

if TYPE_CHECKING:
    from amine.learn.data import Data, Split
    from amine.learn.estimators import Classifier


def fairness(model: Classifier, d: Data, parts: Split) -> report.Part:
    """Section of the report on fairness: accuracy and rates by group, and the largest differences.

    Bird S et al. (2020) Fairlearn, Microsoft MSR-TR-2020-32.
    """
    if d.groups is None:
        return {}, "Fairness", [report.paragraph("The task has no groups, so their treatment can't be compared.")]
    with optional("audit"):
        from fairlearn.metrics import (
            MetricFrame,
            count,
            demographic_parity_difference,
            equalized_odds_difference,
            selection_rate,
        )

    _, _, c, e = parts
    groups, predicted = held_out(d, parts, d.groups), model.predict(c)
    two = len(model.classes_) == 2
    recall: Any = skm.recall_score
    metrics: dict[str, Any] = {"samples": count, "accuracy": skm.accuracy_score}
    if two:
        positive = model.classes_[1]
        metrics |= {
            f"predicted as {d.classes[1] if d.classes else positive}": lambda t, p: selection_rate(
                t, p, pos_label=positive
            ),
            "recall": lambda t, p: recall(t, p, pos_label=positive, zero_division=0.0),
        }
    frame = MetricFrame(metrics=metrics, y_true=e, y_pred=predicted, sensitive_features=groups)
    names = list(metrics)
    rows = [
        (g, *(f"{line[n]:.0f}" if n == "samples" else f"{line[n]:.4f}" for n in names))
        for g, line in frame.by_group.iterrows()
    ]
    difference: Any = frame.difference()
    summary = {"accuracy_difference_between_groups": float(difference["accuracy"])}
    if two:
        truth, guess = (e == model.classes_[1]).astype(int), (predicted == model.classes_[1]).astype(int)
        summary["demographic_parity_difference"] = float(
            demographic_parity_difference(truth, guess, sensitive_features=groups)
        )
        summary["equalized_odds_difference"] = float(equalized_odds_difference(truth, guess, sensitive_features=groups))
    body = [
        table(("Group", *names), rows, numbers=1),
        table(("", ""), [(k.replace("_", " "), f"{v:.4f}") for k, v in summary.items()]),
    ]
    body.append(
        report.paragraph(
            "If a class is not equally frequent in all groups, these measures can't all be equal at once; which one matters is not for a program to decide."
        )
    )
    return summary, "Fairness", body
