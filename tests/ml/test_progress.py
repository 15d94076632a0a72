"""The stream of progress as one, two and restarted bots follow it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ml import keys
from ml.job_records import Progress
from ml.lease import LEASE
from ml.progress import follow
from tests.conftest import Valkey


async def tell(client: redis.asyncio.Redis, *reports: Progress) -> None:
    for report in reports:
        await client.xadd(keys.PROGRESS, {"record": report.to_json()})


async def take(reports: AsyncIterator[Progress], count: int, seconds: float = 5) -> list[Progress]:
    async with asyncio.timeout(seconds):
        return [await anext(reports) for _ in range(count)]


@pytest.fixture
async def other(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """The client of another replica of the bot."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield client


async def test_reports_arrive_as_they_were_told(redis_client: redis.asyncio.Redis) -> None:
    reports = follow(redis_client)
    told = [
        Progress("a", "training", 1, 5, 0.5, 0.6, 0.7, 9.5),
        Progress("b", "failed", problem="one_class"),
        Progress("c", "done", report={"metrics": {"macro_f1": 0.5}, "version": "v1"}),
    ]
    await tell(redis_client, *told)
    assert await take(reports, 3) == told


async def test_a_report_that_waits_is_left_out_for_a_later_one_of_its_job(
    redis_client: redis.asyncio.Redis,
) -> None:
    await tell(redis_client, *(Progress("a", "training", epoch=n) for n in range(1, 6)))
    await tell(redis_client, Progress("b", "queued"), Progress("a", "done"))
    assert await take(follow(redis_client), 2) == [Progress("b", "queued"), Progress("a", "done")]


async def test_an_end_is_never_left_out(redis_client: redis.asyncio.Redis) -> None:
    await tell(redis_client, Progress("a", "cancelled"), Progress("a", "training", epoch=2))
    assert [report.stage for report in await take(follow(redis_client), 2)] == ["cancelled", "training"]


async def test_a_restarted_bot_goes_on_where_it_was(redis_client: redis.asyncio.Redis) -> None:
    await tell(redis_client, *(Progress(f"job{n}", "done") for n in range(4)))
    first = follow(redis_client)
    assert [report.job for report in await take(first, 2)] == ["job0", "job1"]
    await first.aclose()  # while the second is dealt with
    assert [report.job for report in await take(follow(redis_client), 3)] == ["job1", "job2", "job3"]


async def test_a_bot_that_ends_in_good_order_is_followed_at_once(
    redis_client: redis.asyncio.Redis, other: redis.asyncio.Redis
) -> None:
    first = follow(redis_client)
    await tell(redis_client, Progress("a", "done"), Progress("b", "done"))
    await take(first, 1)
    waiting = asyncio.create_task(take(follow(other), 2))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await first.aclose()
    assert [report.job for report in await waiting] == ["a", "b"]


async def test_each_report_reaches_one_of_two_bots(
    redis_client: redis.asyncio.Redis, other: redis.asyncio.Redis
) -> None:
    seen: list[str] = []

    async def show(client: redis.asyncio.Redis) -> None:
        async for report in follow(client):
            seen.append(report.job)  # noqa: PERF401 - it never ends

    bots = [asyncio.create_task(show(client)) for client in (redis_client, other)]
    for n in range(20):
        await tell(redis_client, Progress(f"job{n}", "done"))
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    assert seen == [f"job{n}" for n in range(20)]
    for bot in bots:
        bot.cancel()
    await asyncio.gather(*bots, return_exceptions=True)


async def test_a_killed_bot_is_followed_within_its_lease(
    redis_client: redis.asyncio.Redis, other: redis.asyncio.Redis
) -> None:
    await redis_client.set(keys.PROGRESS_FOLLOWER, "the dead one", px=int(LEASE * 1000))
    await tell(redis_client, Progress("a", "done"))
    begun = time.monotonic()
    assert [report.job for report in await take(follow(other), 1, seconds=8)] == ["a"]
    assert time.monotonic() - begun < LEASE + 2


async def test_the_lease_is_kept_while_a_report_takes_long(
    redis_client: redis.asyncio.Redis, other: redis.asyncio.Redis
) -> None:
    await tell(redis_client, Progress("a", "done"))
    slow = follow(redis_client)
    await take(slow, 1)
    waiting = asyncio.create_task(take(follow(other), 1, seconds=20))
    await asyncio.sleep(LEASE + 2)
    assert not waiting.done()
    await slow.aclose()
    assert [report.job for report in await waiting] == ["a"]


async def test_a_bot_that_slept_through_its_lease_moves_no_cursor(redis_client: redis.asyncio.Redis) -> None:
    await tell(redis_client, Progress("a", "done"), Progress("b", "done"))
    asleep = follow(redis_client)
    await take(asleep, 1)
    await redis_client.set(keys.PROGRESS_FOLLOWER, "another", px=1500)
    await redis_client.set(keys.PROGRESS_CURSOR, (await redis_client.xrevrange(keys.PROGRESS))[0][0])
    await tell(redis_client, Progress("c", "done"))
    assert [report.job for report in await take(asleep, 1)] == ["c"]


async def test_following_goes_on_after_a_restart_of_redis(own_valkey: Valkey) -> None:
    async with redis.asyncio.Redis.from_url(own_valkey.url, retry=Retry(NoBackoff(), 1)) as client:
        reports = follow(client)
        await tell(client, Progress("a", "done"))
        await take(reports, 1)
        waiting = asyncio.create_task(take(reports, 1, seconds=15))
        await asyncio.sleep(0.2)
        own_valkey.kill()
        await asyncio.sleep(1)
        await asyncio.to_thread(own_valkey.start)
        await tell(client, Progress("b", "done"))
        assert [report.job for report in await waiting] == ["b"]
