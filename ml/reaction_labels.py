"""What members' reactions say of messages, where a chat lets a model learn from them.

A reaction carries no text, so that messages are kept for 24 h. A label is what most of the people say who
reacted, each of them once. Who reacted is known by pseudonym alone, for as long as it can be withdrawn.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys
from ml.pseudonyms import Pseudonym

KEPT = 86_400  # seconds that a text stays
WITHDRAWN_FOR = 90 * 86_400  # seconds in which a reaction that is withdrawn withdraws its label
MOST_A_DAY = 30  # messages of a chat that one person labels in 24 h
AT_ONCE = 500  # keys read in one round trip

# Note what a person says of a message, or with "" that they say nothing any more; say whether it counts.
# KEYS: votes, the person's messages, the person's whereabouts
# ARGV: pseudonym, label, message, now, cap, seconds of a day, of a vote, chat
VOTE = """
if ARGV[2] == '' then
  redis.call('ZREM', KEYS[2], ARGV[3])
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  if redis.call('ZCOUNT', KEYS[2], ARGV[4] - ARGV[6], '+inf') >= tonumber(ARGV[5]) then return 0 end
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4] - ARGV[7])
  redis.call('EXPIRE', KEYS[2], ARGV[7])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('ZADD', KEYS[3], 'GT', ARGV[4], ARGV[8])
redis.call('EXPIRE', KEYS[3], ARGV[7])
return 1
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A member's message as it is kept for 24 h; `by` is who wrote it."""

    text: str
    by: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """The example that a message became."""

    model: str
    label: str
    digest: str


class ReactionLabels:
    """The kept texts and the votes of all chats, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._vote = redis.register_script(VOTE)

    async def hear(self, chat: int, message_id: int, heard: Heard, who: Pseudonym) -> None:
        """Keep a message for 24 h; `who` is its author. An edit keeps what it reads now."""
        now = time.time()
        record = json.dumps({"text": heard.text, "by": heard.by}, ensure_ascii=False)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.heard(chat, message_id), record, ex=KEPT)
            for name in (keys.heard_messages(chat), keys.heard_from(chat, who.name)):
                pipe.zadd(name, {str(message_id): now}, nx=True)
                pipe.zremrangebyscore(name, "-inf", now - KEPT)
                pipe.expire(name, KEPT)
            pipe.zadd(who.whereabouts, {str(chat): now})
            pipe.expire(who.whereabouts, WITHDRAWN_FOR)
            await pipe.execute()

    async def heard(self, chat: int, message_id: int) -> Heard | None:
        """Return a message that is still kept."""
        held = await self._redis.get(keys.heard(chat, message_id))
        return Heard(**json.loads(held)) if held is not None else None

    async def texts(self, chat: int, message_ids: Iterable[int] | None = None) -> dict[int, Heard]:
        """Return messages of the last 24 h, some or all, in order of time."""
        if message_ids is None:
            members: Any = await self._redis.zrangebyscore(
                keys.heard_messages(chat), time.time() - KEPT, "+inf"
            )
            message_ids = [int(member) for member in members]
        wanted = list(message_ids)
        found: dict[int, Heard] = {}
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            held = await self._redis.mget([keys.heard(chat, message_id) for message_id in part])
            for message_id, record in zip(part, held, strict=True):
                if record is not None:
                    found[message_id] = Heard(**json.loads(record))
        return found

    async def vote(self, chat: int, message_id: int, who: Pseudonym, label: str | None) -> bool:
        """Note what a person says of a message, None for nothing any more; say whether something changed."""
        names = [keys.votes(chat, message_id), keys.voted(chat, who.name), who.whereabouts]
        now = int(time.time())
        values: list[str | int] = [who.name, label or "", message_id, now]
        values += [MOST_A_DAY, KEPT, WITHDRAWN_FOR, chat]
        return bool(await self._vote(keys=names, args=values))

    async def label(self, chat: int, message_id: int) -> str | None:
        """Return what most people say of a message, None where nobody does or two labels have as many."""
        held: Any = await self._redis.hvals(keys.votes(chat, message_id))
        ranked = Counter(map(keys.as_text, held)).most_common(2)
        if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
            return None
        return ranked[0][0]

    async def learnt(self, chat: int, message_id: int) -> Learnt | None:
        """Return the example that a message became."""
        held = await self._redis.get(keys.learnt(chat, message_id))
        return Learnt(**json.loads(held)) if held is not None else None

    async def note(self, chat: int, message_id: int, learnt: Learnt, who: str) -> None:
        """Note which example a message became; `who` is the pseudonym of its author."""
        record = json.dumps(asdict(learnt), ensure_ascii=False)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.learnt(chat, message_id), record, ex=WITHDRAWN_FOR)
            pipe.sadd(keys.learnt_from(chat, who), message_id)
            pipe.expire(keys.learnt_from(chat, who), WITHDRAWN_FOR)
            await pipe.execute()

    async def unlearn(self, chat: int, message_id: int) -> None:
        """Note that a message is no example any more."""
        await self._redis.unlink(keys.learnt(chat, message_id))

    async def models(self, chat: int, message_ids: Sequence[int]) -> set[str]:
        """Return the models of which messages became examples."""
        found: set[str] = set()
        for start in range(0, len(message_ids), AT_ONCE):
            part = message_ids[start : start + AT_ONCE]
            held = await self._redis.mget([keys.learnt(chat, message_id) for message_id in part])
            found |= {str(json.loads(record)["model"]) for record in held if record is not None}
        return found

    async def learnt_from(self, chat: int, who: str) -> list[int]:
        """Return the messages of a person that became examples."""
        members: Any = await self._redis.smembers(keys.learnt_from(chat, who))
        return sorted(int(member) for member in members)

    async def counts(self, chat: int, who: str) -> tuple[int, int]:
        """Return how many of a person's messages are kept, and how many messages they labelled."""
        kept = await self.texts(chat, await self.written(chat, who))
        return len(kept), int(await self._redis.zcard(keys.voted(chat, who)))

    async def written(self, chat: int, who: str) -> list[int]:
        """Return the messages of a person that are kept."""
        members: Any = await self._redis.zrange(keys.heard_from(chat, who), 0, -1)
        return [int(member) for member in members]

    async def voted(self, chat: int, who: str) -> list[int]:
        """Return the messages that a person labelled."""
        members: Any = await self._redis.zrange(keys.voted(chat, who), 0, -1)
        return [int(member) for member in members]

    async def drop(self, chat: int, who: str) -> None:
        """Delete a person's kept messages, and what was noted of whose they were and whom they labelled."""
        written = await self.written(chat, who)
        if written:
            await self._redis.unlink(*(keys.heard(chat, message_id) for message_id in written))
            await self._redis.zrem(keys.heard_messages(chat), *map(str, written))
        await self._redis.unlink(keys.heard_from(chat, who), keys.learnt_from(chat, who))

    async def drop_all(self, chat: int) -> None:
        """Delete all kept messages of a chat that learns no more."""
        members: Any = await self._redis.zrange(keys.heard_messages(chat), 0, -1)
        for start in range(0, len(members), AT_ONCE):
            part = members[start : start + AT_ONCE]
            await self._redis.unlink(*(keys.heard(chat, int(member)) for member in part))
        await self._redis.unlink(keys.heard_messages(chat))
