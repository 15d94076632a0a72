"""Who does not want to be counted, and where: one chat, or every one."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from ml import keys
from ml.gather import Gather

EVERYWHERE = 0  # stands for every chat: no chat has this id
TOGETHER = 0.004  # seconds in which the messages of many chats become one call


class OptOuts:
    """What people chose, in Redis; asked for every message of a group, so that it counts from now on."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ask: Gather[tuple[int, int], bool] = Gather(self._ask_all, delay=TOGETHER)

    async def out(self, chat: int, person: int) -> bool:
        """Say whether nothing that a person writes in a chat may be counted or kept."""
        return await self._ask((chat, person))

    async def add(self, person: int, chat: int = EVERYWHERE) -> None:
        """Leave a person out of a chat, or of all."""
        await self._redis.sadd(keys.opted_out(person), chat)

    async def remove(self, person: int, chat: int = EVERYWHERE) -> None:
        """Count a person again in a chat; for all chats, those that were chosen one by one too."""
        if chat == EVERYWHERE:
            await self._redis.unlink(keys.opted_out(person))
        else:
            await self._redis.srem(keys.opted_out(person), chat)

    async def places(self, person: int) -> list[int]:
        """Return the chats that a person is left out of; `EVERYWHERE` stands for all."""
        held: Any = await self._redis.smembers(keys.opted_out(person))
        return sorted(int(chat) for chat in held)

    async def _ask_all(self, asked: list[tuple[int, int]]) -> list[bool]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for chat, person in asked:
                pipe.smismember(keys.opted_out(person), [EVERYWHERE, chat])
            return [any(held) for held in await pipe.execute()]
