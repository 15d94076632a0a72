"""Ridge: least squares with a penalty on the squares of the standardised coefficients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.regression.basis import Basis
from ml.regression.gram import terms_of
from ml.regression.linear import Estimate
from ml.regression.spec import FitError, Observations, Spec
from ml.regression.standard import Standard, described, hat_of, raw_terms, with_intercept

GRID = np.geomspace(1e-6, 1e4, 81)  # strengths by row
CV_ROWS = 20_000  # that choose a strength


def fit_ridge(data: Observations, spec: Spec) -> Estimate:
    """Minimise `|y - Zw|² + a |w|²`, which is scikit-learn's `Ridge` on standardised columns.

    Errors are those of the shrunken estimate, its bias aside; a strength of 0 is least squares.

    Raises:
        FitError: `collinear` at strength 0.
    """
    intercept = not spec.through0
    terms = terms_of(data.k, spec.degree, intercept)
    standard = Standard.of(raw_terms(data, terms), data.y, data.weights, intercept)
    strength = _choose(standard, intercept) if spec.ridge == "cv" else float(spec.ridge or 0.0)
    U, sizes, Vt = np.linalg.svd(standard.Z, full_matrices=False)
    if strength == 0 and sizes[-1] < 1e-12 * sizes[0]:
        raise FitError("collinear", term=len(sizes) - 1 + intercept)
    shrink = sizes**2 / (sizes**2 + strength)
    w = Vt.T @ (shrink / np.where(sizes > 0, sizes, 1.0) * (U.T @ standard.y))
    residuals = standard.y - standard.Z @ w
    parameters = float(shrink.sum()) + intercept
    rss = float(residuals @ residuals)
    variance = rss / (data.n - parameters)
    half = Vt.T * (shrink / np.where(sizes > 0, sizes, 1.0))
    coefficients = standard.coefficients(w, intercept)
    inverse = with_intercept(half @ half.T, standard, data.n, intercept)
    found = described(
        data, Basis.of(data, terms), coefficients, variance * inverse, rss, parameters, spec, strength
    )
    narrow = Vt.T / (sizes**2 + strength) @ Vt
    return replace(
        found, hat=hat_of(Basis.of(data, terms), with_intercept(narrow, standard, data.n, intercept))
    )


def _choose(standard: Standard, intercept: bool) -> float:
    """Return the strength with the least leave-one-out error, by the closed form of the ridge."""
    step = -(-len(standard.y) // CV_ROWS)
    Z, y = standard.Z[::step], standard.y[::step]
    n = len(y)
    U, sizes, _ = np.linalg.svd(Z, full_matrices=False)
    projected = U.T @ y
    errors = []
    for strength in GRID * n:
        shrink = sizes**2 / (sizes**2 + strength)
        leverages = (U**2) @ shrink + (1 / n if intercept else 0.0)
        residuals = (y - U @ (shrink * projected)) / np.maximum(1 - leverages, 1e-12)
        errors.append(float(residuals @ residuals))
    return float(GRID[int(np.argmin(errors))] * len(standard.y))
