"""The inbox, against a real server."""

from typing import Any

import pytest
from redis.asyncio import Redis

from bot.inbox import FIRST, SHARDS, STREAMS, Entry, Inbox, chat_of, shard_of


@pytest.fixture
async def inbox(redis_client: Redis) -> Inbox:
    return Inbox(redis_client)


def update(number: int, chat: int = 1) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": chat}}}


async def all_of(inbox: Inbox) -> list[Entry]:
    return [
        entry for shard in range(SHARDS) for entry in await inbox.read({shard: FIRST}) if entry.shard == shard
    ]


async def test_an_update_that_comes_twice_is_written_once(inbox: Inbox) -> None:
    assert await inbox.put([update(1), update(2), update(1)]) == 2
    assert await inbox.put([update(2)]) == 0
    assert await inbox.waiting() == 2


async def test_an_id_below_one_that_was_seen_is_still_new(inbox: Inbox) -> None:
    await inbox.put([update(900_000)])
    assert await inbox.put([update(3)]) == 1
    assert await inbox.put([update(899_999)]) == 1


async def test_what_was_seen_is_remembered_for_25_hours_in_a_kilobyte(
    inbox: Inbox, redis_client: Redis
) -> None:
    await inbox.put([update(number) for number in range(8000)])
    (name,) = await redis_client.keys("tonefit:seen:*")
    assert await redis_client.strlen(name) <= 1024
    assert 24 * 3600 < await redis_client.ttl(name) <= 25 * 3600


async def test_updates_of_a_chat_are_given_out_in_order(inbox: Inbox) -> None:
    await inbox.put([update(number) for number in (5, 3, 4)])
    assert [entry.update["update_id"] for entry in await inbox.read({shard_of(1): FIRST})] == [5, 3, 4]
    assert await inbox.waiting() == 3


async def test_a_chat_lies_in_one_shard_and_chats_lie_in_all(inbox: Inbox) -> None:
    await inbox.put([update(number, chat=number % 50 - 1_000_000_000_025) for number in range(200)])
    entries = await all_of(inbox)
    shards = {entry.chat: set() for entry in entries}
    for entry in entries:
        shards[entry.chat].add(entry.shard)
    assert all(len(found) == 1 for found in shards.values())
    assert len(set.union(*shards.values())) == SHARDS


async def test_what_was_read_before_is_not_read_again(inbox: Inbox) -> None:
    await inbox.put([update(1), update(2)])
    first, second = await inbox.read({shard_of(1): FIRST})
    assert await inbox.read({shard_of(1): first.id}) == [second]
    assert await inbox.read({shard_of(1): second.id}) == []


async def test_nothing_stays_of_an_answered_update(inbox: Inbox, redis_client: Redis) -> None:
    private = update(1) | {"text": "private words"}
    await inbox.put([private, update(2, chat=2)])
    entries = await all_of(inbox)
    assert await inbox.begun_before(entries[0]) == 1
    await inbox.acknowledge(entries)
    assert [await redis_client.xlen(name) for name in STREAMS] == [0] * SHARDS
    assert not await redis_client.exists("tonefit:deliveries")


@pytest.mark.parametrize(
    ("content", "chat"),
    [
        (update(1, 42), 42),
        ({"update_id": 1, "callback_query": {"from": {"id": 7}, "message": {"chat": {"id": 42}}}}, 42),
        ({"update_id": 1, "inline_query": {"from": {"id": 7}}}, 7),
        ({"update_id": 1}, 0),
        ({"update_id": 1, "message": 5}, 0),
        ({"update_id": 1, "message": {"chat": {"id": None}}}, 0),
        ({"update_id": 1, "message": {"chat": "x"}}, 0),
    ],
)
def test_an_update_belongs_to_the_order_of_its_chat(content: dict[str, Any], chat: int) -> None:
    assert chat_of(content) == chat
