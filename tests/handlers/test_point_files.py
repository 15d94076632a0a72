"""Files of points: whatever spreadsheets save, a million rows at most, and garbage that costs no time."""

import contextlib
import json
import os
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.errors import Refusal
from handlers.fit_options import Options
from handlers.point_files import MOST_ROWS, read_file
from handlers.points import Points
from handlers.texts import Texts

finite = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 6))
LONG = 20_000  # rows, enough for the quick way


def read(content: str | bytes, **options: object) -> Points:
    return read_file(content.encode() if isinstance(content, str) else content, Options(**options))  # type: ignore[arg-type]


def long_table(delimiter: str = ",", header: str = "x,y", cell: str = "{}") -> str:
    rows = "".join(f"{n / 8}{delimiter}{cell.format(n / 4)}\n" for n in range(LONG))
    return f"{header.replace(',', delimiter)}\n{rows}" if header else rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("header", ["x,y", "身高,体重", ""])
def test_a_long_file_is_read_the_quick_way_with_the_same_result(delimiter: str, header: str) -> None:
    text = long_table(delimiter, header)
    points = read(text)
    few = read("".join(text.splitlines(keepends=True)[:30]))
    assert points.data.n == LONG
    assert points.data.y[:20].tolist() == few.data.y[:20].tolist() == [n / 4 for n in range(20)]
    assert points.data.x_names == few.data.x_names
    assert points.data.row(0) == few.data.row(0) == (2 if header else 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_a_long_file_is_read_in_any_encoding(encoding: str) -> None:
    assert read(long_table(header="身高,体重").encode(encoding)).data.y_name == "体重"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(finite, finite), min_size=3, max_size=30),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]),
    st.sampled_from([("x", "y"), ("身高（厘米）", "体重，公斤"), None]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([".", ","]),
    st.sampled_from(["", '"']),
    st.sampled_from(["", " kg", "%"]),
)
def test_any_table_comes_back_from_every_kind_of_file(
    rows: list[tuple[float, float]],
    encoding: str,
    header: tuple[str, str] | None,
    delimiter: str,
    line_end: str,
    decimal: str,
    quote: str,
    unit: str,
) -> None:
    quote = '"' if delimiter == decimal else quote
    rows = [(0.5, 0.25), *rows]  # which says that a comma is a decimal sign
    lines = [[f"{value:f}".replace(".", decimal) + unit for value in row] for row in rows]
    cells = [list(header), *lines] if header else lines
    text = line_end.join(delimiter.join(f"{quote}{cell}{quote}" for cell in line) for line in cells)
    points = read(text.encode(encoding))
    scale = 100 if unit == "%" else 1
    assert np.column_stack([points.data.x, points.data.y]).tolist() == [
        [value / scale for value in row] for row in rows
    ]
    assert points.data.row(0) == (2 if header else 1)


def test_decimal_commas_and_quotes_take_the_slow_way_and_arrive() -> None:
    text = long_table(";").replace(".", ",")
    points = read(text)
    assert points.data.x[1, 0] == 0.125
    assert points.notes[0].sentence == "{column}: commas read as decimal signs"
    quoted = read(long_table(cell='"{}"'))
    assert quoted.data.y[3] == 0.75


def test_columns_of_a_long_file_are_chosen_by_name() -> None:
    rows = "".join(f"{n},{n + 1},{n + 2},{1 + n % 3}\n" for n in range(LONG))
    points = read(f"a,b,c,w\n{rows}", x=("c",), y="a", weights="w")
    assert points.data.x[0, 0] == 2
    assert points.data.y[0] == 0
    assert points.data.weights is not None
    assert points.data.weights[:3].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("wrong", "held"),
    [("oops", "oops"), ("nan", "nan"), ("inf", "inf"), ("1e999", "1e999"), ("0x10", "0x10"), ("1_0", "1_0")],
)
def test_a_wrong_cell_deep_in_a_long_file_is_named(wrong: str, held: str) -> None:
    lines = long_table().splitlines()
    lines[15_000] = f"7,{wrong}"
    with pytest.raises(Refusal) as raised:
        read("\n".join(lines))
    values = raised.value.values
    assert (values["row"], values["column"], values["held"]) == (15_001, "y", held)


