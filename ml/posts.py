"""What a channel's posts were answered with: their tone, reactions, and comments of the linked group."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from ml import keys
from ml.pseudonyms import Pseudonym

KEPT = 90 * 86_400  # seconds
MOST = 500  # posts that are looked at

# A post exists from when it was counted. KEYS: post; ARGV: as HSET has them
IF_THERE = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], unpack(ARGV)) end"
# Count a comment, or let an edit move one that was counted. KEYS: post, its people, the person's whereabouts
# ARGV: label, label before ('' for a new one), pseudonym, seconds, channel, now
COMMENT = """
if ARGV[2] ~= '' then
  local before = 'c:' .. ARGV[2]
  if redis.call('HEXISTS', KEYS[1], before) == 0 then return 0 end
  if redis.call('HINCRBY', KEYS[1], before, -1) <= 0 then redis.call('HDEL', KEYS[1], before) end
end
redis.call('HINCRBY', KEYS[1], 'c:' .. ARGV[1], 1)
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[3], 'GT', ARGV[6], ARGV[5])
redis.call('EXPIRE', KEYS[3], ARGV[4])
local at = redis.call('HGET', KEYS[1], 'at') or ARGV[6] -- no longer than the post is found by
for i = 1, 2 do redis.call('EXPIREAT', KEYS[i], at + ARGV[4]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment below a post: who wrote it, its tone, and which one an edit took away."""

    who: Pseudonym
    label: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A post with what came to it; `people` is how many wrote the comments."""

    message_id: int
    at: int  # seconds since 1970
    label: str
    reactions: dict[str, int]
    comments: dict[str, int]
    people: int

    @property
    def commented(self) -> int:
        """How many comments there are."""
        return sum(self.comments.values())


class Posts:
    """The posts of all channels, in Redis, without their texts."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._if_there = redis.register_script(IF_THERE)
        self._comment = redis.register_script(COMMENT)

    async def note(self, channel: int, message_id: int, at: int, label: str) -> None:
        """Note a post, or the tone that an edit gave it."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(keys.post(channel, message_id), mapping={"label": label, "at": at})
            pipe.expireat(keys.post(channel, message_id), at + KEPT)
            pipe.zadd(keys.posts(channel), {str(message_id): at})
            pipe.zremrangebyscore(keys.posts(channel), "-inf", time.time() - KEPT)
            pipe.expire(keys.posts(channel), KEPT)
            await pipe.execute()

    async def reactions(self, channel: int, message_id: int, counts: dict[str, int]) -> None:
        """Note how often a post has each reaction by now, where the post is known."""
        record = " ".join(f"{emoji}:{count}" for emoji, count in counts.items())
        await self._if_there(keys=[keys.post(channel, message_id)], args=["reactions", record])

    async def note_own(self, channel: int, message_id: int, emoji: str | None) -> None:
        """Note which reaction of a post is ours: it is no reader's."""
        await self._if_there(keys=[keys.post(channel, message_id)], args=["own", emoji or ""])

    async def note_thread(self, group: int, thread: int, channel: int, message_id: int) -> None:
        """Remember which post is commented below a message of the linked group."""
        await self._redis.set(keys.thread(group, thread), f"{channel}:{message_id}", ex=KEPT)

    async def thread(self, group: int, thread: int) -> tuple[int, int] | None:
        """Return channel and post that are commented below a message of a group."""
        held: Any = await self._redis.get(keys.thread(group, thread))
        if held is None:
            return None
        channel, _, message_id = keys.as_text(held).partition(":")
        return int(channel), int(message_id)

    async def comment(self, channel: int, message_id: int, comment: Comment) -> None:
        """Count a comment, or move one with an edit."""
        who = comment.who
        names = [keys.post(channel, message_id), keys.post_people(channel, message_id), who.whereabouts]
        values: list[str | int] = [comment.label, comment.before, who.name, KEPT, channel, int(time.time())]
        await self._comment(keys=names, args=values)

    async def since(self, channel: int, since: int) -> list[Post]:
        """Return the posts since a time, the newest first."""
        members: Any = await self._redis.zrevrangebyscore(
            keys.posts(channel), "+inf", since, start=0, num=MOST
        )
        found = [int(member) for member in members]
        if not found:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for message_id in found:
                pipe.hgetall(keys.post(channel, message_id))
                pipe.scard(keys.post_people(channel, message_id))
            held = await pipe.execute()
        return [
            _post(message_id, record, people)
            for message_id, record, people in zip(found, held[::2], held[1::2], strict=True)
            if b"at" in record
        ]

    async def commented(self, channel: int, who: str) -> int:
        """Return how many of a channel's posts a pseudonym commented."""
        return await self._with_each(channel, lambda pipe, people: pipe.sismember(people, who))

    async def take_out(self, channel: int, who: str) -> int:
        """Take a pseudonym out of who commented a channel's posts."""
        return await self._with_each(channel, lambda pipe, people: pipe.srem(people, who))

    async def _with_each(self, channel: int, ask: Callable[[Pipeline, str], object]) -> int:
        """Ask about the people of each of a channel's posts; return for how many posts the answer was yes."""
        members: Any = await self._redis.zrange(keys.posts(channel), 0, -1)
        if not members:
            return 0
        async with self._redis.pipeline(transaction=False) as pipe:
            for member in members:
                ask(pipe, keys.post_people(channel, int(member)))
            return sum(map(bool, await pipe.execute()))


def _post(message_id: int, record: dict[bytes, bytes], people: int) -> Post:
    fields = {keys.as_text(name): keys.as_text(value) for name, value in record.items()}
    pairs = [pair.rpartition(":") for pair in fields.get("reactions", "").split()]
    counts = {emoji: int(count) - (emoji == fields.get("own")) for emoji, _, count in pairs}
    return Post(
        message_id,
        int(fields["at"]),
        fields.get("label", ""),
        {emoji: count for emoji, count in counts.items() if count > 0},
        {name.removeprefix("c:"): int(value) for name, value in fields.items() if name.startswith("c:")},
        people,
    )
