"""What is due unasked comes once over all replicas, and what breaks keeps no other from coming."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
import redis.asyncio

import bot.schedules
from bot.schedules import CLAIMED, PLAN, SUMS, Once, Schedules
from handlers.context import ChatSettings
from ml.mood import Mood

DAILY = ChatSettings(
    digest={"every": "daily", "at": "09:00", "day": 0},
    alert={"label": "negative", "share": 0.4, "over": 3600, "min": 5},
    tagging="digest",
)
CHATS = range(-130, -100)


async def nothing() -> None:
    """Go on."""


class Replica:
    """One replica of the plan, with what it delivered."""

    def __init__(self, client: redis.asyncio.Redis, settings: ChatSettings = DAILY) -> None:
        self.schedules = Schedules(client)
        self.settings = settings
        self.digests: list[int] = []
        self.alerts: list[int] = []
        self.before = self.after = nothing
        self.task = asyncio.create_task(
            self.schedules.run(self.settings_of, self.digest, self.alert, Mood(client))
        )

    async def settings_of(self, chat: int) -> ChatSettings:
        return self.settings

    async def digest(self, chat: int, settings: ChatSettings, once: Once) -> None:
        await self.before()
        await once.begin()
        self.digests.append(chat)
        await self.after()
        if chat % 2:
            raise ValueError

    async def alert(self, chat: int, settings: ChatSettings, once: Once) -> None:
        await once.begin()
        self.alerts.append(chat)
        await self.after()

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


async def planned_again(client: redis.asyncio.Redis, thing: str = "digest:-100") -> None:
    """Wait until a thing is over and planned for another day."""
    async with asyncio.timeout(30):
        while await client.hexists(CLAIMED, thing) or await client.zscore(PLAN, thing) < time.time() + 60:
            await asyncio.sleep(0.05)


async def killed_at(
    client: redis.asyncio.Redis, place: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Replica, Replica]:
    """Kill a replica before or after its digest went out, and let another one run for as long as it takes."""
    monkeypatch.setattr(bot.schedules, "CLAIM", 2)
    monkeypatch.setattr(bot.schedules, "ENDING", 0)
    await client.zadd(PLAN, {"digest:-100": time.time() - 5})
    first, reached = Replica(client), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    setattr(first, place, hang)
    await asyncio.wait_for(reached.wait(), 30)
    await first.end()
    second = Replica(client)
    await planned_again(client)
    await second.end()
    return first, second


async def test_a_digest_whose_replica_died_before_it_was_sent_comes_all_the_same(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await killed_at(redis_client, "before", monkeypatch)
    assert (first.digests, second.digests) == ([], [-100])


async def test_a_digest_whose_replica_died_after_it_was_sent_does_not_come_again(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await killed_at(redis_client, "after", monkeypatch)
    assert (first.digests, second.digests) == ([-100], [])


@pytest.mark.parametrize("thing", ["digest:-100", "alert:-100"])
async def test_what_is_being_sent_when_the_bot_is_told_to_end_arrives(
    redis_client: redis.asyncio.Redis, thing: str
) -> None:
    await redis_client.zadd(PLAN, {thing: time.time() - 5})
    replica, reached, arrived = Replica(redis_client), asyncio.Event(), []

    async def send() -> None:
        reached.set()
        await asyncio.sleep(0.2)
        arrived.append(thing)

    replica.after = send
    await asyncio.wait_for(reached.wait(), 30)
    await replica.end()
    assert arrived == [thing]


async def test_a_digest_that_another_replica_took_up_meanwhile_is_that_ones_to_send(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.schedules, "CLAIM", 1)
    await redis_client.zadd(PLAN, {"digest:-100": time.time() - 5})
    first, reached, late = Replica(redis_client), asyncio.Event(), asyncio.Event()

    async def stall() -> None:
        reached.set()
        await late.wait()

    async def look_no_more(at_most: int) -> list[tuple[str, float]]:
        return []

    async def wait_for_first() -> None:
        late.set()
        await asyncio.sleep(0.3)

    first.before = stall
    await asyncio.wait_for(reached.wait(), 30)
    monkeypatch.setattr(first.schedules, "_due", look_no_more)
    second = Replica(redis_client)
    second.before = wait_for_first
    monkeypatch.setattr(bot.schedules, "CLAIM", 120)
    await planned_again(redis_client)
    await first.end()
    await second.end()
    assert (first.digests, second.digests) == ([], [-100])


async def test_a_mark_is_taken_back_while_telegram_makes_us_wait(redis_client: redis.asyncio.Redis) -> None:
    marks = []

    async def mark(was: str, now: str) -> bool:
        marks.append((was, now))
        return True

    once = Once(mark)
    await once.begin()
    await once.begin()  # a second call of the same answer
    once.pause()
    await once.begin()
    assert marks == [("taken", "sent"), ("sent", "taken"), ("taken", "sent")]
    assert once.sending


async def test_a_plan_that_changes_while_a_digest_is_under_way_counts_from_the_next_on(
    redis_client: redis.asyncio.Redis,
) -> None:
    await redis_client.zadd(PLAN, {"digest:-100": time.time() - 5})
    replica, planner = Replica(redis_client), Schedules(redis_client)
    weekly = replace(DAILY, digest={"every": "weekly", "at": "09:00", "day": (time.gmtime().tm_wday + 3) % 7})

    async def plan() -> None:
        await planner.plan(-100, weekly)

    replica.before = plan
    await planned_again(redis_client)
    await replica.end()
    assert replica.digests == [-100]
    assert await planner.when("digest:-100") > time.time() + 86_400


async def test_planning_anew_leaves_what_is_due_by_now(redis_client: redis.asyncio.Redis) -> None:
    due, planner = int(time.time()) - 5, Schedules(redis_client)
    await redis_client.zadd(PLAN, {"digest:-100": due})
    await planner.plan(-100, DAILY)
    assert await planner.when("digest:-100") == due
    await planner.plan(-100, ChatSettings())
    assert await planner.when("digest:-100") is None


async def test_the_daily_sums_are_planned_by_themselves(redis_client: redis.asyncio.Redis) -> None:
    replica = Replica(redis_client)
    async with asyncio.timeout(30):
        while (due := await replica.schedules.when(SUMS)) is None:
            await asyncio.sleep(0.02)
    await replica.end()
    assert 0 < due - time.time() <= 86_400
