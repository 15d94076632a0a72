"""What an older Tonefit left in Redis, and what a newer one did."""

from __future__ import annotations

import asyncio
import time

import orjson
import pytest
from redis.asyncio import Redis

from bot.inbox import FIRST, Inbox, shard_of
from bot.schema import OLD_HEARD, OLD_INBOX, OLD_SEEN, SCHEMA, VERSION, NewerSchema, migrate
from ml.mood import Mood, Tagged


def update(number: int, chat: int) -> dict[str, object]:
    return {"update_id": number, "message": {"chat": {"id": chat}}}


async def test_an_empty_database_has_our_version(redis_client: Redis) -> None:
    assert await migrate(redis_client) == VERSION
    assert await redis_client.get(SCHEMA) == str(VERSION).encode()


async def test_updates_that_waited_in_one_stream_are_answered_in_order_and_known_ids_stay_known(
    redis_client: Redis,
) -> None:
    for number in range(1200):
        await redis_client.xadd(OLD_INBOX, {"update": orjson.dumps(update(number, number % 2))})
    for number in (3, 5000):
        await redis_client.set(f"{OLD_SEEN}{number}", 1)
    assert await migrate(redis_client) == 1
    inbox = Inbox(redis_client)
    assert await inbox.waiting() == 1200
    first = await inbox.read({shard_of(1): FIRST})
    assert [entry.update["update_id"] for entry in first[:3]] == [1, 3, 5]
    assert await inbox.put([update(5000, 1), update(3, 1)]) == 0
    assert await migrate(redis_client) == VERSION
    assert await redis_client.keys(f"{OLD_SEEN}[0-9]*") == []


async def test_whoever_was_counted_before_whereabouts_were_noted_is_still_found(redis_client: Redis) -> None:
    mood, now = Mood(redis_client), int(time.time())
    await mood.count(Tagged(-100, 0, 1, 7, now, "hello", "positive"))
    await redis_client.delete((await mood.pseudonyms.of(-100, 7)).whereabouts)
    await redis_client.zadd(OLD_HEARD, {"-200": now})
    await redis_client.set(SCHEMA, 2)
    assert await mood.pseudonyms.chats(7) == []
    assert await migrate(redis_client) == 2
    assert await mood.pseudonyms.chats(7) == [-200, -100]
    assert await mood.take_out(7) == 1
    assert not await redis_client.exists(OLD_HEARD)


async def test_two_replicas_that_start_together_migrate_once(redis_client: Redis) -> None:
    await redis_client.xadd(OLD_INBOX, {"update": orjson.dumps(update(1, 1))})
    found = await asyncio.gather(migrate(redis_client), migrate(redis_client))
    assert sorted(found) == [1, VERSION]
    assert await Inbox(redis_client).waiting() == 1


async def test_to_migrate_again_changes_nothing(redis_client: Redis) -> None:
    await redis_client.xadd(OLD_INBOX, {"update": orjson.dumps(update(1, 1))})
    assert await migrate(redis_client) == 1
    before = {key: await redis_client.dump(key) for key in await redis_client.keys("*")}
    assert await migrate(redis_client) == VERSION
    assert {key: await redis_client.dump(key) for key in await redis_client.keys("*")} == before


async def test_a_migration_that_was_cut_off_goes_on_where_it_stood(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(700):
        await redis_client.xadd(OLD_INBOX, {"update": orjson.dumps(update(number, number % 2))})
    put, calls = Inbox.put, 0

    async def cut(self: Inbox, updates: list[dict[str, object]]) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionError
        return await put(self, updates)

    monkeypatch.setattr(Inbox, "put", cut)
    with pytest.raises(ConnectionError):
        await migrate(redis_client)
    assert await migrate(redis_client) == 1
    assert await Inbox(redis_client).waiting() == 700


async def test_what_a_newer_one_wrote_is_left_alone(redis_client: Redis) -> None:
    await redis_client.set(SCHEMA, VERSION + 1)
    with pytest.raises(NewerSchema, match="install a newer one"):
        await migrate(redis_client)
