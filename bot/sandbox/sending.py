"""What every sending method checks: the chat, the topic, the replied message, the text, the keyboard."""

from __future__ import annotations

from typing import Any

from bot.sandbox.backend import Backend
from bot.sandbox.entities import MAX_UNITS, clean, trim, units, with_detected
from bot.sandbox.errors import ApiError, bad_request, moved
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.markup import parse_html
from bot.sandbox.state import Chat, Json, Post

MAX_CAPTION = 1024
# who stands in `from` where a group or a channel speaks, the same everywhere
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
USER_LINK = "tg://user?id="


def find_chat(backend: Backend, params: Json, name: str = "chat_id") -> Chat:
    """Return the chat that a call names, where the bot is in it.

    Raises:
        ApiError: There is no such chat, it moved, or the bot is not in it.
    """
    wanted = params[name]
    if isinstance(wanted, str):
        wanted = backend.world.usernames.get(wanted.lower(), 0)
    chat = backend.world.chats.get(wanted)
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        raise moved(chat.migrated_to)
    role = chat.role(backend.world.bot_id)
    if role == "kicked":
        raise ApiError(403, f"bot was kicked from the {chat.type} chat")
    if role == "left":
        raise ApiError(403, f"bot is not a member of the {chat.type} chat")
    return chat


def find_open_chat(backend: Backend, params: Json) -> Chat:
    """Return the chat that a call names, where the bot may write.

    Raises:
        ApiError: As `find_chat`, or the person blocked the bot, or it has no right to post.
    """
    chat = find_chat(backend, params)
    if chat.bot_blocked:
        raise ApiError(403, "bot was blocked by the user")
    if chat.type == "channel" and not chat.ruled_by(backend.world.bot_id):
        raise bad_request("need administrator rights in the channel chat")
    if chat.role(backend.world.bot_id) == "restricted":
        raise bad_request("not enough rights to send text messages to the chat")
    return chat


def outgoing(backend: Backend, chat: Chat, params: Json) -> Json:
    """Return the beginning of a message of the bot: its sender, topic, replied message and keyboard."""
    body = signed(backend, chat, backend.world.bot_id)
    replied = replied_post(chat, params)
    set_place(chat, body, params.get("message_thread_id"), replied)
    markup = inline_keyboard(params.get("reply_markup"))
    if markup:
        body["reply_markup"] = markup
    if params.get("protect_content"):
        body["has_protected_content"] = True
    return body


def signed(backend: Backend, chat: Chat, author: int, name: Chat | None = None) -> Json:
    """Return a message that holds only its sender: in a channel that is the channel.

    Args:
        name: The chat in whose name somebody writes: the group, or a channel.
    """
    if chat.type == "channel":
        return {"sender_chat": chat.brief}
    if name is not None:
        return {"from": ANONYMOUS if name.id == chat.id else CHANNEL, "sender_chat": name.brief}
    return {"from": backend.world.full_user(author)}


def replied_post(chat: Chat, params: Json) -> Post | None:
    """Return the message that a call replies to.

    Raises:
        ApiError: It is not there, and sending without it is not allowed.
    """
    given = params.get("reply_parameters")
    if given is None:
        given = {
            "message_id": params.get("reply_to_message_id"),
            "allow_sending_without_reply": params.get("allow_sending_without_reply"),
        }
        if not given["message_id"]:
            return None
    if not isinstance(given, dict):
        raise bad_request("object expected as reply parameters")
    message_id = given.get("message_id")
    if not isinstance(message_id, int):
        raise bad_request("can't parse reply parameters: Can't find field \"message_id\"")
    post = chat.posts.get(message_id)
    if post is None and not given.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return post


def set_place(chat: Chat, body: Json, topic: int | None, replied: Post | None) -> None:
    """Put a message into its topic and below the message it answers.

    In a topic a message that answers nothing carries the message that opened the topic, as Telegram has it.
    """
    if replied is not None and chat.is_forum and not topic:
        topic = replied.body.get("message_thread_id")
    if topic:
        if not chat.is_forum or topic not in chat.topics or topic not in chat.posts:
            raise bad_request("message thread not found")
        body["message_thread_id"] = topic
        body["is_topic_message"] = True
        replied = replied or chat.posts[topic]
    if replied is not None:
        if chat.type == "supergroup" and not chat.is_forum:
            body["message_thread_id"] = replied.body.get("message_thread_id", replied.id)
        body["reply_to_message"] = {
            name: value
            for name, value in replied.body.items()
            if name not in ("reply_to_message", "reply_markup")
        }


def text_of(backend: Backend, params: Json) -> tuple[str, list[Json]]:
    """Return a message's text and entities.

    Raises:
        ApiError: It is empty, too long, or cannot be parsed.
    """
    text, entities = formatted(backend, params, params["text"], params.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if len(text) > MAX_UNITS // 2 and units(text) > MAX_UNITS:
        raise bad_request("message is too long")
    return text, entities


def set_caption(backend: Backend, body: Json, params: Json) -> None:
    """Give a message its caption, or take it away.

    Raises:
        ApiError: It is too long or cannot be parsed.
    """
    for name in ("caption", "caption_entities", "show_caption_above_media"):
        body.pop(name, None)
    text, entities = formatted(backend, params, params.get("caption", ""), params.get("caption_entities"))
    if units(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    if text:
        body["caption"] = text
    if entities:
        body["caption_entities"] = entities
    if params.get("show_caption_above_media"):
        body["show_caption_above_media"] = True


def formatted(backend: Backend, params: Json, source: str, given: Any) -> tuple[str, list[Json]]:
    """Return a text with its entities: by parse_mode, or as given, and those that Telegram finds."""
    mode = params.get("parse_mode", "").lower()
    text = clean(source)
    entities: list[Json] = []
    if mode == "html":
        text, parsed = parse_html(text)
        entities = [known for one in parsed if (known := with_person(backend, one))]
    elif mode:
        raise bad_request("unsupported parse_mode")
    elif given:
        entities = checked_entities(given)
    text, entities = trim(text, entities)
    return text, with_detected(text, entities)


def with_person(backend: Backend, entity: Json) -> Json | None:
    """Turn a link to `tg://user?id=` into a mention of that person; of a stranger nothing is left."""
    url = entity.get("url", "")
    if not url.startswith(USER_LINK):
        return entity
    user_id = url.removeprefix(USER_LINK)
    user = backend.world.full_user(int(user_id)) if user_id.isdecimal() else None
    if user is None:
        return None
    return {"offset": entity["offset"], "length": entity["length"], "type": "text_mention", "user": user}


def checked_entities(given: Any) -> list[Json]:
    """Return the entities of a call."""
    if not isinstance(given, list):
        raise bad_request("can't parse MessageEntity: expected an Array of MessageEntity")
    for entity in given:
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise bad_request("can't parse MessageEntity: Can't find field \"type\"")
        if not isinstance(entity.get("offset"), int) or not isinstance(entity.get("length"), int):
            raise bad_request("can't parse MessageEntity: Can't find field \"offset\"")
    return [entity for entity in given if entity["length"] > 0]
