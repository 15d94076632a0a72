"""Under which id a chat's records lie: a group keeps them when it becomes a supergroup with another id."""

from __future__ import annotations

from typing import Any, cast

from redis.asyncio import Redis

from bot.memory import Memory
from ml.keys import as_text

IDS = "tonefit:chats"  # hash: Telegram's id of a chat that moved to the id of its records
MESSAGES = "tonefit:chats:message:"  # string with a TTL: a message of ours to the one that goes on for it
MESSAGES_KEPT = 7 * 86_400  # seconds, as long as a job is remembered
SUPERGROUPS = -1_000_000_000_000  # their ids lie below
CACHED_FOR = 5.0  # seconds

# KEYS: ids; ARGV: old, new
MOVE = """
local id = redis.call('HGET', KEYS[1], ARGV[1]) or ARGV[1]
redis.call('HSET', KEYS[1], ARGV[2], id)
return id
"""


class ChatIds:
    """The internal id of a chat is the first that Telegram gave it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._move = redis.register_script(MOVE)
        self._memory: Memory[int] = Memory(CACHED_FOR)
        self._addresses: dict[int, int] = {}  # old to new; groups move once, so that these stay few

    async def internal(self, chat: int) -> int:
        """Return the id of a chat's records. Only a supergroup can have had another before."""
        if chat > SUPERGROUPS:
            return chat
        known = self._memory.get(chat)
        if known is not None:
            return known
        held: Any = await cast("Any", self._redis.hget(IDS, str(chat)))
        return self._memory.keep(chat, int(held) if held is not None else chat)

    async def moved(self, old: int, new: int) -> None:
        """Note that a chat has a new id at Telegram; its records stay where they are."""
        self._addresses[old] = new
        self._memory.keep(new, int(await self._move(keys=[IDS], args=[old, new])))

    def address(self, chat: int) -> int:
        """Return where a chat is now, as far as this process has heard."""
        return self._addresses.get(chat, chat)

    async def message_after(self, chat: int, message: int) -> int | None:
        """Return the message of the new chat that goes on for one of the old."""
        held: Any = await self._redis.get(f"{MESSAGES}{chat}:{message}")
        return int(as_text(held)) if held is not None else None

    async def replace_message(self, chat: int, message: int, after: int) -> None:
        """Let a message of the new chat go on for one of the old."""
        await self._redis.set(f"{MESSAGES}{chat}:{message}", after, ex=MESSAGES_KEPT)
