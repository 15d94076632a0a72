"""Connections to Redis that outlast a short restart of the server, and end when they are told."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from ml.redis_address import async_pool

TIMEOUT = 10.0  # seconds, above every blocking read
CONNECT_TIMEOUT = 3.0
MOST = 1024  # connections; beyond the 100 of redis-py a call fails, and a dead replica leaves more chats


class Cancellable(AbstractConnection):
    """A connection that loses no cancellation.

    redis-py sends through `asyncio.wait_for`, which before Python 3.12 forgets that the task was cancelled
    when the bytes were just sent (python/cpython#86296): a loop that was told to end would go on for ever.
    """

    async def send_packed_command(self, *arguments: Any, **options: Any) -> None:
        """Send, and then raise a cancellation that came meanwhile."""
        await super().send_packed_command(*arguments, **options)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            await self.disconnect(nowait=True)  # the answer would be taken for the next command's
            raise asyncio.CancelledError


def connect(redis_url: str) -> Redis:
    """Open a pool of connections to Redis; `ml.redis_address` says what addresses there are."""
    pool = async_pool(
        redis_url,
        max_connections=MOST,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=CONNECT_TIMEOUT,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
    )
    kind: type[AbstractConnection] = pool.connection_class  # of a TCP port, a socket or TLS
    pool.connection_class = type(kind.__name__, (Cancellable, kind), {})
    return Redis.from_pool(pool)
