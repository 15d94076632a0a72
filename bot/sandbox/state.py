"""What the sandbox knows: people, chats with their topics and roles, messages, and the bot itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.sandbox.storage import Storage

Json = dict[str, Any]

HISTORY = 20_000  # messages a chat keeps
ID_GAP = 10_000  # more ids than a second can use: what a kill may have taken with it
PRESENT = frozenset({"creator", "administrator", "member", "restricted"})
ADMINS = frozenset({"creator", "administrator"})
GENERAL_TOPIC = 1


@dataclass(slots=True)
class Person:
    """Somebody who writes in the web chat."""

    id: int
    first_name: str
    language_code: str = "en"
    username: str = ""

    def user(self) -> Json:
        """Return the person as a Bot API User."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            user["username"] = self.username
        user["language_code"] = self.language_code
        return user


@dataclass(slots=True)
class Post:
    """A message in a chat: the Bot API object, who wrote it, and who reacted with what."""

    body: Json
    author: int
    reactions: dict[str, list[int]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The message's id in its chat."""
        return int(self.body["message_id"])


@dataclass(slots=True)
class Chat:
    """A chat; `brief` is the object that every message carries."""

    id: int
    type: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    description: str = ""
    topics: dict[int, str] = field(default_factory=dict)  # message_thread_id -> name
    members: dict[int, str] = field(default_factory=dict)  # user id -> status
    last_id: int = 0  # the newest message_id
    pinned: list[int] = field(default_factory=list)
    menu_button: Json | None = None
    bot_blocked: bool = False  # in private: the person stopped the bot
    migrated_to: int | None = None
    linked: int | None = None  # the discussion group of a channel, the channel of a group
    reactions: list[str] | None = None  # those that are allowed; None: all
    posts: dict[int, Post] = field(default_factory=dict)
    brief: Json = field(default_factory=dict)

    @property
    def private(self) -> bool:
        """Whether this is one person's chat with the bot."""
        return self.type == "private"

    def role(self, user_id: int) -> str:
        """Return a user's status here."""
        return self.members.get(user_id, "left")

    def holds(self, user_id: int) -> bool:
        """Whether a user is in this chat."""
        return self.members.get(user_id, "left") in PRESENT

    def ruled_by(self, user_id: int) -> bool:
        """Whether a user is an administrator here."""
        return self.members.get(user_id, "left") in ADMINS

    def latest(self) -> Post | None:
        """Return the newest message that still stands."""
        return self.posts[next(reversed(self.posts))] if self.posts else None

    def record(self) -> Json:
        """Return what storage keeps of it: everything but the messages, which are rows of their own."""
        kept = {name: getattr(self, name) for name in CHAT_FIELDS}
        for name in ("topics", "members"):
            kept[name] = {str(key): value for key, value in kept[name].items()}
        return kept


CHAT_FIELDS = tuple(name for name in Chat.__dataclass_fields__ if name not in {"posts", "brief"})


class World:
    """Everything that is, in memory, with each change handed to storage."""

    def __init__(self, storage: Storage, bot_username: str) -> None:
        self.storage = storage
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.usernames: dict[str, int] = {}  # "@name" in lower case -> chat id
        self.bot: Json = {
            "id": 7_000_000_001,
            "is_bot": True,
            "first_name": "Tonefit",
            "username": bot_username,
        }
        self.profile: Json = {"names": {}, "descriptions": {}, "short_descriptions": {}, "commands": {}}

    @property
    def bot_id(self) -> int:
        """The bot's user id."""
        return int(self.bot["id"])

    def bot_name(self) -> Json:
        """Return how a person sees their private chat: by the bot's name."""
        return {"first_name": self.bot["first_name"], "username": self.bot["username"]}

    def load(self) -> bool:
        """Read everything back; False where there is nothing yet."""
        for body in self.storage.read("person").values():
            self.people[body["id"]] = Person(**body)
        for body in self.storage.read("chat").values():
            for name in ("topics", "members"):
                body[name] = {int(key): value for key, value in body[name].items()}
            self._enter(Chat(**body))
        self._load_posts()
        self.profile.update(self.storage.read("setting").get("profile", {}))
        return bool(self.people)

    def _load_posts(self) -> None:
        gap = 0 if self.storage.closed_well else ID_GAP
        rows = sorted(self.storage.read("message").values(), key=lambda row: int(row["body"]["message_id"]))
        for row in rows:
            chat = self.chats.get(row["body"]["chat"]["id"])
            if chat is not None:
                row["body"]["chat"] = chat.brief
                chat.posts[row["body"]["message_id"]] = Post(**row)
        for chat in self.chats.values():
            chat.last_id = max([chat.last_id, *chat.posts]) + gap

    def add_person(self, person: Person) -> Person:
        """Add somebody, with their private chat with the bot."""
        self.people[person.id] = person
        self.storage.put("person", str(person.id), asdict(person))
        members = {person.id: "member", self.bot_id: "member"}
        self.add_chat(
            Chat(person.id, "private", person.first_name, username=person.username, members=members)
        )
        return person

    def keep_person(self, person: Person) -> None:
        """Write down that a person changed."""
        self.storage.put("person", str(person.id), asdict(person))

    def add_chat(self, chat: Chat) -> Chat:
        """Add a chat."""
        self._enter(chat)
        self.keep_chat(chat)
        return chat

    def _enter(self, chat: Chat) -> None:
        chat.brief = brief(chat)
        self.chats[chat.id] = chat
        if chat.username:
            self.usernames["@" + chat.username.lower()] = chat.id

    def keep_chat(self, chat: Chat) -> None:
        """Write down that a chat changed."""
        chat.brief.clear()
        chat.brief.update(brief(chat))
        self.storage.put("chat", str(chat.id), chat.record())

    def keep_profile(self) -> None:
        """Write down that the bot's name, descriptions or commands changed."""
        self.storage.put("setting", "profile", self.profile)

    def add_post(self, chat: Chat, body: Json, author: int) -> Post:
        """Give a message its id and its place; `body` gets `message_id`, `date` and `chat`."""
        chat.last_id += 1
        body["message_id"] = chat.last_id
        body["date"] = int(time.time())
        body["chat"] = chat.brief
        post = Post(body, author)
        chat.posts[chat.last_id] = post
        self.keep_post(chat, post)
        if len(chat.posts) > HISTORY:
            self.drop_post(chat, next(iter(chat.posts)))
        return post

    def keep_post(self, chat: Chat, post: Post) -> None:
        """Write down a message as it stands now."""
        self.storage.put("message", f"{chat.id}:{post.id}", post)

    def drop_post(self, chat: Chat, message_id: int) -> Post | None:
        """Take a message away."""
        post = chat.posts.pop(message_id, None)
        if post is not None:
            self.storage.delete("message", f"{chat.id}:{message_id}")
        return post

    def chats_of(self, user_id: int) -> Iterator[Chat]:
        """Yield the chats that a person sees: their own with the bot, then the others they know."""
        yield from (chat for chat in self.chats.values() if chat.private and chat.id == user_id)
        yield from (
            chat
            for chat in self.chats.values()
            if not chat.private and chat.migrated_to is None and user_id in chat.members
        )

    def full_user(self, user_id: int) -> Json | None:
        """Return somebody as a Bot API User: a person or the bot."""
        if user_id == self.bot_id:
            return self.bot
        person = self.people.get(user_id)
        return person.user() if person else None


def brief(chat: Chat) -> Json:
    """Return a chat as a Bot API Chat."""
    made: Json = {"id": chat.id, "type": chat.type}
    if chat.private:
        made["first_name"] = chat.title
    else:
        made["title"] = chat.title
    if chat.username:
        made["username"] = chat.username
    if chat.is_forum:
        made["is_forum"] = True
    return made


def new_id(length: int = 24) -> str:
    """Return an unguessable id for a file or a query."""
    return secrets.token_urlsafe(length)
