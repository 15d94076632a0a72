"""Reading a Redis stream for ever, over restarts of the server."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ml import keys

log = logging.getLogger(__name__)

BLOCK = 1000  # milliseconds a read waits: below every socket time-out
AT_ONCE = 100
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds
AWAY = (RedisConnectionError, RedisTimeoutError)  # what a restart of Redis raises


async def read(redis: Redis, stream: str, last: str) -> list[tuple[str, dict[str, str]]]:
    """Return the entries after an id, waiting a moment for the first."""
    answer: Any = await redis.xread({stream: last}, block=BLOCK, count=AT_ONCE)
    return [
        (keys.as_text(entry), {keys.as_text(field): keys.as_text(value) for field, value in fields.items()})
        for _, entries in answer
        for entry, fields in entries
    ]


class Pause:
    """How long to wait before Redis is asked again: longer each time, until it answered."""

    def __init__(self) -> None:
        self._seconds = FIRST_PAUSE

    async def wait(self, failure: RedisError) -> None:
        """Wait after a failure."""
        log.warning("redis is away (%s), asking again in %s s", type(failure).__name__, self._seconds)
        await asyncio.sleep(self._seconds)
        self._seconds = min(2 * self._seconds, LONGEST_PAUSE)

    def over(self) -> None:
        """Note that Redis answered."""
        self._seconds = FIRST_PAUSE
