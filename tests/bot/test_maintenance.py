"""What is held during a maintenance, and how it comes back."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.dead_letters import DeadLetters
from bot.dispatcher import Dispatcher
from bot.erasure import Eraser
from bot.inbox import FIRST, SHARDS, Entry, Inbox, shard_of
from bot.maintenance import AT_ONCE, HELD, KEPT_FOR, Held, MaintenanceMode
from bot.orders import Orders
from bot.shards import Shards
from bot.turn import Turn
from handlers.messages import Sent
from handlers.operating import Maintenance

NOW = Maintenance("Back soon.", 7, 0.0)


def update(number: int, chat: int, person: int = 5) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": chat}, "from": {"id": person}, "text": "words"}}


async def entries(redis: Redis) -> list[Entry]:
    return await Inbox(redis).read(dict.fromkeys(range(SHARDS), FIRST))


@pytest.fixture
def mode(redis_client: Redis) -> MaintenanceMode:
    return MaintenanceMode(redis_client)


async def test_what_is_held_comes_back_in_order_before_what_came_later(
    redis_client: Redis, mode: MaintenanceMode
) -> None:
    chats = (1, -5, -1_001_234_567_890, 17)
    inbox = Inbox(redis_client)
    await inbox.put([update(number, chats[number % 4]) for number in range(8)])
    await mode.begin(NOW)
    for entry in await entries(redis_client):
        assert await mode.hold(entry)
    assert (await inbox.waiting(), await mode.held()) == (0, 8)
    assert await mode.end() == 8
    await inbox.put([update(9, chats[0])])
    for chat in chats:
        back = [entry for entry in await entries(redis_client) if entry.chat == chat]
        numbers = [entry.update["update_id"] for entry in back]
        assert numbers == sorted(numbers)
        assert {entry.shard for entry in back} == {shard_of(chat)}
    assert await inbox.waiting() == 9
    assert await mode.held() == 0
    assert (await Orders(redis_client).now()).maintenance is None


async def test_more_than_one_part_comes_back_whole(redis_client: Redis, mode: MaintenanceMode) -> None:
    await mode.begin(NOW)
    now = int(time.time() * 1000)
    for number in range(2 * AT_ONCE):
        fields: dict[Any, Any] = {"chat": 1, "update": f'{{"update_id":{number}}}'}
        await redis_client.xadd(HELD, fields, id=f"{now}-{number}")
    assert await mode.end() == 2 * AT_ONCE
    assert await Inbox(redis_client).waiting() == 2 * AT_ONCE


async def test_what_comes_after_the_end_is_not_held(redis_client: Redis, mode: MaintenanceMode) -> None:
    await Inbox(redis_client).put([update(1, 1)])
    (entry,) = await entries(redis_client)
    await mode.begin(NOW)
    await mode.end()
    assert not await mode.hold(entry)
    assert await Inbox(redis_client).waiting() == 1


async def test_an_update_is_held_once_whoever_holds_it(redis_client: Redis, mode: MaintenanceMode) -> None:
    await Inbox(redis_client).put([update(1, 1)])
    (entry,) = await entries(redis_client)
    await mode.begin(NOW)
    assert await mode.hold(entry)
    assert await mode.hold(entry)  # a replica that lost the shard meanwhile
    assert await mode.held() == 1
    assert 0 < await redis_client.ttl(HELD) <= KEPT_FOR


async def test_what_has_lain_for_a_day_is_gone(redis_client: Redis, mode: MaintenanceMode) -> None:
    await mode.begin(NOW)
    old = int((time.time() - KEPT_FOR - 60) * 1000)
    fields: dict[Any, Any] = {"chat": 1, "update": "{}"}
    await redis_client.xadd(HELD, fields, id=f"{old}-0")
    assert await mode.end() == 0


async def test_another_sentence_is_told_to_every_chat_again(mode: MaintenanceMode) -> None:
    await mode.begin(NOW)
    await mode.note_told(5)
    assert not await mode.to_tell(5)
    assert await mode.to_tell(6)
    await mode.begin(Maintenance("It takes longer.", 7, 0.0))
    assert await mode.to_tell(5)
    await mode.end()
    assert not await mode.to_tell(5)


async def test_a_person_can_be_forgotten_among_the_held(redis_client: Redis, mode: MaintenanceMode) -> None:
    await Inbox(redis_client).put([update(1, -5, person=5), update(2, -5, person=6), update(3, -5, person=5)])
    await mode.begin(NOW)
    for entry in await entries(redis_client):
        await mode.hold(entry)
    assert await mode.forget(5) == 2
    assert await mode.forget(5) == 0
    assert await mode.held() == 1


async def test_deleted_updates_leave_the_file_of_the_held_too(
    redis_client: Redis, mode: MaintenanceMode
) -> None:
    await Inbox(redis_client).put([update(1, 1, person=5), update(2, 1, person=6)])
    await mode.begin(NOW)
    for entry in await entries(redis_client):
        await mode.hold(entry)
    await mode.forget(5)
    before = await redis_client.xinfo_stream(HELD)
    await Eraser(redis_client).rewrite()
    after = await redis_client.xinfo_stream(HELD)
    assert after["length"] == before["length"] == 1
    assert after["max-deleted-entry-id"] == b"0-0" != before["max-deleted-entry-id"]


async def test_an_answer_is_sent_although_the_maintenance_was_told_when_it_had_just_ended(
    redis_client: Redis, mode: MaintenanceMode
) -> None:
    said: list[str] = []

    class Late:
        """Tells of a maintenance at the first try, as a replica does that has not heard of its end."""

        tries = 0

        async def answer(self, content: dict[str, Any], turn: Turn) -> None:
            self.tries += 1
            words = "Back soon." if self.tries == 1 else "positive"
            if turn.earlier() is None:
                said.append(words)
                turn.note(Sent(1, len(said)))
            if self.tries == 1:
                raise Held

        async def apologise(self, content: dict[str, Any], turn: Turn, error: Exception | None) -> str:
            raise AssertionError

    letters = DeadLetters(redis_client)
    running = asyncio.create_task(
        Dispatcher(Inbox(redis_client), Shards(redis_client), letters, Late(), mode).run()
    )
    await Inbox(redis_client).put([update(1, 1)])
    async with asyncio.timeout(10):
        while await Inbox(redis_client).waiting():
            await asyncio.sleep(0.02)
    assert said == ["Back soon.", "positive"]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
