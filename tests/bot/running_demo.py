"""`tonefit demo` as a child of a test: the whole process tree and its web chat."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox import scene
from tests.conftest import free_port

ROOT = Path(__file__).parent.parent.parent
TRAINING = "label,text\n" + "".join(
    f"junk,win a free prize number {n} now\nfine,see you at lunch on day {n}\n" for n in range(20)
)


@dataclass
class RunningDemo:
    process: subprocess.Popen[str]
    url: str
    seconds: float  # from the start to the line with the address

    def end(self) -> None:
        """End the tree as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)

    def tree(self) -> set[int]:
        """The processes below the demo."""
        known = {self.process.pid}
        grown = True
        while grown:
            found = {
                int(stat.parent.name)
                for stat in Path("/proc").glob("[0-9]*/stat")
                if _parent(stat) in known and int(stat.parent.name) not in known
            }
            known |= found
            grown = bool(found)
        return known

    async def post(self, session: aiohttp.ClientSession, path: str, **fields: Any) -> dict[str, Any]:
        form = aiohttp.FormData()
        for name, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename="data.csv")
            else:
                form.add_field(name, str(value))
        async with session.post(f"{self.url}/chat/{path}", data=form) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def ask(
        self, session: aiohttp.ClientSession, pattern: str, seconds: float, **fields: Any
    ) -> dict[str, Any]:
        """Send a message as Ada and wait until the bot's reply to that very message matches."""
        sent = await self.post(session, "send", person=scene.ADA, chat=scene.ADA, **fields)
        deadline = time.monotonic() + seconds
        replies: list[dict[str, Any]] = []
        while True:
            for message in await self.messages(session):
                quoted = message.get("reply_to_message", {}).get("message_id")
                if quoted != sent["message_id"] or not message["from"]["is_bot"]:
                    continue
                replies.append(message)
                if re.search(pattern, message.get("text") or message.get("caption") or ""):
                    return message
            assert time.monotonic() < deadline, replies[-1:]
            await asyncio.sleep(0.1)

    async def messages(self, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
        """The newest messages of Ada's private chat."""
        where = f"{self.url}/chat/messages?person={scene.ADA}&chat={scene.ADA}"
        async with session.get(where) as response:
            return (await response.json())["messages"]


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return -1


def start(folder: Path) -> RunningDemo:
    started = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TONEFIT_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(free_port())],
        cwd=ROOT,
        env=environment | {"TONEFIT_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"Open (http://\S+)", line)
        if found:
            return RunningDemo(process, found[1], time.monotonic() - started)
    raise AssertionError("the demo ended before it was ready")
