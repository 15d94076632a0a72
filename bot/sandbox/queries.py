"""Which presses and inline queries wait for the bot's answer."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import ApiError, bad_request

TIMEOUT = 30.0  # seconds for which Telegram takes the answer
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass
class Query:
    """A question to the bot that waits for one answer."""

    person: int
    chat_id: int = 0
    message_id: int = 0
    id: str = field(default_factory=lambda: str(secrets.randbits(60)))
    asked: float = field(default_factory=time.monotonic)
    answer: asyncio.Future[dict[str, Any]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Queries:
    """The open queries, by id."""

    def __init__(self) -> None:
        self.timeout = TIMEOUT
        self._open: dict[str, Query] = {}

    def ask(self, person: int, chat_id: int = 0, message_id: int = 0) -> Query:
        """Open a query."""
        self._drop_old()
        query = Query(person, chat_id, message_id)
        self._open[query.id] = query
        return query

    def take(self, query_id: str) -> Query:
        """Close a query and return it.

        Raises:
            ApiError: It was answered already, or waited too long, or never was.
        """
        self._drop_old()
        query = self._open.pop(query_id, None)
        if query is None:
            raise too_old()
        return query

    def _drop_old(self) -> None:
        oldest = time.monotonic() - self.timeout
        while self._open:
            query_id, query = next(iter(self._open.items()))
            if query.asked >= oldest:
                break
            del self._open[query_id]


def too_old() -> ApiError:
    """Return the refusal of an answer that came too late."""
    return bad_request(TOO_OLD)
