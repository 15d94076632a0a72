"""What survives a restart: every record as a row of one SQLite file, written behind the calls."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

log = logging.getLogger(__name__)

FLUSH_INTERVAL = 0.25  # seconds; what a kill can take with it
Row = tuple[str, str]  # (kind, key)

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class Storage:
    """Rows by kind and key, behind a buffer that is flushed four times a second.

    `put` and `delete` only note the change, so that no call waits for the disk; a record is serialised
    when it is flushed, once however often it changed. Without a file nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self._changed: dict[Row, Any] = {}
        self._connection: sqlite3.Connection | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._writing = asyncio.Lock()
        self.closed_well = True
        if path is not None:
            self._connection = connect(path)
            self.closed_well = self.read("closed").get("well", True) is True

    def read(self, kind: str) -> dict[str, Any]:
        """Return every stored record of a kind, by key in the order of the keys."""
        if self._connection is None:
            return {}
        rows = self._connection.execute("SELECT key, body FROM records WHERE kind = ? ORDER BY key", (kind,))
        return {key: orjson.loads(body) for key, body in rows}

    def put(self, kind: str, key: str, body: Any) -> None:
        """Keep a record; bytes are JSON already."""
        if self._connection is not None:
            self._changed[kind, key] = body

    def delete(self, kind: str, key: str) -> None:
        """Forget a record."""
        if self._connection is not None:
            self._changed[kind, key] = None

    def start(self) -> None:
        """Begin to flush."""
        if self._connection is not None:
            write(self._connection, [("closed", "well", b"false")])
            self._flusher = asyncio.create_task(self._flush_often())

    async def _flush_often(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), FLUSH_INTERVAL)
            try:
                await self.flush()
            except sqlite3.Error:
                log.exception("the sandbox could not write its records")

    async def flush(self) -> None:
        """Write what has changed."""
        async with self._writing:
            if self._connection is None or not self._changed:
                return
            changed, self._changed = self._changed, {}
            rows = [(*row, serialised(body)) for row, body in changed.items()]
            try:
                await asyncio.to_thread(write, self._connection, rows)
            except sqlite3.Error:
                self._changed = {**changed, **self._changed}
                raise

    async def close(self) -> None:
        """Write the rest and let the file go."""
        self._closing.set()
        if self._flusher is not None:
            await self._flusher
        self.put("closed", "well", True)
        await self.flush()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, or make it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(SCHEMA)
    return connection


def serialised(body: Any) -> bytes | None:
    """Return a record as JSON, None where it is to be forgotten."""
    return body if body is None or isinstance(body, bytes) else orjson.dumps(body)


def write(connection: sqlite3.Connection, rows: list[tuple[str, str, bytes | None]]) -> None:
    """Write rows in one transaction; a row without a body is deleted."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            [row for row in rows if row[2] is not None],
        )
        connection.executemany(
            "DELETE FROM records WHERE kind = ? AND key = ?", [row[:2] for row in rows if row[2] is None]
        )
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
