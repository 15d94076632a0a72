"""Exponential and power curves by least squares in y, not in its logarithm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.regression.curve import Curve
from ml.regression.linear import Estimate
from ml.regression.spec import FitError, Floats, Observations, Spec

STEEPEST = 300.0  # the largest exponent over half the range of x
GRID = np.concatenate([-np.geomspace(60, 0.01, 40), np.geomspace(0.01, 60, 40)])
STEPS = 200
CLOSE = 1e-15  # relative step that ends the search


@dataclass(frozen=True)
class _Problem:
    """`y = A exp(b t)` with t from -1 to 1; `roots` are those of the weights."""

    t: Floats
    y: Floats
    roots: Floats

    def factor(self, b: float) -> float:
        """Return the best A for an exponent."""
        growth = np.exp(b * self.t) * self.roots
        return float(growth @ (self.y * self.roots) / (growth @ growth))

    def rss(self, A: float, b: float) -> float:
        residuals = (self.y - A * np.exp(b * self.t)) * self.roots
        return float(residuals @ residuals)

    def jacobian(self, A: float, b: float) -> Floats:
        growth = np.exp(b * self.t) * self.roots
        return np.column_stack([growth, A * self.t * growth])


def fit_growth(data: Observations, spec: Spec) -> Estimate:
    """Fit `y = a exp(b x)` or `y = a x**b`.

    Gauss-Newton with halved steps, started from the line through the logarithms and from a grid, since the
    logarithms of noisy or negative y can lead astray. Errors are those of the tangent plane.

    Raises:
        FitError: `one_x`, or `no_shape` where the best curve is a jump.
    """
    if data.k != 1:
        raise FitError("one_x")
    u = np.log(data.x[:, 0]) if spec.model == "power" else data.x[:, 0]
    centre = float(u.min() / 2 + u.max() / 2)
    scale = float(u.max() - centre) or 1.0
    roots = np.ones(data.n) if data.weights is None else np.sqrt(data.weights)
    problem = _Problem((u - centre) / scale, data.y, roots)
    A, b = _search(problem)
    return _estimate(problem, A, b, centre, scale, spec)


def _search(problem: _Problem) -> tuple[float, float]:
    starts = [*GRID.tolist(), _from_logarithms(problem)]
    b = min(starts, key=lambda start: problem.rss(problem.factor(start), start))
    A = problem.factor(b)
    best = problem.rss(A, b)
    for _ in range(STEPS):
        residuals = (problem.y - A * np.exp(b * problem.t)) * problem.roots
        step = np.linalg.lstsq(problem.jacobian(A, b), residuals, rcond=None)[0]
        share = 1.0
        while share > 1e-10:
            new_b = float(np.clip(b + share * step[1], -STEEPEST, STEEPEST))
            new_A = A + share * float(step[0])
            if problem.rss(new_A, new_b) <= best:
                break
            share /= 2
        else:
            break
        moved = abs(new_A - A) / (abs(A) or 1.0) + abs(new_b - b) / (abs(b) or 1.0)
        A, b, best = new_A, new_b, problem.rss(new_A, new_b)
        if moved < CLOSE:
            break
    if abs(b) >= 0.9 * STEEPEST or A == 0 or not np.isfinite(best):
        raise FitError("no_shape")
    return A, b


def _from_logarithms(problem: _Problem) -> float:
    """Return the exponent of the line through the logarithms of y, as far as they exist."""
    sign = 1.0 if (problem.y > 0).sum() * 2 >= len(problem.y) else -1.0
    positive = problem.y * sign > 0
    t, logs = problem.t[positive], np.log(problem.y[positive] * sign)
    away = t - t.mean() if len(t) else t
    spread = float(away @ away)
    return float(np.clip(away @ logs / spread, -60, 60)) if spread else 0.0


def _estimate(problem: _Problem, A: float, b: float, centre: float, scale: float, spec: Spec) -> Estimate:
    n = len(problem.y)
    dof = n - 2
    J = problem.jacobian(A, b)
    R = np.linalg.qr(J)[1]
    if abs(R[1, 1]) < 1e-13 * abs(R[0, 0]):
        raise FitError("no_shape")
    half = np.linalg.inv(R)
    inverse = half @ half.T
    rss = problem.rss(A, b)
    variance = rss / dof
    shift = np.exp(-b * centre / scale)
    coefficients = [A * float(shift), b / scale]
    if not np.isfinite(coefficients[0]) or coefficients[0] == 0:
        raise FitError("out_of_range")
    turn = np.array([[shift, -centre / scale * coefficients[0]], [0.0, 1 / scale]])
    covariance = variance * turn @ inverse @ turn.T
    weights = problem.roots**2
    away = problem.y - weights @ problem.y / weights.sum()
    tss = float(weights @ away**2)
    return Estimate(
        coefficients=coefficients,
        std_errors=[float(np.sqrt(covariance[i, i])) for i in range(2)],
        covariance=covariance.tolist(),
        curve=Curve(
            spec.model,
            ((0, 0), (0, 1)),
            (centre,),
            (scale,),
            (A, b),
            tuple(tuple(row) for row in inverse.tolist()),
            variance,
        ),
        rss=rss,
        tss=tss,
        r2=1 - rss / tss if tss else 1.0,
        residual_std=float(np.sqrt(variance)),
        parameters=2,
    )
