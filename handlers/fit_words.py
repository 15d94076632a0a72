"""Why points cannot be fitted, in words, and how numbers beside an interval are written."""

from __future__ import annotations

from math import floor, isfinite, log10

from handlers.errors import Refusal
from handlers.texts import N_
from ml.regression.equation import number
from ml.regression.spec import FitError

WORDS = {
    "too_few": N_(
        "This fit needs at least {needed} points, and I read {n}. Add points or choose a simpler curve."
    ),
    "equal_x": N_("Every {column} is {held}. A slope needs at least two different values."),
    "few_distinct": N_(
        "This fit needs {needed} different values of {column}, and there are {found}. Choose a lower degree."
    ),
    "collinear": N_(
        "The columns before {column} already say what it says. Choose the columns with x= and leave it out."
    ),
    "not_positive": N_("Row {row}: {column} is {held}. This curve needs every {column} above 0."),
    "not_finite": N_(
        "Row {row}, column {column} holds “{held}”. A fit needs finite numbers. Correct or empty the cell."
    ),
    "too_large": N_("Row {row}, column {column} holds {held}, which is too large. Choose another unit."),
    "weights": N_("Row {row}: the weight is {held}. Every weight must be above 0."),
    "combination": N_("{first} and {second} do not go together. Leave one of them out."),
    "too_many_terms": N_(
        "This fit has more than {limit} coefficients. Choose fewer columns or a lower degree."
    ),
    "one_x": N_("This curve goes through one column of x. Choose it with x=."),
    "no_shape": N_("No such curve runs through these points. Try a line or poly2."),
    "out_of_range": N_("These numbers are too large or too small to be fitted. Choose other units."),
}

OPTIONS = N_(
    "poly2 … poly10, exp, log, power – the curve, else a line\n"
    "ci=90 – the confidence in percent, 50 to 99.9\n"
    "x=1 y=price weights=w – columns, by name or number\n"
    "through0 – through the origin\n"
    "robust, robust=theil-sen – outliers pull less\n"
    "ridge, ridge=0.5, lasso – smaller coefficients\n"
    "predict=10,12 – values of the curve at once"
)


def refuse_fit(error: FitError) -> Refusal:
    """Return the sentence for points that cannot be fitted."""
    values = {
        name: number(value, 6) if isinstance(value, float) and isfinite(value) else value
        for name, value in error.fields.items()
    }
    return Refusal(WORDS[error.kind], **values)


def beside(value: float, spread: float) -> str:
    """Write a value with two digits of its spread, the sensible ones.

    >>> beside(1.98314, 0.13), beside(1.8, 0.13), beside(12345.6, 800), beside(2.0, 0)
    ('1.98', '1.80', '12346', '2')
    """
    if not spread or not isfinite(spread) or not isfinite(value):
        return number(value, 10)
    decimals = 1 - floor(log10(spread))
    if decimals > 8 or abs(value) >= 1e9 or spread >= 1e6:
        digits = floor(log10(abs(value))) + decimals + 1 if value else 2
        return number(value, min(max(digits, 2), 15))
    return f"{value:.{max(decimals, 0)}f}"


def shown_r2(r2: float) -> str:
    """Write R² so that only a perfect fit shows 1.

    >>> shown_r2(0.98413), shown_r2(0.99997), shown_r2(1.0)
    ('0.984', '0.99997', '1')
    """
    if r2 >= 1:
        return "1"
    missing = 1 - r2
    decimals = 3 if missing >= 0.0005 else min(-floor(log10(missing)), 15)
    return f"{r2:.{decimals}f}"
