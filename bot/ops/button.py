"""The button beside an operator's message field, which opens the page as a Mini App."""

from __future__ import annotations

import logging
from collections.abc import Collection

import telegram
from telegram.error import TelegramError

log = logging.getLogger(__name__)

WORDS = "Tonefit"  # Telegram shows few letters


async def offer_page(bot: telegram.Bot, url: str, operators: Collection[int]) -> None:
    """Set the button in the private chat of each operator.

    Args:
        url: The public address of the operators' server; Telegram opens nothing but https.
    """
    if not url.startswith("https://"):
        log.warning("TONEFIT_OPS_URL is no https address, so that no button opens the page in Telegram")
        return
    button = telegram.MenuButtonWebApp(WORDS, telegram.WebAppInfo(f"{url}/ops/app"))
    for operator in operators:
        try:
            await bot.set_chat_menu_button(operator, button)
        except TelegramError as error:  # who never wrote to the bot has no chat with it
            log.info("operator %s got no button (%s)", operator, type(error).__name__)
