"""How `/new` reads a name and labels."""

import pytest

from handlers.errors import Refusal
from handlers.new_model import NewModel, read_labels, read_name, read_new
from handlers.texts import Texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spam junk fine", NewModel("spam", ("junk", "fine"))),
        ("spam junk, fine", NewModel("spam", ("junk", "fine"))),
        ("心情 开心、难过", NewModel("心情", ("开心", "难过"))),
        ("心情 开心，难过", NewModel("心情", ("开心", "难过"))),
        ("ｓｐａｍ junk fine", NewModel("spam", ("junk", "fine"))),
        ("my_mood-2 “very good” bad", NewModel("my_mood-2", ("very good", "bad"))),
        ("mood\nvery good\nbad", NewModel("mood", ("very good", "bad"))),
        ("mood", NewModel("mood")),
        ("mood " + " ".join(f"l{n}" for n in range(12)), NewModel("mood", tuple(f"l{n}" for n in range(12)))),
    ],
)
def test_a_name_and_its_labels_are_read(text: str, expected: NewModel) -> None:
    assert read_new(text) == expected


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("spam junk", "One label alone leaves nothing to tell apart."),
        ("spam " + " ".join(f"l{n}" for n in range(13)), "These are 13 labels"),
        ("spam junk Junk", "The label “Junk” stands there twice."),
        ("spam junk a=b", "“a=b” cannot be a label"),
        ("spam junk a：b", "“a:b” cannot be a label"),
        ("spam junk " + "x" * 25, f"“{'x' * 25}” cannot be a label"),
        ("sp/am junk fine", "A model's name has 1 to 24 letters"),
        ("x" * 25 + " junk fine", "A model's name has 1 to 24 letters"),
        ("Sentiment junk fine", "“sentiment” is the model that I come with."),
    ],
)
def test_what_cannot_be_a_model_is_refused_in_a_sentence(text: str, begins: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_new(text)
    assert refusal.value.words(Texts()).startswith(begins)


def test_a_label_of_24_chinese_characters_is_one() -> None:
    assert read_labels(f"{'好' * 24} 坏", "心情") == ("好" * 24, "坏")


@pytest.mark.parametrize("word", ["", "two words", "😀", "a.b"])
def test_a_name_has_letters_and_digits(word: str) -> None:
    with pytest.raises(Refusal):
        read_name(word)
