"""Updates that could not be answered: kept for a day, to look at and to replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from bot.inbox import DELIVERIES, STREAMS, Entry, chat_of, oldest_id, shard_of

DEAD = "tonefit:dead"  # stream
KEPT_FOR = 86_400  # seconds

# Move an update out of the inbox. KEYS: dead letters, stream, deliveries
# ARGV: id in the stream, oldest id that is kept, seconds, update, reference, reason, field of deliveries
BURY = """
redis.call('XADD', KEYS[1], 'MINID', ARGV[2], '*', 'update', ARGV[4], 'reference', ARGV[5], 'reason', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('XDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[7])
"""
# Move it back, as if it had just come. KEYS: dead letters, stream; ARGV: id, chat, update
REPLAY = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'chat', ARGV[2], 'update', ARGV[3])
return 1
"""


@dataclass(frozen=True)
class DeadLetter:
    """An update that was given up: `reference` is what the person was told, `reason` a word or a class."""

    id: str
    at: float  # seconds since 1970
    reference: str
    reason: str
    update: dict[str, Any]


class DeadLetters:
    """The dead letters of all replicas."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._bury = redis.register_script(BURY)
        self._replay = redis.register_script(REPLAY)

    async def bury(self, entry: Entry, reference: str, reason: str) -> None:
        """Move an update out of the inbox, so that its chat goes on."""
        await self._bury(
            keys=[DEAD, STREAMS[entry.shard], DELIVERIES],
            args=[
                entry.id,
                oldest_id(KEPT_FOR),
                KEPT_FOR,
                orjson.dumps(entry.update),
                reference,
                reason,
                entry.name,
            ],
        )

    async def list(self, count: int = 20) -> list[DeadLetter]:
        """Return the newest dead letters, the newest first."""
        held: Any = await self._redis.xrevrange(DEAD, min=oldest_id(KEPT_FOR), count=count)
        return [_letter(letter_id, fields) for letter_id, fields in held]

    async def replay(self, letter_id: str) -> bool:
        """Put an update back into the inbox behind what its chat sent since; False where it is gone."""
        held: Any = await self._redis.xrange(DEAD, min=letter_id, max=letter_id)
        if not held:
            return False
        letter = _letter(*held[0])
        chat = chat_of(letter.update)
        arguments: list[str | int | bytes] = [letter_id, chat, orjson.dumps(letter.update)]
        return bool(await self._replay(keys=[DEAD, STREAMS[shard_of(chat)]], args=arguments))

    async def forget_old(self) -> None:
        """Delete what has lain for a day; call it now and then."""
        await self._redis.xtrim(DEAD, minid=oldest_id(KEPT_FOR), approximate=False)


def _letter(letter_id: bytes, fields: dict[bytes, bytes]) -> DeadLetter:
    return DeadLetter(
        letter_id.decode(),
        int(letter_id.partition(b"-")[0]) / 1000,
        fields[b"reference"].decode(),
        fields[b"reason"].decode(),
        orjson.loads(fields[b"update"]),
    )
