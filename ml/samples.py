"""Which samples a file teaches: a label and a text a row, as CSV or as unquoted TSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ml.tables import Row, TableError, csv_rows, json_rows, sniff_delimiter
from ml.text_files import TextFile, open_text

LABEL_HEADERS = frozenset(
    {"label", "labels", "class", "category", "sentiment", "tag", "target", "标签", "类别", "情感"}
)
TEXT_HEADERS = frozenset(
    {"text", "texts", "sentence", "message", "review", "content", "tweet", "文本", "内容", "评论"}
)
JSON_LINES = (".jsonl", ".ndjson")
FEWEST = 8  # samples of a label that a training asks for
LONGEST_LABEL = 24  # characters
FORBIDDEN = "=:\n"  # signs that the grammar of `/teach` and `/map` needs


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and the label that somebody gave it."""

    text: str
    label: str
    held_out: bool | None = field(default=None, repr=False)  # kept to judge by; None: nobody has decided yet
    seen: bool = field(default=False, repr=False)  # held out now, though an earlier version learned from it


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a row holds what; `text_last` when every further cell belongs to the text."""

    label: int
    text: int
    text_last: bool


def read_samples(content: bytes, name: str = "") -> list[Sample]:
    r"""Read labelled texts from a CSV with or without a header, or from a TSV without quotes.

    The header says which column is which; without one the label is the column with fewer different
    values, the first where that does not decide. A line without any cell counts for nothing.

    >>> read_samples(b"text,label\n\"good, very\",positive\n")
    [Sample(text='good, very', label='positive')]

    Args:
        content: The file's bytes, in any encoding that `open_text` knows.
        name: The file's name; `.tsv` settles that tabs part the cells.

    Raises:
        TableError: `cells` (a row without a label and a text), `label` (none, one of more than 24
            characters or one with "=" or ":"), `text` (an empty one), `nothing` (no sample at all),
            or what `open_text` and `rows_of` raise.
    """
    file = open_text(content)
    rows, delimiter = list(rows_of(file, name)), delimiter_of(file, name)
    columns, first = _columns([row for _, row in rows])
    if len(rows) == first:
        raise TableError("nothing")
    return [_sample(row, line, columns, delimiter) for line, row in rows[first:]]


def rows_of(file: TextFile, name: str, broken: list[TableError] | None = None) -> Iterator[Row]:
    """Yield the rows of a file; where tabs part the cells no quote means anything.

    Args:
        file: The file.
        name: Its name.
        broken: As for `csv_rows`.

    Raises:
        TableError: As `csv_rows` and `json_rows`.
    """
    if name.lower().endswith(JSON_LINES):
        yield from json_rows(file.lines, broken)
        return
    delimiter = delimiter_of(file, name)
    if delimiter != "\t":
        yield from csv_rows(lambda: file.lines(""), delimiter, broken)
        return
    for number, line in enumerate(file.lines(), 1):
        if line.strip():
            yield number, line.removesuffix("\n").removesuffix("\r").split("\t")


def delimiter_of(file: TextFile, name: str) -> str:
    """Return the sign between the cells of a file."""
    if name.lower().endswith(JSON_LINES):
        return ","
    return "\t" if name.lower().endswith((".tsv", ".tsv.gz")) else sniff_delimiter(file.lines())


def _columns(rows: Sequence[Sequence[str]]) -> tuple[Columns, int]:
    """Return where label and text stand, and the index of the first row that is no header."""
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    label = next((n for n, cell in enumerate(header) if cell in LABEL_HEADERS), None)
    text = next((n for n, cell in enumerate(header) if cell in TEXT_HEADERS), None)
    if label is not None and text is not None:
        return Columns(label, text, text == len(header) - 1), 1
    distinct = [len({row[column] for row in rows if len(row) > 1}) for column in (0, 1)]
    return (Columns(1, 0, False) if distinct[1] < distinct[0] else Columns(0, 1, True)), 0


def _sample(row: Sequence[str], line: int, columns: Columns, delimiter: str) -> Sample:
    if len(row) <= max(columns.label, columns.text):
        raise TableError("cells", line, held=row[0] if row else "")
    label = row[columns.label].strip()
    if not label or len(label) > LONGEST_LABEL or any(sign in label for sign in FORBIDDEN):
        raise TableError("label", line, columns.label + 1, label)
    # Somebody who writes CSV by hand puts a comma into the last cell without quoting it.
    text = delimiter.join(row[columns.text :]) if columns.text_last else row[columns.text]
    if not text.strip():
        raise TableError("text", line, columns.text + 1)
    return Sample(text.strip(), label)
