"""What happens to a group as a whole: topics, roles, and its becoming a supergroup."""

from __future__ import annotations

import time

from bot.sandbox.backend import Backend
from bot.sandbox.state import ADMINS, Chat, Json, World

ICON_COLOR = 7322096
ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
MEMBER_RIGHTS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def add_topic(world: World, chat: Chat, name: str, author: int) -> int:
    """Open a topic and return its `message_thread_id`: the id of the service message that opens it."""
    opening = {
        "from": world.full_user(author),
        "is_topic_message": True,
        "forum_topic_created": {"name": name, "icon_color": ICON_COLOR},
    }
    post = world.add_post(chat, opening, author)
    post.body["message_thread_id"] = post.id
    world.keep_post(chat, post)
    chat.topics[post.id] = name
    world.keep_chat(chat)
    return post.id


def chat_member(world: World, chat: Chat, user_id: int, status: str | None = None) -> Json:
    """Return somebody as a Bot API ChatMember."""
    status = status or chat.role(user_id)
    member: Json = {"user": world.full_user(user_id), "status": status}
    match status:
        case "creator":
            member["is_anonymous"] = False
        case "administrator":
            rights = ADMIN_RIGHTS + (CHANNEL_RIGHTS if chat.type == "channel" else GROUP_RIGHTS)
            member |= dict.fromkeys(rights, True) | {"can_be_edited": False, "is_anonymous": False}
            member["can_promote_members"] = False
        case "restricted":
            member |= dict.fromkeys(MEMBER_RIGHTS, False) | {"is_member": True, "until_date": 0}
        case "kicked":
            member["until_date"] = 0
    return member


def set_role(backend: Backend, chat: Chat, user_id: int, status: str, by: int) -> None:
    """Make somebody another thing in a chat and let the bot hear of it."""
    world = backend.world
    change: Json = {
        "chat": chat.brief,
        "from": world.full_user(by),
        "date": int(time.time()),
        "old_chat_member": chat_member(world, chat, user_id),
        "new_chat_member": chat_member(world, chat, user_id, status),
    }
    chat.members[user_id] = status
    world.keep_chat(chat)
    if user_id == world.bot_id:
        backend.updates.add("my_chat_member", change)
    elif chat.role(world.bot_id) in ADMINS:
        backend.updates.add("chat_member", change)
    backend.events.tell("chats", {"chat_id": chat.id}, chat.members)


def introduce(backend: Backend) -> None:
    """Let the bot hear, once, that it was added to the chats that were there before it."""
    world = backend.world
    if world.storage.read("setting").get("introduced"):
        return
    world.storage.put("setting", "introduced", True)
    for chat in world.chats.values():
        if not chat.private and chat.holds(world.bot_id):
            status = chat.members.pop(world.bot_id)
            creator = next(person for person, role in chat.members.items() if role == "creator")
            set_role(backend, chat, world.bot_id, status, creator)


def migrate(backend: Backend, group: Chat, by: int) -> Chat:
    """Make a basic group a supergroup: another id, the same people, and a message in each that says so."""
    world = backend.world
    new_id = -1_000_000_000_000 - abs(group.id)
    moved = world.add_chat(Chat(new_id, "supergroup", group.title, members=dict(group.members)))
    author = world.full_user(by)
    backend.publish(group, {"from": author, "migrate_to_chat_id": new_id}, by)
    backend.publish(moved, {"from": author, "migrate_from_chat_id": group.id}, by)
    group.migrated_to = new_id
    world.keep_chat(group)
    backend.events.tell("chats", {"chat_id": new_id}, group.members)
    return moved
