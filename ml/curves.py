"""How a score tells one label from the rest at every threshold: ROC and precision-recall curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_POINTS = 64  # of a curve: more than a phone shows


@dataclass(frozen=True, slots=True)
class Curve:
    """The corners of a curve from left to right, in 0..1, and its area."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float


def roc(positive: np.ndarray, scores: np.ndarray) -> Curve | None:
    """Return true against false positive rates, and the area below; None where only one side occurs.

    Args:
        positive: (n,), whether a sample has the label.
        scores: (n,), how likely the model thinks that.
    """
    right, wrong = _counts(positive, scores)
    if not right[-1] or not wrong[-1]:
        return None
    x, y = np.append(0, wrong / wrong[-1]), np.append(0, right / right[-1])
    return _thinned(x, y, float(np.trapezoid(y, x)))


def precision_recall(positive: np.ndarray, scores: np.ndarray) -> Curve | None:
    """Return precision against recall, and the average precision; None where no sample has the label.

    The average is the sum of precisions weighted by the gain in recall, as scikit-learn has it: lines between
    the corners would flatter the model (Davis & Goadrich 2006).
    """
    right, wrong = _counts(positive, scores)
    if not len(right) or not right[-1]:
        return None
    precision, recall = right / (right + wrong), right / right[-1]
    average = float(np.sum(np.diff(recall, prepend=0) * precision))
    return _thinned(np.append(0, recall), np.append(precision[0], precision), average)


def _counts(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many are right and wrong among those at or above each score, from the highest down."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    ordered, hits = np.asarray(scores)[order], np.asarray(positive, bool)[order]
    last = (
        np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1) if len(ordered) else np.array([], int)
    )
    right = np.cumsum(hits)[last] if len(ordered) else np.zeros(1)
    return right, last + 1 - right if len(ordered) else np.zeros(1)


def _thinned(x: np.ndarray, y: np.ndarray, area: float) -> Curve:
    """Leave out corners beyond what a picture shows; the ends stay."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    return Curve(tuple(x[kept].round(4).tolist()), tuple(y[kept].round(4).tolist()), round(area, 6))
