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
    """The edits of a process, by message."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], Edit] = {}

    async def enter(self, sent: Sent, reply: Reply) -> Edit | None:
        """Return the edit to make, or None, once it is made, where one that waited took this one over."""
        while (earlier := self._waiting.get(_key(sent))) is not None:
            if not earlier.on_its_way:
                earlier.reply = reply
                await earlier.done.wait()
                return None
            await earlier.done.wait()
        edit = self._waiting[_key(sent)] = Edit(reply)
        return edit

    @contextlib.contextmanager
    def made(self, sent: Sent, edit: Edit) -> Iterator[None]:
        """Have an edit wait until it is made, or cannot be."""
        try:
            yield
        finally:
            del self._waiting[_key(sent)]
            edit.done.set()


def _key(sent: Sent) -> tuple[int, int]:
    return sent.chat_id, sent.message_id
