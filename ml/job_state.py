"""What may happen to a job, each step in one call to Redis, so that a job begins and ends once."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import Enum

from redis.asyncio import Redis

from ml import keys
from ml.job_records import Progress, TrainRequest

KEPT = 7 * 86_400  # seconds that a job is remembered
KEPT_JOBS = 50  # of one chat
KEPT_PROGRESS = 10_000  # records

FINAL = "local final = {done = true, failed = true, cancelled = true}\n"
# What an end does; `final`, `state`, `record` are set before. KEYS: job, active, training, progress
END = """
local held = redis.call('HMGET', KEYS[1], 'model', 'id')
redis.call('HSET', KEYS[1], 'state', state, 'stage', state, 'ended', now)
redis.call('EXPIRE', KEYS[1], kept)
redis.call('ZREM', KEYS[2], held[2])
if redis.call('HGET', KEYS[3], held[1]) == held[2] then redis.call('HDEL', KEYS[3], held[1]) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', kept_progress, '*', 'record', record)
"""
# KEYS: job, active, training, progress, jobs of the owner
# ARGV: id, model, now, request, queue, seconds, record, kept, kept jobs, kept progress
SUBMIT = """
local running = redis.call('HGET', KEYS[3], ARGV[2])
if running then return running end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'taken' end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'model', ARGV[2], 'created', ARGV[3], 'request', ARGV[4],
  'queue', ARGV[5], 'seconds', ARGV[6], 'state', 'queued', 'stage', 'queued')
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -1 - ARGV[9])
redis.call('EXPIRE', KEYS[5], ARGV[8])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[10], '*', 'record', ARGV[7])
return ''
"""
# KEYS: job, leases of executions; ARGV: run, now
START = (
    FINAL
    + """
local held = redis.call('HMGET', KEYS[1], 'state', 'cancel', 'run', 'id', 'seconds')
if not held[1] or final[held[1]] then return 'over' end
if held[2] then return 'cancelled' end
if held[3] and held[3] ~= ARGV[1] then
  local lease = redis.call('ZSCORE', KEYS[2], held[4] .. ':' .. held[3])
  if lease and tonumber(lease) > tonumber(ARGV[2]) then return 'busy' end
end
redis.call('HSET', KEYS[1], 'state', 'running', 'stage', 'reading', 'run', ARGV[1], 'started', ARGV[2],
  'ends', tonumber(ARGV[2]) + tonumber(held[5]))
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
return 'go'
"""
)
# KEYS: job, progress; ARGV: stage, record, ends, kept progress
REPORT = """
if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return 0 end
redis.call('HSET', KEYS[1], 'stage', ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'ends', ARGV[3]) end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'record', ARGV[2])
return 1
"""
# KEYS: job, progress; ARGV: run, record, kept progress
WAIT_AGAIN = """
local held = redis.call('HMGET', KEYS[1], 'state', 'run')
if held[1] ~= 'running' or held[2] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'queued', 'stage', 'queued')
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'record', ARGV[2])
return 1
"""
# KEYS: job; ARGV: request. A run of it that died may have read, and published, already
WILL_FORGET = """
local held = redis.call('HMGET', KEYS[1], 'state', 'run')
if held[1] ~= 'queued' or held[2] then return 0 end
redis.call('HSET', KEYS[1], 'request', ARGV[1])
return 1
"""
# ARGV: state, record, now, kept, kept progress
FINISH = (
    FINAL
    + """
local before = redis.call('HGET', KEYS[1], 'state')
if not before or final[before] then return 0 end
local state, record, now, kept, kept_progress = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
"""
    + END
    + "return 1"
)
# ARGV: as FINISH
CANCEL = (
    FINAL
    + """
local before = redis.call('HGET', KEYS[1], 'state')
if not before or final[before] then return 'over' end
redis.call('HSET', KEYS[1], 'cancel', 1)
if before ~= 'queued' then return 'asked' end
local state, record, now, kept, kept_progress = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
"""
    + END
    + "return 'cancelled'"
)


class Begin(Enum):
    """What a worker may do with a job that it took from the queue."""

    GO = "go"
    OVER = "over"  # it has ended, or nobody knows it
    CANCELLED = "cancelled"  # somebody cancelled it and nobody has said so yet
    BUSY = "busy"  # another run of it holds a lease


class Cancelling(Enum):
    """What became of somebody's wish to cancel a job."""

    OVER = "over"
    ASKED = "asked"  # the worker will see it
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class JobAddress:
    """A job and whose it is, which together name its keys."""

    id: str
    owner: str


