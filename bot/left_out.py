"""How many tags a chat did not get, since Telegram's limits had no place for them in time."""

from __future__ import annotations

import logging
import time
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.metrics import Metrics

log = logging.getLogger(__name__)

LEFT_OUT = "tonefit:left_out:"  # hash with a TTL: a chat's tags that were left out, by hour since 1970
HOUR = 3600  # seconds
SHOWN = 24  # hours
KEPT = (SHOWN + 1) * HOUR


class LeftOut:
    """The counts of all chats, in Redis."""

    def __init__(self, redis: Redis, metrics: Metrics | None = None) -> None:
        self._redis = redis
        self._metrics = metrics or Metrics()

    async def note(self, chat: int) -> None:
        """Count a tag that was left out, by the id of the chat's records; that matters to nobody else."""
        self._metrics.left_out.inc()
        hour = int(time.time()) // HOUR
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hincrby(f"{LEFT_OUT}{chat}", str(hour), 1)
                pipe.hdel(f"{LEFT_OUT}{chat}", *map(str, range(hour - 2 * SHOWN, hour - SHOWN)))
                pipe.expire(f"{LEFT_OUT}{chat}", KEPT)
                await pipe.execute()
        except (RedisError, TimeoutError) as error:
            log.info("a tag of chat %s was left out and not counted (%s)", chat, type(error).__name__)

    async def of(self, chat: int) -> int:
        """Return how many there were in the last 24 hours."""
        held: Any = await self._redis.hgetall(f"{LEFT_OUT}{chat}")
        since = int(time.time()) // HOUR - SHOWN
        return sum(int(count) for hour, count in held.items() if int(hour) > since)
