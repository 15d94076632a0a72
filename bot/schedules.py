"""When something is due that nobody asks for: digests, alerts, the daily sums; once over all replicas."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from telegram.error import TelegramError

from bot.logs import traceback_without_values
from bot.patience import whatever_happens
from bot.turn import Free
from handlers.context import ChatSettings
from handlers.errors import Refusal
from handlers.schedules import CHECK_EVERY, next_digest
from ml.keys import as_text
from ml.mood import DAY, Mood

log = logging.getLogger(__name__)

PLAN = "tonefit:schedule"  # sorted set: "digest:CHAT", "alert:CHAT" and "sums" to when each is due
CLAIMED = "tonefit:schedule:claimed"  # hash: what a replica does just now, to "taken" or "sent", and the next
TOLD = "tonefit:told:"  # string with a TTL: that an alert was told, or is being told
LOOK_EVERY = 1.0  # seconds
CLAIM = 120  # seconds after which another replica takes up what one did not end
LONGEST = 90.0  # seconds for one of them, less than the claim
ENDING = 3.0  # seconds that what is being sent may take when the bot stops
AT_ONCE = 8  # by one replica: a chat that Telegram makes us wait for holds up few others
SUMS = "sums"
SUMS_AT = 3 * 3600 + 600  # seconds after midnight, UTC

# Plan when something is due. What is due by now, or being done, stays so, and the plan counts for the time
# after it. KEYS: plan, claimed; ARGV: thing, now, when ('' for never)
PLAN_SCRIPT = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1], 'then:' .. ARGV[1])
elseif redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[2], 'then:' .. ARGV[1], ARGV[3])
elseif not due or tonumber(due) > tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
"""
# Give a due thing to who asks first; say whether it was sent already by who claimed it before.
# KEYS: plan, claimed; ARGV: thing, when it was due, until when it is claimed
CLAIM_SCRIPT = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return '' end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('HSETNX', KEYS[2], ARGV[1], 'taken')
return redis.call('HGET', KEYS[2], ARGV[1])
"""
# Note that a thing is sent, or that it was not after all, where it is still ours.
# KEYS: plan, claimed; ARGV: thing, until when it was claimed, from what, to what
MARK_SCRIPT = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
return 1
"""
# Plan the next time, or the one that was planned meanwhile, where it is still ours. KEYS: plan, claimed
# ARGV: thing, until when it was claimed, the next time ('' for never)
COMMIT_SCRIPT = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
local following = redis.call('HGET', KEYS[2], 'then:' .. ARGV[1]) or ARGV[3]
redis.call('HDEL', KEYS[2], ARGV[1], 'then:' .. ARGV[1])
if following == '' then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], following, ARGV[1]) end
return 1
"""


class TakenUp(Exception):
    """Another replica does this by now, or nobody wants it any more."""


async def _unmarked(was: str, now: str) -> bool:
    """Mark nothing: who is told notes it."""
    return True


@dataclass
class Once(Free):
    """The turn of what is due: marked as sent just before its call, and never sent after that.

    A process that dies before leaves it to the next one. What dies in the call itself may have arrived, and
    is not repeated: Telegram knows no key by which it could be sent twice and come once, and tells no bot
    what stands in a chat, and a summary that comes twice is noise to a whole group, where one that is missing
    is one question to /mood. A process that is told to end waits for the call.
    """

    mark: Callable[[str, str], Awaitable[bool]] = _unmarked
    sending: bool = False  # the call may have arrived
    _undoing: asyncio.Task[bool] | None = None

    async def begin(self, *, upload: bool = False) -> None:
        """Mark it.

        Raises:
            TakenUp: See there.
        """
        await self.settle()
        if not self.sending and not await self.mark("taken", "sent"):
            raise TakenUp
        self.sending = True

    def pause(self) -> None:
        """Take the mark back while Telegram makes us wait: nothing arrived."""
        if self.sending:
            self.sending = False
            self._undoing = asyncio.create_task(self._undo())

    async def settle(self) -> None:
        """Wait until the mark says what is so."""
        if self._undoing is not None:
            await self._undoing
            self._undoing = None

    async def _undo(self) -> bool:
        return await self.mark("sent", "taken")


SettingsOf = Callable[[int], Awaitable[ChatSettings]]
Digest = Callable[[int, ChatSettings, Once], Awaitable[None]]
Alert = Callable[[int, ChatSettings, Once], Awaitable[None]]


class Schedules:
    """The plan lies in Redis: it outlives restarts, and one replica claims what is due.

    The next time is planned when something is done: what a replica did not end, another takes up.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._plan = redis.register_script(PLAN_SCRIPT)
        self._claim = redis.register_script(CLAIM_SCRIPT)
        self._mark = redis.register_script(MARK_SCRIPT)
        self._commit = redis.register_script(COMMIT_SCRIPT)

    async def plan(self, chat: int, settings: ChatSettings) -> None:
        """Plan a chat's digest and alert as it wants them by now."""
        now = time.time()
        for thing, at in (
            (f"digest:{chat}", _digest(settings, now)),
            (f"alert:{chat}", _alert(settings, now)),
        ):
            await self._plan(keys=[PLAN, CLAIMED], args=[thing, now, _score(at)])

    async def first(self, name: str, seconds: int) -> bool:
        """Say whether nobody asked this for so many seconds."""
        return bool(await self._redis.set(f"{TOLD}{name}", 1, nx=True, ex=seconds))

    async def told(self, name: str, seconds: int) -> None:
        """Have nobody be the first to ask this for so many seconds."""
        await self._redis.set(f"{TOLD}{name}", 1, ex=seconds)

    async def when(self, thing: str) -> float | None:
        """Return when something is due."""
        found: Any = await self._redis.zscore(PLAN, thing)
        return float(found) if found is not None else None

    async def run(self, settings_of: SettingsOf, digest: Digest, alert: Alert, mood: Mood) -> None:
        """Do what is due, until cancelled."""
        await self._redis.zadd(PLAN, {SUMS: _sums(time.time())}, nx=True)
        doing = Doing(settings_of, digest, alert, mood)
        running: dict[asyncio.Task[None], Once] = {}
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY)
                for thing, due in await self._due(AT_ONCE - len(running)):
                    once = Once()
                    task = asyncio.create_task(self._take(thing, due, doing, once))
                    running[task] = once
                    task.add_done_callback(running.pop)
        finally:
            await whatever_happens(_end(dict(running)))

    async def _due(self, at_most: int) -> list[tuple[str, float]]:
        if at_most <= 0:
            return []
        found: Any = await self._redis.zrangebyscore(
            PLAN, "-inf", time.time(), start=0, num=at_most, withscores=True
        )
        return [(as_text(thing), due) for thing, due in found]

    async def _take(self, thing: str, due: float, doing: Doing, once: Once) -> None:
        """Claim a due thing, do it, and plan the next; where Redis is away another claim does."""
        try:
            claimed = int(time.time()) + CLAIM
            state = as_text(await self._claim(keys=[PLAN, CLAIMED], args=[thing, due, claimed]))
            if state:
                await self._do(thing, claimed, doing, once, sent=state == "sent")
        except RedisError as error:
            log.warning("%s has to wait (%s)", thing, type(error).__name__)

    async def _do(self, thing: str, claimed: int, doing: Doing, once: Once, *, sent: bool) -> None:
        kind, _, chat = thing.partition(":")
        if kind == SUMS:
            await self._next(thing, claimed, _sums(time.time()))
            await doing.mood.compact()
            return
        plan = _digest if kind == "digest" else _alert
        if kind == "digest":
            once.mark = partial(self._marked, thing, claimed)
        settings = await doing.settings_of(int(chat))
        due = plan(settings, time.time()) is not None and not sent
        if due and not await _deliver(kind, int(chat), settings, doing, once):
            return
        settings = await doing.settings_of(int(chat))  # anew: sending takes a while
        await self._next(thing, claimed, plan(settings, time.time()))

    async def _marked(self, thing: str, claimed: int, was: str, now: str) -> bool:
        return bool(await self._mark(keys=[PLAN, CLAIMED], args=[thing, claimed, was, now]))

    async def _next(self, thing: str, claimed: int, following: float | None) -> None:
        await self._commit(keys=[PLAN, CLAIMED], args=[thing, claimed, _score(following)])


