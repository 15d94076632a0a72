"""Which cells a table holds: bytes become text, and text becomes rows."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from charset_normalizer import from_bytes

HELD = 40  # characters of a cell that an error shows
SAMPLE = 32_768  # bytes or characters that decide on an encoding or a delimiter
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# What a spreadsheet saves where it does not save Unicode: Chinese Windows, Western Windows.
LEGACY = ["gb18030", "cp1252"]
DELIMITERS = "\t;|,"  # a comma last: in `1,5;2,7` it is the decimal sign
STRAY = 0.002  # share of control characters that text may hold: a chat has some, a picture many
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
MOST_CELLS = 10_000_000  # of JSON lines, where each row gets a cell for every field of all
QUOTED = re.compile(r'"[^"]*"')


class TableError(ValueError):
    """A table that cannot be read, in fields from which words are built elsewhere.

    Args:
        kind: `binary` (no text), `json` (a line that holds no object), `fields` (too many of them),
            `encoding`, `quote` (opened and not closed, or text behind it), `long` (a cell of more than
            131,072 characters), or a kind of the reader that raises it.
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


def decode(content: bytes) -> str:
    """Return the text of a file, whatever its encoding: UTF-8, UTF-16, UTF-32, GB18030, Windows-1252.

    Raises:
        TableError: `binary` or `encoding`.
    """
    for bom, encoding in BOMS:
        if content.startswith(bom):
            return _decoded(content, encoding).removeprefix("\ufeff")
    if b"\0" in content[:SAMPLE]:
        return _without_bom(content)
    if len(CONTROLS.findall(content, 0, SAMPLE)) > STRAY * min(len(content), SAMPLE):
        raise TableError("binary")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decoded(content, _legacy_encoding(content, error.start))


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        raise TableError("encoding", row) from error


def _without_bom(content: bytes) -> str:
    """Decode UTF-16 by the zero bytes of its digits and commas, which are all high bytes or all low ones."""
    sample = content[:SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(content) % 2 or (even and odd):
        raise TableError("binary")
    text = content.decode("utf-16-be" if even else "utf-16-le", "replace")
    if "\ufffd" in text or CONTROLS.search(text[:SAMPLE].encode("utf-8", "replace")):
        raise TableError("binary")
    return text


def _legacy_encoding(content: bytes, start: int) -> str:
    """Guess the encoding from whole lines about the first byte that is not UTF-8."""
    first = content.rfind(b"\n", 0, start) + 1
    sample = content[first : first + SAMPLE]
    last = sample.rfind(b"\n")
    if len(sample) == SAMPLE and last > 0:
        sample = sample[:last]
    guess = from_bytes(sample, cp_isolation=LEGACY).best()
    if guess is None:
        raise TableError("encoding", content.count(b"\n", 0, start) + 1)
    return guess.encoding


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
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    line_numbers: list[int] = []
    start = 1
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                line_numbers.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        kind = "long" if "limit" in str(error) else "quote"
        raise TableError(kind, start, held=_line(text, start)) from error
    return Table(rows, delimiter, line_numbers)


def read_json_lines(text: str) -> Table:
    """Read a JSON object a line as a table: the first row holds the names of all fields.

    >>> read_json_lines('{"label": "a", "text": "one"}\\n{"text": "two", "n": 2}').rows
    [['label', 'text', 'n'], ['a', 'one', ''], ['', 'two', '2']]

    Raises:
        TableError: `json`, with the line that holds no object, or `fields`, where the rows have too many
            together: each row gets a cell for each.
    """
    records: list[dict[str, object]] = []
    line_numbers: list[int] = []
    names: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TableError("json", number, held=line) from error
        if not isinstance(record, dict):
            raise TableError("json", number, held=line)
        records.append({_whole(name): value for name, value in record.items()})
        line_numbers.append(number)
        names.update(dict.fromkeys(records[-1]))
        if len(names) * len(records) > MOST_CELLS:
            raise TableError("fields", number, held=line)
    rows = [[_cell(record.get(name)) for name in names] for record in records]
    return Table([list(names), *rows] if rows else [], ",", [1, *line_numbers] if rows else [])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _whole(text: str) -> str:
    """Return a text without halves of characters: JSON can spell an emoji that was cut, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _line(text: str, number: int) -> str:
    """Return a line of the text by its number, as the csv module counts lines."""
    return next(islice(StringIO(text, newline=""), number - 1, None), "")
