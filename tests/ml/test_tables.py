"""Tables are read from the bytes that spreadsheets and phones really send."""

import time

import pytest

from ml.tables import MOST_BROKEN, Row, TableError, csv_rows, json_rows, read_rows, sniff_delimiter
from ml.text_files import decode, open_text

TEXTS = ["年份,数值\n2001,3\n2002,4\n", "标签\t文本\n正面\t很好吃\n", "x,y\n1,2\n", "身高,体重\n170,60\n"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
)
def test_a_file_is_read_in_the_encoding_it_was_saved_in(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Größe;Höhe\n1,5;2,7\n", "Année,Température\n1,2\n", "Preis €,Süß\n1,2\n"])
def test_a_western_spreadsheet_is_not_taken_for_chinese(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_a_byte_that_no_encoding_knows_names_its_line() -> None:
    with pytest.raises(TableError) as raised:
        decode("x,y\n1,2\n".encode("utf-8-sig") + b"\xff\xfe,3\n")
    assert (raised.value.kind, raised.value.row) == ("encoding", 3)


@pytest.mark.parametrize(
    "head", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04\x14\0", b"\x7fELF\x02\x01\x01\0\0", b"\x01\x02"]
)
def test_a_file_that_is_no_text_is_refused_at_once(head: bytes) -> None:
    content = head + bytes(range(256)) * 40_000  # 10 MB
    start = time.thread_time()
    with pytest.raises(TableError) as raised:
        decode(content)
    assert raised.value.kind == "binary"
    assert time.thread_time() - start < 2


def test_a_long_chinese_file_in_gb18030_is_decoded_fast() -> None:
    text = "文本,标签\n" + "这家店的菜很好吃,正面\n" * 200_000
    content = text.encode("gb18030")
    start = time.thread_time()
    assert decode(content) == text
    assert time.thread_time() - start < 2


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a,b", "1,2"], ","),
        (["a\tb", "1,5\t2,7"], "\t"),
        (["1,5;2,7", "3;4,5"], ";"),
        (["x|y", "1,234.5|2"], "|"),
        (["label,text", '"good";"bad"', "positive,nice; really"], ","),
        (["positive,good", "negative,bad, really; so bad", "positive,fine"], ","),
        (["just text"], ","),
        ([], ","),
    ],
)
def test_the_delimiter_is_the_sign_that_every_line_shares(lines: list[str], delimiter: str) -> None:
    assert sniff_delimiter(lines) == delimiter


def test_one_broken_row_does_not_change_the_delimiter() -> None:
    lines = ["x;y"] + [f"{n},5;{n},7" for n in range(20)] + ["7,5"]
    assert sniff_delimiter(lines) == ";"


def test_quotes_hold_delimiters_newlines_and_quotes() -> None:
    table = read_rows('label,text\npositive,"good, ""very""\ngood"\n\nnegative,bad\n')
    assert table.rows == [["label", "text"], ["positive", 'good, "very"\ngood'], ["negative", "bad"]]
    assert table.line_numbers == [1, 2, 5]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_ends_a_row(newline: str) -> None:
    assert read_rows(newline.join(["a\tb", "1\t2", ""])).rows == [["a", "b"], ["1", "2"]]


def test_a_separator_of_unicode_lines_ends_no_row() -> None:
    assert read_rows("a,b\nx\u2028y\x85z,2\n").rows == [["a", "b"], ["x\u2028y\x85z", "2"]]


def test_a_quote_that_is_not_closed_names_the_row_where_it_opened() -> None:
    with pytest.raises(TableError) as raised:
        read_rows('a,b\n1,2\n3,"4\n5,6\n')
    assert (raised.value.kind, raised.value.row, raised.value.held) == ("quote", 3, '3,"4')


def test_what_a_cell_held_is_clipped() -> None:
    assert len(TableError("number", 1, "x", "9" * 10_000).held) == 40


def test_rows_may_differ_in_length() -> None:
    assert read_rows("a,b\n1\n1,2,3\n").rows == [["a", "b"], ["1"], ["1", "2", "3"]]


def test_a_stray_control_character_leaves_a_text_a_text() -> None:
    assert decode(b"junk\tno\bthing\n" + b"fine\tsee you\n" * 100).startswith("junk\tno\bthing")


def test_json_lines_are_rows_below_the_names_of_their_fields() -> None:
    rows = read_json('{"a": "x, y", "b": null}\n\n{"b": [1], "c": "好"}\n')
    assert rows == [(1, ["a", "b", "c"]), (1, ["x, y", "", ""]), (3, ["", "[1]", "好"])]
    assert read_json("\n") == []


def read_json(text: str, broken: list[TableError] | None = None) -> list[Row]:
    return list(json_rows(lambda: text.split("\n"), broken))


def test_objects_with_ever_other_fields_are_refused_before_they_fill_the_memory() -> None:
    with pytest.raises(TableError) as error:
        read_json("\n".join(f'{{"field {n}": 1}}' for n in range(100_000)))
    assert (error.value.kind, error.value.row) == ("fields", 201)


def test_json_lines_nested_without_end_are_refused() -> None:
    with pytest.raises(TableError) as refused:
        read_json('{"a": ' * 100_000)
    assert (refused.value.kind, refused.value.row) == ("json", 1)


def test_half_an_emoji_in_json_becomes_a_question_mark() -> None:
    rows = read_json(r'{"a\ud83d": "cut \ud83d", "b": ["\ud83d"], "c": "\ud83d\ude00"}')
    assert rows == [(1, ["a?", "b", "c"]), (1, ["cut ?", '["?"]', "😀"])]


@pytest.mark.parametrize("line", ["[1]", '"text"', "{", "nonsense"])
def test_a_line_without_a_json_object_is_named(line: str) -> None:
    with pytest.raises(TableError) as error:
        read_json('{"a": 1}\n' + line)
    assert (error.value.kind, error.value.row) == ("json", 2)


def test_a_few_broken_rows_are_stepped_over_and_named_and_many_are_not() -> None:
    text = 'a,b\n"x,1\ny,2\n"z,3\n4,5\n'
    broken: list[TableError] = []
    rows = list(csv_rows(lambda: iter(text.splitlines(keepends=True)), ",", broken))
    assert rows == [(1, ["a", "b"]), (3, ["y", "2"]), (5, ["4", "5"])]
    assert [(error.kind, error.row, error.held) for error in broken] == [
        ("quote", 2, '"x,1'),
        ("quote", 4, '"z,3'),
    ]
    broken = []
    assert read_json('{"a": 1}\n{\n{"a": 2}', broken) == [(1, ["a"]), (1, ["1"]), (3, ["2"])]
    assert [error.row for error in broken] == [2]
    with pytest.raises(TableError):
        read_json("{\n" * (MOST_BROKEN + 1), [])


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
)
@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_a_file_is_read_piece_by_piece_as_in_one(
    text: str, encoding: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.text_files.PIECE", piece)
    file = open_text(text.encode(encoding))
    assert "".join(file.lines()) == "".join(file.lines("")) == file.head(100) == file.text() == text


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_a_fault_is_found_in_its_row_wherever_pieces_end(
    piece: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.text_files.PIECE", piece)
    monkeypatch.setattr("ml.text_files.LEGACY", ["ascii"])
    with pytest.raises(TableError) as raised:
        open_text("年,数\n1,好\n".encode(encoding) + b"\xe5\xa5,3\n4,5\n")
    assert (raised.value.kind, raised.value.row) == ("encoding", 3)
