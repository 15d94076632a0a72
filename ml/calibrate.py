"""What a probability is worth: the temperature that makes it true, and the threshold of "not sure"."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

ANSWERED = 0.7  # at least this share of texts gets an answer
RIGHT = 0.8  # of the answers that are given, when the share above allows it


def temperature(logits: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return what to divide logits by, so that of the answers at 80 % about 80 % are right.

    Minimises the negative log-likelihood on samples that nothing was learned from (Guo et al. 2017).

    Args:
        logits: (n, labels); minus infinity, or nearly, for labels that a sample cannot have.
        truth: (n,), column numbers.
        weights: (n,), how much each sample counts.
    """

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(logits / np.exp(log_temperature), axis=1)[np.arange(len(truth)), truth]
        return -float(np.average(likelihood, weights=weights))

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))


def threshold(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the probability below which an answer is "not sure".

    The smallest at which 80 % of the answers given are right, yet never so high that fewer than 70 % of
    the texts get one.

    Args:
        probabilities: (n, labels).
        truth: (n,), column numbers.
        weights: (n,), how much each sample counts.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    chosen = round(1 / probabilities.shape[1], 2)
    for candidate in np.arange(chosen, 0.96, 0.01):
        sure = confidence >= candidate
        if np.sum(weights[sure]) < ANSWERED * np.sum(weights):
            break
        chosen = float(candidate)
        if np.average(correct[sure], weights=weights[sure]) >= RIGHT:
            break
    return round(float(chosen), 2)


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities (n, labels) of logits."""
    return np.asarray(softmax(logits, axis=1))
