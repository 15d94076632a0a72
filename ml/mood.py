"""What the tones of a chat's messages were: counts per hour, and for a while who they were of, by pseudonym.

No text is kept and no person's id.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from redis.asyncio import Redis

from ml import keys
from ml.gather import Gather
from ml.pseudonyms import KEPT as SEEN
from ml.pseudonyms import LENGTH, Pseudonym, Pseudonyms

HOUR, DAY = 3600, 86_400  # seconds
KEPT = 90  # days
HOURLY = 31  # days; older ones are one sum each, without the people
SPARE = 9  # days more for the people of a day, until it is surely summed up
MOVED_FOR = DAY  # seconds in which an edit moves a message from one tone to another
TOGETHER = 0.004  # seconds in which the messages of many chats become one call
AT_ONCE = 500  # keys read in one round trip
DIGEST = 8  # hex digits

TAG = re.compile(rf".{{{DIGEST}}}(?P<who>.{{{LENGTH}}})\d+(?:@(?P<minute>\d+))?:(?P<label>.*)", re.DOTALL)

Told = Literal["new", "changed", "same", "unknown"]

# Count messages, each once, or move those that were edited. KEYS: six of each message: its hour's tags, its
# day's counts and people, the chat's days, the chats, the person's whereabouts
# ARGV: seconds that an edit moves a message, days that counts and people are kept, seconds that whereabouts
# are, then of each message: id, pseudonym, digest, label, hour, minute, day, topic, chat, whether an edit
COUNT = """
local told = {}
for i = 0, #KEYS / 6 - 1 do
  local tags, mood, people, days, chats, whereabouts = unpack(KEYS, 6 * i + 1, 6 * i + 6)
  local message, who, digest, label, hour = unpack(ARGV, 10 * i + 5, 10 * i + 9)
  local minute, day, topic, chat, edit = unpack(ARGV, 10 * i + 10, 10 * i + 14)
  local held = redis.call('HGET', tags, message)
  if held and string.sub(held, 1, #digest) == digest then
    told[i + 1] = 'same'
  elseif edit == '1' and not held then
    told[i + 1] = 'unknown'
  else
    told[i + 1] = 'new'
    if held then
      local before = string.match(string.sub(held, #digest + #who + 1), '^%d+@?%d*:(.*)$')
      told[i + 1] = 'changed:' .. before
      local field = hour .. ':' .. before
      if redis.call('HINCRBY', mood, field, -1) <= 0 then redis.call('HDEL', mood, field) end
    end
    redis.call('HINCRBY', mood, hour .. ':' .. label, 1)
    redis.call('HSET', tags, message, digest .. who .. topic .. '@' .. minute .. ':' .. label)
    local hours = tonumber(redis.call('HGET', people, who) or '0')
    if hours == 0 then
      redis.call('ZADD', whereabouts, 'GT', day * 86400, chat)
      redis.call('EXPIRE', whereabouts, ARGV[4])
    end
    redis.call('HSET', people, who, bit.bor(hours, bit.lshift(1, tonumber(hour))))
    redis.call('EXPIREAT', tags, (day * 24 + hour + 1) * 3600 + ARGV[1])
    redis.call('EXPIREAT', mood, (day + ARGV[2]) * 86400)
    redis.call('EXPIREAT', people, (day + ARGV[3]) * 86400)
    redis.call('ZADD', days, day, topic .. ':' .. day)
    redis.call('EXPIREAT', days, (day + ARGV[2]) * 86400, 'GT')
    redis.call('EXPIREAT', days, (day + ARGV[2]) * 86400, 'NX')
    redis.call('ZADD', chats, 'GT', day, chat)
  end
end
return told
"""
# Forget which tones a person's messages of an hour got; where it goes on, its sums lose them too. KEYS: tags
# ARGV: pseudonym, length of a digest, prefix of the chat's counts, day, hour (-1: it is over)
SUBTRACT = """
local gone = 0
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local digest, who = tonumber(ARGV[2]), ARGV[1]
  if string.sub(held[i + 1], digest + 1, digest + #who) == who then
    redis.call('HDEL', KEYS[1], held[i])
    local topic, label = string.match(string.sub(held[i + 1], digest + #who + 1), '^(%d+)@?%d*:(.*)$')
    if ARGV[5] ~= '-1' then
      local mood, field = ARGV[3] .. topic .. ':' .. ARGV[4], ARGV[5] .. ':' .. label
      if redis.call('HINCRBY', mood, field, -1) <= 0 then redis.call('HDEL', mood, field) end
    end
    gone = gone + 1
  end
end
return gone
"""
# Make a day one sum without hours and people, once. KEYS: mood, people
COMPACT = """
if redis.call('HEXISTS', KEYS[1], 'people') == 1 then return 0 end
local held = redis.call('HGETALL', KEYS[1])
redis.call('HSET', KEYS[1], 'people', redis.call('HLEN', KEYS[2])) -- first: an empty hash loses its TTL
local sums = {}
for i = 1, #held, 2 do
  local label = string.match(held[i], '^%d+:(.*)$')
  if label then sums[label] = (sums[label] or 0) + held[i + 1] end
  redis.call('HDEL', KEYS[1], held[i])
end
for label, sum in pairs(sums) do redis.call('HSET', KEYS[1], 'day:' .. label, sum) end
redis.call('UNLINK', KEYS[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A message whose tone is known; `at` in seconds since 1970, `topic` 0 outside of topics."""

    chat: int
    topic: int
    message_id: int
    person: int
    at: int
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Span:
    """The counts of an hour, or of a day that is older than a month, by label.

    `people` are pseudonyms; of a compacted day only their number is known.
    """

    start: int  # seconds since 1970
    seconds: int
    counts: dict[str, int]
    people: frozenset[str] = frozenset()
    nameless: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a message; `before` is the label that an edit took it away from."""

    told: Told
    before: str = ""


class Mood:
    """The moods of all chats, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(COUNT)
        self._subtract = redis.register_script(SUBTRACT)
        self._compact = redis.register_script(COMPACT)
        self.pseudonyms = Pseudonyms(redis)
        self._count: Gather[tuple[Tagged, bool, Pseudonym], Counted] = Gather(self._count_all, delay=TOGETHER)

    async def count(self, tagged: Tagged, *, edited: bool = False) -> Counted:
        """Count a message, once however often it comes; the sums follow an edit within a day.

        Returns:
            `same` where this text was counted before, `unknown` for the edit of a message that was not, and
            `changed` for an edit that moved it.
        """
        who = await self.pseudonyms.of(tagged.chat, tagged.person)
        return await self._count((tagged, edited, who))

    async def _count_all(self, messages: list[tuple[Tagged, bool, Pseudonym]]) -> list[Counted]:
        names: list[str] = []
        arguments: list[str | int] = [MOVED_FOR, KEPT, HOURLY + SPARE, SEEN]
        for one, edited, who in messages:
            day, hour, minute = one.at // DAY, one.at // HOUR % 24, one.at // 60 % 60
            names += [
                keys.tags(one.chat, one.at // HOUR),
                keys.mood(one.chat, one.topic, day),
                keys.mood_people(one.chat, one.topic, day),
                keys.mood_days(one.chat),
                keys.MOOD_CHATS,
                who.whereabouts,
            ]
            digest = hashlib.sha256(f"{who.name}\n{one.text}".encode("utf-8", "replace")).hexdigest()[:DIGEST]
            arguments += [one.message_id, who.name, digest, one.label, hour, minute, day]
            arguments += [one.topic, one.chat, int(edited)]
        answer: Any = await self._script(keys=names, args=arguments)
        parts = [keys.as_text(one).partition(":") for one in answer]
        return [Counted(cast("Told", told), before) for told, _, before in parts]

    async def note_reply(self, chat: int, at: int, message_id: int, reply: int) -> None:
        """Note which message of ours shows the tone of somebody's."""
        await cast("Any", self._redis.hset(keys.tags(chat, at // HOUR), f"r{message_id}", str(reply)))

    async def reply_to(self, chat: int, at: int, message_id: int) -> int | None:
        """Return which message of ours shows the tone of somebody's."""
        held = await cast("Any", self._redis.hget(keys.tags(chat, at // HOUR), f"r{message_id}"))
        return int(held) if held is not None else None

    async def read(self, chat: int, topic: int | None, since: int, until: int) -> list[Span]:
        """Return what was counted in a topic, or with None in all of a chat, in order of time.

        Args:
            since: Seconds since 1970, from where hours are read.
            until: Where they end.
        """
        found: list[Span] = []
        wanted = [
            (place, day)
            for place, day in await self._days(chat, since // DAY, until // DAY)
            if topic is None or place == topic
        ]
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for place, day in part:
                    pipe.hgetall(keys.mood(chat, place, day))
                    pipe.hgetall(keys.mood_people(chat, place, day))
                held = await pipe.execute()
            for (_, day), counts, people in zip(part, held[::2], held[1::2], strict=True):
                found += _spans(day, counts, people)
        inside = [span for span in found if span.start + span.seconds > since and span.start < until]
        return sorted(inside, key=lambda span: span.start)

    async def last(self, chat: int, seconds: int) -> Span:
        """Return what was counted in a chat in the last seconds, to the minute.

        Of the hour in which that time begins the messages are looked at one by one, as far as their tags are
        kept: where a day or more is meant, it counts whole.
        """
        since = int(time.time()) - seconds
        begun, whole = since // HOUR, seconds > MOVED_FOR
        counts: Counter[str] = Counter()
        people: set[str] = set()
        for span in await self.read(chat, None, since, since + seconds + HOUR):
            if whole or span.start > begun * HOUR:
                counts.update(span.counts)
                people |= span.people
        if not whole:
            held: Any = await cast("Any", self._redis.hvals(keys.tags(chat, begun)))
            for who, minute, label in filter(None, map(_tag, map(keys.as_text, held))):
                if minute >= since % HOUR // 60:
                    counts[label] += 1
                    people.add(who)
        return Span(since, seconds, dict(counts), frozenset(people))

    async def _days(self, chat: int, first: int, last: int) -> list[tuple[int, int]]:
        """Return topic and day of everything that was counted in a chat."""
        members: Any = await self._redis.zrangebyscore(keys.mood_days(chat), first, last)
        parts = [keys.as_text(member).split(":") for member in members]
        return [(int(topic), int(day)) for topic, day in parts]

    async def topics(self, chat: int) -> list[int]:
        """Return the topics in which something was counted, 0 for what stands outside of them."""
        return sorted({topic for topic, _ in await self._days(chat, 0, _today())})

    async def chats(self) -> list[int]:
        """Return the chats in which something was counted."""
        members: Any = await self._redis.zrange(keys.MOOD_CHATS, 0, -1)
        return [int(member) for member in members]

    async def take_out(self, person: int, chats: Iterable[int] | None = None) -> int:
        """Take a person's pseudonyms out of chats, or of all, and their messages out of this hour's sums.

        Sums of hours that are over hold no person and stay.

        Returns:
            In how many days of how many topics the person was one of those who wrote.
        """
        gone = 0
        for chat in await self.pseudonyms.chats(person) if chats is None else chats:
            who = (await self.pseudonyms.of(chat, person)).name
            await self._take_tags(chat, who)
            places = await self._days(chat, 0, _today())
            if places:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for topic, day in places:
                        pipe.hdel(keys.mood_people(chat, topic, day), who)
                    gone += sum(await pipe.execute())
        return gone

    async def _take_tags(self, chat: int, who: str) -> None:
        now = int(time.time()) // HOUR
        prefix = keys.mood(chat, 0, 0).removesuffix("0:0")
        async with self._redis.pipeline(transaction=False) as pipe:
            for hour in range(now - MOVED_FOR // HOUR, now + 1):
                open_hour = now % 24 if hour == now else -1
                arguments: list[str | int] = [who, DIGEST, prefix, now // 24, open_hour]
                await self._subtract(keys=[keys.tags(chat, hour)], args=arguments, client=pipe)
            await pipe.execute()

    async def counted(self, person: int, chat: int) -> int:
        """Return on how many days of how many topics of a chat a person's pseudonym stands."""
        who = (await self.pseudonyms.of(chat, person)).name
        places = await self._days(chat, 0, _today())
        if not places:
            return 0
        async with self._redis.pipeline(transaction=False) as pipe:
            for topic, day in places:
                pipe.hexists(keys.mood_people(chat, topic, day), who)
            return sum(map(bool, await pipe.execute()))

    async def compact(self) -> int:
        """Make one sum of each day that is older than a month, forget what is older than 90 days; daily."""
        today, done = _today(), 0
        for chat in await self.chats():
            for topic, day in await self._days(chat, 0, today - HOURLY - 1):
                names = [keys.mood(chat, topic, day), keys.mood_people(chat, topic, day)]
                if await self._redis.exists(names[0]):
                    done += int(await self._compact(keys=names))
            await self._redis.zremrangebyscore(keys.mood_days(chat), "-inf", today - KEPT)
        await self._redis.zremrangebyscore(keys.MOOD_CHATS, "-inf", today - KEPT)
        return done

    async def forget(self, chat: int) -> None:
        """Delete everything that was counted in a chat."""
        names = [
            name(chat, topic, day)
            for topic, day in await self._days(chat, 0, _today())
            for name in (keys.mood, keys.mood_people)
        ]
        now = int(time.time()) // HOUR
        names += [keys.tags(chat, hour) for hour in range(now - MOVED_FOR // HOUR - 1, now + 1)]
        await self._redis.unlink(*names, keys.mood_days(chat))
        await self._redis.zrem(keys.MOOD_CHATS, str(chat))


def _tag(held: str) -> tuple[str, int, str] | None:
    """Read pseudonym, minute and label of a message's tag; None where the field is another."""
    found = TAG.fullmatch(held)
    return (found["who"], int(found["minute"] or 0), found["label"]) if found else None


def _today() -> int:
    return int(time.time()) // DAY


def _spans(day: int, counts: dict[bytes, bytes], people: dict[bytes, bytes]) -> list[Span]:
    """Read a day: hour by hour, or as one where it was compacted."""
    if b"people" in counts:
        sums = {
            keys.as_text(field).removeprefix("day:"): int(count)
            for field, count in counts.items()
            if field != b"people"
        }
        return [Span(day * DAY, DAY, sums, nameless=int(counts[b"people"]))]
    hours: dict[int, dict[str, int]] = {}
    for field, count in counts.items():
        hour, _, label = keys.as_text(field).partition(":")
        hours.setdefault(int(hour), {})[label] = int(count)
    return [
        Span(
            day * DAY + hour * HOUR,
            HOUR,
            held,
            frozenset(keys.as_text(who) for who, mask in people.items() if int(mask) >> hour & 1),
        )
        for hour, held in sorted(hours.items())
    ]


def labels_of(spans: Sequence[Span]) -> list[str]:
    """Return the labels that were counted, the most frequent first."""
    sums: dict[str, int] = {}
    for span in spans:
        for label, count in span.counts.items():
            sums[label] = sums.get(label, 0) + count
    return sorted(sums, key=lambda label: (-sums[label], label))
