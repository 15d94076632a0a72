"""The bot's side of trainings: ask for one, see how it goes, cancel it."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis

from ml import keys
from ml.examples import Examples
from ml.fleet import QueueState, WorkerState
from ml.job_records import FINAL, Job, Progress, TrainRequest
from ml.job_state import Cancelling, JobAddress, JobState
from ml.pace import read_pace
from ml.progress import follow
from ml.queues import DEFAULT, LOW, RETRY_INTERVALS, TIMEOUT, Fate, Queues
from ml.quotas import minutes_today
from ml.registry import Registry
from ml.store import Store

__all__ = ["FINAL", "AlreadyRunning", "Job", "Jobs", "Progress", "TrainRequest"]

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like another sign
CALL_TIMEOUT = 20.0  # seconds for what RQ asks of Redis
SWEEP_PERIOD = 1500  # milliseconds in which one process sweeps
LOST_AFTER = 15.0  # seconds: as long as a worker's lease
DEAD_AFTER = 2.0  # seconds in which the worker says why it gave a job up
STOPS_WITHIN = 20.0  # seconds: most epochs are shorter
LOOK_EVERY = 0.05  # seconds between looks whether a job has stopped
LIST_LENGTH = 20
REPORTS_KEPT = 86_400  # seconds

Fields = dict[str, str]


class AlreadyRunning(ValueError):
    """The model is being trained or waits for it."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


