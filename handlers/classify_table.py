"""A file of texts with its labels: which column holds the texts, and the CSV that goes back."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

from handlers.sentiment import LONGEST
from handlers.text_columns import Grid, grid
from ml.samples import LABEL_HEADERS, TEXT_HEADERS
from ml.tables import TableError
from ml.text_files import open_text

Answer = tuple[str, float]  # a label and its probability

ADDED = ("label", "probability")
# A spreadsheet runs a cell that begins so as a formula (CWE-1236), in full-width forms too.
FORMULA = tuple("=+-@\t\r\n")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?\s?%?")


@dataclass(frozen=True, slots=True)
class TextTable:
    """A file of texts, and which column holds them; each way through its rows reads the file anew."""

    grid: Grid
    column: int

    def rows(self) -> Iterator[tuple[list[str], str]]:
        """Yield every row with its text, stripped, empty where there is none."""
        for _, row in self.grid.rows():
            yield row, row[self.column].strip() if self.column < len(row) else ""

    def texts(self) -> Iterator[str]:
        """Yield the text of every row, cut to what a model reads."""
        for _, text in self.rows():
            yield text[:LONGEST]


def read_text_table(content: bytes, name: str) -> TextTable:
    """Look through a file of texts: one a line, or a table with a column of them.

    The header says which column that is; without one it is the column with the longest cells.

    Raises:
        TableError: As `ml.tables` raises it, or `nothing`.
    """
    found = grid(open_text(content), name)
    if not found.num_rows:
        raise TableError("nothing")
    named = found.named(TEXT_HEADERS)
    return TextTable(found, named if named is not None else found.longest(found.named(LABEL_HEADERS)))


class LabelledTable:
    """The CSV that goes back: a label and its probability behind each row, and what is told of them all.

    In UTF-8 with a mark at the beginning, without which Excel takes it for something else.
    """

    def __init__(self, table: TextTable) -> None:
        self.counts: Counter[str] = Counter()  # by label
        self.num_rows = self.cut = 0  # `cut`: texts that are longer than what a model reads
        header = table.grid.header
        self._width = max(table.grid.widest, len(header or ()))
        self._bytes = BytesIO()
        self._file = TextIOWrapper(self._bytes, "utf-8-sig", newline="", write_through=True)
        self._writer = csv.writer(self._file)
        if header is not None:
            self._writer.writerow(map(defuse, [*self._padded(header), *_new_names(header)]))

    def add(self, rows: Sequence[tuple[list[str], str]], answers: Sequence[Answer | None]) -> None:
        """Write rows with their answers, None for one without text."""
        for (row, text), answer in zip(rows, answers, strict=True):
            found = [answer[0], f"{answer[1]:.4f}"] if answer else ["", ""]
            self._writer.writerow(map(defuse, [*self._padded(row), *found]))
            self.counts.update([answer[0]] if answer else ())
            self.cut += len(text) > LONGEST
        self.num_rows += len(rows)

    def content(self) -> bytes:
        """Return the file."""
        self._file.flush()
        return self._bytes.getvalue()

    def _padded(self, row: Sequence[str]) -> list[str]:
        return [*row, *[""] * (self._width - len(row))]


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


def _new_names(header: Sequence[str]) -> list[str]:
    """Return names for the new columns that the header does not have already."""
    taken = {cell.strip().lower() for cell in header}
    return [f"predicted_{name}" if name in taken else name for name in ADDED]
