"""How a model is named in a message and in a button."""

import pytest

from handlers import models, teach
from handlers.model_names import find_model, model_buttons, model_key, nearest, unknown_model_card
from handlers.texts import Texts
from ml.registry import ModelEntry
from tests.handlers.conftest import Talk, labels_of, make_model

LONG = "垃圾信息识别模型第一版本用于我们的群聊和频道测试"  # 24 characters, 72 bytes


def test_a_button_holds_a_model_of_24_chinese_characters() -> None:
    assert len(LONG) == 24
    ((button,),) = model_buttons("classify", [LONG])
    assert button.text == LONG
    assert button.data is not None
    assert len(button.data.encode()) <= 64


def test_a_key_is_the_same_for_every_way_to_write_a_name() -> None:
    assert model_key("Spam") == model_key("ｓｐａｍ") != model_key("spam2")


@pytest.mark.parametrize("written", ["spam", "Spam", "ＳＰＡＭ"])
def test_a_name_is_found_whatever_its_case_and_width(written: str) -> None:
    entry = ModelEntry("7", "spam", ("junk", "fine"), None, "", 7)
    assert find_model(written, [entry]) is entry


def test_the_shipped_model_is_known_where_it_is_none_to_choose() -> None:
    for verb in ("label", "export", "forget", "learn:model"):
        card = unknown_model_card("Sentiment", verb, ["spam"], Texts())
        assert card.text.startswith(
            "“sentiment” came with me: it is not taught, trained, exported or deleted"
        )


def test_where_there_is_no_model_none_is_offered() -> None:
    card = unknown_model_card("spam", "forget", [], Texts())
    assert (card.text, card.buttons) == (
        "There is no model “spam” here. /models shows what there is.",
        (),
    )


def test_the_three_nearest_names_come_the_most_alike_first() -> None:
    assert nearest("spamm", ["mood", "ham", "spam", "zebra"])[0] == "spam"
    assert len(nearest("q", ["mood", "ham", "spam", "zebra"])) == 3


async def test_every_button_of_a_model_with_long_names_fits(talk: Talk) -> None:
    labels = ("非常非常非常非常非常非常积极的客户反馈信息和评论吧", "消极")[:2]
    labels = (labels[0][:24], labels[1])
    await make_model(talk, LONG, labels)
    card = await talk.say(models.models, LONG)  # the outbox measures each button
    asked = await talk.press(teach.press, f"teach:{model_key(LONG)}")
    assert LONG in card.text
    assert labels_of(asked)[:2] == list(labels)
    done = await talk.say(teach.answer, f"{labels[0]}：今天真好")
    assert "1 new example" in done.text
    undone = await talk.press_labelled(teach.press, "Undo")
    assert undone.text.startswith("Taken back: 1 example.")


async def test_the_button_of_a_deleted_model_says_so(talk: Talk) -> None:
    said = await talk.press(models.press, f"model:{model_key('gone')}", on=1)
    assert said.text == "This model is not here any more. /models shows what there is."
