"""Which cells of a file hold texts: tables that people wrote by hand quote little and forget headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ml.samples import LABEL_HEADERS, TEXT_HEADERS, delimiter_of, rows_of
from ml.tables import Row, TableError, sniff_delimiter
from ml.text_files import TextFile

LOOKED_AT = 1000  # rows that decide which column is which
MOST, HALF = 0.8, 0.5  # of the rows
HEADERS = LABEL_HEADERS | TEXT_HEADERS


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that is read anew for each way through its rows.

    `first` are the rows below the header that decide what the columns hold. Every row has at most `width`
    cells: what a comma parted of the last cell is put together again.
    """

    header: tuple[str, ...] | None
    first: tuple[Row, ...]
    num_rows: int
    width: int
    widest: int  # the most cells that a row has, `width` at most
    delimiter: str
    read: Callable[[], Iterator[Row]]  # all rows as the file has them, with the header

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header, with their lines."""
        for number, row in islice(self.read(), 1 if self.header is not None else 0, None):
            yield number, _joined(row, self.width, self.delimiter)

    def named(self, names: Collection[str]) -> int | None:
        """Return the first column whose header is one of these names."""
        cells = map(_plain, self.header or ())
        return next((place for place, cell in enumerate(cells) if cell in names), None)

    def longest(self, leave_out: int | None = None) -> int:
        """Return the column with the longest cells, apart from one."""
        lengths: Counter[int] = Counter(dict.fromkeys(range(self.width), 0))
        for _, row in self.first:
            lengths.update({place: len(cell) for place, cell in enumerate(row)})
        others = [place for place in range(self.width) if place != leave_out]
        return min(others or [0], key=lambda place: (-lengths[place], place))


def grid(
    file: TextFile, name: str, known: Collection[str] = (), broken: list[TableError] | None = None
) -> Grid:
    """Look through a file of texts: a table, or a text a line.

    >>> file = TextFile(b"1,good, very\\n2,bad", "utf-8")
    >>> [row for _, row in grid(file, "a.csv").rows()]
    [['1', 'good, very'], ['2', 'bad']]

    Args:
        file: The file.
        name: Its name: in a `.txt` only tabs part cells, unless there is a header.
        known: Cells that are labels and so no texts, in lower case.
        broken: As for `csv_rows`.

    Raises:
        TableError: As `rows_of` raises it, or `nothing`.
    """
    plain = _is_plain(file, name)
    rows = _lines(file) if plain else rows_of(file, name, broken)
    top = next(rows, None)
    if top is None:
        raise TableError("nothing")
    headed = any(_plain(cell) in HEADERS for cell in top[1])
    widths: Counter[int] = Counter()
    first: list[Row] = []
    for number, row in rows if headed else chain([top], rows):
        widths[len(row)] += 1
        if len(first) < LOOKED_AT:
            first.append((number, row))
    width = len(top[1]) if headed else _width(widths, [row for _, row in first], known)
    delimiter = "," if plain else delimiter_of(file, name)
    return Grid(
        header=tuple(top[1]) if headed else None,
        first=tuple((number, _joined(row, width, delimiter)) for number, row in first),
        num_rows=widths.total(),
        width=width,
        widest=min(width, max(widths, default=width)),
        delimiter=delimiter,
        read=lambda: _lines(file) if plain else rows_of(file, name, None if broken is None else []),
    )


def _joined(row: list[str], width: int, delimiter: str) -> list[str]:
    return [*row[: width - 1], delimiter.join(row[width - 1 :])] if len(row) > width else row


def _is_plain(file: TextFile, name: str) -> bool:
    """Say whether a file holds a text a line and no cells."""
    if not name.lower().endswith(".txt"):
        return False
    delimiter = sniff_delimiter(file.lines())
    begin = next((line for line in file.lines() if line.strip()), "")
    first = [_plain(cell) for cell in begin.split(delimiter)]
    return delimiter != "\t" and not (len(first) > 1 and HEADERS.intersection(first))


def _lines(file: TextFile) -> Iterator[Row]:
    for number, line in enumerate(file.lines(), 1):
        if line.strip():
            yield number, [line.removesuffix("\n").strip("\r")]


def _width(widths: Counter[int], first: Sequence[Sequence[str]], known: Collection[str]) -> int:
    """Return how many columns rows without a header have, where some have more cells than others."""
    count = widths.total()
    usual, times = widths.most_common(1)[0] if widths else (1, 0)
    if times >= MOST * count:
        return usual  # the others are slips
    begins = [row[0].strip() for row in first]
    sentences = sum(" " in begin and begin.lower() not in known for begin in begins)
    parted = [width for width in widths if width > 1]
    return 1 if sentences > HALF * len(begins) or widths[1] > HALF * count else min(parted)


def _plain(cell: str) -> str:
    return cell.strip().lower()
