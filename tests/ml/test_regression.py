"""Least squares: certified digits, laws that any fit obeys, and the article's mistake."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.regression import Fit, FitError, Observations, Spec, diagnose, fit, integers, observations
from ml.regression import gram as gram_module
from ml.regression.exact import invert, solve
from ml.regression.newton import inverse_by_newton
from tests.ml.strd import NAMES, certified, lre


@pytest.fixture(params=["typed", "million"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sum the normal equations as for a short table, then as for a long one."""
    if request.param == "million":
        monkeypatch.setattr(gram_module, "SMALL", 0)
        monkeypatch.setattr(integers, "FEW", 0)


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("name", NAMES)
def test_every_certified_digit_of_nist_is_found(name: str) -> None:
    truth = certified(name)
    found = fit(truth.data, truth.spec)
    assert min(map(lre, found.coefficients, truth.coefficients)) >= 13
    assert min(map(lre, [s or 0.0 for s in found.std_errors], truth.std_errors)) >= 12
    assert lre(found.residual_std, truth.residual_std) >= 12
    assert lre(found.r2, truth.r2) >= 12


def test_the_points_of_the_source_article_lie_on_a_line_through_the_origin() -> None:
    """The article's slope, sum(xy) / sum(x²) with an intercept, leaves out the means.

    It also sums y where it says xy, so that its example ends at y = 2/3 x + 5/6 with a mean error of 2.75.
    With an intercept the slope is sum((x - mean x)(y - mean y)) / sum((x - mean x)²): here exactly 2.
    """
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 6.0, 8.0])
    found = fit(observations(x, y))
    assert found.coefficients == (0.0, 2.0)
    assert found.equation() == "y = 2x + 0"
    assert found.mean_error == 0
    assert found.coefficients[1] == ((x - x.mean()) @ (y - y.mean())) / ((x - x.mean()) @ (x - x.mean()))
    wrong = 2 / 3 * x + 5 / 6
    assert np.abs(wrong - y).mean() > 2


def test_the_formula_of_the_source_article_is_right_only_through_the_origin() -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 2.0, 5.0])
    article = (x @ y) / (x @ x)
    assert fit(observations(x, y), Spec(through0=True)).coefficients == pytest.approx((article,), rel=1e-15)
    assert fit(observations(x, y)).coefficients[1] != pytest.approx(article, rel=1e-3)


def noisy(n: int = 40, seed: int = 1) -> Observations:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-5, 5, n).round(3)
    return observations(x, (3 - 2 * x + 0.3 * x**2 + rng.normal(size=n)).round(3))


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_the_residual_is_orthogonal_to_every_power_of_x(degree: int) -> None:
    data = noisy()
    found = fit(data, Spec(degree=degree))
    residual = data.y - found.predict(data.x).mean
    for power in range(degree + 1):
        assert abs(residual @ data.x[:, 0] ** power) < 1e-9 * np.abs(data.x[:, 0] ** power).sum()


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("degree", [1, 2, 4])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("through0", [False, True])
def test_the_exact_solution_agrees_with_lstsq(degree: int, weighted: bool, through0: bool) -> None:
    data = noisy()
    weights = np.linspace(0.5, 3, data.n).round(2) if weighted else None
    data = Observations(data.x, data.y, weights)
    found = fit(data, Spec(degree=degree, through0=through0))
    X = np.vander(data.x[:, 0], degree + 1, increasing=True)[:, int(through0) :]
    roots = np.sqrt(np.ones(data.n) if weights is None else weights)
    expected = np.linalg.lstsq(X * roots[:, None], data.y * roots, rcond=None)[0]
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-9)
    rss = float(((data.y - X @ expected) ** 2 * roots**2).sum())
    covariance = rss / found.dof * np.linalg.inv((X * roots[:, None]).T @ (X * roots[:, None]))
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-7)
    assert found.residual_std == pytest.approx((rss / found.dof) ** 0.5, rel=1e-9)


