"""A running sandbox, python-telegram-bot's own client of it, and a client that sends calls as they are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.sandbox import Sandbox

Json = dict[str, Any]
Call = Callable[..., Awaitable[Json]]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=sandbox.url) as session:
        yield session


@pytest.fixture
def call(client: aiohttp.ClientSession) -> Call:
    """Call a method with JSON parameters and return the whole answer."""

    async def post(method: str, **params: Any) -> Json:
        async with client.post(f"/bot1:token/{method}", json=params) as response:
            body: Json = await response.json()
            assert body["ok"] == (response.status == 200)
            return body

    return post


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with bot_at(sandbox) as running:
        yield running


def bot_at(sandbox: Sandbox) -> Bot:
    """Return python-telegram-bot's client of a sandbox."""
    # no certificates to load for plain HTTP: it would take longer than the tests
    plain = {"verify": False}
    return Bot(
        "1:token",
        base_url=f"{sandbox.url}/bot",
        base_file_url=f"{sandbox.url}/file/bot",
        request=HTTPXRequest(httpx_kwargs=plain),
        get_updates_request=HTTPXRequest(httpx_kwargs=plain),
    )


def png(width: int = 16, height: int = 8) -> bytes:
    """Return a real picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
