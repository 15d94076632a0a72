"""The texts that somebody uploaded to be labelled one by one, for 24 h after the last answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from redis.asyncio import Redis

from ml import keys

KEPT = 86_400  # seconds


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

    async def put(self, owner: str, person: int, model: str, texts: Sequence[str]) -> None:
        """Keep a pool in the place of one before."""
        content = await asyncio.to_thread(json.dumps, list(texts), ensure_ascii=False)
        where = keys.pool(owner, person)
        async with self._redis.pipeline() as pipe:
            pipe.hset(where, mapping={f"texts:{model}": content, f"state:{model}": _json(Labelling())})
            pipe.expire(where, KEPT)
            await pipe.execute()

    async def read(self, owner: str, person: int, model: str) -> tuple[list[str], Labelling] | None:
        """Return a pool and how far its labelling is, or None where there is none."""
        fields = [f"texts:{model}", f"state:{model}"]
        content, state = await self._redis.hmget(keys.pool(owner, person), fields)
        if content is None or state is None:
            return None
        held = json.loads(state)
        steps = [(int(row), str(batch)) for row, batch in held["steps"]]
        texts = await asyncio.to_thread(json.loads, content)  # thousands
        return texts, Labelling(held["waiting"], steps)

    async def note(self, owner: str, person: int, model: str, state: Labelling) -> None:
        """Note how far somebody is."""
        async with self._redis.pipeline() as pipe:
            pipe.hset(keys.pool(owner, person), f"state:{model}", _json(state))
            pipe.expire(keys.pool(owner, person), KEPT)
            await pipe.execute()

    async def drop(self, owner: str, person: int, model: str) -> None:
        """Forget a pool."""
        await self._redis.hdel(keys.pool(owner, person), f"texts:{model}", f"state:{model}")

    async def forget(self, owner: str, person: int) -> None:
        """Forget all pools of a person in a chat."""
        await self._redis.unlink(keys.pool(owner, person))


def _json(state: Labelling) -> str:
    return json.dumps(asdict(state))
