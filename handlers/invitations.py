"""How somebody brings the bot into a group or channel, and comes to set it from private."""

from __future__ import annotations

from handlers.messages import Button
from handlers.texts import Texts

PAYLOAD = "set_"  # of a deep link


def add_buttons(bot_username: str, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Offer to add the bot to a group or a channel; no row where its name is not known."""
    link = f"https://t.me/{bot_username}"
    row = (
        Button(t("Add to a group"), url=f"{link}?startgroup=true"),
        Button(t("Add to a channel"), url=f"{link}?startchannel=true"),
    )
    return (row,) if bot_username else ()


def private_buttons(bot_username: str, chat: int, t: Texts) -> tuple[Button, ...]:
    """Offer to set a chat from private; no button where the bot's name is not known."""
    link = f"https://t.me/{bot_username}?start={PAYLOAD}{chat}"
    return (Button(t("Configure it in private"), url=link),) if bot_username else ()
