"""Connections to Redis: what a task that was told to end does in the middle of a call."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from bot.connection import connect


@pytest.mark.parametrize("turns", range(12))
async def test_a_task_that_is_cancelled_at_any_moment_of_a_call_ends(redis_client: Redis, turns: int) -> None:
    async def read_for_ever() -> None:
        while True:
            await redis_client.get("nothing")

    task = asyncio.create_task(read_for_ever())
    await asyncio.sleep(0.02)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=1)
    assert done and task.cancelled()
    assert await redis_client.ping()


async def test_a_socket_of_this_machine_is_an_address_too() -> None:
    redis = connect("unix:///nowhere/redis.sock")
    assert redis.connection_pool.connection_class.__name__ == "UnixDomainSocketConnection"
    await redis.aclose()
