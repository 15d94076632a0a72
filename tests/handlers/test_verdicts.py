"""Right and Wrong below an answer: counted without the text, which becomes an example only when asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from handlers.classify import classify
from handlers.sentiment import sentiment
from handlers.verdicts import keep, right, wrong
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, labels_of, publish_model

GOOD = "What a lovely surprise, thank you!"


@pytest.fixture
async def spam(talk: Talk, tmp_path: Path) -> Talk:
    """A chat with a trained model of the labels bad, meh, good."""
    await publish_model(talk, tmp_path / "model")
    return talk


async def test_right_and_wrong_are_counted_without_the_text(spam: Talk) -> None:
    await spam.say(classify, f"spam {GOOD}")
    marked = await spam.press_labelled(right, "👍 Right")
    assert spam.notice == "Thank you, noted."
    assert labels_of(marked)[:3] == ["Why?", "✓ Right", "👎 Wrong"]
    assert marked.text.startswith("good, ")
    feedback = spam.services.feedback
    assert await feedback.counts(spam.owner, "spam", "v1") == {"right": 1, "wrong": 0}
    await spam.press_labelled(wrong, "👎 Wrong")
    await spam.press_labelled(right, "👍 Right", by=BEN)
    assert await feedback.counts(spam.owner, "spam", "v1") == {"right": 1, "wrong": 1}


async def test_the_same_verdict_twice_counts_once(spam: Talk) -> None:
    await spam.say(classify, f"spam {GOOD}")
    await spam.press_labelled(right, "👍 Right")
    await spam.press_labelled(right, "✓ Right")
    assert spam.notice == "You said that already."
    assert await spam.services.feedback.counts(spam.owner, "spam", "v1") == {"right": 1, "wrong": 0}


async def test_the_answers_of_sentiment_can_be_judged_too(talk: Talk) -> None:
    before = await talk.say(sentiment, GOOD)
    after = await talk.press_labelled(wrong, "👎 Wrong")
    assert after.text == before.text
    assert labels_of(after) == ["Why?", "👍 Right", "✓ Wrong"]


async def test_a_verdict_on_an_old_answer_says_so(talk: Talk) -> None:
    await talk.say(classify, GOOD)
    await talk.press(right, "right:NOSUCH")
    assert talk.notice == "This answer is more than a day old and is not counted any more."


async def test_a_right_answer_of_a_chats_own_model_may_become_an_example(spam: Talk) -> None:
    answered = await spam.say(classify, f"spam {GOOD}")
    asked = await spam.press_labelled(right, "👍 Right")
    assert asked.text == answered.text + "\nMay this text become an example of “good”?"
    assert labels_of(asked)[3:] == ["Yes, keep it", "Do not keep it"]
    assert await spam.services.examples.read(spam.owner, "spam") == []
    after = await spam.press_labelled(keep, "Yes, keep it")
    assert spam.notice == "Kept as an example of “good”."
    assert await spam.services.examples.read(spam.owner, "spam") == [Sample(GOOD, "good")]
    assert (after.text, labels_of(after)) == (answered.text, ["Why?", "✓ Right", "👎 Wrong"])


async def test_a_wrong_answer_is_asked_for_its_label(spam: Talk) -> None:
    answered = await spam.say(classify, f"spam {GOOD}")
    asked = await spam.press_labelled(wrong, "👎 Wrong")
    assert asked.text.endswith("\nWhich label is right? The text becomes an example of it.")
    assert labels_of(asked)[3:] == ["bad", "meh", "Do not keep it"]
    after = await spam.press_labelled(keep, "meh")
    assert await spam.services.examples.read(spam.owner, "spam") == [Sample(GOOD, "meh")]
    assert (after.text, labels_of(after)) == (answered.text, ["Why?", "👍 Right", "✓ Wrong"])


async def test_nothing_is_kept_against_somebodys_will(spam: Talk) -> None:
    answered = await spam.say(classify, f"spam {GOOD}")
    await spam.press_labelled(wrong, "👎 Wrong")
    after = await spam.press_labelled(keep, "Do not keep it")
    assert (after.text, labels_of(after)) == (answered.text, ["Why?", "👍 Right", "✓ Wrong"])
    assert await spam.services.examples.read(spam.owner, "spam") == []


async def test_a_change_of_mind_asks_once(spam: Talk) -> None:
    answered = await spam.say(classify, f"spam {GOOD}")
    await spam.press_labelled(right, "👍 Right")
    asked = await spam.press_labelled(wrong, "👎 Wrong")
    assert asked.text.count("\n") == answered.text.count("\n") + 1


async def test_a_judged_text_is_no_example_beyond_those_that_a_model_may_hold(spam: Talk) -> None:
    spam.services = replace(spam.services, quotas=replace(spam.services.quotas, examples=0))
    await spam.say(classify, f"spam {GOOD}")
    await spam.press_labelled(right, "👍 Right")
    said = await spam.press_labelled(keep, "Yes, keep it")
    assert said.text.startswith("“spam” has 0 examples, these are 1, and a model holds up to 0.")
    assert await spam.services.examples.read(spam.owner, "spam") == []


async def test_a_text_that_is_gone_becomes_no_example(spam: Talk) -> None:
    await spam.say(classify, f"spam {GOOD}")
    await spam.press_labelled(right, "👍 Right")
    await spam.services.texts.forget(ANNA.id)
    await spam.press_labelled(keep, "Yes, keep it")
    assert spam.notice == "This text is no longer kept. Send it again."
    assert await spam.services.examples.read(spam.owner, "spam") == []
