"""Files of points: whatever spreadsheets save, a million rows at most, and garbage that costs no time."""

import contextlib
import os
import time

import numpy as np
import pytest

from handlers.errors import Refusal
from handlers.fit_options import Options
from handlers.point_files import MOST_ROWS, read_file
from handlers.points import Points

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
}


@pytest.mark.parametrize("kind", sorted(GARBAGE))
def test_ten_megabytes_of_garbage_are_answered_in_under_a_second(kind: str) -> None:
    start = time.process_time()
    with contextlib.suppress(Refusal):
        read(GARBAGE[kind])
    assert time.process_time() - start < 1


def test_a_million_rows_are_read_in_seconds() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 100, 200_000).round(4).tolist()
    content = ("x,y\n" + "".join(f"{a},{a}\n" for a in x)).encode()
    start = time.process_time()
    assert read(content).data.n == 200_000
    assert time.process_time() - start < 0.5  # a fifth of a million rows; 0.1 s on a quiet machine