@dataclass(frozen=True)
class Doing:
    """How what is due is done."""

    settings_of: SettingsOf
    digest: Digest
    alert: Alert
    mood: Mood


async def _end(running: dict[asyncio.Task[None], Once]) -> None:
    """Let go what is not on its way yet; what is has a moment to arrive, since nobody sends it again."""
    for task, once in running.items():
        if not once.sending:
            task.cancel()
    if running:
        await asyncio.wait(running, timeout=ENDING)
    for task in running:
        task.cancel()


async def _deliver(kind: str, chat: int, settings: ChatSettings, doing: Doing, once: Once) -> bool:
    """Send one thing, and say whether it is done with; what goes wrong with it keeps no other from coming."""
    try:
        async with asyncio.timeout(LONGEST):
            if kind == "digest":
                await doing.digest(chat, settings, once)
            else:
                await doing.alert(chat, settings, once)
    except TakenUp:
        return False
    except (TelegramError, RedisError, TimeoutError, Refusal) as error:
        log.info("the %s of chat %s was not sent (%s)", kind, chat, type(error).__name__)
        await once.settle()
        return once.sending or kind != "digest"  # an alert is looked at in a minute anyway
    except Exception as error:
        log.error("the %s of chat %s broke\n%s", kind, chat, traceback_without_values(error))
    return True


def _score(at: float | None) -> str:
    return "" if at is None else str(int(at))


def _digest(settings: ChatSettings, now: float) -> float | None:
    due = next_digest(settings, datetime.fromtimestamp(now, UTC))
    return due.timestamp() if due is not None else None


def _alert(settings: ChatSettings, now: float) -> float | None:
    wanted = settings.alert is not None and settings.present and settings.tagging != "off"
    return now + CHECK_EVERY if wanted else None


def _sums(now: float) -> float:
    begun = now // DAY * DAY + SUMS_AT
    return begun if begun > now else begun + DAY
