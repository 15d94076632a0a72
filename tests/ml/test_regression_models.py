"""Curves, penalties and robust lines beside the libraries that are known for them."""

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.linear_model import Lasso, Ridge, TheilSenRegressor
from sklearn.preprocessing import StandardScaler

from ml.regression import FitError, Observations, Spec, fit, observations
from ml.regression.standard import raw_terms


def cloud(n: int = 60, k: int = 3, seed: int = 0) -> Observations:
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, k)) * [1, 10, 0.1][:k] + [0, 50, -3][:k]).round(4)
    y = (X @ np.array([2, 0.1, 0])[:k] + 5 + rng.normal(size=n)).round(4)
    return observations(X, y)


def grown(seed: int = 0) -> Observations:
    rng = np.random.default_rng(seed)
    x = np.linspace(1, 6, 25).round(3)
    return observations(x, (2.5 * np.exp(0.6 * x) + rng.normal(size=25)).round(4))


@pytest.mark.parametrize("model", ["exp", "power"])
@pytest.mark.parametrize("weighted", [False, True])
def test_growth_is_least_squares_in_y(model: str, weighted: bool) -> None:
    data = grown()
    weights = np.linspace(1, 4, data.n) if weighted else None
    data = Observations(data.x, data.y, weights)
    x, y = data.x[:, 0], data.y
    curve = (lambda u, a, b: a * np.exp(b * u)) if model == "exp" else (lambda u, a, b: a * u**b)
    sigma = None if weights is None else 1 / np.sqrt(weights)
    start = (2.5, 0.6) if model == "exp" else (1, 3)
    expected, covariance = optimize.curve_fit(curve, x, y, start, sigma=sigma, xtol=1e-15, ftol=1e-15)
    found = fit(data, Spec(model=model))  # type: ignore[arg-type]
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-6)
    np.testing.assert_allclose(found.std_errors, np.sqrt(np.diag(covariance)), rtol=1e-4)
    each = np.ones(data.n) if weights is None else weights
    residual = y - curve(x, *expected)
    away = y - each @ y / each.sum()
    assert found.r2 == pytest.approx(1 - each @ residual**2 / (each @ away**2), rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(2.5, 0.6), (-3.0, -1.2), (1e-3, 2.0), (1e6, -0.01)])
def test_a_perfect_exponential_is_found_from_any_side(a: float, b: float) -> None:
    x = np.linspace(-2, 8, 12)
    found = fit(observations(x, a * np.exp(b * x)), Spec(model="exp"))
    assert found.coefficients == pytest.approx((a, b), rel=1e-10)


def test_an_exponential_with_negative_noise_still_starts() -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0, 5, 40)
    found = fit(observations(x, np.exp(x) - 1.5 + rng.normal(size=40)), Spec(model="exp"))
    assert found.coefficients[1] == pytest.approx(1, abs=0.1)


def test_a_jump_is_no_exponential() -> None:
    with pytest.raises(FitError) as raised:
        fit(observations([1, 2, 3, 4, 5], [0, 0, 0, 0, 7]), Spec(model="exp"))
    assert raised.value.kind == "no_shape"


def test_a_logarithm_is_a_line_in_ln_x() -> None:
    x, y = np.array([1.0, 2.0, 4.0, 8.0, 9.0]), np.array([1.0, 2.1, 2.9, 4.2, 4.3])
    found = fit(observations(x, y), Spec(model="log"))
    line = stats.linregress(np.log(x), y)
    assert found.coefficients == pytest.approx((line.intercept, line.slope), rel=1e-12)
    assert found.predict([3.0]).mean[0] == pytest.approx(line.intercept + line.slope * np.log(3), rel=1e-12)


@pytest.mark.parametrize("model", ["exp", "power", "log"])
def test_the_band_of_a_curve_is_the_spread_of_refits(model: str) -> None:
    rng = np.random.default_rng(5)
    data = grown()
    found = fit(data, Spec(model=model, ci=68.27))  # type: ignore[arg-type]
    mean = found.predict(data.x).mean
    again = [
        fit(observations(data.x, mean + rng.normal(size=data.n) * found.residual_std), Spec(model=model))  # type: ignore[arg-type]
        for _ in range(300)
    ]
    spread = np.std([other.predict([7.0]).mean[0] for other in again])
    band = found.predict([7.0])
    assert (band.mean_high - band.mean)[0] == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_ridge_agrees_with_scikit_learn_on_standardised_columns(strength: float) -> None:
    data = cloud()
    scaler = StandardScaler()
    peer = Ridge(alpha=strength).fit(scaler.fit_transform(data.x), data.y)
    slopes = peer.coef_ / scaler.scale_
    found = fit(data, Spec(ridge=strength))
    expected = [peer.intercept_ - scaler.mean_ @ slopes, *slopes]
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-9)


