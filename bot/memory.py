"""Answers that are good for a while: a chat's, asked for again and again, cost one question."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

MOST = 10_000  # chats that are remembered


class Memory(Generic[Answer]):
    """The latest answers by chat, each for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._held: OrderedDict[int, tuple[Answer, float]] = OrderedDict()

    def get(self, chat: int) -> Answer | None:
        """Return an answer that is still good."""
        held = self._held.get(chat)
        return held[0] if held is not None and time.monotonic() < held[1] else None

    def keep(self, chat: int, answer: Answer, asked: float | None = None) -> Answer:
        """Remember an answer and return it; `asked`, by the monotonic clock, is when it was true for sure."""
        self._held[chat] = (answer, (time.monotonic() if asked is None else asked) + self._seconds)
        self._held.move_to_end(chat)
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return answer

    def forget(self, chat: int) -> None:
        """Let a chat be asked about anew."""
        self._held.pop(chat, None)
