"""What the page shows as it happens: what waits, what runs, who lives."""

from __future__ import annotations

import time
from dataclasses import dataclass

from handlers.operating import Now, Overview
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
class Live:
    """Figures of all replicas, but for `version` and `started`, which are of the one that was asked.

    Nothing in it changes while nothing happens, so that nothing is sent.
    """

    version: str
    started: float  # seconds since 1970
    updates: int  # that wait
    dead_letters: int
    replicas: int
    memory: int  # bytes
    halts: tuple[str, ...]  # what operators hold up: maintenance, paused, closed
    blocks: int
    maintenance: float | None  # since when, in seconds since 1970
    held: int  # updates that wait for its end
    queues: tuple[QueueState, ...]
    workers: tuple[WorkerState, ...]
    jobs: tuple[RunningJob, ...]


async def live(overview: Overview, jobs: Jobs) -> Live:
    """Ask how all replicas and workers do."""
    now = await overview.now()
    return Live(
        version=now.version,
        started=STARTED,
        updates=now.waiting,
        dead_letters=now.dead,
        replicas=now.replicas,
        memory=now.memory,
        blocks=now.blocks,
        maintenance=now.maintenance.since if now.maintenance is not None else None,
        held=now.held,
        halts=await _halts(now, jobs),
        queues=tuple(await jobs.queues()),
        workers=tuple(await jobs.live_workers()),
        jobs=tuple(running(job) for job in await jobs.unfinished()),
    )


async def _halts(now: Now, jobs: Jobs) -> tuple[str, ...]:
    """Return what operators hold up: all answers, the beginning of trainings, or new ones."""
    halts = {
        "maintenance": now.maintenance is not None,
        "paused": await jobs.paused(),
        "closed": await jobs.closed(),
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
