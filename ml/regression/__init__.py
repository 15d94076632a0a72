"""Regression: observations in, a `Fit` out, with every digit that the numbers hold."""

from ml.regression.diagnostics import Diagnostics, diagnose
from ml.regression.equation import number
from ml.regression.fitting import fit
from ml.regression.record import Band, Fit, Outlier
from ml.regression.spec import FitError, Observations, Spec, observations

__all__ = [
    "Band",
    "Diagnostics",
    "Fit",
    "FitError",
    "Observations",
    "Outlier",
    "Spec",
    "diagnose",
    "fit",
    "number",
    "observations",
]
