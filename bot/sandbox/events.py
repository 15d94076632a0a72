"""What the open web chats are told: one bounded queue of server-sent events each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

QUEUE_LIMIT = 500  # events; a page that lags further behind reads the chats anew


@dataclass(eq=False)
class Listener:
    """One open page, as the person it plays."""

    person: int
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LIMIT))
    overrun: bool = False

    def put(self, event: bytes) -> None:
        """Queue an event; a full queue ends the stream, and the page connects again."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overrun = True


class Events:
    """The open pages."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()

    def tell(self, name: str, data: dict[str, Any], people: Iterable[int] | None = None) -> None:
        """Tell the pages of some people, or of all, what happened."""
        if not self.listeners:
            return
        event = b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data))
        chosen = None if people is None else set(people)
        for listener in self.listeners:
            if chosen is None or listener.person in chosen:
                listener.put(event)

    def close(self) -> None:
        """End every stream."""
        for listener in self.listeners:
            listener.overrun = True
            if not listener.queue.full():
                listener.queue.put_nowait(None)
