"""One call from observations to the finished record of a fit."""

from __future__ import annotations

from math import isfinite

import numpy as np
from threadpoolctl import threadpool_limits

from ml.regression.diagnostics import diagnose, find_outliers, suggest_degree
from ml.regression.gram import terms_of
from ml.regression.inference import aic, analysis_of_variance, interval, p_value, t_value
from ml.regression.lasso import fit_lasso
from ml.regression.linear import Estimate, fit_linear
from ml.regression.nonlinear import fit_growth
from ml.regression.record import Fit
from ml.regression.ridge import fit_ridge
from ml.regression.robust import fit_robust
from ml.regression.spec import LARGEST, MAX_TERMS, FitError, Floats, Observations, Spec

LONG = 5_000  # rows from which products are large enough for several threads


def fit(data: Observations, spec: Spec | None = None) -> Fit:
    """Fit a model to observations.

    >>> from ml.regression import observations
    >>> fit(observations([1, 2, 3, 4], [2, 4, 6, 8])).equation()
    'y = 2x + 0'

    Raises:
        FitError: The numbers leave the model open, or two wishes exclude each other.
    """
    if data.n <= LONG:
        return _fit(data, spec or Spec())
    # the threads of a BLAS wait for each other by spinning: on a busy core that costs seconds, and on a
    # free one they gain nothing on products as small as these
    with threadpool_limits(1, "blas"):
        return _fit(data, spec or Spec())


def _fit(data: Observations, spec: Spec) -> Fit:
    spec.check()
    check(data, spec)
    try:
        return _record(data, spec, _estimate(data, spec))
    except FitError as error:
        if error.kind == "collinear" and "term" in error.fields:
            terms = terms_of(data.k, spec.degree, not spec.through0)
            name = data.x_names[terms[error.fields["term"]][0]]
            raise FitError("collinear", column=name) from error
        raise
    except OverflowError as error:
        raise FitError("out_of_range") from error


def check(data: Observations, spec: Spec) -> None:
    """Raise FitError where no method could fit these numbers."""
    _check_finite(data)
    needed = parameters_of(data, spec) + 1
    if needed - 1 > MAX_TERMS:
        raise FitError("too_many_terms", limit=MAX_TERMS)
    if data.n < needed:
        raise FitError("too_few", needed=needed, n=data.n)
    for j, name in enumerate(data.x_names):
        distinct = _distinct(data.x[:, j], spec.degree + 1)
        if distinct == 1 and not (spec.through0 and data.x[0, j] != 0):
            raise FitError("equal_x", column=name, held=float(data.x[0, j]))
        if distinct < spec.degree + (not spec.through0):
            raise FitError("few_distinct", column=name, needed=spec.degree + 1, found=distinct)
        if spec.model in {"log", "power"} and (data.x[:, j] <= 0).any():
            row = int(np.argmax(data.x[:, j] <= 0))
            raise FitError("not_positive", column=name, row=data.row(row), held=float(data.x[row, j]))


def parameters_of(data: Observations, spec: Spec) -> int:
    """Return how many coefficients a model has."""
    return 2 if spec.model in {"exp", "power"} else data.k * spec.degree + (not spec.through0)


def _check_finite(data: Observations) -> None:
    columns = [*zip(data.x_names, data.x.T, strict=True), (data.y_name, data.y)]
    for name, column in columns:
        wrong = ~(np.abs(column) < LARGEST)
        if wrong.any():
            index = int(np.argmax(wrong))
            kind = "too_large" if isfinite(column[index]) else "not_finite"
            raise FitError(kind, column=name, row=data.row(index), held=float(column[index]))
    if data.weights is not None:
        wrong = ~((data.weights > 0) & (data.weights < LARGEST))
        if wrong.any():
            index = int(np.argmax(wrong))
            raise FitError("weights", row=data.row(index), held=float(data.weights[index]))


def _distinct(values: Floats, enough: int) -> int:
    """Count distinct values, no further than needed: most columns show theirs in a few rows."""
    head = len(np.unique(values[: 8 * enough]))
    return head if head >= enough else len(np.unique(values))


def _estimate(data: Observations, spec: Spec) -> Estimate:
    if spec.model in {"exp", "power"}:
        return fit_growth(data, spec)
    if spec.robust is not None:
        return fit_robust(data, spec)
    if spec.ridge is not None:
        return fit_ridge(data, spec)
    if spec.lasso is not None:
        return fit_lasso(data, spec)
    return fit_linear(data, spec)


def _record(data: Observations, spec: Spec, found: Estimate) -> Fit:
    """Infer everything that follows from an estimate."""
    dof = data.n - found.parameters
    robust = spec.robust is not None
    judged = diagnose(data, found.curve, found.residual_std, found.parameters, found.hat, robust=robust)
    regression_dof = found.parameters - (not spec.through0)
    total_dof = dof + regression_dof
    pairs = list(zip(found.coefficients, found.std_errors, strict=True))
    intervals = found.intervals or [interval(c, s, dof, spec.ci) for c, s in pairs]
    log_weights = 0.0 if data.weights is None else float(np.log(data.weights).sum())
    plain = spec.model == "linear" and not robust and spec.ridge is None and spec.lasso is None
    return Fit(
        spec=spec,
        x_names=data.x_names,
        y_name=data.y_name,
        curve=found.curve,
        coefficients=tuple(found.coefficients),
        std_errors=tuple(found.std_errors),
        t=tuple(t_value(c, s) if found.classical else None for c, s in pairs),
        p=tuple(p_value(c, s, dof) if found.classical else None for c, s in pairs),
        intervals=tuple(intervals),
        covariance=tuple(tuple(row) for row in found.covariance),
        r2=found.r2,
        # 1 - (1 - R²) total / dof, without the digits that 1 - R² loses where R² is small
        r2_adjusted=(found.r2 * total_dof - regression_dof) / dof,
        residual_std=found.residual_std,
        n=data.n,
        dof=dof,
        aic=aic(found.rss, data.n, found.parameters, log_weights) if found.classical else None,
        anova=analysis_of_variance(found.rss, found.r2 * found.tss, dof, regression_dof),
        mean_error=float(np.abs(judged.residuals).mean()),
        loo=judged.loo if found.classical and not robust else found.loo,
        outliers=find_outliers(data, judged, found.parameters),
        x_ranges=tuple((float(column.min()), float(column.max())) for column in data.x.T),
        suggested_degree=suggest_degree(data, spec.degree, spec.through0, found.rss) if plain else None,
        notes=found.notes,
    )
