"""The guard against floods: who sends too many commands a minute gets one sentence, then silence."""

from __future__ import annotations

from enum import Enum

from redis.asyncio import Redis

LIMIT = "tonefit:flood:limit"  # string: commands a minute, where an operator changed it
DEFAULT_LIMIT = 30
COUNT = "tonefit:flood:"  # string with a TTL: commands of a person in the minute that goes on
TYPED = "tonefit:flood:inline:"  # the same for inline queries, which come while somebody types
QUERIES = 3  # that stand for one command
MINUTE = 60  # seconds

# KEYS: count, limit; ARGV: default, seconds, how many stand for a command
ENTER = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return count - ARGV[3] * (redis.call('GET', KEYS[2]) or ARGV[1])
"""


class Entry(Enum):
    """What a person's next command meets."""

    OPEN = "open"
    WARNED = "warned"  # the first too many: a sentence
    SHUT = "shut"


class FloodGuard:
    """Counts commands a person and minute, over all chats and replicas."""

    def __init__(self, redis: Redis, *, enforced: bool = True) -> None:
        self._redis = redis
        self._enforced = enforced
        self._enter = redis.register_script(ENTER)

    async def enter(self, person: int) -> Entry:
        """Count a command and say what it meets."""
        return await self._count(f"{COUNT}{person}", 1)

    async def type(self, person: int) -> Entry:
        """Count an inline query and say what it meets."""
        return await self._count(f"{TYPED}{person}", QUERIES)

    async def _count(self, key: str, of_one: int) -> Entry:
        if not self._enforced:
            return Entry.OPEN
        beyond = int(await self._enter(keys=[key, LIMIT], args=[DEFAULT_LIMIT, MINUTE, of_one]))
        return Entry.OPEN if beyond <= 0 else Entry.WARNED if beyond == 1 else Entry.SHUT

    async def set_limit(self, commands: int) -> None:
        """Let everybody send this many commands a minute."""
        await self._redis.set(LIMIT, commands)

    async def limit(self) -> int:
        """Return how many commands a minute everybody may send."""
        return int(await self._redis.get(LIMIT) or DEFAULT_LIMIT)
