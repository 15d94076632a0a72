"""The examples that people taught a model, in Redis."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys
from ml.held_out import Known, digest, divide
from ml.samples import Sample

UNDO_TTL = 86_400  # seconds, as long as a session lives
AT_ONCE = 500  # examples in one call: a large upload must not keep Redis from others

# KEYS: examples, counts, batch, batches; ARGV: batch id, TTL, then digest, label, record of each example
ADD = """
local new = 0
for i = 3, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 2]) == 1 then
    new = new + 1
    redis.call('HINCRBY', KEYS[2], ARGV[i + 1], 1)
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
  end
end
if new > 0 then
  redis.call('EXPIRE', KEYS[3], ARGV[2])
  redis.call('SADD', KEYS[4], ARGV[1])
end
return new
"""
# KEYS: examples, counts, batch, batches; ARGV: batch id, how many at most. Repeated until it sees none
UNDO = """
local taken = 0
local held = redis.call('HRANDFIELD', KEYS[3], ARGV[2], 'WITHVALUES')
for i = 1, #held, 2 do
  redis.call('HDEL', KEYS[3], held[i])
  if redis.call('HDEL', KEYS[1], held[i]) == 1 then
    taken = taken + 1
    if redis.call('HINCRBY', KEYS[2], held[i + 1], -1) <= 0 then redis.call('HDEL', KEYS[2], held[i + 1]) end
  end
