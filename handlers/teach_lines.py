"""Which examples somebody teaches: a label and a text, lines of them, or the rows of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handlers.errors import Refusal
from handlers.grammar import normalise
from handlers.model_names import fold, nearest
from handlers.new_model import FEWEST_LABELS, LONGEST_LABEL, MOST_LABELS, is_label
from handlers.text_columns import Grid, grid
from handlers.texts import N_
from ml.samples import LABEL_HEADERS, TEXT_HEADERS, Sample
from ml.tables import TableError, clipped
from ml.text_files import open_text

LONGEST_EXAMPLE = 2000  # characters
HALF = 0.5

SIGN = re.compile(r"\s*[:：=\t]\s*")
BLANK = re.compile(r"\s+|$")


@dataclass(frozen=True, slots=True)
class Unread:
    """A row or line that gave no example: which, what it held, and why.

    `why` is `label` (none of the model's), `text` (none), `cells` (too few), or the kind of a `TableError`.
    """

    row: int
    held: str
    why: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """The examples of a message or a file, and what gave none; `cut` counts texts that were too long."""

    samples: tuple[Sample, ...] = ()
    unread: tuple[Unread, ...] = ()
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Teaching:
    """What `/teach model ...` holds: a lesson, or the half of one that needs a label or a text still.

    `unknown` is a word that was probably meant as a label.
    """

    lesson: Lesson | None = None
    label: str | None = None
    text: str = ""
    unknown: str = ""


def read_teaching(rest: str, quoted: str, labels: Sequence[str]) -> Teaching:
    """Read what follows the model's name; `quoted` is the text of the message replied to.

    >>> read_teaching("junk win now", "", ["junk", "fine"]).lesson.samples
    (Sample(text='win now', label='junk'),)
    >>> read_teaching("jnuk win now", "", ["junk", "fine"])
    Teaching(lesson=None, label=None, text='win now', unknown='jnuk')

    Raises:
        Refusal: The text is too long for an example.
    """
    rest, quoted = rest.strip(), quoted.strip()
    if _is_list(rest, labels):
        return Teaching(read_lines(rest, labels))
    label, text = match_label(rest, labels) or (None, rest)
    text = text.strip()
    unknown = ""
    if label is None and quoted and rest:
        text, unknown = quoted, rest if len(rest) <= LONGEST_LABEL else ""
    elif label is None and text:
        text, unknown = _without_near_label(text, labels)
    text = text or quoted
    if label is not None and text:
        return Teaching(one_example(text, label), label)
    return Teaching(None, label, _checked(text), unknown)


def one_example(text: str, label: str) -> Lesson:
    """Return a lesson of one text.

    Raises:
        Refusal: The text is too long for an example.
    """
    return Lesson((Sample(_checked(text.strip()), label),))


def match_label(text: str, labels: Iterable[str], *, sign: bool = False) -> tuple[str, str] | None:
    """Return the longest label that a text begins with, and the text behind it.

    Args:
        text: What somebody wrote.
        labels: The labels of the model.
        sign: Ask for a colon, "=" or a tab behind the label; otherwise a blank will do.
    """
    for label in sorted(labels, key=len, reverse=True):
        head = text[: len(label)]
        behind = SIGN.match(text, len(head)) or (None if sign else BLANK.match(text, len(head)))
        if fold(head) == fold(label) and behind:
            return label, text[behind.end() :]
    return None


def read_lines(text: str, labels: Sequence[str]) -> Lesson:
    """Read lines of `label: text`; the colon may be full-width."""
    return _read_lines(text.split("\n"), labels)


def _read_lines(lines: Iterable[str], labels: Sequence[str]) -> Lesson:
    numbered = ((line.strip(), number) for number, line in enumerate(lines, 1))
    return _lesson(_read_line(line, number, labels) for line, number in numbered if line)


def read_file(content: bytes, name: str, labels: Sequence[str], label: str | None = None) -> Lesson:
    """Read the examples of a file: CSV, TSV, or lines of `label: text`.

    Rows that cannot be read are named, and the others count. With a `label` every text gets it.

    Raises:
        TableError: Nothing can be read: `binary`, `encoding`, `nothing`, or `labels` where no column holds
            labels of the model.
    """
    file = open_text(content)
    if label is None and name.lower().endswith(".txt"):
        by_line = _read_lines(file.lines(), labels)
        if len(by_line.samples) > len(by_line.unread):
            return by_line
    broken: list[TableError] = []
    known = set(map(fold, labels))
    found = grid(file, _as_table(name) if label is None else name, known, broken)
    if not found.num_rows:
        raise TableError("nothing")
    if label is None and found.width == 1:
        return _or_none_at_all(_read_lines(file.lines(), labels))
    columns = find_columns(found, labels, labelled=label is not None)
    lesson = _lesson(_read_row(row, number, columns, labels, label) for number, row in found.rows())
    skipped = [Unread(error.row or 1, error.held, error.kind) for error in broken]
    unread = tuple(sorted((*lesson.unread, *skipped), key=lambda each: each.row))
    return _or_none_at_all(Lesson(lesson.samples, unread, lesson.cut))


def _as_table(name: str) -> str:
    """Return the name by which a file is read: a text file whose labels are not given can only be a table."""
    return f"{name}.csv" if name.lower().endswith(".txt") else name


def _or_none_at_all(lesson: Lesson) -> Lesson:
    """Refuse a file of which no row has a label of the model."""
    if not lesson.samples and lesson.unread and all(unread.why == "label" for unread in lesson.unread):
        raise TableError("labels", lesson.unread[0].row, held=lesson.unread[0].held)
    return lesson


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what."""

    text: int
    label: int


def find_columns(found: Grid, labels: Sequence[str], *, labelled: bool = False) -> Columns:
    """Find the columns by the header, else the label's by its values and the text's by its length.

    With `labelled` the label is known, so that one column of texts is enough.

    Raises:
        TableError: `labels`: no column holds labels of the model.
    """
    label = found.named(LABEL_HEADERS)
    if label is None and not labelled:
        known = set(map(fold, labels))
        hits = [
            sum(fold(row[place]) in known for _, row in found.first if place < len(row))
            for place in range(found.width)
        ]
        label = hits.index(max(hits))
        if not max(hits):
            number, row = found.first[0]
            raise TableError("labels", number, held=" ".join(row))
    text = found.named(TEXT_HEADERS)
    return Columns(found.longest(label) if text is None else text, -1 if label is None else label)


def labels_of(content: bytes, name: str) -> tuple[str, ...]:
    """Return the labels that a file of examples has: those of its label column, the most frequent first.

    Raises:
        TableError: As `ml.tables` raises it, or `no_labels`: no column holds 2 to 12 different labels.
    """
    found = grid(open_text(content), _as_table(name), broken=[])
    named = found.named(LABEL_HEADERS)
    columns = _distinct(found, range(found.width) if named is None else [named])
    usable = [labels for labels in columns if len(labels) >= FEWEST_LABELS and all(map(is_label, labels))]
    if not usable:
        raise TableError("no_labels")
    return min(usable, key=len)  # in a short file the texts are few too


def _distinct(found: Grid, places: Iterable[int]) -> list[tuple[str, ...]]:
    """Return the different cells of columns, the most frequent first; case makes no difference.

    A column with more of them than a model has labels is left out as soon as that shows.
    """
    counts: dict[int, Counter[str]] = {place: Counter() for place in places}
    spelled: dict[tuple[int, str], str] = {}
    for _, row in found.rows():
        for place in [place for place in counts if place < len(row)]:
            cell = normalise(row[place]).strip()
            folded = fold(cell)
            if not folded:
                continue
            counts[place][folded] += 1
            if len(counts[place]) > MOST_LABELS:
                del counts[place]
            else:
                spelled.setdefault((place, folded), cell)
    return [
        tuple(spelled[place, folded] for folded, _ in held.most_common()) for place, held in counts.items()
    ]


def _checked(text: str) -> str:
    if len(text) > LONGEST_EXAMPLE:
        raise Refusal(
            N_("This text has {length} characters, and an example has up to {limit}. Send a shorter part."),
            length=f"{len(text):,}",
            limit=f"{LONGEST_EXAMPLE:,}",
        )
    return text


def _is_list(rest: str, labels: Sequence[str]) -> bool:
    """Say whether lines of `label: text` were sent, rather than one text of several lines."""
    lines = [line.strip() for line in rest.split("\n") if line.strip()]
    marked = sum(match_label(line, labels, sign=True) is not None for line in lines)
    return bool(marked) and (
        marked >= HALF * len(lines) or match_label(lines[0], labels, sign=True) is not None
    )


def _without_near_label(text: str, labels: Sequence[str]) -> tuple[str, str]:
    """Take a first word that is nearly a label off a text, and return it too."""
    word, _, rest = text.partition(" ")
    bare = word.rstrip(":：")
    if rest.strip() and (bare != word or nearest(bare, list(labels), cutoff=0.6)):
        return rest.strip(), bare[:LONGEST_LABEL]
    return text, ""


def _read_line(line: str, number: int, labels: Sequence[str]) -> Sample | Unread:
    found = match_label(line, labels, sign=True)
    if found is None:
        return Unread(number, clipped(line), "label")
    label, text = found
    return Sample(text, label) if text.strip() else Unread(number, clipped(line), "text")


def _read_row(
    row: Sequence[str], number: int, columns: Columns, labels: Sequence[str], label: str | None
) -> Sample | Unread:
    if len(row) <= max(columns.label, columns.text):
        return Unread(number, clipped(" ".join(row)), "cells")
    if label is None:
        held = row[columns.label].strip()
        label = next((known for known in labels if fold(known) == fold(held)), None)
        if label is None:
            return Unread(number, clipped(held), "label")
    text = row[columns.text].strip()
    return Sample(text, label) if text else Unread(number, clipped(" ".join(row)), "text")


def _lesson(read: Iterable[Sample | Unread]) -> Lesson:
    """Part what was read from what was not, and cut texts that are too long."""
    samples: list[Sample] = []
    unread: list[Unread] = []
    cut = 0
    for each in read:
        if isinstance(each, Unread):
            unread.append(each)
        else:
            cut += len(each.text) > LONGEST_EXAMPLE
            samples.append(Sample(each.text[:LONGEST_EXAMPLE], each.label))
    return Lesson(tuple(samples), tuple(unread), cut)
