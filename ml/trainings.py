"""What operators see of the trainings of all chats, and what they may do with them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys
from ml.job_records import FINAL, Job, Progress, TrainRequest
from ml.jobs import CALL_TIMEOUT, Jobs
from ml.queues import Queues


@dataclass(frozen=True, slots=True)
class Line:
    """The trainings of all chats, and who does them."""

    waiting: int
    running: int
    workers: int
    paused: bool  # workers begin nothing
    closed: bool  # nothing new is taken in; what waits is done


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A training as operators see it; neither texts nor the names that people gave."""

    id: str
    chat: int
    person: int
    state: str
    stage: str
    created: float  # seconds since 1970
    ended: float | None
    attempts: int
    place: int | None
    estimate: float | None  # seconds
    problem: str


class StillGoing(ValueError):
    """The training waits or runs: there is nothing to repeat."""


class Trainings:
    """All trainings, over all chats."""

    def __init__(self, redis: Redis, redis_url: str, jobs: Jobs) -> None:
        self._redis = redis
        self._jobs = jobs
        self._queues = Queues(redis_url)

    async def line(self) -> Line:
        """Return how many there are, and whether they go on."""
        states = [job.state for job in await self._jobs.unfinished()]
        return Line(
            waiting=states.count("queued"),
            running=states.count("running"),
            workers=await self._jobs.workers(),
            paused=await self._jobs.paused(),
            closed=await self._jobs.closed(),
        )

    async def active(self, count: int) -> list[JobFacts]:
        """Return those that wait or run, the oldest first."""
        return [await self._facts(job) for job in (await self._jobs.unfinished())[:count]]

    async def pause(self) -> None:
        """Let workers begin nothing more; what runs is done."""
        await self._call(self._queues.pause)

    async def close(self) -> None:
        """Take nothing new in; what waits is done."""
        await self._redis.set(keys.CLOSED, 1)
        await self._call(self._queues.resume)

    async def closed(self) -> bool:
        """Say whether nothing new is taken in."""
        return await self._jobs.closed()

    async def resume(self) -> None:
        """Go on as always."""
        await self._redis.delete(keys.CLOSED)
        await self._call(self._queues.resume)

    async def get(self, job_id: str) -> JobFacts | None:
        """Return a training, or None where it is unknown or forgotten."""
        job = await self._jobs.get(job_id)
        return await self._facts(job) if job is not None else None

    async def kill(self, job_id: str) -> bool:
        """End a training now, whatever its worker is at; False where it is over or unknown."""
        if not await self._jobs.cancel(job_id):
            return False
        await self._call(self._queues.stop, job_id)  # it would end by itself, after its epoch
        return True

    async def again(self, job_id: str) -> Job | None:
        """Queue a training anew that is over; None where it is unknown.

        Raises:
            StillGoing: It is not over.
            AlreadyRunning: Another one trains its model.
        """
        job = await self._jobs.get(job_id)
        if job is None:
            return None
        if job.state not in FINAL:
            raise StillGoing(job_id)
        return await self._jobs.submit(job.request)

    async def _facts(self, job: Job) -> JobFacts:
        attempts = await self._redis.hget(keys.job(job.id), "attempts")
        request: TrainRequest = job.request
        return JobFacts(
            id=job.id,
            chat=int(request.owner),
            person=request.user,
            state=job.state,
            stage=job.stage,
            created=job.created,
            ended=job.ended,
            attempts=int(attempts or 0),
            place=job.place,
            estimate=job.estimate,
            problem=await self._problem(job) if job.state == "failed" else "",
        )

    async def _problem(self, job: Job) -> str:
        """Return why a training failed, as far as its report is still there."""
        held: Any = await self._redis.xrevrange(keys.PROGRESS, count=1000)
        reports = (Progress.from_json(keys.as_text(fields[b"record"])) for _, fields in held)
        return next((report.problem or "" for report in reports if report.job == job.id), "")

    async def _call(self, function: Any, *args: Any) -> Any:
        """Ask RQ, which waits for Redis, without the event loop waiting."""
        async with asyncio.timeout(CALL_TIMEOUT):
            return await asyncio.to_thread(function, *args)
