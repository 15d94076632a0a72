"""`/classify` in a chat, answered by a real network."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from handlers import classify as classify_module
from handlers.classify import Wanted, answer, classify, press, read_wanted
from handlers.messages import Quoted, Reply
from handlers.model_names import model_key
from ml.predictor import SHIPPED_NAME
from tests.handlers.conftest import Talk, labels_of, make_model, publish_model

GOOD = "What a lovely surprise, thank you!"
BAD = "This is terrible and I hate it."


@pytest.fixture
async def spam(talk: Talk, tmp_path: Path) -> Talk:
    """A chat with a trained model of the labels bad, meh, good."""
    await publish_model(talk, tmp_path / "model")
    return talk


def rows(reply: Reply) -> list[list[str]]:
    assert reply.document is not None
    return list(csv.reader(StringIO(reply.document.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("args", "alone", "expected"),
    [
        ("", False, Wanted()),
        ("spam win now", False, Wanted("spam", "win now")),
        ("SPAM win\nnow", False, Wanted("spam", "win\nnow")),
        ("spam\nwin now", False, Wanted("spam", "win now")),
        ("spam", False, Wanted("spam", "")),
        ("what a day", False, Wanted(None, "what a day")),
        ("hello", False, Wanted(None, "hello")),
        ("spma win now", False, Wanted(None, "win now", "spma")),
        ("nosuch", True, Wanted(None, "", "nosuch")),
    ],
)
def test_a_model_and_a_text_are_read(args: str, alone: bool, expected: Wanted) -> None:
    assert read_wanted(args, ["spam", "sentiment"], alone=alone) == expected


async def test_a_text_gets_label_probability_and_runner_up(spam: Talk) -> None:
    said = await spam.say(classify, f"spam {GOOD}")
    assert said.text.startswith("good, ")
    assert " % (then meh, " in said.text or " % (then bad, " in said.text
    assert said.text.endswith("\nby spam v1")
    assert labels_of(said) == ["Why?", "👍 Right", "👎 Wrong"]


async def test_a_group_gets_one_line(group: Talk, tmp_path: Path) -> None:
    await publish_model(group, tmp_path / "model")
    said = await group.say(classify, f"spam {GOOD}")
    assert "\n" not in said.text


async def test_without_a_model_the_shipped_one_answers(talk: Talk) -> None:
    said = await talk.say(classify, GOOD)
    assert said.text.startswith("positive, ")
    assert "\nby sentiment " in said.text


async def test_a_text_of_several_lines_is_one_text(spam: Talk) -> None:
    said = await spam.say(classify, f"spam {GOOD}\n{GOOD}")
    assert said.text.startswith("good, ")


async def test_a_reply_is_classified_by_what_it_replies_to(spam: Talk) -> None:
    said = await spam.say(classify, "spam", quoted=Quoted(5, BAD))
    assert said.text.startswith("bad, ")


async def test_a_misspelt_model_is_guessed_and_the_text_waits(spam: Talk) -> None:
    said = await spam.say(classify, f"spma {GOOD}")
    assert said.text == "There is no model “spma” here. Did you mean one of these?"
    assert labels_of(said) == ["spam", "sentiment"]
    done = await spam.press_labelled(press, "spam")
    assert done.text.startswith("good, ")
    assert spam.outbox.order[-1][0] == "edit"


async def test_an_unknown_model_above_a_reply_is_asked_for(spam: Talk) -> None:
    said = await spam.say(classify, "nosuch", quoted=Quoted(5, BAD))
    assert labels_of(said) == ["spam", "sentiment"]
    done = await spam.press_labelled(press, "spam")
    assert done.text.startswith("bad, ")


async def test_the_only_model_of_a_chat_answers_where_none_is_named(
    spam: Talk, group: Talk, tmp_path: Path
) -> None:
    said = await spam.say(classify, GOOD)
    assert said.text.startswith("good, ")
    assert said.text.endswith("\nby spam v1")
    assert labels_of(said) == ["Why?", "👍 Right", "👎 Wrong"]
    await publish_model(group, tmp_path / "model")
    assert (await group.say(classify, f"不存在 {GOOD}")).text.endswith("\nby spam v1")


async def test_the_chosen_model_answers_where_none_is_named(spam: Talk) -> None:
    spam.settings.model = SHIPPED_NAME
    said = await spam.say(classify, GOOD)
    assert said.text.startswith("positive, ")
    assert "There is no model" not in said.text
    assert labels_of(said) == ["Why?", "👍 Right", "👎 Wrong", "spam"]
    other = await spam.press_labelled(press, "spam")
    assert other.text.startswith("good, ")


@pytest.mark.parametrize(
    ("language", "args", "line"),
    [
        (
            "en",
            "nosuchmodelhere what a day",
            "There is no model “nosuchmodelhere” here: “sentiment” read the whole text.",
        ),
        ("zh", "不存在 免费", "这里没有模型“不存在”：“sentiment”判断了整段文字。"),
    ],
)
async def test_an_unknown_name_is_said_and_the_models_here_are_offered(
    spam: Talk, tmp_path: Path, language: str, args: str, line: str
) -> None:
    await publish_model(spam, tmp_path / "mood", "mood")
    spam.language = language
    said = await spam.say(classify, args)
    assert said.text.splitlines()[-1] == line
    assert {"spam", "mood"} < set(labels_of(said))
    await spam.press_labelled(press, "spam")
    assert spam.session.result is not None
    assert spam.session.result["model"] == "spam"


async def test_an_untrained_model_says_how_to_train_it(talk: Talk) -> None:
    await make_model(talk)
    said = await talk.say(classify, f"spam {GOOD}")
    assert said.text == "“spam” is not trained yet. Teach it some examples and train it."
    assert labels_of(said) == ["Teach", "Train"]


async def test_no_text_shows_an_example_and_the_models(spam: Talk) -> None:
    said = await spam.say(classify)
    assert said.text.endswith("/classify spam Win a free cruise now")
    assert labels_of(said) == ["spam", "sentiment"]
    asked = await spam.press_labelled(press, "spam")
    assert asked.text == "Send me a text, and I say what “spam” makes of it."
    assert (await spam.say(answer, GOOD)).text.startswith("good, ")


async def test_5000_characters_are_refused_in_a_sentence(spam: Talk) -> None:
    said = await spam.say(classify, "spam " + "x" * 5000)
    assert said.text == "This text has 5,000 characters, and I read up to 2,000 at once. Send a shorter part."


async def test_a_reply_to_a_sticker_is_refused_in_a_sentence(spam: Talk) -> None:
    said = await spam.say(classify, "spam", quoted=Quoted(5, ""))
    assert said.text == "That message has no words I could read. Reply to a text message."


async def test_emoji_alone_are_answered_with_a_warning(spam: Talk) -> None:
    said = await spam.say(classify, "spam 😀😀")
    assert "There are no words in it, so take this with care." in said.text


async def test_a_chosen_model_that_is_gone_gives_way_to_the_shipped_one(talk: Talk) -> None:
    talk.settings.model = "gone"
    said = await talk.say(classify, GOOD)
    assert "by sentiment" in said.text


async def test_a_file_comes_back_with_label_and_probability(spam: Talk) -> None:
    document = spam.upload(f'id,text\n1,"{GOOD}"\n2,\n3,{BAD}\n4,=1+1\n'.encode(), "x.csv")
    said = await spam.say(classify, "spam", document=document)
    assert said.text.startswith("4 rows by spam: ")
    assert said.text.endswith("\n1 row has no text.")
    assert said.document is not None
    assert said.document.name == "x-labels.csv"
    table = rows(said)
    assert table[0] == ["id", "text", "label", "probability"]
    assert table[1][2] == "good"
    assert 0.3 < float(table[1][3]) <= 1
    assert table[2][2:] == ["", ""]
    assert table[4][1] == "'=1+1"


async def test_a_file_replied_to_is_labelled(spam: Talk) -> None:
    document = spam.upload(GOOD.encode(), "x.txt")
    said = await spam.say(classify, quoted=Quoted(5, document=document))
    assert rows(said)[0][1] == "good"


async def test_a_file_waits_for_its_model(spam: Talk) -> None:
    document = spam.upload(GOOD.encode(), "x.txt")
    await spam.say(classify, "nosuch", document=document)
    said = await spam.press_labelled(press, "spam")
    assert rows(said)[0][1] == "good"


async def test_more_rows_than_the_network_takes_at_once_come_back_in_order(
    spam: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classify_module, "AT_ONCE", 3)
    lines = [GOOD, BAD] * 5
    said = await spam.say(classify, "spam", document=spam.upload("\n".join(lines).encode(), "x.txt"))
    assert [row[-2] for row in rows(said)] == ["good", "bad"] * 5


async def test_too_many_rows_are_refused(spam: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify_module, "MOST_ROWS", 2)
    said = await spam.say(classify, "spam", document=spam.upload(b"one\ntwo\nthree\n", "x.txt"))
    assert said.text == "This file has 3 rows, and I label up to 2 at once. Send it in parts."


async def test_a_file_that_takes_too_long_is_refused_with_a_size_that_does_not(
    spam: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classify_module, "AT_ONCE", 1)
    monkeypatch.setattr(classify_module, "PATIENCE", -1)
    said = await spam.say(classify, "spam", document=spam.upload(b"one\ntwo\n", "x.txt"))
    assert said.text.startswith("I labelled 0 of 2 rows and then it took too long.")


async def test_a_file_with_a_broken_row_is_refused_with_its_place(spam: Talk) -> None:
    document = spam.upload(b'id,text\n1,one\n2,"two\n3,three\n', "x.csv")
    said = await spam.say(classify, "spam", document=document)
    assert said.text.startswith('Row 3 opens a quote (") and does not close it. It holds: 2,"two')


async def test_a_button_without_its_text_says_so(spam: Talk) -> None:
    said = await spam.press(press, f"classify:{model_key(SHIPPED_NAME)}", on=1)
    assert said.text == "This question is closed. Please send the command again."