def test_several_features_agree_with_lstsq() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(50, 4)).round(4)
    y = (X @ [1, -2, 0.5, 0] + 7 + rng.normal(size=50)).round(4)
    found = fit(observations(X, y, x_names=("a", "b", "c", "d"), y_name="out"))
    expected = np.linalg.lstsq(np.column_stack([np.ones(50), X]), y, rcond=None)[0]
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-10)
    assert found.term_names() == ["1", "a", "b", "c", "d"]


decimals = st.integers(-(10**6), 10**6).map(lambda value: value / 1000)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(decimals, decimals), min_size=5, max_size=30, unique_by=lambda pair: pair[0]))
def test_a_line_is_the_rational_solution_rounded_once(pairs: list[tuple[float, float]]) -> None:
    found = fit(observations([x for x, _ in pairs], [y for _, y in pairs]))
    x = [Fraction(repr(value)) for value, _ in pairs]
    y = [Fraction(repr(value)) for _, value in pairs]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum(
        (a - mean_x) ** 2 for a in x
    )
    assert found.coefficients == (float(mean_y - slope * mean_x), float(slope))


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(
    ("offset", "spread", "degree"), [(1e9, 1e-3, 1), (1e6, 1.0, 2), (0.0, 1e-8, 3), (2000.0, 50.0, 10)]
)
def test_offsets_and_spreads_cost_no_digits(offset: float, spread: float, degree: int) -> None:
    n = 30
    x = [Fraction(repr(float(offset))) + Fraction(repr(spread)) * i / 10 for i in range(n)]
    y = [Fraction((7 * i * i) % 23, 10) for i in range(n)]
    found = fit(observations([float(v) for v in x], [float(v) for v in y]), Spec(degree=degree))
    expected = rational_polynomial(x, y, degree)
    assert min(map(lre, found.coefficients, map(float, expected))) > 14.5


def rational_polynomial(x: list[Fraction], y: list[Fraction], degree: int) -> list[Fraction]:
    """Solve the normal equations by Gauss in fractions: slow, and short enough to be believed."""
    p = degree + 1
    rows = [
        [sum((v ** (i + j) for v in x), Fraction(0)) for j in range(p)]
        + [sum((v**i * w for v, w in zip(x, y, strict=True)), Fraction(0))]
        for i in range(p)
    ]
    for k in range(p):
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(p):
            if i != k:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[p] for row in rows]


def test_a_large_table_is_solved_as_exactly_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    x = (rng.uniform(0, 100, 60_000)).round(4)
    y = (3 * x - 0.01 * x**2 + rng.normal(size=len(x))).round(4)
    weights = rng.uniform(0.5, 2, len(x)).round(2)
    for data in (observations(x, y), observations(x, y, weights)):
        large = fit(data, Spec(degree=2))
        with monkeypatch.context() as patch:
            patch.setattr(gram_module, "SMALL", 10**9)
            small = fit(data, Spec(degree=2))
        assert large.coefficients == small.coefficients
        assert large.std_errors == small.std_errors
        assert large.r2 == small.r2


