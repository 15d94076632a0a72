"""Which replica answers which chats: the shards of the inbox, divided fairly among the replicas that live."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bot.inbox import SHARDS
from ml.lease import LEASE

REPLICAS = "tonefit:replicas"  # sorted set: replica to the end of its lease, by the clock of Redis
OWNERS = "tonefit:shards"  # hash: shard to "epoch:replica"; the epoch counts the owners

# Renew the lease of a replica and take free shards up to its share.
# KEYS: replicas, owners; ARGV: replica, milliseconds, number of shards
BEAT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local alive, count = {}, 0
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  alive[name] = true
  count = count + 1
end
local share = math.ceil(ARGV[3] / count)
local mine, free = {}, {}
for shard = 0, ARGV[3] - 1 do
  local epoch, owner = string.match(redis.call('HGET', KEYS[2], shard) or '0:', '^(%d+):(.*)$')
  if owner == ARGV[1] then
    table.insert(mine, {shard, tonumber(epoch), 0})
  elseif not alive[owner] then
    table.insert(free, {shard, tonumber(epoch) + 1, owner == '' and 0 or 1})
  end
end
for _, taken in ipairs(free) do
  if #mine >= share then break end
  redis.call('HSET', KEYS[2], taken[1], taken[2] .. ':' .. ARGV[1])
  table.insert(mine, taken)
end
return {now, share, mine}
"""
# KEYS: owners, replicas; ARGV: replica, whether it ends, shards
RELEASE = """
for i = 3, #ARGV do
  local epoch, owner = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '0:', '^(%d+):(.*)$')
  if owner == ARGV[1] then redis.call('HSET', KEYS[1], ARGV[i], epoch .. ':') end
end
if ARGV[2] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) end
"""


class ShardLost(Exception):
    """Another replica answers the chats of this shard by now."""


@dataclass(frozen=True)
class Taken:
    """A shard that became ours; `crashed` where its last owner died over it, `at` is the clock of Redis."""

    shard: int
    crashed: bool
    at: int  # milliseconds since 1970


@dataclass(frozen=True)
class Division:
    """What a beat changed: shards that became ours, and shards that another took.

    `excess` is how many we own above our fair share, below zero how many we lack.
    """

    taken: tuple[Taken, ...]
    lost: tuple[int, ...]
    excess: int


class Shards:
    """The shards of this replica, under one lease.

    An owner that was paused notices: its lease is measured by the monotonic clock from before the renewal
    was sent, and no answer goes out behind its end until a beat said who owns the shard.
    """

    def __init__(self, redis: Redis) -> None:
        self.replica = secrets.token_hex(8)
        self._beat = redis.register_script(BEAT)
        self._release = redis.register_script(RELEASE)
        self._held: dict[int, int] = {}  # shard to epoch
        self._until = 0.0  # by the monotonic clock
        self._beaten = asyncio.Event()  # replaced at each beat
        self._changing = asyncio.Lock()  # a beat on its way must not find again what is being given

    @property
    def held(self) -> frozenset[int]:
        """The shards that were ours at the last beat."""
        return frozenset(self._held)

    def epoch(self, shard: int) -> int:
        """Return which owner of a shard we are, counted from its beginning; -1 where it is not ours."""
        return self._held.get(shard, -1)

    async def beat(self) -> Division:
        """Renew the lease, take what is free and ours by right, and see what was taken from us."""
        async with self._changing:
            return await self._renew()

    async def _renew(self) -> Division:
        asked = time.monotonic()
        answer: Any = await self._beat(
            keys=[REPLICAS, OWNERS], args=[self.replica, int(LEASE * 1000), SHARDS]
        )
        now, share, mine = answer
        owned = {shard: epoch for shard, epoch, _ in mine}
        lost = tuple(shard for shard, epoch in self._held.items() if owned.get(shard) != epoch)
        taken = tuple(
            Taken(shard, bool(crashed), now)
            for shard, epoch, crashed in mine
            if self._held.get(shard) != epoch
        )
        self._held, self._until = owned, asked + LEASE
        self._beaten.set()
        self._beaten = asyncio.Event()
        return Division(taken, lost, len(owned) - share)

    @property
    def certain(self) -> bool:
        """Whether nobody else can own our shards at this moment."""
        return time.monotonic() < self._until

    async def confirm(self, shard: int, epoch: int) -> None:
        """Make sure that a shard is still ours, waiting for the next beat where the lease ran out.

        Raises:
            ShardLost: See there.
        """
        while not self.certain:
            await self._beaten.wait()
        if self._held.get(shard) != epoch:
            raise ShardLost

    async def release(self, shards: Iterable[int], *, ending: bool = False) -> None:
        """Give shards to whoever wants them; when ending, leave the list of replicas too."""
        given = list(shards)
        async with self._changing:
            await self._release(keys=[OWNERS, REPLICAS], args=[self.replica, int(ending), *given])
            for shard in given:
                self._held.pop(shard, None)
