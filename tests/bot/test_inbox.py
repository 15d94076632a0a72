"""The inbox, against a real server."""

import pytest
from redis.asyncio import Redis

from bot.inbox import STREAM, Inbox


@pytest.fixture
async def inbox(redis_client: Redis) -> Inbox:
    opened = Inbox(redis_client)
    await opened.open()
    await opened.open()  # a restart finds it there
    return opened


async def test_an_update_that_comes_twice_is_written_once(inbox: Inbox) -> None:
    assert await inbox.put([{"update_id": 1}, {"update_id": 2}, {"update_id": 1}]) == 2
    assert await inbox.put([{"update_id": 2}]) == 0
    assert await inbox.waiting() == 2


async def test_an_id_below_one_that_was_seen_is_still_new(inbox: Inbox) -> None:
    await inbox.put([{"update_id": 9}])
    assert await inbox.put([{"update_id": 3}]) == 1


async def test_updates_are_given_out_in_order_and_only_once(inbox: Inbox) -> None:
    await inbox.put([{"update_id": number} for number in (5, 3, 4)])
    assert [entry.update["update_id"] for entry in await inbox.take()] == [5, 3, 4]
    assert await inbox.waiting() == 3


async def test_what_was_given_out_and_not_answered_comes_again_after_a_restart(
    inbox: Inbox, redis_client: Redis
) -> None:
    await inbox.put([{"update_id": number} for number in range(3)])
    given = await inbox.take()
    await inbox.acknowledge([given[1].id])
    after_restart = Inbox(redis_client)
    assert [entry.update["update_id"] for entry in await after_restart.unanswered()] == [0, 2]


async def test_nothing_stays_of_an_answered_update(inbox: Inbox, redis_client: Redis) -> None:
    await inbox.put([{"update_id": 1, "message": {"text": "private words"}}])
    await inbox.acknowledge([entry.id for entry in await inbox.take()])
    assert await redis_client.xlen(STREAM) == 0
    assert await inbox.unanswered() == []


async def test_an_emptied_database_stops_nobody(inbox: Inbox, redis_client: Redis) -> None:
    await redis_client.flushall()
    assert await inbox.take() == []
    await inbox.put([{"update_id": 1}])
    assert [entry.update["update_id"] for entry in await inbox.take()] == [1]
