"""`/label` in a chat: one card, one tap, Skip, Undo, Stop; the least sure text first."""

from dataclasses import replace
from pathlib import Path

import pytest

from handlers.label import label, press, spread
from handlers.messages import Reply
from handlers.privacy import opt_out
from handlers.uploads import offer
from ml.reaction_labels import Heard
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, data_of, labels_of, make_model, publish_model

FILE = b"I hate this, it is terrible\nit is a table\nwhat a lovely surprise\n"


@pytest.fixture
async def spam(talk: Talk, tmp_path: Path) -> Talk:
    """A chat with a trained model of the labels bad, meh, good."""
    await publish_model(talk, tmp_path / "model")
    return talk


def shown(card: Reply) -> str:
    return card.text.rpartition("\n")[2]


async def examples(talk: Talk) -> list[Sample]:
    return await talk.services.examples.read(talk.owner, "spam")


async def test_the_text_that_the_model_is_least_sure_of_comes_first(spam: Talk) -> None:
    asked = await spam.say(label, "spam")
    assert asked.text.startswith("Send me a file of texts")
    first = await spam.say(offer, document=spam.upload(FILE, "pool.txt"))
    texts = FILE.decode().strip().split("\n")
    said = [await spam.services.predictor.predict(text, owner=spam.owner, model="spam") for text in texts]
    margins = [prediction.probability - prediction.runner_up[1] for prediction in said]
    assert shown(first) == texts[margins.index(min(margins))]
    assert first.text.startswith("spam: 0 labelled, 0 skipped, 3 left\n")
    assert labels_of(first) == ["bad", "meh", "good", "Skip", "Stop"]


async def test_a_tap_teaches_and_shows_the_next_in_the_same_message(spam: Talk) -> None:
    first = await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    message = spam.outbox.order[-1]
    second = await spam.press_labelled(press, "meh")
    assert spam.outbox.order[-1] == ("edit", message[1])
    assert await examples(spam) == [Sample(shown(first), "meh")]
    assert shown(second) != shown(first)
    assert second.text.startswith("spam: 1 labelled, 0 skipped, 2 left\n")


async def test_undo_takes_the_label_back_and_asks_again(spam: Talk) -> None:
    first = await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    await spam.press_labelled(press, "meh")
    again = await spam.press_labelled(press, "Undo")
    assert shown(again) == shown(first)
    assert await examples(spam) == []
    await spam.press_labelled(press, "Skip")
    back = await spam.press_labelled(press, "Undo")
    assert shown(back) == shown(first)


async def test_skipping_teaches_nothing_and_the_end_says_how_far_the_model_is(spam: Talk) -> None:
    await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    await spam.press_labelled(press, "Skip")
    await spam.press_labelled(press, "good")
    last = await spam.press_labelled(press, "Skip")
    assert last.text.startswith("That was the last text.\nspam: bad 0 · meh 0 · good 1 – 1 in all")
    assert len(await examples(spam)) == 1


async def test_stop_can_be_gone_on_from(spam: Talk) -> None:
    await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    second = await spam.press_labelled(press, "bad")
    stopped = await spam.press_labelled(press, "Stop")
    assert stopped.text.startswith("spam: bad 1")
    again = await spam.say(label, "spam")
    assert again.text == second.text


async def test_a_second_tap_on_the_same_card_counts_once(spam: Talk) -> None:
    first = await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    data = first.buttons[0][0].data
    assert data is not None
    await spam.press(press, data)
    await spam.press(press, data)
    assert len(await examples(spam)) == 1


async def test_an_untrained_model_is_labelled_for_too(talk: Talk) -> None:
    await make_model(talk)
    first = await talk.say(label, document=talk.upload(FILE, "pool.txt"))
    assert labels_of(first) == ["junk", "fine", "Skip", "Stop"]


