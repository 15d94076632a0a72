"""Which cells a table holds: lines of text become rows, one after the other."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice

HELD = 40  # characters of a cell that an error shows
SAMPLE = 32_768  # bytes or characters that decide on an encoding or a delimiter
MOST_BROKEN = 20  # rows that are stepped over
MOST_FIELDS = 200  # of JSON objects: a row has a cell for each
Row = tuple[int, list[str]]  # the line on which it begins, from 1, and its cells
DELIMITERS = "\t;|,"  # a comma last: in `1,5;2,7` it is the decimal sign
QUOTED = re.compile(r'"[^"]*"')


class TableError(ValueError):
    """A table that cannot be read, in fields from which words are built elsewhere.

    Args:
        kind: `binary` (no text), `json` (a line that holds no object), `fields` (objects with more than 200
            different fields), `encoding`, `quote` (opened and not closed, or text behind it), `long` (a cell
            of more than 131,072 characters), or a kind of the reader that raises it.
        row: Line of the file, from 1.
        column: Name of the column, or its number from 1.
        held: What stood there, clipped to 40 characters.
    """

    def __init__(
        self, kind: str, row: int | None = None, column: str | int | None = None, held: str = ""
    ) -> None:
        super().__init__(kind, row, column)
        self.kind = kind
        self.row = row
        self.column = column
        self.held = clipped(held)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table as they were written, without empty lines; `line_numbers` count from 1."""

    rows: list[list[str]]
    delimiter: str
    line_numbers: list[int]


def clipped(held: str) -> str:
    """Return a cell as an error may show it: one line, up to 40 characters.

    >>> clipped("twelve " * 10)
    'twelve twelve twelve twelve twelve twel…'
    """
    line = " ".join(held[: 4 * HELD].split())
    return line if len(line) <= HELD else line[: HELD - 1] + "…"


def sniff_delimiter(lines: Iterable[str]) -> str:
    """Return the sign that stands equally often in nearly every line; a comma where none does.

    >>> sniff_delimiter(["x;y", "1,5;2,7", "3;4,1"])
    ';'
    """
    bare = [QUOTED.sub("", line) for line in islice((line for line in lines if line.strip()), 50)]
    present = {}
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter) for line in bare]
        usual, times = (
            Counter(count for count in counts if count).most_common(1)[0] if any(counts) else (0, 0)
        )
        if usual and times >= 0.9 * len(bare):
            return delimiter
        present[delimiter] = sum(count > 0 for count in counts)
    return max(reversed(DELIMITERS), key=lambda delimiter: present[delimiter])


def read_rows(text: str, delimiter: str | None = None) -> Table:
    """Split a text into rows and cells by RFC 4180, with the delimiter that it seems to use.

    A row may have more or fewer cells than the others: what that means is for the caller to say.

    >>> read_rows('label,text\\n\\npositive,"good, very"').rows
    [['label', 'text'], ['positive', 'good, very']]

    Raises:
        TableError: `quote` or `long`, with the line where the row began.
    """
    if delimiter is None:
        delimiter = sniff_delimiter(text[:SAMPLE].split("\n"))
    numbered = list(csv_rows(lambda: text_lines(text, ""), delimiter))
    return Table([row for _, row in numbered], delimiter, [number for number, _ in numbered])


def text_lines(text: str, newline: str = "\n") -> TextIOWrapper:
    r"""Return the lines of a text, as a file: `StringIO` would take four bytes for every character of it.

    >>> list(text_lines("a\n\ud83d"))
    ['a\n', '\ud83d']
    """
    content = BytesIO(text.encode("utf-8", "surrogatepass"))
    return TextIOWrapper(content, "utf-8", "surrogatepass", newline=newline)


def csv_rows(
    lines: Callable[[], Iterable[str]], delimiter: str, broken: list[TableError] | None = None
) -> Iterator[Row]:
    """Yield the rows of a table by RFC 4180, without empty lines.

    Args:
        lines: Begins the file anew; a line ends where the csv module ends one.
        delimiter: The sign between cells.
        broken: Takes what is wrong with a row, which is stepped over then; up to 20 rows, each at the price
            of another way through the lines before it.

    Raises:
        TableError: `quote` or `long`, with the line where the row began.
    """
    skipped = 0
    while True:
        reader = csv.reader(islice(lines(), skipped, None), delimiter=delimiter, strict=True)
        start = skipped + 1
        try:
            for row in reader:
                if row and (len(row) > 1 or row[0].strip()):
                    yield start, row
                start = skipped + reader.line_num + 1
        except csv.Error as error:
            kind = "long" if "limit" in str(error) else "quote"
            _step_over(TableError(kind, start, held=next(islice(lines(), start - 1, None), "")), broken)
            skipped = start
        else:
            return


def json_rows(lines: Callable[[], Iterable[str]], broken: list[TableError] | None = None) -> Iterator[Row]:
    """Yield a JSON object a line as the rows of a table: the first row holds the names of all fields.

    Args:
        lines: Begins the file anew: once for the names, once for the rows.
        broken: As for `csv_rows`.

    Raises:
        TableError: `json`, with the line that holds no object, or `fields`.
    """
    names: dict[str, None] = {}
    for number, record in json_records(lines(), broken):
        names |= dict.fromkeys(record)
        if len(names) > MOST_FIELDS:
            raise TableError("fields", number)
    if names:
        yield 1, list(names)
    for number, record in json_records(lines(), None if broken is None else []):
        yield number, [json_cell(record.get(name)) for name in names]


def json_records(
    lines: Iterable[str], broken: list[TableError] | None = None
) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the objects of a file, one a line, with their lines.

    Raises:
        TableError: `json`, with the line that holds no object.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        record = _json(line)
        if record is None:
            _step_over(TableError("json", number, held=line), broken)
        else:
            yield number, {_whole(name): value for name, value in record.items()}


def _json(line: str) -> dict[str, object] | None:
    """Return the object that a line holds, None where it holds anything else."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _step_over(error: TableError, broken: list[TableError] | None) -> None:
    """Note what is wrong with a row.

    Raises:
        TableError: It was not to be noted, or more rows are broken than a slip explains.
    """
    if broken is None or len(broken) == MOST_BROKEN:
        raise error
    broken.append(error)


def json_cell(value: object) -> str:
    """Return a value of a JSON object as a cell."""
    if value is None:
        return ""
    return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _whole(text: str) -> str:
    """Return a text without halves of characters: JSON can spell an emoji that was cut, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
