import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ml.registry import ModelEntry, ModelGone, NameTaken, Registry
from tests.conftest import Valkey

Change = tuple[str, str, str | None]


@pytest.fixture
def registry(redis_client: redis.asyncio.Redis) -> Registry:
    return Registry(redis_client)


async def until(changes: AsyncIterator[Change], wanted: Change, seconds: float = 2.0) -> float:
    """Return how long a follower waited for a change."""
    begun = time.monotonic()
    async with asyncio.timeout(seconds):
        async for change in changes:
            if change == wanted:
                break
    return time.monotonic() - begun


async def test_a_new_model_has_no_version_yet(registry: Registry) -> None:
    made = await registry.create("-100", "垃圾", ["广告", "正常"], by=7)
    assert (made.labels, made.version, made.created_by) == (("广告", "正常"), None, 7)
    assert await registry.get("-100", "垃圾") == made
    assert await registry.get("-101", "垃圾") is None


async def test_a_name_can_be_taken_once_in_a_chat(registry: Registry) -> None:
    outcomes = await asyncio.gather(
        *(registry.create("1", "spam", ["a", "b"], by=n) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, ModelEntry) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 4
    assert (await registry.create("2", "spam", ["a", "b"], by=1)).owner == "2"


async def test_models_are_listed_with_their_live_versions(registry: Registry) -> None:
    for name in ("zeta", "alpha"):
        await registry.create("1", name, ["a", "b"], by=7)
    await registry.promote("1", "zeta", "v2")
    assert sorted((entry.name, entry.version) for entry in await registry.list("1")) == [
        ("alpha", None),
        ("zeta", "v2"),
    ]
    assert await registry.list("2") == []


async def test_a_model_deleted_meanwhile_is_not_promoted_into_life(registry: Registry) -> None:
    await registry.create("1", "spam", ["a", "b"], by=7)
    await registry.promote("1", "spam", "v1")
    await registry.delete("1", "spam")
    with pytest.raises(ModelGone):
        await registry.promote("1", "spam", "v2")
    assert (await registry.get("1", "spam"), await registry.list("1")) == (None, [])
    assert (await registry.create("1", "spam", ["c", "d"], by=7)).version is None


async def test_every_replica_hears_of_a_change_within_two_seconds(redis_url: str, registry: Registry) -> None:
    await registry.create("1", "spam", ["a", "b"], by=7)
    async with redis.asyncio.Redis.from_url(redis_url) as other:
        followers = [registry.changes(), Registry(other).changes()]
        waiting = [asyncio.create_task(until(follower, ("1", "spam", "v1"))) for follower in followers]
        await asyncio.sleep(0.2)
        await registry.promote("1", "spam", "v1")
        assert all(seconds < 2 for seconds in await asyncio.gather(*waiting))


async def test_a_deletion_is_heard_as_a_model_without_a_version(registry: Registry) -> None:
    await registry.create("1", "spam", ["a", "b"], by=7)
    await registry.promote("1", "spam", "v1")
    follower = registry.changes()
    await until(follower, ("1", "spam", "v1"))
    await registry.delete("1", "spam")
    await until(follower, ("1", "spam", None))


async def test_a_change_just_before_following_is_heard(registry: Registry) -> None:
    await registry.create("1", "spam", ["a", "b"], by=7)
    await registry.promote("1", "spam", "v1")
    await until(registry.changes(), ("1", "spam", "v1"))


async def test_a_change_before_the_first_look_is_heard(registry: Registry) -> None:
    await registry.create("1", "spam", ["a", "b"], by=7)
    follower = registry.changes()
    await asyncio.sleep(3)  # longer than the margin: the call counts, not the first look
    await registry.promote("1", "spam", "v1")
    await until(follower, ("1", "spam", "v1"))


async def test_following_goes_on_after_a_restart_of_redis(own_valkey: Valkey) -> None:
    async with (
        redis.asyncio.Redis.from_url(own_valkey.url, retry=Retry(NoBackoff(), 1)) as one,
        redis.asyncio.Redis.from_url(own_valkey.url) as other,
    ):
        registry, follower = Registry(one), Registry(other).changes()
        await registry.create("1", "spam", ["a", "b"], by=7)
        waiting = asyncio.create_task(until(follower, ("1", "spam", "v1"), 15))
        await asyncio.sleep(0.3)
        own_valkey.kill()
        await asyncio.sleep(1.0)
        await asyncio.to_thread(own_valkey.start)
        await registry.promote("1", "spam", "v1")
        begun = time.monotonic()
        await waiting
        assert time.monotonic() - begun < 2


async def test_no_key_holds_a_name(registry: Registry, redis_client: redis.asyncio.Redis) -> None:
    await registry.create("1", "secretmodel", ["secreta", "secretb"], by=7)
    await registry.promote("1", "secretmodel", "v1")
    assert b"secret" not in b" ".join(await redis_client.keys())


async def test_a_promotion_is_served_when_every_replica_has_dealt_with_it(
    redis_client: redis.asyncio.Redis,
) -> None:
    registry = Registry(redis_client)
    await registry.create("1", "spam", ("a", "b"), 7)
    quick, slow = Registry(redis_client).changes(), Registry(redis_client).changes()
    first = await registry.promote("1", "spam", "v1")
    assert await registry.served(first)  # nobody serves anything yet
    for replica in (quick, slow):
        assert await anext(replica) == ("1", "spam", "v1")
    assert not await registry.served(first, patience=0.2)  # both have heard of it and serve it not yet
    second = await registry.promote("1", "spam", "v2")
    reading = [asyncio.create_task(anext(replica)) for replica in (quick, slow)]
    await asyncio.gather(*reading)
    assert await registry.served(first)
    assert not await registry.served(second, patience=0.2)
    waiting = [asyncio.create_task(anext(replica)) for replica in (quick, slow)]
    assert await registry.served(second)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)


async def test_a_replica_that_died_keeps_nobody_waiting(redis_client: redis.asyncio.Redis) -> None:
    registry = Registry(redis_client)
    await registry.create("1", "spam", ("a", "b"), 7)
    await redis_client.hset("tonefit:serving", "dead", "1-0 1000")
    assert await registry.served(await registry.promote("1", "spam", "v1"), patience=0.2)
    assert await redis_client.hlen("tonefit:serving") == 0
