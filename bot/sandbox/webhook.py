"""How updates are posted to the bot: in order per chat, side by side over chats, until it says 200."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial

import aiohttp

from bot.sandbox.storage import Storage
from bot.sandbox.updates import Updates

TIMEOUT = aiohttp.ClientTimeout(total=60)
MAX_PAUSE = 60.0  # seconds between two attempts
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True, slots=True)
class Target:
    """Where updates are posted."""

    url: str
    secret: str
    max_connections: int


def _done(busy: dict[int, asyncio.Task[None]], chat_id: int, _: asyncio.Task[None]) -> None:
    busy.pop(chat_id, None)


class Webhook:
    """Posts what waits, each update until it is taken."""

    def __init__(self, storage: Storage, updates: Updates) -> None:
        self.storage = storage
        self.updates = updates
        self.target: Target | None = None
        self.pause = 0.5  # seconds before the first repetition; doubles
        self.last_error = ""
        self.last_error_date = 0
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Go on with the address that was set before the restart."""
        kept = self.storage.read("setting").get("webhook")
        if kept:
            await self.point(Target(**kept))

    async def point(self, target: Target | None) -> None:
        """Set the address, or end the delivery."""
        if target == self.target and self._task is not None:
            return
        await self.stop()
        self.target = target
        self.last_error = ""
        self.storage.put("setting", "webhook", asdict(target) if target else {})
        if target is not None:
            self._task = asyncio.create_task(self._run(target))

    async def stop(self) -> None:
        """End the delivery; what was not taken stays."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self, target: Target) -> None:
        """Give each chat with waiting updates a task of its own, at most `max_connections` at once."""
        slots = asyncio.Semaphore(target.max_connections)
        busy: dict[int, asyncio.Task[None]] = {}
        connector = aiohttp.TCPConnector(limit=target.max_connections)
        async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as session:
            try:
                while True:
                    self.updates.arrived.clear()
                    for chat_id in dict.fromkeys(self.updates.chat_of.values()):
                        if chat_id not in busy:
                            busy[chat_id] = asyncio.create_task(
                                self._deliver(session, target, chat_id, slots)
                            )
                            busy[chat_id].add_done_callback(partial(_done, busy, chat_id))
                    await self.updates.arrived.wait()
            finally:
                for task in list(busy.values()):
                    task.cancel()
                await asyncio.gather(*busy.values(), return_exceptions=True)

    async def _deliver(
        self, session: aiohttp.ClientSession, target: Target, chat_id: int, slots: asyncio.Semaphore
    ) -> None:
        """Post one chat's updates in their order."""
        while mine := [one for one, chat in self.updates.chat_of.items() if chat == chat_id]:
            for update_id in mine:
                raw = self.updates.waiting.get(update_id)
                pause = self.pause
                while raw is not None and not await self._post(session, target, raw, slots):
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, MAX_PAUSE)
                    raw = self.updates.waiting.get(update_id)
                self.updates.forget(update_id)

    async def _post(
        self, session: aiohttp.ClientSession, target: Target, raw: bytes, slots: asyncio.Semaphore
    ) -> bool:
        headers = {"Content-Type": "application/json"}
        if target.secret:
            headers[SECRET_HEADER] = target.secret
        try:
            async with slots, session.post(target.url, data=raw, headers=headers) as response:
                if response.status // 100 == 2:
                    return True
                self._failed(f"Wrong response from the webhook: {response.status} {response.reason}")
        except (aiohttp.ClientError, TimeoutError) as error:
            self._failed("Connection timed out" if isinstance(error, TimeoutError) else "Connection refused")
        return False

    def _failed(self, reason: str) -> None:
        self.last_error = reason
        self.last_error_date = int(time.time())
