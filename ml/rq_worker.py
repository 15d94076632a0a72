"""RQ's worker, hardened: no second run of a job, no run that outlives its worker, no end without a word."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any, ClassVar

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.scheduler import RQScheduler
from rq.suspension import is_suspended
from rq.worker import WorkerStatus

from ml.job_state import JobState
from ml.queues import NAMES, SERIALIZER, AllowedJob, Function, TrainingQueue, connect
from ml.redis_address import async_pool
from ml.stream import AWAY

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
LEASE = 15  # seconds
PULSE_TIMEOUT = 2.0  # seconds: the lease must not run out while its holder waits for an answer
WORKER_TTL = 20  # seconds; RQ waits 15 less for a job, so that it looks after lost ones in between
MAINTENANCE = 3  # seconds
LOOK = 2  # seconds that an idle worker waits before it looks whether it shall pause
SCHEDULER_LEASE = 10  # seconds; RQ's own lock keeps retries waiting for a minute
END_WITHIN = 4.0  # seconds from a signal to the end of the process, whatever Redis does


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent is gone, and end now where that has happened."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class LeasedScheduler(RQScheduler):  # type: ignore[misc]  # RQ has no types
    """RQ's scheduler of retries, which ends with its worker and whose work another soon takes over."""

    _connection: Redis | None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._parent = os.getpid()
        self.redis_url = ""  # set by the worker

    @property
    def connection(self) -> Redis:
        """The scheduler's own connection, which RQ would put together from the worker's, without Sentinel."""
        if self._connection is None:
            self._connection = connect(self.redis_url)
        return self._connection

    def acquire_locks(self, auto_start: bool = False) -> set[str]:
        """Take the queues that nobody schedules."""
        taken: set[str] = super().acquire_locks(auto_start)
        self._shorten()
        return taken

    def heartbeat(self) -> None:
        """Keep them."""
        super().heartbeat()
        self._shorten()

    def work(self) -> None:
        """Schedule, over restarts of Redis, until the worker ends."""
        die_with_parent(self._parent)
        while not self._stop_requested:
            try:
                super().work()
            except AWAY:
                time.sleep(1)

    def _shorten(self) -> None:
        for name in self._acquired_locks:
            self.connection.expire(self.get_locking_key(name), SCHEDULER_LEASE)


