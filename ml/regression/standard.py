"""Standardised columns, as penalties need them, and the way back to the units of the user's columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.regression.basis import Basis
from ml.regression.curve import Curve
from ml.regression.linear import Estimate
from ml.regression.spec import Floats, Observations, Spec, Term


@dataclass(frozen=True)
class Standard:
    """The terms with mean 0 and deviation 1, as scikit-learn's StandardScaler makes them.

    Args:
        Z: Shape (n, q), without the intercept; times the roots of the weights, as y is.
        means: Shape (q,); 0 through the origin, where the deviation is that from 0.
    """

    Z: Floats
    y: Floats
    means: Floats
    deviations: Floats
    mean_y: float

    @classmethod
    def of(cls, X: Floats, y: Floats, weights: Floats | None, intercept: bool) -> Standard:
        """Standardise columns, with weights of mean 1."""
        w = np.ones(len(y)) if weights is None else weights / weights.mean()
        means = w @ X / w.sum() if intercept else np.zeros(X.shape[1])
        mean_y = float(w @ y / w.sum()) if intercept else 0.0
        away = X - means
        deviations = np.sqrt(w @ away**2 / w.sum())
        deviations = np.where(deviations > 0, deviations, 1.0)
        roots = np.sqrt(w)
        return cls(away / deviations * roots[:, None], (y - mean_y) * roots, means, deviations, mean_y)

    def coefficients(self, standard: Floats, intercept: bool) -> Floats:
        """Return the coefficients in the user's units."""
        slopes = standard / self.deviations
        return np.concatenate([[self.mean_y - self.means @ slopes], slopes]) if intercept else slopes


def raw_terms(data: Observations, terms: tuple[Term, ...]) -> Floats:
    """Return the terms in x without the intercept, shape (n, q)."""
    return np.column_stack([data.x[:, column] ** power for column, power in terms if power])


def hat_of(basis: Basis, inverse: Floats) -> Curve:
    """Return the curve whose leverages an inverse in the user's units gives."""
    return basis.curve(np.zeros(len(basis.terms)), _centred(basis, inverse), 1.0)


def _centred(basis: Basis, covariance: Floats) -> Floats:
    return basis.centred(basis.centred(covariance).T)


def with_intercept(inverse: Floats, standard: Standard, n: int, intercept: bool) -> Floats:
    """Return the covariance (over the variance) in the user's units, the intercept first."""
    slopes = inverse / np.outer(standard.deviations, standard.deviations)
    if not intercept:
        return slopes
    beside = -slopes @ standard.means
    corner = 1 / n + standard.means @ slopes @ standard.means
    return np.block([[np.array([[corner]]), beside[None, :]], [beside[:, None], slopes]])


def described(
    data: Observations,
    basis: Basis,
    coefficients: Floats,
    covariance: Floats,
    rss: float,
    parameters: float,
    spec: Spec,
    strength: float,
) -> Estimate:
    """Describe coefficients that were found in the user's units.

    Args:
        rss: With weights of mean 1, as `Standard` has them.
    """
    mean_weight = 1.0 if data.weights is None else float(data.weights.mean())
    each = np.ones(data.n) if data.weights is None else data.weights
    rss *= mean_weight
    away = data.y - (0.0 if spec.through0 else each @ data.y / each.sum())
    tss = float(each @ away**2)
    return Estimate(
        coefficients=coefficients.tolist(),
        std_errors=np.sqrt(np.maximum(np.diag(covariance), 0.0)).tolist(),
        covariance=covariance.tolist(),
        curve=basis.curve(basis.centred(coefficients), _centred(basis, covariance), 1.0),
        rss=rss,
        tss=tss,
        r2=1 - rss / tss if tss else 1.0,
        residual_std=float(np.sqrt(rss / (data.n - parameters))),
        parameters=parameters,
        notes={"strength": strength},
    )
