"""Lasso: least squares with a penalty on the sizes of the standardised coefficients, which drops columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml.regression.basis import Basis
from ml.regression.gram import terms_of
from ml.regression.linear import Estimate
from ml.regression.resampling import bootstrap, leave_one_out
from ml.regression.spec import Floats, Observations, Spec
from ml.regression.standard import Standard, described, hat_of, raw_terms, with_intercept

STEPS = 60  # strengths, from the one that leaves nothing down to a thousandth of it
FOLDS = 10
CV_ROWS = 20_000  # that choose a strength
MOST_STEPS = 2_000  # of the path; there are seldom more than a few for each column
NEAR = 1e-12  # below it a step is rounding


def fit_lasso(data: Observations, spec: Spec) -> Estimate:
    """Minimise `|y - Zw|² / 2n + a |w|₁`, which is scikit-learn's `Lasso` on standardised columns.

    No formula gives its errors: they and the intervals are those of a bootstrap.
    """
    intercept = not spec.through0
    basis = Basis.of(data, terms_of(data.k, spec.degree, intercept))
    X = raw_terms(data, basis.terms)
    strength = _choose(X, data, intercept) if spec.lasso == "cv" else float(spec.lasso or 0.0)

    def solve(sample: Observations) -> Floats:
        standard = Standard.of(raw_terms(sample, basis.terms), sample.y, sample.weights, intercept)
        return standard.coefficients(lasso_path(standard, strength).weights[-1], intercept)

    standard = Standard.of(X, data.y, data.weights, intercept)
    w = lasso_path(standard, strength).weights[-1]
    coefficients = standard.coefficients(w, intercept)
    residuals = standard.y - standard.Z @ w
    parameters = float((w != 0).sum()) + intercept
    drawn = bootstrap(data, solve, len(basis.terms))
    found = described(
        data,
        basis,
        coefficients,
        drawn.covariance(coefficients),
        float(residuals @ residuals),
        parameters,
        spec,
        strength,
    )
    intervals = drawn.intervals(coefficients, drawn.samples, spec.ci)
    chosen = np.flatnonzero(w)
    narrow = np.zeros((len(w), len(w)))
    if len(chosen):
        narrow[np.ix_(chosen, chosen)] = np.linalg.pinv(standard.Z[:, chosen].T @ standard.Z[:, chosen])
    hat = hat_of(basis, with_intercept(narrow, standard, data.n, intercept))
    loo = leave_one_out(data, lambda rest: basis.centred(solve(rest)), basis.matrix)
    return replace(found, intervals=intervals, classical=False, hat=hat, loo=loo)


@dataclass(frozen=True)
class Path:
    """The standardised coefficients for every strength: straight pieces between the strengths of `knots`.

    Args:
        knots: Shape (m,), falling.
        weights: Shape (m, q).
    """

    knots: Floats
    weights: Floats

    def at(self, strength: float) -> Floats:
        """Return the coefficients at a strength, which is not below the last knot."""
        if strength >= self.knots[0]:
            return np.zeros(self.weights.shape[1])
        after = int(np.searchsorted(-self.knots, -strength))
        after = min(after, len(self.knots) - 1)
        high, low = self.knots[after - 1], self.knots[after]
        share = (high - strength) / (high - low) if high > low else 1.0
        return np.asarray(self.weights[after - 1] + share * (self.weights[after] - self.weights[after - 1]))


def lasso_path(standard: Standard, smallest: float) -> Path:
    """Follow the lasso from the strength that leaves nothing down to `smallest`.

    A column enters when its correlation with the residual reaches the strength, and leaves when its
    coefficient reaches 0 (Efron, Hastie, Johnstone and Tibshirani, "Least angle regression", 2004). The steps
    are few, where coordinate descent on powers of x would crawl.
    """
    n = len(standard.y)
    R = standard.Z.T @ standard.Z / n
    rest = standard.Z.T @ standard.y / n  # correlations with the residual
    w = np.zeros(len(rest))
    strength = float(np.abs(rest).max(initial=0.0))
    knots, weights = [strength], [w.copy()]
    active = [int(np.argmax(np.abs(rest)))] if strength > smallest else []
    for _ in range(MOST_STEPS):
        if strength <= smallest or not active:
            break
        signs = np.sign(rest[active])
        direction = np.linalg.lstsq(R[np.ix_(active, active)], signs, rcond=1e-14)[0]
        rates = R[:, active] @ direction
        step, enters, leaves = strength - smallest, -1, -1
        for j in range(len(w)):
            if j in active:
                continue
            for sign in (1.0, -1.0):
                slope = 1 - sign * rates[j]
                reach = (strength - sign * rest[j]) / slope if slope > NEAR else np.inf
                if NEAR * strength < reach < step:
                    step, enters, leaves = reach, j, -1
        for place, j in enumerate(active):
            reach = -w[j] / direction[place] if direction[place] else np.inf
            if NEAR * strength < reach < step:
                step, enters, leaves = reach, -1, j
        w[active] += step * direction
        rest = rest - step * rates
        strength -= step
        if leaves >= 0:
            w[leaves] = 0.0
            active.remove(leaves)
        if enters >= 0:
            active.append(enters)
        knots.append(strength)
        weights.append(w.copy())
    return Path(np.array(knots), np.array(weights))


def _choose(X: Floats, data: Observations, intercept: bool) -> float:
    """Return the strength with the least error over ten folds."""
    step = -(-data.n // CV_ROWS)
    X, y = X[::step], data.y[::step]
    weights = None if data.weights is None else data.weights[::step]
    n = len(y)
    folds = np.random.default_rng(0).permutation(n) % min(FOLDS, n)
    whole = Standard.of(X, y, weights, intercept)
    largest = float(np.abs(whole.Z.T @ whole.y).max()) / n
    strengths = np.geomspace(1, 1e-3, STEPS) * (largest or 1.0)
    errors = np.zeros(STEPS)
    for fold in range(int(folds.max()) + 1):
        left, kept = folds == fold, folds != fold
        part = Standard.of(X[kept], y[kept], None if weights is None else weights[kept], intercept)
        path = lasso_path(part, float(strengths[-1]))
        for place, strength in enumerate(strengths):
            coefficients = part.coefficients(path.at(float(strength)), intercept)
            foretold = X[left] @ coefficients[intercept:] + (coefficients[0] if intercept else 0.0)
            misses = (y[left] - foretold) ** 2
            errors[place] += float(misses.sum() if weights is None else weights[left] @ misses)
    return float(strengths[int(np.argmin(errors))])
