"""When a call may be made: Telegram's caps over all replicas, lanes, and what is told to wait."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from bot import parking
from bot.limiter import (
    COST,
    HIGHEST_COST,
    OVERALL,
    REACTIONS,
    REACTIONS_PER_CHAT,
    UNASKED_PER_GROUP,
    Lane,
    Limiter,
)
from bot.parking import Parking


async def passed(limiter: Limiter, chat: int | None, count: int, seconds: float) -> int:
    """Return how many of so many calls passed in a time."""
    passing = [asyncio.create_task(limiter.wait(chat, Lane.REPLY)) for _ in range(count)]
    await asyncio.sleep(seconds)
    done = sum(task.done() for task in passing)
    for task in passing:
        task.cancel()
    await asyncio.gather(*passing, return_exceptions=True)
    return done


async def test_a_chat_gets_one_message_a_second_over_all_replicas(redis_client: Redis) -> None:
    first, second = Limiter(redis_client), Limiter(redis_client)
    got = await asyncio.gather(passed(first, 7, 5, 1.5), passed(second, 7, 5, 1.5))
    assert 1 <= sum(got) <= 3


async def test_thirty_a_second_pass_in_all(redis_client: Redis) -> None:
    limiters = [Limiter(redis_client), Limiter(redis_client)]
    begun = time.monotonic()
    await asyncio.gather(*(limiters[chat % 2].wait(chat, Lane.REPLY) for chat in range(1, 66)))
    assert time.monotonic() - begun >= 1.8  # the first thirty at once, the next after a second


async def test_a_group_gets_twenty_a_minute(redis_client: Redis) -> None:
    storage = Limiter(redis_client)
    for _ in range(20):
        await storage.wait(None, Lane.REPLY)
    limiter = Limiter(redis_client)
    async with asyncio.timeout(60):
        for _ in range(2):
            await limiter.wait(-5, Lane.REPLY)
    held = await redis_client.llen("tonefit:limits:LIMITER/-5/20/1/minute")
    assert held == 2


async def test_a_refusal_halves_a_groups_budget_and_no_persons(redis_client: Redis) -> None:
    limiter = Limiter(redis_client)
    for _ in range(5):
        await limiter.refused(-5)
    await limiter.refused(5)
    assert await redis_client.get(f"{COST}-5") == str(HIGHEST_COST).encode()
    assert await redis_client.get(f"{COST}5") is None
    await limiter.wait(-5, Lane.REPLY)
    assert await redis_client.llen("tonefit:limits:LIMITER/-5/20/1/minute") == HIGHEST_COST


async def test_a_budget_grows_back(redis_client: Redis) -> None:
    limiter = Limiter(redis_client)
    await limiter.refused(-5)
    await redis_client.expire(f"{COST}-5", 100)
    await limiter.wait(-5, Lane.REPLY)
    assert await redis_client.llen("tonefit:limits:LIMITER/-5/20/1/minute") == 1


async def test_a_button_passes_before_what_came_earlier(redis_client: Redis) -> None:
    limiter, order = Limiter(redis_client), []
    for _ in range(OVERALL.amount):
        await limiter.wait(None, Lane.REPLY)

    async def enter(lane: Lane, chat: int) -> None:
        await limiter.wait(chat, lane)
        order.append(lane)

    waiting = [asyncio.create_task(enter(Lane.REPLY, 1))]  # stands at the door
    await asyncio.sleep(0.05)
    lanes = [Lane.DIGEST, Lane.EDIT, Lane.REPLY, Lane.BUTTON]
    waiting += [asyncio.create_task(enter(lane, 10 + number)) for number, lane in enumerate(lanes)]
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)
    assert order == [Lane.REPLY, Lane.BUTTON, Lane.REPLY, Lane.EDIT, Lane.DIGEST]


async def test_a_reaction_is_left_out_where_there_is_no_place(redis_client: Redis) -> None:
    limiter = Limiter(redis_client)
    assert await limiter.free(7, Lane.REACTION)
    for _ in range(OVERALL.amount - 1):
        await limiter.wait(None, Lane.REPLY)
    assert not await limiter.free(7, Lane.REACTION)


async def test_reactions_have_a_budget_of_their_own_and_leave_places_for_answers(redis_client: Redis) -> None:
    limiter = Limiter(redis_client)
    for _ in range(REACTIONS_PER_CHAT.amount):
        assert await limiter.free(-5, Lane.REACTION)
    assert not await limiter.free(-5, Lane.REACTION)
    others = [await limiter.free(-100 - chat, Lane.REACTION) for chat in range(REACTIONS.amount)]
    assert sum(others) <= REACTIONS.amount - REACTIONS_PER_CHAT.amount
    async with asyncio.timeout(5):
        await limiter.wait(-5, Lane.REPLY)  # a reaction is no message of the chat


async def test_what_nobody_asked_for_leaves_half_of_a_groups_minute_for_answers(redis_client: Redis) -> None:
    limiter = Limiter(redis_client)
    assert await limiter.free(-5, Lane.DIGEST)
    assert not await limiter.free(-5, Lane.DIGEST)  # a second has not gone by
    name = f"tonefit:limits:LIMITER/unasked:-5/{UNASKED_PER_GROUP.amount}/1/minute"
    assert await redis_client.llen(name) == 1


async def test_without_caps_nothing_waits_and_nothing_is_counted(redis_client: Redis) -> None:
    limiter = Limiter(redis_client, enforced=False)
    for _ in range(100):
        await limiter.wait(-5, Lane.REPLY)
    assert await limiter.free(-5, Lane.REACTION)
    assert await redis_client.keys("tonefit:*") == []


async def test_a_caller_that_gives_up_leaves_its_place_to_the_next(redis_client: Redis) -> None:
    limiter = Limiter(redis_client)
    await limiter.wait(7, Lane.REPLY)
    first, second = (asyncio.create_task(limiter.wait(7, Lane.REPLY)) for _ in range(2))
    await asyncio.sleep(0.05)
    first.cancel()
    async with asyncio.timeout(5):
        await second


async def test_a_replica_that_begins_knows_at_once_what_is_parked(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "ASK_EVERY", 3600.0)
    await Parking(redis_client).park(7, 60)
    fresh = Parking(redis_client)
    hearing = asyncio.create_task(fresh.run())
    async with asyncio.timeout(10):
        while not fresh.left(7):
            await asyncio.sleep(0.01)
    assert 50 < fresh.left(7) <= 60
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


async def test_a_parked_chat_is_known_to_every_replica_and_for_as_long_as_was_asked(
    redis_client: Redis,
) -> None:
    first, second = Parking(redis_client), Parking(redis_client)
    hearing = asyncio.create_task(second.run())
    await first.park(7, 5)
    await first.park(7, 2)  # a shorter order does not end a longer one
    assert 4 < first.left(7) <= 5
    assert first.left(8) == 0
    async with asyncio.timeout(10):
        while not second.left(7):
            await asyncio.sleep(0.05)
    assert second.left(7) <= 5
    hearing.cancel()
    with suppress(asyncio.CancelledError):
        await hearing