@pytest.mark.parametrize("strength", [0.001, 0.1, 0.5])
@pytest.mark.parametrize("degree", [1, 3])
def test_lasso_agrees_with_scikit_learn_on_standardised_columns(strength: float, degree: int) -> None:
    data = cloud(k=1) if degree > 1 else cloud()
    X = raw_terms(data, tuple((j, power) for j in range(data.k) for power in range(1, degree + 1)))
    scaler = StandardScaler()
    peer = Lasso(alpha=strength, tol=1e-14, max_iter=1_000_000).fit(scaler.fit_transform(X), data.y)
    slopes = peer.coef_ / scaler.scale_
    found = fit(data, Spec(lasso=strength, degree=degree))
    expected = [peer.intercept_ - scaler.mean_ @ slopes, *slopes]
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-7, atol=1e-10)
    assert found.t == found.p == (None,) * len(found.t)
    assert found.aic is None


def test_a_ridge_without_strength_is_least_squares() -> None:
    data = cloud()
    plain, ridge = fit(data), fit(data, Spec(ridge=0.0))
    np.testing.assert_allclose(ridge.coefficients, plain.coefficients, rtol=1e-9)
    np.testing.assert_allclose(
        [s or 0 for s in ridge.std_errors], [s or 0 for s in plain.std_errors], rtol=1e-9
    )
    assert ridge.loo == pytest.approx(plain.loo, rel=1e-9)
    assert ridge.aic == pytest.approx(plain.aic, rel=1e-12)


def test_units_of_a_column_change_nothing_but_its_coefficient() -> None:
    data = cloud()
    metres = observations(data.x * [1, 1000, 1], data.y)
    for spec in (Spec(ridge=3.0), Spec(lasso=0.1)):
        here, there = fit(data, spec), fit(metres, spec)
        assert there.coefficients[2] * 1000 == pytest.approx(here.coefficients[2], rel=1e-9)
        assert there.predict(metres.x[:3]).mean == pytest.approx(here.predict(data.x[:3]).mean, rel=1e-9)


def test_a_chosen_strength_foretells_better_than_its_neighbours() -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(40, 15))
    data = observations(X, X[:, 0] + rng.normal(size=40))
    for penalty in ("ridge", "lasso"):
        chosen = fit(data, Spec(**{penalty: "cv"}))  # type: ignore[arg-type]
        strength = chosen.notes["strength"]
        assert strength > 0
        small = fit(data, Spec(**{penalty: strength / 100}))  # type: ignore[arg-type]
        assert (chosen.loo or 0) < (small.loo or 0)
    assert sum(value == 0 for value in fit(data, Spec(lasso="cv")).coefficients) >= 5


def test_lasso_intervals_hold_its_estimate_and_are_narrow_for_a_clear_slope() -> None:
    found = fit(cloud(200), Spec(lasso=0.01))
    low, high = found.intervals[1]
    assert low < found.coefficients[1] < high
    assert low > 1.5
    assert (found.std_errors[1] or 0) == pytest.approx((high - low) / 4, rel=0.2)


def test_theil_sen_agrees_with_scipy() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=30).round(3)
    y = (3 * x + 1 + rng.standard_t(2, size=30)).round(3)
    found = fit(observations(x, y), Spec(robust="theil-sen"))
    slope = stats.theilslopes(y, x).slope
    assert found.coefficients == pytest.approx((np.median(y - slope * x), slope), rel=1e-12)
    low, high = found.intervals[1]
    assert low < slope < high
    assert found.p == (None, None)


def test_theil_sen_of_several_columns_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    # from -1 to 1, where our middle of the subsets, which no unit changes, is scikit-learn's
    X = np.vstack([[-1, -1], [1, 1], rng.uniform(-1, 1, (23, 2)).round(3)])
    y = (X @ [2, -1] + 3 + rng.standard_t(2, size=25)).round(3)
    peer = TheilSenRegressor(max_subpopulation=10_000, tol=1e-10, max_iter=10_000).fit(X, y)
    found = fit(observations(X, y), Spec(robust="theil-sen"))
    np.testing.assert_allclose(found.coefficients, [peer.intercept_, *peer.coef_], rtol=1e-3)


