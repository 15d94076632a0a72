"""The points of a file of JSON lines: an object a row, a field for each column."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from handlers.errors import Refusal
from handlers.fit_options import Options
from handlers.number_cells import Commas
from handlers.point_columns import Chosen, check_width, choose_columns, no_number
from handlers.points import Points, points_of_numbers, points_of_rows
from handlers.texts import N_
from ml.tables import TableError, json_cell, json_records
from ml.text_files import TextFile

BEGINS = 4096  # characters in which a file of JSON lines shows that it is one
TOO_LONG = N_(
    "This file has {count} lines, and I read up to {limit} rows. Send fewer, for example every second."
)


def is_json(file: TextFile) -> bool:
    """Say whether a file begins with an object: no table of numbers does."""
    begin = file.head(BEGINS).lstrip()
    if not begin.startswith("{"):
        return False
    try:
        next(json_records([begin.split("\n", 1)[0]]), None)
    except TableError:
        return len(begin.split("\n", 1)) == 1 and len(begin) > BEGINS // 2  # a line that goes on
    return True


def read_json_points(file: TextFile, options: Options, commas: Commas | None, most: int) -> Points:
    """Read the points of a file; the fields are its columns, in the order in which they first occur.

    Args:
        file: Read once for the fields, and again for their values.
        options: Which fields are x, y and weights.
        commas: What a comma means in fields that hold text.
        most: How many rows there may be.

    Raises:
        Refusal: With the row, the field and what it held.
        TableError: `json`.
    """
    fields = _fields(file, most)
    check_width(len(fields))
    labels = [" ".join(field.split()) or f"#{place}" for place, field in enumerate(fields, 1)]
    chosen = choose_columns(labels, len(fields), options)
    read = _numbers(file, [fields[place] for place in chosen.used])
    if read is None:
        return _slowly(file, fields, labels, chosen, options, commas)
    columns, lines = read
    numbers = np.array(columns).T
    endless = np.argwhere(~np.isfinite(numbers))
    if len(endless):
        row, column = endless[0].tolist()
        raise no_number(str(numbers[row, column]), lines[row], labels[chosen.used[column]], endless=True)
    return points_of_numbers(numbers, chosen, np.array(lines))


def _fields(file: TextFile, most: int) -> list[str]:
    """Return the names of all fields."""
    names: dict[str, None] = {}
    rows = 0
    for rows, (_, record) in enumerate(json_records(file.lines()), 1):  # noqa: B007 - how many there are
        names |= dict.fromkeys(record)
        check_width(len(names))
    if rows > most:
        raise Refusal(TOO_LONG, count=f"{rows:,}", limit=f"{most:,}")
    if not names:
        raise Refusal(N_("This file is empty. Send a CSV with a row of names and rows of numbers."))
    return list(names)


def _numbers(file: TextFile, fields: Sequence[str]) -> tuple[list[array[float]], array[int]] | None:
    """Return the values of some fields and their lines, None where one is anything else than a number."""
    columns = [array("d") for _ in fields]
    lines = array("q")
    for line, record in json_records(file.lines()):
        for column, field in zip(columns, fields, strict=True):
            value = record.get(field)
            if isinstance(value, bool) or not isinstance(value, int | float):
                return None
            try:
                column.append(value)
            except OverflowError:  # a whole number beyond all floats
                return None
        lines.append(line)
    return columns, lines


def _slowly(
    file: TextFile,
    fields: Sequence[str],
    labels: list[str],
    chosen: Chosen,
    options: Options,
    commas: Commas | None,
) -> Points:
    """Read fields that hold text, or nothing, as the cells of a table are read."""
    used = set(chosen.used)
    rows = (
        (line, [json_cell(record.get(name)) if at in used else "" for at, name in enumerate(fields)])
        for line, record in json_records(file.lines())
    )
    return points_of_rows(rows, options, commas, labels)
