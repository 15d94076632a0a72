"""Which workers live and what they do, and what waits and runs in each queue."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from rq.utils import utcparse
from rq.worker_registration import REDIS_WORKER_KEYS

from ml import keys

WORKER_SILENCE = 25.0  # seconds: an idle worker says every five that it lives
FIELDS = (
    "last_heartbeat",
    "death",
    "hostname",
    "state",
    "current_job",
    "birth",
    "successful_job_count",
    "failed_job_count",
)


@dataclass(frozen=True)
class WorkerState:
    """A worker that gave a sign of life lately; times are in seconds since 1970."""

    name: str
    host: str
    state: str  # idle, busy, started or suspended
    job: str | None
    since: float
    done: int
    failed: int


@dataclass(frozen=True)
class QueueState:
    """What a queue holds: jobs that wait, that run under a lease, and that are to be tried again later."""

    name: str
    waiting: int
    running: int
    scheduled: int


def live_workers(connection: Redis) -> list[WorkerState]:
    """Return the workers that live, by name."""
    names = sorted(keys.as_text(name) for name in connection.smembers(REDIS_WORKER_KEYS))
    found = (_worker(name, connection.hmget(name, FIELDS)) for name in names)
    return [worker for worker in found if worker is not None]


def _worker(name: str, values: list[Any]) -> WorkerState | None:
    """Read a worker's record; None where it ended or fell silent."""
    held = {
        field: keys.as_text(value) for field, value in zip(FIELDS, values, strict=True) if value is not None
    }
    if "last_heartbeat" not in held or held.get("death") or _age(held["last_heartbeat"]) >= WORKER_SILENCE:
        return None
    return WorkerState(
        name=name.removeprefix("rq:worker:"),
        host=held.get("hostname", ""),
        state=held.get("state", ""),
        job=held.get("current_job"),
        since=_moment(held),
        done=_count(held, "successful_job_count"),
        failed=_count(held, "failed_job_count"),
    )


def _age(beat: str) -> float:
    return time.time() - float(utcparse(beat).timestamp())


def _moment(held: Mapping[str, str]) -> float:
    return float(utcparse(held.get("birth", held["last_heartbeat"])).timestamp())


def _count(held: Mapping[str, str], field: str) -> int:
    return int(float(held.get(field, 0)))
