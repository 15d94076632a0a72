"""Chats that Telegram told us to leave alone for a while, known to every replica."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from telegram.error import RetryAfter

log = logging.getLogger(__name__)

PARKED = "tonefit:parked"  # sorted set: a chat's Telegram id to when it is free, by the clock of Redis
ASK_EVERY = 1.0  # seconds until another replica hears of it
NO_CHAT = 0  # calls that are about no chat

Place = int | tuple[int, str]  # a chat, or one kind of calls in it

# KEYS: parked; ARGV: chat, milliseconds
PARK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[1])
"""
# Return chat and milliseconds of each that is still parked. KEYS: parked
READ = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #held, 2 do held[i] = held[i] - now end
return held
"""


def asked_pause(refusal: RetryAfter) -> float:
    """Return for how many seconds Telegram asks to be left alone."""
    pause = refusal.retry_after
    return float(pause) if isinstance(pause, int | float) else pause.total_seconds()


class Parking:
    """Who waits for a chat sleeps here, and holds nobody else up."""

    def __init__(self, redis: Redis) -> None:
        self._park = redis.register_script(PARK)
        self._read = redis.register_script(READ)
        self._until: dict[Place, float] = {}  # by the monotonic clock

    def left(self, chat: Place) -> float:
        """Return the seconds for which a chat, or what is only a part of it, is still parked."""
        until = self._until.get(chat)
        if until is None:
            return 0.0
        left = until - time.monotonic()
        if left <= 0:
            del self._until[chat]
        return max(0.0, left)

    async def wait(self, chat: int) -> None:
        """Wait until a chat may be written to."""
        while (left := self.left(chat)) > 0:  # noqa: ASYNC110 - it may be parked again meanwhile
            await asyncio.sleep(left)

    def hold(self, place: Place, seconds: float) -> None:
        """Leave a part of a chat alone, here only: who answers a chat is one replica."""
        self._until[place] = max(self._until.get(place, 0.0), time.monotonic() + seconds)

    async def park(self, chat: int, seconds: float) -> None:
        """Leave a chat alone, here at once and in every replica within a second."""
        log.warning("chat %s is parked for %.0f s: Telegram asks for it", chat, seconds)
        self._until[chat] = max(self._until.get(chat, 0.0), time.monotonic() + seconds)
        try:
            await self._park(keys=[PARKED], args=[chat, int(seconds * 1000)])
        except (RedisError, TimeoutError) as error:
            log.info("the other replicas were not told (%s)", type(error).__name__)

    async def run(self) -> None:
        """Hear from the other replicas, until cancelled."""
        while True:
            held: Any = await self._read(keys=[PARKED])
            now = time.monotonic()
            for chat, left in zip(held[::2], held[1::2], strict=True):
                self._until[int(chat)] = max(self._until.get(int(chat), 0.0), now + int(left) / 1000)
            await asyncio.sleep(ASK_EVERY)
