"""The two records at the border of the chat: a `Message` comes in, a `Reply` goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ChatType = Literal["private", "group", "supergroup", "channel"]
FoundKind = Literal["tone", "fit", "refusal"]
Kind = Literal["text", "button", "channel_post", "other"]


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a message was written; `topic` is the forum topic, if the chat has any.

    `id` is Telegram's, `internal` the one of the chat's records: a group that became a supergroup has
    another at Telegram, and keeps its records.
    """

    id: int
    type: ChatType
    title: str = ""
    topic: int | None = None
    internal: int | None = None  # none: the same as Telegram's

    @property
    def key(self) -> int:
        """The id under which this chat's records lie."""
        return self.id if self.internal is None else self.internal


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote; `language_code` is what their Telegram is set to, as IETF names it."""

    id: int
    name: str = ""
    language_code: str | None = None
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file that came with a message; `size` in bytes, 0 where Telegram does not say."""

    file_id: str
    name: str = ""
    size: int = 0
    mime_type: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that this one replies to."""

    message_id: int
    text: str = ""
    from_bot: bool = False  # written by this bot
    document: Document | None = None
    author: Person | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A press on an inline button: `data` is `verb:argument`, as the `Button` had it.

    Behind an `@` stands the id of the only person who may press, where a question belongs to one.
    """

    id: str
    data: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that somebody did in a chat, free of Telegram's own classes.

    A caption counts as the text. For a press, `message_id` is the message that holds the button.
    `kind` is `other` for stickers, voice and whatever else holds no words.
    """

    update_id: int
    kind: Kind
    chat: Chat
    message_id: int
    date: datetime
    sender: Person | None = None  # none in a channel
    text: str = ""
    quoted: Quoted | None = None
    document: Document | None = None
    press: Press | None = None
    edited: bool = False
    forwarded: bool = False  # somebody else's words, or a bot's by way of an inline result
    posted: int | None = None  # the channel's post that Telegram put into the linked group by itself
    thread: int | None = None  # the message of a group below which this one is a comment
    has_media: bool = False  # the message that holds the pressed button is a photo or a file
    captioned: bool = False  # the text stands below a photo or a file


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: exactly one of a callback (`data`, up to 64 bytes), a link, a text to copy."""

    text: str
    data: str | None = None
    url: str | None = None
    copy: str | None = None  # up to 256 characters


@dataclass(frozen=True, slots=True)
class File:
    """A file to send."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says: a text, or a photo or a file with the text as its caption.

    With `html` the text is Telegram's HTML and every piece of a user's text in it must be escaped.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    photo: bytes | None = field(default=None, repr=False)  # PNG
    document: File | None = None
    html: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """Where an answer stands, so that it can be edited in place."""

    chat_id: int
    message_id: int
    has_media: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody's reactions to a message were and are, as emoji; others than emoji are left out."""

    update_id: int
    chat: Chat
    message_id: int
    by: Person
    old: frozenset[str]
    new: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReactionCount:
    """How often a message of a channel, or of a group with hidden names, has each reaction by now."""

    update_id: int
    chat: Chat
    message_id: int
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """What the bot is in a chat from now on, as Telegram names it, and who changed that."""

    update_id: int
    chat: Chat
    by: Person
    was: str
    status: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked in a chat that is none of ours: by inline mode, or by a mention as a guest.

    `chat` is the asker's private one, whose settings count.
    """

    update_id: int
    chat: Chat
    id: str  # under which it is answered, once
    by: Person
    text: str
    quoted: str = ""  # the text of the message that a guest's mention replies to
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A result to choose: how it is shown in the list, and what it becomes as a message."""

    title: str
    reply: Reply
    description: str = ""
    kind: FoundKind = "tone"


@dataclass(frozen=True, slots=True)
class Chosen:
    """That somebody sent a result of an inline query; what they wrote is of no interest."""

    update_id: int
    chat: Chat
    kind: str  # of the result, as it was found


Event = Message | Reaction | ReactionCount | Membership | Asked | Chosen
