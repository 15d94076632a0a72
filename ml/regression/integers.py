"""Numbers as integers times a unit: typed numbers are decimal, and as integers they keep every digit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import frexp

import numpy as np

from ml.regression.spec import Floats

SAFE = 2.0**52  # doubles below it hold every integer and the difference of two
MOST_PLACES = 15  # decimals; 10**15 is exact in a double
FEW = 20_000  # rows whose decimals are read one by one where the quick way fails
LONGEST = 192  # bits of a typed number as an integer; beyond, the float's own bits are taken
FINEST = 60  # bits kept below the largest number of a column that is not decimal


@dataclass(frozen=True)
class Column:
    """A column as integers: `value = (integers + centre) * unit`.

    Args:
        integers: Shape (n,): Python's own, or doubles that hold integers.
        centre: An integer near the mean, taken off so that the powers stay small.
        unit: What one stands for.
        reach: The largest absolute value of the integers.
    """

    integers: list[int] | Floats
    centre: int
    unit: Fraction
    reach: int


def small_column(values: Floats, centred: bool) -> Column:
    """Turn a short column into Python integers, exactly as its numbers are written in decimal."""
    found = decimal_integers(values)
    if found is not None:
        integers, places = [int(value) for value in found[0].tolist()], found[1]
        unit = Fraction(1, 10**places)
    else:
        integers, unit = _long_decimals(values)
    centre = _short(
        round(sum(integers) / len(integers)) if _fits(integers) else sum(integers) // len(integers)
    )
    centre = centre if centred else 0
    centred_integers = [value - centre for value in integers]
    return Column(centred_integers, centre, unit, max(map(abs, centred_integers), default=0))


def large_column(values: Floats, centred: bool) -> Column:
    """Turn a long column into doubles that hold integers, decimal ones where its numbers allow it."""
    found = decimal_integers(values)
    if found is None:
        exact = small_column(values, centred) if len(values) <= FEW else None
        if exact is not None and exact.reach < SAFE:
            return Column(np.array(exact.integers, dtype=np.float64), exact.centre, exact.unit, exact.reach)
        return _binary_column(values, centred)
    integers, places = found
    centre = _short(round(float(integers.mean()))) if centred else 0
    return _column(integers - float(centre), centre, Fraction(1, 10**places))


def decimal_integers(values: Floats) -> tuple[Floats, int] | None:
    """Return integers and the number of decimals that reproduce every double, or None.

    A quotient of two exact doubles is rounded as a decimal is read, so that equality proves
    that the double stands for this decimal.

    >>> decimal_integers(np.array([0.1, 2.25]))
    (array([ 10., 225.]), 2)
    """
    head = values[:64]
    for places in range(MOST_PLACES + 1):
        power = 10.0**places
        if not _reproduces(head, power):
            continue
        if _reproduces(values, power):
            return np.rint(values * power), places
    return None


def _reproduces(values: Floats, power: float) -> bool:
    integers = np.rint(values * power)
    return bool(np.abs(integers).max(initial=0.0) < SAFE and np.array_equal(integers / power, values))


def _long_decimals(values: Floats) -> tuple[list[int], Fraction]:
    """Read every double as the shortest decimal that names it, or as bits where those lie far apart."""
    decimals = [Decimal(repr(value)) for value in values.tolist()]
    exponents = [int(decimal.as_tuple().exponent) for decimal in decimals]
    lowest = min(exponents)
    highest = max(decimal.adjusted() for decimal in decimals)
    if (highest - lowest) * 3.33 > LONGEST:
        column = _binary_column(values, centred=False)
        return [int(value) for value in np.asarray(column.integers).tolist()], column.unit
    integers = [int(decimal.scaleb(-lowest)) for decimal in decimals]
    return integers, Fraction(10) ** lowest


def _binary_column(values: Floats, centred: bool) -> Column:
    """Scale by a power of two, which is exact; digits far below the largest number are given up."""
    largest = float(np.abs(values).max(initial=0.0))
    top = frexp(largest)[1]
    centre = 0.0
    if centred:
        grid = 2.0 ** (top - 20)  # so short that taking it off loses nothing that the column holds
        centre = float(np.rint(values.mean() / grid) * grid)
    shift = FINEST - top
    integers = np.rint(np.ldexp(values - centre, shift))
    return _column(integers, int(np.ldexp(centre, shift)), Fraction(2) ** -shift)


def _column(integers: Floats, centre: int, unit: Fraction) -> Column:
    return Column(integers, centre, unit, int(np.abs(integers).max(initial=0.0)))


def _fits(integers: list[int]) -> bool:
    return max(map(abs, integers)) < SAFE


def _short(centre: int) -> int:
    """Keep 15 digits, so that the centre is the same number when it is written as a double."""
    step: int = 10 ** max(len(str(abs(centre))) - 15, 0)
    return centre // step * step
