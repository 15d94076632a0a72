"""The grammar of `/fit`: whatever phones, spreadsheets and people make of a table of numbers."""

import contextlib
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.errors import Refusal
from handlers.number_cells import read_column
from handlers.points import looks_like_points, parse_fit
from ml.regression.spec import Spec

LINE = [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]


def rows_of(text: str, **how: str) -> list[list[float]]:
    points = parse_fit(text, **how)[1]  # type: ignore[arg-type]
    assert points is not None
    return np.column_stack([points.data.x, points.data.y]).tolist()


def notes_of(text: str) -> list[str]:
    points = parse_fit(text)[1]
    assert points is not None
    return [note.sentence.format(**note.values) for note in points.notes]


@pytest.mark.parametrize(
    "text",
    [
        "1,2 2,4 3,6",
        "1,2;2,4;3,6",
        "1,2; 2,4; 3,6;",
        "1,2\n2,4\n3,6",
        "1, 2\n2, 4\n3, 6\n",
        "1, 2 2, 4 3, 6",
        "1 2\n2 4\n3 6",
        "1 2; 2 4; 3 6",
        "1\t2\n2\t4\n3\t6",
        "1|2\n2|4\n3|6",
        "| x | y |\n|---|:-:|\n| 1 | 2 |\n| 2 | 4 |\n| 3 | 6 |",
        "(1,2) (2,4) (3,6)",
        "(1, 2), (2, 4), (3, 6)",
        "[1 2]; [2 4]; [3 6]",
        "[[1, 2], [2, 4], [3, 6]]",
        "{1;2} {2;4} {3;6}",
        "（１，２）（２，４）（３，６）",
        "【1，2】【2，4】【3，6】",
        "《1、2》《2、4》《3、6》",
        "１，２；２，４；３，６",
        "x,y\n1,2\n2,4\n3,6",
        "x,y 1,2 2,4 3,6",
        "x\ty\r\n1\t2\r\n2\t4\r\n3\t6\r\n",
        '"x","y"\n"1","2"\n"2","4"\n"3","6"',
        "身高 体重\n1 2\n2 4\n3 6",
        "1,2\n\n2,4\n\n3,6",
        "+1,2.0 2.,4e0 3,.6e1",
        "x;y\n1;2\n2;4\n3;6",
        "1 2, 2 4, 3 6",
        "x=1,2,3 y=2,4,6",
        "x: 1 2 3\ny: 2 4 6",
        "时间：1，2，3\n温度：2，4，6",
        "linear: 1,2 2,4 3,6",
    ],
)
def test_points_are_read_however_they_are_written(text: str) -> None:
    assert rows_of(text) == LINE


def test_signs_that_phones_make_are_read() -> None:
    assert rows_of("−1,2 –2,4 +3,—6 ‑4,－8") == [[-1, 2], [-2, 4], [3, -6], [-4, -8]]
    assert looks_like_points("–1,2 –2,4")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5\t2,7\n3\t4,25", [[1.5, 2.7], [3, 4.25]]),
        ("1,5;2,7\n3;4,25", [[1.5, 2.7], [3, 4.25]]),
        ("1\t1,234\n2\t12,345", [[1, 1234], [2, 12345]]),
        ("1\t1,234.5\n2\t12", [[1, 1234.5], [2, 12]]),
        ("1\t1.234,5\n2\t12,25", [[1, 1234.5], [2, 12.25]]),
        ("1,5\t1.234,5\n2,25\t12", [[1.5, 1234.5], [2.25, 12]]),
        ("1\t1,234,567\n2\t3", [[1, 1234567], [2, 3]]),
        ("1\t1.234.567\n2\t3", [[1, 1234567], [2, 3]]),
        ("1\t1,234\n2\t1,5", [[1, 1.234], [2, 1.5]]),
        ("1\t1 234,5\n2\t1,5", [[1, 1234.5], [2, 1.5]]),
        ("1\t12%\n2\t50 %", [[1, 0.12], [2, 0.5]]),
        ("1\t5 kg\n2\t7,5 kg", [[1, 5], [2, 7.5]]),
        ("1\t$1,200\n2\t$3,400", [[1, 1200], [2, 3400]]),
        ("(1,5 2,7) (2,5 3,7)", [[1.5, 2.7], [2.5, 3.7]]),
        ("(1,5; 2,7) (2,5; 3,7)", [[1.5, 2.7], [2.5, 3.7]]),
    ],
)
def test_a_column_decides_what_its_commas_mean(text: str, expected: list[list[float]]) -> None:
    assert rows_of(text) == expected


