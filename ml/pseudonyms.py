"""What stands for people where nobody's id is kept: keyed digests, one for each chat, and where one was seen.

A pseudonym is a keyed digest of chat and person, with a secret of this installation, so that a person can be
taken out of a chat and nobody else can be recognised. In which chats a person was seen is noted under a
digest that belongs to no chat: who wants to be taken out is looked for there and not in every chat.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys

LENGTH = 20  # hex digits
NO_CHAT = 0  # no chat has this id
KEPT = 90 * 86_400  # seconds, as long as anything by pseudonym


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """A person in a chat: the name there, and the key of the chats in which the person was seen."""

    name: str
    whereabouts: str


class Pseudonyms:
    """The pseudonyms of all people, and their whereabouts in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._secret = b""

    async def of(self, chat: int, person: int) -> Pseudonym:
        """Return what stands for a person in a chat."""
        if not self._secret:
            await self._redis.set(keys.SECRET, secrets.token_hex(32), nx=True)
            held: Any = await self._redis.get(keys.SECRET)
            self._secret = bytes(held)
        return Pseudonym(self._digest(chat, person), keys.whereabouts(self._digest(NO_CHAT, person)))

    def _digest(self, chat: int, person: int) -> str:
        return hmac.new(self._secret, f"{chat}:{person}".encode(), hashlib.sha256).hexdigest()[:LENGTH]

    async def chats(self, person: int) -> list[int]:
        """Return the chats in which a person was seen, and those of which that was not noted yet."""
        where = (await self.of(NO_CHAT, person)).whereabouts
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zremrangebyscore(where, "-inf", time.time() - KEPT)
            pipe.zrange(where, 0, -1)
            pipe.zrange(keys.UNNOTED_CHATS, 0, -1)
            _, seen, unnoted = await pipe.execute()
        return sorted({int(chat) for chat in (*seen, *unnoted)})

    async def forget(self, person: int, chats: Iterable[int]) -> None:
        """Note that nothing of a person is left in some chats."""
        gone = list(map(str, chats))
        if gone:
            await self._redis.zrem((await self.of(NO_CHAT, person)).whereabouts, *gone)
