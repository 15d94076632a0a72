"""The inverse of a large matrix of integers to far more digits than a double has.

Elimination in integers takes seconds beyond twenty columns, since its numbers grow with every step. Newton's
iteration starts from the inverse in doubles and doubles the digits with every step (Schulz, 1933).
"""

from __future__ import annotations

import numpy as np

BITS = 200  # kept of the inverse, beyond its scale
DONE = 150  # bits of the residual that have to vanish
STEPS = 12
START = 0.1  # largest residual from which the iteration is trusted

Integers = list[list[int]]


def inverse_by_newton(G: Integers) -> tuple[Integers, int] | None:
    """Return numerators and the common denominator of the inverse of a positive definite matrix.

    None where the columns are so nearly the same that doubles find no inverse to start from.
    """
    p = len(G)
    halves = [G[i][i].bit_length() // 2 for i in range(p)]
    scaled = np.array([[G[i][j] / (1 << (halves[i] + halves[j])) for j in range(p)] for i in range(p)])
    try:
        start = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        return None
    if not np.abs(scaled @ start - np.eye(p)).sum(axis=1).max() < START:
        return None
    finest = 2 * max(halves)
    whole = [[G[i][j] << (finest - halves[i] - halves[j]) for j in range(p)] for i in range(p)]
    found = _iterate(whole, finest, [[int(value * 2.0**60) << (BITS - 60) for value in row] for row in start])
    if found is None:
        return None
    numerators = [[found[i][j] << (finest - halves[i] - halves[j]) for j in range(p)] for i in range(p)]
    return numerators, 1 << (BITS + finest)


def _iterate(G: Integers, finest: int, X: Integers) -> Integers | None:
    """Improve `X / 2**BITS` as the inverse of `G / 2**finest` until its residual is gone."""
    p = len(G)
    one = 1 << (finest + BITS)
    for _ in range(STEPS):
        residual = [[-value for value in row] for row in product(G, X)]
        for i in range(p):
            residual[i][i] += one
        if max(max(map(abs, row)) for row in residual) < one >> DONE:
            return X
        steps = product(X, residual)
        X = [
            [x + (step >> (finest + BITS)) for x, step in zip(*rows, strict=True)]
            for rows in zip(X, steps, strict=True)
        ]
    return None


def product(A: Integers, B: Integers) -> Integers:
    """Return the matrix product of integers."""
    columns = list(zip(*B, strict=True))
    return [[sum(map(int.__mul__, row, column)) for column in columns] for row in A]