def test_a_comma_that_may_mean_two_things_is_said_and_the_other_reading_offered() -> None:
    points = parse_fit("1\t1,234\n2\t2,345")[1]
    assert points is not None
    assert (points.other, points.notes[0].sentence) == ("decimal", "{column}: commas read as thousands")
    assert rows_of("1\t1,234\n2\t2,345", commas="decimal") == [[1, 1.234], [2, 2.345]]


def test_pairs_with_commas_are_points_and_may_be_read_as_decimals() -> None:
    assert rows_of("1,5 2,7") == [[1, 5], [2, 7]]
    assert notes_of("1,5 2,7") == ["read as 2 points: (1, 5) (2, 7)"]
    assert rows_of("1,5 2,7\n3,5 4,1", commas="decimal") == [[1.5, 2.7], [3.5, 4.1]]


def test_one_column_is_y_against_its_numbers() -> None:
    assert rows_of("3\n5\n8") == [[1, 3], [2, 5], [3, 8]]
    assert rows_of("3, 5, 8") == [[1, 3], [2, 5], [3, 8]]
    assert rows_of("3 5 8 9") == [[1, 3], [2, 5], [3, 8], [4, 9]]


def test_more_columns_are_features_with_y_last() -> None:
    points = parse_fit("a,b,c\n1,2,3\n4,5,6\n7,8,10")[1]
    assert points is not None
    assert (points.data.x_names, points.data.y_name) == (("a", "b"), "c")
    assert points.data.y.tolist() == [3, 6, 10]


@pytest.mark.parametrize(
    ("options", "x", "y"),
    [("x=b y=a", ("b",), "a"), ("y=a", ("b", "c"), "a"), ("x=1", ("a",), "c"), ("x=c,a", ("c", "a"), "b")],
)
def test_columns_are_chosen_by_name_or_number(options: str, x: tuple[str, ...], y: str) -> None:
    points = parse_fit(f"{options}\na\tb\tc\n1\t2\t3\n4\t5\t6")[1]
    assert points is not None
    assert (points.data.x_names, points.data.y_name) == (x, y)


def test_dates_as_x_are_days_and_said_and_bare_numbers_never_are() -> None:
    points = parse_fit("2024-01-01\t5\n2024-01-02 12:00\t6\n2024-02-01\t9")[1]
    assert points is not None
    assert points.data.x[:, 0].tolist() == [0, 1.5, 31]
    assert points.notes[0].values == {"column": "x", "origin": "2024-01-01"}
    assert rows_of("20240101\t5\n20240102\t6") == [[20240101, 5], [20240102, 6]]


def test_times_of_day_are_hours() -> None:
    assert rows_of("08:30\t1\n10:00\t2") == [[8.5, 1], [10, 2]]


def test_rows_with_an_empty_cell_are_left_out_and_counted() -> None:
    points = parse_fit("x\ty\n1\t2\n2\t\n\t5\n4\t8")[1]
    assert points is not None
    assert points.data.rows is not None
    assert (points.left_out, points.data.y.tolist(), points.data.rows.tolist()) == (2, [2, 8], [2, 5])


@pytest.mark.parametrize(
    ("text", "row", "column", "held"),
    [
        ("abc\nx1", 1, 1, "abc"),
        ("1,2 2,b 3,4", 2, "y", "b"),
        ("please 1,2 2,4", 1, 1, "please"),
        ("height,weight\n1,2\n2,?", 3, "weight", "?"),
        ("1,2\n2,nan", 2, "y", "nan"),
        ("1,2\n2,-inf", 2, "y", "-inf"),
        ("1,2\n2,1e999", 2, "y", "1e999"),
        ("1\t1,23,4\n2\t3", 1, "y", "1,23,4"),
        ("1\t2024-01-01\n2\t2024-01-02", 1, "y", "2024-01-01"),
        ("1\t5 kg\n2\t7 lb", 1, "y", "5 kg"),
        ("1,2 2,__import__('os') 3,4", 2, "y", "__import__('os')"),
    ],
)
def test_a_cell_that_is_no_number_is_named_with_its_place(
    text: str, row: int, column: object, held: str
) -> None:
    with pytest.raises(Refusal) as raised:
        parse_fit(text)
    values = raised.value.values
    assert (values["row"], values["column"], values["held"]) == (row, column, held)


