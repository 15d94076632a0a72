"""What operators ordered and have not taken back, known to every replica within a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from redis.asyncio import Redis

from bot import logs
from handlers.operating import Block, Maintenance, Standing
from ml.keys import as_text

BLOCKED = "tonefit:blocked"  # hash: id of a person or chat to a block as JSON
MAINTENANCE = "tonefit:maintenance"  # string: what people are told instead of an answer, as JSON
QUOTAS = "tonefit:quotas"  # hash: name of a quota to its figure
LEVELS = "tonefit:log"  # hash: id of a chat to the level of its log
FRESH = 1.0  # seconds


class Orders:
    """Reads all of it in one call, at most once a second, when somebody asks."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._standing = Standing()
        self._good_until = 0.0  # by the monotonic clock
        self._reading = asyncio.Lock()

    async def now(self) -> Standing:
        """Return what stands, at most a second old."""
        if time.monotonic() >= self._good_until:
            async with self._reading:
                if time.monotonic() >= self._good_until:
                    await self.refresh()
        return self._standing

    async def refresh(self) -> Standing:
        """Read it anew."""
        asked = time.monotonic()
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(BLOCKED)
            pipe.get(MAINTENANCE)
            pipe.hgetall(QUOTAS)
            pipe.hgetall(LEVELS)
            blocked, maintenance, quotas, levels = await pipe.execute()
        before = self._standing.levels
        self._standing = Standing(
            blocks={int(one): Block(**orjson.loads(held)) for one, held in blocked.items()},
            maintenance=Maintenance(**orjson.loads(maintenance)) if maintenance is not None else None,
            quotas={as_text(name): int(figure) for name, figure in quotas.items()},
            levels={int(chat): as_text(level) for chat, level in levels.items()},
        )
        if self._standing.levels != before:
            logs.set_levels(self._standing.levels)
        self._good_until = asked + FRESH
        return self._standing

    async def block(self, block: Block) -> None:
        """Give a person or chat no answers; blocks whose time is over are taken out."""
        standing = await self.refresh()
        over = [one.id for one in standing.blocks.values() if one.until is not None and one.until < block.at]
        await self._write(BLOCKED, {block.id: orjson.dumps(asdict(block))}, over)

    async def unblock(self, blocked: int) -> bool:
        """Answer again; False where nothing was blocked."""
        found = bool(await self._redis.hdel(BLOCKED, str(blocked)))
        await self.refresh()
        return found

    async def set_quota(self, name: str, value: int | None) -> None:
        """Let a quota be another one, or what the settings say."""
        await self._write(QUOTAS, {} if value is None else {name: value}, [name] if value is None else [])

    async def set_level(self, chat: int, level: str | None) -> None:
        """Have a chat's log written from another level on, or as all others."""
        await self._write(LEVELS, {} if level is None else {chat: level}, [chat] if level is None else [])

    async def _write(self, key: str, written: Mapping[Any, Any], deleted: list[Any]) -> None:
        async with self._redis.pipeline() as pipe:
            if deleted:
                pipe.hdel(key, *map(str, deleted))
            if written:
                pipe.hset(key, mapping={str(name): value for name, value in written.items()})
            await pipe.execute()
        await self.refresh()
