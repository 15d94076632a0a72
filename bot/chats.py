"""What Telegram says of a chat: who rules it, what it is, and what the bot may do in it."""

from __future__ import annotations

import time
from typing import Any

import telegram
from telegram.error import ChatMigrated, TelegramError

from bot.chat_ids import ChatIds
from bot.memory import Memory
from bot.request import post
from handlers.emoji import plain
from handlers.errors import Refusal
from handlers.surroundings import About, Myself
from handlers.texts import N_

ADMINS_FOR = 3.0  # seconds: who was made no admin any more rules for no longer
ABOUT_FOR = 300.0
ASKING = 10.0  # seconds for one question
SILENT = N_("Telegram does not tell me right now who is who here. Please try again in a moment.")


class TelegramChats:
    """Asks Telegram, and remembers the answers for a moment."""

    def __init__(self, bot: telegram.Bot, chat_ids: ChatIds) -> None:
        self._bot = bot
        self._chat_ids = chat_ids
        self._admins: Memory[frozenset[int]] = Memory(ADMINS_FOR)
        self._about: Memory[About] = Memory(ABOUT_FOR)

    async def admins(self, chat: int) -> frozenset[int]:
        """Return the people who rule a chat, by their ids.

        Raises:
            Refusal: Telegram does not say.
        """
        known = self._admins.get(chat)
        if known is not None:
            return known
        asked = time.monotonic()
        people = [member["user"] for member in await self._ask("getChatAdministrators", chat)]
        admins = frozenset(int(user["id"]) for user in people if not user.get("is_bot"))
        return self._admins.keep(chat, admins, asked)

    async def about(self, chat: int) -> About:
        """Return what a chat is.

        Raises:
            Refusal: Telegram does not say.
        """
        known = self._about.get(chat)
        if known is not None:
            return known
        asked = time.monotonic()
        return self._about.keep(chat, _about(await self._ask("getChat", chat)), asked)

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
        return await post(self._bot, method, read_timeout=ASKING, **values)


def _about(chat: dict[str, Any]) -> About:
    """Read Telegram's ChatFullInfo; without a list of reactions all of Telegram's are allowed."""
    allowed = chat.get("available_reactions")
    emoji = None
    if allowed is not None:
        emoji = frozenset(plain(one["emoji"]) for one in allowed if one.get("type") == "emoji")
    linked = chat.get("linked_chat_id")
    forum, group = bool(chat.get("is_forum")), int(linked) if linked else None
    return About(chat.get("title") or "", chat["type"], forum, group, emoji)
