"""`/chats` in private: what an admin's groups and channels are set to, changed by buttons from here."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from handlers.context import ChatSettings, Context
from handlers.errors import Refusal
from handlers.learn import learn_card
from handlers.messages import Button, Reply
from handlers.rights import NotAllowed
from handlers.schedules import alert_card, digest_card
from handlers.tagging import MODES, QUIET, tagging_card
from handlers.texts import LANGUAGES, N_, Texts

CHAT_ID = re.compile(r"-?[0-9]{1,16}")
PAYLOAD = "set_"  # of a deep link
IN_PRIVATE = N_("Write /chats to me in private: there I list the groups and channels that you rule.")
NO_ADMIN = N_("You are no admin there, or I am not in that chat any more.")
SWITCHES = {"on": True, "off": False}
DAILY = {"every": "daily", "at": "09:00", "day": 0}


async def chats(context: Context) -> None:
    """List the chats that the person rules and the bot is in."""
    sender = context.message.sender
    if sender is None or not context.private:
        raise Refusal(IN_PRIVATE)
    services = context.services
    known = await services.ruled.of(sender.id)
    ruled = await asyncio.gather(*(_rules(context, chat) for chat in known))
    mine = [chat for chat, yes in zip(known, ruled, strict=True) if yes]
    found = [(chat, await services.chat_settings.of(chat)) for chat in mine]
    await context.say(list_card(found, context.services.bot_username, context.t))


async def start_with(context: Context, payload: str) -> None:
    """Show the chat of a deep link.

    Raises:
        NotAllowed: The person is no admin of it.
    """
    await _show(context, payload.removeprefix(PAYLOAD))


async def press(context: Context) -> None:
    """Show a chat, or change one of its settings; the right to is asked of Telegram at every press."""
    chat, _, change = context.args.partition(":")
    if not chat:
        await chats(context)
        return
    await _show(context, chat, change)


async def _show(context: Context, number: str, change: str = "") -> None:
    if not context.private:
        raise Refusal(IN_PRIVATE)
    chat = int(number) if CHAT_ID.fullmatch(number) else 0
    if not await _rules(context, chat):
        raise NotAllowed(NO_ADMIN)
    services = context.services
    fields = changed(*change.partition(":")[::2])
    if fields:
        settings = await services.chat_settings.change(chat, **fields)
        await services.schedules.plan(chat, settings)
        if fields == {"learn": False}:
            await services.reaction_labels.drop_all(chat)
    else:
        services.chat_settings.forget(chat)
        settings = await services.chat_settings.of(chat)
    await context.say(chat_card(chat, settings, context.t))


async def _rules(context: Context, chat: int) -> bool:
    """Say whether who asks is an admin of a chat that the bot is in, and forget the chat where not."""
    person = context.message.sender.id if context.message.sender else 0
    try:
        yes = person in await context.services.chats.admins(chat)
    except Refusal:
        return False
    if not yes:
        await context.services.ruled.forget(person, chat)
    return yes


def changed(name: str, value: str) -> dict[str, Any]:
    """Return what a button changes in a chat's settings, nothing where it names none.

    >>> changed("quiet", "on"), changed("model", "x")
    ({'quiet': True}, {})
    """
    if name == "tagging" and value in MODES:
        return {"tagging": value}
    if name == "quiet" and value in SWITCHES:
        return {"quiet": SWITCHES[value]}
    if name == "learn" and value == "off":
        return {"learn": False}
    if name == "lang" and value in LANGUAGES:
        return {"language": value}
    if name == "digest" and value in SWITCHES:
        return {"digest": dict(DAILY) if SWITCHES[value] else None}
    return {"alert": None} if (name, value) == ("alert", "off") else {}


def list_card(found: list[tuple[int, ChatSettings]], bot_username: str, t: Texts) -> Reply:
    """Offer the chats as buttons, or the way to a first one."""
    rows = [(Button(settings.title or str(chat), data=f"chats:{chat}"),) for chat, settings in found]
    if rows:
        return Reply(t("Which group or channel?"), buttons=tuple(rows))
    text = t(
        "I know no group or channel that you rule. Add me to one, or write /setup in it, then /chats here."
    )
    return Reply(text, buttons=add_buttons(bot_username, t))


def add_buttons(bot_username: str, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Offer to add the bot to a group or a channel; no row where its name is not known."""
    link = f"https://t.me/{bot_username}"
    row = (
        Button(t("Add to a group"), url=f"{link}?startgroup=true"),
        Button(t("Add to a channel"), url=f"{link}?startchannel=true"),
    )
    return (row,) if bot_username else ()


def _first_line(card: Reply) -> str:
    return card.text.partition("\n")[0]


def chat_card(chat: int, settings: ChatSettings, t: Texts) -> Reply:
    """Tell what a chat is set to, with a button for each other setting."""
    lines = [
        settings.title or str(chat),
        *(_first_line(card(settings, t)) for card in (tagging_card, digest_card, alert_card, learn_card)),
    ]
    if settings.quiet:
        lines.append(t(QUIET))

    def button(words: str, change: str) -> Button:
        return Button(words, data=f"chats:{chat}:{change}")

    rows = [
        tuple(button(mode, f"tagging:{mode}") for mode in MODES if mode != settings.tagging),
        (
            button("/quiet off", "quiet:off") if settings.quiet else button("/quiet on", "quiet:on"),
            button("/digest off", "digest:off")
            if settings.digest
            else button("/digest daily 09:00", "digest:on"),
        ),
        tuple(button(name, f"lang:{code}") for code, name in LANGUAGES.items() if code != settings.language),
    ]
    if settings.alert:
        rows.append((button("/alert off", "alert:off"),))
    if settings.learn:
        rows.append((button("/learn off", "learn:off"),))
    rows.append((Button(t("All chats"), data="chats:"),))
    return Reply("\n".join(lines), buttons=tuple(rows))