end
if #held == 0 then redis.call('SREM', KEYS[4], ARGV[1]) end
return {#held, taken}
"""
# KEYS: examples, counts; ARGV: digests. An example that is gone already counts for nothing
REMOVE = """
local taken = 0
for i = 1, #ARGV do
  local record = redis.call('HGET', KEYS[1], ARGV[i])
  if record then
    local label = cjson.decode(record).label
    redis.call('HDEL', KEYS[1], ARGV[i])
    taken = taken + 1
    if redis.call('HINCRBY', KEYS[2], label, -1) <= 0 then redis.call('HDEL', KEYS[2], label) end
  end
end
return taken
"""


@dataclass(frozen=True, slots=True)
class Taught:
    """An example as it is kept: `digest` names it, `by` is who taught it."""

    digest: str
    text: str
    label: str
    by: int


@dataclass(frozen=True)
class Added:
    """What became of a batch: examples that were new, and exact duplicates that were folded."""

    new: int
    folded: int
    batch: str  # for `undo`


class Examples:
    """The taught examples of all chats' models."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._add = redis.register_script(ADD)
        self._undo = redis.register_script(UNDO)
        self._remove = redis.register_script(REMOVE)

    async def add(self, owner: str, model: str, samples: Sequence[Sample], by: int) -> Added:
        """Add examples; one that is there with the same text and label is folded into it."""
        set_id = await self._set_id(owner, model)
        batch = secrets.token_hex(6)
        where = self._keys(set_id, batch)
        begun = time.time_ns() // 1000
        new = 0
        for start in range(0, len(samples), AT_ONCE):
            records = [
                part
                for place, sample in enumerate(samples[start : start + AT_ONCE], begun + start)
                for part in _record(sample, by, place)
            ]
            new += int(await self._add(keys=where, args=[batch, UNDO_TTL, *records]))
        if new:
            await self._redis.sadd(keys.taught(by), _place(owner, model))
            await self._redis.sadd(keys.teachers(set_id), by)
        return Added(new, len(samples) - new, batch)

    async def undo(self, owner: str, model: str, batch: str) -> int:
        """Take out what a batch of the last 24 h added, and return how many examples that were."""
        set_id = await self._find(owner, model)
        if set_id is None:
            return 0
        where = self._keys(set_id, batch)
        undone = 0
        while True:
            seen, taken = await self._undo(keys=where, args=[batch, AT_ONCE])
            undone += int(taken)
            if not seen:
                return undone

    async def counts(self, owner: str, model: str) -> dict[str, int]:
        """Return how many examples each label has; a label without any is left out."""
        set_id = await self._find(owner, model)
        held = await self._redis.hgetall(keys.label_counts(set_id)) if set_id else {}
        return {keys.as_text(label): int(count) for label, count in sorted(held.items())}

    async def read(self, owner: str, model: str, at_most: int | None = None) -> list[Sample]:
        """Return all examples, or some of them, in the order in which they were taught."""
        taught = await self.taught(owner, model, at_most)
        return await asyncio.to_thread(lambda: [Sample(each.text, each.label) for each in taught])

    async def taught(self, owner: str, model: str, at_most: int | None = None) -> list[Taught]:
        """Return examples, all or some, with who taught them, in the order in which they were taught."""
        set_id = await self._find(owner, model)
        if set_id is None:
            return []
        records: dict[str, bytes | str] = {}  # a scan may say a thing twice
        async for name, record in self._redis.hscan_iter(keys.examples(set_id), count=AT_ONCE):
            records[keys.as_text(name)] = record
            if len(records) == at_most:
                break
        return await asyncio.to_thread(_ordered, records)  # up to 100,000

    async def size(self, owner: str, model: str) -> tuple[str, int]:
        """Return the id of a model's set of examples, "" without one, and how many it holds."""
        set_id = await self._find(owner, model)
        return set_id or "", await self._redis.hlen(keys.examples(set_id)) if set_id else 0

    async def digests(self, set_id: str) -> list[str]:
        """Return what names the examples of a set, in an order of its own."""
        held: Any = await self._redis.hkeys(keys.examples(set_id))
        return [keys.as_text(name) for name in held]

    async def named(self, set_id: str, digests: Sequence[str]) -> list[Taught]:
        """Return the examples of a set that have these digests, as far as they are still there."""
        found: dict[str, bytes | str] = {}
        for start in range(0, len(digests), AT_ONCE):
            part = digests[start : start + AT_ONCE]
            records = await self._redis.hmget(keys.examples(set_id), list(part))
            found |= {name: record for name, record in zip(part, records, strict=True) if record}
        return await asyncio.to_thread(_ordered, found)

    async def places(self, person: int) -> list[tuple[str, str]]:
        """Return the owners and models that a person taught, also those where nothing of it is left."""
        held: Any = await self._redis.smembers(keys.taught(person))
        return sorted((owner, model) for owner, model in map(json.loads, held))

    async def taught_by(self, person: int) -> dict[tuple[str, str], list[Taught]]:
        """Return a person's examples by the owner and the model that they belong to."""
        found = {}
        for owner, model in await self.places(person):
            mine = [each for each in await self.taught(owner, model) if each.by == person]
            if mine:
                found[owner, model] = mine
        return found

    async def forget(self, person: int, owner: str, model: str) -> int:
        """Take a person's examples out of a model, and return how many there were.

        The place stays among `places` until `leave`: what learned from them is still to be dealt with.
        """
        mine = [each for each in await self.taught(owner, model) if each.by == person]
        await self._forget_parts(owner, model, mine)
        return await self.remove(owner, model, [each.digest for each in mine])

    async def leave(self, person: int, owner: str, model: str) -> None:
        """Note that nothing of a person is left in a model, unless they have taught it again since."""
        await self._redis.srem(keys.taught(person), _place(owner, model))
        # `add` enters the example first and the place then, so one of both sees the other.
        if any(each.by == person for each in await self.taught(owner, model)):
            await self._redis.sadd(keys.taught(person), _place(owner, model))

    async def touched(self, person: int, owner: str, model: str) -> None:
        """Note that a person had a say in what a model learned, without having taught it."""
        await self._redis.sadd(keys.taught(person), _place(owner, model))

    async def take_out(self, owner: str, model: str, digests: Sequence[str]) -> int:
        """Take examples out with what trainings noted of their texts, and return how many there were."""
        set_id = await self._find(owner, model)
        if set_id is None or not digests:
            return 0
        held: Any = await self._redis.hmget(keys.examples(set_id), list(digests))
        found = {name: record for name, record in zip(digests, held, strict=True) if record is not None}
        await self._forget_parts(owner, model, _ordered(found))
        return await self.remove(owner, model, list(found))

    async def _forget_parts(self, owner: str, model: str, gone: Sequence[Taught]) -> None:
        """Forget what trainings did with texts that are gone."""
        set_id = await self._find(owner, model)
        digests = [digest(each.text) for each in gone]
        for start in range(0, len(digests) if set_id else 0, AT_ONCE):
            await self._redis.hdel(keys.parts(str(set_id)), *digests[start : start + AT_ONCE])

    async def remove(self, owner: str, model: str, digests: Sequence[str]) -> int:
        """Take examples out by their digests, and return how many there were."""
        set_id = await self._find(owner, model)
        if set_id is None:
            return 0
        where = [keys.examples(set_id), keys.label_counts(set_id)]
        return sum(
            [
                int(await self._remove(keys=where, args=digests[start : start + AT_ONCE]))
                for start in range(0, len(digests), AT_ONCE)
            ]
        )

    async def divided(self, owner: str, model: str, *, anew: bool = False) -> list[Sample]:
        """Return all examples with the mark whether they are held out, and note that for later trainings.

        `anew` forgets what earlier trainings decided, for a model that nothing before it is compared with.
        """
        set_id = await self._find(owner, model)
        if set_id is None:
            return []
        if anew:
            await self._redis.unlink(keys.parts(set_id))
        held: Any = await self._redis.hgetall(keys.parts(set_id))
        known: dict[str, set[str]] = {"held": set(), "learned": set(), "seen": set()}
        for text, part in held.items():
            known[keys.as_text(part)].add(keys.as_text(text))
        samples = divide(await self.read(owner, model), Known(known["held"], known["learned"], known["seen"]))
        parts = {digest(sample.text): _part(sample) for sample in samples}
        new = [(text, part) for text, part in parts.items() if text not in known[part]]
        for start in range(0, len(new), AT_ONCE):
            await self._redis.hset(keys.parts(set_id), mapping=dict(new[start : start + AT_ONCE]))
        return samples

    async def delete(self, owner: str, model: str) -> None:
        """Delete all examples of a model."""
        set_id = await self._find(owner, model)
        if set_id is None:
            return
        batches = [keys.as_text(batch) for batch in await self._redis.smembers(keys.batches(set_id))]
        people = [int(person) for person in await self._redis.smembers(keys.teachers(set_id))]
        own = (keys.examples, keys.label_counts, keys.batches, keys.parts, keys.teachers)
        whole = [key(set_id) for key in own]
        async with self._redis.pipeline() as pipe:
            pipe.hdel(keys.example_sets(owner), model)
            for person in people:
                pipe.srem(keys.taught(person), _place(owner, model))
            pipe.unlink(*whole, *(keys.batch(set_id, batch) for batch in batches))
            await pipe.execute()

    def _keys(self, set_id: str, batch: str) -> tuple[str, str, str, str]:
        examples, counts = keys.examples(set_id), keys.label_counts(set_id)
        return examples, counts, keys.batch(set_id, batch), keys.batches(set_id)

    async def _set_id(self, owner: str, model: str) -> str:
        """Return the id of a model's set of examples, a new one for a model without any."""
        await self._redis.hsetnx(keys.example_sets(owner), model, secrets.token_hex(8))
        found = await self._find(owner, model)
        if found is None:
            raise LookupError("the model's examples were deleted at this moment")
        return found

    async def _find(self, owner: str, model: str) -> str | None:
        found = await self._redis.hget(keys.example_sets(owner), model)
        return keys.as_text(found) if found is not None else None


def _part(sample: Sample) -> str:
    """Return what a training does with a divided example, as it is noted."""
    return "seen" if sample.seen else "held" if sample.held_out else "learned"


def _ordered(records: dict[str, bytes | str]) -> list[Taught]:
    """Read the JSON of examples by their digests, in the order in which they were taught."""
    held = ((name, json.loads(record)) for name, record in records.items())
    ordered = sorted(held, key=lambda item: int(item[1]["place"]))
    return [Taught(name, each["text"], each["label"], int(each["by"])) for name, each in ordered]


def example_id(sample: Sample) -> str:
    """Return what names an example in its set: a digest of label and text."""
    named = f"{_writable(sample.label)}\n{_writable(sample.text)}"
    return hashlib.blake2b(named.encode(), digest_size=16).hexdigest()


def _record(sample: Sample, by: int, place: int) -> tuple[str, str, str]:
    """Return an example's digest, label and JSON."""
    text, label = _writable(sample.text), _writable(sample.label)
    record = {"text": text, "label": label, "by": by, "place": place}
    return example_id(sample), label, json.dumps(record, ensure_ascii=False)


def _place(owner: str, model: str) -> str:
    """Return what says where somebody taught."""
    return json.dumps([owner, model], ensure_ascii=False)


def _writable(text: str) -> str:
    """Return a text without the halves of characters that UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()
