"""A chat that is blocked gets nothing unasked either."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from bot import background
from bot.schedules import PLAN, Schedules
from handlers.context import Services
from handlers.operating import Block
from tests.handlers.conftest import services

__all__ = ["services"]


class Outbox:
    """Nobody is written to here."""

    def unasked(self, *_: object) -> Outbox:
        return self


async def test_a_blocked_chat_gets_no_digest_and_no_alert_and_others_do(
    services: Services, redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[tuple[str, int]] = []

    async def digest(_: Services, __: Any, chat: int, *rest: Any) -> None:
        came.append(("digest", chat))

    async def alert(_: Services, __: Any, chat: int, *rest: Any) -> None:
        came.append(("alert", chat))

    monkeypatch.setattr(background, "send_digest", digest)
    monkeypatch.setattr(background, "send_alert", alert)
    for chat in (-100, -101):
        every = {"every": "daily", "at": "09:00", "day": 0}
        over = {"label": "negative", "share": 0.4, "over": 3600, "min": 5}
        await services.chat_settings.change(chat, digest=every, alert=over, tagging="digest")
    await services.operating.orders.block(Block(-100, time.time(), 7))
    due = time.time() - 5
    await redis_client.zadd(
        PLAN, {f"{kind}:{chat}": due for kind in ("digest", "alert") for chat in (-100, -101)}
    )
    outbox: Any = Outbox()
    running = asyncio.create_task(background.run_schedules(services, Schedules(redis_client), outbox, "en"))
    async with asyncio.timeout(20):
        while len(came) < 2:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # all four were due in one look
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert sorted(came) == [("alert", -101), ("digest", -101)]
