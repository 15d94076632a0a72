"""The points of a file: CSV or TSV with a header, up to a million rows."""

from __future__ import annotations

from io import StringIO
from itertools import islice

import numpy as np

from handlers.errors import Refusal
from handlers.fit_options import Options
from handlers.number_cells import Commas
from handlers.point_columns import choose_columns, header_of
from handlers.points import Note, Points, points_of_rows
from handlers.table_words import refuse_table
from handlers.texts import N_
from ml.regression.spec import Floats, Observations
from ml.tables import Table, TableError, clipped, decode, read_rows, sniff_delimiter

MOST_BYTES = 20_000_000
MOST_ROWS = 1_000_000
HEAD = 65_536  # characters that are read first, so that no garbage is read to its end
FEW = 2_000  # rows for which the quick way saves nothing


def read_file(content: bytes, options: Options, commas: Commas | None = None) -> Points:
    """Read the points of a file.

    Raises:
        Refusal: With the row, the column and what it held.
    """
    if len(content) > MOST_BYTES:
        raise too_large()
    try:
        return read_table(decode(content), options, commas)
    except TableError as error:
        raise refuse_table(error) from error


def read_table(text: str, options: Options, commas: Commas | None = None) -> Points:
    """Read the points of the text of a file.

    Raises:
        Refusal: With the row, the column and what it held.
        TableError: A quote that is not closed.
    """
    if not text.strip():
        raise Refusal(N_("This file is empty. Send a CSV with a row of names and rows of numbers."))
    if text.count("\n") > MOST_ROWS + 1:
        raise Refusal(
            N_(
                "This file has {count} lines, and I read up to {limit} rows. "
                "Send fewer, for example every second."
            ),
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
    table = _read(text, delimiter)
    return points_of_rows(table.rows, table.line_numbers, options, commas)


def too_large() -> Refusal:
    """Return the sentence for a file that Telegram would not hand over."""
    return Refusal(N_("This file is too large. I read files of up to 20 MB."))


def _delimiter(text: str) -> str | None:
    """Return the sign between cells, None for blanks."""
    lines = [line for line in islice(StringIO(text[:HEAD], newline=None), 50) if line.strip()]
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


def _read(text: str, delimiter: str | None) -> Table:
    if delimiter is not None:
        return read_rows(text, delimiter)
    numbered = [(number, line.split()) for number, line in enumerate(text.split("\n"), start=1)]
    filled = [(number, cells) for number, cells in numbered if cells]
    return Table([cells for _, cells in filled], " ", [number for number, _ in filled])


def _try_head(head: str, delimiter: str | None, options: Options, commas: Commas | None) -> None:
    """Refuse what the first rows already show to be no table of numbers."""
    try:
        table = _read(head, delimiter)
    except TableError:  # a quoted cell that goes on
        return
    points = points_of_rows(table.rows, table.line_numbers, options, commas)
    if not points.data.n:
        raise Refusal(
            N_("Each of the first {n} rows has an empty cell. Choose full columns with x= and y=."),
            n=f"{points.left_out:,}",
        )


def _read_quickly(text: str, delimiter: str | None, options: Options) -> Points | None:
    """Read a long file of plain numbers by NumPy's own reader; None where it is anything else."""
    lines = list(islice(StringIO(text[:HEAD], newline=None), 2))
    if '"' in text or len(lines) < 2 or "\n\n" in text or "\r\n\r\n" in text:
        return None
    rows = [line.rstrip("\n").split(delimiter) for line in lines]
    names = header_of(rows)
    chosen = choose_columns(names, len(names or rows[0]), options)
    try:
        numbers: Floats = np.loadtxt(
            StringIO(text),
            delimiter=delimiter,
            comments=None,
            skiprows=1 if names else 0,
            usecols=chosen.used,
            ndmin=2,
        )
    except ValueError:  # an empty cell, a decimal comma, a word: the slow way says which and where
        return None
    if not np.isfinite(numbers).all():
        return None
    k, n = len(chosen.x), len(numbers)
    x = np.ascontiguousarray(numbers[:, :k]) if k else np.arange(1.0, n + 1).reshape(-1, 1)
    x_names = tuple(chosen.labels[place] for place in chosen.x) or ("x",)
    weights = None if chosen.weights is None else np.ascontiguousarray(numbers[:, k + 1])
    first = 2 if names else 1
    data = Observations(
        x,
        np.ascontiguousarray(numbers[:, k]),
        weights,
        x_names,
        chosen.labels[chosen.y],
        np.arange(first, first + n),
    )
    y_name = chosen.labels[chosen.y]
    notes = (Note(N_("{y} from {x}"), {"y": y_name, "x": clipped(", ".join(x_names))}),) if k > 1 else ()
    return Points(data, notes=notes)