def test_a_broken_row_deep_in_a_long_file_is_named() -> None:
    lines = long_table().splitlines()
    lines[15_000] = "7"
    with pytest.raises(Refusal) as raised:
        read("\n".join(lines))
    assert (raised.value.values["row"], raised.value.values["found"]) == (15_001, 1)


def test_a_row_that_is_too_long_deep_in_a_long_file_is_named() -> None:
    lines = long_table().splitlines()
    lines[15_000] = "7,8,9"
    with pytest.raises(Refusal) as raised:
        read("\n".join(lines))
    assert (raised.value.values["row"], raised.value.values["found"]) == (15_001, 3)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("rows", [30, LONG])
def test_a_file_is_read_whatever_ends_its_lines(line_end: str, rows: int) -> None:
    lines = long_table().splitlines()[: rows + 1]
    points = read(line_end.join(lines))
    assert (points.data.n, points.data.row(rows - 1)) == (rows, rows + 1)


def test_a_long_file_of_more_columns_than_anybodys_is_refused() -> None:
    with pytest.raises(Refusal, match="columns"):
        read((",".join(["1"] * 300) + "\n") * 300)


def test_empty_cells_and_lines_of_a_long_file_are_left_out_and_counted() -> None:
    lines = long_table().splitlines()
    lines[15_000] = "7,"
    lines[15_001] = ""
    points = read("\n".join(lines))
    assert (points.data.n, points.left_out) == (LONG - 2, 1)
    assert points.data.row(LONG - 3) == LONG + 1


def test_more_than_a_million_rows_are_refused() -> None:
    with pytest.raises(Refusal) as raised:
        read("1,2\n" * (MOST_ROWS + 2))
    assert raised.value.values == {"count": "1,000,002", "limit": "1,000,000"}


def test_a_file_of_more_than_20_mb_is_refused() -> None:
    with pytest.raises(Refusal, match="too large"):
        read(b"1,2\n" * 5_000_001)


@pytest.mark.parametrize("content", ["", "\n\n", " \n"])
def test_an_empty_file_is_refused(content: str) -> None:
    with pytest.raises(Refusal, match="empty"):
        read(content)


GARBAGE = {
    "random bytes": os.urandom(10_000_000),
    "zeros": bytes(10_000_000),
    "letters": b"a" * 10_000_000,
    "words": b"lorem ipsum dolor\n" * 550_000,
    "words, then columns": b"lorem,ipsum,dolor\n" * 550_000,
    "quotes": b'"' * 10_000_000,
    "open quote": b'"1,2\n' + b"3,4\n" * 2_000_000,
    "commas": b"," * 10_000_000,
    "semicolons": b";\n" * 5_000_000,
    "newlines": b"\n" * 10_000_000,
    "digits": b"1" * 10_000_000,
    "a long line": b"1," * 5_000_000,
    "chinese": ("好" * 3_000_000).encode(),
    "gbk": ("好，" * 2_500_000).encode("gb18030"),
    "nan": b"nan,nan\n" * 900_000,
    "empty cells": b",\n" * 900_000,
    "dates": b"2024-13-45,1\n" * 700_000,
    "numbers, then a word": b"x,y\n" + b"1.5,2\n" * 900_000 + b"word,2\n",
    "numbers, then nan": b"x,y\n" + b"1.5,2\n" * 900_000 + b"1,nan\n",
    "numbers, then infinity": b"x,y\n" + b"1.5,2\n" * 900_000 + b"1,1e999999999\n",
    "decimal commas, then a word": b"x;y\n" + b"1,5;2\n" * 900_000 + b"word;2\n",
    "brackets": b"[" * 5_000_000 + b"]" * 5_000_000,
    "exponents": b"1e999999999,2\n" * 700_000,
}


