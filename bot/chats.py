"""What Telegram says of a chat: who rules it, what it is, and what the bot may do in it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import telegram
from telegram.error import ChatMigrated, TelegramError

from bot.chat_ids import ChatIds
from bot.request import parameters
from handlers.context import About, Myself
from handlers.errors import Refusal
from handlers.texts import N_

ADMINS_FOR = 3.0  # seconds: who was made no admin any more rules for no longer
ABOUT_FOR = 300.0
ASKING = 10.0  # seconds for one question
MOST = 10_000  # chats that are remembered
SILENT = N_("Telegram does not tell me right now who is who here. Please try again in a moment.")

Answer = TypeVar("Answer")


class TelegramChats:
    """Asks Telegram, and remembers the answers for a moment."""

    def __init__(self, bot: telegram.Bot, chat_ids: ChatIds) -> None:
        self._bot = bot
        self._chat_ids = chat_ids
        self._admins: _Memory[frozenset[int]] = _Memory(ADMINS_FOR)
        self._about: _Memory[About] = _Memory(ABOUT_FOR)

    async def admins(self, chat: int) -> frozenset[int]:
        """Return the people who rule a chat, by their ids.

        Raises:
            Refusal: Telegram does not say.
        """

        async def ask() -> frozenset[int]:
            members = await self._ask("getChatAdministrators", chat)
            people = (member["user"] for member in members)
            return frozenset(int(user["id"]) for user in people if not user.get("is_bot"))

        return await self._admins.of(chat, ask)

    async def about(self, chat: int) -> About:
        """Return what a chat is.

        Raises:
            Refusal: Telegram does not say.
        """

        async def ask() -> About:
            return _about(await self._ask("getChat", chat))

        return await self._about.of(chat, ask)

    async def myself(self, chat: int) -> Myself:
        """Return what the bot is in a chat, asked anew.

        Raises:
            Refusal: Telegram does not say.
        """
        self._about.forget(chat)
        member = await self._ask("getChatMember", chat, user_id=self._bot.id)
        me = await self._call("getMe")
        reads = bool(me.get("can_read_all_group_messages"))
        rights = frozenset(name for name, given in member.items() if name.startswith("can_") and given)
        return Myself(str(member["status"]), rights, reads)

    async def leave(self, chat: int) -> None:
        """Go out of a chat."""
        self.forget(chat)
        await self._ask("leaveChat", chat)

    def forget(self, chat: int) -> None:
        """Ask anew: something changed there."""
        self._admins.forget(chat)
        self._about.forget(chat)

    async def _ask(self, method: str, chat: int, **values: Any) -> Any:
        where = self._chat_ids.address(chat)
        try:
            return await self._call(method, chat_id=where, **values)
        except ChatMigrated as error:
            await self._chat_ids.moved(where, error.new_chat_id)
            return await self._ask(method, error.new_chat_id, **values)
        except (TelegramError, TimeoutError) as error:
            raise Refusal(SILENT) from error

    async def _call(self, method: str, **values: Any) -> Any:
        url = f"{self._bot.base_url}/{method}"
        return await self._bot.request.post(url, parameters(**values), read_timeout=ASKING)


class _Memory(Generic[Answer]):
    """The latest answers, each for a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._held: OrderedDict[int, tuple[Answer, float]] = OrderedDict()

    async def of(self, chat: int, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        held = self._held.get(chat)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        asked = time.monotonic()
        answer = await ask()
        self._held[chat] = (answer, asked + self._seconds)
        self._held.move_to_end(chat)
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return answer

    def forget(self, chat: int) -> None:
        self._held.pop(chat, None)


def _about(chat: dict[str, Any]) -> About:
    """Read Telegram's ChatFullInfo; without a list of reactions all of Telegram's are allowed."""
    allowed = chat.get("available_reactions")
    emoji = None
    if allowed is not None:
        emoji = frozenset(plain(one["emoji"]) for one in allowed if one.get("type") == "emoji")
    linked = chat.get("linked_chat_id")
    return About(chat.get("title") or "", bool(chat.get("is_forum")), int(linked) if linked else None, emoji)


def plain(emoji: str) -> str:
    """Return an emoji as it is compared, without the sign that asks for colour."""
    return emoji.replace("\ufe0f", "")
