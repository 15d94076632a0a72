"""What becomes of an open stream whose browser stopped reading."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from bot import streaming
from bot.ops import events
from bot.ops.events import Events
from bot.ops.guard import Guard
from bot.ops.signin import LINK_OWNER, Signins
from bot.sandbox.scene import ADA
from bot.sandbox.server import Sandbox

LARGE = 4 << 20  # bytes, so that a few fill what lies between us and the browser
STALLED = 64  # kB that the browser's side takes


def deaf(port: int, path: str, token: str = "") -> socket.socket:
    """Ask for a stream and never read."""
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED * 1024)
    stalled.connect(("127.0.0.1", port))
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    stalled.sendall(head.encode())
    return stalled


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PATIENCE", 0.2)
    monkeypatch.setattr(events, "PERIOD", 0.05)


async def test_an_operators_page_that_stopped_reading_is_cut_off(redis_client: Redis) -> None:
    signins, count = Signins(redis_client), iter(range(10_000))

    async def read() -> bytes:
        return b"%d" % next(count) + b" " * LARGE

    streams = Events(Guard(signins), read)
    app = web.Application()
    app.router.add_get("/events", streams.stream)
    async with TestServer(app) as server, asyncio.timeout(30):
        with deaf(server.port or 0, "/events", await signins.open(LINK_OWNER)):
            while not streams.open:
                await asyncio.sleep(0.02)
            while streams.open:
                await asyncio.sleep(0.05)


async def test_a_web_chat_that_stopped_reading_is_cut_off() -> None:
    async with Sandbox() as sandbox, asyncio.timeout(30):
        listeners = sandbox.backend.events.listeners
        with deaf(int(sandbox.url.rpartition(":")[2]), "/chat/events"):
            while not listeners:
                await asyncio.sleep(0.02)
            while listeners:
                sandbox.backend.events.tell("chats", {"chat_id": ADA, "filling": " " * LARGE})
                await asyncio.sleep(0.01)
