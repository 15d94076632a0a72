"""Who reacts with what, and which bots hear of it."""

from __future__ import annotations

import time
from typing import Any

from bot.sandbox.backend import Backend
from bot.sandbox.errors import bad_request
from bot.sandbox.state import Chat, Json, Post
from handlers.emoji import REACTIONS, plain


def bot_reaction(given: Any) -> str | None:
    """Return the emoji of a `reaction` parameter, None for an empty one.

    Raises:
        ApiError: There are several, or one that is not on Telegram's list.
    """
    if not given:
        return None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise bad_request("expected an Array of ReactionType")
    if len(given) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    emoji = plain(str(given[0].get("emoji", "")))
    if given[0].get("type") != "emoji" or emoji not in REACTIONS:
        raise bad_request("REACTION_INVALID")
    return emoji


def set_reaction(backend: Backend, chat: Chat, post: Post, user: int, emoji: str | None) -> None:
    """Set or take back somebody's one reaction to a message."""
    old = next((one for one, users in post.reactions.items() if user in users), None)
    if old == emoji:
        return
    if old is not None:
        post.reactions[old].remove(user)
        if not post.reactions[old]:
            del post.reactions[old]
    if emoji is not None:
        post.reactions.setdefault(emoji, []).append(user)
    backend.world.keep_post(chat, post)
    told = {"chat_id": chat.id, "message_id": post.id, "reactions": post.reactions}
    backend.events.tell("reaction", told, chat.members)
    if user != backend.world.bot_id and (chat.private or chat.ruled_by(backend.world.bot_id)):
        _tell_bot(backend, chat, post, user, old, emoji)


def _tell_bot(backend: Backend, chat: Chat, post: Post, user: int, old: str | None, new: str | None) -> None:
    """Queue the update: with names in groups, as bare counts in channels."""
    update: Json = {"chat": chat.brief, "message_id": post.id, "date": int(time.time())}
    if chat.type == "channel":
        update["reactions"] = [
            {"type": {"type": "emoji", "emoji": emoji}, "total_count": len(users)}
            for emoji, users in post.reactions.items()
        ]
        backend.updates.add("message_reaction_count", update)
        return
    update["user"] = backend.world.full_user(user)
    update["old_reaction"] = [{"type": "emoji", "emoji": old}] if old else []
    update["new_reaction"] = [{"type": "emoji", "emoji": new}] if new else []
    backend.updates.add("message_reaction", update)
