"""How the bot does at this moment: what waits, what runs, who lives."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from redis.asyncio import Redis

from bot.dead_letters import DEAD
from bot.inbox import Inbox
from bot.orders import MAINTENANCE
from bot.shards import REPLICAS
from ml import keys
from ml.fleet import QueueState, WorkerState
from ml.jobs import Job, Jobs

STARTED = time.time()  # of this process, nearly


@dataclass(frozen=True)
class RunningJob:
    """A training that waits or runs, without who asked for it."""

    id: str
    chat: str  # whose model it is
    model: str
    state: str
    stage: str
    place: int | None
    estimate: float | None  # seconds
    created: float  # seconds since 1970


@dataclass(frozen=True)
class Overview:
    """Figures of all replicas, but for `version` and `started`, which are of the one that was asked."""

    version: str
    started: float  # seconds since 1970
    updates: int
    dead_letters: int
    replicas: int
    memory: int  # bytes
    halts: tuple[str, ...]  # what operators hold up: maintenance, paused, closed
    queues: tuple[QueueState, ...]
    workers: tuple[WorkerState, ...]
    jobs: tuple[RunningJob, ...]


async def overview(redis: Redis, inbox: Inbox, jobs: Jobs) -> Overview:
    """Ask Redis how all replicas and workers do."""
    memory: Any = await redis.info("memory")
    return Overview(
        version=version("tonefit"),
        started=STARTED,
        updates=await inbox.waiting(),
        dead_letters=await redis.xlen(DEAD),
        replicas=await redis.zcard(REPLICAS),
        memory=int(memory["used_memory"]),
        halts=await _halts(redis, jobs),
        queues=tuple(await jobs.queues()),
        workers=tuple(await jobs.live_workers()),
        jobs=tuple(running(job) for job in await jobs.unfinished()),
    )


async def _halts(redis: Redis, jobs: Jobs) -> tuple[str, ...]:
    """Return what operators hold up: all answers, the beginning of trainings, or new ones."""
    halts = {
        "maintenance": await redis.exists(MAINTENANCE),
        "paused": await jobs.paused(),
        "closed": await redis.exists(keys.CLOSED),
    }
    return tuple(name for name, holds in halts.items() if holds)


def running(job: Job) -> RunningJob:
    """Return what operators see of a job."""
    return RunningJob(
        job.id,
        job.request.owner,
        job.request.model,
        job.state,
        job.stage,
        job.place,
        None if job.estimate is None else round(job.estimate, 1),
        job.created,
    )
