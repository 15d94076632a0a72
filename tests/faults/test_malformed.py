"""Malformed updates go through the real intake and dispatcher, and nothing breaks over them."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import orjson
import pytest

from bot.connection import connect
from bot.dead_letters import DeadLetters
from bot.inbox import Inbox
from bot.sandbox import scene
from bot.web import SECRET_HEADER
from tests.faults.conftest import Field
from tests.faults.malformed import malformed

IN_THE_SUITE = 2_000  # `make bench` sends 10,000
AT_ONCE = 32
ACCEPTABLE = {200, 400}


@pytest.mark.slow
async def test_malformed_updates_break_nothing_and_the_next_command_is_answered(field: Field) -> None:
    await survive(field, IN_THE_SUITE)


async def survive(field: Field, count: int, seed: int = 1) -> float:
    """Send malformed updates by webhook, see that none breaks anything, and return how long it took."""
    field.webhook = True
    (bot,) = await field.start()
    updates = malformed(count, seed)
    begun = time.monotonic()
    async with aiohttp.ClientSession(headers={SECRET_HEADER: "secret"}) as session:

        async def send() -> None:
            for update in updates:
                async with session.post(bot.url, data=orjson.dumps(update)) as answer:
                    assert answer.status in ACCEPTABLE, (answer.status, update)

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    redis = connect(field.valkey.url)
    inbox = Inbox(redis)
    async with asyncio.timeout(300):
        while await inbox.waiting():
            await asyncio.sleep(0.1)
    seconds = time.monotonic() - begun
    letters = await DeadLetters(redis).list()
    await redis.aclose()
    assert not letters, [(letter.reason, orjson.dumps(letter.update).decode()[:2000]) for letter in letters]
    assert '"level": "error"' not in bot.said
    assert "Traceback" not in bot.said and "traceback" not in bot.said
    asked = await field.sandbox.say(scene.ADA, scene.ADA, "/sentiment what a day")
    assert "%" in (await field.sandbox.reply_to(asked, 30))["text"]
    return seconds
