"""What the open web chats are told: one bounded queue of server-sent events for each browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

QUEUE_LIMIT = 500  # events; a page that lags further behind reads the chats anew


@dataclass(eq=False)
class Listener:
    """One open stream: a browser has one for all of its pages."""

    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LIMIT))
    overrun: bool = False

    def put(self, event: bytes) -> None:
        """Queue an event; a full queue ends the stream, and the page connects again."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overrun = True


class Events:
    """The open streams."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()

    def tell(self, name: str, data: dict[str, Any], people: Iterable[int] | None = None) -> None:
        """Tell every stream what happened, and whom it concerns: some people, or all."""
        if not self.listeners:
            return
        told = {**data, "people": None if people is None else list(people)}
        event = b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(told))
        for listener in self.listeners:
            listener.put(event)

    def close(self) -> None:
        """End every stream."""
        for listener in self.listeners:
            listener.overrun = True
            if not listener.queue.full():
                listener.queue.put_nowait(None)
