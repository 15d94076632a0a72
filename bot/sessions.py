"""What is remembered in Redis between two messages: sessions, chats' settings, results by short id."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import orjson
from redis.asyncio import Redis

from bot import logs
from handlers.context import ChatSettings, Session
from handlers.errors import new_code
from handlers.messages import Message, Sent
from ml import writes
from ml.gather import Gather
from ml.writes import TOGETHER, Write, Writes

SETTINGS = "tonefit:settings:"  # string: what a chat chose, as JSON
DAY = 86_400  # seconds
RESULT_ID_LENGTH = 6
EDITED_FOR = 900  # seconds

Record = TypeVar("Record", Session, ChatSettings)

KNOWN = {kind: {field.name for field in fields(kind)} for kind in (Session, ChatSettings)}


@dataclass
class Remembered:
    """What was loaded for one message, and how it stood then; settings are those of chat and person."""

    session: Session
    chat: ChatSettings
    person: ChatSettings
    loaded: tuple[str, str]  # session and chat as Redis had them


@dataclass(frozen=True)
class Change:
    """A record that changed: as it stood, as it is now, and the fields that we changed.

    `ttl` in seconds, 0 for ever.
    """

    key: str
    loaded: str
    record: Any
    mine: tuple[str, ...]
    ttl: int

    def write(self) -> Write:
        """Return what writes the record where it still stands as it stood."""
        return writes.swap(self.key, self.loaded, _dump(self.record), self.ttl)

    def over(self, found: str) -> Change:
        """Return the same change to what somebody else made of the record."""
        mine = {name: getattr(self.record, name) for name in self.mine}
        return replace(self, loaded=found, record=replace(_read(type(self.record), found), **mine))


def _change(key: str, loaded: str, record: Record, ttl: int) -> Change:
    if _dump(record) == loaded:  # the settings of a chat nearly always
        return Change(key, loaded, record, (), ttl)
    was, now = vars(_read(type(record), loaded)), vars(record)
    mine = tuple(
        name for name, value in now.items() if value is not was[name] and _dump(value) != _dump(was[name])
    )
    return Change(key, loaded, record, mine, ttl)


class Sessions:
    """Loads and stores what handlers change in place.

    A session belongs to one person in one chat and topic, and lives 24 h after its last change.
    Settings belong to a chat; a person's own are those of the private chat. Where two updates change a
    record at the same time, each keeps the fields that it changed.
    """

    def __init__(self, redis: Redis, write: Writes | None = None) -> None:
        self._redis = redis
        self._write = write or Writes(redis)
        self._load: Gather[tuple[str, ...], list[str]] = Gather(self._load_all, delay=2 * TOGETHER)

    async def load(self, message: Message) -> Remembered:
        """Return what is known of this person and chat."""
        own = settings_key(_person(message))
        keys = (_session_key(message), settings_key(message.chat.key))
        if message.chat.key == _person(message):  # in private they are one record
            session, chat = await self._load(keys)
            settings = _read(ChatSettings, chat)
            return Remembered(_read(Session, session), settings, settings, (session, chat))
        session, chat, person = await self._load((*keys, own))
        return Remembered(
            _read(Session, session), _read(ChatSettings, chat), _read(ChatSettings, person), (session, chat)
        )

    async def store(self, message: Message, remembered: Remembered, *beside: Write) -> list[Any]:
        """Write what changed, other writes in the same call, and return what became of those.

        Made a second time, because an answer of Redis was lost, it changes nothing more.
        """
        session, chat = remembered.loaded
        found = (
            _change(_session_key(message), session, remembered.session, DAY),
            _change(settings_key(message.chat.key), chat, remembered.chat, 0),
        )
        changes = [change for change in found if change.mine]
        became = await self._write(*(change.write() for change in changes), *beside)
        for change, result in zip(changes, became, strict=False):
            if result is not True:
                await self._settle(change.over(result))
        return became[len(changes) :]

    async def _settle(self, change: Change) -> Any:
        """Write a change until it is there, with what somebody else changed meanwhile; return the record."""
        while True:
            (became,) = await self._write(change.write())
            if became is True:
                return change.record
            change = change.over(became)

    async def settings(self, chat: int) -> ChatSettings:
        """Return what a chat chose, by the id of its records."""
        (held,) = await self._load((settings_key(chat),))
        return _read(ChatSettings, held)

    async def change_settings(self, chat: int, changed: Mapping[str, Any]) -> ChatSettings:
        """Set some fields of a chat's settings and return what it chose by now."""
        key = settings_key(chat)
        (held,) = await self._load((key,))
        settings = replace(_read(ChatSettings, held), **changed)
        change = _change(key, held, settings, 0)
        if change.mine:
            settings = await self._settle(change)
        return settings

    async def _load_all(self, wanted: list[tuple[str, ...]]) -> list[list[str]]:
        answer: Any = await self._redis.mget([key for keys in wanted for key in keys])
        held = iter(answer)
        return [[(next(held) or b"").decode("utf-8", "replace") for _ in keys] for keys in wanted]


class Answers:
    """Which message of ours answers somebody's, for as long as an edit of that one is answered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def kept(self, message: Message, sent: Sent) -> Write:
        """Return what notes an answer."""
        record = {"id": sent.message_id, "has_media": sent.has_media, "said": _digest(message)}
        return writes.keep(_answer_key(message), _dump(record), EDITED_FOR)

    async def find(self, message: Message) -> Sent | None:
        """Return our answer to a message whose text is another now, None where there is none."""
        held = await self._redis.get(_answer_key(message))
        record = orjson.loads(held) if held is not None else None
        if record is None or record["said"] == _digest(message):
            return None
        return Sent(message.chat.id, record["id"], record["has_media"])


class KeptResults:
    """Results by short id for 24 h: what the buttons below an answer refer to."""

    def __init__(self, redis: Redis, write: Writes | None = None) -> None:
        self._redis = redis
        self._write = write or Writes(redis)

    async def keep(self, owner: str, record: dict[str, Any]) -> str:
        """Keep a result and return its id."""
        while True:
            result_id = new_code(RESULT_ID_LENGTH)
            (free,) = await self._write(writes.new(_result_key(owner, result_id), _dump(record), DAY))
            if free:
                logs.about(result=result_id)
                return result_id

    async def find(self, owner: str, result_id: str) -> dict[str, Any] | None:
        """Return a result of this chat, or None where it is gone or never was."""
        if not result_id.isalnum():
            return None
        kept = await self._redis.get(_result_key(owner, result_id))
        return None if kept is None else orjson.loads(kept)


def settings_key(chat: int) -> str:
    """Where the settings of a chat are."""
    return f"{SETTINGS}{chat}"


def _answer_key(message: Message) -> str:
    return f"tonefit:answer:{message.chat.id}:{message.message_id}"


def _digest(message: Message) -> str:
    """Return what tells a text from another and is no text."""
    return hashlib.sha256(f"{_answer_key(message)}\n{message.text}".encode("utf-8", "replace")).hexdigest()


def _result_key(owner: str, result_id: str) -> str:
    return f"tonefit:result:{owner}:{result_id}"


def _person(message: Message) -> int:
    return message.sender.id if message.sender else message.chat.key


def _session_key(message: Message) -> str:
    return f"tonefit:session:{message.chat.key}:{message.chat.topic or 0}:{_person(message)}"


def _read(kind: type[Record], stored: str) -> Record:
    """Read a record; a field that an older or newer version wrote and this one lacks is left out."""
    if not stored:
        return kind()
    return kind(**{name: value for name, value in orjson.loads(stored).items() if name in KNOWN[kind]})


def _dump(record: Any) -> str:
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()
