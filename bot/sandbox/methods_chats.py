"""The methods that tell of chats and their members."""

from __future__ import annotations

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import bad_request
from bot.sandbox.groups import ICON_COLOR, MEMBER_RIGHTS, add_topic, chat_member, set_role
from bot.sandbox.sending import find_chat
from bot.sandbox.state import ADMINS, PRESENT, Json


async def get_chat(backend: Backend, call: Call) -> Json:
    """Return a chat with all that is known of it."""
    chat = find_chat(backend, call.params)
    full: Json = {**chat.brief, "accent_color_id": 0, "max_reaction_count": 11}
    full["accepted_gift_types"] = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        False,
    )
    if chat.description:
        full["description"] = chat.description
    if chat.linked is not None:
        full["linked_chat_id"] = chat.linked
    if chat.reactions is not None:
        full["available_reactions"] = [{"type": "emoji", "emoji": emoji} for emoji in chat.reactions]
    if not chat.private:
        full["permissions"] = dict.fromkeys(MEMBER_RIGHTS, True)
    pinned = chat.posts.get(chat.pinned[-1]) if chat.pinned else None
    if pinned is not None:
        full["pinned_message"] = pinned.body
    return full


async def get_chat_member(backend: Backend, call: Call) -> Json:
    """Return what somebody is in a chat."""
    chat = find_chat(backend, call.params)
    user_id = call.params["user_id"]
    if backend.world.full_user(user_id) is None:
        raise bad_request("invalid user_id specified")
    return chat_member(backend.world, chat, user_id)


async def get_chat_administrators(backend: Backend, call: Call) -> list[Json]:
    """Return who rules a chat; of the bots only those asked for."""
    chat = find_chat(backend, call.params)
    if chat.private:
        raise bad_request("there are no administrators in the private chat")
    return [
        chat_member(backend.world, chat, user_id)
        for user_id, status in chat.members.items()
        if status in ADMINS
    ]


async def get_chat_member_count(backend: Backend, call: Call) -> int:
    """Return how many are in a chat."""
    chat = find_chat(backend, call.params)
    return sum(status in PRESENT for status in chat.members.values())


async def leave_chat(backend: Backend, call: Call) -> bool:
    """Leave a group or channel."""
    chat = find_chat(backend, call.params)
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    set_role(backend, chat, backend.world.bot_id, "left", by=backend.world.bot_id)
    return True


async def create_forum_topic(backend: Backend, call: Call) -> Json:
    """Open a topic."""
    chat = find_chat(backend, call.params)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not chat.ruled_by(backend.world.bot_id):
        raise bad_request("not enough rights to create a topic")
    name = call.params["name"].strip()
    if not 1 <= len(name) <= 128:
        raise bad_request("TOPIC_TITLE_EMPTY")
    topic = add_topic(backend.world, chat, name, backend.world.bot_id)
    backend.show("message", chat, chat.posts[topic])
    backend.events.tell("chats", {"chat_id": chat.id}, chat.members)
    return {"message_thread_id": topic, "name": name, "icon_color": ICON_COLOR}


METHODS: dict[str, Method] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
    "createForumTopic": create_forum_topic,
}
