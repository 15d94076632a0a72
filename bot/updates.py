"""How Telegram's update becomes our `Message`: the border where its names end.

Read from the JSON as it came: the library's classes for it cost more than everything else about a text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.sound import sound
from handlers.emoji import plain
from handlers.messages import (
    Asked,
    Chat,
    Chosen,
    Document,
    Event,
    Kind,
    Membership,
    Message,
    Person,
    Press,
    Quoted,
    Reaction,
    ReactionCount,
)

Json = dict[str, Any]

NEW = ("message", "channel_post")
EDITED = ("edited_message", "edited_channel_post")
SERVICE = ("new_chat_members", "left_chat_member", "pinned_message")  # nobody's words
MEDIA = ("photo", "document", "animation", "video", "audio", "voice", "video_note", "sticker", "paid_media")


def read_update(update: Json, bot_id: int) -> Message | None:
    """Return what somebody did, or None for an update that nobody waits for.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError: It is no update as Telegram
            sends them.
    """
    query = update.get("callback_query")
    if query is not None:
        found = _read_press(update["update_id"], query, bot_id)
    elif (message := message_of(update)) is not None:
        edited = any(name in update for name in EDITED)
        found = _read_message(update["update_id"], message, bot_id, edited=edited)
    else:
        return None
    return None if found is None else sound(found)


def read_event(update: Json, bot_id: int) -> Event | None:
    """Return what happened in a chat, or None for an update that nobody waits for.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError: It is no update as Telegram
            sends them.
    """
    for kind, read in EVENTS.items():
        if update.get(kind) is not None:
            found = read(update["update_id"], update[kind])
            return None if found is None else sound(found)
    return read_update(update, bot_id)


def _read_reaction(update_id: int, told: Json) -> Reaction | None:
    by = _person(told.get("user")) or _sender({"sender_chat": told.get("actor_chat")})
    if by is None:
        return None
    old, new = _emoji(told["old_reaction"]), _emoji(told["new_reaction"])
    return Reaction(update_id, _chat(told), told["message_id"], by, old, new)


def _emoji(reactions: list[Json]) -> frozenset[str]:
    return frozenset(plain(one["emoji"]) for one in reactions if one["type"] == "emoji")


def _read_count(update_id: int, told: Json) -> ReactionCount:
    counts = tuple(
        (plain(one["type"]["emoji"]), int(one["total_count"]))
        for one in told["reactions"]
        if one["type"]["type"] == "emoji"
    )
    return ReactionCount(update_id, _chat(told), told["message_id"], counts)


def _read_membership(update_id: int, told: Json) -> Membership | None:
    by = _person(told["from"])
    if by is None:
        return None
    was, status = told["old_chat_member"]["status"], told["new_chat_member"]["status"]
    if status == "restricted" and not told["new_chat_member"].get("is_member"):
        status = "left"
    return Membership(update_id, _chat(told), by, was, status)


def _read_inline(update_id: int, told: Json) -> Asked | None:
    by = _person(told["from"])
    if by is None:
        return None
    return Asked(update_id, Chat(by.id, "private"), str(told["id"]), by, told.get("query") or "")


def _read_chosen(update_id: int, told: Json) -> Chosen | None:
    by = _person(told["from"])
    return Chosen(update_id, Chat(by.id, "private"), str(told["result_id"])) if by is not None else None


def _read_guest(update_id: int, told: Json) -> Asked | None:
    by, query_id = _person(told.get("from")), told.get("guest_query_id")
    if by is None or not query_id:
        return None
    quoted = told.get("reply_to_message") or {}
    text = told.get("text") or told.get("caption") or ""
    about = quoted.get("text") or quoted.get("caption") or ""
    return Asked(update_id, Chat(by.id, "private"), str(query_id), by, text, about, guest=True)


EVENTS: dict[str, Callable[[int, Json], Event | None]] = {
    "message_reaction": _read_reaction,
    "message_reaction_count": _read_count,
    "my_chat_member": _read_membership,
    "inline_query": _read_inline,
    "chosen_inline_result": _read_chosen,
    "guest_message": _read_guest,
}


def message_of(update: Json) -> Json | None:
    """Return the message of an update, new or edited."""
    found = (update[name] for name in NEW + EDITED if update.get(name) is not None)
    return next(found, None)


def _read_message(update_id: int, message: Json, bot_id: int, *, edited: bool) -> Message | None:
    if any(message.get(name) for name in SERVICE):
        return None
    text = message.get("text") or message.get("caption") or ""
    document = _document(message)
    kind: Kind = "text" if text or document else "other"
    channel = message["chat"]["type"] == "channel"
    if channel and kind == "text":
        kind = "channel_post"
    return Message(
        update_id=update_id,
        kind=kind,
        chat=_chat(message),
        message_id=message["message_id"],
        date=_date(message),
        sender=None if channel else _sender(message),
        text=text,
        quoted=_quoted(message, bot_id),
        document=document,
        edited=edited,
        forwarded=message.get("forward_origin") is not None or message.get("via_bot") is not None,
        posted=_posted(message),
        thread=None if message.get("is_topic_message") else message.get("message_thread_id"),
        captioned="caption" in message,
    )


def _posted(message: Json) -> int | None:
    """Return the post of a channel that Telegram put into the linked group by itself."""
    if not message.get("is_automatic_forward"):
        return None
    origin = message.get("forward_origin") or {}
    return int(origin.get("message_id") or 0)


def _read_press(update_id: int, query: Json, bot_id: int) -> Message | None:
    message, data = query.get("message"), query.get("data")
    if message is None or data is None:
        return None
    reachable = message.get("date", 0) != 0  # what is too old comes without its content
    return Message(
        update_id=update_id,
        kind="button",
        chat=_chat(message),
        message_id=message["message_id"],
        date=_date(message),
        sender=_person(query["from"]),
        text=message.get("text") or message.get("caption") or "",
        quoted=_quoted(message, bot_id) if reachable else None,
        press=Press(query["id"], data),
        has_media=any(name in message for name in MEDIA),
    )


def _date(message: Json) -> datetime:
    return datetime.fromtimestamp(message["date"], UTC)


def _chat(message: Json) -> Chat:
    chat = message["chat"]
    topic = message.get("message_thread_id") if message.get("is_topic_message") else None
    return Chat(chat["id"], chat["type"], chat.get("title") or "", topic)


def _sender(message: Json) -> Person | None:
    """Return who wrote: an anonymous admin is the group, since `from` is one and the same for all groups."""
    chat = message.get("sender_chat")
    return _person(message.get("from")) if chat is None else Person(chat["id"], chat.get("title") or "")


def _person(user: Json | None) -> Person | None:
    if user is None:
        return None
    name = user["first_name"]
    if user.get("last_name"):
        name = f"{name} {user['last_name']}"
    return Person(user["id"], name, user.get("language_code"), bool(user.get("is_bot")))


def _document(message: Json) -> Document | None:
    document = message.get("document")
    if document is None:
        return None
    return Document(
        document["file_id"],
        document.get("file_name") or "",
        document.get("file_size") or 0,
        document.get("mime_type") or "",
    )


def _quoted(message: Json, bot_id: int) -> Quoted | None:
    quoted = message.get("reply_to_message")
    # In a forum every message "replies" to the one that opened its topic.
    if quoted is None or quoted.get("forum_topic_created") is not None:
        return None
    return Quoted(
        quoted["message_id"],
        quoted.get("text") or quoted.get("caption") or "",
        from_bot=(quoted.get("from") or {}).get("id") == bot_id,
        document=_document(quoted),
        author=_person(quoted.get("from")),
    )
