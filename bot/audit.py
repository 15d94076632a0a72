"""What operators did: every command of theirs, the last 10,000 of them."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from handlers.operating import AuditEntry

AUDIT = "tonefit:audit"  # stream
KEPT = 10_000  # entries
LONGEST = 300  # characters of a command


class AuditLog:
    """A capped stream; nothing changes or deletes an entry."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def note(self, by: int, command: str, outcome: str = "") -> None:
        """Write a command down, before it is run and once more where it did not succeed."""
        fields: dict[Any, Any] = {"by": by, "command": command[:LONGEST], "outcome": outcome}
        await self._redis.xadd(AUDIT, fields, maxlen=KEPT, approximate=True)

    async def last(self, count: int) -> list[AuditEntry]:
        """Return the latest entries, the latest first."""
        held: Any = await self._redis.xrevrange(AUDIT, count=count)
        return [
            AuditEntry(
                int(entry.partition(b"-")[0]) / 1000,
                int(fields[b"by"]),
                fields[b"command"].decode(),
                fields[b"outcome"].decode(),
            )
            for entry, fields in held
        ]
