"""The menus of commands beside the message field: one for each kind of chat and language."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import telegram
from telegram.error import TelegramError

from handlers.context import Command
from handlers.texts import Texts

log = logging.getLogger(__name__)

LANGUAGES = ("en", "zh")
# what a person can take in at a glance; /help lists the rest
PRIVATE = (
    "sentiment", "fit", "predict", "classify", "new", "teach",
    "label", "train", "models", "privacy", "lang", "help",
)  # fmt: skip
GROUP = ("sentiment", "classify", "fit", "predict", "privacy", "help")
ADMINS = (
    "setup", "doctor", "tagging", "mood", "digest", "alert", "learn", "sentiment", "fit", "help",
)  # fmt: skip
MENUS: tuple[tuple[telegram.BotCommandScope, tuple[str, ...]], ...] = (
    (telegram.BotCommandScopeAllPrivateChats(), PRIVATE),
    (telegram.BotCommandScopeAllGroupChats(), GROUP),
    (telegram.BotCommandScopeAllChatAdministrators(), ADMINS),
)


async def show_menus(bot: telegram.Bot, commands: tuple[Command, ...]) -> None:
    """Tell Telegram the menus, and clear those of the default scope, which an older version may have set.

    English is the menu for every language that has none of its own: what was set for "en" is cleared.
    """
    try:
        for code in (None, *LANGUAGES):
            await bot.delete_my_commands(telegram.BotCommandScopeDefault(), code)
        for scope, names in MENUS:
            await bot.delete_my_commands(scope, "en")
            for language in LANGUAGES:
                code = None if language == "en" else language
                await bot.set_my_commands(menu(names, commands, Texts(language)), scope, code)
    except TelegramError as error:
        log.warning("the menus were not set (%s)", type(error).__name__)


def menu(names: Sequence[str], commands: Sequence[Command], t: Texts) -> list[telegram.BotCommand]:
    """Return the lines of a menu, in the order of their names."""
    known = {command.name: command for command in commands}
    return [telegram.BotCommand(name, t(known[name].summary)) for name in names if name in known]
