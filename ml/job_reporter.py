"""What a running job tells and asks Redis, for code that is not asynchronous."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from ml import keys
from ml.job_records import Progress, TrainRequest
from ml.job_state import Begin, JobAddress, JobState
from ml.redis_address import async_pool
from ml.stream import AWAY

if TYPE_CHECKING:
    from ml.train import Epoch

REPORT_EVERY = 0.4  # seconds between reports of epochs

T = TypeVar("T")


class LeaseLost(RuntimeError):
    """This run was silent for too long: the job is somebody else's."""


class Reporter:
    """One run of a job. A training goes on while Redis is away; only its beginning and end need it."""

    def __init__(self, job_id: str, redis_url: str) -> None:
        self.job_id = job_id
        self.last_epoch = 0
        self._runner = asyncio.Runner()
        self._redis = Redis.from_pool(
            async_pool(redis_url, socket_timeout=10, retry=Retry(ExponentialBackoff(cap=1, base=0.05), 5))
        )
        self._state = JobState(self._redis)
        self._run = self._leases = ""
        self._reported = 0.0  # monotonic seconds

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(*AWAY):
            self._runner.run(self._redis.aclose())
        self._runner.close()

    def ask(self, question: Callable[[Redis], Coroutine[Any, Any, T]]) -> T:
        """Wait for the answer of something asynchronous that is built on our connection."""
        return self._runner.run(question(self._redis))

    def begin(self, run: str, leases: str) -> Begin:
        """Say that the run begins, where it may; see `JobState.start`."""
        self._run, self._leases = run, leases
        return self._runner.run(self._state.start(self.job_id, run, leases))

    def request(self) -> TrainRequest:
        """Return what was asked for.

        Raises:
            LookupError: The job is forgotten.
        """
        held = self.ask(lambda redis: _field(redis, self.job_id, "request"))
        if held is None:
            raise LookupError("the job is forgotten")
        return TrainRequest.from_json(held)

    def stage(self, stage: str) -> None:
        """Tell which stage begins."""
        self._report(Progress(self.job_id, stage))

    def epoch(self, epoch: Epoch) -> None:
        """Tell how an epoch went, a few times a second at most, the last one always."""
        self.last_epoch = epoch.epoch
        if epoch.epoch < epoch.epochs and time.monotonic() - self._reported < REPORT_EVERY:
            return
        self._reported = time.monotonic()
        self._report(
            Progress(
                self.job_id,
                "training",
                epoch=epoch.epoch,
                epochs=epoch.epochs,
                loss=float(epoch.loss),
                accuracy=_known(epoch.accuracy),
                held_out_accuracy=_known(epoch.held_out_accuracy),
                seconds_left=epoch.seconds_left,
            )
        )

    def cancelled(self) -> bool:
        """Say whether somebody wants the job to stop.

        Raises:
            LeaseLost: The run has been given up and another may have begun.
        """
        try:
            wish, lease = self.ask(self._wish_and_lease)
        except AWAY:
            return False
        if lease is None or lease < time.time():
            raise LeaseLost
        return wish

    def commit(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """Make an outcome the job's, once; return the one that counts, which may be an earlier run's."""
        record = json.dumps(outcome, ensure_ascii=False)
        self.ask(lambda redis: _set_once(redis, self.job_id, "outcome", record))
        held = self.ask(lambda redis: _field(redis, self.job_id, "outcome"))
        return json.loads(held) if held is not None else outcome

    def end(self, request: TrainRequest, progress: Progress) -> None:
        """Tell the end of the job."""
        self._runner.run(self._state.finish(JobAddress(self.job_id, request.owner), progress))

    async def _wish_and_lease(self, redis: Redis) -> tuple[bool, float | None]:
        async with redis.pipeline() as pipe:
            pipe.hexists(keys.job(self.job_id), "cancel")
            pipe.zscore(self._leases, f"{self.job_id}:{self._run}")
            wish, lease = await pipe.execute()
        return bool(wish), lease

    def _report(self, progress: Progress) -> None:
        with contextlib.suppress(*AWAY):
            self._runner.run(self._state.report(progress))


def _known(share: float) -> float | None:
    """Return a share, None where there is none: JSON knows no NaN."""
    return None if math.isnan(share) else float(share)


async def _field(redis: Redis, job_id: str, field: str) -> str | None:
    held = await redis.hget(keys.job(job_id), field)
    return keys.as_text(held) if held is not None else None


async def _set_once(redis: Redis, job_id: str, field: str, value: str) -> None:
    await redis.hsetnx(keys.job(job_id), field, value)
