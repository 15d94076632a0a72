"""A lease in Redis: the right to do one thing, held by one process at a time."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from types import TracebackType

from redis.asyncio import Redis
from redis.exceptions import RedisError

LEASE = 4.5  # seconds until the right of a silent holder is free
RENEWAL = LEASE / 3

# KEYS: lease; ARGV: token, milliseconds
TAKE = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# KEYS: lease; ARGV: token
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease:
    """Taken and renewed in the background from `async with` on, as often as nobody else holds it."""

    def __init__(self, redis: Redis, key: str) -> None:
        self.key = key
        self.token = secrets.token_hex(8)
        self._take = redis.register_script(TAKE)
        self._release = redis.register_script(RELEASE)
        self._renewing: asyncio.Task[None] | None = None
        self._until = 0.0  # by the monotonic clock, which a paused process finds advanced

    @property
    def held(self) -> bool:
        """Whether nobody else can hold it at this moment."""
        return time.monotonic() < self._until

    async def __aenter__(self) -> Lease:
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        await self.release()

    async def wait(self) -> None:
        """Wait until it is ours."""
        while not self.held and not await self._taken():  # noqa: ASYNC110 - another process lets it go
            await asyncio.sleep(RENEWAL)

    def doubt(self) -> None:
        """Have Redis say again whether it is ours."""
        self._until = 0.0

    async def release(self) -> None:
        """Let another process have it."""
        self._until = 0.0
        with contextlib.suppress(RedisError, TimeoutError):
            async with asyncio.timeout(1):
                await self._release(keys=[self.key], args=[self.token])

    async def _taken(self) -> bool:
        asked = time.monotonic()
        taken = bool(await self._take(keys=[self.key], args=[self.token, int(LEASE * 1000)]))
        self._until = asked + LEASE if taken else 0.0
        return taken

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            with contextlib.suppress(RedisError, TimeoutError):  # also of a full server
                await self._taken()
