"""What a larger network said of the training texts: probabilities, found again by a hash of the text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.text import normalise

STEPS = 255  # probabilities are kept in 8 bits


def keys(texts: Sequence[str]) -> np.ndarray:
    """Return the hash of each text as the network reads it, (n,), 64 bits."""
    return np.array(
        [
            int.from_bytes(hashlib.blake2b(normalise(text).encode("utf-8"), digest_size=8).digest(), "little")
            for text in texts
        ],
        np.uint64,
    )


def save(texts: Sequence[str], probabilities: np.ndarray, path: Path) -> None:
    """Write the probabilities (n, labels) of texts, and of the texts no more than their hashes."""
    found, first = np.unique(keys(texts), return_index=True)
    np.savez_compressed(
        path, keys=found, probabilities=np.round(probabilities[first] * STEPS).astype(np.uint8)
    )


def look_up(texts: Sequence[str], path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities (n, labels) saved for texts, and (n,) for which of them there are any."""
    with np.load(path) as saved:
        known, values = saved["keys"], saved["probabilities"].astype(np.float32)
    wanted = keys(texts)
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    values /= values.sum(axis=1, keepdims=True)
    return values[places], known[places] == wanted


def soften(
    targets: np.ndarray,
    impossible: np.ndarray,
    said: tuple[np.ndarray, np.ndarray],
    *,
    share: float,
    smoothing: float,
) -> np.ndarray:
    """Return what to learn: labels mixed with what the larger network said, smoothed where it is silent.

    Args:
        targets: (n, labels), ones and zeros.
        impossible: (n, labels), 1 for a label that the sample's set does not know.
        said: As `look_up` returns it.
        share: How much the larger network counts (Hinton et al. 2015).
        smoothing: What each label gets of the others' probability elsewhere.
    """
    possible = 1 - impossible
    probabilities, there = said
    probabilities = probabilities * possible
    probabilities /= np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-6)
    smooth = targets * (1 - smoothing) + smoothing * possible / possible.sum(axis=1, keepdims=True)
    taught = (1 - share) * targets + share * probabilities
    return np.asarray(np.where(there[:, None], taught, smooth), np.float32)
