"""Which cells of a file hold texts: tables that people wrote by hand quote little and forget headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ml.samples import LABEL_HEADERS, TEXT_HEADERS, read_cells
from ml.tables import Table, TableError, sniff_delimiter

LOOKED_AT = 1000  # rows that decide which column is which
MOST, HALF = 0.8, 0.5  # of the rows
HEADERS = LABEL_HEADERS | TEXT_HEADERS


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of at most `width` cells: what a comma parted of the last cell is put together again."""

    header: tuple[str, ...] | None
    rows: list[list[str]]
    line_numbers: list[int]
    width: int

    def named(self, names: Collection[str]) -> int | None:
        """Return the first column whose header is one of these names."""
        cells = map(_plain, self.header or ())
        return next((place for place, cell in enumerate(cells) if cell in names), None)

    def longest(self, leave_out: int | None = None) -> int:
        """Return the column with the longest cells, apart from one."""
        lengths: Counter[int] = Counter(dict.fromkeys(range(self.width), 0))
        for row in self.rows[:LOOKED_AT]:
            lengths.update({place: len(cell) for place, cell in enumerate(row)})
        others = [place for place in range(self.width) if place != leave_out]
        return min(others or [0], key=lambda place: (-lengths[place], place))


def grid(
    text: str,
    name: str,
    known: Collection[str] = (),
    read: Callable[[str, str], Table] = read_cells,
) -> Grid:
    """Read a file of texts: a table, or a text a line.

    >>> grid("Well, well\\nNo", "a.txt").rows, grid("1,good, very\\n2,bad", "a.csv").rows
    ([['Well, well'], ['No']], [['1', 'good, very'], ['2', 'bad']])

    Args:
        text: The decoded file.
        name: Its name: in a `.txt` only tabs part cells, unless there is a header.
        known: Cells that are labels and so no texts, in lower case.
        read: What reads rows from the text by the file's name.

    Raises:
        TableError: As `ml.tables` raises it, or `nothing`.
    """
    table = _lines(text) if _is_plain(text, name) else read(text, name)
    if not table.rows:
        raise TableError("nothing")
    headed = any(_plain(cell) in HEADERS for cell in table.rows[0])
    body = table.rows[1:] if headed else table.rows
    width = len(table.rows[0]) if headed else _width(body, known)
    rows = [
        [*row[: width - 1], table.delimiter.join(row[width - 1 :])] if len(row) > width else row
        for row in body
    ]
    numbers = table.line_numbers[1:] if headed else table.line_numbers
    return Grid(tuple(table.rows[0]) if headed else None, rows, numbers, width)


def _is_plain(text: str, name: str) -> bool:
    """Say whether a file holds a text a line and no cells."""
    if not name.lower().endswith(".txt"):
        return False
    lines = text.split("\n")
    delimiter = sniff_delimiter(lines)
    first = [_plain(cell) for cell in next((line for line in lines if line.strip()), "").split(delimiter)]
    return delimiter != "\t" and not (len(first) > 1 and HEADERS.intersection(first))


def _lines(text: str) -> Table:
    held = [(line.strip("\r"), number) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return Table([[line] for line, _ in held], ",", [number for _, number in held])


def _width(rows: Sequence[Sequence[str]], known: Collection[str]) -> int:
    """Return how many columns rows without a header have, where some have more cells than others."""
    widths = Counter(map(len, rows))
    usual, times = widths.most_common(1)[0] if widths else (1, 0)
    if times >= MOST * len(rows):
        return usual  # the others are slips
    begins = [row[0].strip() for row in rows[:LOOKED_AT]]
    sentences = sum(" " in begin and begin.lower() not in known for begin in begins)
    parted = [width for width in widths if width > 1]
    return 1 if sentences > HALF * len(begins) or widths[1] > HALF * len(rows) else min(parted)


def _plain(cell: str) -> str:
    return cell.strip().lower()
