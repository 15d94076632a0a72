"""What number each cell of a column stands for: decimal commas, thousands, percent, units, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Literal

Commas = Literal["plain", "decimal", "thousands"]
Kind = Literal["number", "percent", "date", "time"]

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
ENDLESS = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
DECIMAL = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?(?:[eE][+-]?\d+)?")
GROUPED_BY_DOTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?")
SPACED = re.compile(r"([+-]?\d{1,3}(?:[ ']\d{3})+)((?:[.,]\d*)?)")
COMMA_THEN_DOT = re.compile(r"[+-]?\d[\d,]*,\d{3}\.\d*")
DOT_THEN_COMMA = re.compile(r"[+-]?\d[\d.]*\.\d{3},\d*")
DASH = re.compile(r"(?<![\w.])[\u2010-\u2015\u2212\ufe58\ufe63\uff0d](?=[\d.])")
BARE = re.compile(r"[\d.,+\-eE]*")  # no unit, no blank
UNIT = re.compile(
    r"(?P<front>[$€£¥₩₹]?)\s*(?P<number>[+-]?[\d.,]+(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,;|]*)"
)
DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)?")
TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")
WRITTEN = (NUMBER, DECIMAL, GROUPED, GROUPED_BY_DOTS, SPACED, DATE, TIME, ENDLESS)
DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of cells as numbers, and how it was read.

    Args:
        values: None where the cell is empty.
        wrong: The first cell that is no number, if there is one; `values` is then of no use.
        endless: Whether that cell is NaN or infinity.
        commas: What a comma means in this column.
        other: The other meaning that its commas could have.
        unit: What stood before or behind every number.
        origin: For dates: the one that is day 0, as it was written.
    """

    values: list[float | None]
    kind: Kind = "number"
    wrong: int | None = None
    endless: bool = False
    commas: Commas = "plain"
    other: Commas | None = None
    unit: str = ""
    origin: str = ""


def read_column(cells: Sequence[str], commas: Commas | None = None, *, dates: bool = True) -> NumberColumn:
    """Read the cells of a column, which decides as a whole what its commas mean.

    Args:
        commas: What a comma means, where somebody said so or another column settled it.
        dates: Whether dates and times are numbers here.

    >>> read_column(["1,234", "5,678"]).values, read_column(["1,23", "5,6"]).values
    ([1234.0, 5678.0], [1.23, 5.6])
    """
    stripped = [cell.strip() for cell in cells]
    plain = _plain(stripped)
    if plain is not None:
        return plain
    if dates:
        moments = _dates(stripped) or _times(stripped)
        if moments is not None:
            return moments
    kind: Kind = "number"
    unit = ""
    if not BARE.fullmatch("".join(stripped)):
        stripped, kind, unit = _bare(stripped)
        stripped = [_joined(cell) for cell in stripped]
    decided, other = (commas, None) if commas else decide_commas(stripped)
    column = _numbers(stripped, decided, other)
    values = [value and value / 100 for value in column.values] if kind == "percent" else column.values
    return NumberColumn(values, kind, column.wrong, column.endless, column.commas, other, unit)


def with_minus(text: str) -> str:
    """Turn the dashes that phones and word processors put before a number into minus signs.

    >>> with_minus("–5, —.5, 2—3")
    '-5, -.5, 2—3'
    """
    return DASH.sub("-", text)


def decide_commas(cells: Iterable[str]) -> tuple[Commas, Commas | None]:
    """Say what a comma means in a column, and what else it could mean.

    Three digits behind every comma are thousands, anything else is a decimal comma.

    >>> decide_commas(["1,234", "12"]), decide_commas(["1,234", "1,5"]), decide_commas(["1.5"])
    (('thousands', 'decimal'), ('decimal', None), ('plain', None))
    """
    with_comma = [cell for cell in cells if "," in cell]
    if not with_comma:
        dots = [cell for cell in cells if cell.count(".") > 1]
        return ("decimal", None) if dots and all(map(GROUPED_BY_DOTS.fullmatch, dots)) else ("plain", None)
    settled = settled_commas(with_comma)
    if settled is not None:
        return settled, None
    if all(map(GROUPED.fullmatch, with_comma)):
        return "thousands", "decimal" if all(cell.count(",") == 1 for cell in with_comma) else None
    return "decimal", None


def settled_commas(cells: Iterable[str]) -> Commas | None:
    """Return what a cell with both signs says of commas: `1,234.5` or `1.234,5`."""
    for cell in cells:
        if "," in cell and "." in cell:
            if COMMA_THEN_DOT.fullmatch(cell):
                return "thousands"
            if DOT_THEN_COMMA.fullmatch(cell):
                return "decimal"
    return None


def is_number(cell: str) -> bool:
    """Say whether a cell holds a number, a date or a time and nothing else.

    >>> [is_number(cell) for cell in ("1,5", "12 %", "2024-01-31", "12.05.2024", "5 kg", "nan")]
    [True, True, True, False, False, True]
    """
    stripped = cell.strip().removesuffix("%").rstrip()
    return any(pattern.fullmatch(stripped) for pattern in WRITTEN)


