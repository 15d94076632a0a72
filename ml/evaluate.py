"""How good a classifier is on texts whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

BINS = 15  # of the calibration error


@dataclass(frozen=True)
class Metrics:
    """The measures of one classifier on one set; shares lie in 0..1, lists go in the order of `labels`."""

    labels: tuple[str, ...]
    samples: int
    accuracy: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    support: tuple[int, ...]
    macro_precision: float
    macro_recall: float
    macro_f1: float
    roc_auc: float | None  # mean over labels, one against the rest; None where a label has no or only samples
    calibration_error: float  # expected, over 15 bins of the likeliest label's probability
    confusion: tuple[tuple[int, ...], ...]  # [truth][predicted]

    def to_dict(self) -> dict[str, Any]:
        """Return the measures as JSON."""
        return asdict(self)


def judge(
    labels: Sequence[str], truth: Sequence[str], predicted: Sequence[str], probabilities: np.ndarray
) -> Metrics:
    """Measure predictions against the truth; macro figures are means over the labels that occur.

    Args:
        labels: The order of the columns.
        truth: (n,).
        predicted: (n,).
        probabilities: (n, labels).
    """
    from sklearn import metrics

    probabilities = np.asarray(probabilities, dtype=float)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=list(labels), zero_division=0.0
    )
    occurs = (support > 0) | np.isin(list(labels), list(predicted))
    return Metrics(
        labels=tuple(labels),
        samples=len(truth),
        accuracy=float(np.mean(np.asarray(truth) == np.asarray(predicted))),
        precision=tuple(map(float, precision)),
        recall=tuple(map(float, recall)),
        f1=tuple(map(float, f1)),
        support=tuple(map(int, support)),
        macro_precision=float(np.mean(precision[occurs])),
        macro_recall=float(np.mean(recall[support > 0])),
        macro_f1=float(np.mean(f1[occurs])),
        roc_auc=_roc_auc(labels, truth, probabilities),
        calibration_error=calibration_error(
            probabilities.max(axis=1), np.asarray(truth) == np.asarray(predicted)
        ),
        confusion=tuple(
            tuple(map(int, row)) for row in metrics.confusion_matrix(truth, predicted, labels=list(labels))
        ),
    )


def calibration_error(confidence: np.ndarray, correct: np.ndarray) -> float:
    """Return the expected calibration error: how far confidence is from accuracy (Naeini et al. 2015).

    >>> calibration_error(np.array([0.75, 0.75, 0.75, 0.75]), np.array([1, 1, 1, 0]))
    0.0
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        np.sum(bins == found) * abs(np.mean(confidence[bins == found]) - np.mean(correct[bins == found]))
        for found in np.unique(bins)
    ]
    return float(np.sum(gaps) / len(confidence))


def _roc_auc(labels: Sequence[str], truth: Sequence[str], probabilities: np.ndarray) -> float | None:
    from sklearn.metrics import roc_auc_score

    areas = []
    for column, label in enumerate(labels):
        positive = np.asarray(truth) == label
        if positive.all() or not positive.any():
            continue
        areas.append(roc_auc_score(positive, probabilities[:, column]))
    return float(np.mean(areas)) if areas else None
