"""What is remembered in Redis between two messages: sessions, chats' settings, results by short id."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import orjson
from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from bot import logs
from handlers.context import ChatSettings, Session
from handlers.errors import code_of, new_code, new_reference
from handlers.messages import Message, Sent
from ml import writes
from ml.gather import Gather
from ml.writes import Write, Writes

log = logging.getLogger(__name__)

DAY = 86_400  # seconds
RESULT_ID_LENGTH, DERIVED_ID_LENGTH = 6, 8
EDITED_FOR = 900  # seconds
NEXT, LOADING = 0.0005, 0.004  # seconds that an answer waits for each other before it begins, at most

Record = TypeVar("Record", Session, ChatSettings)

READERS: Mapping[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (Session, ChatSettings)}
SETTINGS = "tonefit:settings:"
ASIDE = "tonefit:aside:"  # a record that cannot be read, by a reference

# Move a record aside if it is still the one that was looked at. KEYS: record, aside; ARGV: content, seconds
SET_ASIDE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
return redis.call('EXPIRE', KEYS[2], ARGV[2])
"""


class Unreadable(ValueError):
    """A record is none that any version of ours wrote; the message holds nothing of it."""


@dataclass
class Remembered:
    """What was loaded for one message, and how it stood then; settings are those of chat and person.

    A record that cannot be read counts as none once it is set aside, which `unreadable` (keys) asks for.
    """

    session: Session
    chat: ChatSettings
    person: ChatSettings
    loaded: tuple[str, str]  # session and chat as Redis had them
    unreadable: tuple[str, ...] = ()


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
    if _dump(record) == (loaded or NOTHING[type(record)]):  # the settings of a chat nearly always
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
        self._set_aside = redis.register_script(SET_ASIDE)
        self._load: Gather[tuple[str, ...], list[str]] = Gather(self._load_all, delay=NEXT, longest=LOADING)

    async def load(self, message: Message) -> Remembered:
        """Return what is known of this person and chat."""
        own = settings_key(_person(message))
        keys: tuple[str, ...] = (_session_key(message), settings_key(message.chat.key))
        if keys[1] != own:  # in private they are one record
            keys += (own,)
        records: list[Any] = []
        unreadable = []
        held = await self._load(keys)
        for number, key in enumerate(keys):
            try:
                records.append(_read(_kind(key), held[number]))
            except Unreadable:
                records.append(_kind(key)())
                unreadable.append(key)
                held[number] = ""
        return Remembered(records[0], records[1], records[-1], (held[0], held[1]), tuple(unreadable))

    async def set_aside(self, key: str, reference: str) -> str:
        """Move a record that cannot be read aside for 24 h and return its key there, empty if it can be."""
        held: Any = await self._redis.get(key)
        try:
            _read(_kind(key), held)
        except Unreadable:
            aside = f"{ASIDE}{reference}"
            return aside if await self._set_aside(keys=[key, aside], args=[held, DAY]) else ""
        return ""

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
        """Return what a chat chose, by the id of its records; nothing where that cannot be read."""
        (held,) = await self._load((settings_key(chat),))
        try:
            return _read(ChatSettings, held)
        except Unreadable:  # whoever asks something there next is told
            return ChatSettings()

    async def change_settings(self, chat: int, changed: Mapping[str, Any]) -> ChatSettings:
        """Set some fields of a chat's settings and return what it chose by now."""
        key = settings_key(chat)
        (held,) = await self._load((key,))
        try:
            chosen = _read(ChatSettings, held)
        except Unreadable:
            aside = await self.set_aside(key, new_reference())
            log.error("%s could not be read; it is kept for a day as %s", key, aside)
            chosen, held = ChatSettings(), ""
        settings = replace(chosen, **changed)
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

    def kept(self, owner: str, cause: str, record: dict[str, Any]) -> tuple[str, Write]:
        """Return the id of a result and what keeps it, to be written together with what an answer leaves.

        The id follows from the cause and the result. It is longer than one that is drawn, since nobody looks
        whether there is another: of 1,000 results of a chat two have the same in one day of two million.
        """
        content = _dump(record)
        result_id = code_of(f"{owner}:{cause}:{content}", DERIVED_ID_LENGTH)
        logs.about(result=result_id)
        return result_id, writes.keep(_result_key(owner, result_id), content, DAY)

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
    content = f"{_answer_key(message)}\n{message.text}".encode("utf-8", "replace")
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _result_key(owner: str, result_id: str) -> str:
    return f"tonefit:result:{owner}:{result_id}"


def _person(message: Message) -> int:
    return message.sender.id if message.sender else message.chat.key


def _session_key(message: Message) -> str:
    return f"tonefit:session:{message.chat.key}:{message.chat.topic or 0}:{_person(message)}"


def _kind(key: str) -> type[Any]:
    return ChatSettings if key.startswith(SETTINGS) else Session


def _read(kind: type[Record], stored: str | bytes | None) -> Record:
    """Read a record; a field that an older or newer version wrote and this one lacks is left out.

    Raises:
        Unreadable: It is no JSON, or has something else where this version has a text, a number or a list.
    """
    if not stored:
        return kind()
    try:
        return cast("Record", READERS[kind].validate_json(stored, strict=True))
    except ValidationError:
        raise Unreadable(kind.__name__) from None


def _dump(record: Any) -> str:
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()


NOTHING = {kind: _dump(kind()) for kind in READERS}  # as a record reads that Redis does not hold
