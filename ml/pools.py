"""The texts that somebody labels one by one, for 24 h after the last answer.

They are a file's, or messages of a group that are kept elsewhere and named by their ids here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from redis.asyncio import Redis

from ml import keys

KEPT = 86_400  # seconds
AT_ONCE = 1000  # texts in one call: a large pool must not keep Redis from others


@dataclass
class Labelling:
    """How far somebody is: rows of the pool that wait, and what was done, the latest last.

    A step is `[row, batch]`: the batch of the example that it taught, "" where it was skipped.
    """

    waiting: list[int] = field(default_factory=list)
    steps: list[tuple[int, str]] = field(default_factory=list)

    @property
    def asked(self) -> list[int]:
        """The rows that were answered or skipped."""
        return [row for row, _ in self.steps]

    @property
    def labelled(self) -> int:
        """How many rows became examples."""
        return sum(bool(batch) for _, batch in self.steps)


class Pools:
    """The pools of all chats, in Redis: one for each person and model."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, owner: str, person: int, model: str, texts: Sequence[str | int]) -> None:
        """Keep a pool of texts, or of ids of messages, in the place of one before."""
        await self.drop(owner, person, model)
        rows = await asyncio.to_thread(_fields, model, texts)
        where = keys.pool(owner, person)
        async with self._redis.pipeline() as pipe:
            for start in range(0, len(rows), AT_ONCE):
                pipe.hset(where, mapping=dict(rows[start : start + AT_ONCE]))
            pipe.hset(where, mapping={f"size:{model}": len(texts), f"state:{model}": _json(Labelling())})
            pipe.expire(where, KEPT)
            await pipe.execute()

    async def state(self, owner: str, person: int, model: str) -> tuple[int, Labelling] | None:
        """Return how many texts a pool has and how far its labelling is, or None where there is none."""
        fields = [f"size:{model}", f"state:{model}"]
        size, state = await self._redis.hmget(keys.pool(owner, person), fields)
        if size is None or state is None:
            return None
        held = json.loads(state)
        steps = [(int(row), str(batch)) for row, batch in held["steps"]]
        return int(size), Labelling(held["waiting"], steps)

    async def text(self, owner: str, person: int, model: str, row: int) -> str | int | None:
        """Return one text of a pool, or the id of its message."""
        held = await self._redis.hget(keys.pool(owner, person), f"text:{model}:{row}")
        return json.loads(held) if held is not None else None

    async def read(self, owner: str, person: int, model: str) -> tuple[list[str | int], Labelling] | None:
        """Return a whole pool and how far its labelling is, or None where there is none."""
        found = await self.state(owner, person, model)
        if found is None:
            return None
        size, state = found
        held: list[bytes | str | None] = []
        for start in range(0, size, AT_ONCE):
            rows = range(start, min(size, start + AT_ONCE))
            part = await self._redis.hmget(keys.pool(owner, person), [f"text:{model}:{row}" for row in rows])
            held += part
        texts = await asyncio.to_thread(lambda: [json.loads(one or b'""') for one in held])  # thousands
        return texts, state

    async def note(self, owner: str, person: int, model: str, state: Labelling) -> None:
        """Note how far somebody is."""
        async with self._redis.pipeline() as pipe:
            pipe.hset(keys.pool(owner, person), f"state:{model}", _json(state))
            pipe.expire(keys.pool(owner, person), KEPT)
            await pipe.execute()

    async def drop(self, owner: str, person: int, model: str) -> None:
        """Forget a pool."""
        where = keys.pool(owner, person)
        size = int(await self._redis.hget(where, f"size:{model}") or 0)
        names = [f"size:{model}", f"state:{model}", *(f"text:{model}:{row}" for row in range(size))]
        for start in range(0, len(names), AT_ONCE):
            await self._redis.hdel(where, *names[start : start + AT_ONCE])

    async def forget(self, owner: str, person: int) -> None:
        """Forget all pools of a person in a chat."""
        await self._redis.unlink(keys.pool(owner, person))


def _fields(model: str, texts: Sequence[str | int]) -> list[tuple[str, str]]:
    """Return a field for each text, so that a tap reads one and not thousands."""
    return [(f"text:{model}:{row}", json.dumps(text, ensure_ascii=False)) for row, text in enumerate(texts)]


def _json(state: Labelling) -> str:
    return json.dumps(asdict(state))
