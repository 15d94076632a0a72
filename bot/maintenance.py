"""Maintenance: people get a sentence at once; what they sent is held, and answered when it is over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from redis.asyncio import Redis

from bot.inbox import DELIVERIES, STREAMS, Entry, oldest_id
from bot.orders import MAINTENANCE
from handlers.operating import Maintenance

HELD = "tonefit:held"  # stream: updates that wait for the end, as they lay in the inbox
TOLD = "tonefit:maintenance:told"  # set: chats that got the sentence
KEPT_FOR = 86_400  # seconds, as long as Telegram keeps an update
AT_ONCE = 500  # updates that are read into the script's memory together

# Move an update out of the inbox, unless the maintenance is over by now: then it is to be answered.
# KEYS: maintenance, held, stream, deliveries; ARGV: id, chat, update, oldest id that is kept, seconds, name
HOLD = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('XDEL', KEYS[3], ARGV[1]) == 1 then
  redis.call('XADD', KEYS[2], 'MINID', ARGV[4], '*', 'chat', ARGV[2], 'update', ARGV[3])
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
redis.call('HDEL', KEYS[4], ARGV[6])
return 1
"""
# Move all of them back in their order and end the maintenance, in one step: what comes later lies behind.
# KEYS: maintenance, told, held, streams; ARGV: oldest id that is kept, updates at once
END = """
local start, moved = ARGV[1], 0
while true do
  local part = redis.call('XRANGE', KEYS[3], start, '+', 'COUNT', ARGV[2])
  for _, entry in ipairs(part) do
    local chat, update = entry[2][2], entry[2][4]
    local stream = KEYS[4 + tonumber(chat) % (#KEYS - 3)]  -- as `inbox.shard_of`
    redis.call('XADD', stream, '*', 'chat', chat, 'update', update)
    moved = moved + 1
  end
  if #part < tonumber(ARGV[2]) then break end
  start = '(' .. part[#part][1]
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return moved
"""


class Held(Exception):
    """An update is not answered now: it belongs among those that are held."""


class MaintenanceMode:
    """The maintenance of all replicas."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._hold = redis.register_script(HOLD)
        self._end = redis.register_script(END)

    async def begin(self, maintenance: Maintenance) -> None:
        """Answer nobody but operators from now on; with another sentence every chat is told again."""
        async with self._redis.pipeline() as pipe:
            pipe.set(MAINTENANCE, orjson.dumps(asdict(maintenance)))
            pipe.delete(TOLD)
            await pipe.execute()

    async def end(self) -> int:
        """Answer everybody again; return how many held updates lie in the inbox now."""
        return int(
            await self._end(keys=[MAINTENANCE, TOLD, HELD, *STREAMS], args=[oldest_id(KEPT_FOR), AT_ONCE])
        )

    async def hold(self, entry: Entry) -> bool:
        """Move an update out of the inbox; False where the maintenance is over."""
        where = [MAINTENANCE, HELD, STREAMS[entry.shard], DELIVERIES]
        update = orjson.dumps(entry.update)
        arguments: list[str | int | bytes] = [
            entry.id,
            entry.chat,
            update,
            oldest_id(KEPT_FOR),
            KEPT_FOR,
            entry.name,
        ]
        return bool(await self._hold(keys=where, args=arguments))

    async def to_tell(self, chat: int) -> bool:
        """Say whether a chat has not got the sentence; when it is over there is none to get."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.exists(MAINTENANCE)
            pipe.sismember(TOLD, str(chat))
            goes_on, told = await pipe.execute()
        return bool(goes_on and not told)

    async def note_told(self, chat: int) -> None:
        """Note that a chat got the sentence."""
        await self._redis.sadd(TOLD, str(chat))

    async def held(self) -> int:
        """Return how many updates wait for the end."""
        return int(await self._redis.xlen(HELD))

    async def forget(self, person: int) -> int:
        """Delete what a person sent; return how much that was."""
        entries: Any = await self._redis.xrange(HELD)
        theirs = [entry for entry, fields in entries if _sender(orjson.loads(fields[b"update"])) == person]
        return int(await self._redis.xdel(HELD, *theirs)) if theirs else 0


def _sender(update: dict[str, Any]) -> int | None:
    """Return who sent an update."""
    found = (held["from"] for held in update.values() if isinstance(held, dict) and "from" in held)
    sender = next(found, None)
    return int(sender["id"]) if sender is not None else None
