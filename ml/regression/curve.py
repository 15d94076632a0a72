"""Where a fitted curve runs, and how surely: means and their variances at any x."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ml.regression.precise import PreciseCurve
from ml.regression.spec import Floats, Model, Term

FEW = 5_000  # values that are compared with the centre as decimals, so that a large offset costs no digit
MOST_PRODUCTS = 200_000  # of terms, which decimals multiply in about 50 ms
CLOSED = 1e-10  # what is left of 1 beside a leverage that doubles cannot tell from 1
CHUNK = 65_536  # rows whose basis is in memory at a time


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve in `t = (x - centre) / scale`, which keeps the digits that powers of x would lose.

    For `log` and `power` x is replaced by its logarithm; `exp` and `power` are
    `weights[0] * exp(weights[1] * t)`.

    Args:
        terms: (column, power) of each weight; (0, 0) is the intercept.
        weights: Shape (p,).
        inverse: Shape (p, p): `variance * inverse` is the covariance of the weights.
        variance: Of an observation of weight 1, as far as the weights' own errors go.
        precise: The same curve where its solution is exact, which few rows are computed from.
    """

    model: Model
    terms: tuple[Term, ...]
    centres: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    inverse: tuple[tuple[float, ...], ...]
    variance: float
    precise: PreciseCurve | None = None

    def basis(self, X: Floats) -> Floats:
        """Return the derivatives of the mean by the weights, shape (n, p)."""
        T = self._offsets(X)
        if self.model in {"exp", "power"}:
            growth = np.exp(self.weights[1] * T[:, 0])
            return np.column_stack([growth, self.weights[0] * T[:, 0] * growth])
        B = np.empty((len(self.terms), len(T)))
        for index, (column, power) in enumerate(self.terms):
            if power <= 1:
                B[index] = T[:, column] if power else 1.0
            else:  # the power below it stands right before
                np.multiply(B[index - 1], T[:, column], out=B[index])
        return B.T

    def mean(self, X: Floats) -> Floats:
        """Return the curve at X (shape (n, k)), shape (n,)."""
        if (precise := self._precise(X)) is not None:
            return precise.mean(X)
        if self.model in {"exp", "power"}:
            growth: Floats = self.weights[0] * np.exp(self.weights[1] * self._offsets(X)[:, 0])
            return growth
        weights = np.array(self.weights)
        parts = [self.basis(X[start : start + CHUNK]) @ weights for start in range(0, len(X), CHUNK)]
        return np.concatenate(parts) if parts else np.empty(0)

    def residuals(self, X: Floats, y: Floats) -> Floats:
        """Return how far y lies above the curve, shape (n,)."""
        precise = self._precise(X)
        return y - self.mean(X) if precise is None else precise.residuals(X, y)

    def leverage(self, X: Floats) -> Floats:
        """Return the variance of the mean in units of `variance`, shape (n,)."""
        if (precise := self._precise(X)) is not None:
            return precise.leverage(X)
        inverse = np.array(self.inverse)
        out = np.empty(len(X))
        for start in range(0, len(X), CHUNK):
            B = self.basis(X[start : start + CHUNK])
            out[start : start + CHUNK] = np.einsum("ij,ij->i", B @ inverse, B)
        return np.maximum(out, 0.0)

    def row_leverages(self, X: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Return the leverages of observed rows and what they leave of 1; both of shape (n,).

        A row that alone holds a coefficient leaves 0.
        """
        if (precise := self._precise(X)) is not None:
            return precise.row_leverages(X, weights)
        leverages = np.minimum(weights * self.leverage(X), 1.0)
        return leverages, np.where(leverages < 1 - CLOSED, 1 - leverages, 0.0)

    def _precise(self, X: Floats) -> PreciseCurve | None:
        few = X.size <= FEW and len(X) * len(self.terms) ** 2 <= MOST_PRODUCTS
        return self.precise if few else None

    def _offsets(self, X: Floats) -> Floats:
        scales: Floats = np.array(self.scales)
        centres: Floats = np.array(self.centres)
        if self.model in {"log", "power"}:
            return np.asarray((np.log(X) - centres) / scales)
        if X.size > FEW:
            return np.asarray((X - centres) / scales)
        decimals = [Fraction(repr(centre)) for centre in self.centres]
        exact = [
            [float(Fraction(repr(value)) - centre) for value, centre in zip(row, decimals, strict=True)]
            for row in X.tolist()
        ]
        return np.asarray(np.array(exact).reshape(X.shape) / scales)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Curve:
        """Read what `to_dict` wrote, also after a way through JSON."""
        return cls(
            record["model"],
            tuple((column, power) for column, power in record["terms"]),
            tuple(record["centres"]),
            tuple(record["scales"]),
            tuple(record["weights"]),
            tuple(tuple(row) for row in record["inverse"]),
            record["variance"],
            # a session may be older than this field
            PreciseCurve.from_dict(record["precise"]) if record.get("precise") else None,
        )
