"""Lines and curves that a few wrong points cannot bend: Huber's M-estimate and Theil and Sen's medians."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from ml.regression.basis import Basis
from ml.regression.gram import terms_of
from ml.regression.linear import Estimate, fit_linear
from ml.regression.resampling import bootstrap, leave_one_out
from ml.regression.spec import FitError, Floats, Observations, Spec

TUNING = 1.345  # Huber's: 95 % efficient where the errors are normal
NORMAL = 0.6744897501960817  # median distance of a normal from its mean, in deviations
STEPS = 500
CLOSE = 1e-13
EXACT = 1e-4  # how far below a point on the curve the floor of residuals lies
MOST_PAIRS = 2_000_000
SUBSETS = 20_000  # of p rows, where there is more than one slope
BATCH = 1_000


def fit_robust(data: Observations, spec: Spec) -> Estimate:
    """Fit by Huber's M-estimate or by medians.

    Raises:
        FitError: `combination`, where Theil-Sen is given weights.
    """
    basis = Basis.of(data, terms_of(data.k, spec.degree, not spec.through0))
    if spec.robust == "huber":
        return _fit_huber(data, basis, spec)
    if data.weights is not None:
        raise FitError("combination", first="theil-sen", second="weights")
    return _fit_theil_sen(data, basis, spec)


def _fit_huber(data: Observations, basis: Basis, spec: Spec) -> Estimate:
    """Fit by iterated weights, with Huber's own covariance (Huber, Robust Statistics, 1981, 7.6)."""
    weights = _huber_weights(data, basis)
    X, y, floor = _weighted(data, basis)
    on_curve = np.abs(y - X @ weights) <= floor / EXACT
    if np.median(np.abs(y - X @ weights)) <= floor and on_curve.sum() > len(weights):
        # most points lie on the curve: those alone give its digits
        exact = fit_linear(data.where(on_curve), spec)
        weights = basis.centred(np.array(exact.coefficients))
    n, p = X.shape
    residuals = y - X @ weights
    scale = max(float(np.median(np.abs(residuals))) / NORMAL, floor)
    inside = np.abs(residuals) <= TUNING * scale
    psi = np.clip(residuals / scale, -TUNING, TUNING)
    share = max(float(inside.mean()), 1.0 / n)
    correction = 1 + p / n * (1 - share) / share
    variance = correction**2 * scale**2 * float(psi @ psi) / (n - p) / share**2
    clean = scale <= floor
    inverse = _inverse(X)
    found = _estimate(
        data, basis, weights, inverse, 0.0 if clean else variance, 0.0 if clean else scale, spec
    )
    loo = leave_one_out(data, lambda rest: _huber_weights(rest, basis), basis.matrix)
    return replace(found, loo=loo)


def _huber_weights(data: Observations, basis: Basis) -> Floats:
    """Iterate: rows further off than 1.345 deviations weigh less, the further the less."""
    X, y, floor = _weighted(data, basis)
    weights = np.asarray(np.linalg.lstsq(X, y, rcond=None)[0], dtype=np.float64)
    for _ in range(STEPS):
        sizes = np.maximum(np.abs(y - X @ weights), floor)
        scale = max(float(np.median(sizes)) / NORMAL, floor)
        pull = np.sqrt(np.minimum(1.0, TUNING * scale / sizes))
        new = np.asarray(np.linalg.lstsq(X * pull[:, None], y * pull, rcond=None)[0], dtype=np.float64)
        moved = float(np.abs(new - weights).max()) / (float(np.abs(new).max()) or 1.0)
        weights = new
        if moved < CLOSE:
            break
    return weights


def _weighted(data: Observations, basis: Basis) -> tuple[Floats, Floats, float]:
    """Return design and y times the roots of the weights, and what is too small for a residual."""
    roots = np.ones(data.n) if data.weights is None else np.sqrt(data.weights)
    y = data.y * roots
    return basis.matrix(data.x) * roots[:, None], y, 1e-13 * (float(np.abs(y).max()) or 1.0)


def _inverse(X: Floats) -> Floats:
    half = np.linalg.pinv(X)
    return np.asarray(half @ half.T)


