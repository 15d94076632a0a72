"""Several networks in the place of one: bagging (Breiman 1996) and boosting by SAMME (Hastie et al. 2009)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ml.composition import Networks
from ml.inference import run

ERROR = 1e-3  # that a network is credited with at least: one without any would outvote all others

# Trains a network on some rows, with a weight for each sample, as the nth: returns an ONNX model.
Member = Callable[[np.ndarray, np.ndarray, int], Any]


def bag(
    member: Member,
    tokens: Sequence[Sequence[int]],
    truth: np.ndarray,
    rows: np.ndarray,
    rounds: int,
    seed: int,
) -> Networks:
    """Train each network on as many rows as there are, drawn with repetition within each label."""
    rng = np.random.default_rng(seed)
    weights = np.ones(len(truth), np.float32)
    models = []
    for number in range(rounds):
        groups = [rows[truth[rows] == label] for label in np.unique(truth[rows])]
        drawn = np.concatenate([rng.choice(group, len(group)) for group in groups])
        models.append(member(drawn, weights, number))
    return Networks(models, [1.0] * rounds)


def boost(
    member: Member,
    tokens: Sequence[Sequence[int]],
    truth: np.ndarray,
    rows: np.ndarray,
    rounds: int,
    seed: int,
) -> Networks:
    """Train each network with more weight on the samples that those before it got wrong.

    One that is no better than chance has no vote, and the weights begin anew.
    """
    num_labels = int(truth.max()) + 1
    weights = np.ones(len(truth), np.float32)
    models, votes = [], []
    for number in range(rounds):
        models.append(member(rows, weights, number))
        said = run(models[-1], [tokens[row] for row in rows]).argmax(axis=1)
        wrong = said != truth[rows]
        error = max(ERROR, float(np.average(wrong, weights=weights[rows])))
        vote = max(0.0, float(np.log((1 - error) / error) + np.log(num_labels - 1))) if error < 1 else 0.0
        votes.append(vote)
        if vote == 0:
            weights = np.ones(len(truth), np.float32)
            continue
        weights[rows] *= np.exp(vote * wrong).astype(np.float32)
        weights[rows] *= len(rows) / weights[rows].sum()
    return Networks(models, votes if any(votes) else [1.0] * rounds, votes=True)
