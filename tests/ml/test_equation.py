"""Equations read as people write them, with the digits that the points warrant."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.regression import Spec, fit, number, observations
from ml.regression.equation import digits_needed, equation


@pytest.mark.parametrize(
    ("model", "terms", "names", "coefficients", "expected"),
    [
        ("linear", [(0, 0), (0, 1)], ["x"], [0.07, 1.98], "y = 1.98x + 0.07"),
        ("linear", [(0, 0), (0, 1)], ["x"], [-3, -2], "y = -2x - 3"),
        ("linear", [(0, 0), (0, 1)], ["x"], [5, 0], "y = 0x + 5"),
        ("linear", [(0, 1)], ["x"], [2], "y = 2x"),
        ("linear", [(0, 0), (0, 1)], ["x"], [0, 1], "y = x + 0"),
        ("linear", [(0, 0), (0, 1), (0, 2)], ["x"], [1, 1, -1], "y = -x² + x + 1"),
        ("linear", [(0, 0), (0, 1)], ["身高"], [1, -1], "y = -身高 + 1"),
        ("exp", [(0, 0), (0, 1)], ["x"], [1, -1], "y = exp(-x)"),
        ("power", [(0, 0), (0, 1)], ["x"], [1, 2], "y = x²"),
        ("linear", [(0, 0), (0, 1), (0, 2), (0, 3)], ["x"], [1, 0, -1.5, 2], "y = 2x³ - 1.5x² + 1"),
        ("linear", [(0, 0), (0, 10)], ["x"], [0, 1e-7], "y = 1·10⁻⁷·x¹⁰ + 0"),
        ("linear", [(0, 0), (0, 1)], ["身高"], [-93, 0.9], "y = 0.9·身高 - 93"),
        ("linear", [(0, 0), (0, 1), (0, 2)], ["width"], [1, 2, 3], "y = 3·(width)² + 2·width + 1"),
        ("log", [(0, 0), (0, 1)], ["x"], [1, -2], "y = -2·ln(x) + 1"),
        ("exp", [(0, 0), (0, 1)], ["x"], [2.5, -0.6], "y = 2.5·exp(-0.6x)"),
        ("power", [(0, 0), (0, 1)], ["x"], [2, 3], "y = 2x³"),
        ("power", [(0, 0), (0, 1)], ["x"], [2, -0.5], "y = 2x^-0.5"),
    ],
)
def test_an_equation_reads_as_people_write_it(
    model: str, terms: list[tuple[int, int]], names: list[str], coefficients: list[float], expected: str
) -> None:
    assert equation(model, terms, names, "y", coefficients, [4] * len(terms)) == expected  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=11))
def test_no_sign_stands_beside_another(coefficients: list[float]) -> None:
    terms = [(0, power) for power in range(len(coefficients))]
    text = equation("linear", terms, ["x"], "y", coefficients, [4] * len(terms))
    assert not re.search(r"[+-] ?[+-]", text)
    assert "e" not in text


@pytest.mark.parametrize(
    ("value", "digits", "expected"), [(1.98004, 4, "1.98"), (-0.0, 3, "0"), (123456, 3, "123456")]
)
def test_a_number_has_its_digits_and_no_more(value: float, digits: int, expected: str) -> None:
    assert number(value, digits) == expected


@pytest.mark.parametrize("degree", [1, 3, 6])
def test_a_printed_equation_runs_where_the_curve_runs(degree: int) -> None:
    rng = np.random.default_rng(degree)
    x = np.linspace(1990, 2024, 35)
    y = 3 + 0.2 * (x - 2000) + 0.01 * (x - 2000) ** 2 + rng.normal(size=35)
    data = observations(x, y.round(3))
    found = fit(data, Spec(degree=degree))
    shown = [
        float(f"{value:.{digits - 1}e}")
        for value, digits in zip(
            found.coefficients,
            [
                digits_needed(value, 2024.0**power, found.residual_std)
                for value, power in zip(found.coefficients, range(degree + 1), strict=True)
            ],
            strict=True,
        )
    ]
    if degree < 6:  # fifteen digits are not enough for the sixth power of a year
        assert np.abs(np.polyval(shown[::-1], x) - found.predict(x).mean).max() < found.residual_std
    assert found.equation().startswith("y = ")


def test_the_equation_to_copy_fits_the_button() -> None:
    x = np.linspace(0, 1, 30)
    found = fit(observations(x, np.sin(9 * x)), Spec(degree=10))
    assert 200 < len(found.full_equation()) <= 256
    assert len(found.full_equation(80)) <= 80
