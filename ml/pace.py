"""How long a training will take, judged by those before it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys

DEFAULT_ARCH = "lstm"
MEMORY = 0.3  # weight of the latest training


@dataclass(frozen=True)
class Pace:
    """`overhead` in seconds, `step` in seconds a sample and epoch, `epochs` where nobody chose them."""

    overhead: float = 6.0
    step: float = 1.5e-3
    epochs: int = 10

    def seconds(self, samples: int, epochs: int | None) -> float:
        """Return how long a training of this size takes."""
        return self.overhead + self.step * samples * (epochs or self.epochs)


async def read_pace(redis: Redis, options: dict[str, Any]) -> Pace:
    """Return the pace of an architecture."""
    held = await redis.hget(keys.PACE, _arch(options))
    return Pace(**json.loads(held)) if held else Pace()


async def note_pace(redis: Redis, options: dict[str, Any], samples: int, epochs: int, seconds: float) -> None:
    """Learn from a training that took `seconds` with so many samples and epochs."""
    if not samples or not epochs:
        return
    before = await read_pace(redis, options)
    step = max(seconds - before.overhead, 0.0) / (samples * epochs)
    known = await redis.hexists(keys.PACE, _arch(options))
    blended = MEMORY * step + (1 - MEMORY) * before.step if known else step
    usual = before.epochs if options.get("epochs") else epochs
    learnt = {"overhead": before.overhead, "step": blended, "epochs": usual}
    await redis.hset(keys.PACE, _arch(options), json.dumps(learnt))


def _arch(options: dict[str, Any]) -> str:
    return str(options.get("arch", DEFAULT_ARCH))
