"""What is remembered in Redis between two messages: sessions, chats' settings, results by short id."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

import orjson
from redis.asyncio import Redis

from handlers.context import ChatSettings, Session
from handlers.errors import REFERENCE_ALPHABET
from handlers.messages import Message, Sent

DAY = 86_400  # seconds
RESULT_ID_LENGTH = 6
EDITED_FOR = 900  # seconds

Record = TypeVar("Record", Session, ChatSettings)


@dataclass
class Remembered:
    """What was loaded for one message, and how it stood then."""

    session: Session
    chat: ChatSettings
    person: ChatSettings
    loaded: tuple[bytes, bytes]


class Sessions:
    """Loads and stores what handlers change in place.

    A session belongs to one person in one chat and topic, and lives 24 h after its last change.
    Settings belong to a chat; a person's own are those of the private chat.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def load(self, message: Message) -> Remembered:
        """Return what is known of this person and chat, in one round trip."""
        keys = [_session_key(message), settings_key(message.chat.id), settings_key(_person(message))]
        session, chat, person = await self._redis.mget(keys)
        loaded = Remembered(
            _read(Session, session), _read(ChatSettings, chat), _read(ChatSettings, person), (b"", b"")
        )
        if message.chat.id == _person(message):
            loaded.person = loaded.chat  # in private they are one record
        loaded.loaded = (_write(loaded.session), _write(loaded.chat))
        return loaded

    async def store(self, message: Message, remembered: Remembered) -> None:
        """Write what changed."""
        session, chat = _write(remembered.session), _write(remembered.chat)
        async with self._redis.pipeline(transaction=True) as pipeline:
            if session != remembered.loaded[0]:
                pipeline.set(_session_key(message), session, ex=DAY)
            if chat != remembered.loaded[1]:
                pipeline.set(settings_key(message.chat.id), chat)
            if len(pipeline):
                await pipeline.execute()


class Answers:
    """Which message of ours answers somebody's, for as long as an edit of that one is answered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, message: Message, sent: Sent) -> None:
        """Note an answer."""
        record = {"id": sent.message_id, "has_media": sent.has_media, "said": _digest(message)}
        await self._redis.set(_answer_key(message), orjson.dumps(record), ex=EDITED_FOR)

    async def find(self, message: Message) -> Sent | None:
        """Return our answer to a message whose text is another now, None where there is none."""
        held = await self._redis.get(_answer_key(message))
        record = orjson.loads(held) if held is not None else None
        if record is None or record["said"] == _digest(message):
            return None
        return Sent(message.chat.id, record["id"], record["has_media"])


class KeptResults:
    """Results by short id for 24 h: what the buttons below an answer refer to."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, owner: str, record: dict[str, Any]) -> str:
        """Keep a result and return its id."""
        while True:
            result_id = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(RESULT_ID_LENGTH))
            if await self._redis.set(_result_key(owner, result_id), orjson.dumps(record), ex=DAY, nx=True):
                return result_id

    async def find(self, owner: str, result_id: str) -> dict[str, Any] | None:
        """Return a result of this chat, or None where it is gone or never was."""
        if not result_id.isalnum():
            return None
        kept = await self._redis.get(_result_key(owner, result_id))
        return None if kept is None else orjson.loads(kept)


def settings_key(chat_id: int) -> str:
    """Where the settings of a chat are."""
    return f"tonefit:settings:{chat_id}"


def _answer_key(message: Message) -> str:
    return f"tonefit:answer:{message.chat.id}:{message.message_id}"


def _digest(message: Message) -> str:
    """Return what tells a text from another and is no text."""
    return hashlib.sha256(f"{_answer_key(message)}\n{message.text}".encode("utf-8", "replace")).hexdigest()


def _result_key(owner: str, result_id: str) -> str:
    return f"tonefit:result:{owner}:{result_id}"


def _person(message: Message) -> int:
    return message.sender.id if message.sender else message.chat.id


def _session_key(message: Message) -> str:
    return f"tonefit:session:{message.chat.id}:{message.chat.topic or 0}:{_person(message)}"


def _read(kind: type[Record], stored: bytes | str | None) -> Record:
    """Read a record; a field that an older or newer version wrote and this one lacks is left out."""
    values = orjson.loads(stored) if stored else {}
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in known})


def _write(record: Session | ChatSettings) -> bytes:
    return orjson.dumps(asdict(record), option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
