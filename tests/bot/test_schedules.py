"""What is due unasked comes once over all replicas, and what breaks keeps no other from coming."""

from __future__ import annotations

import asyncio
import time

import redis.asyncio

from bot.schedules import PLAN, SUMS, Schedules
from handlers.context import ChatSettings
from ml.mood import Mood

DAILY = ChatSettings(
    digest={"every": "daily", "at": "09:00", "day": 0},
    alert={"label": "negative", "share": 0.4, "over": 3600, "min": 5},
    tagging="digest",
)
CHATS = range(-130, -100)


class Replica:
    """One replica of the plan, with what it delivered."""

    def __init__(self, client: redis.asyncio.Redis, settings: ChatSettings = DAILY) -> None:
        self.schedules = Schedules(client)
        self.settings = settings
        self.digests: list[int] = []
        self.alerts: list[int] = []
        self.task = asyncio.create_task(
            self.schedules.run(self.settings_of, self.digest, self.alert, Mood(client))
        )

    async def settings_of(self, chat: int) -> ChatSettings:
        return self.settings

    async def digest(self, chat: int, settings: ChatSettings) -> None:
        self.digests.append(chat)
        if chat % 2:
            raise ValueError

    async def alert(self, chat: int, settings: ChatSettings) -> None:
        self.alerts.append(chat)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def overdue(client: redis.asyncio.Redis) -> int:
    return int(await client.zcount(PLAN, "-inf", time.time()))


async def test_each_thing_comes_once_however_many_replicas_run(redis_client: redis.asyncio.Redis) -> None:
    planner = Schedules(redis_client)
    for chat in CHATS:
        await planner.plan(chat, DAILY)
    due = {f"{kind}:{chat}": time.time() - 5 for chat in CHATS for kind in ("digest", "alert")}
    await redis_client.zadd(PLAN, due)
    replicas = [Replica(redis_client) for _ in range(3)]
    async with asyncio.timeout(30):
        while await overdue(redis_client) or sum(len(one.digests) for one in replicas) < len(CHATS):
            await asyncio.sleep(0.05)
    for one in replicas:
        await one.end()
    assert sorted(chat for one in replicas for chat in one.digests) == list(CHATS)
    assert sorted(chat for one in replicas for chat in one.alerts) == list(CHATS)
    following = await planner.when(f"digest:{CHATS[0]}")
    assert following is not None
    assert 0 < following - time.time() <= 86_400


async def test_what_was_switched_off_meanwhile_does_not_come(redis_client: redis.asyncio.Redis) -> None:
    await redis_client.zadd(PLAN, {"digest:-100": time.time() - 5})
    replica = Replica(redis_client, ChatSettings())
    async with asyncio.timeout(30):
        while await replica.schedules.when("digest:-100") is not None:
            await asyncio.sleep(0.05)
    await replica.end()
    assert replica.digests == []


async def test_what_a_replica_claimed_and_did_not_end_is_taken_up_by_another(
    redis_client: redis.asyncio.Redis,
) -> None:
    await redis_client.zadd(PLAN, {"digest:-100": time.time() - 0.5})  # as a claim that ran out
    replica = Replica(redis_client)
    async with asyncio.timeout(30):
        while not replica.digests:
            await asyncio.sleep(0.05)
    await replica.end()
    assert replica.digests == [-100]


async def test_the_daily_sums_are_planned_by_themselves(redis_client: redis.asyncio.Redis) -> None:
    replica = Replica(redis_client)
    async with asyncio.timeout(30):
        while (due := await replica.schedules.when(SUMS)) is None:
            await asyncio.sleep(0.02)
    await replica.end()
    assert 0 < due - time.time() <= 86_400
