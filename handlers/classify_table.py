"""A file of texts with its labels: which column holds the texts, and the CSV that goes back."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from handlers.sentiment import LONGEST
from handlers.text_columns import grid
from ml.samples import LABEL_HEADERS, TEXT_HEADERS
from ml.tables import TableError, decode

Answer = tuple[str, float]  # a label and its probability: of 100,000 rows no more is kept

ADDED = ("label", "probability")
# A spreadsheet runs a cell that begins so as a formula (CWE-1236), in full-width forms too.
FORMULA = tuple("=+-@\t\r\n")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?\s?%?")


@dataclass(frozen=True, slots=True)
class TextTable:
    """The rows of a file as they were, and which column holds the texts."""

    header: tuple[str, ...] | None
    rows: list[list[str]]
    column: int

    @property
    def texts(self) -> list[str]:
        """The text of every row, empty where there is none, cut to what a model reads."""
        return [row[self.column].strip()[:LONGEST] if self.column < len(row) else "" for row in self.rows]

    @property
    def cut(self) -> int:
        """How many texts are longer than what a model reads."""
        return sum(len(row[self.column].strip()) > LONGEST for row in self.rows if self.column < len(row))


def read_text_table(content: bytes, name: str) -> TextTable:
    """Read a file of texts: one a line, or a table with a column of them.

    The header says which column that is; without one it is the column with the longest cells.

    Raises:
        TableError: As `ml.tables` raises it, or `nothing`.
    """
    found = grid(decode(content), name)
    if not found.rows:
        raise TableError("nothing")
    named = found.named(TEXT_HEADERS)
    column = named if named is not None else found.longest(found.named(LABEL_HEADERS))
    return TextTable(found.header, found.rows, column)


def write_text_table(table: TextTable, answers: Sequence[Answer | None]) -> bytes:
    """Return the table as CSV with a label and its probability behind each row.

    In UTF-8 with a mark at the beginning, without which Excel takes it for something else.
    """
    width = max(map(len, [*table.rows, table.header or ()]))
    file = StringIO(newline="")
    writer = csv.writer(file)
    if table.header is not None:
        writer.writerow(map(defuse, _padded(table.header, width) + _new_names(table.header)))
    for row, answer in zip(table.rows, answers, strict=True):
        found = [answer[0], f"{answer[1]:.4f}"] if answer else ["", ""]
        writer.writerow(map(defuse, _padded(row, width) + found))
    return file.getvalue().encode("utf-8-sig")


def defuse(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; a number stays one.

    >>> defuse("=1+1"), defuse("-5.2"), defuse("hello")
    ("'=1+1", '-5.2', 'hello')
    """
    first = cell[:1] if cell[:1] in FORMULA else unicodedata.normalize("NFKC", cell[:1])
    return f"'{cell}" if first in FORMULA and first and not NUMBER.fullmatch(cell) else cell


def file_name(name: str) -> str:
    """Return the name under which a table goes back.

    >>> file_name("reviews.tsv")
    'reviews-labels.csv'
    """
    stem = name.rpartition(".")[0] or name or "texts"
    return f"{stem[:60]}-labels.csv"


def _padded(row: Sequence[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]


def _new_names(header: Sequence[str]) -> list[str]:
    """Return names for the new columns that the header does not have already."""
    taken = {cell.strip().lower() for cell in header}
    return [f"predicted_{name}" if name in taken else name for name in ADDED]
