"""What the bot's side and the people's side share, and how a message comes to stand in a chat."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox.events import Events
from bot.sandbox.files import Files
from bot.sandbox.form import Upload
from bot.sandbox.privacy import heard
from bot.sandbox.queries import Queries
from bot.sandbox.state import Chat, Json, Post, World
from bot.sandbox.storage import Storage
from bot.sandbox.updates import Updates
from bot.sandbox.webhook import Webhook

TELEGRAM: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}  # who forwards by itself
OF_THE_POST = frozenset({"message_id", "date", "chat", "sender_chat", "reply_markup"})


@dataclass(slots=True)
class Call:
    """One call of the bot, as `Sandbox.calls` records it."""

    method: str
    params: Json
    time: float  # Unix time
    files: dict[str, Upload] = field(default_factory=dict, repr=False)
    error: str = ""  # what it was refused with, or the fault it met


class Backend:
    """The state of the sandbox with everything that must hear of a change."""

    def __init__(self, data_dir: Path | None, bot_username: str) -> None:
        self.storage = Storage(data_dir / "sandbox.sqlite" if data_dir else None)
        self.world = World(self.storage, bot_username)
        self.files = Files(self.storage, data_dir / "files" if data_dir else None)
        self.updates = Updates(self.storage)
        self.webhook = Webhook(self.storage, self.updates)
        self.events = Events()
        self.queries = Queries()

    def publish(self, chat: Chat, body: Json, author: int) -> Post:
        """Put a message into a chat, show it, and let the bot hear it if it may."""
        post = self.world.add_post(chat, body, author)
        self.show("message", chat, post)
        if author != self.world.bot_id and heard(self.world, chat, post):
            kind = "channel_post" if chat.type == "channel" else "message"
            self.updates.add(kind, post.body)
        if chat.type == "channel" and chat.linked is not None:
            self._discuss(chat, post)
        return post

    def _discuss(self, channel: Chat, post: Post) -> None:
        """Put a channel's post into the linked group, as Telegram does it by itself."""
        group = self.world.chats[channel.linked or 0]
        origin = {"type": "channel", "date": post.body["date"], "chat": channel.brief, "message_id": post.id}
        content = {name: value for name, value in post.body.items() if name not in OF_THE_POST}
        body = {
            "from": TELEGRAM,
            "sender_chat": channel.brief,
            "forward_origin": origin,
            "is_automatic_forward": True,
            **content,
        }
        self.publish(group, body, TELEGRAM["id"])

    def revise(self, chat: Chat, post: Post, *, dated: bool = True) -> Post:
        """Show that a message changed, and let the bot hear it if it is somebody else's."""
        if dated:
            post.body["edit_date"] = int(time.time())
        self.world.keep_post(chat, post)
        self.show("edited", chat, post)
        if post.author != self.world.bot_id and heard(self.world, chat, post):
            kind = "edited_channel_post" if chat.type == "channel" else "edited_message"
            self.updates.add(kind, post.body)
        return post

    def remove(self, chat: Chat, message_ids: list[int]) -> None:
        """Take messages away; Telegram tells bots nothing of it."""
        gone = [message_id for message_id in message_ids if self.world.drop_post(chat, message_id)]
        self.events.tell("deleted", {"chat_id": chat.id, "message_ids": gone}, chat.members)

    def show(self, name: str, chat: Chat, post: Post) -> None:
        """Tell the open pages of a chat's people of a message."""
        if self.events.listeners:
            self.events.tell(name, {"chat_id": chat.id, "message": seen(chat, post)}, chat.members)


def seen(chat: Chat, post: Post) -> Json:
    """Return a message as the web chat gets it: the Bot API object and its reactions.

    `mine_only` says that nobody but the one person and the bot sees it.
    """
    return {**post.body, "reactions": post.reactions, "mine_only": chat.private}


Method = Callable[[Backend, Call], Awaitable[Any]]
