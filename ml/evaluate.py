"""How good a classifier is on texts whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ml.curves import Curve, precision_recall, roc

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
    roc: tuple[Curve | None, ...] = ()  # of each label against the rest
    precision_recall: tuple[Curve | None, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the measures as JSON."""
        return asdict(self)


def judge(
    labels: Sequence[str], truth: Sequence[str], predicted: Sequence[str], probabilities: np.ndarray
) -> Metrics:
    """Measure predictions against the truth; macro figures are means over the labels that occur.

    In NumPy alone, since the bot's process judges files too and never loads scikit-learn.

    Args:
        labels: The order of the columns.
        truth: (n,).
        predicted: (n,).
        probabilities: (n, labels).
    """
    probabilities = np.asarray(probabilities, dtype=float)
    place = {label: column for column, label in enumerate(labels)}
    known = np.array([place[label] for label in truth], dtype=int)
    said = np.array([place[label] for label in predicted], dtype=int)
    size = len(labels)
    confusion = np.bincount(size * known + said, minlength=size * size).reshape(size, size)
    right, support, guessed = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = _share(right, guessed), _share(right, support)
    f1 = _share(2 * right, support + guessed)
    occurs = support + guessed > 0
    curves = [roc(known == column, probabilities[:, column]) for column in range(size)]
    areas = [curve.area for curve in curves if curve is not None]
    correct = known == said
    return Metrics(
        labels=tuple(labels),
        samples=len(known),
        accuracy=float(np.mean(correct)),
        precision=tuple(precision.tolist()),
        recall=tuple(recall.tolist()),
        f1=tuple(f1.tolist()),
        support=tuple(support.tolist()),
        macro_precision=float(np.mean(precision[occurs])),
        macro_recall=float(np.mean(recall[support > 0])),
        macro_f1=float(np.mean(f1[occurs])),
        roc_auc=float(np.mean(areas)) if areas else None,
        calibration_error=calibration_error(probabilities.max(axis=1), correct),
        confusion=tuple(map(tuple, confusion.tolist())),
        roc=tuple(curves),
        precision_recall=tuple(
            precision_recall(known == column, probabilities[:, column]) for column in range(size)
        ),
    )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, 0 where there is nothing."""
    return np.asarray(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0))


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
