"""Which chats a person rules, as far as the bot knows: what `/chats` lists. Rights are asked anew."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.memory import Memory
from handlers.context import Services, note_admins
from handlers.messages import Chat

log = logging.getLogger(__name__)

RULED = "tonefit:ruled:"  # sorted set of a person's chats, by when that was known last
NOTED = "tonefit:ruled:noted:"  # string with a TTL: that a chat's admins were noted lately
UNNOTED = "tonefit:ruled:unnoted"  # set: chats from before that was noted, about which Telegram is asked
KEPT = 90 * 86_400  # seconds
NOTED_FOR = 86_400
SILENT_FOR = 300  # seconds until a chat is asked about again of which Telegram did not say who rules it
PAUSE = 0.2  # seconds between two chats from before
REMEMBERED = 21_600  # seconds in which this process asks nobody whether a chat is to be noted
AT_ONCE = 4
MOST = 50  # chats of a list


class Ruled:
    """The chats of admins, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def note(self, chat: int, admins: Iterable[int]) -> None:
        """Note who rules a chat, by the id of its records."""
        now = time.time()
        async with self._redis.pipeline(transaction=False) as pipe:
            for person in admins:
                pipe.zadd(f"{RULED}{person}", {str(chat): now})
                pipe.zremrangebyscore(f"{RULED}{person}", "-inf", now - KEPT)
                pipe.expire(f"{RULED}{person}", KEPT)
            await pipe.execute()

    async def of(self, person: int) -> list[int]:
        """Return the chats that a person may rule, the latest first."""
        members: Any = await self._redis.zrevrange(f"{RULED}{person}", 0, MOST - 1)
        return [int(member) for member in members]

    async def forget(self, person: int, chat: int) -> None:
        """Note that a person rules a chat no more."""
        await self._redis.zrem(f"{RULED}{person}", str(chat))

    async def drop(self, person: int) -> None:
        """Forget all that is known of what a person rules; where they are an admin it will be noted anew."""
        await self._redis.unlink(f"{RULED}{person}")


async def catch_up(redis: Redis, services: Services) -> None:
    """Note who rules the chats that were known before that was noted, one after the other."""
    while True:
        chat: Any = await redis.srandmember(UNNOTED)
        if chat is None:
            return
        await note_admins(services, Chat(int(chat), "supergroup"))
        await redis.srem(UNNOTED, chat)
        await asyncio.sleep(PAUSE)


class Noting:
    """Notes who rules the chats that something is heard of, once a day each over all replicas.

    So `/chats` lists also those in which nobody has set anything yet.
    """

    def __init__(self, redis: Redis, services: Services) -> None:
        self._redis = redis
        self._services = services
        self._known: Memory[bool] = Memory(REMEMBERED)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, chat: Chat) -> None:
        """Note a chat beside whatever else is done with what was heard of it."""
        if chat.type == "private" or self._known.get(chat.key):
            return
        self._known.keep(chat.key, True)
        task = asyncio.create_task(self._note(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note(self, chat: Chat) -> None:
        try:
            async with self._places:
                if await self._redis.set(f"{NOTED}{chat.key}", 1, nx=True, ex=NOTED_FOR):
                    await self._name(chat)
                    if not await note_admins(self._services, chat):
                        self._known.forget(chat.key)
                        await self._redis.expire(f"{NOTED}{chat.key}", SILENT_FOR)
        except (RedisError, TimeoutError) as error:
            log.info("who rules chat %s was not noted (%s)", chat.key, type(error).__name__)

    async def _name(self, chat: Chat) -> None:
        """Note what a chat is called by now."""
        known = await self._services.chat_settings.of(chat.key)
        if (known.title, known.kind) != (chat.title, chat.type):
            await self._services.chat_settings.change(chat.key, title=chat.title, kind=chat.type)
