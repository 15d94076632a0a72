"""The record that a fit leaves: everything that can be said of it, as plain JSON where it must travel."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ml.regression.curve import Curve
from ml.regression.equation import digits_needed, equation, shown_name
from ml.regression.inference import Anova, quantile
from ml.regression.spec import Floats, Spec

TUPLES = ("x_names", "coefficients", "std_errors", "t", "p", "intervals", "covariance", "x_ranges")
COPY_LIMIT = 256  # characters that Telegram lets a button copy


@dataclass(frozen=True, slots=True)
class Band:
    """The curve at some x, where its mean lies and where a new observation would; each of shape (n,)."""

    mean: Floats
    mean_low: Floats
    mean_high: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Outlier:
    """A row that the curve does not explain, or that bends it."""

    index: int  # in the observations, from 0
    row: int  # in the table, from 1
    studentised: float  # residual in deviations, as the other rows see it
    cook: float  # how far the curve would move without it


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model.

    The lists run in the order of the terms: the intercept (unless `through0`), then each column's powers; for
    `exp` and `power` the factor, then the exponent. A value that does not exist is None.

    Args:
        intervals: Confidence intervals of the coefficients at `spec.ci` percent.
        covariance: Shape (p, p), of the coefficients.
        residual_std: Standard deviation about the curve, with `dof` degrees of freedom.
        mean_error: Mean distance of the points from the curve.
        loo: Root mean square of the leave-one-out errors.
        x_ranges: Smallest and largest value of each column.
        suggested_degree: A degree that describes the points clearly better than this line does.
        notes: What the method chose: the strength of a penalty, and how.
    """

    spec: Spec
    x_names: tuple[str, ...]
    y_name: str
    curve: Curve
    coefficients: tuple[float, ...]
    std_errors: tuple[float | None, ...]
    t: tuple[float | None, ...]
    p: tuple[float | None, ...]
    intervals: tuple[tuple[float, float], ...]
    covariance: tuple[tuple[float, ...], ...]
    r2: float
    r2_adjusted: float
    residual_std: float
    n: int
    dof: float
    aic: float | None
    anova: Anova
    mean_error: float
    loo: float | None
    outliers: tuple[Outlier, ...]
    x_ranges: tuple[tuple[float, float], ...]
    suggested_degree: int | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def slope(self) -> tuple[float, tuple[float, float]] | None:
        """The slope of a line in one x with its interval, or None where the fit has no single slope."""
        if self.spec.model != "linear" or len(self.coefficients) - (not self.spec.through0) != 1:
            return None
        return self.coefficients[-1], self.intervals[-1]

    def equation(self) -> str:
        """Write the equation with as many digits as the points warrant."""
        return self._equation(self._digits())

    def bare_equation(self) -> str:
        """Write the equation of one x in the letters x and y, where the names stand at the axes."""
        return equation(self.spec.model, self.curve.terms, ("x",), "y", self.coefficients, self._digits())

    def full_equation(self, limit: int = COPY_LIMIT) -> str:
        """Write the equation with as many digits as fit into `limit` characters, for another program."""
        for digits in range(15, 2, -1):
            text = self._equation([digits] * len(self.coefficients))
            if len(text) <= limit:
                return text
        return text[:limit]

    def term_names(self) -> list[str]:
        """Name the coefficients: `1`, `x`, `x^2`, ..."""
        if self.spec.model in {"exp", "power"}:
            return ["a", "b"]
        names = [shown_name(name) for name in self.x_names]
        if self.spec.model == "log":
            names = [f"ln({name})" for name in names]
        return [
            "1" if not power else names[column] if power == 1 else f"{names[column]}^{power}"
            for column, power in self.curve.terms
        ]

    def predict(self, x: Any) -> Band:
        """Return the curve and its bands at new x, shape (m,) or (m, k)."""
        X = np.asarray(x, dtype=np.float64).reshape(-1, len(self.x_names))
        mean = self.curve.mean(X)
        variance = self.curve.variance * self.curve.leverage(X)
        factor = quantile(self.dof, self.spec.ci)
        sure = factor * np.sqrt(variance)
        wide = factor * np.sqrt(variance + self.residual_std**2)
        with np.errstate(invalid="ignore"):  # far out both may be infinite, and their difference nothing
            return Band(mean, mean - sure, mean + sure, mean - wide, mean + wide)

    def outside(self, x: Any) -> list[bool]:
        """Say of each new x whether a column of it lies outside the observations."""
        X = np.asarray(x, dtype=np.float64).reshape(-1, len(self.x_names))
        lows, highs = np.array(self.x_ranges).T
        return [bool(value) for value in ((lows > X) | (highs < X)).any(axis=1)]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Fit:
        """Read what `to_dict` wrote, also after a way through JSON."""
        tuples = {
            name: tuple(tuple(item) if isinstance(item, list | tuple) else item for item in record[name])
            for name in TUPLES
        }
        return cls(
            **{
                **record,
                **tuples,
                "spec": Spec(**record["spec"]),
                "curve": Curve.from_dict(record["curve"]),
                "anova": Anova(**record["anova"]),
                "outliers": tuple(Outlier(**outlier) for outlier in record["outliers"]),
            }
        )

    def _digits(self) -> list[int]:
        if self.spec.model in {"exp", "power"}:
            return [4, 4]
        reaches = [max(map(abs, bounds)) for bounds in self.x_ranges]
        if self.spec.model == "log":
            reaches = [max(abs(float(np.log(bound))) for bound in bounds) for bounds in self.x_ranges]
        spread = self.residual_std
        return [
            digits_needed(coefficient, reaches[column] ** power if power else 1.0, spread)
            for coefficient, (column, power) in zip(self.coefficients, self.curve.terms, strict=True)
        ]

    def _equation(self, digits: list[int]) -> str:
        return equation(
            self.spec.model, self.curve.terms, self.x_names, self.y_name, self.coefficients, digits
        )
