"""What no formula gives: the same method on rows drawn again and again, or on all rows but one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.regression.spec import Floats, Observations

REPEATS = 300
FEW_ROWS = 100  # for which every row may be left out in turn
MOST_ROWS = 5_000  # drawn at a time; of a longer table fewer rows are drawn, and the spread is scaled


@dataclass(frozen=True)
class Bootstrap:
    """The estimates of the samples.

    Args:
        samples: Shape (repeats, p).
        shrink: Ratio of the spread at n rows to that at the rows drawn (m out of n bootstrap).
    """

    samples: Floats
    shrink: float

    def covariance(self, estimate: Floats) -> Floats:
        """Return the covariance of the estimate, shape (p, p)."""
        away = (self.samples - self.samples.mean(axis=0)) * self.shrink
        return np.asarray(away.T @ away / max(len(away) - 1, 1)).reshape(len(estimate), len(estimate))

    def intervals(self, estimate: Floats, samples: Floats, ci: float) -> list[tuple[float, float]]:
        """Return the percentile interval of each coefficient.

        Args:
            samples: Shape (repeats, p): the samples in the terms of the estimate.
        """
        edges = np.percentile(samples, [50 - ci / 2, 50 + ci / 2], axis=0)
        low, high = estimate + (edges - estimate) * self.shrink
        return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def bootstrap(data: Observations, refit: Callable[[Observations], Floats], p: int) -> Bootstrap:
    """Refit samples of the rows, drawn with replacement from a fixed seed.

    Samples that leave the model open (too few different x) are drawn anew.
    """
    rng = np.random.default_rng(1)
    m = min(data.n, MOST_ROWS)
    found: list[Floats] = []
    for _ in range(4 * REPEATS):
        rows = rng.integers(0, data.n, m)
        if len(np.unique(rows)) <= p:
            continue
        weights = None if data.weights is None else data.weights[rows]
        sample = Observations(data.x[rows], data.y[rows], weights, data.x_names, data.y_name)
        if any(len(np.unique(column)) < 2 for column in sample.x.T):
            continue
        found.append(refit(sample))
        if len(found) == REPEATS:
            break
    return Bootstrap(np.array(found), float(np.sqrt(m / data.n)))


def leave_one_out(
    data: Observations, refit: Callable[[Observations], Floats], matrix: Callable[[Floats], Floats]
) -> float | None:
    """Return the root mean square of the errors at rows that were left out; None for a longer table.

    Args:
        refit: Weights of some rows.
        matrix: The terms that the weights belong to.
    """
    if data.n > FEW_ROWS:
        return None
    errors = [
        float(data.y[i] - (matrix(data.x[i : i + 1]) @ refit(data.without([i])))[0]) for i in range(data.n)
    ]
    return float(np.sqrt(np.mean(np.square(errors))))
