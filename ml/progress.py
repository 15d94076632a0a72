"""Follows what all trainings report, by one of the bot's replicas at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis

from ml import keys, stream
from ml.job_records import FINAL, Progress
from ml.lease import Lease

# KEYS: lease, cursor; ARGV: token, id of the record
ADVANCE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
"""


async def follow(redis: Redis) -> AsyncIterator[Progress]:
    """Yield reports for ever; each counts as dealt with when the next is asked for.

    One follower reads at a time, since order matters to a message that is edited; another takes over within
    five seconds of its end and goes on where it was. Of reports that wait, the latest of a job stands for
    those before it, unless one of them is its end.
    """
    pause = stream.Pause()
    advance = redis.register_script(ADVANCE)
    async with Lease(redis, keys.PROGRESS_FOLLOWER) as lease:
        while True:
            try:
                await lease.wait()
                cursor = await redis.get(keys.PROGRESS_CURSOR)
                waiting = await stream.read(redis, keys.PROGRESS, keys.as_text(cursor or "0-0"))
                for entry, progress in _latest(waiting):
                    yield progress
                    where = [lease.key, keys.PROGRESS_CURSOR]
                    if not await advance(keys=where, args=[lease.token, entry]):
                        lease.doubt()  # somebody else reads by now
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
