"""One call of the Bot API, made when it may be made and repeated only where nothing can have arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import ChatMigrated, RetryAfter

from bot.chat_ids import ChatIds
from bot.limiter import Lane, Limiter
from bot.metrics import Metrics
from bot.parking import NO_CHAT, Parking, asked_pause
from bot.request import CutOff, NotSent
from bot.turn import Free

PATIENCE = 600.0  # seconds in which a call is repeated that cannot have arrived
PAUSES = (0.3, 0.6, 1.2, 2.5, 5.0)  # seconds after the first, second, ... such failure
MARGIN = 0.1  # seconds beyond what Telegram asks for

Method = Callable[..., Awaitable[Any]]


class Sender:
    """The way out, shared by everything in this process that speaks to Telegram."""

    def __init__(
        self, limiter: Limiter, parking: Parking, chat_ids: ChatIds, metrics: Metrics | None = None
    ) -> None:
        self._limiter = limiter
        self._metrics = metrics or Metrics()
        self._parking = parking
        self._chat_ids = chat_ids

    async def call(
        self,
        method: Method,
        *,
        turn: Free,
        lane: Lane,
        chat: int | None = None,
        upload: bool = False,
    ) -> Any:
        """Wait for leave and call; a chat that Telegram asks to leave alone makes nobody else wait.

        Args:
            method: What calls; it is given `chat_id`, unless the call is about no chat.
            turn: Whose answer this is.
            lane: How urgent it is.
            chat: Whom it is for, None for calls that are about no chat.
            upload: Whether a file goes along.

        Raises:
            TelegramError: Telegram refuses, or the call may have arrived.
            ShardLost: The answer may be another replica's to give; this one forgets it.
        """
        failures, begun = 0, time.monotonic()
        while True:
            chat = self._chat_ids.address(chat) if chat is not None else None
            await self._wait(turn, lane, chat)
            await turn.begin(upload=upload)
            where = {} if chat is None else {"chat_id": chat}
            try:
                return await method(**where)
            except RetryAfter as error:
                turn.pause()
                await self._parking.park(chat or NO_CHAT, self._pause(error))
                await self._limiter.refused(chat)
            except ChatMigrated as error:
                if chat is None or chat == error.new_chat_id:
                    raise
                await self._chat_ids.moved(chat, error.new_chat_id)
                chat = error.new_chat_id
            except CutOff:
                turn.cut_off()
                raise
            except NotSent:
                turn.pause()
                if time.monotonic() - begun > PATIENCE:
                    raise
                with turn.clock_stopped():
                    await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1

    async def _wait(self, turn: Free, lane: Lane, chat: int | None) -> None:
        """Wait for leave, and hold nothing meanwhile."""
        if self._parking.left(chat or NO_CHAT) or not self._limiter.open:
            turn.pause()
            begun = time.monotonic()
            with turn.clock_stopped():
                await self._parking.wait(chat or NO_CHAT)
                await self._limiter.wait(chat, lane)
            self._metrics.limiter.labels(lane.name.lower()).observe(time.monotonic() - begun)

    def _pause(self, refusal: RetryAfter) -> float:
        """Count a refusal for being too many, and return the seconds until the next try."""
        self._metrics.refused.inc()
        return asked_pause(refusal) + MARGIN

    async def at_once(self, method: Method, lane: Lane, chat: int, turn: Free | None = None) -> Any:
        """Make a call that does not matter, where it may be made now, and return its result; else None.

        Where Telegram finds that there were too many reactions, messages go on and reactions wait.
        """
        chat = self._chat_ids.address(chat)
        place = (chat, "reactions") if lane is Lane.REACTION else chat
        if self._parking.left(chat) or self._parking.left(place) or not await self._limiter.free(chat, lane):
            return None
        if turn is not None:
            await turn.begin()
        try:
            return await method(chat_id=chat)
        except RetryAfter as error:
            if lane is Lane.REACTION:
                self._parking.hold(place, self._pause(error))
            else:
                await self._parking.park(chat, self._pause(error))
            return None
        except ChatMigrated as error:
            await self._chat_ids.moved(chat, error.new_chat_id)
            return None
