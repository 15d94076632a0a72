"""A bot of a few lines over plain HTTP, so that the page's tests hang on no product code."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import aiohttp

Json = dict[str, Any]
POLL = 20  # seconds


class ScriptedBot:
    """Answers every message with "You said: ..." and keeps what it heard in `updates`.

    With `silent` it only listens. Everything else a test does itself, by `call`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.updates: list[Json] = []
        self.silent = False
        self._session: aiohttp.ClientSession | None = None
        self._polling: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()

    async def __aenter__(self) -> ScriptedBot:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=POLL + 10))
        self._polling = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._polling is not None and self._session is not None
        self._polling.cancel()
        with suppress(asyncio.CancelledError):
            await self._polling
        await self._session.close()

    async def call(self, method: str, **params: Any) -> Any:
        """Call a method of the Bot API and return its result."""
        assert self._session is not None
        form = aiohttp.FormData(quote_fields=False)
        for name, value in params.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename=f"{name}.bin")
            elif isinstance(value, tuple):  # (file name, content)
                form.add_field(name, value[1], filename=value[0])
            else:
                form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        url = f"{self.url}/bot1:test/{method}"
        async with self._session.post(url, data=form if params else None) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def download(self, file_id: str) -> bytes:
        """Fetch a file that somebody sent."""
        assert self._session is not None
        path = (await self.call("getFile", file_id=file_id))["file_path"]
        async with self._session.get(f"{self.url}/file/bot1:test/{path}") as response:
            return await response.read()

    async def heard(self, kind: str, seconds: float = 15.0) -> Json:
        """Return the newest update of a kind, waiting for the first."""
        async with asyncio.timeout(seconds):
            while True:
                self._heard.clear()
                for update in reversed(self.updates):
                    if kind in update:
                        return dict(update[kind])
                await self._heard.wait()

    async def _poll(self) -> None:
        offset = 0
        while True:
            for update in await self.call("getUpdates", offset=offset, timeout=POLL):
                offset = update["update_id"] + 1
                self.updates.append(update)
                self._heard.set()
                if "message" in update and not self.silent:
                    await self._answer(update["message"])

    async def _answer(self, message: Json) -> None:
        reply_to = {"message_id": message["message_id"]}
        text = f"You said: {message.get('text') or message.get('caption') or 'nothing'}"
        await self.call("sendMessage", chat_id=message["chat"]["id"], text=text, reply_parameters=reply_to)
