"""How deleted texts leave the disk: the append-only file is rewritten, after streams were packed anew."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from bot.dead_letters import DEAD
from bot.inbox import STREAMS
from bot.maintenance import HELD

log = logging.getLogger(__name__)

REWRITTEN = "tonefit:rewritten"  # string with a TTL: that a replica had the file rewritten lately
EVERY = 2_700  # seconds: three quarters of an hour, so that it is hourly with time to spare
LOOK_EVERY = 60.0  # seconds
LARGEST = 2_000  # entries of a stream that is written anew at once

# A stream keeps the bytes of deleted entries until all of their node are deleted: write anew what is left.
# KEYS: stream; ARGV: entries at most
REPACK = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local held = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1] + 1)
if #held == 0 or #held > tonumber(ARGV[1]) then return 0 end
local last, ttl = '', redis.call('PTTL', KEYS[1])
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then last = info[i + 1] end
end
redis.call('DEL', KEYS[1])
for _, entry in ipairs(held) do redis.call('XADD', KEYS[1], entry[1], unpack(entry[2])) end
redis.call('XSETID', KEYS[1], last)
if ttl > 0 then redis.call('PEXPIRE', KEYS[1], ttl) end
return #held
"""


class Eraser:
    """Has the file rewritten by one replica, at least hourly while something was written or deleted."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._repack = redis.register_script(REPACK)

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            try:
                await self.look()
            except (RedisError, TimeoutError) as error:
                log.warning("the append-only file was not rewritten (%s)", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> bool:
        """Begin a rewrite if none was begun lately and the file has grown since; say whether it was begun."""
        if await self._redis.exists(REWRITTEN):
            return False
        state: Any = await self._redis.info("persistence")
        grown = state.get("aof_current_size") != state.get("aof_base_size")
        if not state.get("aof_enabled") or not grown or state.get("aof_rewrite_in_progress"):
            return False
        if not await self._redis.set(REWRITTEN, 1, nx=True, ex=EVERY):
            return False
        try:
            await self.rewrite()
        except ResponseError as error:  # a hosted Redis that forbids it, or a snapshot is being written
            log.warning("Redis does not rewrite its append-only file (%s)", type(error).__name__)
            await self._redis.expire(REWRITTEN, int(LOOK_EVERY))
            return False
        return True

    async def rewrite(self) -> None:
        """Have the file rewritten in the background.

        Raises:
            ResponseError: Redis does not.
        """
        for stream in (*STREAMS, DEAD, HELD):
            await self._repack(keys=[stream], args=[LARGEST])
        await self._redis.bgrewriteaof()