def _fit_theil_sen(data: Observations, basis: Basis, spec: Spec) -> Estimate:
    """Take the median of all slopes; of several slopes the spatial median of fits to a few rows each."""
    rng = np.random.default_rng(0)
    weights = _medians(data, basis, rng)

    def again(sample: Observations) -> Floats:
        return _medians(sample, basis, rng, few=True)

    drawn = bootstrap(data, again, len(basis.terms))
    covariance = drawn.covariance(weights)
    residuals = data.y - basis.matrix(data.x) @ weights
    scale = (
        float(np.median(np.abs(residuals - (np.median(residuals) if not spec.through0 else 0.0)))) / NORMAL
    )
    found = _estimate(data, basis, weights, covariance, 1.0, scale, spec)
    hat = basis.curve(weights, _inverse(basis.matrix(data.x)), 1.0)
    loo = leave_one_out(data, again, basis.matrix)
    raw = np.array([basis.raw(sample) for sample in drawn.samples])
    intervals = drawn.intervals(np.array(found.coefficients), raw, spec.ci)
    return replace(found, intervals=intervals, classical=False, hat=hat, loo=loo)


def _medians(data: Observations, basis: Basis, rng: np.random.Generator, *, few: bool = False) -> Floats:
    B = basis.matrix(data.x)
    intercept = (0, 0) in basis.terms
    if len(basis.terms) - intercept != 1:
        return _spatial_median(B, data.y, rng, SUBSETS // 20 if few else SUBSETS)
    t = B[:, -1]
    if not intercept:
        return np.array([np.median(data.y[t != 0] / t[t != 0])])
    slope = _median_slope(t, data.y, rng, MOST_PAIRS // 20 if few else MOST_PAIRS)
    return np.array([np.median(data.y - slope * t), slope])


def _median_slope(t: Floats, y: Floats, rng: np.random.Generator, most: int) -> float:
    """Return the median slope of all pairs, of `most` random ones where there are more."""
    n = len(t)
    if n * (n - 1) // 2 <= most:
        first, second = np.triu_indices(n, 1)
    else:
        first, second = rng.integers(0, n, (2, most))
    run = t[second] - t[first]
    apart = run != 0
    return float(np.median((y[second] - y[first])[apart] / run[apart])) if apart.any() else 0.0


def _subsets(n: int, p: int, rng: np.random.Generator, count: int) -> Iterator[NDArray[np.int64]]:
    """Yield sets of p rows: all there are, or `count` random ones where there are more; shape (some, p)."""
    if comb(n, p) <= count:
        yield np.array(list(combinations(range(n), p)))
        return
    for _ in range(-(-count // BATCH)):
        if n <= 4 * p:
            yield np.argsort(rng.random((BATCH, n)), axis=1)[:, :p]
        else:  # a row drawn twice makes no regular system, and falls out
            yield rng.integers(0, n, (BATCH, p))


def _spatial_median(X: Floats, y: Floats, rng: np.random.Generator, count: int) -> Floats:
    """Return the point nearest to the fits of many subsets of p rows (Dang, Peng, Wang and Zhang, 2008)."""
    n, p = X.shape
    found = []
    for rows in _subsets(n, p, rng, count):
        A = X[rows]
        regular = np.abs(np.linalg.det(A)) > 1e-10
        found.append(np.linalg.solve(A[regular], y[rows[regular]][..., None])[..., 0])
    points = np.concatenate(found)
    if not len(points):
        raise FitError("no_shape")
    middle = np.median(points, axis=0)
    for _ in range(STEPS):
        distances = np.maximum(np.linalg.norm(points - middle, axis=1), 1e-12)
        new = (points / distances[:, None]).sum(axis=0) / (1 / distances).sum()
        if np.abs(new - middle).max() <= 1e-8 * max(float(np.abs(new).max()), 1e-12):
            break
        middle = new
    return np.asarray(middle)


def _estimate(
    data: Observations,
    basis: Basis,
    weights: Floats,
    inverse: Floats,
    variance: float,
    scale: float,
    spec: Spec,
) -> Estimate:
    """Describe weights that were found; R² is that of all points, far ones too."""
    each = np.ones(data.n) if data.weights is None else data.weights
    residuals = data.y - basis.matrix(data.x) @ weights
    rss = float(each @ residuals**2) if scale or spec.robust == "theil-sen" else 0.0
    away = data.y - (0.0 if spec.through0 else each @ data.y / each.sum())
    tss = float(each @ away**2)
    covariance = basis.raw_covariance(variance * inverse)
    return Estimate(
        coefficients=basis.raw(weights).tolist(),
        std_errors=np.sqrt(np.maximum(np.diag(covariance), 0.0)).tolist(),
        covariance=covariance.tolist(),
        curve=basis.curve(weights, inverse, variance),
        rss=rss,
        tss=tss,
        r2=1 - rss / tss if tss else 1.0,
        residual_std=scale,
        parameters=len(weights),
    )