# statsmodels 0.15.0: RLM(y, X, M=HuberT()).fit(tol=1e-14, maxiter=500) of the points below
HUBER = {
    "params": [0.16434948020061668, 1.9943865999088097],
    "bse": [0.27324490221184256, 0.04403740340103445],
    "scale": 0.3831342137692385,
}
HUBER_X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
HUBER_Y = [2.3, 3.9, 6.4, 7.7, 10.4, 11.8, 14.3, 30.0, 18.2, 19.7]


def test_huber_agrees_with_statsmodels() -> None:
    found = fit(observations(HUBER_X, HUBER_Y), Spec(robust="huber"))
    np.testing.assert_allclose(found.coefficients, HUBER["params"], rtol=1e-8)
    np.testing.assert_allclose([s or 0 for s in found.std_errors], HUBER["bse"], rtol=1e-8)
    assert found.residual_std == pytest.approx(HUBER["scale"], rel=1e-8)


@pytest.mark.parametrize("robust", ["huber", "theil-sen"])
@pytest.mark.parametrize("degree", [1, 2])
def test_a_few_wild_points_bend_no_robust_line(robust: str, degree: int) -> None:
    rng = np.random.default_rng(4)
    x = np.linspace(0, 10, 60).round(3)
    y = 1 + 2 * x - 0.3 * x**2 * (degree - 1) + rng.normal(size=60) * 0.2
    y[[3, 30, 50]] += [40, 60, -50]
    data = observations(x, y)
    robust_fit = fit(data, Spec(robust=robust, degree=degree))  # type: ignore[arg-type]
    plain = fit(data, Spec(degree=degree))
    clean = fit(data.without([3, 30, 50]), Spec(degree=degree))
    assert abs(robust_fit.predict([5.0]).mean[0] - clean.predict([5.0]).mean[0]) < 0.2
    assert abs(plain.predict([5.0]).mean[0] - clean.predict([5.0]).mean[0]) > 0.2
    assert {outlier.index for outlier in robust_fit.outliers} == {3, 30, 50}


def test_a_line_with_one_wild_point_is_found_exactly_by_medians() -> None:
    x = np.arange(1.0, 9.0)
    y = 2 * x + 1
    y[4] = 100
    for robust in ("huber", "theil-sen"):
        found = fit(observations(x, y), Spec(robust=robust))  # type: ignore[arg-type]
        assert found.coefficients == pytest.approx((1, 2), abs=1e-6)


def test_a_robust_line_through_most_points_has_clean_digits() -> None:
    found = fit(observations([1, 2, 3, 4, 5], [2, 4, 6, 80, 10]), Spec(robust="huber"))
    assert found.coefficients == (0.0, 2.0)
    assert found.equation() == "y = 2x + 0"


def test_robust_leave_one_out_is_finite_and_fair() -> None:
    data = cloud(30, 1)
    assert fit(data, Spec(robust="huber")).loo == pytest.approx(fit(data).loo, rel=0.2)


@pytest.mark.parametrize(
    "spec",
    [
        Spec(model="exp"),
        Spec(model="power"),
        Spec(ridge="cv"),
        Spec(lasso="cv"),
        Spec(robust="huber"),
        Spec(robust="theil-sen"),
        Spec(ridge="cv", degree=4),
        Spec(lasso=0.01, degree=10),
        Spec(robust="huber", degree=10),
        Spec(ridge=1.0, through0=True),
        Spec(lasso=0.1, through0=True),
        Spec(robust="huber", through0=True),
        Spec(robust="theil-sen", through0=True),
    ],
)
def test_every_model_describes_itself_in_seconds(spec: Spec) -> None:
    data = grown()
    found = fit(data, spec)
    band = found.predict(data.x)
    assert np.isfinite([*band.low, *band.high, found.r2, found.residual_std]).all()
    assert (band.low <= band.mean).all()
    assert found.equation().startswith("y = ")
    assert len(found.full_equation()) <= 256
    weights = Observations(data.x, data.y, np.linspace(1, 2, data.n))
    if spec.robust != "theil-sen":
        assert fit(weights, spec).n == data.n
