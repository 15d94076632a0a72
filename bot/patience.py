"""Waiting for Redis: a call that is made again for as long as Redis is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from redis.exceptions import RedisError

from ml.stream import AWAY, Pause

log = logging.getLogger(__name__)

Result = TypeVar("Result")
START_AGAIN_AFTER = 1.0  # seconds


async def with_redis(
    call: Callable[[], Awaitable[Result]], failures: tuple[type[RedisError], ...] = AWAY
) -> Result:
    """Call, and call again after each of the `failures`."""
    pause: Pause | None = None
    while True:
        try:
            return await call()
        except failures as failure:
            pause = pause or Pause()
            await pause.wait(failure)


async def for_ever(name: str, service: Callable[[], Awaitable[None]]) -> None:
    """Run a part of the bot; where Redis makes it fail (a full disk, a lost replica), start it again."""
    while True:
        try:
            await service()
            return
        except (RedisError, TimeoutError) as failure:
            log.warning("%s failed (%s); starting it again", name, type(failure).__name__)
            await asyncio.sleep(START_AGAIN_AFTER)


async def whatever_happens(work: Coroutine[Any, Any, None]) -> None:
    """Do something to its end although we are cancelled meanwhile; it has a time limit of its own."""
    task = asyncio.create_task(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
