"""Which rows a fit does not explain, how well it would have foretold them, and whether its shape is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.regression.curve import Curve
from ml.regression.inference import analysis_of_variance, p_of_studentised
from ml.regression.record import Outlier
from ml.regression.spec import Floats, Observations

UNLIKELY = 0.05  # of the largest studentised residual of all rows (Bonferroni)
INFLUENTIAL = 1.0  # Cook's distance
RARE = 0.02  # probability of the studentised residual of an influential row
MOST_OUTLIERS = 20  # that are named
SAMPLE = 4_000  # rows that judge the shape
HIGHEST = 6  # degree that is suggested
WRONG_SHAPE = 0.001  # probability of the curvature where the line is right
WORTH = 0.1  # share of the remaining variance that a higher degree must explain


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How each row lies to the curve; each of shape (n,).

    Args:
        residuals: In the unit of y.
        studentised: Residual in deviations, as a fit without the row would see it.
        cook: Cook's distance.
        loo: Root mean square of the errors at rows that were left out.
    """

    residuals: Floats
    leverages: Floats
    studentised: Floats
    cook: Floats
    loo: float


def diagnose(
    data: Observations,
    curve: Curve,
    residual_std: float,
    parameters: float,
    hat: Curve | None = None,
    *,
    robust: bool = False,
) -> Diagnostics:
    """Judge every row (Cook and Weisberg, Residuals and Influence in Regression, 1982).

    For exp and power the curve is replaced by its tangent plane.

    Args:
        hat: Whose leverages count, where they are not those of the curve.
        robust: Whether the deviation is free of the rows that lie far off.
    """
    weights = np.ones(data.n) if data.weights is None else data.weights
    residuals = curve.residuals(data.x, data.y) if residual_std else np.zeros(data.n)
    leverages, free = (hat or curve).row_leverages(data.x, weights)
    # a row that alone holds a coefficient has leverage 1: no residual, and nothing to foretell it from
    open_rows = free > 0
    free = np.where(open_rows, free, 1.0)
    errors = np.where(open_rows, residuals / free, 0.0)
    loo = float(np.sqrt(np.mean(errors**2)))
    if residual_std == 0:
        zeros = np.zeros(data.n)
        return Diagnostics(residuals, leverages, zeros, zeros, loo)
    inner = np.where(open_rows, residuals * np.sqrt(weights / free) / residual_std, 0.0)
    dof = data.n - parameters
    outer = inner if robust else inner * np.sqrt(max(dof - 1, 0) / np.maximum(dof - inner**2, 1e-12))
    cook = inner**2 * leverages / free / max(parameters, 1)
    return Diagnostics(residuals, leverages, outer, cook, loo)


def find_outliers(data: Observations, judged: Diagnostics, parameters: float) -> tuple[Outlier, ...]:
    """Name the rows whose residual is unlikely among so many, or that move the curve by themselves."""
    dof = data.n - parameters - 1
    if dof < 2:
        return ()
    sizes = np.abs(judged.studentised)
    suspects = np.nonzero((sizes > 2) | (judged.cook > INFLUENTIAL))[0]
    suspects = suspects[np.argsort(-sizes[suspects])][: 10 * MOST_OUTLIERS]
    found = [
        Outlier(int(index), data.row(int(index)), float(judged.studentised[index]), float(judged.cook[index]))
        for index in suspects
        if p_of_studentised(float(sizes[index]), dof) * data.n < UNLIKELY
        or (judged.cook[index] > INFLUENTIAL and p_of_studentised(float(sizes[index]), dof) < RARE)
    ]
    return tuple(found[:MOST_OUTLIERS])


def suggest_degree(data: Observations, degree: int, through0: bool, rss: float) -> int | None:
    """Return a degree that describes one x clearly better than `degree` does, or None.

    Orthogonal polynomials give the residual of every degree by one QR; the smallest degree is taken
    beyond which no other is clearly better (F test, and a tenth of the remaining variance).
    """
    if data.k != 1 or rss == 0 or through0 or data.weights is not None:
        return None
    step = -(-data.n // SAMPLE)
    x, y = data.x[::step, 0], data.y[::step]
    highest = min(HIGHEST, len(np.unique(x)) - 2, len(x) - 4)
    if degree >= highest:
        return None
    remaining = _residuals_by_degree(x, y, highest)
    best = degree
    for candidate in range(degree + 1, highest + 1):
        dof = len(x) - candidate - 1
        gained = remaining[best] - remaining[candidate]
        test = analysis_of_variance(remaining[candidate], gained, dof, candidate - best)
        gain = 1 - remaining[candidate] / remaining[best] if remaining[best] else 0.0
        if gain > WORTH and test.p is not None and test.p < WRONG_SHAPE:
            best = candidate
    return best if best > degree else None


def _residuals_by_degree(x: Floats, y: Floats, highest: int) -> list[float]:
    """Return the sum of squared residuals of the polynomials of degree 0 to `highest`."""
    t = (x - x.mean()) / (np.abs(x - x.mean()).max() or 1.0)
    Q, _ = np.linalg.qr(np.polynomial.legendre.legvander(t, highest))
    centred = y - y.mean()
    left = float(centred @ centred)
    floor = 1e-24 * left  # below it there is only rounding
    sums = []
    for square in (Q.T @ centred) ** 2:
        left = max(left - float(square), 0.0)
        sums.append(left if left > floor else 0.0)
    return sums
