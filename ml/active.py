"""Which texts are worth a person's label next: where a model is least sure, and unlike those asked before."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from ml.text import normalise

DIMENSIONS = 512  # of the vectors by which texts are compared


def choose(
    vectors: np.ndarray, probabilities: np.ndarray | None, asked: Sequence[int], count: int
) -> list[int]:
    """Return up to `count` rows that were not asked, one after the other the most worth asking.

    A row's worth is how little its two likeliest labels differ (Scheffer et al. 2001), times how far it is
    from the row most like it among those asked and chosen; without a model only the distance counts.

    Args:
        vectors: (n, dimensions), of length 1.
        probabilities: (n, labels), or None where there is no model yet.
        asked: Rows that were asked already.
        count: How many to return.
    """
    worth = np.ones(len(vectors))
    if probabilities is not None:
        two = np.partition(probabilities, -2, axis=1)[:, -2:]
        worth = 1 - np.abs(two[:, 1] - two[:, 0]) + 1e-3
    near = np.zeros(len(vectors))
    for row in asked:
        near = np.maximum(near, vectors @ vectors[row])
    taken = np.zeros(len(vectors), bool)
    taken[list(asked)] = True
    chosen: list[int] = []
    while len(chosen) < count and not taken.all():
        score = np.where(taken, -1.0, worth * (1 - np.minimum(near, 1) + 1e-3))
        row = int(score.argmax())
        chosen.append(row)
        taken[row] = True
        near = np.maximum(near, vectors @ vectors[row])
    return chosen


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Return a vector for each text, (n, 512): its words and triples of signs, hashed, rare ones heavier."""
    counts = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in zip(counts, texts, strict=True):
        form = normalise(text)
        features = {*form.split(), *(form[place : place + 3] for place in range(len(form) - 2))}
        for feature in features:
            row[zlib.crc32(feature.encode("utf-8", "replace")) % DIMENSIONS] += 1
    rarity = np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))) + 0.1
    weighed = counts * rarity.astype(np.float32)
    lengths = np.linalg.norm(weighed, axis=1, keepdims=True)
    return np.asarray(weighed / np.maximum(lengths, 1e-9))