@pytest.mark.parametrize("degree", [3, 6, 10])
def test_a_point_far_away_costs_a_long_table_no_digits(degree: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    x = np.append(rng.uniform(0, 1, 1500).round(4), 1000.0)
    data = observations(x, (np.sin(x) + rng.normal(size=len(x))).round(4))
    exact = fit(data, Spec(degree=degree))
    monkeypatch.setattr(gram_module, "SMALL", 0)
    assert fit(data, Spec(degree=degree)).coefficients == exact.coefficients


def test_numbers_of_17_digits_are_taken_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    x, y = 1e6 + rng.normal(size=300), rng.normal(size=300)
    expected = rational_polynomial(
        [Fraction(repr(v)) for v in x.tolist()], [Fraction(repr(v)) for v in y.tolist()], 2
    )
    for small in (10**9, 0):
        monkeypatch.setattr(gram_module, "SMALL", small)
        found = fit(observations(x, y), Spec(degree=2))
        assert min(map(lre, found.coefficients, map(float, expected))) == 15


@pytest.mark.parametrize("k", [17, 40])
def test_many_columns_are_solved_as_exactly_as_few(k: int) -> None:
    """The normal equations hold for the solution before it is rounded, and lstsq agrees with it."""
    rng = np.random.default_rng(k)
    X = rng.normal(size=(200, k)).round(3) + np.linspace(0, 1e4, k).round(0)
    y = (X[:, 0] - X[:, -1] + rng.normal(size=200)).round(3)
    data = observations(X, y)
    equations = gram_module.gram(data, gram_module.terms_of(k, 1, True))
    solution = solve(equations)
    for i, (column, power) in enumerate(equations.terms):
        shares = [
            equations.matrix[i][j] * share * equations.unit(j) for j, share in enumerate(solution.centred)
        ]
        value = equations.matrix[i][-1] * equations.y_unit
        assert abs(sum(shares) - value) <= abs(value) / 2**100, (column, power)
    expected = np.linalg.lstsq(np.column_stack([np.ones(200), X]), y, rcond=None)[0]
    np.testing.assert_allclose(fit(data).coefficients[1:], expected[1:], rtol=1e-6, atol=1e-9)


def test_elimination_and_iteration_find_the_same_inverse() -> None:
    rng = np.random.default_rng(1)
    A = rng.integers(-1000, 1000, (30, 8))
    G = [[int(value) for value in row] for row in A.T @ A]
    adjugate, determinant, _ = invert(G)
    found = inverse_by_newton(G)
    assert found is not None
    for exact, near in zip(adjugate, found[0], strict=True):
        for a, b in zip(exact, near, strict=True):
            assert (
                abs(Fraction(a, determinant) - Fraction(b, found[1])) < abs(Fraction(a, determinant)) / 2**120
            )


def test_columns_that_are_copies_but_for_rounding_are_refused() -> None:
    x = np.arange(1.0, 30.0) / 10
    with pytest.raises(FitError) as raised:
        fit(observations(np.column_stack([x, x * 3]), x + np.tile([0, 0.1], 15)[:29]))
    assert (raised.value.kind, raised.value.fields) == ("collinear", {"column": "x2"})


def test_leave_one_out_is_what_fits_without_each_row_would_foretell() -> None:
    data = noisy(15)
    found = fit(data)
    errors = [data.y[i] - fit(data.without([i])).predict(data.x[i]).mean[0] for i in range(data.n)]
    assert found.loo == pytest.approx(float(np.sqrt(np.mean(np.square(errors)))), rel=1e-9)


def test_studentised_residuals_are_those_of_a_fit_without_the_row() -> None:
    data = noisy(15)
    found = fit(data)
    judged = diagnose(data, found.curve, found.residual_std, 2)
    for i in range(data.n):
        rest = fit(data.without([i]))
        expected = judged.residuals[i] / (rest.residual_std * np.sqrt(1 - judged.leverages[i]))
        assert judged.studentised[i] == pytest.approx(expected, rel=1e-9)
    assert judged.leverages.sum() == pytest.approx(2, rel=1e-9)


def test_a_point_far_off_the_line_is_named_with_its_row() -> None:
    x = np.arange(1.0, 13.0)
    y = 2 * x + np.tile([0.1, -0.1, 0.05], 4)
    y[7] = 40
    found = fit(observations(x, y))
    assert [outlier.row for outlier in found.outliers] == [8]
    assert fit(noisy(), Spec(degree=2)).outliers == ()


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    x = np.arange(12.0)
    held = [0, 0]
    for _ in range(400):
        found = fit(observations(x, (1 + 2 * x + rng.normal(size=12)).round(6)), Spec(ci=90))
        low, high = found.intervals[1]
        held[0] += low <= 2 <= high
        band = found.predict([20.0])
        held[1] += bool(band.low[0] <= 41 + rng.normal() <= band.high[0])
    assert held == [pytest.approx(360, abs=20), pytest.approx(360, abs=20)]


def test_bands_widen_away_from_the_points() -> None:
    band = fit(noisy()).predict([0.0, 5.0, 50.0])
    widths = band.mean_high - band.mean_low
    assert widths[0] < widths[1] < widths[2]
    assert (band.high - band.low > widths).all()


def test_a_bent_cloud_suggests_its_degree_and_a_straight_one_none() -> None:
    x = np.linspace(0, 10, 40).round(3)
    wave = np.tile([0.3, -0.2, 0.1, -0.2], 10)
    assert fit(observations(x, (x**2 + wave).round(3))).suggested_degree == 2
    assert fit(observations(x, (x**3 - 10 * x**2 + wave).round(3))).suggested_degree == 3
    assert fit(observations(x, (2 * x + wave).round(3))).suggested_degree is None


def test_r_squared_through_the_origin_is_about_zero_as_nist_has_it() -> None:
    found = fit(observations([1, 2, 3], [2, 2, 5]), Spec(through0=True))
    residual = np.array([2, 2, 5]) - found.coefficients[0] * np.array([1, 2, 3])
    assert found.r2 == pytest.approx(1 - residual @ residual / 33, rel=1e-14)
    assert len(found.coefficients) == len(found.std_errors) == len(found.t) == len(found.intervals) == 1


def test_a_fit_survives_a_way_through_json() -> None:
    data = noisy()
    found = fit(data, Spec(degree=3, ci=90))
    again = Fit.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert Observations.from_dict(json.loads(json.dumps(data.to_dict()))).y.tolist() == data.y.tolist()


@pytest.mark.parametrize(
    ("x", "y", "spec", "kind"),
    [
        ([1], [2], Spec(), "too_few"),
        ([1, 2], [2, 3], Spec(), "too_few"),
        ([1, 2, 3], [2, 3, 4], Spec(degree=2), "too_few"),
        ([5, 5, 5], [1, 2, 3], Spec(), "equal_x"),
        ([0, 0, 0], [1, 2, 3], Spec(through0=True), "equal_x"),
        ([1, 1, 2, 2], [1, 2, 3, 4], Spec(degree=2), "few_distinct"),
        ([1, 2, float("nan")], [1, 2, 3], Spec(), "not_finite"),
        ([1, 2, 3], [1, float("inf"), 3], Spec(), "not_finite"),
        ([1, 2, 3], [1, 1e200, 3], Spec(), "too_large"),
        ([[1, 2], [2, 4], [3, 6], [4, 8]], [1, 2, 3, 5], Spec(), "collinear"),
        ([-1, 2, 3], [1, 2, 3], Spec(model="log"), "not_positive"),
        ([1, 2, 3, 4], [1, 2, 3, 4], Spec(ridge=1, lasso=1), "combination"),
    ],
)
def test_points_that_leave_the_model_open_are_refused(
    x: list[float], y: list[float], spec: Spec, kind: str
) -> None:
    with pytest.raises(FitError) as raised:
        fit(observations(x, y), spec)
    assert raised.value.kind == kind


def test_a_weight_counts_as_so_many_rows_for_the_line() -> None:
    x, y = [1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 5.0]
    weighted = fit(observations(x, y, [1, 2, 1, 3]))
    repeated = fit(observations([1, 2, 2, 3, 4, 4, 4], [1, 3, 3, 2, 5, 5, 5]))
    assert weighted.coefficients == repeated.coefficients


def test_twenty_points_are_fitted_in_milliseconds() -> None:
    import time

    data = noisy(20)
    fit(data)
    start = time.thread_time()
    for _ in range(10):
        fit(data)
    assert (time.thread_time() - start) / 10 < 0.015  # 2 ms on the build machine, with room for a busy one
