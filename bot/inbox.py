"""The inbox: every update lies in a Redis stream from before Telegram forgets it until it is answered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from redis.asyncio import Redis

from ml import writes
from ml.writes import Write

SHARDS = 16  # streams; a chat's updates lie in one, and one replica at a time answers from it
STREAM = "tonefit:inbox:"
SEEN = "tonefit:seen:bits:"  # bitmaps of update ids
IDS_OF_A_BITMAP = 8192  # 1 KB
SEEN_FOR = 90_000  # seconds; Telegram delivers an update again for up to 24 h
DELIVERIES = "tonefit:deliveries"  # hash: how often an update was begun that its first process did not end
BLOCK = 1_000  # milliseconds, below the connection's socket time-out
FIRST = "0-0"  # before every id
COUNT = 100  # entries of a shard in one read

# One call for a whole batch: an update is written exactly when it was not seen before.
# KEYS: streams; ARGV: prefix of the bitmaps, ids of a bitmap, seconds, then "id shard chat update" of each
PUT = """
local written = 0
for i = 4, #ARGV do
  local id, shard, chat, update = string.match(ARGV[i], '^(%d+) (%d+) (%-?%d+) (.*)$')
  local seen = ARGV[1] .. string.format('%.0f', math.floor(id / ARGV[2]))
  if redis.call('SETBIT', seen, id % ARGV[2], 1) == 0 then
    redis.call('EXPIRE', seen, ARGV[3])
    redis.call('XADD', KEYS[shard + 1], '*', 'chat', chat, 'update', update)
    written = written + 1
  end
end
return written
"""
# Return what lies behind a known id in each of some shards as one JSON text, which Python reads in one go.
# KEYS: streams; ARGV: entries of each, then shard and known id
READ = """
local found = {}
for i = 2, #ARGV, 2 do
  local start = '(' .. ARGV[i + 1]
  for _, entry in ipairs(redis.call('XRANGE', KEYS[ARGV[i] + 1], start, '+', 'COUNT', ARGV[1])) do
    local chat, update = entry[2][2], entry[2][4]
    table.insert(found, '[' .. ARGV[i] .. ',"' .. entry[1] .. '",' .. chat .. ',' .. update .. ']')
  end
end
return '[' .. table.concat(found, ',') .. ']'
"""
# KEYS: streams, deliveries; ARGV: "shard:id" of each, blanks between
ACKNOWLEDGE = """
for name in string.gmatch(ARGV[1], '%S+') do
  local shard, id = string.match(name, '^(%d+):(.*)$')
  redis.call('XDEL', KEYS[shard + 1], id)
  redis.call('HDEL', KEYS[#KEYS], name)
end
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An update as it lies in the inbox; `chat` is whose order it belongs to."""

    shard: int
    id: str
    chat: int
    update: dict[str, Any]

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.shard}:{self.id}"


class Inbox:
    """Writes updates once, gives them out in order, and deletes what was answered.

    Nothing is written when an update is read: who may read a shard is decided in `bot.shards`, and what lies
    there when a shard changes hands is what its last owner did not answer.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put = redis.register_script(PUT)
        self._read = redis.register_script(READ)
        self._acknowledge = redis.register_script(ACKNOWLEDGE)

    async def put(self, updates: Sequence[dict[str, Any]]) -> int:
        """Write a batch in one call and return how many were new."""
        if not updates:
            return 0
        arguments: list[bytes | int | str] = [SEEN, IDS_OF_A_BITMAP, SEEN_FOR]
        for update in updates:
            chat = chat_of(update)
            place = f"{update['update_id']} {shard_of(chat)} {chat} "
            arguments.append(place.encode() + orjson.dumps(update))
        return int(await self._put(keys=STREAMS, args=arguments))

    async def note_seen(self, update_id: int) -> None:
        """Take no update of this id any more."""
        block, bit = divmod(update_id, IDS_OF_A_BITMAP)
        async with self._redis.pipeline() as pipeline:
            pipeline.setbit(f"{SEEN}{block}", bit, 1)
            pipeline.expire(f"{SEEN}{block}", SEEN_FOR)
            await pipeline.execute()

    async def read(self, after: Mapping[int, str]) -> list[Entry]:
        """Return the next updates of shards, given as shard to the last id that is known; wait shortly."""
        entries = await self._read_now(after)
        if not entries:
            streams: Any = {STREAMS[shard]: known for shard, known in after.items()}
            if await self._redis.xread(streams, count=1, block=BLOCK):
                entries = await self._read_now(after)
        return entries

    async def _read_now(self, after: Mapping[int, str]) -> list[Entry]:
        arguments: list[int | str] = [COUNT]
        for shard, known in after.items():
            arguments += [shard, known]
        return [Entry(*entry) for entry in orjson.loads(await self._read(keys=STREAMS, args=arguments))]

    async def acknowledge(self, entries: Iterable[Entry]) -> None:
        """Forget answered updates: nothing of them stays in the stream.

        That an update was answered is true whoever says it, so that no lease is asked for.
        """
        names = " ".join(entry.name for entry in entries)
        await self._acknowledge(keys=[*STREAMS, DELIVERIES], args=[names])

    def closing(self, entry: Entry) -> Write:
        """Return what acknowledges an update together with what its answer leaves behind."""
        return writes.close(STREAMS[entry.shard], entry.id, DELIVERIES, entry.name)

    async def begun_before(self, entry: Entry) -> int:
        """Note that an update is begun which a process may have died over; return how often it was noted."""
        return int(await cast("Any", self._redis.hincrby(DELIVERIES, entry.name, 1)))

    async def waiting(self) -> int:
        """Return how many updates lie in the inbox, answered ones left out."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in STREAMS:
                pipeline.xlen(name)
            return sum(await pipeline.execute())


STREAMS = [f"{STREAM}{shard}" for shard in range(SHARDS)]


def shard_of(chat: int) -> int:
    """Return the shard of a chat, the same for ever."""
    return chat % SHARDS


def oldest_id(seconds: int) -> str:
    """Return the id below which entries of a stream are older than so many seconds."""
    return f"{int((time.time() - seconds) * 1000)}-0"


def written_at(entry_id: str) -> int:
    """Return when an entry was written, in milliseconds since 1970 by the clock of Redis."""
    return int(entry_id.partition("-")[0])


def chat_of(update: dict[str, Any]) -> int:
    """Return the chat whose order an update belongs to, 0 where it has none.

    >>> chat_of({"update_id": 1, "message": {"chat": {"id": 42}}})
    42
    """
    for kind, content in update.items():
        if kind == "update_id" or not isinstance(content, dict):
            continue
        message = content.get("message")
        holder = message if isinstance(message, dict) else content
        chat = holder.get("chat") or content.get("from")
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            return int(chat["id"])
    return 0