def test_names_that_begin_with_a_digit_are_names_above_plain_numbers() -> None:
    points = parse_fit("50m\t100m\n7.1\t13.5\n7.5\t14")[1]
    assert points is not None
    assert (points.data.x_names, points.data.y_name) == (("50m",), "100m")
    assert rows_of("5 kg\t10 cm\n6 kg\t11 cm") == [[5, 10], [6, 11]]


def test_a_broken_row_is_named() -> None:
    with pytest.raises(Refusal) as raised:
        parse_fit("a,b\n1,2\n3\n4,5")
    assert (raised.value.values["row"], raised.value.values["found"]) == (3, 1)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("1,2 2,4", Spec()),
        ("linear 1,2 2,4", Spec()),
        ("poly3 1,2 2,4", Spec(degree=3)),
        ("poly 3 1,2 2,4", Spec(degree=3)),
        ("degree 3\n1,2 2,4", Spec(degree=3)),
        ("quadratic 1,2 2,4", Spec(degree=2)),
        ("三次 1,2 2,4", Spec(degree=3)),
        ("指数 1,2 2,4", Spec(model="exp")),
        ("exponential: 1,2 2,4", Spec(model="exp")),
        ("deg=4 1,2", Spec(degree=4)),
        ("—deg 4 1,2", Spec(degree=4)),
        ("--degree 4 1,2", Spec(degree=4)),
        ("deg：4 1,2", Spec(degree=4)),
        ("１，２ ci=90", Spec(ci=90)),
        ("‘ci=90’ 1,2 3,4 5,−7.5", Spec(ci=90)),
        ("ci=99.9% 1,2", Spec(ci=99.9)),
        ("exp 1,2", Spec(model="exp")),
        ("POWER 1,2", Spec(model="power")),
        ("log\n1,2", Spec(model="log")),
        ("through0 1,2", Spec(through0=True)),
        ("1,2 2,4 through0", Spec(through0=True)),
        ("—through0 1,2", Spec(through0=True)),
        ("robust 1,2", Spec(robust="huber")),
        ("robust=theil-sen 1,2", Spec(robust="theil-sen")),
        ("--robust huber 1,2", Spec(robust="huber")),
        ("ridge 1,2", Spec(ridge="cv")),
        ("ridge=0.5 1,2", Spec(ridge=0.5)),
        ("lasso 0.1 1,2", Spec(lasso=0.1)),
        ("--lasso 1,2", Spec(lasso="cv")),
    ],
)
def test_the_model_and_its_options_are_read(text: str, spec: Spec) -> None:
    options, points = parse_fit(text)
    assert options.spec == spec
    assert points is not None
    assert points.data.x[0, 0] == 1


@pytest.mark.parametrize(
    "text",
    [
        "deg=11 1,2",
        "deg=x 1,2",
        "poly99 1,2",
        "ci=40 1,2",
        "ci=abc 1,2",
        "robust=x 1,2",
        "ridge=-1 1,2",
        "foo=1 1,2",
    ],
)
def test_an_option_with_a_wrong_value_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        parse_fit(text)


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refusal) as raised:
        parse_fit("x=height a\tb\n1\t2\n2\t3")
    assert (
        raised.value.values == {"column": "height", "columns": "x, y"}
        or raised.value.values["columns"] == "a, b"
    )


def test_no_table_is_no_error() -> None:
    assert parse_fit("")[1] is None
    assert parse_fit("poly2 ci=90")[1] is None


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1,2 2,4 3,6", True),
        ("1 2\n2 4", True),
        ("(1,2) (3,4)", True),
        ("１，２；３，４", True),
        ("call 110 now", False),
        ("2024", False),
        ("030 1234 5678 90", False),
        ("12.05.2024 13.06.2025", False),
        ("2024-01-01 5\n2024-01-02 6", True),
        ("+49 30 123456", False),
        ("12:30", False),
        ("", False),
        ("1.5", False),
    ],
)
def test_plain_words_are_points_only_where_nothing_else_stands(text: str, points: bool) -> None:
    assert looks_like_points(text) is points


def test_more_than_two_thousand_typed_rows_are_refused() -> None:
    assert len(rows_of(" ".join(f"{n},{n}" for n in range(2000)))) == 2000
    with pytest.raises(Refusal) as raised:
        parse_fit(" ".join(f"{n},{n}" for n in range(2001)))
    assert raised.value.values == {"limit": "2,000"}


