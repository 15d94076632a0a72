"""The points of a file: CSV or TSV with a header, or JSON lines, up to a million rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice

import numpy as np

from handlers.errors import Refusal
from handlers.fit_options import Options
from handlers.number_cells import ENDLESS, Commas, looks_numeric, with_minus
from handlers.point_columns import Chosen, check_width, choose_columns, header_of, no_number
from handlers.point_json import TOO_LONG, is_json, read_json_points
from handlers.points import Points, points_of_numbers, points_of_rows
from handlers.table_words import refuse_table
from handlers.texts import N_
from ml.regression.spec import Floats
from ml.tables import Row, TableError, csv_rows, sniff_delimiter, text_lines
from ml.text_files import open_text

MOST_BYTES = 20_000_000
MOST_ROWS = 1_000_000
HEAD = 65_536  # characters that are read first, so that no garbage is read to its end
ODD = re.compile(r"[^\d\s.,;|+\-eE]")


def read_file(content: bytes, options: Options, commas: Commas | None = None) -> Points:
    """Read the points of a file.

    Raises:
        Refusal: With the row, the column and what it held.
    """
    if len(content) > MOST_BYTES:
        raise too_large()
    try:
        file = open_text(content)
        if is_json(file):
            return read_json_points(file, options, commas, MOST_ROWS)
        return read_table(file.text(), options, commas)
    except TableError as error:
        raise refuse_table(error) from error


def read_table(text: str, options: Options, commas: Commas | None = None) -> Points:
    """Read the points of the text of a file.

    Raises:
        Refusal: With the row, the column and what it held.
        TableError: A quote that is not closed.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = with_minus(text)
    if not text.strip():
        raise Refusal(N_("This file is empty. Send a CSV with a row of names and rows of numbers."))
    if text.count("\n") > MOST_ROWS + 1:
        raise Refusal(
            TOO_LONG,
            count=f"{text.count(chr(10)) + (not text.endswith(chr(10))):,}",
            limit=f"{MOST_ROWS:,}",
        )
    delimiter = _delimiter(text)
    head = _head(text)
    quick = _read_quickly(text, delimiter, options) if commas is None and len(text) > len(head) else None
    if quick is not None:
        return quick
    if len(text) > len(head):
        _try_head(head, delimiter, options, commas)
    return points_of_rows(_rows(text, delimiter), options, commas)


def too_large() -> Refusal:
    """Return the sentence for a file that Telegram would not hand over."""
    return Refusal(N_("This file is too large. I read files of up to 20 MB."))


def _delimiter(text: str) -> str | None:
    """Return the sign between cells, None for blanks."""
    lines = [line for line in islice(StringIO(text[:HEAD]), 50) if line.strip()]
    delimiter = sniff_delimiter(lines)
    if any(delimiter in line for line in lines):
        return delimiter
    return None if any(len(line.split()) > 1 for line in lines) else ","


def _head(text: str) -> str:
    """Return the first lines of a text, whole ones."""
    if len(text) <= HEAD:
        return text
    end = text.rfind("\n", 0, HEAD)
    return text[: end + 1] if end > 0 else text[:HEAD]


def _rows(text: str, delimiter: str | None) -> Iterator[Row]:
    if delimiter is not None:
        yield from csv_rows(lambda: text_lines(text, ""), delimiter)
        return
    for number, line in enumerate(text_lines(text), 1):
        if cells := line.split():
            yield number, cells


def _try_head(head: str, delimiter: str | None, options: Options, commas: Commas | None) -> None:
    """Refuse what the first rows already show to be no table of numbers."""
    try:
        rows = list(_rows(head, delimiter))
    except TableError:  # a quoted cell that goes on
        return
    points = points_of_rows(rows, options, commas)
    if not points.data.n:
        raise Refusal(
            N_("Each of the first {n} rows has an empty cell. Choose full columns with x= and y=."),
            n=f"{points.left_out:,}",
        )


def _read_quickly(text: str, delimiter: str | None, options: Options) -> Points | None:
    """Read a long file of plain numbers by NumPy's own reader; None where it is anything else.

    Raises:
        Refusal: A word deep in the file, which nobody shall have to wait for.
    """
    lines = list(islice(StringIO(text[:HEAD]), 2))
    if '"' in text or len(lines) < 2:
        return None
    rows = [line.rstrip("\n").split(delimiter) for line in lines]
    names = header_of(rows)
    width = len(names or rows[0])
    check_width(width)
    chosen = choose_columns(names, width, options)
    _refuse_word(text, delimiter, len(lines[0]) if names else 0, chosen)
    if "\n\n" in text or (width > len(chosen.used) and not _even(text, delimiter, width)):
        return None
    numbers = _numbers(text, delimiter, chosen)
    if numbers is None:
        return None
    endless = np.argwhere(~np.isfinite(numbers))
    if len(endless):
        row, column = endless[0].tolist()
        place, row = chosen.used[column], row + (2 if names else 1)
        raise no_number(_line(text, row).split(delimiter)[place], row, chosen.labels[place], endless=True)
    first = 2 if chosen.named else 1
    return points_of_numbers(numbers, chosen, np.arange(first, first + len(numbers)))


def _refuse_word(text: str, delimiter: str | None, start: int, chosen: Chosen) -> None:
    """Refuse the first cell with a letter in it, unless it may be a number, a date or a unit."""
    odd = ODD.search(text, start)
    if odd is None:
        return
    first = text.rfind("\n", 0, odd.start()) + 1
    row = text.count("\n", 0, first) + 1
    place = len(text[first : odd.start() + 1].split(delimiter)) - 1
    held = _line(text, row).split(delimiter)[place].strip()
    endless = ENDLESS.fullmatch(held) is not None
    if place in chosen.used and (endless or not looks_numeric(held)):
        raise no_number(held, row, chosen.labels[place], endless=endless)


def _line(text: str, number: int) -> str:
    return next(islice(text_lines(text), number - 1, None))


def _even(text: str, delimiter: str | None, width: int) -> bool:
    """Say whether every row has as many cells as the others, as far as a count can tell."""
    rows = text.count("\n") + (not text.endswith("\n"))
    return delimiter is not None and text.count(delimiter) == rows * (width - 1)


def _numbers(text: str, delimiter: str | None, chosen: Chosen) -> Floats | None:
    """Return the columns that matter as numbers, shape (n, used)."""
    every = len(chosen.used) == len(chosen.labels)  # then NumPy itself refuses a row that is too long
    try:
        numbers: Floats = np.loadtxt(
            text_lines(text),
            delimiter=delimiter,
            comments=None,
            skiprows=1 if chosen.named else 0,
            usecols=None if every else chosen.used,
            ndmin=2,
        )
    except ValueError:  # an empty cell, a decimal comma, a unit: the slow way says which and where
        return None
    return numbers[:, chosen.used] if every else numbers
