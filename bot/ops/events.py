"""How the page hears of what changes: server-sent events, each the whole of what is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from redis.exceptions import RedisError

from bot.ops.guard import Guard
from bot.ops.problems import Problem
from bot.streaming import send

PERIOD = 1.0  # seconds between looks
HEARTBEAT = 5.0  # seconds between signs of life, and between looks at the session
PATIENCE = 5.0  # seconds for a look
MOST = 32  # open streams
AWAY = b"event: away\ndata: {}\n\n"
ALIVE = b": still here\n\n"


class Events:
    """Streams one state to all who look; one look at Redis serves them all, and nobody looking costs none."""

    def __init__(self, guard: Guard, read: Callable[[], Awaitable[bytes]]) -> None:
        self._guard = guard
        self._read = read
        self._looking = asyncio.Lock()
        self._latest = AWAY
        self._looked = 0.0  # by the monotonic clock
        self.open = 0  # streams
        self._ended = asyncio.Event()

    def close(self) -> None:
        """End every stream."""
        self._ended.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Tell an operator's page what is and what changes, until it is closed or signed out."""
        await self._guard.admit(request)
        if self.open >= MOST:
            raise Problem(503, "Too many pages are open.", {"Retry-After": "30"})
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # or nginx keeps the events until a buffer is full
            }
        )
        self.open += 1
        try:
            await response.prepare(request)
            await self._feed(request, response)
        except (ConnectionResetError, Problem, RedisError):
            pass  # the page is gone, or its session, or nobody can say; an open page connects again
        finally:
            self.open -= 1
        return response

    async def _feed(self, request: web.Request, response: web.StreamResponse) -> None:
        told, beaten = b"", time.monotonic()
        while not self._ended.is_set():
            latest = await self._look()
            if latest != told:
                await send(request, response, latest)
                told = latest
            if time.monotonic() - beaten >= HEARTBEAT:
                await self._guard.admit(request)
                await send(request, response, ALIVE)
                beaten = time.monotonic()
            await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._ended.wait(), PERIOD)
        except TimeoutError:
            return

    async def _look(self) -> bytes:
        """Return what is, as an event; the same one for all who ask within a moment."""
        async with self._looking:
            if time.monotonic() - self._looked >= PERIOD / 2:
                try:
                    async with asyncio.timeout(PATIENCE):
                        self._latest = b"event: state\ndata: " + await self._read() + b"\n\n"
                except (RedisError, TimeoutError):
                    self._latest = AWAY
                self._looked = time.monotonic()
            return self._latest
