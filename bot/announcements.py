"""What operators say to many chats: a draft with a code, then 25 messages a second, over restarts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from redis.asyncio import Redis
from telegram.error import TelegramError

from bot.known import Known
from bot.orders import Orders
from bot.outbox import TelegramOutbox
from bot.ruled import RULED
from bot.sessions import Sessions
from handlers.errors import new_code
from handlers.messages import Reply
from handlers.operating import Announcement, Draft, Recipients
from ml.keys import as_text
from ml.lease import Lease

log = logging.getLogger(__name__)

SAY = "tonefit:say"  # hash: what is said, by whom, and how far that is
WAITING = "tonefit:say:waiting"  # sorted set: chats that have not got it, in their order
DRAFT = "tonefit:say:draft:"  # string with a TTL: what would be said, by its code
LEASE = "tonefit:say:lease"  # string with a TTL: which replica sends
DRAFT_TTL = 600  # seconds
CODE_LENGTH = 6
A_SECOND = 25
AT_ONCE = 8  # messages on their way: a kill -9 repeats no more
BATCH = 100
LOOK_EVERY = 1.0  # seconds between looks for something to say, and whether it was stopped
SEND_TIMEOUT = 90.0  # seconds, while Telegram makes a chat wait
SCAN = 1000

# Begin what a draft says, unless something is being said. KEYS: draft, say, waiting
# ARGV: operator, draft as it was read, now, text, audience, language, chats
BEGIN = """
local state = redis.call('HGET', KEYS[2], 'state')
if state == 'running' or state == 'stopped' then return 'busy' end
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 'gone' end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
for i = 7, #ARGV do redis.call('ZADD', KEYS[3], i, ARGV[i]) end
redis.call('HSET', KEYS[2], 'by', ARGV[1], 'begun', ARGV[3], 'text', ARGV[4], 'audience', ARGV[5],
  'language', ARGV[6], 'total', #ARGV - 6, 'sent', 0, 'failed', 0, 'state', #ARGV > 6 and 'running' or 'done')
return 'begun'
"""
# Note that a chat was written to, or could not be; 1 with the last. KEYS: say, waiting; ARGV: chat, outcome
NOTE = """
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[2], 1)
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'done')
return 1
"""
# KEYS: say, waiting; ARGV: state from, state to
TURN = """
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2])
if ARGV[2] == 'done' then redis.call('DEL', KEYS[2]) end
return 1
"""

Report = Callable[[Announcement], Awaitable[None]]


class Announcements:
    """One at a time, for all replicas."""

    def __init__(self, redis: Redis, known: Known, orders: Orders, sessions: Sessions) -> None:
        self._redis = redis
        self._known = known
        self._orders = orders
        self._sessions = sessions
        self._due = 0.0  # by the monotonic clock
        self._begin = redis.register_script(BEGIN)
        self._note = redis.register_script(NOTE)
        self._turn = redis.register_script(TURN)

    async def draft(self, audience: str, text: str, by: int, language: str) -> Draft:
        """Keep what would be said for ten minutes, and say to whom."""
        recipients = await self.recipients(audience)
        code = new_code(CODE_LENGTH)
        kept = {"audience": audience, "text": text, "by": by, "language": language}
        await self._redis.set(f"{DRAFT}{code}", orjson.dumps(kept), ex=DRAFT_TTL)
        return Draft(code, text, recipients, len(recipients.chats) / A_SECOND)

    async def begin(self, code: str, by: int) -> str:
        """Begin what a draft of this operator says; return `begun`, `busy` or `gone`."""
        held = await self._redis.get(f"{DRAFT}{code}")
        draft = orjson.loads(held) if held is not None else {}
        if draft.get("by") != by:
            return "gone"
        chats = (await self.recipients(draft["audience"])).chats
        told = [by, held, time.time(), draft["text"], draft["audience"], draft["language"], *chats]
        return as_text(await self._begin(keys=[f"{DRAFT}{code}", SAY, WAITING], args=told))

    async def state(self) -> Announcement | None:
        """Return what is being said, or was said last."""
        held: Any = await self._redis.hgetall(SAY)
        fields = {as_text(name): as_text(value) for name, value in held.items()}
        if not fields:
            return None
        return Announcement(
            by=int(fields["by"]),
            begun=float(fields["begun"]),
            text=fields["text"],
            audience=fields["audience"],
            language=fields["language"],
            total=int(fields["total"]),
            sent=int(fields["sent"]),
            failed=int(fields["failed"]),
            state=fields["state"],
        )

    async def stop(self) -> bool:
        """Send no more for now; False where nothing is being sent."""
        return bool(await self._turn(keys=[SAY, WAITING], args=["running", "stopped"]))

    async def resume(self) -> bool:
        """Go on where it was stopped; False where it was not."""
        return bool(await self._turn(keys=[SAY, WAITING], args=["stopped", "running"]))

    async def cancel(self) -> bool:
        """Write to nobody more; False where nothing is being sent."""
        ended = [
            await self._turn(keys=[SAY, WAITING], args=[state, "done"]) for state in ("running", "stopped")
        ]
        return any(ended)

    async def recipients(self, audience: str) -> Recipients:
        """Return whom an audience is: `all` chats that are known, or `admins` of groups, in private.

        Left out are channels, whose posts are their owners' to write, quiet groups, and who is blocked.
        """
        standing, now = await self._orders.now(), time.time()
        if audience == "admins":
            found = [chat async for chat in self._rulers()]
            chats = [chat for chat in found if not standing.blocked(chat, now)]
            return Recipients(tuple(chats), len(chats), 0, len(found) - len(chats))
        await self._known.write()
        known = [chat for chat, _ in await self._known.all()]
        chats = []
        for start in range(0, len(known), SCAN):
            part = known[start : start + SCAN]
            settings = await asyncio.gather(*(self._sessions.settings(chat) for chat in part))
            chats += [
                chat
                for chat, chose in zip(part, settings, strict=True)
                if not standing.blocked(chat, now)
                and (chat > 0 or (chose.kind != "channel" and chose.present and not chose.quiet))
            ]
        people = sum(chat > 0 for chat in chats)
        return Recipients(tuple(chats), people, len(chats) - people, len(known) - len(chats))

    async def run(self, outbox: TelegramOutbox, report: Report) -> None:
        """Send what is to be said, by one replica at a time, until cancelled; report each end."""
        async with Lease(self._redis, LEASE) as lease:
            while True:
                await lease.wait()
                now = await self.state()
                if now is not None and now.state == "running":
                    await self._send_batch(now, lease, outbox.unasked(), report)
                else:
                    await asyncio.sleep(LOOK_EVERY)

    async def _send_batch(
        self, announcement: Announcement, lease: Lease, outbox: TelegramOutbox, report: Report
    ) -> None:
        """Send to the next hundred chats, 25 a second."""
        chats: Any = await self._redis.zrange(WAITING, 0, BATCH - 1)
        places, sending = asyncio.Semaphore(AT_ONCE), set()
        ends: list[bool] = []

        async def send(chat: int) -> None:
            try:
                ends.append(await self._send(chat, announcement.text, outbox))
            finally:
                places.release()

        try:
            for number, chat in enumerate(chats):
                await self._pace()
                await places.acquire()
                if not lease.held or (number % A_SECOND == 0 and not await self._goes_on()):
                    places.release()
                    break
                sending.add(asyncio.create_task(send(int(chat))))
            await asyncio.gather(*sending)
        finally:
            for task in sending:
                task.cancel()
        now = await self.state()
        if any(ends) and now is not None:
            await report(now)

    async def _pace(self) -> None:
        """Wait for the time of the next message; what was late is not made up for."""
        now = time.monotonic()
        self._due = max(self._due + 1 / A_SECOND, now)
        await asyncio.sleep(self._due - now)

    async def _goes_on(self) -> bool:
        state: Any = await self._redis.hget(SAY, "state")
        return bool(state == b"running")

    async def _send(self, chat: int, text: str, outbox: TelegramOutbox) -> bool:
        """Write to one chat, and say whether it was the last."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                reached = await outbox.tell(chat, Reply(text))
        except (TelegramError, TimeoutError) as error:  # it may have arrived: once more would be twice
            log.info("chat %s may not have been told (%s)", chat, type(error).__name__)
            reached = False
        return bool(await self._note(keys=[SAY, WAITING], args=[chat, "sent" if reached else "failed"]))

    async def _rulers(self) -> AsyncIterator[int]:
        """Yield the people who rule a chat, as far as the bot was told."""
        async for key in self._redis.scan_iter(match=f"{RULED}[0-9]*", count=SCAN):
            yield int(as_text(key).removeprefix(RULED))