def seconds_of(work: Callable[[], object]) -> float:
    """Return the processor time of some work, which a busy machine stretches least."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def a_second() -> float:
    """Return the processor time of what takes 0.3 s on a quiet machine, as a second of such a one."""
    return max(1.0, 3 * seconds_of(lambda: sum(map(float, ["1.5"] * 3_000_000))))


@pytest.mark.parametrize("kind", sorted(GARBAGE))
def test_ten_megabytes_of_garbage_are_answered_in_under_a_second(kind: str) -> None:
    def answered() -> None:
        with contextlib.suppress(Refusal):
            read(GARBAGE[kind])

    assert any(seconds_of(answered) < a_second() for _ in range(3))


def test_a_million_rows_are_read_in_seconds() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 100, 200_000).round(4).tolist()
    content = ("x,y\n" + "".join(f"{a},{a}\n" for a in x)).encode()
    assert read(content).data.n == 200_000
    # a fifth of a million rows; 0.1 s on a quiet machine
    assert any(seconds_of(lambda: read(content)) < a_second() / 2 for _ in range(3))


def json_lines(*records: object) -> str:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)


def test_json_lines_are_points_in_the_order_of_their_fields() -> None:
    points = read(json_lines({"身高": 1, "y": 2.5}, {"y": 5, "身高": 2}, {"身高": 3, "y": 7.5}))
    assert points.data.x[:, 0].tolist() == [1, 2, 3]
    assert points.data.y.tolist() == [2.5, 5, 7.5]
    assert (points.data.x_names, points.data.y_name, points.data.row(2)) == (("身高",), "y", 3)


def test_fields_are_chosen_by_name() -> None:
    rows = [{"note": "a text", "a": n, "b": 2 * n, "w": 1} for n in range(5)]
    points = read(json_lines(*rows), x=("b",), y="a", weights="w")
    assert points.data.x[:, 0].tolist() == [0, 2, 4, 6, 8]
    assert points.data.weights is not None


def test_a_field_that_is_empty_leaves_its_row_out_and_text_is_read_as_in_a_table() -> None:
    points = read(
        "\n" + json_lines({"x": "1,5", "y": "2 kg"}, {"x": "2,5"}, {"x": "3,5", "y": "4 kg"}, {"x": None})
    )
    assert points.data.x[:, 0].tolist() == [1.5, 3.5]
    assert (points.left_out, points.data.row(1)) == (2, 4)
    assert {note.sentence for note in points.notes} == {
        "{column}: commas read as decimal signs",
        "{column}: in {unit}",
    }


@pytest.mark.parametrize(
    ("value", "held"),
    [('"word"', "word"), ("true", "true"), ("NaN", "nan"), ("1e999", "inf"), ("[1]", "[1]")],
)
def test_a_field_that_is_no_number_is_named_with_its_line(value: str, held: str) -> None:
    with pytest.raises(Refusal) as raised:
        read('{"x": 1, "y": 2}\n\n{"x": 2, "y": ' + value + "}\n")
    values = raised.value.values
    assert (values["row"], values["column"], values["held"]) == (3, "y", held)


def test_a_line_without_an_object_is_named() -> None:
    with pytest.raises(Refusal) as raised:
        read('{"x": 1, "y": 2}\nnonsense\n')
    assert raised.value.words(Texts()) == "Row 2 of this file is no JSON object. It holds: nonsense"


def test_objects_with_ever_other_fields_are_refused() -> None:
    with pytest.raises(Refusal, match="columns"):
        read(json_lines(*({f"field {n}": n} for n in range(300))))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_large_file_costs_little_beside_itself(kind: str) -> None:
    rows = ((n / 7, n / 3) for n in range(200_000))
    content = "".join(
        f'{{"x": {x:.6f}, "y": {y:.6f}}}\n' if kind == "jsonl" else f"{x:.6f},{y:.6f}\n" for x, y in rows
    ).encode()
    tracemalloc.start()
    try:
        assert read(content).data.n == 200_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    numbers = 200_000 * 3 * 8  # x, y and the rows
    assert peak < 2 * len(content) + 2 * numbers
