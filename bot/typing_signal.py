"""Shows "typing" while an answer takes long."""

from __future__ import annotations

import asyncio
from types import TracebackType

from bot.outbox import TelegramOutbox
from bot.turn import Turn
from handlers.messages import Chat

AFTER = 0.7  # seconds until a person would wonder
LASTS = 4.5  # seconds for which Telegram shows it


class Typing:
    """While this is entered, the chat sees that an answer is on its way, once it takes longer than others."""

    def __init__(self, outbox: TelegramOutbox, chat: Chat, turn: Turn) -> None:
        self._outbox, self._chat, self._turn = outbox, chat, turn
        self._showing: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(AFTER, self._begin)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._showing is not None:
            self._showing.cancel()

    def _begin(self) -> None:
        self._showing = asyncio.get_running_loop().create_task(self._show())

    async def _show(self) -> None:
        while True:
            if not self._turn.crowded:  # who waits to send computes no more, and a crowd needs no more calls
                await self._outbox.chat_action(self._chat, "typing")
            await asyncio.sleep(LASTS)