class TrainingWorker(Worker):  # type: ignore[misc]  # RQ has no types
    """A worker for a list of functions.

    Args:
        redis_url: Where Redis is.
        functions: What a job may call, by the name that RQ's records have for it.
        lease: Seconds until a run whose worker is silent belongs to somebody else.
    """

    _stop_requested: bool
    log_result_lifespan = False
    max_connection_wait_time = 2.0  # seconds, once Redis is away
    scheduler_class: ClassVar[type[RQScheduler]] = LeasedScheduler

    def __init__(self, redis_url: str, functions: Mapping[str, Function], lease: int = LEASE) -> None:
        super().__init__(
            list(NAMES),
            connection=connect(redis_url),
            job_class=type("WorkerJob", (AllowedJob,), {"functions": dict(functions)}),
            queue_class=TrainingQueue,
            serializer=SERIALIZER,
            maintenance_interval=MAINTENANCE,
            job_monitoring_interval=max(1, lease // 5),
            worker_ttl=WORKER_TTL,
            log_job_description=False,
        )
        self._redis_url = redis_url
        self._pulse = connect(redis_url, PULSE_TIMEOUT, attempts=1)
        self._lease = lease
        self._renewed = 0.0  # monotonic seconds
        self._deadline = threading.Timer(END_WITHIN, os._exit, [0])
        self._deadline.daemon = True

    @property
    def ended(self) -> bool:
        """Whether somebody told the worker to end."""
        return self._stop_requested

    def check_for_suspension(self, burst: bool) -> None:
        """Leave it to the waiting below: RQ looks once before that, and is silent while it holds."""

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job; a pause that an operator orders meanwhile holds an idle worker too."""
        while True:
            if is_suspended(self.connection, self):
                self.set_state(WorkerStatus.SUSPENDED)
                self.heartbeat()
                if self.should_run_maintenance_tasks:
                    self.run_maintenance_tasks()
                time.sleep(1)
                continue
            found: tuple[Job, Queue] | None = super().dequeue_job_and_maintain_ttl(timeout, LOOK)
            if found is not None or max_idle_time is not None:
                return found

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the length of the lease, however long the job may take."""
        return self._lease

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Run a job in a child."""
        self._renewed = time.monotonic()
        super().fork_work_horse(job, queue)
        if self._stop_requested:  # the signal came before there was a child to end
            self.kill_horse()

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Be that child."""
        die_with_parent(self.pid or 0)
        if isinstance(job, AllowedJob) and self.execution is not None:
            job.run = self.execution.id
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the child and its children; RQ's own would kill this process where the child is too young."""
        pid = self.horse_pid
        if not pid:
            return
        try:
            (os.killpg if os.getpgid(pid) == pid else os.kill)(pid, sig)
        except ProcessLookupError:
            return

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Renew the lease of the run; end the run where the lease is lost or cannot be renewed."""
        try:
            lease = self._pulse.zscore(job.started_job_registry.key, execution.composite_key)
            if lease is None and job.get_status() not in {JobStatus.FINISHED, JobStatus.FAILED}:
                self._fence(job, "is another's")
                return
            super().maintain_heartbeats(job, execution)
            self._renewed = time.monotonic()
        except AWAY:
            if time.monotonic() - self._renewed > self._lease - self.job_monitoring_interval:
                self._fence(job, "could not be renewed")

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Queue a job again that was killed, and say so where RQ tries it no more."""
        if not self._holds(job, execution):  # whoever took the lease away looks after the job
            return
        if self._stop_requested and not self.is_horse:
            self._give_back(job, queue, execution)
        else:
            super().handle_job_failure(job, queue, started_job_registry, exc_string, execution)
        with contextlib.suppress(*AWAY):  # the sweep of the bot will tell it
            asyncio.run(self._tell(job, execution))

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End soon: a job that runs goes back into the queue.

        Raises:
            StopRequested: Nothing runs, so the loop may be left at once.
        """
        if self._stop_requested:
            return
        self._stop_requested = True
        self._deadline.start()
        if self.horse_pid:
            self.kill_horse()
        elif self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def teardown(self) -> None:
        """Leave the list of workers."""
        super().teardown()
        self._deadline.cancel()

    def stop_scheduler(self) -> None:
        """End the scheduler, by force where it waits for Redis."""
        process = self.scheduler._process if self.scheduler else None
        if process is None or not process.pid:
            return
        process.terminate()
        process.join(1.5)
        if process.is_alive():
            process.kill()
            process.join(1)

    def _start_scheduler(self, burst: bool = False, logging_level: str | None = None, *_: Any) -> None:
        """Start a scheduler where a queue lacks one; later the maintenance does."""
        self.scheduler = self.scheduler_class(
            self.queues,
            connection=self.connection,
            logging_level=logging_level or "WARNING",
            serializer=SERIALIZER,
        )
        self.scheduler.redis_url = self._redis_url
        self.scheduler.acquire_locks(auto_start=True)

    def _fence(self, job: Job, reason: str) -> None:
        log.warning("the lease of job %s %s: ending the run", job.id, reason)
        self.kill_horse()

    def _holds(self, job: Job, execution: Execution | None) -> bool:
        """Say whether the lease is still in our name, be it run out or not."""
        key = execution.composite_key if execution is not None else ""
        return self.connection.zscore(job.started_job_registry.key, key) is not None

    def _give_back(self, job: Job, queue: Queue, execution: Execution | None) -> None:
        """Queue a job again, before the others and without counting an attempt."""
        with self.connection.pipeline() as pipe:
            self.cleanup_execution(job, pipeline=pipe, execution=execution)
            queue._enqueue_job(job, pipeline=pipe, at_front=True)
            pipe.execute()
        log.info("job %s goes back into the queue", job.id)

    async def _tell(self, job: Job, execution: Execution | None) -> None:
        """Say of a run that broke what becomes of its job."""
        async with AsyncRedis.from_pool(async_pool(self._redis_url, socket_timeout=5)) as redis:
            state = JobState(redis)
            if job.get_status(refresh=False) in {JobStatus.FAILED, JobStatus.STOPPED}:
                problem = "failed" if self.is_horse else "killed"
                log.warning("job %s is given up: %s", job.id, problem)
                await state.give_up(job.id, problem)
            elif execution is not None:
                await state.wait_again(job.id, execution.id)