class Jobs:
    """Trainings of all chats, queued with RQ.

    Args:
        redis: The bot's client.
        redis_url: The same server, for RQ's own connection.
        store: Where versions lie; None where nobody sweeps.
        retry_intervals: Seconds to wait before each new attempt at a job whose process died.
        timeout: Seconds that an attempt may take.
    """

    def __init__(
        self,
        redis: Redis,
        redis_url: str,
        *,
        store: Store | None = None,
        retry_intervals: Sequence[int] = RETRY_INTERVALS,
        timeout: int = TIMEOUT,
    ) -> None:
        self._redis = redis
        self._store = store
        self._state = JobState(redis)
        self._queues = Queues(redis_url, retry_intervals, timeout)

    async def submit(self, request: TrainRequest) -> Job:
        """Queue a training.

        Raises:
            AlreadyRunning: The model is being trained or waits for it; `job_id` says by which job.
        """
        queue = LOW if request.options.get("tune") or request.options.get("ensemble") else DEFAULT
        job_id = await self._enter(request, queue, await self._seconds(request))
        await self._call(self._queues.enqueue, job_id, queue, request.user)
        job = await self.get(job_id)
        if job is None:
            raise LookupError("the job vanished at this moment")
        return job

    async def replace(self, request: TrainRequest) -> None:
        """Queue a training in the place of one that may have read examples which are gone now.

        Raises:
            AlreadyRunning: That one does not stop.
        """
        while not await self.make_way(request.owner, request.model):
            with contextlib.suppress(AlreadyRunning):  # somebody else's, queued at this moment
                await self.submit(request)
                return

    async def make_way(self, owner: str, model: str) -> bool:
        """Stop a training that may have read examples which are gone now, and wait for its end.

        Returns:
            Whether one waits that has read nothing yet; it takes the place of all versions.

        Raises:
            AlreadyRunning: It does not stop for `STOPS_WITHIN` seconds; it will not go live.
        """
        deadline = time.monotonic() + STOPS_WITHIN
        while job_id := await self.active(owner, model):
            fields = await self._fields(job_id)
            if fields and await self._state.will_forget(job_id, TrainRequest.from_json(fields["request"])):
                return True
            await self.cancel(job_id)
            if time.monotonic() > deadline:
                raise AlreadyRunning(job_id)
            await asyncio.sleep(LOOK_EVERY)
        return False

    async def active(self, owner: str, model: str) -> str | None:
        """Return the id of the job that trains a model or waits for that."""
        held = await self._redis.hget(keys.training(owner), model)
        return keys.as_text(held) if held is not None else None

    async def attach(self, job_id: str, message: int) -> None:
        """Note which message shows a job's progress."""
        if await self._redis.exists(keys.job(job_id)):
            await self._redis.hset(keys.job(job_id), "message", message)

    async def get(self, job_id: str) -> Job | None:
        """Return a job, or None where it is unknown or forgotten."""
        fields = await self._fields(job_id)
        return (await self._jobs([fields]))[0] if fields else None

    async def list(self, owner: str, user: int | None = None) -> builtins.list[Job]:
        """Return a chat's latest jobs, or one person's among them, the newest first."""
        ids: Any = await self._redis.zrevrange(keys.jobs(owner), 0, LIST_LENGTH - 1)
        held = [await self._fields(keys.as_text(job_id)) for job_id in ids]
        jobs = await self._jobs([fields for fields in held if fields])
        return [job for job in jobs if user is None or job.request.user == user]

    async def cancel(self, job_id: str) -> bool:
        """Cancel a job that waits, or stop one within an epoch; False where it is over already."""
        fields = await self._fields(job_id)
        if not fields:
            return False
        outcome = await self._state.cancel(_address(fields))
        if outcome is Cancelling.CANCELLED:
            await self._call(self._queues.remove, job_id)
        return outcome is not Cancelling.OVER

    async def minutes_today(self, user: int) -> float:
        """Return how many minutes a person's trainings ran today (UTC)."""
        return await minutes_today(self._redis, user)

    def progress(self) -> AsyncIterator[Progress]:
        """Yield what all jobs report, for ever, to one of the bot's replicas at a time.

        A record counts as dealt with when the next is asked for; after a restart the others come again.
        """
        return follow(self._redis)

    async def sweep(self) -> None:
        """Bring jobs whose worker died back into the queue, or to their end; call it every two seconds.

        It also forgets what was reported long ago, since labels are people's words.
        """
        if not await self._redis.set(keys.SWEEPER, "1", nx=True, px=SWEEP_PERIOD):
            return
        active = await self._active()
        queues = {fields["id"]: fields["queue"] for fields in active}
        fates = await self._call(self._queues.sweep, queues)
        for fields in active:
            await self._look_after(fields, fates.get(fields["id"], Fate.RUNS))
        oldest = f"{int((time.time() - REPORTS_KEPT) * 1000)}-0"
        for stream in (keys.PROGRESS, keys.CHANGES):
            await self._redis.xtrim(stream, minid=oldest, approximate=True)

    async def workers(self) -> int:
        """Count the workers that gave a sign of life lately."""
        return len(await self.live_workers())

    async def live_workers(self) -> builtins.list[WorkerState]:
        """Return the workers that gave a sign of life lately."""
        found: builtins.list[WorkerState] = await self._call(self._queues.workers)
        return found

    async def queues(self) -> builtins.list[QueueState]:
        """Return what each queue holds."""
        found: builtins.list[QueueState] = await self._call(self._queues.states)
        return found

    async def paused(self) -> bool:
        """Say whether an operator lets workers begin nothing."""
        return bool(await self._call(self._queues.paused))

    async def closed(self) -> bool:
        """Say whether an operator lets nothing new in."""
        return bool(await self._redis.exists(keys.CLOSED))

    async def unfinished(self) -> builtins.list[Job]:
        """Return the jobs of all chats that wait or run, the oldest first."""
        return await self._jobs(await self._active())

    async def _enter(self, request: TrainRequest, queue: str, seconds: float) -> str:
        """Enter a job under an id that nobody has."""
        while True:
            job_id = "".join(secrets.choice(ALPHABET) for _ in range(6))
            try:
                entered = await self._state.submit(job_id, request, queue, seconds)
            except KeyError:
                continue
            if entered != job_id:
                raise AlreadyRunning(entered)
            return job_id

    async def _seconds(self, request: TrainRequest) -> float:
        """Return how long a training will take once it runs."""
        counts = await Examples(self._redis).counts(request.owner, request.model)
        samples = sum(counts.values())
        pace = await read_pace(self._redis, request.options, samples)
        return pace.seconds(samples, request.options.get("epochs"))

    async def _fields(self, job_id: str) -> Fields:
        held = await self._redis.hgetall(keys.job(job_id))
        return {keys.as_text(field): keys.as_text(value) for field, value in held.items()}

    async def _jobs(self, held: Sequence[Fields]) -> builtins.list[Job]:
        """Build what people see; the queue is asked only where somebody waits in it."""
        waiting = any(fields["state"] == "queued" for fields in held)
        active = await self._active() if waiting else []
        workers = await self.workers() if waiting else 1
        return [_job(fields, active, workers) for fields in held]

    async def _active(self) -> builtins.list[Fields]:
        """Return the jobs that wait or run, the oldest first."""
        ids: Any = await self._redis.zrange(keys.ACTIVE_JOBS, 0, -1)
        held = [await self._fields(keys.as_text(job_id)) for job_id in ids]
        return [fields for fields in held if fields]

    async def _look_after(self, fields: Fields, fate: Fate) -> None:
        """Put a job back that is lost for a while, and end one that RQ gave up."""
        key, now = keys.job(fields["id"]), time.time()
        if fate in {Fate.RUNS, Fate.WAITS}:
            if "astray" in fields:
                await self._redis.hdel(key, "astray")
            if fate is Fate.WAITS and "run" in fields:
                await self._state.wait_again(fields["id"], fields["run"])
            return
        await self._redis.hsetnx(key, "astray", now)
        since = now - float(fields.get("astray", now))
        if fate is Fate.DEAD and since >= DEAD_AFTER:
            request = TrainRequest.from_json(fields["request"])
            if request.forget:  # what it was to replace learned from deleted texts
                await Registry(self._redis).withdraw(request.owner, request.model)
                if self._store is not None:
                    await asyncio.to_thread(self._store.delete, request.owner, request.model)
            await self._state.give_up(fields["id"], "killed")
        elif fate is Fate.LOST and since >= LOST_AFTER:
            await self._redis.hdel(key, "astray")
            user = TrainRequest.from_json(fields["request"]).user
            await self._call(self._queues.put_back, fields["id"], fields["queue"], user)

    async def _call(self, function: Any, *args: Any) -> Any:
        """Ask RQ, which waits for Redis, without the event loop waiting."""
        async with asyncio.timeout(CALL_TIMEOUT):
            return await asyncio.to_thread(function, *args)


