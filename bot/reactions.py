"""Reactions that find no place at once wait a moment beside the answers, and are dropped rather than late."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from telegram.error import TelegramError

from bot.left_out import LeftOut
from bot.limiter import Lane
from bot.sender import Method, Sender
from handlers.messages import Chat
from handlers.surroundings import Done

log = logging.getLogger(__name__)

GRACE = 2.0  # seconds that a reaction may wait for its place
AGAIN = 0.25  # seconds until it is tried again
MOST = 200  # that wait in this process

Place = tuple[int, int]  # chat and message


@dataclass(frozen=True, slots=True, eq=False)
class Making:
    """A call that makes a reaction, and what follows once it is made."""

    call: Method
    made: Done | None = None

    async def __call__(self, **where: int) -> Any:
        """Make it."""
        answer = await self.call(**where)
        if self.made is not None:
            await self.made()
        return answer


class Reactions:
    """Makes reactions, of several to one message the newest."""

    def __init__(self, sender: Sender, left_out: LeftOut) -> None:
        self._sender = sender
        self._left_out = left_out
        self._waiting: dict[Place, Making] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def make(self, chat: Chat, message_id: int, making: Making) -> None:
        """Make a reaction now, or let it wait a moment.

        Raises:
            TelegramError: Telegram refuses, or the call may have arrived.
            RedisError: What follows could not be written.
        """
        place = (chat.id, message_id)
        at_once = self._sender.at_once
        if place not in self._waiting and await at_once(making, Lane.REACTION, chat.id) is not None:
            return
        if place in self._waiting:
            self._waiting[place] = making
        elif len(self._waiting) < MOST:
            self._waiting[place] = making
            task = asyncio.create_task(self._wait(place, chat.key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            await self._left_out.note(chat.key)

    async def _wait(self, place: Place, chat: int) -> None:
        try:
            if not await self._made_in_time(place):
                await self._left_out.note(chat)
        except (TelegramError, RedisError) as error:
            log.info("no reaction in chat %s: %s", place[0], type(error).__name__)
        finally:
            del self._waiting[place]

    async def _made_in_time(self, place: Place) -> bool:
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            await asyncio.sleep(AGAIN)
            making = self._waiting[place]
            if await self._sender.at_once(making, Lane.REACTION, place[0]) is None:
                continue
            if self._waiting[place] is making:  # else an edit came meanwhile
                return True
        return False
