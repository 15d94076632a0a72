"""The small writes that answers leave behind in Redis, those of many answers in one call.

A session, a result, a text, where an answer stands: as commands of their own, they cost the bot's process
a third of its time, most of it for packing arguments. So all of them travel as one JSON text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from redis.asyncio import Redis

from ml.gather import Gather

Write = tuple[str | float, ...]

# ARGV: the writes of each answer as JSON, each a kind, a key and what the kind needs. Returns what became of
# each. The keys stand in the text alone: Redis checks each against the rights of the user when it is written.
WRITE = """
local done = {}
for a, answer in ipairs(cjson.decode(ARGV[1])) do
  local became, whole = {}, true
  for i, w in ipairs(answer) do
    local kind, key = w[1], w[2]
    became[i] = true
    if kind == 'keep' then
      redis.call('SET', key, w[3], 'EX', w[4])
    elseif kind == 'new' then
      became[i] = redis.call('SET', key, w[3], 'NX', 'EX', w[4]) and true or false
    elseif kind == 'swap' then
      local held = redis.call('GET', key) or ''
      if held ~= w[3] and held ~= w[4] then
        became[i], whole = held, false
      elseif w[5] == 0 then redis.call('SET', key, w[4])
      else redis.call('SET', key, w[4], 'EX', w[5]) end
    elseif kind == 'list' then
      redis.call('ZADD', key, w[4], w[3])
      redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. (w[4] - w[5]))
      redis.call('EXPIRE', key, w[5])
    elseif kind == 'close' then
      if whole then
        redis.call('XDEL', key, w[3])
        redis.call('HDEL', w[4], w[5])
      else became[i] = false end
    else
      error('no such write')
    end
  end
  done[a] = became
end
return cjson.encode(done)
"""


def keep(key: str, value: str, seconds: int) -> Write:
    """Set a string for a time."""
    return ("keep", key, value, seconds)


def new(key: str, value: str, seconds: int) -> Write:
    """Set a string for a time unless there is one; what becomes of it is whether it was set."""
    return ("new", key, value, seconds)


def swap(key: str, expected: str, value: str, seconds: int) -> Write:
    """Set a string that stands as expected, "" for none, for a time or, with 0, for ever.

    What becomes of it is True, or what stands there instead. A second try finds what the first has set.
    """
    return ("swap", key, expected, value, seconds)


def enlist(key: str, member: str, now: float, seconds: int) -> Write:
    """Add a member to a sorted set by time, which keeps its members and itself for `seconds`."""
    return ("list", key, member, now, seconds)


def close(stream: str, entry: str, counts: str, field: str) -> Write:
    """Take an entry out of a stream, and its count out of a hash, if no swap of this answer failed.

    What becomes of it is whether that was so.
    """
    return ("close", stream, entry, counts, field)


class Writes:
    """Makes writes, all those of the same moment in one call and in their order."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(WRITE)
        # Without a delay: who waits for the last write holds the place of another answer.
        self._gathered: Gather[Sequence[Write], list[Any]] = Gather(self._make_all)

    async def __call__(self, *writes: Write) -> list[Any]:
        """Make the writes of one answer, all or none of them, and return what became of each."""
        return await self._gathered(writes) if writes else []

    async def _make_all(self, asked: list[Sequence[Write]]) -> list[list[Any]]:
        done: list[list[Any]] = orjson.loads(await self._script(args=[orjson.dumps(asked)]))
        return done
