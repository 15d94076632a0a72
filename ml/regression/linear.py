"""Ordinary and weighted least squares: lines, polynomials, several features, logarithms of x."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from math import frexp, log10
from typing import Any

import numpy as np

from ml.regression.curve import Curve
from ml.regression.exact import Solution, root, solve, symmetric
from ml.regression.gram import Gram, gram, terms_of
from ml.regression.precise import PreciseCurve
from ml.regression.spec import FitError, Floats, Observations, Spec

WEAK = 2.0**-40  # share of a term beside the others at which 90 bits still give 50 of the solution
DIGITS = 50  # kept of a curve beyond those that its terms cancel
MOST_PRECISE = 40  # terms whose decimals are kept: they are up to 50 kB


@dataclass(frozen=True)
class Estimate:
    """What a method found, before anything is inferred from it.

    Args:
        coefficients: Shape (p,), as the equation names them.
        std_errors: Shape (p,).
        covariance: Shape (p, p), of the coefficients.
        rss: Sum of the squared residuals, weighted.
        tss: Sum of the squares of y that there was to explain, weighted.
        parameters: How many the method spent; a ridge spends parts of them.
        residual_std: Standard deviation of an observation of weight 1 about the curve.
        intervals: Where they do not follow from the standard errors (bootstrap).
        classical: Whether t, p and AIC exist.
        hat: What its leverages are: how far a row decides its own fitted value; else those of `curve`.
        loo: Root mean square of the leave-one-out errors, where they do not follow from the leverages.
        notes: What the method chose: the strength of a penalty, and how.
    """

    coefficients: list[float]
    std_errors: list[float]
    covariance: list[list[float]]
    curve: Curve
    rss: float
    tss: float
    r2: float
    residual_std: float
    parameters: float
    intervals: list[tuple[float, float]] | None = None
    classical: bool = True
    hat: Curve | None = None
    loo: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def fit_linear(data: Observations, spec: Spec) -> Estimate:
    """Fit by least squares, with every digit that the numbers hold.

    The normal equations are summed and solved in integers (see `gram` and `exact`), so that neither a large
    offset nor a high degree costs anything; one method serves typed tables and a million rows.

    Raises:
        FitError: `collinear`, with the index of the term.
    """
    taken = _logarithms(data) if spec.model == "log" else data
    terms = terms_of(data.k, spec.degree, not spec.through0)
    equations = gram(taken, terms)
    solution = _solved(equations)
    if solution is None:
        equations = gram(taken, terms, exactly=True)
        solution = solve(equations)
    return estimate_of(solution, equations, data.n, spec)


def _solved(equations: Gram) -> Solution | None:
    """Solve the normal equations; None where the digits that were cut off would show."""
    try:
        solution = solve(equations)
    except FitError:
        if equations.exact:
            raise
        return None
    return solution if equations.exact or solution.weakest > WEAK else None


def estimate_of(solution: Solution, equations: Gram, n: int, spec: Spec) -> Estimate:
    """Turn the exact solution into doubles, each rounded once."""
    p = equations.p
    variance = solution.rss / (n - p)
    return Estimate(
        coefficients=[float(value) for value in solution.coefficients],
        std_errors=[root(solution.inverse[i][i] * variance) for i in range(p)],
        covariance=symmetric(p, lambda i, j: float(solution.inverse[i][j] * variance)),
        curve=_curve(solution, equations, float(variance), spec),
        rss=float(solution.rss),
        tss=float(solution.tss),
        r2=float(1 - solution.rss / solution.tss) if solution.tss else 1.0,
        residual_std=root(variance),
        parameters=p,
    )


def _curve(solution: Solution, equations: Gram, variance: float, spec: Spec) -> Curve:
    """Scale the centred terms by powers of two, which rounds nothing."""
    scales = [_power_of_two(abs(column.unit) * max(column.reach, 1)) for column in equations.columns]
    factors = [scales[column] ** power if power else Fraction(1) for column, power in equations.terms]
    p = equations.p
    return Curve(
        model=spec.model,
        terms=equations.terms,
        centres=tuple(float(column.centre * column.unit) for column in equations.columns),
        scales=tuple(float(scale) for scale in scales),
        weights=tuple(float(w * f) for w, f in zip(solution.centred, factors, strict=True)),
        inverse=tuple(
            map(
                tuple,
                symmetric(p, lambda i, j: float(solution.centred_inverse[i][j] * factors[i] * factors[j])),
            )
        ),
        variance=variance,
        precise=_precise(solution, equations) if spec.model == "linear" and p <= MOST_PRECISE else None,
    )


def _precise(solution: Solution, equations: Gram) -> PreciseCurve:
    """Write the solution in decimals.

    At an observed row no product of two terms with their inverse exceeds the largest variance inflation
    factor, and so no more digits than it has are cancelled.
    """
    squares = [equations.matrix[i][i] * equations.unit(i) ** 2 for i in range(equations.p)]
    inflation = equations.weight_unit * max(
        square * solution.centred_inverse[i][i] for i, square in enumerate(squares)
    )
    # the logarithm of a fraction itself would leave the range of a double
    digits = DIGITS + int(log10(inflation.numerator) - log10(inflation.denominator))
    with localcontext(prec=digits):
        return PreciseCurve(
            terms=equations.terms,
            digits=digits,
            centres=tuple(_decimal(column.centre * column.unit) for column in equations.columns),
            weights=tuple(map(_decimal, solution.centred)),
            inverse=tuple(
                _decimal(value) for i, row in enumerate(solution.centred_inverse) for value in row[: i + 1]
            ),
        )


def _decimal(value: Fraction) -> str:
    return str(Decimal(value.numerator) / value.denominator)


def _power_of_two(value: Fraction) -> Fraction:
    return Fraction(2) ** frexp(float(value))[1]


def _logarithms(data: Observations) -> Observations:
    logs: Floats = np.log(data.x)
    return Observations(logs, data.y, data.weights, data.x_names, data.y_name, data.rows)
