"""The settings of a chat for who does not write in it: schedules, tagging, an admin in private."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

from bot.sessions import Sessions
from handlers.context import ChatSettings

FRESH = 2.0  # seconds: an admin's change reaches the tagging of every replica within
CACHED = 10_000  # chats


class ChatSettingsStore:
    """Reads what chats chose, a chat's again and again cheaply, and changes single fields."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._cache: OrderedDict[int, tuple[ChatSettings, float]] = OrderedDict()

    async def of(self, chat: int) -> ChatSettings:
        """Return what a chat chose, by the id of its records; at most two seconds old."""
        held = self._cache.get(chat)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        return self._keep(chat, await self._sessions.settings(chat))

    async def change(self, chat: int, **fields: Any) -> ChatSettings:
        """Set some fields, leave the others as they are, and return what the chat chose by now."""
        return self._keep(chat, await self._sessions.change_settings(chat, fields))

    def forget(self, chat: int) -> None:
        """Read a chat's settings anew."""
        self._cache.pop(chat, None)

    def _keep(self, chat: int, settings: ChatSettings) -> ChatSettings:
        self._cache[chat] = (settings, time.monotonic() + FRESH)
        self._cache.move_to_end(chat)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return settings
