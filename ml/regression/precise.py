"""A curve in decimals, long enough that what its terms cancel costs a double no digit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from operator import mul
from typing import Any

import numpy as np

from ml.regression.spec import Floats, Term

SPARE = 10  # digits that the arithmetic has beyond those that are kept
LOST = 5  # digits of those kept that a sum of up to 100 terms may lose to rounding
CLOSED = Decimal("1e-36")  # what is left of 1 beside the leverage of a row that alone holds a coefficient


@dataclass(frozen=True, slots=True)
class PreciseCurve:
    """The terms in `x - centre` with their weights, each a decimal of `digits` digits.

    Where the terms cancel, as those of a high degree do, doubles may hold no digit of their sum. The decimals
    are text, since they travel through JSON; x is the decimal that it is written as: 0.1 means 1/10.

    Args:
        terms: (column, power) of each weight, the powers of a column in order; (0, 0) is the intercept.
        centres: Shape (k,).
        weights: Shape (p,).
        inverse: The lower triangle of the inverse of X'WX, row after row, shape (p (p + 1) / 2,).
    """

    terms: tuple[Term, ...]
    digits: int
    centres: tuple[str, ...]
    weights: tuple[str, ...]
    inverse: tuple[str, ...]

    def mean(self, X: Floats) -> Floats:
        """Return the curve at X (shape (n, k)), shape (n,)."""
        return self._above(X, np.zeros(len(X)))

    def residuals(self, X: Floats, y: Floats) -> Floats:
        """Return how far y lies above the curve, shape (n,)."""
        return 0.0 - self._above(X, y)

    def _above(self, X: Floats, y: Floats) -> Floats:
        """Return how far the curve lies above y, shape (n,)."""
        weights = list(map(Decimal, self.weights))
        with localcontext(self._context()):
            found = [
                self._settled([-_decimal(value), *map(mul, weights, row)])
                for value, row in zip(y.tolist(), self._basis(X), strict=True)
            ]
        return np.array([float(value) for value in found])

    def leverage(self, X: Floats) -> Floats:
        """Return the variance of the mean in units of that of an observation of weight 1, shape (n,)."""
        return np.array([float(value) for value in self._leverage(X)])

    def row_leverages(self, X: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Return the leverages of observed rows and what they leave of 1; both of shape (n,)."""
        with localcontext(self._context()):
            found = [
                h * _decimal(weight) for h, weight in zip(self._leverage(X), weights.tolist(), strict=True)
            ]
            left = [1 - h if 1 - h > CLOSED else Decimal(0) for h in found]
        return np.array([float(min(h, Decimal(1))) for h in found]), np.array([float(v) for v in left])

    def _leverage(self, X: Floats) -> list[Decimal]:
        p = len(self.terms)
        values = list(map(Decimal, self.inverse))
        lines = [values[i * (i + 1) // 2 : (i + 1) * (i + 2) // 2] for i in range(p)]
        found = []
        with localcontext(self._context()):
            for i, line in enumerate(lines):  # what lies above the diagonal counts with what lies below it
                lines[i] = [2 * value for value in line[:-1]] + line[-1:]
            for row in self._basis(X):
                square = sum(b * sum(map(mul, line, row)) for b, line in zip(row, lines, strict=True))
                found.append(max(Decimal(square), Decimal(0)))
        return found

    def _basis(self, X: Floats) -> list[list[Decimal]]:
        centres = list(map(Decimal, self.centres))
        rows = []
        for values in X.tolist():
            away = [_decimal(value) - centre for value, centre in zip(values, centres, strict=True)]
            row: list[Decimal] = []
            for column, power in self.terms:  # the power below stands right before
                row.append(row[-1] * away[column] if power > 1 else away[column] if power else Decimal(1))
            rows.append(row)
        return rows

    def _settled(self, parts: list[Decimal]) -> Decimal:
        """Add; what is left of parts that cancel to the last digit kept is rounding, and means 0."""
        total = Decimal(sum(parts))
        return Decimal(0) if abs(total) < max(map(abs, parts)).scaleb(LOST - self.digits) else total

    def _context(self) -> Context:
        return Context(prec=self.digits + SPARE, traps=[])

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> PreciseCurve:
        """Read what `asdict` wrote, also after a way through JSON."""
        return cls(
            tuple((column, power) for column, power in record["terms"]),
            record["digits"],
            tuple(record["centres"]),
            tuple(record["weights"]),
            tuple(record["inverse"]),
        )


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))
