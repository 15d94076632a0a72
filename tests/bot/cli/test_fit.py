"""`tonefit fit`: the JSON that outside checks read, and one sentence where something is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from bot.cli.fit import FitCommand, fit

LINE = "x,y\n1,2.1\n2,3.9\n3,6.2\n4,7.8\n5,10.1\n"
FEATURES = "a,b,w,out\n1,2,1,5\n2,1,2,4\n3,5,1,13\n4,2,1,8\n5,7,2,19.5\n6,1,1,9\n"

app = Typer(pretty_exceptions_enable=False)
app.command(cls=FitCommand)(fit)


def run(*args: str, content: str = LINE) -> Result:
    return CliRunner().invoke(app, list(args), input=content)


def fitted(*args: str, content: str = LINE) -> dict[str, Any]:
    result = run("-", "--json", *args, content=content)
    assert result.exit_code == 0, result.stderr
    record: dict[str, Any] = json.loads(result.stdout)
    return record


def test_the_json_has_the_fields_of_the_contract() -> None:
    record = fitted("--predict", "6,10")
    contract = "coefficients std_errors t p intervals r2 r2_adjusted residual_std n equation predictions"
    assert set(contract.split()) <= set(record)
    assert record["coefficients"] == [0.05, 1.99]
    assert record["n"] == 5
    assert record["predictions"] == pytest.approx([11.99, 19.95], rel=1e-14)
    assert [len(record[name]) for name in ("std_errors", "t", "p", "intervals")] == [2, 2, 2, 2]


def test_a_command_line_predicts_at_as_many_values_as_it_is_given() -> None:
    record = fitted("--predict", ",".join(str(n) for n in range(-50, 50)))
    assert record["predictions"] == pytest.approx([0.05 + 1.99 * n for n in range(-50, 50)], rel=1e-12)


def test_predictions_have_every_digit_where_the_powers_of_x_cancel() -> None:
    """The truth is the polynomial itself: its points have no errors, and two more than degree 10 needs."""

    def curve(x: int) -> int:
        return x * (x - 1001) * (x - 1003) * (x - 1006) * (x - 1007) * (x - 1008) * (x - 1011)

    rows = "".join(f"{x},{curve(x)}\n" for x in range(1000, 1012))
    record = fitted("--degree", "10", "--through0", "--predict", "1004,1003,0,1020", content=f"x,y\n{rows}")
    truth = [curve(x) for x in (1004, 1003, 0, 1020)]
    assert record["predictions"] == truth
    assert record["prediction_intervals"] == [[value, value] for value in truth]


def test_a_prediction_beyond_the_range_of_doubles_is_null() -> None:
    rows = "".join(f"{x},{y}\n" for x, y in enumerate([2, 4, 5, 9, 1, 4, 3, 9, 7, 1, 4, 9, 1]))
    record = fitted("--degree", "10", "--predict", "5,1e99", content=f"x,y\n{rows}")
    assert record["predictions"][0] is not None
    assert record["predictions"][1] is None
    assert record["prediction_intervals"][1] == [None, None]


def test_through0_leaves_the_intercept_out_of_every_list() -> None:
    record = fitted("--through0")
    assert [len(record[name]) for name in ("coefficients", "std_errors", "t", "p", "intervals")] == [1] * 5


def test_numbers_carry_all_their_digits() -> None:
    result = run("-", "--json", content="x,y\n1,1\n2,2\n3,4\n")
    assert '"coefficients": [-0.6666666666666666, 1.5]' in result.stdout


def test_a_perfect_fit_is_valid_json() -> None:
    record = fitted(content="x,y\n1,2\n2,4\n3,6\n4,8\n")
    assert (record["coefficients"], record["t"], record["p"]) == ([0, 2], [None, None], [None, 0])
    assert (record["r2"], record["residual_std"], record["aic"]) == (1, 0, None)


@pytest.mark.parametrize(
    ("args", "terms"),
    [
        (["--degree", "2"], ["1", "x", "x^2"]),
        (["--model", "log"], ["1", "ln(x)"]),
        (["--model", "exp"], ["a", "b"]),
        (["--model", "power"], ["a", "b"]),
        (["--robust", "huber"], ["1", "x"]),
        (["--robust", "theil-sen"], ["1", "x"]),
        (["--ridge"], ["1", "x"]),
        (["--ridge", "0.5"], ["1", "x"]),
        (["--ridge=0.5"], ["1", "x"]),
        (["--lasso", "0.1", "--ci", "90"], ["1", "x"]),
        (["--lasso"], ["1", "x"]),
    ],
)
def test_every_model_is_there(args: list[str], terms: list[str]) -> None:
    assert fitted(*args)["terms"] == terms


def test_columns_and_weights_are_chosen_by_name() -> None:
    assert fitted("--weights", "w", content=FEATURES)["terms"] == ["1", "a", "b"]
    assert fitted("--x", "b,a", "--y", "out", content=FEATURES)["terms"] == ["1", "b", "a"]
    record = fitted("--x", "a,b", "--y", "out", "--predict", "2,3", content=FEATURES)
    assert len(record["predictions"]) == 1


def test_a_bare_ridge_may_stand_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "line.csv"
    file.write_text(LINE)
    result = run("--ridge", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["strength"] >= 0


def test_people_get_a_table() -> None:
    result = run("-", "--predict", "10")
    assert "y = 1.99x + 0.05 · n = 5" in result.stdout
    assert "95 % interval" in result.stdout
    assert "Outside the data" in result.stdout


@pytest.mark.parametrize(
    ("args", "content", "said"),
    [
        ([], "x,y\n1,2\n2,b\n3,4\n", "Row 3, column y holds “b”, which is no number."),
        ([], "", "This file is empty."),
        ([], "x,y\n1,2\n", "This fit needs at least 3 points, and I read 1."),
        ([], "x,y\n1,2\n1,3\n1,4\n", "Every x is 1."),
        (["--y", "z"], LINE, "There is no column “z”. The columns are: x, y"),
        (["--degree", "11"], LINE, "The degree is a whole number from 1 to 10"),
        (["--ci", "20"], LINE, "--ci is the confidence in percent"),
        (["--ci", "high"], LINE, "--ci is the confidence in percent"),
        (["--degree", "two"], LINE, "The degree is a whole number from 1 to 10"),
        (["--ridge", "-1"], LINE, "--ridge takes a number from 0 up"),
        (["--x", "x", "--y", "x"], LINE, "Column “x” is named twice."),
        (["--model", "cubic"], LINE, "There is no model “cubic”."),
        (["--robust", "x"], LINE, "--robust is huber or theil-sen"),
        (["--ridge", "1", "--lasso", "1"], LINE, "ridge and lasso do not go together."),
        (["--predict", "soon"], LINE, "“soon” is no number. Write for example --predict 10."),
        (
            ["--model", "exp", "--x", "a,b"],
            FEATURES,
            "This curve goes through one column of x. Choose it with --x",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_2(args: list[str], content: str, said: str) -> None:
    result = run("-", *args, content=content)
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_an_interval_has_the_digits_that_tell_its_ends_apart_and_one_degree_is_one() -> None:
    ridge = run("-", "--ridge", content="x,y\n1,2\n2,4\n3,6\n4,8\n").stdout
    ends = re.findall(r"\[(\S+), (\S+)\]", ridge)
    assert len(ends) >= 3
    assert all(low != high for low, high in ends)
    assert "with 1 degree of freedom" in run("-", content="x,y\n1,2\n2,4.1\n3,6\n").stdout


def test_a_file_that_is_not_there_is_a_sentence() -> None:
    result = run("nowhere.csv")
    assert (result.exit_code, result.stderr) == (
        2,
        "nowhere.csv cannot be read: No such file or directory.\n",
    )


def test_a_spreadsheet_in_gbk_with_decimal_commas_is_read() -> None:
    content = "身高;体重\n1,5;2,5\n2,5;4,5\n3,5;6,6\n".encode("gb18030")
    result = CliRunner().invoke(app, ["-", "--json"], input=content)
    assert json.loads(result.stdout)["terms"] == ["1", "身高"]