@pytest.mark.parametrize(
    "garbage",
    [
        "a",
        "1",
        "1,",
        "(",
        "((((",
        "1 ",
        ",",
        ";",
        "\t",
        "|",
        "-",
        "é",
        "1,2 ",
        "\n",
        "ridge ",
        "x=1 ",
        '"',
        "１",
        "1,234",
        "x=1,2 ",
        "a:1 2\n",
        "degree 2 ",
        "1 2,",
    ],
)
def test_ten_megabytes_of_anything_are_answered_at_once(garbage: str) -> None:
    text = garbage * (10_000_000 // len(garbage))
    for length in (len(text), 199_000):
        assert any(seconds_of(text[:length]) < 2 for _ in range(3))


def seconds_of(text: str) -> float:
    """Return the processor time of reading a text, which a busy machine stretches least."""
    start = time.thread_time()
    with contextlib.suppress(Refusal):
        parse_fit(text)
    return time.thread_time() - start


finite = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 6))
pairs = st.lists(st.tuples(finite, finite), min_size=3, max_size=30)


BRACKETS = ["()", "[]", "{}", "（）", "【】", "「」", "『』", "〈〉", "《》", "〔〕", "<>"]


def wide(text: str) -> str:
    return text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


@settings(max_examples=100, deadline=None)
@given(
    pairs,
    st.sampled_from(
        [
            "plain",
            "wide",
            "minus",
            "dashes",
            "tabs",
            "tabs and blanks",
            "semicolon",
            "brackets",
            "decimal comma",
            "thousands",
            "curly quotes",
            "units",
            "lists",
            "between commas",
            *BRACKETS,
        ]
    ),
)
def test_any_numbers_come_back_in_every_dress(points: list[tuple[float, float]], dress: str) -> None:
    texts = {
        "plain": " ".join(f"{x!r},{y!r}" for x, y in points),
        "wide": wide(";".join(f"{x!r},{y!r}" for x, y in points)),
        "minus": "\n".join(f"{x!r}, {y!r}" for x, y in points).replace("-", "−"),
        "dashes": "\n".join(f"{x!r} {y!r}" for x, y in points).replace("-", "—").replace("e—", "e-"),
        "tabs and blanks": " x \t y \r\n" + "".join(f" {x!r}\t {y!r} \r\n" for x, y in points),
        "curly quotes": "“x”,„y”\n" + "\n".join(f"“{x!r}”,”{y!r}”" for x, y in points),
        "units": "\n".join(f"{x!r} kg\t€{y!r}" for x, y in points),
        "lists": f"x: {', '.join(repr(x) for x, _ in points)}\ny: {' '.join(repr(y) for _, y in points)}",
        "between commas": ", ".join(f"{x!r} {y!r}" for x, y in points),
        **{pair: "，".join(f"{pair[0]}{x!r}；{y!r}{pair[1]}" for x, y in points) for pair in BRACKETS},
        "tabs": "\n".join(f"{x!r}\t{y!r}" for x, y in points),
        "semicolon": "a;b\n" + "\n".join(f"{x!r};{y!r}" for x, y in points),
        "brackets": "".join(f"({x!r}, {y!r})" for x, y in points),
        "decimal comma": "0,5\t0,5\n" + "\n".join(f"{x:f}\t{y:f}".replace(".", ",") for x, y in points),
        "thousands": "1,000.5\t1\n" + "\n".join(f"{x:,.6f}\t{y:,.6f}" for x, y in points),
    }
    found = rows_of(texts[dress])
    extra = 1 if dress in {"decimal comma", "thousands"} else 0
    assert found[extra:] == [list(point) for point in points]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    looks_like_points(text)
    try:
        parse_fit(text)
    except Refusal as refusal:
        assert refusal.sentence.format(**refusal.values)


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        (["1,5", "x", "2"], 1),
        (["1", "2.5", "nan"], 2),
        (["1", "1_0"], 1),
        (["1", "", "1e400"], 2),
        (["2024-01-01", "2024-01-02", "soon"], 2),
        (["2024-01-01", "5"], 1),
        (["5", "2024-01-01"], 1),
        (["1,5", "1,2,3"], 1),
    ],
)
def test_a_column_says_where_its_first_wrong_cell_stands(cells: list[str], wrong: int) -> None:
    assert read_column(cells).wrong == wrong


def test_a_word_among_dates_is_named_as_no_date() -> None:
    with pytest.raises(Refusal, match="which is no date like 2024-01-31") as raised:
        parse_fit("2024-01-01\t5\n2024-01-02\t6\nsoon\t7\n2024-02-01\t9")
    assert (raised.value.values["row"], raised.value.values["held"]) == (3, "soon")