def _address(fields: Fields) -> JobAddress:
    return JobAddress(fields["id"], TrainRequest.from_json(fields["request"]).owner)


def _job(fields: Fields, active: Sequence[Fields], workers: int) -> Job:
    """Build what people see of a job from its own record and those that wait or run."""
    message = fields.get("message")
    return Job(
        id=fields["id"],
        request=TrainRequest.from_json(fields["request"]),
        state=fields["state"],
        place=_place(fields, active),
        estimate=_estimate(fields, active, workers),
        message=int(message) if message else None,
        stage=fields["stage"],
        created=float(fields["created"]),
        started=_moment(fields, "started"),
        ended=_moment(fields, "ended"),
    )


def _moment(fields: Fields, name: str) -> float | None:
    return float(fields[name]) if name in fields else None


def _before(fields: Fields, active: Sequence[Fields]) -> list[Fields]:
    """Return the jobs that wait before one that waits."""
    mine = (float(fields["created"]), fields["id"])
    waiting = (other for other in active if other["state"] == "queued")
    return [other for other in waiting if (float(other["created"]), other["id"]) < mine]


def _place(fields: Fields, active: Sequence[Fields]) -> int | None:
    return len(_before(fields, active)) + 1 if fields["state"] == "queued" else None


def _estimate(fields: Fields, active: Sequence[Fields], workers: int) -> float | None:
    """Return the seconds until a job is done: its own, and its share of those before it."""
    if fields["state"] == "running":
        return _rest(fields)
    if fields["state"] != "queued":
        return None
    running = sum(_rest(other) for other in active if other["state"] == "running")
    waiting = sum(float(other["seconds"]) for other in _before(fields, active))
    return float(fields["seconds"]) + (running + waiting) / max(workers, 1)


def _rest(fields: Fields) -> float:
    """Return the seconds that a running job still takes."""
    return max(0.0, float(fields.get("ends", 0)) - time.time())
