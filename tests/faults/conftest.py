"""A field for accidents: the local Bot API, a real Valkey, and bots as processes that can be killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.state import Json, Person
from tests.conftest import Valkey, free_port

ROOT = Path(__file__).parent.parent.parent
START_TIMEOUT = 60.0  # seconds; the machine may be busy
FIRST_PERSON = 5_000
TEXT = "/s what a wonderful day, I love it"


class Bot:
    """One replica."""

    def __init__(self, field: Field, number: int) -> None:
        self.field = field
        self.log = field.folder / f"bot{number}.log"
        environment = {
            **os.environ,
            "TONEFIT_TOKEN": "1:test-token",
            "TONEFIT_API_URL": field.sandbox.url,
            "TONEFIT_REDIS_URL": field.valkey.url,
            "TONEFIT_DATA_DIR": str(field.folder),
            "TONEFIT_LIMITS": "off",
            **field.environment,
        }
        if field.webhook:
            listen = f"127.0.0.1:{free_port()}"
            environment |= {
                "TONEFIT_WEBHOOK_URL": f"http://{listen}/hook",
                "TONEFIT_WEBHOOK_LISTEN": listen,
                "TONEFIT_WEBHOOK_SECRET": "secret",
            }
            self.url = f"http://{listen}/hook"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *field.program], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    @property
    def ready(self) -> bool:
        assert self.process.poll() is None, self.said
        if not self.field.webhook:
            return "answering as" in self.said
        return any(call.params.get("url") == self.url for call in self.field.sandbox.calls_of("setWebhook"))

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def send(self, number: int) -> None:
        """Send a signal to this very process."""
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait(10)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


class Field:
    """People who write, bots that answer, and the count of what was answered."""

    def __init__(self, sandbox: Sandbox, valkey: Valkey, folder: Path) -> None:
        self.sandbox = sandbox
        self.valkey = valkey
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.program: tuple[str, ...] = ("-m", "bot", "run")
        self.webhook = False
        self.bots: list[Bot] = []
        self.asked: dict[int, list[int]] = {}  # chat to the messages that want an answer

    async def start(self, count: int = 1) -> list[Bot]:
        """Start replicas and wait until they answer."""
        bots = [Bot(self, len(self.bots) + number) for number in range(count)]
        self.bots += bots
        await self.until(lambda: all(bot.ready for bot in bots), START_TIMEOUT)
        return bots

    def people(self, count: int) -> list[int]:
        """Let people come who have not been here before."""
        first = FIRST_PERSON + len(self.asked)
        for number in range(first, first + count):
            self.sandbox.add_person(Person(number, f"Person {number}"))
            self.asked[number] = []
        return list(range(first, first + count))

    async def ask(self, people: list[int], count: int, text: str = TEXT) -> None:
        """Have people write in turn, `count` messages in all."""
        for number in range(count):
            person = people[number % len(people)]
            said: Json = await self.sandbox.say(person, person, text)
            self.asked[person].append(said["message_id"])
            if number % 50 == 49:
                await asyncio.sleep(0)

    def answered(self, chat: int) -> list[int]:
        """The messages that were answered in a chat, in the order of the answers."""
        return [
            post["reply_to_message"]["message_id"]
            for post in self.sandbox.messages(chat)
            if post["from"]["is_bot"] and "reply_to_message" in post
        ]

    @property
    def answers(self) -> int:
        """How many messages were answered at least once."""
        return sum(len(set(self.answered(chat))) for chat in self.asked)

    @property
    def lost(self) -> int:
        return sum(len(set(asked) - set(self.answered(chat))) for chat, asked in self.asked.items())

    @property
    def repeated(self) -> int:
        """How many answers came again."""
        return sum(
            sum(Counter(self.answered(chat)).values()) - len(set(self.answered(chat))) for chat in self.asked
        )

    def buttons_below(self, chat: int) -> dict[int, set[str]]:
        """Return what stands below the answers to each message of a chat, as JSON."""
        found: dict[int, set[str]] = {}
        for post in self.sandbox.messages(chat):
            if post["from"]["is_bot"] and "reply_to_message" in post:
                asked = post["reply_to_message"]["message_id"]
                found.setdefault(asked, set()).add(json.dumps(post.get("reply_markup")))
        return found

    @property
    def out_of_order(self) -> list[int]:
        """The chats in which a message was answered first after a later one."""
        firsts = {chat: list(dict.fromkeys(self.answered(chat))) for chat in self.asked}
        return [chat for chat, answered in firsts.items() if answered != sorted(answered)]

    async def all_answered(self, seconds: float) -> None:
        """Wait until nothing waits for an answer, and a moment for answers that come again."""
        await self.until(lambda: self.lost == 0, seconds)
        await asyncio.sleep(0.5)

    async def until(self, true: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"{self.lost} unanswered; {self.bots[-1].said[-3000:]}"
            await asyncio.sleep(0.05)


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """A field with a server of its own and no bot yet."""
    folder = tmp_path / "valkey"
    folder.mkdir()
    valkey = Valkey(folder)
    valkey.start()
    async with Sandbox() as sandbox:
        built = Field(sandbox, valkey, tmp_path)
        yield built
        for bot in built.bots:
            bot.end()
    valkey.kill()
