"""When something is due that nobody asks for: digests, alerts, the daily sums; once over all replicas."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from telegram.error import TelegramError

from bot.logs import traceback_without_values
from handlers.context import ChatSettings
from handlers.schedules import CHECK_EVERY, next_digest
from ml.keys import as_text
from ml.mood import DAY, Mood

log = logging.getLogger(__name__)

PLAN = "tonefit:schedule"  # sorted set: "digest:CHAT", "alert:CHAT" and "sums" to when each is due
TOLD = "tonefit:told:"  # string with a TTL: that an alert was told
LOOK_EVERY = 1.0  # seconds
CLAIMED = 120  # seconds after which another replica takes up what one did not end
LONGEST = 90.0  # seconds for one of them, less than the claim
AT_ONCE = 20
SUMS = "sums"
SUMS_AT = 3 * 3600 + 600  # seconds after midnight, UTC

# Give a due thing to who asks first. KEYS: plan; ARGV: thing, when it was due, until when it is claimed
CLAIM = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
"""
# Plan the next time where nobody planned it anew meanwhile. KEYS: plan
# ARGV: thing, until when it was claimed, the next time ('' for never)
COMMIT = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '' then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return 1
"""

SettingsOf = Callable[[int], Awaitable[ChatSettings]]
Deliver = Callable[[int, ChatSettings], Awaitable[None]]


class Schedules:
    """The plan lies in Redis: it outlives restarts, and one replica claims what is due.

    The next time is planned before something is sent: a crash in between loses one, and repeats none.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._claim = redis.register_script(CLAIM)
        self._commit = redis.register_script(COMMIT)

    async def plan(self, chat: int, settings: ChatSettings) -> None:
        """Plan a chat's digest and alert as it wants them by now."""
        now = time.time()
        due = {f"digest:{chat}": _digest(settings, now), f"alert:{chat}": _alert(settings, now)}
        async with self._redis.pipeline(transaction=True) as pipe:
            for thing, at in due.items():
                if at is None:
                    pipe.zrem(PLAN, thing)
                else:
                    pipe.zadd(PLAN, {thing: at})
            await pipe.execute()

    async def first(self, name: str, seconds: int) -> bool:
        """Say whether nobody asked this for so many seconds."""
        return bool(await self._redis.set(f"{TOLD}{name}", 1, nx=True, ex=seconds))

    async def when(self, thing: str) -> float | None:
        """Return when something is due."""
        found: Any = await self._redis.zscore(PLAN, thing)
        return float(found) if found is not None else None

    async def run(self, settings_of: SettingsOf, digest: Deliver, alert: Deliver, mood: Mood) -> None:
        """Do what is due, until cancelled."""
        await self._redis.zadd(PLAN, {SUMS: _sums(time.time())}, nx=True)
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for thing, due in await self._due():
                kind, _, chat = thing.partition(":")
                claimed = int(time.time()) + CLAIMED
                if not await self._claim(keys=[PLAN], args=[thing, due, claimed]):
                    continue
                if kind == SUMS:
                    await self._next(thing, claimed, _sums(time.time()))
                    await mood.compact()
                    continue
                settings = await settings_of(int(chat))
                plan, deliver = (_digest, digest) if kind == "digest" else (_alert, alert)
                following = plan(settings, time.time())
                if await self._next(thing, claimed, following) and following is not None:
                    await _deliver(kind, deliver, int(chat), settings)

    async def _due(self) -> list[tuple[str, float]]:
        found: Any = await self._redis.zrangebyscore(
            PLAN, "-inf", time.time(), start=0, num=AT_ONCE, withscores=True
        )
        return [(as_text(thing), due) for thing, due in found]

    async def _next(self, thing: str, claimed: int, following: float | None) -> bool:
        later = "" if following is None else str(int(following))
        return bool(await self._commit(keys=[PLAN], args=[thing, claimed, later]))


async def _deliver(kind: str, deliver: Deliver, chat: int, settings: ChatSettings) -> None:
    """Send one thing; what goes wrong with it keeps no other from being sent."""
    try:
        async with asyncio.timeout(LONGEST):
            await deliver(chat, settings)
    except (TelegramError, RedisError, TimeoutError) as error:
        log.info("the %s of chat %s was not sent (%s)", kind, chat, type(error).__name__)
    except Exception as error:
        log.error("the %s of chat %s broke\n%s", kind, chat, traceback_without_values(error))


def _digest(settings: ChatSettings, now: float) -> float | None:
    due = next_digest(settings, datetime.fromtimestamp(now, UTC))
    return due.timestamp() if due is not None else None


def _alert(settings: ChatSettings, now: float) -> float | None:
    wanted = settings.alert is not None and settings.present and settings.tagging != "off"
    return now + CHECK_EVERY if wanted else None


def _sums(now: float) -> float:
    begun = now // DAY * DAY + SUMS_AT
    return begun if begun > now else begun + DAY
