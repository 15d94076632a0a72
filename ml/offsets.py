"""What is added to the logits in each domain, so that the measure of its field comes out best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, recall_score

from ml.samples import Sample
from ml.sources import DOMAINS, LABELS, Source

FEWEST = 1_000  # dev rows of a domain: two figures chosen on fewer would be chance
STEPS = np.arange(-6, 7) / 10
PRICE = 0.003  # of the measure that one unit of an offset must gain, so that noise moves nothing
MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": accuracy_score,
    "macro_f1": lambda truth, found: f1_score(truth, found, average="macro"),
    "macro_recall": lambda truth, found: recall_score(truth, found, average="macro"),
}


@dataclass(frozen=True)
class _Judged:
    """The dev rows of one set: logits (n, labels), the share (n,) of its domain, column numbers (n,)."""

    source: Source
    logits: np.ndarray
    share: np.ndarray
    truth: np.ndarray

    def measure(self, offset: np.ndarray) -> float:
        """Return the measure of the set's field when the domain adds an offset (labels,)."""
        moved = self.logits + self.share[:, None] * offset
        if self.source.binary:
            moved[:, LABELS.index("neutral")] = -np.inf
        return float(MEASURES[self.source.judged](self.truth, moved.argmax(axis=1)))


def offsets(
    logits: np.ndarray, shares: np.ndarray, dev: Sequence[Sequence[Sample]], sources: Sequence[Source]
) -> np.ndarray:
    """Return what to add to each domain's logits, (domains, labels), 0 where there are too few dev rows.

    A macro measure is not best served by the likeliest label: what a rare label gains weighs more than
    what a frequent one loses (Lipton et al. 2014).

    Args:
        logits: (rows, labels) of the dev rows of all sets, one set after the other.
        shares: (rows, domains), how much each row looks like each domain.
        dev: The rows.
        sources: The sets, in the same order.
    """
    judged, start = [], 0
    for source, held in zip(sources, dev, strict=True):
        rows = slice(start, start := start + len(held))
        truth = np.array([LABELS.index(sample.label) for sample in held])
        judged.append(_Judged(source, logits[rows], shares[rows, DOMAINS.index(source.domain)], truth))
    return np.array([_offset([one for one in judged if one.source.domain == domain]) for domain in DOMAINS])


def _offset(judged: Sequence[_Judged]) -> np.ndarray:
    rows = sum(len(one.truth) for one in judged)
    if rows < FEWEST:
        return np.zeros(len(LABELS))

    def worth(offset: np.ndarray) -> float:
        measured = sum(len(one.truth) / rows * one.measure(offset) for one in judged)
        return measured - PRICE * float(np.abs(offset).sum())

    return max((np.array([low, 0.0, high]) for low, high in product(STEPS, STEPS)), key=worth)
