"""Which messages a bot hears: all of them as an administrator, else only what is meant for it."""

from __future__ import annotations

from bot.sandbox.entities import slice_units
from bot.sandbox.state import Chat, Json, Post, World

SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "pinned_message",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "forum_topic_created",
    "forum_topic_edited",
)


def heard(world: World, chat: Chat, post: Post) -> bool:
    """Whether the bot gets an update for a message, as Telegram decides it with privacy mode on."""
    if chat.private:
        return not chat.bot_blocked
    role = chat.role(world.bot_id)
    if role in ("creator", "administrator"):
        return True
    if role not in ("member", "restricted"):
        return False
    return chat.type == "channel" or world.bot.get("can_read_all_group_messages", False) or meant(world, post)


def meant(world: World, post: Post) -> bool:
    """Whether a group's message is meant for the bot: command, mention, reply to it, service message."""
    body = post.body
    if any(name in body for name in SERVICE):
        return True
    replied = body.get("reply_to_message", {})
    if replied.get("from", {}).get("id") == world.bot_id and "forum_topic_created" not in replied:
        return True
    return named(body, str(world.bot["username"]))


def named(body: Json, username: str) -> bool:
    """Whether a text holds a command that may be the bot's, or its name."""
    text = body.get("text") or body.get("caption") or ""
    handle = f"@{username}".lower()
    for entity in body.get("entities") or body.get("caption_entities") or ():
        part = slice_units(text, entity["offset"], entity["length"]).lower()
        if entity["type"] == "mention" and part == handle:
            return True
        if entity["type"] == "bot_command" and ("@" not in part or part.endswith(handle)):
            return True
    return False


def mentioned(body: Json, username: str) -> bool:
    """Whether a text holds the bot's name, which calls it as a guest."""
    text, handle = body.get("text") or "", f"@{username}".lower()
    return any(
        entity["type"] == "mention"
        and slice_units(text, entity["offset"], entity["length"]).lower() == handle
        for entity in body.get("entities") or ()
    )
