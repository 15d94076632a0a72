"""How long a training will take, judged by those before it of the same architecture and size."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys

OWN = "own"  # where nobody asked for a network: often no network is trained then
OF_NETWORKS = ("epochs", "dropout", "l1", "l2", "tune", "ensemble")  # options that ask for one
TUNING = 120.0  # seconds of a search
MEMORY = 0.3  # weight of the latest training


@dataclass(frozen=True)
class Pace:
    """`overhead` in seconds, `step` in seconds a sample and epoch, `epochs` where nobody chose them.

    The default was measured with our own architecture and 16 to 2,000 samples on two busy cores.
    """

    overhead: float = 4.0
    step: float = 1.5e-3
    epochs: int = 10

    def seconds(self, samples: int, epochs: int | None = None) -> float:
        """Return how long a training of this size takes."""
        return self.overhead + self.step * samples * (epochs or self.epochs)


async def read_pace(redis: Redis, options: dict[str, Any], samples: int) -> Pace:
    """Return the pace of an architecture with about so many samples."""
    held = await redis.hget(keys.PACE, _field(options, samples))
    return Pace(**json.loads(held)) if held else _usual(options)


async def note_pace(redis: Redis, options: dict[str, Any], samples: int, epochs: int, seconds: float) -> None:
    """Learn from a training that took `seconds` with so many samples and epochs."""
    if not samples or not epochs:
        return
    field = _field(options, samples)
    known = await redis.hexists(keys.PACE, field)
    before = await read_pace(redis, options, samples)
    step = max(seconds - before.overhead, 0.0) / (samples * epochs)
    learnt = Pace(
        before.overhead,
        MEMORY * step + (1 - MEMORY) * before.step if known else step,
        before.epochs if options.get("epochs") else epochs,
    )
    await redis.hset(keys.PACE, field, json.dumps(asdict(learnt)))


def _usual(options: dict[str, Any]) -> Pace:
    """Return the pace of a training of which none was measured yet."""
    networks = int(options["ensemble"][-1]) if options.get("ensemble") else 1
    searching = TUNING if options.get("tune") else 0.0
    return Pace(Pace.overhead + searching, networks * Pace.step)


def _field(options: dict[str, Any], samples: int) -> str:
    """Return what trainings alike have in common: what is trained, and the size, within a factor of two."""
    named = options.get("arch") or ("lstm" if any(map(options.get, OF_NETWORKS)) else OWN)
    parts = [named, options.get("ensemble"), "tune" if options.get("tune") else ""]
    return ":".join([*filter(None, parts), str(samples.bit_length())])
