"""Intake by polling: updates go from the Bot API into the inbox before they are acknowledged."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import telegram
from redis.exceptions import RedisError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.inbox import Inbox
from bot.request import AiohttpRequest

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ["message", "edited_message", "channel_post", "edited_channel_post", "callback_query"]
BATCH = 100
LONG_POLL = 20  # seconds that the server holds a request open
FULL = 20_000  # updates waiting; above that the rest waits at Telegram, which keeps it 24 h
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds after the first, second, ... failure in a row


class Poller:
    """Fetches batches and moves the offset on only when the inbox has them."""

    def __init__(self, bot: telegram.Bot, inbox: Inbox) -> None:
        self._bot = bot
        self._inbox = inbox
        self._request = AiohttpRequest(2, proxies=bot.base_url.startswith("https"))
        self._offset = 0
        self._failures = 0

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            InvalidToken: The Bot API server does not know this token.
        """
        await self._request.initialize()
        try:
            cleared = False
            while True:
                try:
                    # Telegram gives nothing to a poller while a webhook is set.
                    cleared = cleared or bool(await self._bot.delete_webhook())
                    await self._fetch()
                    self._failures = 0
                except InvalidToken:
                    raise
                except (TelegramError, RedisError, OSError) as error:
                    await asyncio.sleep(self._pause(error))
        finally:
            await self._request.shutdown()

    async def _fetch(self) -> None:
        if await self._inbox.waiting() > FULL:
            await asyncio.sleep(0.05)
            return
        updates = await self._get_updates()
        if updates:
            await self._inbox.put(updates)
            self._offset = updates[-1]["update_id"] + 1

    async def _get_updates(self) -> list[dict[str, Any]]:
        parameters = {
            "offset": self._offset,
            "limit": BATCH,
            "timeout": LONG_POLL,
            "allowed_updates": ALLOWED_UPDATES,
        }
        data = RequestData([RequestParameter.from_input(key, value) for key, value in parameters.items()])
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
            pause = error.retry_after
            return float(pause) if isinstance(pause, int | float) else pause.total_seconds()
        if self._failures in {1, 10, 100}:
            log.warning("no updates could be fetched (%s); trying on", type(error).__name__)
        return PAUSES[min(self._failures, len(PAUSES)) - 1]
