"""The menu of commands that Telegram shows beside the message field."""

from __future__ import annotations

import logging

import telegram
from telegram.error import TelegramError

from handlers.context import Command
from handlers.texts import Texts

log = logging.getLogger(__name__)

PRIVATE = 20  # commands a person can still take in
GROUP = ("sentiment", "classify", "fit", "predict", "models", "help")


async def show_menus(bot: telegram.Bot, commands: tuple[Command, ...]) -> None:
    """Tell Telegram the menus, for private chats and groups, in every language."""
    for language in ("en", "zh"):
        t = Texts(language)
        private = [
            telegram.BotCommand(line.name, t(line.summary))
            for line in commands
            if line.name != "start" and not line.admins
        ]
        group = [entry for entry in private if entry.command in GROUP]
        code = None if language == "en" else language
        try:
            await bot.set_my_commands(private[:PRIVATE], telegram.BotCommandScopeAllPrivateChats(), code)
            await bot.set_my_commands(group, telegram.BotCommandScopeAllGroupChats(), code)
        except TelegramError as error:
            log.warning("the menus were not set (%s)", type(error).__name__)
            return
