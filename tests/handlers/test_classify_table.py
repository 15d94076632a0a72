"""A file of texts and the CSV that goes back."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.classify_table import Answer, LabelledTable, TextTable, defuse, file_name, read_text_table
from ml.tables import TableError


def write_text_table(table: TextTable, answers: list[Answer | None]) -> bytes:
    labelled = LabelledTable(table)
    for row, answer in zip(table.rows(), answers, strict=True):
        labelled.add([row], [answer])
    return labelled.content()


def written(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("content", "name", "texts"),
    [
        ("one\ntwo\n", "a.txt", ["one", "two"]),
        ("text\none\ntwo\n", "a.csv", ["one", "two"]),
        ("id,text\n1,one\n2,two\n", "a.csv", ["one", "two"]),
        ("1;one text\n2;two\n", "a.csv", ["one text", "two"]),
        ('label\ttext\njunk\t"one\nfine\ttwo\n', "a.tsv", ['"one', "two"]),
        ("id,text\n1,\n2\n3,three\n", "a.csv", ["", "", "three"]),
        ("文本,编号\n今天真好,1\n", "a.csv", ["今天真好"]),
    ],
)
def test_the_texts_of_a_file_are_found(content: str, name: str, texts: list[str]) -> None:
    assert list(read_text_table(content.encode(), name).texts()) == texts


@pytest.mark.parametrize("content", [b"", b"text\n", b"\n \n"])
def test_a_file_without_texts_says_so(content: bytes) -> None:
    with pytest.raises(TableError) as error:
        read_text_table(content, "a.csv")
    assert error.value.kind == "nothing"


def test_a_long_text_is_read_from_its_beginning_and_counted() -> None:
    table = read_text_table(f"text\n{'x' * 2500}\n".encode(), "a.csv")
    labelled = LabelledTable(table)
    labelled.add(list(table.rows()), [("junk", 0.75)])
    assert ([len(text) for text in table.texts()], labelled.cut) == ([2000], 1)


def test_the_rows_come_back_with_two_columns_more() -> None:
    table = read_text_table(b"id,text\n1,one\n2\n", "a.csv")
    assert written(write_text_table(table, [("junk", 0.75), None])) == [
        ["id", "text", "label", "probability"],
        ["1", "one", "junk", "0.7500"],
        ["2", "", "", ""],
    ]


def test_a_column_that_is_there_already_keeps_its_name() -> None:
    table = read_text_table(b"label,text\nfine,one\n", "a.csv")
    assert written(write_text_table(table, [("junk", 0.75)]))[0] == [
        "label",
        "text",
        "predicted_label",
        "probability",
    ]


def test_without_a_header_none_is_added() -> None:
    table = read_text_table("今天真好\n".encode(), "a.txt")
    content = write_text_table(table, [("积极", 0.75)])
    assert content.startswith(b"\xef\xbb\xbf")
    assert written(content) == [["今天真好", "积极", "0.7500"]]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＠SUM(A1)",
        "-",
        "--5",
        "+1 and more",
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert defuse(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["", "-5", "+3.14", "-1,234.5", "-5%", "1e-5", "-1e-5", "hello", "a=b", "'=1", "😀"]
)
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert defuse(cell) == cell


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_no_cell_that_goes_back_begins_as_a_formula(cells: list[str]) -> None:
    for cell in map(defuse, cells):
        assert cell[:1] not in {"=", "@", "\t", "\r"}


def test_labels_are_defused_too() -> None:
    table = read_text_table(b"text\none\n", "a.csv")
    assert written(write_text_table(table, [("=evil", 0.75)]))[1][1] == "'=evil"


@pytest.mark.parametrize(
    ("name", "expected"), [("", "texts-labels.csv"), ("a.b.csv", "a.b-labels.csv"), ("x", "x-labels.csv")]
)
def test_the_file_that_goes_back_is_named_after_the_one_that_came(name: str, expected: str) -> None:
    assert file_name(name) == expected
