"""The inbox: every update lies in a Redis stream from before Telegram forgets it until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

STREAM = "tonefit:inbox"
GROUP = "bot"
CONSUMER = "bot"
SEEN = "tonefit:seen:"
SEEN_FOR = 90_000  # seconds; Telegram delivers an update again for up to 24 h
BLOCK = 2_000  # milliseconds, below the connection's socket time-out

# One call for a whole batch: an update is written exactly when it was not seen before.
PUT = """
local written = 0
for i = 1, #ARGV, 2 do
  if redis.call('SET', KEYS[2] .. ARGV[i], 1, 'NX', 'EX', tonumber(KEYS[3])) then
    redis.call('XADD', KEYS[1], '*', 'update', ARGV[i + 1])
    written = written + 1
  end
end
return written
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """An update as it lies in the inbox."""

    id: bytes
    update: dict[str, Any]


class Inbox:
    """Writes updates once, gives them out in order, and deletes what was answered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put = redis.register_script(PUT)

    async def open(self) -> None:
        """Make the stream and its group where they are missing."""
        try:
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def put(self, updates: Sequence[dict[str, Any]]) -> int:
        """Write a batch in one call and return how many were new."""
        if not updates:
            return 0
        arguments: list[bytes | int] = []
        for update in updates:
            arguments += [update["update_id"], orjson.dumps(update)]
        return int(await self._put(keys=[STREAM, SEEN, str(SEEN_FOR)], args=arguments))

    async def take(self, count: int = 64) -> list[Entry]:
        """Wait shortly for new updates and return them in order."""
        try:
            return [_entry(*entry) for entry in await self._read(">", count, block=BLOCK)]
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.open()  # somebody emptied the database under us
            return []

    async def unanswered(self) -> list[Entry]:
        """Return what was given out and never acknowledged: the last process was killed over it."""
        taken: list[Entry] = []
        start = "0-0"
        while True:
            entries = await self._read(start, 500)
            if not entries:
                return taken
            taken += [_entry(entry_id, fields) for entry_id, fields in entries if fields]
            start = entries[-1][0].decode()

    async def _read(
        self, start: str, count: int, block: int | None = None
    ) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Return entries of the stream as (id, fields)."""
        answer = cast(
            "list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]] | None",
            await self._redis.xreadgroup(GROUP, CONSUMER, {STREAM: start}, count=count, block=block),
        )
        return [entry for _, entries in answer or [] for entry in entries]

    async def acknowledge(self, entries: Sequence[bytes]) -> None:
        """Forget answered updates: nothing of them stays in the stream."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xack(STREAM, GROUP, *entries)
            pipeline.xdel(STREAM, *entries)
            await pipeline.execute()

    async def waiting(self) -> int:
        """Return how many updates lie in the inbox, answered ones left out."""
        return int(await self._redis.xlen(STREAM))


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(entry_id, orjson.loads(fields[b"update"]))
