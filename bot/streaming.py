"""Server-sent events on their way to a browser that may have stopped reading."""

from __future__ import annotations

import asyncio

from aiohttp import web

PATIENCE = 10.0  # seconds that a full connection has to take more


async def send(request: web.Request, response: web.StreamResponse, event: bytes) -> None:
    """Write an event; a connection that takes nothing more is cut, so that it holds nothing up.

    Raises:
        ConnectionResetError: It was cut, by us or at the other end.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            await response.write(event)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()  # to close it would wait for what lies in it
        raise ConnectionResetError("the browser reads no more") from None
