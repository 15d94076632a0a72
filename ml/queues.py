"""The RQ queues that trainings wait in, as the bot and the workers both see them.

Everything here waits for Redis: call it through `asyncio.to_thread` where an event loop runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, ClassVar

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry as Patience
from rq import Queue, RateLimit, Retry
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import clean_registries
from rq.utils import utcparse
from rq.worker_registration import REDIS_WORKER_KEYS

from ml import keys
from ml.redis_address import pool

HIGH, DEFAULT, LOW = "high", "default", "low"
NAMES = (HIGH, DEFAULT, LOW)
SERIALIZER = "json"  # a job must not be able to carry code
TRAIN = "ml.training_job.run"  # the one function of the allow-list
RETRY_INTERVALS = (0, 10, 60)  # seconds
TIMEOUT = 1800  # seconds a training may take
RESULT_TTL = 600
FAILURE_TTL = 86_400
MAINTENANCE_TTL = 10  # seconds; RQ's own lock outlives a killed owner by 15 minutes
WORKER_SILENCE = 25.0  # seconds: an idle worker says every five that it lives
SOCKET_TIMEOUT = 30.0  # seconds, above every blocking read of RQ

Function = Callable[..., Any]


class Fate(Enum):
    """What RQ knows of a job that we hold for active."""

    RUNS = "runs"
    WAITS = "waits"  # in its queue, for the end of another job of this user, or to be tried again
    LOST = "lost"  # nobody has it: its worker died between taking and beginning it
    DEAD = "dead"  # RQ gave it up


class AllowedJob(Job):  # type: ignore[misc]  # RQ has no types
    """A job that calls nothing but the functions it is allowed to, whatever its record in Redis says."""

    functions: ClassVar[Mapping[str, Function]] = {}
    run = ""  # the id of the execution, set by the worker

    @property
    def func(self) -> Function:
        """Return the function, with the id of this run and where RQ keeps the leases of all runs.

        Raises:
            PermissionError: The function is not on the list.
        """
        function = self.functions.get(self.func_name or "")
        if function is None:
            raise PermissionError("this worker runs no such function")
        return partial(function, run=self.run, leases=self.started_job_registry.key)

    success_callback = failure_callback = stopped_callback = None  # RQ would import what a record names

    def send_webhooks(self, status: str | JobStatus, *, exc_string: str | None = None) -> None:
        """Send nothing: an address in a record is nobody's order to call it."""


class TrainingQueue(Queue):  # type: ignore[misc]  # RQ has no types
    """A queue whose maintenance goes on soon after a maintainer was killed."""

    job_class = AllowedJob

    def acquire_maintenance_lock(self) -> bool:
        """Say whether the registries are ours to clean."""
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=MAINTENANCE_TTL))


def connect(redis_url: str, timeout: float = SOCKET_TIMEOUT, attempts: int = 5) -> Redis:
    """Return a connection that waits `timeout` seconds for an answer, and asks again where none came."""
    held = pool(
        redis_url,
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 5),
        health_check_interval=15,
        retry=Patience(ExponentialBackoff(cap=1, base=0.05), attempts),
    )
    return Redis.from_pool(held)


def living_workers(connection: Redis) -> list[str]:
    """Return the hosts of the workers that gave a sign of life lately, one for each."""
    names: Any = connection.smembers(REDIS_WORKER_KEYS)
    told = [connection.hmget(name, "hostname", "last_heartbeat", "death") for name in names]
    return [
        keys.as_text(host or b"")
        for host, beat, death in told
        if beat is not None
        and not death
        and time.time() - utcparse(keys.as_text(beat)).timestamp() < WORKER_SILENCE
    ]


class Queues:
    """All queues, over one connection.

    Args:
        redis_url: Where Redis is.
        retry_intervals: Seconds to wait before each new attempt at a job whose process died.
        timeout: Seconds that an attempt may take.
    """

    def __init__(
        self, redis_url: str, retry_intervals: Sequence[int] = RETRY_INTERVALS, timeout: int = TIMEOUT
    ) -> None:
        self._connection = connect(redis_url)
        self._retry = list(retry_intervals)
        self._timeout = timeout

    def enqueue(self, job_id: str, queue_name: str, user: int) -> None:
        """Put a job into its queue; one runs at a time of each user."""
        self._queue(queue_name).enqueue_call(
            TRAIN,
            args=(job_id,),
            job_id=job_id,
            description=f"train {job_id}",
            timeout=self._timeout,
            result_ttl=RESULT_TTL,
            failure_ttl=FAILURE_TTL,
            retry=Retry(max=len(self._retry), interval=self._retry) if self._retry else None,
            rate_limit=RateLimit(key=f"user-{user}", concurrency=1),
        )

    def remove(self, job_id: str) -> None:
        """Take a job out of its queue; its end is told elsewhere."""
        try:
            AllowedJob.fetch(job_id, connection=self._connection, serializer=SERIALIZER).delete()
        except NoSuchJobError:
            return

    def sweep(self, jobs: Mapping[str, str]) -> dict[str, Fate]:
        """Give back what dead workers held, and say what became of jobs, given as id to queue."""
        fates: dict[str, Fate] = {}
        for name in NAMES:
            queue = self._queue(name)
            if queue.acquire_maintenance_lock():
                clean_registries(queue)
                queue.release_maintenance_lock()
            running, waiting = self._running(queue), set(queue.get_job_ids())
            for job_id in (job_id for job_id, held in jobs.items() if held == name):
                known = Fate.RUNS if job_id in running else Fate.WAITS if job_id in waiting else None
                fates[job_id] = known or self._fate(job_id)
        return fates

    def put_back(self, job_id: str, queue_name: str, user: int) -> None:
        """Queue a lost job again, before the others."""
        queue = self._queue(queue_name)
        try:
            job = AllowedJob.fetch(job_id, connection=self._connection, serializer=SERIALIZER)
        except NoSuchJobError:
            self.enqueue(job_id, queue_name, user)
            return
        with self._connection.pipeline() as pipe:
            queue._enqueue_job(job, pipeline=pipe, at_front=True)
            pipe.execute()

    def workers(self) -> int:
        """Count the workers that gave a sign of life lately."""
        return len(living_workers(self._connection))

    def _queue(self, name: str) -> TrainingQueue:
        return TrainingQueue(name, connection=self._connection, serializer=SERIALIZER)

    def _running(self, queue: TrainingQueue) -> set[str]:
        """Return the jobs that run under a lease."""
        leased: Any = self._connection.zrangebyscore(queue.started_job_registry.key, time.time(), "+inf")
        return {keys.as_text(entry).partition(":")[0] for entry in leased}

    def _fate(self, job_id: str) -> Fate:
        """Judge a job that neither waits nor runs."""
        try:
            status = AllowedJob.fetch(job_id, connection=self._connection, serializer=SERIALIZER).get_status()
        except NoSuchJobError:
            return Fate.LOST
        if status in {JobStatus.SCHEDULED, JobStatus.RATE_LIMITED}:
            return Fate.WAITS
        given_up = {JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED}
        return Fate.DEAD if status in given_up else Fate.LOST
