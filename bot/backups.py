"""Backups that operators ask for in a chat: files in a folder of this machine, one at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.backup import Report, backup
from handlers.operating import BackupFacts


class Backups:
    """Writes them in a thread; who asks again while one is written is told so."""

    def __init__(self, redis_url: str, store_url: str, folder: Path) -> None:
        self._redis_url = redis_url
        self._store_url = store_url
        self._folder = folder
        self._making = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether one is being written."""
        return self._making.locked()

    async def make(self) -> BackupFacts:
        """Write a backup and tell of it.

        Raises:
            BackupError: The layout in Redis is not ours.
            OSError: The disk does not take it.
        """
        async with self._making:
            path = self._folder / f"tonefit-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.zip"
            report = await asyncio.to_thread(self._write, path)
        others = len(list(self._folder.glob("tonefit-*.zip")))
        return BackupFacts(str(path), report.keys, report.files, report.size, report.steady, others)

    def _write(self, path: Path) -> Report:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return backup(self._redis_url, self._store_url, path)
