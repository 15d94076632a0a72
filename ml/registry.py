"""What models a chat has, which version of each is live, and the signal that it changed."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ml import keys, stream

KEPT_CHANGES = 1000
SILENT = 3  # seconds after which a replica that says nothing is gone
PATIENCE = 5.0  # seconds that a promotion waits for all replicas
LOOK_EVERY = 0.02  # seconds
MARGIN = 2.0  # seconds before the first look that a follower hears again

# KEYS: models, live, changes; ARGV: owner, name, version, kept changes
PROMOTE = """
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then return '' end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'owner', ARGV[1], 'name', ARGV[2])
"""
# KEYS: models, live, changes; ARGV: owner, name, kept changes
WITHDRAW = """
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'owner', ARGV[1], 'name', ARGV[2])
"""
# KEYS: models, live, changes; ARGV: owner, name, kept changes
DELETE = """
redis.call('HDEL', KEYS[2], ARGV[2])
if redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'owner', ARGV[1], 'name', ARGV[2])
return 1
"""
# KEYS: replicas; ARGV: replica, the last change that it serves
SERVE = "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. redis.call('TIME')[1])"
# KEYS: replicas; ARGV: change, seconds after which a silent replica is gone. How many serve it not yet
BEHIND = """
local function number(id)
  local first, second = string.match(id, '(%d+)-(%d+)')
  return tonumber(first), tonumber(second)
end
local first, second = number(ARGV[1])
local now, behind = tonumber(redis.call('TIME')[1]), 0
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local last, at = string.match(held[i + 1], '(%S+) (%d+)')
  local one, two = number(last)
  if now - tonumber(at) > tonumber(ARGV[2]) then
    redis.call('HDEL', KEYS[1], held[i])
  elseif one < first or (one == first and two < second) then
    behind = behind + 1
  end
end
return behind
"""


class NameTaken(ValueError):
    """The chat has a model of this name."""


class ModelGone(LookupError):
    """The chat has no model of this name, or not any more."""


@dataclass(frozen=True)
class ModelEntry:
    """A chat's model as the chat knows it; `version` is the live one, None until the first training."""

    owner: str
    name: str
    labels: tuple[str, ...]
    version: str | None
    created: str  # ISO 8601, UTC
    created_by: int


class Registry:
    """The models of all chats, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._promote = redis.register_script(PROMOTE)
        self._withdraw = redis.register_script(WITHDRAW)
        self._delete = redis.register_script(DELETE)
        self._serve = redis.register_script(SERVE)
        self._behind = redis.register_script(BEHIND)

    async def create(self, owner: str, name: str, labels: Sequence[str], by: int) -> ModelEntry:
        """Enter a model that has no version yet.

        Raises:
            NameTaken: The chat has a model of this name.
        """
        created = datetime.now(UTC).isoformat(timespec="seconds")
        entry = ModelEntry(owner, name, tuple(labels), None, created, by)
        record = json.dumps({"labels": entry.labels, "created": entry.created, "by": by}, ensure_ascii=False)
        if not await self._redis.hsetnx(keys.models(owner), name, record):
            raise NameTaken(name)
        return entry

    async def get(self, owner: str, name: str) -> ModelEntry | None:
        """Return a model, or None where the chat has none of this name."""
        async with self._redis.pipeline() as pipe:
            pipe.hget(keys.models(owner), name)
            pipe.hget(keys.live(owner), name)
            record, version = await pipe.execute()
        return _entry(owner, name, record, version) if record else None

    async def list(self, owner: str) -> list[ModelEntry]:
        """Return a chat's models in the order in which they were made."""
        async with self._redis.pipeline() as pipe:
            pipe.hgetall(keys.models(owner))
            pipe.hgetall(keys.live(owner))
            records, live = await pipe.execute()
        entries = [_entry(owner, keys.as_text(name), held, live.get(name)) for name, held in records.items()]
        return sorted(entries, key=lambda entry: (entry.created, entry.name))

    async def promote(self, owner: str, name: str, version: str) -> str:
        """Make a version the live one, tell every replica, and return the change's id, for `served`.

        Raises:
            ModelGone: The model was deleted meanwhile.
        """
        change = await self._promote(keys=self._keys(owner), args=[owner, name, version, KEPT_CHANGES])
        if not change:
            raise ModelGone(name)
        return keys.as_text(change)

    async def served(self, change: str, patience: float = PATIENCE) -> bool:
        """Wait until every replica serves a change; False where one takes longer than `patience` seconds."""
        deadline = time.monotonic() + patience
        while await self._behind(keys=[keys.SERVING], args=[change, SILENT]):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_EVERY)
        return True

    async def withdraw(self, owner: str, name: str) -> None:
        """Let no version of a model be live, and tell every replica."""
        await self._withdraw(keys=self._keys(owner), args=[owner, name, KEPT_CHANGES])

    async def delete(self, owner: str, name: str) -> None:
        """Take a model out and tell every replica; its examples and files are others' to delete."""
        await self._delete(keys=self._keys(owner), args=[owner, name, KEPT_CHANGES])

    def changes(self) -> AsyncIterator[tuple[str, str, str | None]]:
        """Yield (owner, name, live version) of each model that changes, None for a deleted one, for ever.

        Begins two seconds before the call, so that what was read just before it is not stale for good.
        Changes may repeat; the version is the live one of now. A restart of Redis is waited out.
        """
        return self._follow(time.monotonic() - MARGIN)

    async def _follow(self, since: float) -> AsyncIterator[tuple[str, str, str | None]]:
        last: str | None = None
        pause = stream.Pause()
        replica = secrets.token_hex(6)
        while True:
            try:
                last = last or await self._id_at(since)
                await self._serve(keys=[keys.SERVING], args=[replica, last])
                for entry, change in await stream.read(self._redis, keys.CHANGES, last):
                    model = await self.get(change["owner"], change["name"])
                    yield change["owner"], change["name"], model.version if model else None
                    last = entry
                pause.over()
            except RedisError as failure:  # away, or full: it takes no word that this one serves
                await pause.wait(failure)

    async def _id_at(self, since: float) -> str:
        """Return the stream's id for a moment of this process's monotonic clock, by the clock of Redis."""
        now: Any = await self._redis.time()
        seconds, micros = now
        return f"{int((seconds + micros / 1e6 - (time.monotonic() - since)) * 1000)}-0"

    def _keys(self, owner: str) -> tuple[str, str, str]:
        return keys.models(owner), keys.live(owner), keys.CHANGES


def _entry(owner: str, name: str, record: bytes | str, version: bytes | str | None) -> ModelEntry:
    held = json.loads(record)
    live = keys.as_text(version) if version is not None else None
    return ModelEntry(owner, name, tuple(held["labels"]), live, held["created"], held["by"])
