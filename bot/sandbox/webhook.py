"""How updates are posted to the bot: in order per chat, side by side over chats, until it says 200."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import asdict, dataclass

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


class Webhook:
    """Posts what waits, each update until it is taken."""

    def __init__(self, storage: Storage, updates: Updates) -> None:
        self.storage = storage
        self.updates = updates
        self.target: Target | None = None
        self.pause = 0.5  # seconds before the first repetition; doubles
        self.last_error = ""
        self.last_error_date = 0
        self._session: aiohttp.ClientSession | None = None
        self._lanes: dict[Hashable, deque[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Go on with the address that was set before the restart."""
        kept = self.storage.read("setting").get("webhook")
        if kept:
            await self.point(Target(**kept))

    async def point(self, target: Target | None) -> None:
        """Set the address, or end the delivery."""
        if target == self.target:
            return
        await self.stop()
        self.target = target
        self.last_error = ""
        self.storage.put("setting", "webhook", asdict(target) if target else {})
        if target is not None:
            connector = aiohttp.TCPConnector(limit=target.max_connections)
            self._session = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT)
            self.updates.on_added = self._add
            for update_id, update in self.updates.waiting.items():
                self._add(update_id, update.lane)

    async def stop(self) -> None:
        """End the delivery; what was not taken stays."""
        self.updates.on_added = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lanes.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _add(self, update_id: int, lane: Hashable) -> None:
        """Put an update at the end of its lane; a lane with updates has a task."""
        if lane in self._lanes:
            self._lanes[lane].append(update_id)
            return
        self._lanes[lane] = deque([update_id])
        task = asyncio.create_task(self._deliver(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, lane: Hashable) -> None:
        queue = self._lanes[lane]
        while queue:
            pause = self.pause
            while (raw := self.updates.find(queue[0])) is not None and not await self._post(raw):
                await asyncio.sleep(pause)
                pause = min(2 * pause, MAX_PAUSE)
            self.updates.forget(queue.popleft())
        del self._lanes[lane]

    async def _post(self, raw: bytes) -> bool:
        """Post one update; whether the bot took it."""
        if self.target is None or self._session is None:
            return False
        headers = {"Content-Type": "application/json"}
        if self.target.secret:
            headers[SECRET_HEADER] = self.target.secret
        try:
            async with self._session.post(self.target.url, data=raw, headers=headers) as response:
                if response.status // 100 == 2:
                    return True
                self._failed(f"Wrong response from the webhook: {response.status} {response.reason}")
        except TimeoutError:
            self._failed("Read timeout expired")
        except aiohttp.ClientError:
            self._failed("Connection refused")
        return False

    def _failed(self, reason: str) -> None:
        self.last_error = reason
        self.last_error_date = int(time.time())