def looks_numeric(cell: str) -> bool:
    """Say whether a cell holds what is read as a number, with a unit perhaps.

    >>> [looks_numeric(cell) for cell in ("1,5", "5 kg", "height", "x1")]
    [True, True, False, False]
    """
    found = UNIT.fullmatch(cell.strip())
    return is_number(cell) or bool(found and len(found["unit"]) < 8 and is_number(found["number"]))


def _plain(cells: list[str]) -> NumberColumn | None:
    """Read a column of plain numbers, which is nearly every column, without a pattern for each cell.

    None where the first cell that is no plain number may be one in another way.
    """
    values: list[float | None] = []
    try:
        for cell in cells:
            values.append(float(cell) if cell else None)  # noqa: PERF401 - its length says what failed
    except ValueError:
        return None if looks_numeric(cells[len(values)]) else NumberColumn(values, wrong=len(values))
    joined = "".join(cells).lower()
    if "_" in joined or "n" in joined or inf in values or -inf in values:  # what Python alone calls numbers
        return _numbers(cells, "plain", None)
    return NumberColumn(values)


def _numbers(cells: list[str], commas: Commas, other: Commas | None) -> NumberColumn:
    if commas == "decimal" and BARE.fullmatch("".join(cells)) and not any("." in cell for cell in cells):
        quick = _plain([cell.replace(",", ".") for cell in cells])
        if quick is not None and quick.wrong is None:
            return NumberColumn(quick.values, commas=commas, other=other)
    values: list[float | None] = []
    for index, cell in enumerate(cells):
        if not cell:
            values.append(None)
            continue
        written = _written(cell, commas)
        if not NUMBER.fullmatch(written):
            endless = bool(ENDLESS.fullmatch(cell))
            return NumberColumn(values, wrong=index, endless=endless, commas=commas, other=other)
        value = float(written)
        if value in {inf, -inf}:
            return NumberColumn(values, wrong=index, endless=True, commas=commas, other=other)
        values.append(value)
    return NumberColumn(values, commas=commas, other=other)


def _written(cell: str, commas: Commas) -> str:
    """Return a cell as Python writes numbers; one that does not fit the column's way stays as it is."""
    if commas == "thousands":
        return cell.replace(",", "") if GROUPED.fullmatch(cell) else cell
    if commas == "decimal" and ("," in cell or cell.count(".") > 1):
        if "." in cell:
            return cell.replace(".", "").replace(",", ".") if GROUPED_BY_DOTS.fullmatch(cell) else cell
        return cell.replace(",", ".", 1)
    return cell


def _joined(cell: str) -> str:
    """Take out blanks and apostrophes between groups of three digits."""
    found = SPACED.fullmatch(cell)
    return re.sub(r"[ ']", "", found[1]) + found[2] if found else cell


def _bare(cells: list[str]) -> tuple[list[str], Kind, str]:
    """Take a unit off where all cells that have one have the same."""
    found = [UNIT.fullmatch(cell) for cell in cells]
    units = {(match["front"], match["unit"]) for match in found if match} - {("", "")}
    if len(units) != 1:
        return cells, "number", ""
    front, unit = units.pop()
    bare = [match["number"] if match else cell for match, cell in zip(found, cells, strict=True)]
    if unit == "%":
        return bare, "percent", ""
    return bare, "number", front or unit


def _dates(cells: list[str]) -> NumberColumn | None:
    """Read ISO dates as days since the first one; None where the first cell is none, as a bare number is."""
    moments: list[datetime | None] = []
    for index, cell in enumerate(cells):
        moment = _moment(cell) if cell else None
        if cell and moment is None:
            return NumberColumn([], "date", wrong=index) if any(moments) else None
        moments.append(moment)
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    first = min(known)
    days = [None if moment is None else (moment - first).total_seconds() / DAY for moment in moments]
    return NumberColumn(days, "date", origin=cells[moments.index(first)])


def _moment(cell: str) -> datetime | None:
    if not DATE.fullmatch(cell):
        return None
    try:
        moment = datetime.fromisoformat(cell if len(cell) > 7 else f"{cell}-01")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _times(cells: list[str]) -> NumberColumn | None:
    """Read times of the day as hours."""
    hours: list[float | None] = []
    for cell in cells:
        found = TIME.fullmatch(cell)
        if cell and not found:
            return None
        hours.append(
            int(found[1]) + int(found[2]) / 60 + float(found[3] or 0) / 3600 if found is not None else None
        )
    return NumberColumn(hours, "time") if any(value is not None for value in hours) else None


def write_moment(days: float, origin: str) -> str:
    """Return days since the date that was day 0 as a date, with the time where it has one.

    >>> write_moment(30.0, "2024-01-01"), write_moment(0.5, "2024-01-01")
    ('2024-01-31', '2024-01-01 12:00')
    """
    first = _moment(origin.strip())
    assert first is not None  # it was read as a date
    moment = first + timedelta(days=days)
    return f"{moment:%Y-%m-%d %H:%M}".removesuffix(" 00:00")


def read_moment(cell: str, origin: str) -> float | None:
    """Return a date as days since the one that was day 0, or None where it is no date.

    >>> read_moment("2024-01-31", "2024-01-01")
    30.0
    """
    moment, first = _moment(cell.strip()), _moment(origin.strip())
    return None if moment is None or first is None else (moment - first).total_seconds() / DAY
