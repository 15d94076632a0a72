"""The methods that send, forward, copy and delete messages of text."""

from __future__ import annotations

import time
from typing import Any

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.sending import find_chat, find_open_chat, outgoing, set_caption, set_place, text_of
from bot.sandbox.state import Chat, Json

MAX_DELETED = 100  # messages of one call
TWO_DAYS = 48 * 3600  # seconds after which a message stays
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
PLACE = ("message_id", "date", "chat", "from", "sender_chat", "edit_date", "reply_to_message", "reply_markup")


async def send_message(backend: Backend, call: Call) -> Json:
    """Send a text."""
    params = call.params
    chat = find_open_chat(backend, params)
    text, entities = text_of(backend, params)
    body = outgoing(backend, chat, params)
    body["text"] = text
    if entities:
        body["entities"] = entities
    if params.get("link_preview_options"):
        body["link_preview_options"] = params["link_preview_options"]
    return backend.publish(chat, body, backend.world.bot_id).body


async def send_chat_action(backend: Backend, call: Call) -> bool:
    """Show what the bot is doing."""
    chat = find_open_chat(backend, call.params)
    action = call.params["action"].lower()
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    topic = call.params.get("message_thread_id")
    backend.events.tell(
        "action", {"chat_id": chat.id, "message_thread_id": topic, "action": action}, chat.members
    )
    return True


async def forward_message(backend: Backend, call: Call) -> Json:
    """Send a message on, with its origin."""
    chat, original = _copied(backend, call.params, "message to forward not found")
    origin: Json = {"date": original["date"]}
    if "sender_chat" in original:
        origin |= {"type": "channel", "chat": original["sender_chat"], "message_id": original["message_id"]}
    else:
        origin |= {"type": "user", "sender_user": original["from"]}
    body = outgoing(backend, chat, call.params) | _content(original)
    body["forward_origin"] = original.get("forward_origin", origin)
    return backend.publish(chat, body, backend.world.bot_id).body


async def copy_message(backend: Backend, call: Call) -> Json:
    """Send a message's content as the bot's own."""
    chat, original = _copied(backend, call.params, "message to copy not found")
    body = outgoing(backend, chat, call.params) | _content(original)
    if "caption" in call.params and "text" not in body:
        set_caption(backend, body, call.params)
    return {"message_id": backend.publish(chat, body, backend.world.bot_id).id}


def _copied(backend: Backend, params: Json, missing: str) -> tuple[Chat, Json]:
    source = find_chat(backend, params, "from_chat_id")
    post = source.posts.get(params["message_id"])
    if post is None:
        raise bad_request(missing)
    return find_open_chat(backend, params), post.body


def _content(original: Json) -> Json:
    place = (*PLACE, "message_thread_id", "is_topic_message")
    return {name: value for name, value in original.items() if name not in place}


async def delete_message(backend: Backend, call: Call) -> bool:
    """Take one message away."""
    chat = find_chat(backend, call.params)
    message_id = call.params["message_id"]
    if message_id not in chat.posts:
        raise bad_request("message to delete not found")
    if not deletable(backend, chat, message_id):
        raise bad_request("message can't be deleted")
    backend.remove(chat, [message_id])
    return True


async def delete_messages(backend: Backend, call: Call) -> bool:
    """Take up to a hundred messages away; those that are not there are skipped."""
    chat = find_chat(backend, call.params)
    ids = call.params["message_ids"]
    if not isinstance(ids, list):
        raise bad_request("expected an Array of message identifiers")
    if len(ids) > MAX_DELETED:
        raise bad_request("too many message identifiers specified")
    if not all(isinstance(one, int) and one > 0 for one in ids):
        raise bad_request("invalid message identifier specified")
    there = [one for one in ids if one in chat.posts]
    if not all(deletable(backend, chat, one) for one in there):
        raise bad_request("message can't be deleted")
    backend.remove(chat, there)
    return True


def deletable(backend: Backend, chat: Chat, message_id: int) -> bool:
    """Whether the bot may take a message away: its own, any in private, any as an administrator."""
    post = chat.posts[message_id]
    if time.time() - post.body["date"] > TWO_DAYS and chat.private:
        return False
    return post.author == backend.world.bot_id or chat.private or chat.ruled_by(backend.world.bot_id)


async def pin_chat_message(backend: Backend, call: Call) -> bool:
    """Pin a message."""
    chat = _pinning(backend, call.params)
    post = chat.posts.get(call.params["message_id"])
    if post is None:
        raise bad_request("message to pin not found")
    chat.pinned = [one for one in chat.pinned if one != post.id] + [post.id]
    backend.world.keep_chat(chat)
    body: Json = outgoing(backend, chat, {})
    set_place(chat, body, post.body.get("message_thread_id"), None)
    backend.publish(chat, body | {"pinned_message": post.body}, backend.world.bot_id)
    return True


async def unpin_chat_message(backend: Backend, call: Call) -> bool:
    """Take a pin away: the newest one where no message is named."""
    chat = _pinning(backend, call.params)
    message_id = call.params.get("message_id", chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    backend.world.keep_chat(chat)
    return True


def _pinning(backend: Backend, params: Json) -> Chat:
    chat = find_chat(backend, params)
    if not chat.private and not chat.ruled_by(backend.world.bot_id):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


async def log_out(backend: Backend, call: Call) -> Any:
    """Leave the server; there is no other to go to."""
    raise ApiError(400, "logOut is not available on the local server")


async def close(backend: Backend, call: Call) -> bool:
    """Close the bot's instance, which on one server changes nothing."""
    return True


METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "sendChatAction": send_chat_action,
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "logOut": log_out,
    "close": close,
}
