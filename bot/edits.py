"""Edits that wait: of several for one message only the newest is made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from handlers.messages import Reply, Sent


@dataclass
class Edit:
    """What a message is to show next; it may be replaced until it is on its way."""

    reply: Reply
    on_its_way: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.contextmanager
    def in_flight(self) -> Iterator[Reply]:
        """Give what is to be shown, and let nobody replace it meanwhile."""
        self.on_its_way = True
        try:
            yield self.reply
        finally:
            self.on_its_way = False  # a refused edit waits again


class Edits:
    """The edits of a process, by message: one that is made, and behind it one that waits."""

    def __init__(self) -> None:
        self._current: dict[tuple[int, int], Edit] = {}
        self._next: dict[tuple[int, int], Edit] = {}

    async def enter(self, sent: Sent, reply: Reply) -> Edit | None:
        """Return the edit to make, or None, once it is made, where one that waited took this one over."""
        key = _key(sent)
        current, waiting = self._current.get(key), self._next.get(key)
        if waiting is None and current is not None and not current.on_its_way:
            waiting = current
        if waiting is not None:
            waiting.reply = reply
            await waiting.done.wait()
            return None
        edit = Edit(reply)
        if current is not None:
            await self._wait_behind(key, current, edit)
        self._current[key] = edit
        return edit

    async def _wait_behind(self, key: tuple[int, int], current: Edit, edit: Edit) -> None:
        self._next[key] = edit
        try:
            await current.done.wait()
        except asyncio.CancelledError:
            edit.done.set()
            raise
        finally:
            del self._next[key]

    @contextlib.contextmanager
    def made(self, sent: Sent, edit: Edit) -> Iterator[None]:
        """Have an edit wait until it is made, or cannot be."""
        try:
            yield
        finally:
            del self._current[_key(sent)]
            edit.done.set()


def _key(sent: Sent) -> tuple[int, int]:
    return sent.chat_id, sent.message_id
