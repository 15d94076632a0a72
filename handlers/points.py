"""The points of a `/fit`: which rows and columns a text or a file holds, and which of them are x and y."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np

from handlers.errors import Refusal
from handlers.fit_options import Options, read_options
from handlers.grammar import normalise
from handlers.number_cells import Commas, NumberColumn, is_number, read_column, settled_commas, with_minus
from handlers.point_columns import (
    LOOKED_AT,
    Chosen,
    check_width,
    choose_columns,
    header_of,
    no_number,
    width_of,
)
from handlers.point_rows import Rows, split_rows, table_of_lists
from handlers.table_words import refuse_table
from handlers.texts import N_
from ml.regression.spec import Floats, Observations
from ml.tables import Row, TableError, clipped

MOST_TYPED = 2_000  # rows
LONGEST_TYPED = 200_000  # characters
NOTHING_TYPED = N_("There are no points behind the options.")
NUMBERS_ONLY = re.compile(r"[\s\d.,;|+\-−‐-―eE%()\[\]{}（）【】「」《》〈〉，；、。－＋０-９]+")
Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence on how the points were read, and what stands in its `{braces}`."""

    sentence: str
    values: Values


@dataclass(frozen=True, slots=True)
class Points:
    """What was read.

    Args:
        left_out: Rows with an empty cell.
        notes: How the points were read, where that is not obvious.
        other: The other meaning that the commas may have.
        origins: For columns of dates: the day 0, by name of the column.
    """

    data: Observations
    left_out: int = 0
    notes: tuple[Note, ...] = ()
    other: Commas | None = None
    origins: tuple[tuple[str, str], ...] = ()


def parse_fit(text: str, commas: Commas | None = None) -> tuple[Options, Points | None]:
    """Read everything that follows `/fit`; no points where there is no table.

    Args:
        commas: What a comma means, where a person said so.

    Raises:
        Refusal: With the row, the column and what it held.
    """
    if len(text) > LONGEST_TYPED:
        raise too_many_typed()
    lists = table_of_lists(normalise(text))
    options, table = (Options(), lists) if lists else read_options(text)
    if table.strip() and not any(map(str.isdigit, table)):
        raise Refusal(
            N_("There is no number in “{held}”. Send points, for example:\n/fit 1,2 2,4.1 3,5.9"),
            held=clipped(" ".join(table.split())),
        )
    return options, read_points(table, options, commas) if table.strip() else None


def looks_like_points(text: str) -> bool:
    """Say whether plain words are pairs of numbers and nothing else, two at least.

    >>> looks_like_points("1,2 2,4 3,6"), looks_like_points("call 110"), looks_like_points("030 123 456 78")
    (True, False, False)
    """
    if len(text) > LONGEST_TYPED or not NUMBERS_ONLY.fullmatch(text):
        return False
    rows = split_rows(with_minus(normalise(text)).strip()).cells
    return len(rows) >= 2 and all(len(row) >= 2 and all(map(is_number, filter(None, row))) for row in rows)


def read_points(table: str, options: Options, commas: Commas | None = None) -> Points:
    """Read a typed table that was folded by `normalise`."""
    try:
        rows = split_rows(with_minus(table).strip("\n"), decimal_commas=commas == "decimal")
    except TableError as error:
        raise refuse_table(error) from error
    rows, turned = _turned(rows)
    if len(rows.cells) - (header_of(rows.cells) is not None) > MOST_TYPED:
        raise too_many_typed()
    numbered = zip(rows.lines, rows.cells, strict=True)
    points = points_of_rows(numbered, options, commas if rows.decimal else None)
    notes = list(points.notes)
    if turned:
        notes.insert(0, Note(N_("read as {n} values of y against 1, 2, 3, …"), {"n": points.data.n}))
    other = points.other
    if rows.pairs and points.data.k == 1 and not turned:
        shown = " ".join(f"({x:g}, {y:g})" for x, y in zip(points.data.x[:3, 0], points.data.y, strict=False))
        more = " …" if points.data.n > 3 else ""
        notes.insert(
            0, Note(N_("read as {n} points: {points}"), {"n": points.data.n, "points": shown + more})
        )
        other = "decimal"
    return Points(points.data, points.left_out, tuple(notes), other, points.origins)


def points_of_rows(
    rows: Iterable[Row], options: Options, commas: Commas | None = None, names: list[str] | None = None
) -> Points:
    """Turn rows of cells into observations.

    Args:
        rows: Where each stands and its cells; the names of the columns among them or not. Of a long file
            only the cells that matter are kept, as many as there are.
        options: Which columns are x, y and weights.
        commas: What a comma means, where a person said so.
        names: Those of the columns, where they stand in no row.

    Raises:
        Refusal: With the row, the column and what it held.
    """
    ahead = iter(rows)
    first = list(islice(ahead, LOOKED_AT + 1))
    headed = None if names else header_of([cells for _, cells in first])
    names = names or headed
    body = first[1:] if headed else first
    if not body:
        raise Refusal(N_("There is no row of numbers below the names of the columns."))
    usual = width_of([cells for _, cells in body])
    width = len(names) if names else usual
    if headed and width == 1 < usual:
        raise no_number(first[0][1][0].strip(), first[0][0], 1)  # a word before the points is no row of names
    check_width(width)
    chosen = choose_columns(names, width, options)
    lines, cells, evidence = _kept(chain(body, ahead), chosen.used, width)
    columns = []
    for place in chosen.used:
        label, date = chosen.labels[place], place in chosen.x
        columns.append(_column(cells.pop(0), lines, label, commas or evidence, date=date))
    return _points(columns, lines, chosen)


