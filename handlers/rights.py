"""Whether somebody may do something in a chat: asked anew at every command and every press."""

from __future__ import annotations

from dataclasses import replace

from handlers.context import FOR_ADMINS, Context
from handlers.errors import Refusal
from handlers.messages import Message, Person
from handlers.surroundings import Chats
from handlers.texts import N_

ADMINS_ONLY = N_("Only admins of this chat can do that.")


class NotAllowed(Refusal):
    """Somebody pressed or wrote what only others may: the chat need not read of a press."""


async def rules(message: Message, chats: Chats) -> bool:
    """Say whether who wrote or pressed is an admin of the chat; in private everybody is.

    An anonymous admin writes as the group, and who writes as the linked channel rules it; both press as the
    persons that they are. Posts of a channel are its admins', presses there are any reader's.
    """
    chat, sender = message.chat, message.sender
    if chat.type == "private":
        return True
    if sender is None:
        return message.press is None and chat.type == "channel"
    if sender.id in {chat.id, chat.key}:
        return True
    if sender.id < 0:
        return sender.id == (await chats.about(chat.id)).linked
    return sender.id in await chats.admins(chat.id)


async def admin(context: Context) -> bool:
    """Say whether who wrote or pressed may change what the whole chat sees."""
    return await rules(context.message, context.services.chats)


async def check_admin(context: Context) -> None:
    """Go on for admins alone.

    Raises:
        NotAllowed: It is none.
    """
    if not await admin(context):
        raise NotAllowed(ADMINS_ONLY)


async def decides(context: Context, maker: int) -> bool:
    """Say whether who wrote or pressed may decide about what somebody made.

    In a group that is who made it. What an anonymous admin or a channel made is the admins' to decide about.
    """
    if context.private:
        return True
    sender = context.message.sender
    if sender is not None and sender.id == maker:
        return True
    return maker <= 0 and await admin(context)


async def as_asked(message: Message, chats: Chats) -> Message:
    """Let an admin answer for the group where the group's question is pressed."""
    press = message.press
    if press is None or press.data.partition("@")[2] != FOR_ADMINS:
        return message
    try:
        if not await rules(message, chats):
            return message
    except Refusal:  # Telegram does not say who is an admin
        return message
    code = message.sender.language_code if message.sender else None
    return replace(message, sender=Person(message.chat.id, message.chat.title, code))
