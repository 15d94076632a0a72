"""The normal equations without rounding: X'WX, X'Wy and y'Wy as integers.

Forming them in doubles loses half of the digits, which is why textbooks forbid it; in integers nothing is
lost, and one pass over the rows is all that a fit needs. Short tables take Python's integers, long ones the
slices of `slices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from operator import mul

from ml.regression.integers import Column, large_column, small_column
from ml.regression.slices import completed, keeps_all, left_terms, sliced_sums
from ml.regression.spec import Observations, Term

SMALL = 300_000  # products that Python's integers sum in about 50 ms


@dataclass(frozen=True)
class Gram:
    """The normal equations of integers, with the units that turn them back into numbers.

    Args:
        matrix: Shape (p + 1, p + 1): the products of the terms, and in the last row and column those with y.
        terms: The p terms, the intercept first where there is one.
        columns: The x columns; their integers are of no use any more.
        y_unit: Unit of y, which is not centred.
        weight_unit: Unit of the weights.
        exact: Whether nothing was cut off; the numbers of a long table may have more digits than are summed.
    """

    matrix: list[list[int]]
    terms: tuple[Term, ...]
    columns: tuple[Column, ...]
    y_unit: Fraction
    weight_unit: Fraction
    exact: bool

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.terms)

    def unit(self, term: int) -> Fraction:
        """Return what one stands for in a term."""
        column, power = self.terms[term]
        return self.columns[column].unit ** power


def terms_of(k: int, degree: int, intercept: bool) -> tuple[Term, ...]:
    """Return the terms of a polynomial in each of k columns, without mixed products.

    >>> terms_of(2, 2, True)
    ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2))
    """
    powers = [(column, power) for column in range(k) for power in range(1, degree + 1)]
    return ((0, 0), *powers) if intercept else tuple(powers)


def gram(data: Observations, terms: tuple[Term, ...], *, exactly: bool = False) -> Gram:
    """Sum the normal equations of a design.

    Args:
        exactly: Take Python's integers for a long table too, which takes seconds.
    """
    centred = (0, 0) in terms
    small = exactly or data.n * len(left_terms(terms)) * (len(terms) + 1) <= SMALL
    column_of = small_column if small else large_column
    columns = tuple(column_of(data.x[:, j], centred) for j in range(data.k))
    y = column_of(data.y, False)
    weights = None if data.weights is None else column_of(data.weights, False)
    sums = _small_sums if small else sliced_sums
    matrix = sums(columns, y, weights, terms)
    exact = small or keeps_all(columns, weights, terms)
    bare = tuple(Column([], column.centre, column.unit, column.reach) for column in columns)
    return Gram(matrix, terms, bare, y.unit, Fraction(1) if weights is None else weights.unit, exact)


def _small_sums(
    columns: tuple[Column, ...], y: Column, weights: Column | None, terms: tuple[Term, ...]
) -> list[list[int]]:
    powers: dict[Term, list[int]] = {(0, 0): [1] * len(y.integers)}
    for column, power in sorted(terms, key=lambda term: term[1]):
        if power:
            base = list(map(int, columns[column].integers))
            lower = powers[column, power - 1] if power > 1 else None
            powers[column, power] = list(map(mul, lower, base)) if lower else base
    vectors = [powers[term] for term in terms] + [list(map(int, y.integers))]
    w = repeat(1) if weights is None else list(map(int, weights.integers))
    lefts = left_terms(terms)
    weighted = [vectors[i] if weights is None else list(map(mul, vectors[i], w)) for i in lefts]
    sums = [[sum(map(mul, first, second)) for second in vectors] for first in weighted]
    return completed(sums, lefts, terms)
