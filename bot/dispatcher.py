"""Gives the updates of the inbox to whoever answers them: in order within a chat, side by side over chats."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import RedisError

from bot.inbox import Entry, Inbox
from bot.logs import traceback_without_values
from bot.patience import with_redis

log = logging.getLogger(__name__)

AT_ONCE = 256  # chats that are answered side by side; one that waits for Telegram's leave is among them
TAKEN_AHEAD = 5_000  # updates held in memory, so that a busy chat's do not stand before everybody's
DRAIN_TIMEOUT = 3.0  # seconds for answers in flight when the bot stops


class Dispatcher:
    """One queue a chat; an update is acknowledged right after its answer."""

    def __init__(self, inbox: Inbox, answer: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._inbox = inbox
        self._answer = answer
        self._queues: dict[int, deque[Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._held = 0

    async def run(self) -> None:
        """Take updates until cancelled; those that the last process left come first."""
        await with_redis(self._inbox.open)
        for entry in await with_redis(self._inbox.unanswered):
            self._queue(entry)
        try:
            while True:
                if self._held >= TAKEN_AHEAD:
                    await asyncio.sleep(0.005)
                    continue
                for entry in await with_redis(self._inbox.take):
                    self._queue(entry)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=DRAIN_TIMEOUT)
            for task in self._tasks:
                task.cancel()

    def _queue(self, entry: Entry) -> None:
        chat = chat_of(entry.update)
        self._held += 1
        waiting = self._queues.get(chat)
        if waiting is not None:
            waiting.append(entry)
            return
        self._queues[chat] = deque([entry])
        task = asyncio.create_task(self._work(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, chat: int) -> None:
        """Answer the updates of one chat, one after the other."""
        waiting = self._queues[chat]
        try:
            while waiting:
                entry = waiting[0]
                async with self._slots:
                    await self._answer_once(entry)
                waiting.popleft()
                self._held -= 1
        finally:
            self._held -= len(waiting)
            del self._queues[chat]

    async def _answer_once(self, entry: Entry) -> None:
        try:
            await with_redis(lambda: self._answer(entry.update))
        except Exception as error:
            # A poisoned update must not hold up its chat, and would fail again tomorrow.
            log.error("update %s is given up\n%s", entry.update["update_id"], traceback_without_values(error))
        await with_redis(lambda: self._inbox.acknowledge([entry.id]), (RedisError,))


def chat_of(update: dict[str, Any]) -> int:
    """Return the chat whose order an update belongs to, 0 where it has none.

    >>> chat_of({"update_id": 1, "message": {"chat": {"id": 42}}})
    42
    """
    for kind, content in update.items():
        if kind == "update_id" or not isinstance(content, dict):
            continue
        message = content.get("message")
        holder = message if isinstance(message, dict) else content
        chat = holder.get("chat") or content.get("from")
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            return int(chat["id"])
    return 0
