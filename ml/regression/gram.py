"""The normal equations without rounding: X'WX, X'Wy and y'Wy as integers.

Forming them in doubles loses half of the digits, which is why textbooks forbid it; in integers nothing is
lost, and one pass over the rows is all that a fit needs. Short tables take Python's integers. Long ones cut
every column into slices of 18 bits whose products a BLAS sums without rounding (Ozaki, Ogita, Oishi and Rump,
"Error-free transformations of matrix multiplication", Numerical Algorithms 59, 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from operator import mul

import numpy as np

from ml.regression.integers import Column, large_column, small_column
from ml.regression.spec import Floats, Observations

SMALL = 300_000  # rows * (terms + 1)**2 that Python's integers sum in about 50 ms
SLICE = 18  # bits
CHUNK = 16_384  # rows: few enough for the cache
DOUBLED = 104  # bits that a pair of doubles holds

Term = tuple[int, int]  # (column, power); (0, 0) is the intercept
Pair = tuple[Floats, Floats | None]  # a number as the sum of two doubles, the second far smaller


@dataclass(frozen=True)
class Gram:
    """The normal equations of integers, with the units that turn them back into numbers.

    Args:
        matrix: Shape (p + 1, p + 1): the products of the terms, and in the last row and column those with y.
        terms: The p terms, the intercept first where there is one.
        columns: The x columns; their integers are of no use any more.
        y_unit: Unit of y, which is not centred.
        weight_unit: Unit of the weights.
    """

    matrix: list[list[int]]
    terms: tuple[Term, ...]
    columns: tuple[Column, ...]
    y_unit: Fraction
    weight_unit: Fraction

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


def gram(data: Observations, terms: tuple[Term, ...]) -> Gram:
    """Sum the normal equations of a design, exactly for typed numbers."""
    centred = (0, 0) in terms
    small = data.n * (len(terms) + 1) ** 2 <= SMALL
    column_of = small_column if small else large_column
    columns = tuple(column_of(data.x[:, j], centred) for j in range(data.k))
    y = column_of(data.y, False)
    weights = None if data.weights is None else column_of(data.weights, False)
    sums = _small_sums if small else _large_sums
    matrix = sums(columns, y, weights, terms)
    bare = tuple(Column([], column.centre, column.unit, column.reach) for column in columns)
    return Gram(matrix, terms, bare, y.unit, Fraction(1) if weights is None else weights.unit)


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
    p = len(vectors)
    matrix = [[0] * p for _ in range(p)]
    for i, first in enumerate(vectors):
        weighted = first if weights is None else list(map(mul, first, w))
        for j in range(i, p):
            matrix[i][j] = matrix[j][i] = sum(map(mul, weighted, vectors[j]))
    return matrix


def _large_sums(
    columns: tuple[Column, ...], y: Column, weights: Column | None, terms: tuple[Term, ...]
) -> list[list[int]]:
    bits = [_bits(columns, term) for term in terms] + [y.reach.bit_length() + 1]
    heavy = 0 if weights is None else weights.reach.bit_length() + 1
    right = [_cuts(count) for count in bits]
    left = right if weights is None else [_cuts(count + heavy) for count in bits]
    total = np.zeros((sum(map(len, left)), sum(map(len, right))))
    sums = [[0] * len(bits) for _ in bits]
    for count, vectors in enumerate(_chunks(columns, y, terms), start=1):
        rows = slice((count - 1) * CHUNK, count * CHUNK)
        second = _sliced(vectors, right)
        if weights is None:
            first = second
        else:
            w = np.asarray(weights.integers)[rows]
            first = _sliced([_times(vector, w) for vector in vectors], left)
        total += first @ second.T
        # 2**14 rows of products up to 2**34, sixteen times: still integers that a double holds
        if count % 16 == 0:
            _collect(sums, total, left, right)
            total[:] = 0
    _collect(sums, total, left, right)
    return sums


def _bits(columns: tuple[Column, ...], term: Term) -> int:
    column, power = term
    return columns[column].reach.bit_length() * power + 1 if power else 1


def _cuts(bits: int) -> list[int]:
    """Return the places of the slices of an integer, the highest first; no more than a pair of doubles holds.

    >>> _cuts(40), _cuts(1)
    ([36, 18, 0], [0])
    """
    count = -(-bits // SLICE)
    kept = min(count, -(-(DOUBLED + SLICE) // SLICE))
    return [SLICE * (count - 1 - place) for place in range(kept)]


def _chunks(columns: tuple[Column, ...], y: Column, terms: tuple[Term, ...]) -> Iterator[list[Pair]]:
    """Yield the terms and y of some rows at a time."""
    for start in range(0, len(y.integers), CHUNK):
        rows = slice(start, start + CHUNK)
        ordinate = np.asarray(y.integers)[rows]
        powers: dict[Term, Pair] = {(0, 0): (np.ones(len(ordinate)), None)}
        for column, power in sorted(terms, key=lambda term: term[1]):
            if power:
                base = np.asarray(columns[column].integers)[rows]
                powers[column, power] = _times(powers[column, power - 1], base) if power > 1 else (base, None)
        yield [powers[term] for term in terms] + [(ordinate, None)]


def _times(pair: Pair, factor: Floats) -> Pair:
    """Multiply with an error of 2**-104, and with none where the product fits one double.

    Dekker's product, after Ogita, Rump and Oishi, "Accurate sum and dot product", 2005.
    """
    high, low = pair
    product = high * factor
    if low is None and float(np.abs(product).max(initial=0.0)) < 2.0**53:
        return product, None
    error = _product_error(high, factor, product)
    if low is not None:
        error += low * factor
    total = product + error
    return total, error - (total - product)


def _product_error(a: Floats, b: Floats, product: Floats) -> Floats:
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _halves(a: Floats) -> tuple[Floats, Floats]:
    shifted = a * 134_217_729.0  # 2**27 + 1
    high = shifted - (shifted - a)
    return high, a - high


def _sliced(vectors: list[Pair], cuts: list[list[int]]) -> Floats:
    """Return the slices of all vectors, shape (slices, rows); each holds integers up to 2**18."""
    rows = len(vectors[0][0])
    out = np.empty((sum(map(len, cuts)), rows))
    line = 0
    for (high, low), places in zip(vectors, cuts, strict=True):
        rest, small = high, low
        for place in places:
            part = out[line]
            line += 1
            if place == 0 and small is None:
                np.rint(rest, out=part)
                continue
            unit = 2.0**place
            np.multiply(rest, 1 / unit, out=part)
            np.rint(part, out=part)
            rest = rest - part * unit
            if small is not None:
                total = rest + small
                small = small - (total - rest)
                rest = total
    return out


def _collect(sums: list[list[int]], total: Floats, left: list[list[int]], right: list[list[int]]) -> None:
    """Add the sums of slices, shifted to their places, to the sums of numbers."""
    # rows of (term, place) for each slice
    firsts = [(i, place) for i, places in enumerate(left) for place in places]
    seconds = [(j, place) for j, places in enumerate(right) for place in places]
    for (i, first), line in zip(firsts, total.tolist(), strict=True):
        for (j, second), value in zip(seconds, line, strict=True):
            if value:
                sums[i][j] += int(value) << (first + second)
