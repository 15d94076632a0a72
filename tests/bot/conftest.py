"""The whole bot as people meet it: the real process, the local Bot API, a real Valkey."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from tests.conftest import Valkey

ROOT = Path(__file__).parent.parent.parent
START_TIMEOUT = 30.0  # seconds; the machine may be busy with other tests


@dataclass
class World:
    """A sandbox with the bot's process on it."""

    sandbox: Sandbox
    redis_url: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "bot.log").read_text("utf-8")

    async def start(self) -> None:
        """Start the bot and wait until it answers."""
        environment = {
            **os.environ,
            "TONEFIT_TOKEN": "1:test-token",
            "TONEFIT_API_URL": self.sandbox.url,
            "TONEFIT_REDIS_URL": self.redis_url,
            "TONEFIT_DATA_DIR": str(self.folder),
            "TONEFIT_LIMITS": "off",
            **self.environment,
        }
        ready = "setWebhook" if "TONEFIT_WEBHOOK_URL" in self.environment else "getUpdates"
        before = len(self.sandbox.calls_of(ready))
        with (self.folder / "bot.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run", *self.arguments],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while len(self.sandbox.calls_of(ready)) == before:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            await asyncio.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> None:
        """End the bot's process."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    async def ask(
        self, text: str, *, person: int = scene.ADA, chat: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Write as somebody and return the bot's reply."""
        said = await self.sandbox.say(person, person if chat is None else chat, text, **options)
        return await self.sandbox.reply_to(said, 45)

    async def send_file(
        self, name: str, content: bytes, *, person: int = scene.ADA, **options: Any
    ) -> dict[str, Any]:
        """Send a file as somebody and return the bot's reply."""
        sent = await self.sandbox.upload(person, person, name, content, **options)
        return await self.sandbox.reply_to(sent, 60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A bot that polls, for all tests of a file: a start takes seconds."""
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    valkey.start()
    async with Sandbox() as sandbox:
        running = World(sandbox, valkey.url, tmp_path_factory.mktemp("bot"))
        await running.start()
        yield running
        running.end()
    valkey.kill()


@pytest.fixture
async def still_world(redis_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world of the test's own, with a bot that the test starts."""
    async with Sandbox() as sandbox:
        standing = World(sandbox, redis_url, tmp_path)
        yield standing
        standing.end()
