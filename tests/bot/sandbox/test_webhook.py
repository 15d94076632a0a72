"""How a webhook gets its updates: with the secret, in order per chat, until it says 200."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox import Sandbox
from bot.sandbox.scene import ADA, GRACE
from tests.bot.sandbox.conftest import Call


class Receiver:
    """A webhook that notes what comes and answers what it is told."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.secrets: set[str | None] = set()
        self.refusals = 0
        self.at_once = 0
        self.most_at_once = 0
        self.seconds = 0.0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        body = await request.json()
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        if self.refusals > 0:
            self.refusals -= 1
            return web.Response(status=503)
        self.updates.append(body)
        return web.Response()

    def texts(self, chat: int) -> list[str]:
        return [
            update["message"]["text"] for update in self.updates if update["message"]["chat"]["id"] == chat
        ]

    async def has(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.updates) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def receiver(sandbox: Sandbox) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    sandbox.backend.webhook.pause = 0.05
    yield receiver
    await runner.cleanup()


async def test_updates_are_posted_with_the_secret(sandbox: Sandbox, call: Call, receiver: Receiver) -> None:
    await sandbox.say(ADA, ADA, "before")
    assert (await call("setWebhook", url=receiver.url, secret_token="s3cret_-"))["result"] is True
    await sandbox.say(ADA, ADA, "after")
    await receiver.has(2)
    assert receiver.texts(ADA) == ["before", "after"]
    assert receiver.secrets == {"s3cret_-"}
    info = (await call("getWebhookInfo"))["result"]
    assert (info["url"], info["pending_update_count"], info["max_connections"]) == (receiver.url, 0, 40)


async def test_an_update_is_repeated_until_it_is_taken(
    sandbox: Sandbox, call: Call, receiver: Receiver
) -> None:
    receiver.refusals = 1_000  # more than come before the first is reported
    await call("setWebhook", url=receiver.url)
    for text in "abc":
        await sandbox.say(ADA, ADA, text)
    info: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while "last_error_message" not in info:
            info = (await call("getWebhookInfo"))["result"]
    receiver.refusals = 0
    assert info["pending_update_count"] == 3
    assert info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
    await receiver.has(3)
    assert receiver.texts(ADA) == ["a", "b", "c"]
    assert receiver.secrets == {None}


@pytest.mark.parametrize("connections", [1, 2])
async def test_chats_go_side_by_side_and_each_in_order(
    sandbox: Sandbox, call: Call, receiver: Receiver, connections: int
) -> None:
    receiver.seconds = 0.02
    await call("setWebhook", url=receiver.url, max_connections=connections)
    for text in "abcd":
        await sandbox.say(ADA, ADA, text)
        await sandbox.say(GRACE, GRACE, text)
    await receiver.has(8)
    assert receiver.texts(ADA) == receiver.texts(GRACE) == list("abcd")
    assert receiver.most_at_once == connections


async def test_polling_and_a_webhook_exclude_each_other(
    sandbox: Sandbox, call: Call, receiver: Receiver
) -> None:
    polling = asyncio.create_task(call("getUpdates", timeout=10))
    await asyncio.sleep(0.05)
    await call("setWebhook", url=receiver.url)
    assert (await polling)["description"] == "Conflict: terminated by setWebhook request"
    refused = await call("getUpdates")
    assert refused["error_code"] == 409
    assert "use deleteWebhook to delete the webhook first" in refused["description"]
    await call("deleteWebhook")
    await sandbox.say(ADA, ADA, "polled")
    assert len((await call("getUpdates"))["result"]) == 1
    assert receiver.updates == []


async def test_pending_updates_can_be_dropped(sandbox: Sandbox, call: Call, receiver: Receiver) -> None:
    await sandbox.say(ADA, ADA, "old")
    await call("setWebhook", url=receiver.url, drop_pending_updates=True)
    await sandbox.say(ADA, ADA, "new")
    await receiver.has(1)
    assert receiver.texts(ADA) == ["new"]