async def test_the_card_says_how_many_texts_of_a_large_file_it_took(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.label.MOST_TEXTS", 2)
    await make_model(talk)
    first = await talk.say(label, document=talk.upload(FILE, "pool.txt"))
    assert first.text.startswith(
        "I took 2 of the 3 texts, spread evenly: more is too slow to choose from.\n"
        "spam: 0 labelled, 0 skipped, 2 left\n"
    )
    whole = await talk.say(label, document=talk.upload(b"one\ntwo\n", "pool.txt"))
    assert whole.text.startswith("spam: 0 labelled, 0 skipped, 2 left\n")


def test_a_large_pool_is_spread_over_the_whole_file() -> None:
    assert spread([f"text {n}" for n in range(5000)]) == [f"text {n}" for n in range(5000)]
    taken = spread(list(range(12_345)))
    assert (len(taken), len(set(taken)), taken[0]) == (5000, 5000, 0)
    assert taken[-1] > 12_340


async def test_what_was_taught_already_is_not_asked(talk: Talk) -> None:
    await make_model(talk)
    await talk.services.examples.add(talk.owner, "spam", [Sample("it is a table", "fine")], ANNA.id)
    said = await talk.say(label, "spam", document=talk.upload(b"it is a table\n", "pool.txt"))
    assert said.text == "This file holds no text that “spam” was not taught already."


async def test_a_tap_teaches_no_more_examples_than_a_model_may_hold(talk: Talk) -> None:
    await make_model(talk)
    talk.services = replace(talk.services, quotas=replace(talk.services.quotas, examples=1))
    await talk.say(label, "spam", document=talk.upload(FILE, "pool.txt"))
    second = await talk.press_labelled(press, "fine")
    card = talk.outbox.order[-1][1]
    fine = data_of(second, "fine")
    said = await talk.press(press, fine, on=card)
    assert said.text.startswith("“spam” has 1 examples, these are 1, and a model holds up to 1.")
    assert len(await examples(talk)) == 1
    skipped = await talk.press(press, fine.rpartition(":")[0] + ":skip", on=card)  # the text still waits
    assert ": 1 labelled, 1 skipped," in skipped.text


async def test_two_people_label_pools_of_their_own(group: Talk) -> None:
    await make_model(group)
    await group.say(label, "spam", document=group.upload(FILE, "one.txt"))
    await group.say(label, "spam", document=group.upload(b"another text\n", "two.txt"), by=BEN)
    mine = await group.say(label, "spam")
    assert "3 left" in mine.text


async def test_in_a_group_only_who_labels_presses_the_buttons_of_a_text(group: Talk, talk: Talk) -> None:
    for place in (group, talk):
        await make_model(place)
    asked = await group.say(label, "spam", document=group.upload(FILE, "one.txt"))
    following = await group.press_labelled(press, "fine")
    for card in (asked, following):
        assert all(str(button.data).endswith(f"@{ANNA.id}") for row in card.buttons for button in row)
    alone = await talk.say(label, "spam", document=talk.upload(FILE, "one.txt"))
    assert not any("@" in str(button.data) for row in alone.buttons for button in row)


async def test_a_pool_ends_within_a_day(spam: Talk) -> None:
    await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    redis = spam.services.pools._redis
    ends = [await redis.ttl(key) async for key in redis.scan_iter("tonefit:pool:*")]
    assert len(ends) == 1
    assert 0 < ends[0] <= 86_400
    await redis.delete(*[key async for key in redis.scan_iter("tonefit:pool:*")])
    said = await spam.press_labelled(press, "good")
    assert said.text == "This question is closed. Please send the command again."


async def test_a_group_that_learns_is_asked_about_its_last_day_and_not_about_who_left(
    group: Talk, tmp_path: Path
) -> None:
    await publish_model(group, tmp_path / "model")
    labels, chat = group.services.reaction_labels, group.chat.key
    for message_id, by in ((5, ANNA.id), (6, BEN.id), (7, BEN.id)):
        who = await group.services.mood.pseudonyms.of(chat, by)
        await labels.hear(chat, message_id, Heard(f"words {message_id}", by), who)
    assert "Reply to this message with a file" in (await group.say(label, "spam")).text
    group.settings.learn = True
    group.session.question = None
    first = await group.say(label, "spam")
    assert shown(first).startswith("words ")
    await group.say(opt_out, by=BEN)
    assert await labels.texts(chat) == {5: Heard("words 5", ANNA.id)}
    card = await group.say(label, "spam")
    assert shown(card) == "words 5"
    done = await group.press(press, data_of(card, "good"))
    assert done.text.startswith("That was the last text.")
    (taught,) = await group.services.examples.taught(group.owner, "spam")
    assert (taught.text, taught.label, taught.by) == ("words 5", "good", ANNA.id)


async def test_a_tap_reads_one_text_and_not_the_whole_pool(spam: Talk) -> None:
    await spam.say(label, "spam", document=spam.upload(FILE, "pool.txt"))
    redis = spam.services.pools._redis
    await redis.config_resetstat()
    await spam.press(press, data_of(spam.outbox.last, "Skip"))
    stats = await redis.info("commandstats")
    assert stats["cmdstat_hmget"]["calls"] == 1  # how far it is
