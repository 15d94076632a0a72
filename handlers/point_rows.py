"""How points that somebody typed fall into rows and cells."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain

from handlers.number_cells import is_number
from ml.tables import read_rows

OPENING, CLOSING = "([{<【「『〈《〔", ")]}>】」』〉》〕"
GROUP = re.compile(rf"[{re.escape(OPENING)}]([^{re.escape(OPENING + CLOSING)}]*)[{re.escape(CLOSING)}]")
BETWEEN = re.compile(rf"[\s,;|{re.escape(OPENING + CLOSING)}]*")
RULE = re.compile(r"[\s|:+=-]*-[\s|:+=-]*")  # the line below the header of a Markdown table
COMMA = re.compile(r"[ \t]*,[ \t]*")
NAME = re.compile(r"(?<!\w)([^\W\d_]\w{0,23})\s{0,3}[:=]\s{0,3}")
BETWEEN_NUMBERS = re.compile(r"[\s,;]+")
PAIR = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of cells as they were typed.

    Args:
        lines: The line of each row, from 1; where several rows stand in a line, their number instead.
        pairs: Whether blanks part pairs that hold a comma: `1,5 2,7`, which could be decimal commas too.
        decimal: Whether commas cannot part cells here, since another sign does.
    """

    cells: list[list[str]]
    lines: list[int]
    pairs: bool = False
    decimal: bool = False


def split_rows(text: str, *, decimal_commas: bool = False) -> Rows:
    """Split a typed table (already in its folded form) into rows and cells.

    >>> split_rows("1,2 2,4; 3,6").cells
    [['1', '2'], ['2', '4'], ['3', '6']]
    >>> split_rows("[1 2] (3 4)").cells
    [['1', '2'], ['3', '4']]
    """
    groups = GROUP.findall(text)
    if groups and BETWEEN.fullmatch(GROUP.sub("", text)):
        return _numbered([_cells_of_group(group) for group in groups])
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if '"' in text:
        table = read_rows(text)
        return Rows(table.rows, table.line_numbers, decimal=table.delimiter != ",")
    for delimiter in ("\t", "|"):
        if any(delimiter in line for _, line in lines):
            return _delimited(lines, delimiter)
    if len(lines) > 1 and _semicolons_part_cells([line for _, line in lines]):
        return _delimited(lines, ";")
    return _free(lines, decimal_commas)


def table_of_lists(text: str) -> str:
    """Turn `x=1,2,3 y=2,4,7` or a line of numbers for each name into a table; empty where it is neither.

    >>> table_of_lists("x: 1 2\\ny: 3 4")
    'x\\ty\\n1\\t3\\n2\\t4'
    """
    before, *parts = NAME.split(text)
    lists = [BETWEEN_NUMBERS.split(part.strip(" \t\r\n,;")) for part in parts[1::2]]
    if before.strip() or len(lists) < 2 or len(lists[0]) < 2 or len({len(cells) for cells in lists}) > 1:
        return ""
    if not all(map(is_number, chain.from_iterable(lists))):
        return ""
    return "\n".join("\t".join(row) for row in [parts[::2], *zip(*lists, strict=True)])


def _numbered(cells: list[list[str]]) -> Rows:
    return Rows(cells, list(range(1, len(cells) + 1)))


def _cells_of_group(group: str) -> list[str]:
    """Split what stands in brackets: at the strongest sign there, at blanks where commas are decimal."""
    for delimiter in ("\t", "|", ";"):
        if delimiter in group:
            return [cell.strip() for cell in group.split(delimiter)]
    tight = COMMA.sub(",", group.strip())
    return tight.split() if " " in tight else [cell.strip() for cell in tight.split(",")]


def _delimited(lines: list[tuple[int, str]], delimiter: str) -> Rows:
    cells, numbers = [], []
    for number, line in lines:
        if delimiter == "|":
            if RULE.fullmatch(line):
                continue
            line = line.strip().removeprefix("|").removesuffix("|")  # noqa: PLW2901 - the frame of a table
        cells.append([cell.strip() for cell in line.split(delimiter)])
        numbers.append(number)
    return Rows(cells, numbers, decimal=True)


def _semicolons_part_cells(lines: list[str]) -> bool:
    """Say whether `;` parts cells: equally often in nearly every line, and not at the end of each."""
    counts = Counter(line.strip().count(";") for line in lines)
    usual, times = counts.most_common(1)[0]
    closing = all(line.rstrip().endswith(";") for line in lines[:-1])
    return usual > 0 and times >= 0.9 * len(lines) and not (closing and usual == 1)


def _free(lines: list[tuple[int, str]], decimal_commas: bool) -> Rows:
    """Split at newlines, `;`, and blanks between pairs that hold a comma."""
    cells: list[list[str]] = []
    numbers: list[int] = []
    several = pairs = False
    for number, line in lines:
        found, paired = _rows_of_line(line, decimal_commas)
        several = several or len(found) > 1
        pairs = pairs or paired
        cells += found
        numbers += [number] * len(found)
    rows = _numbered(cells) if several else Rows(cells, numbers)
    return Rows(rows.cells, rows.lines, pairs=pairs and not decimal_commas, decimal=decimal_commas)


def _rows_between_commas(piece: str) -> list[list[str]]:
    """Return the rows of `1 2, 3 4, 5 6`; none where commas part anything else.

    >>> _rows_between_commas("1 2, 3 4"), _rows_between_commas("1, 2 2, 4")
    ([['1', '2'], ['3', '4']], [])
    """
    rows = [part.split() for part in piece.split(",")]
    even = len(rows) > 1 and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)
    return rows if even else []


def _rows_of_line(line: str, decimal_commas: bool) -> tuple[list[list[str]], bool]:
    rows: list[list[str]] = []
    paired = False
    for piece in line.split(";"):
        lists = _rows_between_commas(piece)
        if lists and not decimal_commas:
            rows += lists
            continue
        tight = piece.strip() if decimal_commas else COMMA.sub(",", piece.strip())
        words = tight.split()
        if not words:
            continue
        if decimal_commas or not any("," in word for word in words):
            rows.append(words)
            continue
        # every word is a row of its own; the words of a header may hold blanks
        as_pairs = len(words) == 1 or any(word[0].isdigit() or word[0] in "+-." for word in words)
        rows += [word.split(",") for word in words] if as_pairs else [tight.split(",")]
        paired = paired or (len(words) > 1 and all(PAIR.fullmatch(word) for word in words))
    return rows, paired
