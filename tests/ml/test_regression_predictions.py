"""Predictions, bands and leave-one-out errors beside solutions in fractions, fresh and out of a session."""

from dataclasses import astuple, dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import orjson
import pytest

from ml.regression import Fit, Observations, Spec, diagnose, fit, observations
from ml.regression.inference import quantile
from tests.ml.strd import lre

Row = list[Fraction]
I20 = np.arange(20.0)
NOISE = np.random.default_rng(3).normal(size=20).round(2)
WAVY = (3 * np.sin(I20 / 2) + NOISE).round(2)


@dataclass(frozen=True)
class Truth:
    """What a fit should answer, as fractions; `spreads` are variances of means, in order of the points."""

    means: Row
    spreads: Row
    variance: Fraction
    residuals: Row
    leverages: Row

    @property
    def loo(self) -> float:
        """The root mean square of the errors at rows that were left out."""
        errors = [e / (1 - h) for e, h in zip(self.residuals, self.leverages, strict=True)]
        return float(root(sum((error**2 for error in errors), Fraction(0)) / len(errors)))


def root(square: Fraction) -> Fraction:
    with localcontext(prec=60):
        return Fraction((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())


def dot(a: Row, b: Row) -> Fraction:
    return sum((v * w for v, w in zip(a, b, strict=True)), Fraction(0))


def solved(data: Observations, spec: Spec, points: list[list[str]]) -> Truth:
    """Solve the normal equations by Gauss in fractions: slow, and short enough to be believed."""

    def terms(values: Row) -> Row:
        powers = [value**power for value in values for power in range(1, spec.degree + 1)]
        return powers if spec.through0 else [Fraction(1), *powers]

    A = [terms([Fraction(repr(value)) for value in row]) for row in data.x.tolist()]
    y = [Fraction(repr(value)) for value in data.y.tolist()]
    ones = np.ones(data.n) if data.weights is None else data.weights
    w = [Fraction(repr(value)) for value in ones.tolist()]
    p = len(A[0])
    columns = [list(column) for column in zip(*A, strict=True)]
    heavy = [[v * weight for v, weight in zip(column, w, strict=True)] for column in columns]
    rows = [
        [*(dot(heavy[i], column) for column in [*columns, y]), *(Fraction(i == j) for j in range(p))]
        for i in range(p)
    ]
    for k in range(p):
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(p):
            if i != k:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    coefficients, inverse = [row[p] for row in rows], [row[p + 1 :] for row in rows]

    def spread(row: Row) -> Fraction:
        return dot(row, [dot(row, line) for line in inverse])

    asked = [terms([Fraction(value) for value in point]) for point in points]
    residuals = [value - dot(row, coefficients) for row, value in zip(A, y, strict=True)]
    rss = dot(w, [residual**2 for residual in residuals])
    return Truth(
        [dot(row, coefficients) for row in asked],
        [spread(row) for row in asked],
        rss / (data.n - p),
        residuals,
        [spread(row) * weight for row, weight in zip(A, w, strict=True)],
    )


CASES = {
    **{
        f"degree {degree}{' through the origin' if through0 else ''}": (
            observations(I20 / 2, WAVY),
            Spec(degree=degree, through0=through0),
            [["0.1"], ["3.3"], ["12.5"]],
        )
        for degree in range(2, 11)
        for through0 in (False, True)
    },
    **{
        f"x = {offset} + i, degree {degree}{' through the origin' if through0 else ''}": (
            observations(offset + I20, WAVY),
            Spec(degree=degree, through0=through0),
            [[str(offset + 0.5)], [str(offset + 10.1)], [str(offset + 25)]],
        )
        for offset, degree, through0 in [
            (1000, 5, True),
            (1000, 10, True),
            (10**9, 2, False),
            (10**9, 10, False),
            (10**9, 3, True),
            (10**9, 10, True),
        ]
    },
    "weights": (
        observations(I20 + 0.25, WAVY, np.linspace(0.1, 3, 20).round(2)),
        Spec(degree=4),
        [["2.5"], ["30"]],
    ),
    "weights through the origin": (
        observations(I20 + 50, WAVY, np.linspace(0.1, 3, 20).round(2)),
        Spec(degree=8, through0=True),
        [["52.5"], ["70"]],
    ),
    "one point a million away": (
        observations(np.append(I20[1:], 1e6), WAVY),
        Spec(degree=3),
        [["2.5"], ["30"], ["1e6"]],
    ),
    "three columns, one nearly the sum of the others": (
        observations(np.column_stack([WAVY, NOISE, WAVY + NOISE + (I20 % 7) * 1e-6]).round(8), I20),
        Spec(),
        [["0.1", "0.2", "0.3"], ["1", "2", "4"]],
    ),
    "two columns of degree 3 through the origin": (
        observations(np.column_stack([1e5 + I20, NOISE]), WAVY),
        Spec(degree=3, through0=True),
        [["100000.5", "0.1"]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_predictions_and_their_intervals_are_the_rational_ones(name: str) -> None:
    data, spec, points = CASES[name]
    truth = solved(data, spec, points)
    found = fit(data, spec)
    band = found.predict([[float(value) for value in point] for point in points])
    factor = Fraction(quantile(found.dof, spec.ci))
    expected = [
        (mean, mean - sure, mean + sure, mean - wide, mean + wide)
        for mean, sure, wide in (
            (mean, factor * root(truth.variance * spread), factor * root(truth.variance * (1 + spread)))
            for mean, spread in zip(truth.means, truth.spreads, strict=True)
        )
    ]
    for columns, row in zip(zip(*astuple(band), strict=True), expected, strict=True):
        assert min(map(lre, columns, map(float, row))) >= 13


@pytest.mark.parametrize("name", CASES)
def test_residuals_leverages_and_the_leave_one_out_error_are_the_rational_ones(name: str) -> None:
    data, spec, points = CASES[name]
    truth = solved(data, spec, points)
    found = fit(data, spec)
    judged = diagnose(data, found.curve, found.residual_std, data.n - found.dof)
    assert min(map(lre, judged.residuals.tolist(), map(float, truth.residuals))) >= 13
    assert min(map(lre, judged.leverages.tolist(), map(float, truth.leverages))) >= 13
    assert found.loo is not None
    assert lre(found.loo, truth.loo) >= 13


@pytest.mark.parametrize("name", CASES)
def test_a_fit_out_of_a_session_predicts_bit_by_bit_as_the_fresh_one(name: str) -> None:
    data, spec, points = CASES[name]
    x = [[float(value) for value in point] for point in points]
    found = fit(data, spec)
    record = orjson.dumps(found.to_dict())
    again = Fit.from_dict(orjson.loads(record))
    assert again == found
    for fresh, kept in zip(astuple(found.predict(x)), astuple(again.predict(x)), strict=True):
        assert fresh.tolist() == kept.tolist()
    assert len(record) < 25_000


def test_a_prediction_whose_truth_is_0_is_0() -> None:
    """Sevenths have no end as decimals, and what they leave of one another is no value."""
    sevenths = fit(observations([0, 1, 3], [0, 1, 1]))  # y = 2/7 x + 2/7
    assert sevenths.predict([-1.0]).mean[0] == 0
    for degree in (1, 5, 10):
        band = fit(observations(I20 + 1000, WAVY), Spec(degree=degree, through0=True)).predict([0.0])
        assert (band.mean[0], band.mean_low[0], band.mean_high[0]) == (0, 0, 0)


def test_a_row_that_alone_holds_a_coefficient_has_leverage_1_and_no_residual() -> None:
    data = observations([0, 0, 0, 0, 7], [1, 2, 4, 3, 9])
    found = fit(data)
    judged = diagnose(data, found.curve, found.residual_std, 2)
    assert (judged.leverages[4], judged.residuals[4], judged.studentised[4]) == (1, 0, 0)
    assert found.loo == pytest.approx(float(np.sqrt(np.mean(np.square([2, 2 / 3, 2, 2 / 3, 0])))), rel=1e-14)


def test_few_rows_and_many_lie_on_the_same_curve() -> None:
    """A long list is computed in doubles."""
    x = np.linspace(0, 10, 6_000).round(3)
    found = fit(observations(I20 / 2, WAVY), Spec(degree=4))
    band = found.predict(x)
    for many, few in zip(astuple(band), astuple(found.predict(x[::1000])), strict=True):
        np.testing.assert_allclose(many[::1000], few, rtol=1e-9, atol=1e-9)
