"""How an equation and its numbers are written for people."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite, log10

from ml.regression.spec import Model, Term

RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LONGEST_NAME = 24  # characters of a column's name in an equation
FEWEST, MOST = 3, 15  # significant digits
TOLERANCE = 0.1  # of the residual deviation: what rounding a coefficient may move the curve


def number(value: float, digits: int = 4) -> str:
    """Write a number with some significant digits, without trailing zeros.

    >>> [number(v) for v in (1.98004, 1234567.0, 0.00001234, 2.0, -0.0, 5.0e22)]
    ['1.98', '1234567', '1.234·10⁻⁵', '2', '0', '5·10²²']
    """
    if not isfinite(value) or value == 0:
        return "0" if value == 0 else str(value)
    written = f"{value:.{digits - 1}e}"
    mantissa, _, exponent = written.partition("e")
    power = int(exponent)
    if -5 < power < 9:
        plain = f"{float(written):.{max(digits - 1 - power, 0)}f}" if power < digits else f"{value:.0f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}·10{str(power).translate(RAISED)}"


def digits_needed(coefficient: float, reach: float, residual_std: float) -> int:
    """Return how many digits keep the curve in its place.

    Args:
        reach: The largest value of what the coefficient is multiplied with.
    """
    moved = abs(coefficient) * reach
    if moved == 0 or not isfinite(moved):
        return FEWEST
    if residual_std == 0 or moved / residual_std > 1e14:
        return MOST
    return min(max(ceil(log10(moved / (2 * TOLERANCE * residual_std))) + 1, FEWEST), MOST)


def equation(
    model: Model,
    terms: Sequence[Term],
    names: Sequence[str],
    y_name: str,
    coefficients: Sequence[float],
    digits: Sequence[int],
) -> str:
    """Write a fitted equation, highest power first, without "+ -3".

    >>> equation("linear", [(0, 0), (0, 1), (0, 2)], ["x"], "y", [-3.0, 0.5, 2.0], [3, 3, 3])
    'y = 2x² + 0.5x - 3'
    >>> equation("linear", [(0, 0), (0, 1), (1, 1)], ["area", "x2"], "price", [7.0, -0.5, 2.0], [3, 3, 3])
    'price = -0.5·area + 2x2 + 7'
    """
    left = shown_name(y_name)
    written = [number(value, count) for value, count in zip(coefficients, digits, strict=True)]
    x = shown_name(names[0])
    if model == "exp":
        inner = f"-{written[1][1:]}" if written[1].startswith("-") else written[1]
        return f"{left} = {_times(written[0], f'exp({_times(inner, x)})')}"
    if model == "power":
        raised = written[1].translate(RAISED) if written[1].lstrip("-").isdigit() else f"^{written[1]}"
        return f"{left} = {_times(written[0], x)}{raised}"
    parts = [
        (written[index], _factor(model, terms[index], names))
        for index in _order(terms)
        if coefficients[index] or len(terms) <= 2 or terms[index] == (0, 0)
    ]
    return f"{left} = {_joined(parts)}"


def shown_name(name: str) -> str:
    """Return a column's name, clipped and on one line."""
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _order(terms: Sequence[Term]) -> list[int]:
    """Columns as they come, within each the highest power first, the intercept last."""
    return sorted(
        range(len(terms)), key=lambda index: (not terms[index][1], terms[index][0], -terms[index][1])
    )


def _factor(model: Model, term: Term, names: Sequence[str]) -> str:
    column, power = term
    if not power:
        return ""
    name = shown_name(names[column])
    if model == "log":
        return f"ln({name})"
    simple = len(name) == 1 or (name[:1].isalpha() and name[1:].isdigit())
    raised = str(power).translate(RAISED) if power > 1 else ""
    return f"{name}{raised}" if simple or not raised else f"({name}){raised}"


def _times(coefficient: str, name: str) -> str:
    if not name:
        return coefficient
    if coefficient in {"1", "-1"}:  # nobody writes 1x
        return coefficient[:-1] + name
    bare = name.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")
    simple = bare.isascii() and (len(bare) == 1 or (bare[0] == "x" and bare[1:].isdigit()))
    return f"{coefficient}{name}" if simple and "·" not in coefficient else f"{coefficient}·{name}"


def _joined(parts: Sequence[tuple[str, str]]) -> str:
    text = ""
    for coefficient, name in parts:
        size = coefficient.removeprefix("-")
        sign = ("-" if coefficient.startswith("-") else "+") if text else ""
        joint = f" {sign} " if sign else ("-" if coefficient.startswith("-") else "")
        text += joint + _times(size, name)
    return text or "0"
