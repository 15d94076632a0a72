"""Members' reactions as labels: by a map, of distinct people, withdrawn when withdrawn, capped."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import ml.reaction_labels
from handlers.context import Hearing
from handlers.forget import forget, press
from handlers.learn import learn, map_reactions, read_map
from handlers.messages import Chat, Message, Person, Reaction
from handlers.overheard import overhear
from handlers.privacy import opt_in, opt_out, privacy
from handlers.reactions import reacted
from handlers.texts import Texts
from ml import keys
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, make_model, publish_model

CARL, DORA = Person(9, "Carl", "en"), Person(10, "Dora", "en")
WORDS = "the planted words of Anna"


@pytest.fixture
async def learning(group: Talk) -> Talk:
    """A group whose model learns from reactions."""
    await make_model(group, "tone", ("positive", "negative"))
    card = await group.say(learn, "on")
    assert "texts are kept for 24 h" in card.text
    return group


def hearing(talk: Talk) -> Hearing:
    return Hearing(talk.settings, talk.services, talk.outbox, Texts("en"))


async def write(
    talk: Talk, message_id: int, text: str = WORDS, by: Person = ANNA, *, edited: bool = False
) -> None:
    message = Message(
        1, "text", talk.chat, message_id, datetime.fromtimestamp(time.time(), UTC), by, text, edited=edited
    )
    await overhear(hearing(talk), message)


async def react(talk: Talk, message_id: int, by: Person, new: str = "", old: str = "") -> None:
    told = Reaction(1, talk.chat, message_id, by, frozenset(old.split()), frozenset(new.split()))
    await reacted(hearing(talk), told)


async def examples(talk: Talk) -> list[Sample]:
    return await talk.services.examples.read(talk.owner, "tone")


async def test_nothing_is_kept_or_learned_until_it_is_switched_on(group: Talk) -> None:
    await make_model(group, "tone", ("positive", "negative"))
    await write(group, 5)
    await react(group, 5, BEN, "😁")
    assert await group.services.reaction_labels.texts(group.chat.key) == {}
    assert await examples(group) == []


async def test_a_reaction_teaches_the_text_and_its_withdrawal_takes_it_back(learning: Talk) -> None:
    await write(learning, 5)
    await react(learning, 5, BEN, "😁")
    assert await examples(learning) == [Sample(WORDS, "positive")]
    await react(learning, 5, BEN, "", "😁")
    assert await examples(learning) == []


async def test_a_reaction_that_stands_for_nothing_by_now_takes_its_label_back_when_it_is_withdrawn(
    learning: Talk,
) -> None:
    await write(learning, 5)
    await react(learning, 5, BEN, "😁")
    await learning.say(map_reactions, "❤=positive")
    await react(learning, 5, BEN, "", "😁")
    assert await examples(learning) == []


def test_a_label_on_the_map_may_hold_blanks() -> None:
    assert read_map("😁=very good 😢: not so good，❤＝fine") == {
        "😁": "very good",
        "😢": "not so good",
        "❤": "fine",
    }


async def test_the_label_is_what_most_people_say_and_each_counts_once(learning: Talk) -> None:
    await write(learning, 5)
    await react(learning, 5, BEN, "😁")
    await react(learning, 5, BEN, "😁")
    await react(learning, 5, CARL, "😢")
    assert await examples(learning) == []  # one says this, one says that
    await react(learning, 5, DORA, "😢")
    assert await examples(learning) == [Sample(WORDS, "negative")]


async def test_own_reactions_other_emoji_and_commands_teach_nothing(learning: Talk) -> None:
    await write(learning, 5)
    await react(learning, 5, ANNA, "😁")
    await react(learning, 5, BEN, "🔥")
    await react(learning, 6, BEN, "😁")  # a message that nobody heard
    assert await examples(learning) == []


async def test_an_edit_changes_the_example(learning: Talk) -> None:
    await write(learning, 5)
    await react(learning, 5, BEN, "😁")
    await write(learning, 5, "other words", edited=True)
    assert await examples(learning) == [Sample("other words", "positive")]


async def test_what_somebody_taught_by_hand_stays_when_a_reaction_goes(learning: Talk) -> None:
    await learning.services.examples.add(learning.owner, "tone", [Sample(WORDS, "positive")], BEN.id)
    await write(learning, 5)
    await react(learning, 5, BEN, "😁")
    await react(learning, 5, BEN, "", "😁")
    assert await examples(learning) == [Sample(WORDS, "positive")]


async def test_a_person_labels_only_so_many_messages_a_day(
    learning: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ml.reaction_labels, "MOST_A_DAY", 2)
    for message_id in (5, 6, 7):
        await write(learning, message_id, f"words {message_id}")
        await react(learning, message_id, BEN, "😁")
    assert len(await examples(learning)) == 2
    await react(learning, 7, CARL, "😁")
    assert len(await examples(learning)) == 3


async def test_opting_out_takes_texts_and_labels_out_at_once_and_counts_from_now_on(learning: Talk) -> None:
    await write(learning, 5)
    await write(learning, 6, "words of Ben", BEN)
    await react(learning, 5, BEN, "😁")
    await react(learning, 6, ANNA, "😢")
    said = await learning.say(opt_out)
    assert said.text.startswith("From now on I count and keep nothing that you write here.")
    assert await examples(learning) == []
    assert list(await learning.services.reaction_labels.texts(learning.chat.key)) == [6]
    await write(learning, 7)
    await react(learning, 6, ANNA, "😢")
    assert list(await learning.services.reaction_labels.texts(learning.chat.key)) == [6]
    assert await examples(learning) == []
    await learning.say(opt_in)
    await write(learning, 8)
    assert list(await learning.services.reaction_labels.texts(learning.chat.key)) == [6, 8]


async def test_forgetting_me_trains_the_models_anew_that_learned_from_my_reactions(
    group: Talk, talk: Talk, tmp_path: Path
) -> None:
    bad, _, good = await publish_model(group, tmp_path / "model", "tone")
    for label in ("bad", "meh", "good"):
        samples = [Sample(f"{label} {n}", label) for n in range(9)]
        await group.services.examples.add(group.owner, "tone", samples, CARL.id)
    group.settings.reactions = {"😁": good, "😢": bad}
    await group.say(learn, "on model=tone")
    await write(group, 5, by=BEN)
    await react(group, 5, ANNA, "😁")
    assert Sample(WORDS, good) in await examples(group)
    await talk.say(forget, "me")
    said = await talk.press_labelled(press, "Delete it")
    assert Sample(WORDS, good) not in await examples(group)
    assert said.text.endswith("\n1 model is trained anew.")
    (job,) = await group.services.jobs.list(group.owner)
    assert (job.request.model, job.request.forget) == ("tone", True)
    assert await group.services.examples.places(ANNA.id) == []


async def test_a_second_try_at_forgetting_me_finds_the_models_that_the_first_left_untrained(
    learning: Talk, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise ConnectionError

    await write(learning, 5, by=BEN)
    await react(learning, 5, ANNA, "😁")
    await talk.say(forget, "me")
    with monkeypatch.context() as broken:
        broken.setattr(talk.services.posts, "take_out", fail)
        with pytest.raises(ConnectionError):
            await talk.press_labelled(press, "Delete it")
    assert await learning.services.examples.places(ANNA.id) == [(learning.owner, "tone")]


async def test_opting_out_leaves_nothing_of_what_trainings_noted_of_my_words(learning: Talk) -> None:
    await write(learning, 5)
    await react(learning, 5, BEN, "😁")
    examples = learning.services.examples
    assert (await examples.divided(learning.owner, "tone"))[0].text == WORDS
    set_id = await examples._find(learning.owner, "tone")
    client = examples._redis
    assert await client.hlen(keys.parts(str(set_id))) == 1
    await learning.say(opt_out)
    assert await client.hlen(keys.parts(str(set_id))) == 0


async def test_opting_out_in_private_is_for_every_chat(learning: Talk, talk: Talk) -> None:
    await talk.say(opt_out)
    await write(learning, 5)
    assert await learning.services.reaction_labels.texts(learning.chat.key) == {}
    refused = await learning.say(opt_in)
    assert refused.text.startswith("You opted out of every chat.")
    assert "opted out of every chat" in (await talk.say(privacy)).text
    await talk.say(opt_in)
    await write(learning, 5)
    assert len(await learning.services.reaction_labels.texts(learning.chat.key)) == 1


async def test_privacy_tells_what_there_is_in_numbers_and_in_a_group_none(learning: Talk, talk: Talk) -> None:
    await write(learning, 5)
    await write(learning, 6, "words of Ben", BEN)
    await react(learning, 5, BEN, "😁")
    await react(learning, 6, ANNA, "😢")
    told = (await talk.say(privacy)).text
    assert "1 example in 1 model" in told
    assert "1 message of a group that learns from reactions" in told
    assert "1 message that your reaction labelled" in told
    assert "0 days" in told
    assert "/learn is on" in (await learning.say(privacy)).text
    assert WORDS not in told


async def test_switching_off_deletes_the_texts(learning: Talk, talk: Talk) -> None:
    await write(learning, 5)
    assert "1 message of a group that learns" in (await talk.say(privacy)).text
    assert (await learning.say(learn, "off")).text.startswith("I do not learn")
    assert "0 messages of groups that learn" in (await talk.say(privacy)).text
    assert await learning.services.reaction_labels.texts(learning.chat.key) == {}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("😂=positive", "is no reaction of Telegram's"),
        ("😁=happy", "has no label “happy”"),
        ("hello", "Write pairs of a reaction and a label"),
        ("", "😁 positive  😢 negative"),
        ("❤️=Positive 😡：negative", "❤ positive  😡 negative"),
    ],
)
async def test_the_map_says_which_reaction_stands_for_what(learning: Talk, args: str, said: str) -> None:
    assert said in (await learning.say(map_reactions, args)).text


async def test_learning_asks_for_a_model_that_there_is_none_of(group: Talk) -> None:
    assert "/new tone positive negative" in (await group.say(learn, "on")).text
    assert "you wrote “perhaps”" in (await group.say(learn, "perhaps")).text
    await make_model(group)  # labels junk and fine, for which no face stands
    assert "/map 😁=junk" in (await group.say(learn, "on")).text
    assert not group.settings.learn


async def test_a_channel_whose_readers_stay_unknown_is_sent_to_its_linked_group(talk: Talk) -> None:
    talk.chat = Chat(-100, "channel", "News")
    assert "in its linked group" in (await talk.say(learn, "on")).text
