"""A Bot API server that does as little as it can, so that a benchmark measures the bot: run as a process.

`python -m tests.bench.bot_api PORT UPDATES RATE CORE` serves /sentiment messages of 200 chats, RATE a second
(0: as fast as they are taken), by polling or to the webhook that the bot sets. `GET /ready` answers when one
is there, `GET /go` begins, and one JSON line is printed when each was answered: updates a second, and
milliseconds from delivery to answer.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import orjson
import uvloop
from aiohttp import web

CHATS = 200
CONNECTIONS = 40  # of the webhook, Telegram's default
BATCH = 100
PATIENCE = 120.0  # seconds, and one for every hundred updates
ME = {"id": 1, "is_bot": True, "first_name": "B", "username": "bench_bot"}
TEXT = "/sentiment What a lovely surprise, thank you so much for coming, number {number}"


class BotApi:
    """Deliveries and answers of one run."""

    def __init__(self, updates: int, rate: float) -> None:
        self.rate = rate
        self.bodies = [orjson.dumps(update(number)) for number in range(updates)]
        self.delivered = [0.0] * updates
        self.answered = [0.0] * updates
        self.count = 0
        self.begun = 0.0
        self.bot_is_there = asyncio.Event()
        self.gate = asyncio.Event()
        self.done = asyncio.Event()
        self.webhook: asyncio.Task[None] | None = None

    async def serve(self, request: web.Request) -> web.Response:
        match request.match_info["method"].lower():
            case "sendmessage":
                return self.take_answer(await given(request))
            case "getupdates":
                return await self.give_updates(await given(request))
            case "getme":
                return reply(ME)
            case "setwebhook":
                self.bot_is_there.set()
                told = await given(request)
                secret = told.get("secret_token", "")
                self.webhook = asyncio.create_task(self.deliver(told["url"], secret))
        return reply(True)

    def due(self) -> int:
        """Return how many updates may have been delivered by now."""
        if not self.gate.is_set():
            return 0
        if not self.rate:
            return len(self.bodies)
        return min(len(self.bodies), int((time.perf_counter() - self.begun) * self.rate))

    async def give_updates(self, told: dict[str, Any]) -> web.Response:
        self.bot_is_there.set()
        first = max(0, int(told.get("offset", 0)) - 1)
        until = time.perf_counter() + min(1.0, float(told.get("timeout", 0)))
        while (last := min(self.due(), first + BATCH)) <= first and time.perf_counter() < until:
            await asyncio.sleep(0.002)
        now = time.perf_counter()
        for number in range(first, last):
            self.delivered[number] = self.delivered[number] or now
        return web.Response(
            body=b'{"ok":true,"result":[' + b",".join(self.bodies[first:last]) + b"]}",
            content_type="application/json",
        )

    async def deliver(self, url: str, secret: str) -> None:
        """Post the updates to a webhook, again where one is refused."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
        await self.gate.wait()
        numbers = iter(range(len(self.bodies)))
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with aiohttp.ClientSession(headers=headers, connector=connector) as session:

            async def post() -> None:
                for number in numbers:
                    while self.due() <= number:
                        await asyncio.sleep(0.002)
                    self.delivered[number] = time.perf_counter()
                    while True:
                        async with session.post(url, data=self.bodies[number]) as response:
                            if response.status == 200:
                                break
                        await asyncio.sleep(0.05)

            await asyncio.gather(*(post() for _ in range(CONNECTIONS)))

    def take_answer(self, told: dict[str, Any]) -> web.Response:
        quoting = told["reply_parameters"]
        quoted = (orjson.loads(quoting) if isinstance(quoting, str) else quoting)["message_id"] - 1
        if not self.answered[quoted]:
            self.answered[quoted] = time.perf_counter()
            self.count += 1
            if self.count == len(self.bodies):
                self.done.set()
        chat = {"id": int(told["chat_id"]), "type": "private", "first_name": "P"}
        return reply({"message_id": self.count, "date": 1, "text": "x", "chat": chat})

    async def go(self, request: web.Request) -> web.Response:
        """Begin: the bots are loaded."""
        self.begun = time.perf_counter()
        self.gate.set()
        return reply(True)

    async def ready(self, request: web.Request) -> web.Response:
        """Answer when a bot is there."""
        await self.bot_is_there.wait()
        return reply(True)

    def result(self) -> dict[str, Any]:
        """Return what the run came to."""
        waits = sorted(1000 * (end - begin) for begin, end in zip(self.delivered, self.answered, strict=True))
        return {
            "updates": len(self.bodies),
            "answered": self.count,
            "per_second": len(self.bodies) / (max(self.answered) - self.begun),
            "p50": waits[len(waits) // 2],
            "p99": waits[int(len(waits) * 0.99)],
        }


def update(number: int) -> dict[str, Any]:
    """Return a message to the bot; chats take turns."""
    person = {"id": number % CHATS + 1, "is_bot": False, "first_name": "P", "language_code": "en"}
    text = TEXT.format(number=number)
    return {
        "update_id": number + 1,
        "message": {
            "message_id": number + 1,
            "date": int(time.time()),
            "chat": {"id": person["id"], "type": "private", "first_name": "P"},
            "from": person,
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": 10}],
        },
    }


async def given(request: web.Request) -> dict[str, Any]:
    """Return the parameters of a call, sent as JSON or as a form."""
    body = await request.read()
    if request.content_type == "application/json":
        return dict(orjson.loads(body))
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def reply(result: object) -> web.Response:
    return web.Response(body=orjson.dumps({"ok": True, "result": result}), content_type="application/json")


async def main(port: int, updates: int, rate: float) -> None:
    api = BotApi(updates, rate)
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", api.serve)
    app.router.add_get("/ready", api.ready)
    app.router.add_get("/go", api.go)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with asyncio.timeout(PATIENCE + updates / 100):
            await api.done.wait()
    except TimeoutError:
        print(orjson.dumps({"answered": api.count, "updates": updates}).decode(), flush=True)
        return
    print(orjson.dumps(api.result()).decode(), flush=True)
    await asyncio.sleep(60)  # until we are ended: the bot still reads


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(sys.argv[4])})
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
