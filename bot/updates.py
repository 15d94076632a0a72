"""How Telegram's update becomes our `Message`: the border where its classes end."""

from __future__ import annotations

from typing import cast

import telegram

from handlers.messages import Chat, ChatType, Document, Kind, Message, Person, Press, Quoted


def read_update(update: telegram.Update, bot_id: int) -> Message | None:
    """Return what somebody did, or None for an update that nobody waits for."""
    if update.callback_query is not None:
        return _read_press(update.update_id, update.callback_query, bot_id)
    message = update.effective_message
    if message is None or update.message_reaction is not None:
        return None
    edited = update.edited_message is not None or update.edited_channel_post is not None
    return _read_message(update.update_id, message, bot_id, edited=edited)


def _read_message(update_id: int, message: telegram.Message, bot_id: int, *, edited: bool) -> Message | None:
    if message.new_chat_members or message.left_chat_member or message.pinned_message:
        return None
    text = message.text or message.caption or ""
    document = _document(message.document)
    kind: Kind = "text" if text or document else "other"
    if message.chat.type == "channel" and kind == "text":
        kind = "channel_post"
    return Message(
        update_id=update_id,
        kind=kind,
        chat=_chat(message),
        message_id=message.message_id,
        date=message.date,
        sender=_person(message.from_user) if message.chat.type != "channel" else None,
        text=text,
        quoted=_quoted(message, bot_id),
        document=document,
        edited=edited,
    )


def _read_press(update_id: int, query: telegram.CallbackQuery, bot_id: int) -> Message | None:
    message = query.message
    if message is None or query.data is None:
        return None
    reachable = message if isinstance(message, telegram.Message) else None
    return Message(
        update_id=update_id,
        kind="button",
        chat=_chat(message),
        message_id=message.message_id,
        date=message.date,
        sender=_person(query.from_user),
        text=(reachable.text or reachable.caption or "") if reachable else "",
        quoted=_quoted(reachable, bot_id) if reachable else None,
        press=Press(query.id, query.data),
        has_media=reachable is not None and bool(reachable.effective_attachment),
    )


def _chat(message: telegram.MaybeInaccessibleMessage) -> Chat:
    topic = (
        message.message_thread_id
        if isinstance(message, telegram.Message) and message.is_topic_message
        else None
    )
    chat = message.chat
    return Chat(chat.id, cast("ChatType", str(chat.type)), chat.title or "", topic)


def _person(user: telegram.User | None) -> Person | None:
    if user is None:
        return None
    return Person(user.id, user.full_name, user.language_code, user.is_bot)


def _document(document: telegram.Document | None) -> Document | None:
    if document is None:
        return None
    return Document(
        document.file_id, document.file_name or "", document.file_size or 0, document.mime_type or ""
    )


def _quoted(message: telegram.Message, bot_id: int) -> Quoted | None:
    quoted = message.reply_to_message
    # In a forum every message "replies" to the one that opened its topic.
    if quoted is None or quoted.forum_topic_created is not None:
        return None
    return Quoted(
        quoted.message_id,
        quoted.text or quoted.caption or "",
        from_bot=quoted.from_user is not None and quoted.from_user.id == bot_id,
        document=_document(quoted.document),
        author=_person(quoted.from_user),
    )
