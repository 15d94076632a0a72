"""Whether a new version may take the place of the live one: both judged on samples that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ml.evaluate import Metrics, judge
from ml.predictor import Model
from ml.samples import Sample

Verdict = Literal["better", "equal", "worse"]
DRAWS = 2000
SURE = 0.95
UNKNOWN = 1e-9  # probability that a model gives a label that it was never taught


@dataclass(frozen=True)
class Comparison:
    """How much better a candidate is than the live version, in macro F1 (-1..1), with its 95 % interval.

    The verdict is "worse" where the candidate scores lower, "better" where it scores higher, and "equal"
    where both score the same. `chance` says that the interval holds 0: so few samples cannot tell.
    """

    version: str  # the live one
    live: Metrics
    difference: float
    low: float
    high: float
    verdict: Verdict
    chance: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON."""
        return {
            "version": self.version,
            "metrics": self.live.to_dict(),
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "verdict": self.verdict,
            "chance": self.chance,
        }


def compare(candidate: Model, live: Model, samples: Sequence[Sample], seed: int = 0) -> Comparison:
    """Judge two versions on the same held-out samples, with a bootstrap over them (Efron 1979).

    Args:
        candidate: The new version; it knows every label of `samples`.
        live: The version that answers now; it may know other labels.
        samples: At least one.
        seed: Of the draws.
    """
    labels = candidate.labels
    truth = [sample.label for sample in samples]
    answers = [_answers(model, labels, samples) for model in (candidate, live)]
    judged = [judge(labels, truth, *answer) for answer in answers]
    columns = np.array([labels.index(label) for label in truth])
    predicted = [np.array([labels.index(label) for label in said]) for said, _ in answers]
    scores = _resampled(columns, predicted, len(labels), np.random.default_rng(seed))
    low, high = np.quantile(scores[0] - scores[1], [(1 - SURE) / 2, (1 + SURE) / 2])
    difference = judged[0].macro_f1 - judged[1].macro_f1
    verdict: Verdict = "equal" if abs(difference) < 1e-9 else "better" if difference > 0 else "worse"
    version = str(live.manifest.get("version", ""))
    return Comparison(
        version, judged[1], difference, float(low), float(high), verdict, bool(low <= 0 <= high)
    )


def _resampled(
    truth: np.ndarray, predicted: Sequence[np.ndarray], num_labels: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return each version's macro F1 in every draw, (draws,), the same samples for both.

    Samples with the same truth and answers are alike, so that a draw is how often each kind occurs.
    """
    kinds = np.stack([truth, *predicted], axis=1)
    cells, counts = np.unique(kinds, axis=0, return_counts=True)
    draws = rng.multinomial(len(truth), counts / len(truth), DRAWS)  # (draws, cells)
    found = []
    for said in cells[:, 1:].T:
        confusion = np.zeros((DRAWS, num_labels, num_labels))
        for cell, (right, answer) in enumerate(zip(cells[:, 0], said, strict=True)):
            confusion[:, right, answer] += draws[:, cell]
        found.append(macro_f1(confusion))
    return found


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Return the mean F1 over the labels that occur, 0..1, of matrices (n, labels, labels)."""
    total = confusion.sum(axis=1) + confusion.sum(axis=2)
    right = np.diagonal(confusion, axis1=1, axis2=2)
    f1 = np.divide(2 * right, total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(f1.sum(axis=1) / (total > 0).sum(axis=1))


def _answers(model: Model, labels: Sequence[str], samples: Sequence[Sample]) -> tuple[list[str], np.ndarray]:
    """Return what a model says, in the columns of `labels`."""
    own = model.probabilities([sample.text for sample in samples])
    place = {label: column for column, label in enumerate(model.labels)}
    probabilities = np.full((len(samples), len(labels)), UNKNOWN)
    for column, label in enumerate(labels):
        if label in place:
            probabilities[:, column] = own[:, place[label]]
    return [labels[column] for column in probabilities.argmax(axis=1)], probabilities
