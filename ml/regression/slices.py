"""Sums of products over long columns without rounding, at the speed of a BLAS.

Every column is cut into slices of 18 bits. The products of slices are integers whose sums a double holds, so
that a matrix product of doubles adds them exactly (Ozaki, Ogita, Oishi and Rump, "Error-free transformations
of matrix multiplication", Numerical Algorithms 59, 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from ml.regression.integers import Column
from ml.regression.spec import Floats, Term

SLICE = 18  # bits
CHUNK = 8_192  # rows: few enough for the cache
AT_ONCE = 32  # chunks: 2**18 products of up to 2**34 are still an integer that a double holds
DOUBLED = 104  # bits that a pair of doubles holds

Pair = tuple[Floats, Floats | None]  # a number as the sum of two doubles, the second far smaller


def sliced_sums(
    columns: tuple[Column, ...], y: Column, weights: Column | None, terms: tuple[Term, ...]
) -> list[list[int]]:
    """Return the products of all terms and y with one another, summed over the rows, weighted."""
    bits = [_bits(columns, term) for term in terms] + [y.reach.bit_length() + 1]
    heavy = 0 if weights is None else weights.reach.bit_length() + 1
    lefts = left_terms(terms)
    right = [_cuts(count) for count in bits]
    left = [right[i] if weights is None else _cuts(bits[i] + heavy) for i in lefts]
    rows = _rows_of(right, lefts)
    total = np.zeros((sum(map(len, left)), sum(map(len, right))))
    sums = [[0] * len(bits) for _ in lefts]
    for count, vectors in enumerate(_chunks(columns, y, terms), start=1):
        second = _sliced(vectors, right)
        if weights is None:
            first = second if len(rows) == len(second) else second[rows]
        else:
            w = np.asarray(weights.integers)[(count - 1) * CHUNK : count * CHUNK]
            first = _sliced([_times(vectors[i], w) for i in lefts], left)
        total += first @ second.T
        if count % AT_ONCE == 0:
            _collect(sums, total, left, right)
            total[:] = 0
    _collect(sums, total, left, right)
    return completed(sums, lefts, terms)


def keeps_all(columns: tuple[Column, ...], weights: Column | None, terms: tuple[Term, ...]) -> bool:
    """Say whether every digit of the terms is summed."""
    heavy = 0 if weights is None else weights.reach.bit_length() + 1
    return max(_bits(columns, term) for term in terms) + heavy <= DOUBLED


def left_terms(terms: tuple[Term, ...]) -> list[int]:
    """Return the terms whose products with all terms give every sum.

    The powers of a single column need only the lowest and the highest: `x**i * x**j` is known by `i + j`.
    """
    if any(column for column, _ in terms) or len(terms) < 3:
        return list(range(len(terms) + 1))
    return [0, len(terms) - 1, len(terms)]


def completed(sums: list[list[int]], lefts: list[int], terms: tuple[Term, ...]) -> list[list[int]]:
    """Fill the whole matrix from the rows of the left terms."""
    p = len(terms)
    if len(lefts) == p + 1:
        return sums
    with_lowest, with_highest, with_y = sums
    lowest = terms[0][1]
    by_power = {lowest + power: with_lowest[j] for j, (_, power) in enumerate(terms)}
    by_power |= {terms[-1][1] + power: with_highest[j] for j, (_, power) in enumerate(terms)}
    matrix = [
        [by_power[first + second] for _, second in terms] + [with_y[i]] for i, (_, first) in enumerate(terms)
    ]
    return [*matrix, with_y]


def _rows_of(cuts: list[list[int]], chosen: list[int]) -> list[int]:
    """Return where the slices of some vectors lie among those of all.

    >>> _rows_of([[0], [18, 0], [0]], [0, 2])
    [0, 3]
    """
    starts = [0, *accumulate(map(len, cuts))]
    return [row for i in chosen for row in range(starts[i], starts[i + 1])]


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
    rest, cut_off = np.empty(rows), np.empty(rows)
    parts = iter(out)
    for (high, low), places in zip(vectors, cuts, strict=True):
        rest[:] = high
        for count, (place, part) in enumerate(zip(places, parts, strict=False)):
            # three slices use the first double up, and make room for the second
            if low is not None and count == min(3, len(places) - 1):
                rest += low
            np.multiply(rest, 2.0**-place, out=part)
            np.rint(part, out=part)
            if place != places[-1]:
                np.multiply(part, 2.0**place, out=cut_off)
                rest -= cut_off
    return out


def _collect(sums: list[list[int]], total: Floats, left: list[list[int]], right: list[list[int]]) -> None:
    """Add the sums of slices, shifted to their places, to the sums of numbers."""
    firsts = [(i, place) for i, places in enumerate(left) for place in places]
    seconds = [(j, place) for j, places in enumerate(right) for place in places]
    for (i, first), line in zip(firsts, total.tolist(), strict=True):
        for (j, second), value in zip(seconds, line, strict=True):
            if value:
                sums[i][j] += int(value) << (first + second)
