"""How a message becomes a command with options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammar import (
    Arguments,
    Invocation,
    normalise,
    read_arguments,
    read_command,
    read_duration,
    read_switch,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/fit", Invocation("fit")),
        ("/fit 1,2 2,4", Invocation("fit", None, "1,2 2,4")),
        ("/Fit@tonefit_bot\n1,2", Invocation("fit", "tonefit_bot", "1,2")),
        ("/s  好", Invocation("s", None, "好")),
        ("fit 1,2", None),
        (" /fit", None),
        ("/", None),
        ("/path/to/file", None),
        ("/über", None),
    ],
)
def test_a_command_is_read_with_what_follows_it(text: str, expected: Invocation | None) -> None:
    assert read_command(text) == expected


@pytest.mark.parametrize(
    ("rest", "options", "text"),
    [
        ("spam epochs=3", {"epochs": "3"}, "spam"),
        ("spam --epochs 3", {"epochs": "3"}, "spam"),
        ("spam —epochs 3", {"epochs": "3"}, "spam"),
        ("spam –epochs=3", {"epochs": "3"}, "spam"),
        ("spam epochs：3", {"epochs": "3"}, "spam"),
        ("epochs = 3 spam", {"epochs": "3"}, "spam"),
        ("spam name=“two words”", {"name": "two words"}, "spam"),
        ("spam epochs=３", {"epochs": "3"}, "spam"),
        ("spam ‘epochs=3’", {"epochs": "3"}, "spam"),
        ("spam “—epochs=3”", {"epochs": "3"}, "spam"),
        ("'name=two words' spam", {"name": "two words"}, "spam"),
        ("spam “other=3”", {}, "spam “other=3”"),
        ("1,2 --through0", {"through0": ""}, "1,2"),
        ("x=1 y=2 is not for us", {}, "x=1 y=2 is not for us"),
        ("meet at 12:30 epochs 3", {}, "meet at 12:30 epochs 3"),
    ],
)
def test_an_option_is_read_however_a_phone_writes_it(rest: str, options: dict[str, str], text: str) -> None:
    arguments = read_arguments(rest, {"epochs", "name", "through0"})
    assert (arguments.options, arguments.text) == (options, text)


def test_options_are_taken_from_the_first_line_only() -> None:
    assert read_arguments("spam\njunk: epochs=3", {"epochs"}) == Arguments(
        words=("spam",), text="spam\njunk: epochs=3", body="junk: epochs=3"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("１，２；３，４", "1,2;3,4"), ("−5", "-5"), ("1、2", "1,2"), ("“a”", '"a"'), ("ｘ＝１０", "x=10")],
)
def test_full_width_forms_are_folded(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("word", "expected"), [("on", True), ("开", True), ("NO", False), ("关", False), ("perhaps", None)]
)
def test_switches_are_read_in_both_languages(word: str, expected: bool | None) -> None:
    assert read_switch(word) is expected


@pytest.mark.parametrize(
    ("word", "expected"), [("30m", 1800), ("2h", 7200), ("7d", 604800), ("2w", 1209600), ("5", None)]
)
def test_durations_are_read(word: str, expected: int | None) -> None:
    assert read_duration(word) == expected


@given(st.text())
def test_no_text_breaks_the_grammar(text: str) -> None:
    read_command("/" + text)
    arguments = read_arguments(text, {"x", "model"})
    assert set(arguments.options) <= {"x", "model"}
    normalise(text)