def _kept(
    rows: Iterable[Row], used: Sequence[int], width: int
) -> tuple[array[int], list[list[str]], Commas | None]:
    """Return the lines of all rows, the cells of the columns that matter, and what a cell says of commas."""
    lines = array("q")
    kept: list[list[str]] = [[] for _ in used]
    evidence: Commas | None = None
    for line, row in rows:
        _check_row(row, line, width)
        lines.append(line)
        for column, place in zip(kept, used, strict=True):
            column.append(row[place].strip())
        if evidence is None and any("," in cell and "." in cell for cell in row):
            evidence = settled_commas(cell.strip() for cell in row)
    return lines, kept, evidence


def points_of_numbers(numbers: Floats, chosen: Chosen, rows: np.ndarray) -> Points:
    """Turn plain numbers into observations.

    Args:
        numbers: Shape (n, used), in the order of `chosen.used`.
        chosen: Which column is what.
        rows: Shape (n,), where each row stands.
    """
    k, n = len(chosen.x), len(numbers)
    x = np.ascontiguousarray(numbers[:, :k]) if k else np.arange(1.0, n + 1).reshape(-1, 1)
    x_names = tuple(chosen.labels[place] for place in chosen.x) or ("x",)
    weights = None if chosen.weights is None else np.ascontiguousarray(numbers[:, k + 1])
    y, y_name = np.ascontiguousarray(numbers[:, k]), chosen.labels[chosen.y]
    data = Observations(x, y, weights, x_names, y_name, rows)
    notes = (Note(N_("{y} from {x}"), {"y": y_name, "x": clipped(", ".join(x_names))}),) if k > 1 else ()
    return Points(data, notes=notes)


def too_many_typed() -> Refusal:
    """Return the sentence for a table that is too long to be typed."""
    return Refusal(
        N_("I read up to {limit} typed rows. Send the table as a CSV file."), limit=f"{MOST_TYPED:,}"
    )


def _turned(rows: Rows) -> tuple[Rows, bool]:
    """Turn a single row of three numbers or more into a column."""
    if len(rows.cells) == 1 and len(rows.cells[0]) >= 3:
        cells = [[cell] for cell in rows.cells[0]]
        return Rows(cells, list(range(1, len(cells) + 1)), decimal=rows.decimal), True
    return rows, False


def _check_row(row: Sequence[str], line: int, width: int) -> None:
    """Refuse a row with another number of cells than the others; empty ones behind the last do no harm."""
    if len(row) != width and (len(row) < width or any(cell.strip() for cell in row[width:])):
        raise Refusal(
            N_(
                "Row {row} has another number of cells than the others ({found}, not {width}). "
                "It holds: {held}. Correct the row or leave it out."
            ),
            row=line,
            found=len(row),
            width=width,
            held=clipped(" ".join(row)),
        )


def _column(
    cells: Sequence[str], lines: Sequence[int], label: str, commas: Commas | None, *, date: bool
) -> tuple[NumberColumn, Floats]:
    """Return how a column was read, and its numbers, shape (n,), NaN where a cell is empty."""
    column = read_column(cells, commas, dates=date)
    if column.wrong is not None:
        held, line = cells[column.wrong], lines[column.wrong]
        raise no_number(held, line, label, endless=column.endless, date=column.kind == "date")
    return replace(column, values=[]), np.array(column.values, dtype=np.float64)


def _points(read: list[tuple[NumberColumn, Floats]], lines: Sequence[int], chosen: Chosen) -> Points:
    """Put the columns together, without the rows that have an empty cell."""
    columns, table = [column for column, _ in read], np.array([numbers for _, numbers in read])
    full = ~np.isnan(table).any(axis=0)
    rows = np.array(lines, dtype=np.int64)[full]
    table = table[:, full]
    k = len(chosen.x)
    n = table.shape[1]
    x = table[:k].T if k else np.arange(1.0, n + 1).reshape(-1, 1)
    labels = chosen.labels
    x_names = tuple(labels[place] for place in chosen.x) or ("x",)
    weights = table[k + 1] if chosen.weights is not None else None
    data = Observations(x, table[k], weights, x_names, labels[chosen.y], rows)
    notes = [
        note
        for place, column in zip(chosen.used, columns, strict=True)
        for note in _notes(column, labels[place])
    ]
    if k > 1:
        notes.insert(0, Note(N_("{y} from {x}"), {"y": labels[chosen.y], "x": clipped(", ".join(x_names))}))
    other = next((column.other for column in columns if column.other), None)
    origins = tuple(
        (labels[place], column.origin)
        for place, column in zip(chosen.used, columns, strict=True)
        if column.origin
    )
    return Points(data, int((~full).sum()), tuple(notes), other, origins)


def _notes(column: NumberColumn, label: str) -> list[Note]:
    """Say how a column was read, where that is not obvious."""
    notes = []
    if column.commas == "thousands" and column.other:
        notes.append(Note(N_("{column}: commas read as thousands"), {"column": label}))
    elif column.commas == "decimal":
        notes.append(Note(N_("{column}: commas read as decimal signs"), {"column": label}))
    if column.kind == "date":
        notes.append(Note(N_("{column}: days since {origin}"), {"column": label, "origin": column.origin}))
    elif column.kind == "time":
        notes.append(Note(N_("{column}: time of day in hours"), {"column": label}))
    elif column.kind == "percent":
        notes.append(Note(N_("{column}: percentages read as fractions, 50 % is 0.5"), {"column": label}))
    elif column.unit:
        notes.append(Note(N_("{column}: in {unit}"), {"column": label, "unit": column.unit[:12]}))
    return notes
