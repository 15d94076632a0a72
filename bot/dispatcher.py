"""Gives the updates of the inbox to whoever answers them: in order within a chat, side by side over chats."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from bot.inbox import Entry, Inbox
from bot.logs import traceback_without_values
from ml.stream import AWAY, Pause

log = logging.getLogger(__name__)

AT_ONCE = 32  # chats that are answered side by side
TAKEN_AHEAD = 128  # updates held in memory; the rest waits in Redis
DRAIN_TIMEOUT = 3.0  # seconds for answers in flight when the bot stops


class Dispatcher:
    """One queue a chat; an update is acknowledged right after its answer."""

    def __init__(self, inbox: Inbox, answer: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._inbox = inbox
        self._answer = answer
        self._queues: dict[int, deque[Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Take updates until cancelled; those that the last process left come first."""
        await self._with_redis(self._inbox.open)
        for entry in await self._with_redis(self._inbox.unanswered):
            self._queue(entry)
        try:
            while True:
                if sum(map(len, self._queues.values())) >= TAKEN_AHEAD:
                    await asyncio.sleep(0.005)
                    continue
                for entry in await self._with_redis(self._inbox.take):
                    self._queue(entry)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=DRAIN_TIMEOUT)
            for task in self._tasks:
                task.cancel()

    def _queue(self, entry: Entry) -> None:
        chat = chat_of(entry.update)
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
        finally:
            del self._queues[chat]

    async def _answer_once(self, entry: Entry) -> None:
        try:
            await self._with_redis(lambda: self._answer(entry.update))
        except Exception as error:
            # A poisoned update must not hold up its chat, and would fail again tomorrow.
            log.error("update %s is given up\n%s", entry.update["update_id"], traceback_without_values(error))
        await self._with_redis(lambda: self._inbox.acknowledge([entry.id]))

    async def _with_redis(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Call, and call again for as long as Redis is away."""
        pause = Pause()
        while True:
            try:
                return await call()
            except AWAY as failure:
                await pause.wait(failure)


def chat_of(update: dict[str, Any]) -> int:
    """Return the chat whose order an update belongs to, 0 where it has none.

    >>> chat_of({"update_id": 1, "message": {"chat": {"id": 42}}})
    42
    """
    for kind, content in update.items():
        if kind == "update_id" or not isinstance(content, dict):
            continue
        holder = content.get("message") or content
        chat = holder.get("chat") or content.get("from") or {}
        return int(chat.get("id", 0))
    return 0
