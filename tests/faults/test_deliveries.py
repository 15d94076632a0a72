"""What happens to answers when Telegram brings an update twice, refuses, or breaks off."""

from __future__ import annotations

import asyncio
import random
import signal
import time

import aiohttp
import orjson
from redis.asyncio import Redis

from bot.parking import PARKED
from bot.sandbox.backend import Call
from bot.web import SECRET_HEADER
from tests.faults.conftest import TEXT, Field


async def test_updates_that_come_twice_and_out_of_order_are_answered_once(field: Field) -> None:
    field.webhook = True
    bots = await field.start(2)
    people = field.people(50)
    updates = [message(field, people[number % 50], number) for number in range(500)]
    deliveries = updates + updates
    random.Random(7).shuffle(deliveries)
    async with aiohttp.ClientSession(headers={SECRET_HEADER: "secret"}) as session:

        async def deliver(update: dict[str, object]) -> None:
            async with session.post(random.choice(bots).url, data=orjson.dumps(update)) as response:
                assert response.status == 200

        for start in range(0, len(deliveries), 50):
            await asyncio.gather(*map(deliver, deliveries[start : start + 50]))
    await field.until(lambda: len(field.sandbox.calls_of("sendMessage")) >= 500, 30)
    await asyncio.sleep(1)
    assert len(field.sandbox.calls_of("sendMessage")) == 500


def message(field: Field, person: int, number: int) -> dict[str, object]:
    sender = {"id": person, "is_bot": False, "first_name": "P"}
    chat = {"id": person, "type": "private", "first_name": "P"}
    content = {"message_id": number + 1, "date": int(time.time()), "chat": chat, "from": sender, "text": TEXT}
    return {"update_id": 900_000_000 + number, "message": content}


async def test_a_chat_that_telegram_parks_holds_up_no_other_and_loses_nothing(field: Field) -> None:
    bots = await field.start(2)
    people = field.people(30)
    parked = people[0]
    field.sandbox.fault("429", "sendMessage", parked, retry_after=60)
    await field.ask(people, 300)
    await field.until(lambda: all(len(field.answered(chat)) == 10 for chat in people[1:]), 30)
    assert (field.answered(parked), len(calls_to(field, parked))) == ([], 1)
    async with Redis.from_url(field.valkey.url) as redis:
        assert 30 < await free_at(redis, parked) - time.time() < 60.2
        await asyncio.gather(*(asyncio.to_thread(bot.end) for bot in bots))
        await redis.delete(PARKED)  # as if the minute was over; those who knew of it have ended
    await field.start()
    await field.all_answered(30)
    assert field.repeated == 0
    assert [bool(call.error) for call in calls_to(field, parked)] == [True] + 10 * [False]


def calls_to(field: Field, chat: int) -> list[Call]:
    return [call for call in field.sandbox.calls_of("sendMessage") if call.params["chat_id"] == chat]


async def free_at(redis: Redis, chat: int) -> float:
    """Return until when a chat is parked, in Unix seconds."""
    held = await redis.zscore(PARKED, str(chat))
    assert held is not None
    return float(held) / 1000


async def test_a_bad_day_of_the_bot_api_answers_nothing_twice(field: Field) -> None:
    await field.start()
    people = field.people(40)
    faults = field.sandbox.fault
    faults("502", "sendMessage", times=20)
    faults("slow", "sendMessage", times=10, delay=2.0)
    faults("cut", "sendMessage", times=10)
    faults("409", "getUpdates", times=1)
    faults("502", "getUpdates", times=2)
    faults("cut", "getUpdates", times=2)
    await field.ask(people, 400)
    await field.all_answered(40)
    assert field.repeated == 0
    assert field.out_of_order == []


async def test_a_second_poller_waits_and_goes_on_when_the_first_is_killed(field: Field) -> None:
    first, second = await field.start(2)
    await field.until(lambda: any("this one waits" in bot.said for bot in (first, second)), 10)
    poller = second if "this one waits" in first.said else first
    poller.send(signal.SIGKILL)
    await field.ask(field.people(10), 20)
    await field.all_answered(20)
