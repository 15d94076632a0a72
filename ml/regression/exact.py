"""Least squares in rational numbers: the one rounding is the last, when a fraction becomes a double."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, isqrt, ldexp
from typing import TypeVar

import numpy as np

from ml.regression.gram import Gram
from ml.regression.newton import Integers, inverse_by_newton
from ml.regression.spec import FitError

NEGLIGIBLE = 10**26  # a column whose square shrinks this much beside the others says nothing of its own
MANY = 16  # terms from which elimination is the slower way
MOST_ELIMINATED = 40  # terms that are eliminated at all

Value = TypeVar("Value")


@dataclass(frozen=True)
class Solution:
    """The solution of the normal equations, exact.

    Args:
        coefficients: Of the terms as people write them: 1, x, x², ...
        inverse: Inverse of X'WX for those terms.
        centred: Coefficients of the terms in `x - centre`, which is what predictions are computed from.
        centred_inverse: The same for those.
        rss: Sum of the squared residuals, weighted.
        tss: Sum of the squares of y, about its mean where there is an intercept, weighted.
        weakest: The least share of a term's square that the terms before it do not explain.
    """

    coefficients: list[Fraction]
    inverse: list[list[Fraction]]
    centred: list[Fraction]
    centred_inverse: list[list[Fraction]]
    rss: Fraction
    tss: Fraction
    weakest: float


def solve(equations: Gram) -> Solution:
    """Solve the normal equations.

    Raises:
        FitError: `collinear`, with the column that the ones before it determine.
    """
    p = equations.p
    G = [row[:p] for row in equations.matrix[:p]]
    b = [row[p] for row in equations.matrix[:p]]
    adjugate, determinant, weakest = _inverse(G, [power > 1 for _, power in equations.terms])
    weights = [sum(a * value for a, value in zip(row, b, strict=True)) for row in adjugate]
    shift = _uncentre(equations)
    raw_weights = [sum(s * value for s, value in zip(row, weights, strict=True) if s) for row in shift]
    raw_adjugate = _shifted(shift, _transpose(_shifted(shift, adjugate)))  # of a symmetric matrix
    yy = equations.matrix[p][p]
    explained = sum(value * weight for value, weight in zip(b, weights, strict=True))
    scale = equations.y_unit**2 * equations.weight_unit
    rss = Fraction(yy * determinant - explained, determinant) * scale
    has_intercept = equations.terms[0] == (0, 0)
    mean_square = Fraction(b[0] * b[0], G[0][0]) if has_intercept else Fraction(0)
    units = [equations.unit(term) for term in range(p)]
    y_unit = equations.y_unit

    def as_values(numerators: list[int]) -> list[Fraction]:
        return [Fraction(a, determinant) * y_unit / u for a, u in zip(numerators, units, strict=True)]

    def as_inverse(matrix: Integers) -> list[list[Fraction]]:
        scale = [1 / (unit * equations.weight_unit) for unit in units]
        return symmetric(p, lambda i, j: Fraction(matrix[i][j], determinant) * scale[i] / units[j])

    return Solution(
        as_values(raw_weights),
        as_inverse(raw_adjugate),
        as_values(weights),
        as_inverse(adjugate),
        rss,
        (yy - mean_square) * scale,
        weakest,
    )


def _inverse(G: Integers, powers: list[bool]) -> tuple[Integers, int, float]:
    """Return numerators and denominator of the inverse, by the way that is quicker."""
    found = inverse_by_newton(G) if len(G) > MANY else None
    if found is None:
        if len(G) > MOST_ELIMINATED:
            raise FitError("collinear", term=_nearest_copy(G))
        return invert(G, powers)
    numerators, denominator = found
    weakest = min(Fraction(denominator, row[i] * G[i][i]) for i, row in enumerate(numerators))
    return numerators, denominator, float(weakest)


def _nearest_copy(G: Integers) -> int:
    """Return the term that the terms before it explain best."""
    roots = [isqrt(G[i][i]) or 1 for i in range(len(G))]
    scaled = np.array([[G[i][j] / (roots[i] * roots[j]) for j in range(len(G))] for i in range(len(G))])
    return int(np.argmin(np.abs(np.diag(np.linalg.qr(scaled)[1]))))


def invert(G: Integers, powers: list[bool] | None = None) -> tuple[Integers, int, float]:
    """Return the adjugate and the determinant of a positive definite matrix, and its weakest pivot.

    Fraction-free Gauss-Jordan elimination: every division leaves no remainder (Bareiss, "Sylvester's
    identity and multistep integer-preserving Gaussian elimination", 1968).

    Args:
        powers: Which columns are higher powers of another: those are nearly the same by nature.

    >>> invert([[2, 1], [1, 3]])
    ([[3, -1], [-1, 2]], 5, 0.8333333333333334)

    Raises:
        FitError: `collinear`, with the index of the term.
    """
    p = len(G)
    rows = [[*G[i], *(int(i == j) for j in range(p))] for i in range(p)]
    previous = 1
    weakest = 1.0
    for k in range(p):
        pivot = rows[k][k]
        # pivot / previous is what is left of the square of column k beside the columns before it
        least = 0 if powers is not None and powers[k] else G[k][k] * previous // NEGLIGIBLE
        if pivot <= least:
            raise FitError("collinear", term=k)
        weakest = min(weakest, float(Fraction(pivot, G[k][k] * previous)))
        for i in range(p):
            if i == k:
                continue
            factor = rows[i][k]
            rows[i] = [
                (pivot * value - factor * other) // previous
                for value, other in zip(rows[i], rows[k], strict=True)
            ]
        previous = pivot
    return [row[p:] for row in rows], previous, weakest


def _uncentre(equations: Gram) -> Integers:
    """Return the matrix that takes coefficients in `x - centre` to coefficients in x (binomial theorem)."""
    p = equations.p
    matrix = [[int(i == j) for j in range(p)] for i in range(p)]
    place = {term: index for index, term in enumerate(equations.terms)}
    for index, (column, power) in enumerate(equations.terms):
        away = -equations.columns[column].centre
        if not away:
            continue
        for lower in range(power):
            target = place[(column, lower) if lower else (0, 0)]
            matrix[target][index] = comb(power, lower) * away ** (power - lower)
    return matrix


def _shifted(shift: Integers, matrix: Integers) -> Integers:
    """Return the product with a matrix that is nearly all zeros."""
    out = []
    for row in shift:
        parts = [(share, matrix[j]) for j, share in enumerate(row) if share]
        out.append([sum(share * line[i] for share, line in parts) for i in range(len(matrix[0]))])
    return out


def _transpose(A: Integers) -> Integers:
    return [list(column) for column in zip(*A, strict=True)]


def symmetric(p: int, value: Callable[[int, int], Value]) -> list[list[Value]]:
    """Build a symmetric matrix of what is computed of its lower triangle alone."""
    half = [[value(i, j) for j in range(i + 1)] for i in range(p)]
    return [[half[max(i, j)][min(i, j)] for j in range(p)] for i in range(p)]


def root(square: Fraction) -> float:
    """Return the square root, correct to the last digit even where the square leaves the range of a double.

    >>> root(Fraction(2)), root(Fraction(10) ** -400)
    (1.4142135623730951, 1e-200)
    """
    if square <= 0:
        return 0.0
    # an even shift brings the integer root to 64 bits or more
    shift = square.denominator.bit_length() - square.numerator.bit_length() + 128
    shift += shift % 2
    numerator, denominator = square.numerator, square.denominator
    scaled = (numerator << shift) // denominator if shift >= 0 else numerator // (denominator << -shift)
    return ldexp(isqrt(scaled), -shift // 2)
