"""Which chats a person rules, as far as the bot was told: what `/chats` lists. Rights are asked anew."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

RULED = "tonefit:ruled:"  # sorted set of a person's chats, by when that was known last
KEPT = 90 * 86_400  # seconds
MOST = 50  # chats of a list


class Ruled:
    """The chats of admins, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def note(self, chat: int, admins: Iterable[int]) -> None:
        """Note who rules a chat, by the id of its records."""
        now = time.time()
        async with self._redis.pipeline(transaction=False) as pipe:
            for person in admins:
                pipe.zadd(f"{RULED}{person}", {str(chat): now})
                pipe.zremrangebyscore(f"{RULED}{person}", "-inf", now - KEPT)
                pipe.expire(f"{RULED}{person}", KEPT)
            await pipe.execute()

    async def of(self, person: int) -> list[int]:
        """Return the chats that a person may rule, the latest first."""
        members: Any = await self._redis.zrevrange(f"{RULED}{person}", 0, MOST - 1)
        return [int(member) for member in members]

    async def forget(self, person: int, chat: int) -> None:
        """Note that a person rules a chat no more."""
        await self._redis.zrem(f"{RULED}{person}", str(chat))
