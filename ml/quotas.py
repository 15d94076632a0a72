"""How much one chat or person may have: examples, models, minutes of training a day. An operator sets it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys

DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits: examples of a model, models of a chat, minutes that a person's trainings run in a day."""

    examples: int
    models: int
    minutes: int


async def note_training(redis: Redis, person: int, seconds: float) -> None:
    """Note how long a person's training ran today (UTC)."""
    key = keys.trained(person, _today())
    async with redis.pipeline() as pipe:
        pipe.incrbyfloat(key, seconds)
        pipe.expire(key, DAY)
        await pipe.execute()


async def minutes_today(redis: Redis, person: int) -> float:
    """Return how many minutes a person's trainings ran today (UTC)."""
    held: Any = await redis.get(keys.trained(person, _today()))
    return float(held or 0) / 60


def _today() -> int:
    return int(time.time() // DAY)
