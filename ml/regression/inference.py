"""How sure an estimate is: t and F probabilities, intervals, information criteria, analysis of variance."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, log, pi

# scipy.special is imported by the first fit: the bot's start need not wait for it.
# scipy.stats would cost 73 MB.


@dataclass(frozen=True, slots=True)
class Anova:
    """The table of the analysis of variance; F and p are None where a residual of 0 leaves them open."""

    regression_dof: float
    regression_ss: float
    residual_dof: float
    residual_ss: float
    f: float | None
    p: float | None


def quantile(dof: float, ci: float) -> float:
    """Return the factor of a standard error in a two-sided interval of `ci` percent.

    >>> round(quantile(10, 95.0), 4)
    2.2281
    """
    from scipy.special import stdtrit

    # what is left above the interval, from the decimal that was written: 100 - 99.9 has lost three digits
    above = float((100 - Fraction(repr(float(ci)))) / 200)
    return -float(stdtrit(dof, above))


def t_value(estimate: float, std_error: float) -> float | None:
    """Return the estimate in standard errors, or None where it has none."""
    return estimate / std_error if std_error > 0 and isfinite(estimate / std_error) else None


def p_value(estimate: float, std_error: float, dof: float) -> float | None:
    """Return how likely so large an estimate is where the truth is 0; None where both are 0."""
    if std_error == 0:
        return 0.0 if estimate else None
    return p_of_studentised(estimate / std_error, dof)


def p_of_studentised(value: float, dof: float) -> float:
    """Return the two-sided probability of a t value, such as a studentised residual."""
    from scipy.special import betainc, betaincc

    square = value * value
    if square < dof:  # each way keeps its digits where the other loses them
        return float(betaincc(0.5, dof / 2, square / (dof + square)))
    return float(betainc(dof / 2, 0.5, dof / (dof + square)))


def interval(estimate: float, std_error: float, dof: float, ci: float) -> tuple[float, float]:
    """Return the confidence interval of an estimate."""
    half = quantile(dof, ci) * std_error if std_error else 0.0
    return estimate - half, estimate + half


def analysis_of_variance(rss: float, explained: float, dof: float, regression_dof: float) -> Anova:
    """Test the squares of y that a curve explains against those that it leaves."""
    explained = max(explained, 0.0)
    f = p = None
    if rss > 0 and regression_dof > 0:
        from scipy.special import fdtrc

        ratio = (explained / regression_dof) / (rss / dof)
        f = ratio if isfinite(ratio) else None
        p = float(fdtrc(regression_dof, dof, ratio))
    elif explained > 0:
        p = 0.0
    return Anova(regression_dof, explained, dof, rss, f, p)


def aic(rss: float, n: int, parameters: float, log_weights: float = 0.0) -> float | None:
    """Return Akaike's criterion as R's `AIC(lm(...))` does: the residual deviation is a parameter too.

    Args:
        log_weights: Sum of the logarithms of the weights.
    """
    if rss <= 0:
        return None
    value = n * (log(2 * pi) + 1 + log(rss / n)) - log_weights + 2 * (parameters + 1)
    return value if -inf < value < inf else None
