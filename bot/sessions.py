"""What is remembered in Redis between two messages: sessions, chats' settings, results by short id."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import orjson
from redis.asyncio import Redis

from handlers.context import ChatSettings, Session
from handlers.errors import REFERENCE_ALPHABET
from handlers.messages import Message, Sent
from ml.gather import Gather

DAY = 86_400  # seconds
RESULT_ID_LENGTH = 6
EDITED_FOR = 900  # seconds
TOGETHER = 0.001  # seconds in which what many updates ask of Redis becomes one call

Record = TypeVar("Record", Session, ChatSettings)

# Compare and set many records; return the place and the content of each that somebody else changed.
# KEYS: records; ARGV: expected, new, seconds (0: for ever) of each
STORE = """
local found = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('GET', key) or ''
  if held == ARGV[3 * i - 2] then
    if ARGV[3 * i] == '0' then redis.call('SET', key, ARGV[3 * i - 1])
    else redis.call('SET', key, ARGV[3 * i - 1], 'EX', ARGV[3 * i]) end
  else
    table.insert(found, {i - 1, held})
  end
end
return found
"""
# Keep results under ids that are free; return the places of those that were taken.
# KEYS: results; ARGV: seconds, records
KEEP = """
local taken = {}
for i, key in ipairs(KEYS) do
  if not redis.call('SET', key, ARGV[i + 1], 'NX', 'EX', ARGV[1]) then table.insert(taken, i - 1) end
end
return taken
"""


KNOWN = {kind: {field.name for field in fields(kind)} for kind in (Session, ChatSettings)}


@dataclass
class Remembered:
    """What was loaded for one message, and how it stood then; settings are those of chat and person."""

    session: Session
    chat: ChatSettings
    person: ChatSettings
    loaded: tuple[bytes, bytes]  # session and chat as Redis had them


class Sessions:
    """Loads and stores what handlers change in place.

    A session belongs to one person in one chat and topic, and lives 24 h after its last change.
    Settings belong to a chat; a person's own are those of the private chat. Where two updates change a
    record at the same time, each keeps the fields that it changed.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(STORE)
        self._load: Gather[tuple[str, ...], list[bytes]] = Gather(self._load_all, delay=TOGETHER)
        self._store: Gather[_Change, bytes | None] = Gather(self._store_all, delay=TOGETHER)

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

    async def store(self, message: Message, remembered: Remembered) -> None:
        """Write what changed."""
        session, chat = remembered.loaded
        await self._change(_session_key(message), session, remembered.session, DAY)
        await self._change(settings_key(message.chat.key), chat, remembered.chat, 0)

    async def settings(self, chat: int) -> ChatSettings:
        """Return what a chat chose, by the id of its records."""
        (held,) = await self._load((settings_key(chat),))
        return _read(ChatSettings, held)

    async def change_settings(self, chat: int, changed: Mapping[str, Any]) -> ChatSettings:
        """Set some fields of a chat's settings and return what it chose by now."""
        key = settings_key(chat)
        (held,) = await self._load((key,))
        return await self._change(key, held, replace(_read(ChatSettings, held), **changed), 0)

    async def _change(self, key: str, loaded: bytes, record: Record, ttl: int) -> Record:
        """Bring one record to Redis, with what somebody else changed in it meanwhile, and return that."""
        was, after = vars(_read(type(record), loaded)), vars(record)
        mine = {
            name: value
            for name, value in after.items()
            if value is not was[name] and _dump(value) != _dump(was[name])
        }
        expected = loaded
        while mine:
            found = await self._store(_Change(key, expected, _dump(after), ttl))
            if found is None:
                break
            expected = found
            after = vars(_read(type(record), found)) | mine
        return type(record)(**after)

    async def _load_all(self, wanted: list[tuple[str, ...]]) -> list[list[bytes]]:
        answer: Any = await self._redis.mget([key for keys in wanted for key in keys])
        held = iter(answer)
        return [[next(held) or b"" for _ in keys] for keys in wanted]

    async def _store_all(self, changes: list[_Change]) -> list[bytes | None]:
        arguments: list[bytes | int] = [
            value for change in changes for value in (change.expected, change.record, change.ttl)
        ]
        found = await self._script(keys=[change.key for change in changes], args=arguments)
        changed = dict(found)
        return [changed.get(place) for place in range(len(changes))]


@dataclass(frozen=True)
class _Change:
    """A record to write where it still stands as expected; `ttl` in seconds, 0 for ever."""

    key: str
    expected: bytes
    record: bytes
    ttl: int


class Answers:
    """Which message of ours answers somebody's, for as long as an edit of that one is answered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._keep: Gather[tuple[str, bytes], None] = Gather(self._keep_all, delay=TOGETHER)

    async def keep(self, message: Message, sent: Sent) -> None:
        """Note an answer."""
        record = {"id": sent.message_id, "has_media": sent.has_media, "said": _digest(message)}
        await self._keep((_answer_key(message), orjson.dumps(record)))

    async def find(self, message: Message) -> Sent | None:
        """Return our answer to a message whose text is another now, None where there is none."""
        held = await self._redis.get(_answer_key(message))
        record = orjson.loads(held) if held is not None else None
        if record is None or record["said"] == _digest(message):
            return None
        return Sent(message.chat.id, record["id"], record["has_media"])

    async def _keep_all(self, answers: list[tuple[str, bytes]]) -> list[None]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, record in answers:
                pipeline.set(key, record, ex=EDITED_FOR)
            await pipeline.execute()
        return [None] * len(answers)


class KeptResults:
    """Results by short id for 24 h: what the buttons below an answer refer to."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(KEEP)
        self._keep: Gather[tuple[str, bytes], bool] = Gather(self._keep_all, delay=TOGETHER)

    async def keep(self, owner: str, record: dict[str, Any]) -> str:
        """Keep a result and return its id."""
        while True:
            result_id = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(RESULT_ID_LENGTH))
            if await self._keep((_result_key(owner, result_id), _dump(record))):
                return result_id

    async def find(self, owner: str, result_id: str) -> dict[str, Any] | None:
        """Return a result of this chat, or None where it is gone or never was."""
        if not result_id.isalnum():
            return None
        kept = await self._redis.get(_result_key(owner, result_id))
        return None if kept is None else orjson.loads(kept)

    async def _keep_all(self, results: list[tuple[str, bytes]]) -> list[bool]:
        taken = await self._script(
            keys=[key for key, _ in results], args=[DAY, *(record for _, record in results)]
        )
        return [place not in taken for place in range(len(results))]


def settings_key(chat: int) -> str:
    """Where the settings of a chat are."""
    return f"tonefit:settings:{chat}"


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


def _read(kind: type[Record], stored: bytes) -> Record:
    """Read a record; a field that an older or newer version wrote and this one lacks is left out."""
    if not stored:
        return kind()
    return kind(**{name: value for name, value in orjson.loads(stored).items() if name in KNOWN[kind]})


def _dump(record: Any) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
