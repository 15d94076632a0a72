"""What is counted of a chat's messages: once each, moved by an edit, without anybody's name."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import redis.asyncio

from ml import keys
from ml.mood import DAY, HOUR, KEPT, Counted, Mood, Span, Tagged

# An hour ahead of Redis's own clock, by which tags are forgotten: none is while these tests wait.
CHAT, NOW = -100, int(time.time()) + 3600
HELLO = Tagged(CHAT, 0, 1, 7, NOW, "hello", "positive")


@pytest.fixture
def mood(redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch) -> Mood:
    # The hour that goes on is that of the messages, however long the tests before this one took.
    monkeypatch.setattr("ml.mood.time", SimpleNamespace(time=lambda: NOW))
    return Mood(redis_client)


async def sums(mood: Mood, topic: int | None = None) -> dict[str, int]:
    found: dict[str, int] = {}
    for span in await mood.read(CHAT, topic, NOW - KEPT * DAY, NOW + DAY):
        for label, count in span.counts.items():
            found[label] = found.get(label, 0) + count
    return found


async def test_a_message_is_counted_once_and_an_edit_moves_it_once(mood: Mood) -> None:
    assert await mood.count(HELLO) == Counted("new")
    assert await mood.count(HELLO) == Counted("same")  # delivered again
    edited = replace(HELLO, text="oh no", label="negative")
    assert await mood.count(edited, edited=True) == Counted("changed", "positive")
    assert await mood.count(edited, edited=True) == Counted("same")
    assert await sums(mood) == {"negative": 1}


async def test_an_edit_of_a_message_that_was_never_counted_counts_nothing(mood: Mood) -> None:
    assert await mood.count(HELLO, edited=True) == Counted("unknown")
    assert await sums(mood) == {}


async def test_topics_are_counted_apart_and_together(mood: Mood) -> None:
    await mood.count(HELLO)
    await mood.count(replace(HELLO, topic=5, message_id=2, label="neutral"))
    assert await sums(mood, 5) == {"neutral": 1}
    assert await sums(mood, 0) == {"positive": 1}
    assert await sums(mood) == {"positive": 1, "neutral": 1}
    assert await mood.topics(CHAT) == [0, 5]


async def test_people_are_pseudonyms_that_differ_from_chat_to_chat(
    mood: Mood, redis_client: redis.asyncio.Redis
) -> None:
    await mood.count(HELLO)
    here, there = await mood.pseudonyms.of(CHAT, 7), await mood.pseudonyms.of(CHAT - 1, 7)
    assert here.name != there.name
    assert here.whereabouts == there.whereabouts
    assert here.name not in here.whereabouts
    assert await Mood(redis_client).pseudonyms.of(CHAT, 7) == here  # another replica
    async for name in redis_client.scan_iter():
        if name.decode() == keys.SECRET:
            continue
        held = str(await redis_client.dump(name))
        assert "hello" not in held


async def test_a_person_is_taken_out_of_every_day_and_of_the_hour_that_goes_on(mood: Mood) -> None:
    await mood.count(replace(HELLO, message_id=1, at=NOW - 3 * DAY))
    await mood.count(replace(HELLO, message_id=2))
    await mood.count(replace(HELLO, message_id=3, topic=4, label="negative"))
    await mood.count(replace(HELLO, message_id=4, person=8))
    assert await mood.counted(7, CHAT) == 3
    assert await mood.take_out(7) == 3
    assert await mood.counted(7, CHAT) == 0
    assert await mood.counted(8, CHAT) == 1
    assert await sums(mood) == {"positive": 2}  # three days ago is over and stays; of today only 8's
    spans = await mood.read(CHAT, None, NOW - DAY, NOW + DAY)
    assert [len(span.people) for span in spans if span.counts] == [1]
    assert await mood.count(replace(HELLO, message_id=2, text="x"), edited=True) == Counted("unknown")


@pytest.mark.parametrize("over", [900, 3600, 3 * HOUR + 600, DAY])
async def test_the_last_span_is_counted_to_the_minute_not_by_whole_hours(
    mood: Mood, monkeypatch: pytest.MonkeyPatch, over: int
) -> None:
    now = NOW // HOUR * HOUR + 20 * 60 + 30
    monkeypatch.setattr("ml.mood.time", SimpleNamespace(time=lambda: now))
    ages = [0, over - 60, over, over + 60, over + 120, over + HOUR]
    for place, age in enumerate(ages):
        await mood.count(replace(HELLO, message_id=place, person=place, at=now - age))
    await mood.note_reply(CHAT, now - over, 2, 77)
    found = await mood.last(CHAT, over)
    assert found.counts == {"positive": 3}
    assert len(found.people) == 3


async def test_a_span_of_days_counts_the_hour_whole_in_which_it_begins(mood: Mood) -> None:
    for place, age in enumerate((0, 3 * DAY, 3 * DAY + NOW % HOUR, 3 * DAY + NOW % HOUR + 1)):
        await mood.count(replace(HELLO, message_id=place, person=place, at=NOW - age))
    assert (await mood.last(CHAT, 3 * DAY)).counts == {"positive": 3}


async def test_a_person_is_looked_for_only_where_they_were_seen(
    mood: Mood, redis_client: redis.asyncio.Redis
) -> None:
    for chat in range(-300, -100):
        await mood.count(replace(HELLO, chat=chat, person=8))
    await mood.count(HELLO)
    await mood.count(replace(HELLO, chat=-299))
    assert await mood.pseudonyms.chats(7) == [-299, CHAT]
    before = (await redis_client.info("stats"))["total_commands_processed"]
    assert await mood.take_out(7) == 2
    assert (await redis_client.info("stats"))["total_commands_processed"] - before < 200
    await mood.pseudonyms.forget(7, [-299, CHAT])
    assert await mood.pseudonyms.chats(7) == []
    await mood.count(replace(HELLO, message_id=2))
    assert await mood.pseudonyms.chats(7) == [CHAT]


async def test_old_days_become_one_sum_without_people_and_older_ones_go(
    mood: Mood, redis_client: redis.asyncio.Redis
) -> None:
    at = NOW // DAY * DAY - 35 * DAY + 3 * HOUR
    for person in range(6):
        await mood.count(replace(HELLO, person=person, message_id=person, at=at + person % 2 * HOUR))
    await mood.count(HELLO)
    assert await mood.compact() == 1
    assert await mood.compact() == 0
    assert await mood.read(CHAT, None, at - DAY, at + DAY) == [
        Span(at // DAY * DAY, DAY, {"positive": 6}, nameless=6)
    ]
    assert not await redis_client.exists(keys.mood_people(CHAT, 0, at // DAY))
    left = await redis_client.ttl(keys.mood(CHAT, 0, at // DAY))
    assert 0 < left <= (KEPT - 34) * DAY


async def test_a_chat_is_forgotten_whole(mood: Mood, redis_client: redis.asyncio.Redis) -> None:
    await mood.count(HELLO)
    await mood.forget(CHAT)
    where = (await mood.pseudonyms.of(CHAT, 7)).whereabouts  # names nothing that is left, and ends by itself
    left = {name.decode() async for name in redis_client.scan_iter("*")}
    assert left == {keys.SECRET, where}


async def test_every_key_of_it_ends_by_itself(mood: Mood, redis_client: redis.asyncio.Redis) -> None:
    await mood.count(HELLO)
    forever = {keys.SECRET, keys.MOOD_CHATS}
    for name in [name.decode() async for name in redis_client.scan_iter()]:
        assert (await redis_client.ttl(name) == -1) is (name in forever), name
