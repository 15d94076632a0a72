"""Which columns of a table are x, y and weights, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.errors import Refusal
from handlers.fit_options import Options
from handlers.number_cells import is_number, looks_numeric
from handlers.texts import N_
from ml.tables import clipped

MOST_COLUMNS = 200
LOOKED_AT = 100  # rows that say how wide a table is
DATELIKE = re.compile(r"\d{1,4}[./]\d{1,2}[./]\d{2,4}")  # which of day and month comes first, nobody can tell


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which columns are what, by their places from 0; without an x, y stands against 1..n."""

    x: tuple[int, ...]
    y: int
    weights: int | None
    labels: tuple[str, ...]
    named: bool

    @property
    def used(self) -> tuple[int, ...]:
        """The places of all columns that matter."""
        return (*self.x, self.y) if self.weights is None else (*self.x, self.y, self.weights)


def header_of(cells: Sequence[Sequence[str]]) -> list[str] | None:
    """Return the names of the columns where the first row holds words and the second does not."""
    first = [cell.strip() for cell in cells[0]] if cells else []
    if not any(first) or any(map(is_number, first)):
        return None
    second = [cell.strip() for cell in cells[1]] if len(cells) > 1 else []
    if any(map(looks_numeric, first)) and not any(map(is_number, second)):
        return None  # numbers with units in every row; "50m" above plain numbers is a name
    if not any(map(looks_numeric, second)):
        raise no_number(next(filter(None, first)), 1, 1)
    return [" ".join(name.split()) or f"#{place}" for place, name in enumerate(first, start=1)]


def width_of(body: Sequence[Sequence[str]]) -> int:
    """Return how many cells most rows have."""
    widths = [len(row) for row in body[:LOOKED_AT]]
    return max(set(widths), key=widths.count)


def check_width(width: int) -> None:
    """Refuse a table that is wider than anybody's."""
    if width > MOST_COLUMNS:
        raise Refusal(
            N_("This table has {width} columns; I read up to {limit}."), width=width, limit=MOST_COLUMNS
        )


def choose_columns(names: list[str] | None, width: int, options: Options) -> Chosen:
    """Say which columns are x, y and weights: by name, by number from 1, or by their order."""
    labels = tuple(names) if names else _default_labels(width)
    places = {name.casefold(): place for place, name in reversed(list(enumerate(labels)))}

    def find(name: str) -> int:
        place = places.get(name.casefold())
        if place is None and name.isdecimal() and 1 <= int(name) <= width:
            place = int(name) - 1
        if place is None:
            raise Refusal(
                N_("There is no column “{column}”. The columns are: {columns}"),
                column=clipped(name),
                columns=clipped(", ".join(labels)),
            )
        return place

    weights = find(options.weights) if options.weights else None
    x = [find(name) for name in options.x]
    y = find(options.y) if options.y else None
    free = [place for place in range(width) if place != weights and place not in x and place != y]
    if y is None:
        if not free:
            raise Refusal(N_("No column is left for y. Name it with y=."))
        y = free.pop()
    if not x:
        x = [place for place in free if place != y]
    for place in (*x, y):
        if (*x, y).count(place) > 1:
            raise Refusal(
                N_("Column “{column}” is named twice. Choose each column once."), column=labels[place]
            )
    return Chosen(tuple(x), y, weights, labels, names is not None)


def no_number(
    held: str, row: int, column: str | int, *, endless: bool = False, date: bool = False
) -> Refusal:
    """Return the sentence for a cell that is no number, or no date below dates."""
    if endless:
        sentence = N_(
            "Row {row}, column {column} holds “{held}”. A fit needs finite numbers. "
            "Correct or empty the cell."
        )
    elif date or DATELIKE.fullmatch(held.strip()):
        sentence = N_(
            "Row {row}, column {column} holds “{held}”, which is no date like 2024-01-31. "
            "Correct or empty the cell."
        )
    elif isinstance(column, int):  # Chinese counts a column in other words than it names one
        sentence = N_(
            "Row {row}, column {column}, holds “{held}”, which is no number. Correct or empty the cell."
        )
    else:
        sentence = N_(
            "Row {row}, column {column} holds “{held}”, which is no number. Correct or empty the cell."
        )
    return Refusal(sentence, row=row, column=column, held=clipped(held))


def _default_labels(width: int) -> tuple[str, ...]:
    if width == 1:
        return ("y",)
    return ("x", "y") if width == 2 else (*(f"x{place}" for place in range(1, width)), "y")
