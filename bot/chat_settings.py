"""The settings of a chat for who does not write in it: schedules, tagging, an admin in private."""

from __future__ import annotations

from typing import Any

from bot.memory import Memory
from bot.sessions import Sessions
from handlers.context import ChatSettings

FRESH = 2.0  # seconds: an admin's change reaches the tagging of every replica within


class ChatSettingsStore:
    """Reads what chats chose, a chat's again and again cheaply, and changes single fields."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._memory: Memory[ChatSettings] = Memory(FRESH)

    async def of(self, chat: int) -> ChatSettings:
        """Return what a chat chose, by the id of its records; at most two seconds old."""
        held = self._memory.get(chat)
        return held if held is not None else self._memory.keep(chat, await self._sessions.settings(chat))

    async def change(self, chat: int, **fields: Any) -> ChatSettings:
        """Set some fields, leave the others as they are, and return what the chat chose by now."""
        return self._memory.keep(chat, await self._sessions.change_settings(chat, fields))

    def forget(self, chat: int) -> None:
        """Read a chat's settings anew."""
        self._memory.forget(chat)
