"""Faults of ours by the reference that a person was told: what broke and where, without their words."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import orjson
from redis.asyncio import Redis

from bot.dead_letters import DeadLetters
from bot.inbox import chat_of
from bot.logs import traceback_without_values
from handlers.operating import Fault

FAULTS = "tonefit:faults:"  # string with a TTL: a fault as JSON, by its reference
RESULTS = "tonefit:result:"
KEPT = 7 * 86_400  # seconds
LOOKED_AT = 1000  # dead letters


class Faults:
    """Keeps faults for a week."""

    def __init__(self, redis: Redis, dead_letters: DeadLetters) -> None:
        self._redis = redis
        self._dead_letters = dead_letters

    async def keep(
        self, reference: str, error: Exception | None, update: dict[str, Any], chat: int, result: str
    ) -> None:
        """Keep what broke.

        Args:
            reference: What the person was told.
            error: What was raised, None where processes died over the update.
            update: Of which only the number and the kind are kept.
            chat: The id of the chat's records.
            result: The short id of the result that was being told, empty without one.
        """
        kind = type(error).__name__ if error is not None else "crashed"
        place = traceback_without_values(error) if error is not None else ""
        await self._keep(_fault(reference, kind, place, update, chat, result))

    async def keep_unreadable(
        self, reference: str, key: str, aside: str, update: dict[str, Any], chat: int
    ) -> None:
        """Keep that a record could not be read, and where it lies for a day."""
        place = f"{key} -> {aside}"
        await self._keep(_fault(reference, "Unreadable", place, update, chat))

    async def _keep(self, fault: Fault) -> None:
        await self._redis.set(f"{FAULTS}{fault.reference}", orjson.dumps(asdict(fault)), ex=KEPT)

    async def find(self, reference: str) -> Fault | None:
        """Return what broke under a reference, from the faults or else the dead letters."""
        held = await self._redis.get(f"{FAULTS}{reference}")
        if held is not None:
            return Fault(**orjson.loads(held))
        for letter in await self._dead_letters.list(LOOKED_AT):
            if letter.reference == reference:
                chat, number = chat_of(letter.update), int(letter.update.get("update_id", 0))
                kind = kind_of(letter.update)
                return Fault(reference, letter.at, letter.reason, "", chat, number, kind)
        return None

    async def result(self, result_id: str) -> tuple[int, dict[str, Any]] | None:
        """Return the chat of a result of the last day, and what it was; its id is known, its chat is not."""
        async for key in self._redis.scan_iter(match=f"{RESULTS}*:{result_id}", count=1000):
            held = await self._redis.get(key)
            if held is not None:
                return int(key.decode().split(":")[2]), orjson.loads(held)
        return None


def _fault(
    reference: str, kind: str, place: str, update: dict[str, Any], chat: int, result: str = ""
) -> Fault:
    number = int(update.get("update_id", 0))
    return Fault(reference, time.time(), kind, place, chat, number, kind_of(update), result)


def kind_of(update: dict[str, Any]) -> str:
    """Return what kind of update it is, as Telegram names it.

    >>> kind_of({"update_id": 1, "message": {}})
    'message'
    """
    return next((name for name in update if name != "update_id"), "")
