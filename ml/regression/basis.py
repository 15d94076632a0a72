"""Between the terms that people write (1, x, x², ...) and those about a centre that predictions use."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np

from ml.regression.curve import Curve
from ml.regression.spec import Floats, Model, Observations, Term


@dataclass(frozen=True)
class Basis:
    """Powers of `t = (x - centre) / scale` for each column.

    The way between both sets of terms is exact (fractions), since the binomial sums cancel.
    """

    model: Model
    terms: tuple[Term, ...]
    centres: tuple[float, ...]
    scales: tuple[float, ...]

    @classmethod
    def of(cls, data: Observations, terms: tuple[Term, ...], model: Model = "linear") -> Basis:
        """Choose a centre in the middle of each column; at 0 where there is no intercept."""
        lows, highs = data.x.min(axis=0), data.x.max(axis=0)
        centres = (lows / 2 + highs / 2) if (0, 0) in terms else np.zeros(data.k)
        reach = np.maximum(np.abs(lows - centres), np.abs(highs - centres))
        scales = 2.0 ** np.ceil(np.log2(np.where(reach > 0, reach, 1.0)))
        return cls(model, terms, tuple(centres.tolist()), tuple(scales.tolist()))

    def matrix(self, X: Floats) -> Floats:
        """Return the terms in t, shape (n, p)."""
        return self.curve(np.zeros(len(self.terms)), np.zeros((len(self.terms),) * 2), 0.0).basis(X)

    def raw(self, weights: Floats) -> Floats:
        """Turn coefficients of the terms in t into those of the terms in x; along the last axis."""
        return _apply(self._matrix(inverse=False), weights)

    def centred(self, coefficients: Floats) -> Floats:
        """Turn coefficients of the terms in x into those of the terms in t; along the last axis."""
        return _apply(self._matrix(inverse=True), coefficients)

    def raw_covariance(self, covariance: Floats) -> Floats:
        """Turn the covariance of coefficients in t into that of coefficients in x."""
        return self.raw(self.raw(covariance).T)

    def curve(self, weights: Floats, inverse: Floats, variance: float) -> Curve:
        """Build the curve of some weights."""
        return Curve(
            self.model,
            self.terms,
            self.centres,
            self.scales,
            tuple(weights.tolist()),
            tuple(tuple(row) for row in inverse.tolist()),
            variance,
        )

    def _matrix(self, *, inverse: bool) -> list[list[Fraction]]:
        p = len(self.terms)
        place = {term: index for index, term in enumerate(self.terms)}
        matrix = [[Fraction(0)] * p for _ in range(p)]
        for index, (column, power) in enumerate(self.terms):
            if not power:
                matrix[index][index] = Fraction(1)
                continue
            centre, scale = Fraction(self.centres[column]), Fraction(self.scales[column])
            for lower in range(power + 1):
                target = place.get((column, lower) if lower else (0, 0))
                if target is None:  # without an intercept the centre is 0
                    continue
                share = comb(power, lower) * (centre if inverse else -centre) ** (power - lower)
                matrix[target][index] = share * scale**lower if inverse else share / scale**power
        return matrix


def _apply(matrix: list[list[Fraction]], values: Floats) -> Floats:
    flat = values.reshape(-1, values.shape[-1]).tolist()
    rows = [
        [
            float(
                sum((share * Fraction(v) for share, v in zip(line, row, strict=True) if share), Fraction(0))
            )
            for line in matrix
        ]
        for row in flat
    ]
    return np.array(rows).reshape(values.shape)