class JobState:
    """The steps of all jobs."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._submit = redis.register_script(SUBMIT)
        self._start = redis.register_script(START)
        self._report = redis.register_script(REPORT)
        self._wait_again = redis.register_script(WAIT_AGAIN)
        self._will_forget = redis.register_script(WILL_FORGET)
        self._finish = redis.register_script(FINISH)
        self._cancel = redis.register_script(CANCEL)

    async def submit(self, job_id: str, request: TrainRequest, queue: str, seconds: float) -> str:
        """Enter a job; return its id, or the id of the job that trains this model already.

        Raises:
            KeyError: The id is taken.
        """
        now = time.time()
        record = Progress(job_id, "queued").to_json()
        entry: list[str | float] = [job_id, request.model, now, request.to_json(), queue, seconds, record]
        where = [*_keys(JobAddress(job_id, request.owner)), keys.jobs(request.owner)]
        answer = await self._submit(keys=where, args=[*entry, KEPT, KEPT_JOBS, KEPT_PROGRESS])
        said = keys.as_text(answer)
        if said == "taken":
            raise KeyError(job_id)
        return said or job_id

    async def start(self, job_id: str, run: str, leases: str) -> Begin:
        """Begin a run unless the job is over, cancelled, or another run of it is alive.

        Args:
            job_id: The job.
            run: The id of RQ's execution.
            leases: The key under which RQ keeps the leases of the queue's executions.
        """
        answer = await self._start(keys=[keys.job(job_id), leases], args=[run, time.time()])
        return Begin(keys.as_text(answer))

    async def report(self, progress: Progress) -> bool:
        """Report from a running job; False where it is over."""
        ends = "" if progress.seconds_left is None else time.time() + progress.seconds_left
        entry = [progress.stage, progress.to_json(), ends, KEPT_PROGRESS]
        return bool(await self._report(keys=[keys.job(progress.job), keys.PROGRESS], args=entry))

    async def wait_again(self, job_id: str, run: str) -> bool:
        """Note that a run has died and its job waits for another; False where another has begun."""
        entry: list[str | float] = [run, Progress(job_id, "queued").to_json(), KEPT_PROGRESS]
        return bool(await self._wait_again(keys=[keys.job(job_id), keys.PROGRESS], args=entry))

    async def will_forget(self, job_id: str, request: TrainRequest) -> bool:
        """Let a job forget what was deleted; False where it has begun, and may have read it."""
        request = replace(request, forget=True)
        return bool(await self._will_forget(keys=[keys.job(job_id)], args=[request.to_json()]))

    async def finish(self, job: JobAddress, progress: Progress) -> bool:
        """End a job and say so, once; False where it had ended before."""
        return bool(await self._finish(keys=_keys(job), args=_end(progress)))

    async def cancel(self, job: JobAddress) -> Cancelling:
        """Cancel a job that waits, and ask a running one to stop."""
        answer = await self._cancel(keys=_keys(job), args=_end(cancelled(job.id)))
        return Cancelling(keys.as_text(answer))

    async def give_up(self, job_id: str, problem: str) -> bool:
        """End a job that RQ tries no more, as cancelled where somebody had asked for that."""
        request, wish = await self._redis.hmget(keys.job(job_id), ["request", "cancel"])
        if request is None:
            return False
        owner = TrainRequest.from_json(keys.as_text(request)).owner
        failure = Progress(job_id, "failed", problem=problem)
        return await self.finish(JobAddress(job_id, owner), failure if wish is None else cancelled(job_id))


def cancelled(job_id: str) -> Progress:
    """Return the report that ends a cancelled job."""
    return Progress(job_id, "cancelled")


def _keys(job: JobAddress) -> list[str]:
    return [keys.job(job.id), keys.ACTIVE_JOBS, keys.training(job.owner), keys.PROGRESS]


def _end(progress: Progress) -> list[str | float]:
    return [progress.stage, progress.to_json(), time.time(), KEPT, KEPT_PROGRESS]
