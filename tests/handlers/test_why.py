"""`/why` in a chat: by button, by reply, by id, by text, and when the text is gone."""

from pathlib import Path

import pytest

from handlers.basics import start
from handlers.classify import classify
from handlers.messages import Quoted
from handlers.sentiment import sentiment
from handlers.why import press, why
from ml.kept_texts import KeptText
from ml.samples import Sample
from tests.handlers.conftest import ANNA, Talk, labels_of, publish_model

TEXT = "The parcel is on the table, and it is terrible"
GONE = "This text is no longer kept. Send it again."


async def test_the_button_names_the_strongest_words_with_their_effect(talk: Talk) -> None:
    answered = await talk.say(sentiment, TEXT)
    assert labels_of(answered) == ["Why?", "👍 Right", "👎 Wrong"]
    said = (await talk.press_labelled(press, "Why?")).text.split("\n")
    assert said[0].startswith("Why negative, ")
    assert said[1].startswith("· “terrible” speaks for it: +")
    assert 2 <= len(said) <= 4


async def test_chinese_readers_get_it_in_chinese(talk: Talk) -> None:
    talk.language = "zh"
    await talk.say(sentiment, "快递到了，质量太差")
    said = await talk.press_labelled(press, "为什么？")
    assert "消极" in said.text
    assert "“差”" in said.text


async def test_a_reply_to_an_answer_explains_that_answer(talk: Talk) -> None:
    await talk.say(sentiment, TEXT)
    message = talk.outbox.order[-1][1]
    await talk.say(sentiment, "What a lovely day")
    said = await talk.say(why, quoted=Quoted(message, "…", from_bot=True))
    assert "“terrible”" in said.text


async def test_without_a_reply_the_last_answer_or_a_named_one_is_explained(talk: Talk) -> None:
    await talk.say(sentiment, TEXT)
    first = (talk.session.result or {})["id"]
    await talk.say(sentiment, "What a lovely day")
    assert "“lovely”" in (await talk.say(why)).text
    assert "“terrible”" in (await talk.say(why, first.lower())).text


async def test_a_text_of_its_own_is_explained(talk: Talk) -> None:
    assert "“terrible”" in (await talk.say(why, TEXT)).text
    quoted = Quoted(3, TEXT)
    assert "“terrible”" in (await talk.say(why, quoted=quoted)).text


async def test_nothing_to_explain_says_how(talk: Talk) -> None:
    assert (await talk.say(why)).text == "Reply to an answer of mine with /why, or write /why and a text."


async def test_a_text_that_is_gone_is_asked_for_again(talk: Talk) -> None:
    await talk.say(sentiment, TEXT)
    await talk.services.texts.forget(ANNA.id)
    assert (await talk.press_labelled(press, "Why?")).text == GONE
    assert (await talk.say(why)).text == GONE
    assert (await talk.say(why, quoted=Quoted(1, "…", from_bot=True))).text == GONE
    assert (await talk.press(press, "why:no:such")).text == GONE


async def test_a_link_to_an_answer_explains_it(talk: Talk) -> None:
    await talk.say(sentiment, TEXT)
    result_id = (talk.session.result or {})["id"]
    assert "“terrible”" in (await talk.say(start, f"why_{result_id}")).text
    assert (await talk.say(start, "why_NOSUCH")).text == GONE


async def test_another_chat_learns_nothing_of_an_answer_here(talk: Talk, group: Talk) -> None:
    await talk.say(sentiment, TEXT)
    result_id = (talk.session.result or {})["id"]
    assert (await group.press(press, f"why:{result_id}", on=5)).text == GONE


async def test_a_model_of_the_chat_shows_the_nearest_example(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    samples = [Sample("a parcel that is terrible", "bad"), Sample("what a day", "good")]
    await talk.services.examples.add(talk.owner, "spam", samples, ANNA.id)
    await talk.say(classify, f"spam {TEXT}")
    said = await talk.press_labelled(press, "Why?")
    assert said.text.startswith("Why bad, ")
    assert said.text.endswith("The nearest example I was taught (bad): “a parcel that is terrible”")


async def test_texts_are_kept_for_a_day_and_found_by_person(talk: Talk) -> None:
    await talk.say(sentiment, TEXT)
    result_id = (talk.session.result or {})["id"]
    texts = talk.services.texts
    assert await texts.find(talk.owner, result_id) == KeptText(TEXT, ANNA.id)
    assert await texts.of(ANNA.id) == [TEXT]
    assert await texts.of(999) == []
    assert await texts.forget(ANNA.id) == 1
    assert await texts.of(ANNA.id) == []


@pytest.mark.parametrize("key", ["tonefit:text:*", "tonefit:answered:*", "tonefit:texts:*"])
async def test_everything_kept_of_a_text_ends_within_a_day(talk: Talk, key: str) -> None:
    await talk.say(sentiment, TEXT)
    redis = talk.services.texts._redis
    ends = [await redis.ttl(name) async for name in redis.scan_iter(key)]
    assert ends
    assert all(0 < seconds <= 86_400 for seconds in ends)
