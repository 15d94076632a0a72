"""A fit as plain JSON, for programs: the command line's `--json` and the HTTP API."""

from __future__ import annotations

import math
from typing import Any

from handlers.predictions import Predictions
from ml.regression import Fit
from ml.regression.spec import Floats


def as_record(fitted: Fit, asked: Predictions | None) -> dict[str, Any]:
    """Return a fit as JSON: the lists run in the order of `terms`; what does not exist is null."""
    band = asked.band if asked is not None else None
    return {
        "coefficients": fitted.coefficients,
        "std_errors": fitted.std_errors,
        "t": fitted.t,
        "p": fitted.p,
        "intervals": fitted.intervals,
        "r2": fitted.r2,
        "r2_adjusted": fitted.r2_adjusted,
        "residual_std": fitted.residual_std,
        "n": fitted.n,
        "equation": fitted.equation(),
        "predictions": [] if band is None else _finite(band.mean),
        "prediction_intervals": []
        if band is None
        else list(zip(_finite(band.low), _finite(band.high), strict=True)),
        "terms": fitted.term_names(),
        "dof": fitted.dof,
        "aic": fitted.aic,
        "loo": fitted.loo,
        "anova": {
            "regression_dof": fitted.anova.regression_dof,
            "regression_ss": fitted.anova.regression_ss,
            "residual_dof": fitted.anova.residual_dof,
            "residual_ss": fitted.anova.residual_ss,
            "f": fitted.anova.f,
            "p": fitted.anova.p,
        },
        "outliers": [outlier.row for outlier in fitted.outliers],
        "suggested_degree": fitted.suggested_degree,
        **({"strength": fitted.notes["strength"]} if "strength" in fitted.notes else {}),
    }


def _finite(values: Floats) -> list[float | None]:
    """Return numbers for JSON, which has none beyond the range of doubles."""
    return [value if math.isfinite(value) else None for value in values.tolist()]
