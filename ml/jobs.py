"""The bot's side of trainings: ask for one, see how it goes, cancel it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from redis.asyncio import Redis

from ml.job_records import FINAL, Job, Progress, TrainRequest

__all__ = ["FINAL", "AlreadyRunning", "Job", "Jobs", "Progress", "TrainRequest"]


class AlreadyRunning(ValueError):  # noqa: N818 - said to a person, no error of ours
    """The model is being trained or waits for it."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


class Jobs:
    """Trainings of all chats, queued with RQ."""

    def __init__(self, redis: Redis, redis_url: str) -> None:
        self._redis = redis
        self._url = redis_url

    async def submit(self, request: TrainRequest) -> Job:
        """Queue a training.

        Raises:
            AlreadyRunning: The model is being trained or waits for it; `job_id` says by which job.
        """
        raise NotImplementedError

    async def attach(self, job_id: str, message: int) -> None:
        """Note which message shows a job's progress."""
        raise NotImplementedError

    async def get(self, job_id: str) -> Job | None:
        """Return a job, or None where it is unknown or forgotten."""
        raise NotImplementedError

    async def list(self, owner: str, user: int | None = None) -> list[Job]:
        """Return a chat's latest jobs, or one person's among them, the newest first."""
        raise NotImplementedError

    async def cancel(self, job_id: str) -> bool:
        """Cancel a job that waits, or stop one within an epoch; False where it is over already."""
        raise NotImplementedError

    async def progress(self) -> AsyncIterator[Progress]:
        """Yield what all jobs report, for ever, each record to one of the bot's replicas.

        A record counts as dealt with when the next is asked for; after a restart the others come again.
        """
        raise NotImplementedError
        yield

    async def sweep(self) -> None:
        """Bring jobs whose worker died back into the queue, or to their end; call it every few seconds."""
        raise NotImplementedError
