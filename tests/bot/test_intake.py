"""Intake by polling: as much as the inbox shall hold, and no update twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import telegram
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from bot import intake
from bot.inbox import FIRST, SHARDS, Inbox
from bot.intake import BATCH, LOOK, Poller


class Flood:
    """A Bot API with more updates than anybody could take."""

    def __init__(self) -> None:
        self.asked: list[int] = []  # offsets

    async def handle(self, request: web.Request) -> web.Response:
        told: dict[str, Any] = await request.json() if request.content_type == "application/json" else {}
        if request.match_info["method"] != "getUpdates":
            return web.json_response({"ok": True, "result": True})
        first = max(1, int(told.get("offset", 0)))
        self.asked.append(first)
        batch = [
            {"update_id": number, "message": {"chat": {"id": number % 40}}}
            for number in range(first, first + BATCH)
        ]
        return web.json_response({"ok": True, "result": batch})


@pytest.fixture
async def flood() -> AsyncIterator[tuple[Flood, telegram.Bot]]:
    api = Flood()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api.handle)
    server = TestServer(app)
    await server.start_server()
    bot = telegram.Bot("1:token", base_url=str(server.make_url("/bot")))
    await bot.request.initialize()
    yield api, bot
    await bot.request.shutdown()
    await server.close()


async def test_what_the_inbox_shall_not_hold_stays_at_telegram_until_there_is_room(
    flood: tuple[Flood, telegram.Bot], redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "FULL", 500)
    api, bot = flood
    inbox = Inbox(redis_client)
    polling = asyncio.create_task(Poller(bot, inbox, redis_client).run())
    try:
        await until_nothing_more_is_asked(api)
        held = await inbox.waiting()
        assert 500 < held <= 500 + LOOK * BATCH
        entries = [entry for shard in range(SHARDS) for entry in await inbox.read({shard: FIRST})]
        assert len(entries) == held
        await inbox.acknowledge(entries)
        async with asyncio.timeout(10):
            while await inbox.waiting() <= 500:
                await asyncio.sleep(0.05)
        assert len(api.asked) == len(set(api.asked)), "a batch was asked for twice"
    finally:
        polling.cancel()
        await asyncio.wait([polling], timeout=10)


async def until_nothing_more_is_asked(api: Flood) -> None:
    async with asyncio.timeout(20):
        asked = -1
        while asked != len(api.asked) or not asked:
            asked = len(api.asked)
            await asyncio.sleep(0.5)
