"""One bot with an operators' server for all tests of a file: a start takes seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.bot.ops.operated import PATIENCE, Operated, operated


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Operated]:
    async with operated(tmp_path_factory.mktemp("operated")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of its own: its cookies are forgotten with the test."""
    jar = aiohttp.CookieJar(unsafe=True)  # for an address instead of a name
    async with aiohttp.ClientSession(timeout=PATIENCE, cookie_jar=jar) as session:
        yield session
