"""How examples are read: one, lines of them, files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.errors import Refusal
from handlers.teach_lines import (
    Lesson,
    Teaching,
    Unread,
    labels_of,
    match_label,
    one_example,
    read_file,
    read_lines,
    read_teaching,
)
from ml.samples import Sample
from ml.tables import TableError

LABELS = ("junk", "fine", "very fine")


def lesson(*pairs: tuple[str, str]) -> Lesson:
    return Lesson(tuple(Sample(text, label) for label, text in pairs))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("junk win now", lesson(("junk", "win now"))),
        ("Junk win now", lesson(("junk", "win now"))),
        ("junk: win now", lesson(("junk", "win now"))),
        ("junk：win now", lesson(("junk", "win now"))),
        ("junk\nwin now", lesson(("junk", "win now"))),
        ("very fine good day", lesson(("very fine", "good day"))),
        ("junk first line\nsecond line", lesson(("junk", "first line\nsecond line"))),
        ("junk: one\nfine: two", lesson(("junk", "one"), ("fine", "two"))),
        ("\njunk: one\n\nfine： two\n", lesson(("junk", "one"), ("fine", "two"))),
        ("junk=one\nfine\ttwo", lesson(("junk", "one"), ("fine", "two"))),
    ],
)
def test_a_label_and_its_text_are_read(rest: str, expected: Lesson) -> None:
    assert read_teaching(rest, "", LABELS).lesson == expected


@pytest.mark.parametrize(
    ("rest", "quoted", "expected"),
    [
        ("junk", "", Teaching(None, "junk")),
        ("", "", Teaching()),
        ("hello there", "", Teaching(None, None, "hello there")),
        ("jnuk win now", "", Teaching(None, None, "win now", "jnuk")),
        ("other: win now", "", Teaching(None, None, "win now", "other")),
        ("", "hello there", Teaching(None, None, "hello there")),
        ("great", "hello there", Teaching(None, None, "hello there", "great")),
        ("junkyard sale", "", Teaching(None, None, "sale", "junkyard")),
    ],
)
def test_what_lacks_a_label_or_a_text_is_a_draft(rest: str, quoted: str, expected: Teaching) -> None:
    assert read_teaching(rest, quoted, LABELS) == expected


def test_a_reply_with_a_label_teaches_the_text_replied_to() -> None:
    assert read_teaching("fine", "see you at six", LABELS).lesson == lesson(("fine", "see you at six"))


def test_chinese_labels_are_read_before_a_full_width_colon() -> None:
    assert read_lines("开心：今天真好\n难过：下雨了", ("开心", "难过")) == lesson(
        ("开心", "今天真好"), ("难过", "下雨了")
    )


def test_lines_that_cannot_be_read_are_named_and_the_others_taken() -> None:
    found = read_lines("junk: one\nwhat is this\nfine:\nfine: two", LABELS)
    assert found.samples == lesson(("junk", "one"), ("fine", "two")).samples
    assert found.unread == (Unread(2, "what is this", "label"), Unread(3, "fine:", "text"))


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refusal, match="characters"):
        one_example("x" * 2001, "junk")
    with pytest.raises(Refusal, match="characters"):
        read_teaching("junk " + "x" * 5000, "", LABELS)
    assert len(one_example("x" * 2000, "junk").samples) == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("label,text\njunk,one\nfine,two\n", "a.csv"),
        ("text,label\none,junk\ntwo,fine\n", "a.csv"),
        ("junk,one\nfine,two\n", "a.csv"),
        ("one,junk\ntwo,fine\n", "a.csv"),
        ("JUNK;one\r\nFine;two\r\n", "a.csv"),
        ("junk\tone\nfine\ttwo\n", "a.tsv"),
        ("junk: one\nfine: two\n", "a.txt"),
        ("id,when,junk?,said\n1,2,junk,one\n2,2,fine,two\n", "a.csv"),
        ("标签,文本\njunk,one\nfine,two\n", "a.csv"),
    ],
)
def test_a_file_teaches_whatever_its_columns_are(content: str, name: str) -> None:
    found = read_file(content.encode(), name, LABELS)
    assert found.samples == lesson(("junk", "one"), ("fine", "two")).samples


def test_a_file_in_gb18030_is_read() -> None:
    content = "标签,文本\n" + "开心,今天天气真好我们去公园吧\n难过,外面下雨了不能出门了\n" * 4
    found = read_file(content.encode("gb18030"), "a.csv", ("开心", "难过"))
    assert found.samples[0] == Sample("今天天气真好我们去公园吧", "开心")


def test_tabs_leave_quotes_alone() -> None:
    found = read_file(b'junk\t"win now\nfine\the said "six"\n', "a.tsv", LABELS)
    assert [sample.text for sample in found.samples] == ['"win now', 'he said "six"']


def test_a_file_names_the_rows_that_gave_no_example() -> None:
    content = b'label,text\njunk,one\nother,two\nfine,\n"fine,three\nfine,four\nfine\n'
    found = read_file(content, "a.csv", LABELS)
    assert found.samples == lesson(("junk", "one"), ("fine", "four")).samples
    assert [(unread.row, unread.why) for unread in found.unread] == [
        (3, "label"),
        (4, "text"),
        (5, "quote"),
        (7, "cells"),
    ]


def test_with_a_label_every_text_of_a_file_gets_it() -> None:
    found = read_file(b"one\ntwo, three\n", "a.txt", LABELS, label="junk")
    assert {sample.label for sample in found.samples} == {"junk"}


def test_long_texts_of_a_file_are_cut_and_counted() -> None:
    found = read_file(f"junk,{'x' * 2500}\nfine,two\n".encode(), "a.csv", LABELS)
    assert (len(found.samples[0].text), found.cut) == (2000, 1)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "nothing"),
        (b"\n\n", "nothing"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "binary"),
        (b"a,b\nc,d\n", "labels"),
    ],
)
def test_a_file_that_teaches_nothing_says_why(content: bytes, kind: str) -> None:
    with pytest.raises(TableError) as error:
        read_file(content, "a.csv", LABELS)
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ("label,text\njunk,one\nfine,two\njunk,three\n", ("junk", "fine")),
        ("one,junk\ntwo,fine\nthree,junk\n", ("junk", "fine")),
        ("label,text\nJunk,one\njunk,two\nfine,three\n", ("Junk", "fine")),
    ],
)
def test_the_labels_of_a_file_are_found(content: str, labels: tuple[str, ...]) -> None:
    assert labels_of(content.encode(), "a.csv") == labels


def test_a_file_without_labels_is_told_from_one_with() -> None:
    rows = "\n".join(f"text {n} of a longer list,{n}" for n in range(40))
    with pytest.raises(TableError) as error:
        labels_of(rows.encode(), "a.csv")
    assert error.value.kind == "no_labels"


@given(st.text(max_size=200))
def test_nothing_that_people_write_breaks_the_reader(text: str) -> None:
    found = read_teaching(text, "", LABELS)
    assert found.lesson is None or len(found.lesson.samples) + len(found.lesson.unread) > 0


@given(st.sampled_from(LABELS), st.text(min_size=1, max_size=60).filter(lambda text: text.strip() == text))
def test_the_longest_label_wins(label: str, text: str) -> None:
    assert match_label(f"{label}: {text}", LABELS) == (label, text.lstrip())


def test_a_large_file_is_read_in_a_moment(tmp_path: Path) -> None:
    rows = "\n".join(f"{LABELS[n % 2]},this is example number {n}" for n in range(20_000))
    assert len(read_file(rows.encode(), "a.csv", LABELS).samples) == 20_000


def test_a_broken_json_line_is_named_and_the_others_count() -> None:
    lines = b'{"label": "junk", "text": "win"}\n{"label"\n{"text": "see you", "label": "fine"}\n'
    found = read_file(lines, "a.jsonl", LABELS)
    assert [sample.text for sample in found.samples] == ["win", "see you"]
    assert [(unread.row, unread.why) for unread in found.unread] == [(2, "json")]
