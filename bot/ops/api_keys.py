"""The keys of the HTTP API: what each may, and how often a minute."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from bot.ops.signin import digest_of
from ml import keys

NAME = re.compile(r"[\w.-]{1,32}")
PER_MINUTE = 60
MINUTE = 60  # seconds
PREFIX = "tonefit_"  # so that whoever finds a key in a file knows whose it is
COUNTED = 16  # digits of a key's digest that tell it from all others

# KEYS: count; ARGV: seconds. Return the count of this minute and how long that goes on
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


class NameTaken(ValueError):
    """There is a key of this name."""


class OverLimit(Exception):
    """A key asked too often; `seconds` until it may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret. With a chat it uses that chat's models and sees its trainings."""

    name: str
    chat: str | None
    per_minute: int
    created: float  # seconds since 1970
    digest: str

    @property
    def owner(self) -> str:
        """Whose models it may use: a key without a chat reaches the shipped one alone."""
        return self.chat or "nobody"  # no chat is called so


class ApiKeys:
    """The keys of this installation. Redis holds digests of 192 random bits, which let nobody in."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._count = redis.register_script(COUNT)

    async def new(self, name: str, chat: int | None = None, per_minute: int = PER_MINUTE) -> str:
        """Make a key and return its secret, which nobody can read again.

        Raises:
            ValueError: The name has other signs than letters, digits, `_`, `-` and `.`, or is too long.
            NameTaken: There is a key of this name.
        """
        if not NAME.fullmatch(name):
            raise ValueError("a name has 1 to 32 letters, digits, underscores, hyphens and full stops")
        if any(key.name == name for key in await self.list()):
            raise NameTaken(name)
        secret = PREFIX + secrets.token_urlsafe(24)
        key = ApiKey(name, None if chat is None else str(chat), per_minute, time.time(), digest_of(secret))
        held = {field: value for field, value in asdict(key).items() if field != "digest"}
        await self._redis.hset(keys.API_KEYS, key.digest, json.dumps(held, ensure_ascii=False))
        return secret

    async def list(self) -> list[ApiKey]:
        """Return all keys by name."""
        held: Any = await self._redis.hgetall(keys.API_KEYS)
        return sorted(
            (_read(keys.as_text(digest), record) for digest, record in held.items()), key=lambda key: key.name
        )

    async def revoke(self, name: str) -> bool:
        """Let a key in no more; False where there is none of this name."""
        gone = [key.digest for key in await self.list() if key.name == name]
        return bool(gone) and bool(await self._redis.hdel(keys.API_KEYS, *gone))

    async def find(self, secret: str) -> ApiKey | None:
        """Return the key that a secret belongs to."""
        digest = digest_of(secret)
        record: Any = await self._redis.hget(keys.API_KEYS, digest)
        return _read(digest, record) if record is not None else None

    async def use(self, key: ApiKey) -> None:
        """Count a request of a key.

        Raises:
            OverLimit: It was one too many of this minute.
        """
        count, left = await self._count(keys=[keys.api_used(key.digest[:COUNTED])], args=[MINUTE])
        if count > key.per_minute:
            raise OverLimit(max(1, left))


def _read(digest: str, record: bytes | str) -> ApiKey:
    return ApiKey(**json.loads(record), digest=digest)
