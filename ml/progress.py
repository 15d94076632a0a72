"""Follows what all trainings report, by one of the bot's replicas at a time."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from types import TracebackType

from redis.asyncio import Redis

from ml import keys, stream
from ml.job_records import FINAL, Progress

LEASE = 5.0  # seconds
RENEWAL = LEASE / 3

# KEYS: lease; ARGV: token, milliseconds
TAKE = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# KEYS: lease, cursor; ARGV: token, id of the record
ADVANCE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
"""
# KEYS: lease; ARGV: token
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


async def follow(redis: Redis) -> AsyncIterator[Progress]:
    """Yield reports for ever; each counts as dealt with when the next is asked for.

    One follower reads at a time, since order matters to a message that is edited; another takes over within
    five seconds of its end and goes on where it was. Of reports that wait, the latest of a job stands for
    those before it, unless one of them is its end.
    """
    pause = stream.Pause()
    async with _Lease(redis) as lease:
        while True:
            try:
                await lease.wait()
                cursor = await redis.get(keys.PROGRESS_CURSOR)
                waiting = await stream.read(redis, keys.PROGRESS, keys.as_text(cursor or "0-0"))
                for entry, progress in _latest(waiting):
                    yield progress
                    if not await lease.advance(entry):
                        break
                pause.over()
            except stream.AWAY as failure:
                await pause.wait(failure)


def _latest(entries: Sequence[tuple[str, dict[str, str]]]) -> list[tuple[str, Progress]]:
    """Leave out the reports that a later one of the same job stands for."""
    reports = [(entry, Progress.from_json(fields["record"])) for entry, fields in entries]
    last = {report.job: entry for entry, report in reports}
    return [
        (entry, report) for entry, report in reports if report.stage in FINAL or last[report.job] == entry
    ]


class _Lease:
    """The right to read the stream, kept up while a report is dealt with."""

    def __init__(self, redis: Redis) -> None:
        self._token = secrets.token_hex(8)
        self._take = redis.register_script(TAKE)
        self._advance = redis.register_script(ADVANCE)
        self._release = redis.register_script(RELEASE)
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> _Lease:
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        with contextlib.suppress(*stream.AWAY, TimeoutError):
            async with asyncio.timeout(1):
                await self._release(keys=[keys.PROGRESS_FOLLOWER], args=[self._token])

    async def wait(self) -> None:
        """Wait until the stream is ours."""
        while not await self._taken():  # noqa: ASYNC110 - another process lets it go
            await asyncio.sleep(RENEWAL)

    async def advance(self, entry: str) -> bool:
        """Note that a record is dealt with; False where somebody else reads by now."""
        where = [keys.PROGRESS_FOLLOWER, keys.PROGRESS_CURSOR]
        return bool(await self._advance(keys=where, args=[self._token, entry]))

    async def _taken(self) -> bool:
        return bool(await self._take(keys=[keys.PROGRESS_FOLLOWER], args=[self._token, int(LEASE * 1000)]))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            with contextlib.suppress(*stream.AWAY):
                await self._taken()
