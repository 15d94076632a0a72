"""What is said to many chats: to whom, how fast, and over stops and restarts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis
from telegram.error import TimedOut

from bot.announcements import A_SECOND, AT_ONCE, DRAFT, DRAFT_TTL, WAITING, Announcements
from bot.known import Known
from bot.orders import Orders
from bot.ruled import NOTED, Ruled
from bot.sessions import Sessions
from handlers.messages import Reply
from handlers.operating import Announcement, Block

ADA, BEN = 7, 8


@dataclass
class Outbox:
    """The edge towards Telegram: who got what, and when."""

    told: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    unreached: frozenset[int] = frozenset()
    cut: frozenset[int] = frozenset()
    takes: float = 0.0  # seconds
    most: int = 0  # on their way at once
    on_their_way: int = 0

    def unasked(self) -> Outbox:
        return self

    async def tell(self, chat: int, reply: Reply) -> bool:
        self.at.append(time.monotonic())
        self.on_their_way += 1
        self.most = max(self.most, self.on_their_way)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.on_their_way -= 1
        if chat in self.cut:
            raise TimedOut
        if chat in self.unreached:
            return False
        self.told.append(chat)
        return True


class Saying:
    """Announcements with a list of their ends."""

    def __init__(self, redis: Redis) -> None:
        self.known, self.orders, self.sessions = Known(redis), Orders(redis), Sessions(redis)
        self.announcements = Announcements(redis, self.known, self.orders, self.sessions)
        self.ends: list[Announcement] = []

    def know(self, *chats: int) -> None:
        for chat in chats:
            self.known.note(chat)

    async def confirm(self, text: str = "hello", by: int = ADA) -> None:
        draft = await self.announcements.draft("all", text, by, "en")
        assert await self.announcements.begin(draft.code, by) == "begun"

    def running(self, outbox: Outbox) -> asyncio.Task[None]:
        async def report(now: Announcement) -> None:
            self.ends.append(now)

        sender: Any = outbox
        return asyncio.create_task(self.announcements.run(sender, report))

    async def until(self, state: str, seconds: float = 20) -> Announcement:
        async with asyncio.timeout(seconds):
            while True:
                now = await self.announcements.state()
                if now is not None and now.state == state:
                    return now
                await asyncio.sleep(0.02)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def saying(redis_client: Redis) -> Saying:
    return Saying(redis_client)


async def test_all_are_people_and_groups_but_no_channel_no_quiet_group_and_nobody_blocked(
    saying: Saying,
) -> None:
    saying.know(1, 2, 3, -10, -11, -12, -13)
    await saying.orders.block(Block(3, 0, ADA))
    await saying.sessions.change_settings(-11, {"kind": "channel"})
    await saying.sessions.change_settings(-12, {"quiet": True})
    await saying.sessions.change_settings(-13, {"present": False})
    found = await saying.announcements.recipients("all")
    assert sorted(found.chats) == [-10, 1, 2]
    assert (found.people, found.groups, found.left_out) == (2, 1, 4)


async def test_admins_are_those_who_rule_a_group(saying: Saying, redis_client: Redis) -> None:
    ruled = Ruled(redis_client)
    await ruled.note(-10, [1, 2])
    await ruled.note(-11, [2, 3])
    await redis_client.set(f"{NOTED}-10", 1)  # that it was noted, as a running bot writes it
    saying.know(9)
    await saying.orders.block(Block(3, 0, ADA))
    found = await saying.announcements.recipients("admins")
    assert sorted(found.chats) == [1, 2]
    assert (found.people, found.groups, found.left_out) == (2, 0, 1)


async def test_a_code_is_good_once_for_ten_minutes_and_for_who_wrote_the_draft(
    saying: Saying, redis_client: Redis
) -> None:
    saying.know(1)
    draft = await saying.announcements.draft("all", "hello", ADA, "en")
    assert 0 < await redis_client.ttl(f"{DRAFT}{draft.code}") <= DRAFT_TTL
    assert await saying.announcements.state() is None  # nothing begins by itself
    assert await saying.announcements.begin("ABCDEF", ADA) == "gone"
    assert await saying.announcements.begin(draft.code, BEN) == "gone"
    assert await saying.announcements.begin(draft.code, ADA) == "begun"
    assert await saying.announcements.begin(draft.code, ADA) == "gone"
    other = await saying.announcements.draft("all", "something else", BEN, "en")
    assert await saying.announcements.begin(other.code, BEN) == "busy"


async def test_everybody_is_told_once_at_twenty_five_a_second_and_the_end_is_reported(saying: Saying) -> None:
    saying.know(*range(1, 61))
    await saying.confirm()
    outbox = Outbox(takes=0.2, unreached=frozenset({5}), cut=frozenset({6}))
    sending = saying.running(outbox)
    now = await saying.until("done")
    async with asyncio.timeout(5):
        while not saying.ends:
            await asyncio.sleep(0.02)
    await end(sending)
    assert (now.total, now.sent, now.failed) == (60, 58, 2)
    assert sorted(outbox.told) == [chat for chat in range(1, 61) if chat not in {5, 6}]
    starts = sorted(outbox.at)
    assert all(later - earlier >= 0.9 for earlier, later in zip(starts, starts[A_SECOND:], strict=False))
    assert outbox.most <= AT_ONCE
    assert [(one.by, one.sent) for one in saying.ends] == [(ADA, 58)]


async def test_it_stops_goes_on_and_can_be_cancelled(saying: Saying, redis_client: Redis) -> None:
    saying.know(*range(1, 201))
    await saying.confirm()
    outbox = Outbox()
    sending = saying.running(outbox)
    await asyncio.sleep(1)
    assert await saying.announcements.stop()
    assert not await saying.announcements.stop()
    await asyncio.sleep(1.2)
    stopped = len(outbox.told)
    assert 0 < stopped < 100
    await asyncio.sleep(0.5)
    assert len(outbox.told) == stopped
    assert await saying.announcements.resume()
    await asyncio.sleep(1.5)
    assert len(outbox.told) > stopped
    assert await saying.announcements.cancel()
    assert not await saying.announcements.cancel()
    assert not await saying.announcements.resume()
    assert not await redis_client.exists(WAITING)
    await end(sending)
    assert max(Counter(outbox.told).values()) == 1


async def test_another_replica_goes_on_where_one_ended_and_repeats_at_most_what_was_on_its_way(
    saying: Saying,
) -> None:
    saying.know(*range(1, 81))
    await saying.confirm()
    first, second = Outbox(takes=0.2), Outbox()
    one = saying.running(first)
    other = saying.running(second)
    await asyncio.sleep(1.5)
    assert not second.told  # one at a time
    await end(one)
    await saying.until("done")
    await end(other)
    told = Counter(first.told + second.told)
    assert set(told) == set(range(1, 81))
    assert sum(told.values()) - 80 <= AT_ONCE


async def test_an_announcement_to_nobody_is_over_at_once(saying: Saying) -> None:
    await saying.confirm()
    now = await saying.announcements.state()
    assert now is not None
    assert (now.state, now.total) == ("done", 0)
