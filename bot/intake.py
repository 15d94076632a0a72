"""Intake by polling: updates go from the Bot API into the inbox before they are acknowledged."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, cast

import telegram
from redis.asyncio import Redis
from redis.exceptions import RedisError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.inbox import Inbox
from bot.parking import asked_pause
from bot.request import AiohttpRequest, parameters
from ml.lease import RENEWAL, Lease

log = logging.getLogger(__name__)

ALLOWED_UPDATES = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "message_reaction",
    "message_reaction_count",
    "my_chat_member",
    "inline_query",
    "chosen_inline_result",
    "guest_message",
]
BATCH = 100
LONG_POLL = 20  # seconds that the server holds a request open
FULL = 20_000  # updates waiting; above that the rest waits at Telegram, which keeps it 24 h
LOOK = 10  # full batches between two looks at how many wait
POLLER = "tonefit:poller"  # string with a TTL: which replica polls
STALLED = LONG_POLL + 20.0  # seconds without an answer of the Bot API
SAY_SO_AFTER = 1.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds after the first, second, ... failure in a row


class Poller:
    """Fetches batches and moves the offset on only when the inbox has them.

    Telegram gives updates to one poller at a time: of several replicas the one with the lease polls. One
    that cannot reach the Bot API lets another try.
    """

    def __init__(self, bot: telegram.Bot, inbox: Inbox, redis: Redis) -> None:
        self._bot = bot
        self._inbox = inbox
        self._lease = Lease(redis, POLLER)
        self._request = AiohttpRequest(2, proxies=bot.base_url.startswith("https"))
        self._offset = 0
        self._failures = 0
        self._fetched = 0.0  # by the monotonic clock
        self._cleared = False
        self._until_look = 0  # full batches until the inbox is looked at

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            InvalidToken: The Bot API server does not know this token.
        """
        await self._request.initialize()
        try:
            async with self._lease:
                while True:
                    try:
                        await self._wait_for_lease()
                        await self._fetch()
                        self._failures = 0
                        self._fetched = time.monotonic()
                    except InvalidToken:
                        raise
                    except (TelegramError, RedisError, OSError) as error:
                        await asyncio.sleep(self._pause(error))
                    await self._watch()
        finally:
            await self._request.shutdown()

    async def _wait_for_lease(self) -> None:
        if self._lease.held:
            return
        try:
            async with asyncio.timeout(SAY_SO_AFTER):
                await self._lease.wait()
        except TimeoutError:
            log.info("another instance polls with this token; this one waits, and answers with it")
            await self._lease.wait()
        log.info("this instance polls")
        self._fetched = time.monotonic()

    async def _fetch(self) -> None:
        # Telegram gives nothing to a poller while a webhook is set.
        self._cleared = self._cleared or bool(await self._bot.delete_webhook())
        if not self._until_look:
            if await self._inbox.waiting() > FULL:
                await asyncio.sleep(0.05)
                return
            self._until_look = LOOK
        async with asyncio.timeout(STALLED):
            updates = await self._get_updates()
        # Behind a batch that is not full nothing waits at Telegram that could fill the inbox.
        self._until_look = self._until_look - 1 if len(updates) == BATCH else LOOK
        if updates:
            await self._inbox.put(updates)
            self._offset = updates[-1]["update_id"] + 1

    async def _watch(self) -> None:
        """Begin with new connections where nothing came for long, and let another instance try."""
        if time.monotonic() - self._fetched < STALLED:
            return
        log.warning("the poller stalls: new connections, and another instance may poll")
        await self._request.shutdown()
        await self._request.initialize()
        await self._lease.release()
        await asyncio.sleep(2 * RENEWAL)
        self._fetched = time.monotonic()

    async def _get_updates(self) -> list[dict[str, Any]]:
        data = parameters(
            offset=self._offset, limit=BATCH, timeout=LONG_POLL, allowed_updates=ALLOWED_UPDATES
        )
        # Telegram's objects as they are: they go to the inbox, and the one who answers reads them.
        url = f"{self._bot.base_url}/getUpdates"
        answer = await self._request.post(url, data, read_timeout=LONG_POLL + 10)
        return cast("list[dict[str, Any]]", answer)

    def _pause(self, error: Exception) -> float:
        """Return how long to wait after a failure, and say it once in a row."""
        self._failures += 1
        if isinstance(error, Conflict):
            log.warning("another instance polls with this token; waiting")
            return 3.0
        if isinstance(error, RetryAfter):
            return asked_pause(error)
        if self._failures in {1, 10, 100}:
            log.warning("no updates could be fetched (%s); trying on", type(error).__name__)
        return PAUSES[min(self._failures, len(PAUSES)) - 1]
