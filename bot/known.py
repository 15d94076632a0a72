"""Which chats the bot has: noted by the day, so that operators can count them and write to them."""

from __future__ import annotations

import time
from typing import Any

from redis.asyncio import Redis

KNOWN = "tonefit:known"  # sorted set: id of a chat's records to the day when somebody last asked there
KEPT = 90  # days
DAY = 86_400  # seconds


class Known:
    """Notes chats in memory and brings them to Redis together; a moment that is lost comes with the next."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._written: dict[int, int] = {}  # chat to the day that Redis has
        self._pending: dict[int, int] = {}

    def note(self, chat: int) -> None:
        """Note that somebody asked something in a chat."""
        today = int(time.time() // DAY)
        if self._written.get(chat) != today:
            self._pending[chat] = today

    async def write(self) -> None:
        """Bring to Redis what was noted."""
        pending, self._pending = self._pending, {}
        if not pending:
            return
        async with self._redis.pipeline() as pipe:
            pipe.zadd(KNOWN, {str(chat): day for chat, day in pending.items()})
            pipe.zremrangebyscore(KNOWN, "-inf", int(time.time() // DAY) - KEPT)
            await pipe.execute()
        self._written = {**self._written, **pending} if len(self._written) < 100_000 else pending

    async def forget(self, chat: int) -> None:
        """Know nothing of a chat, until somebody asks something there again."""
        self._pending.pop(chat, None)
        self._written.pop(chat, None)
        await self._redis.zrem(KNOWN, str(chat))

    async def all(self) -> list[tuple[int, float]]:
        """Return all chats with the day (Unix seconds) of their last question, the latest first."""
        held: Any = await self._redis.zrevrange(KNOWN, 0, -1, withscores=True)
        return [(int(chat), day * DAY) for chat, day in held]

    async def seen(self, chat: int) -> float | None:
        """Return the day (Unix seconds) of a chat's last question."""
        day = await self._redis.zscore(KNOWN, str(chat))
        return float(day) * DAY if day is not None else None
