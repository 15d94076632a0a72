"""Which updates wait for the bot, and how long polling hands them out."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.sandbox.errors import ApiError
from bot.sandbox.state import ID_GAP
from bot.sandbox.storage import Storage

KINDS = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
    }
)
# what a bot gets only if it asks for it by name
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
# seconds after which Telegram drops what nobody fetched
LIFETIMES = {"callback_query": 150, "inline_query": 30}
DAY = 86_400
# a bot with an offset further ahead than this is one of another server: Telegram starts it at the oldest
MAX_AHEAD = 10
MAX_TIMEOUT = 50  # seconds
TERMINATED = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(slots=True)
class Waiting:
    """An update that the bot has not acknowledged.

    `lane` is what a webhook keeps in order: a chat, or for queries the person.
    """

    raw: bytes = field(repr=False)
    lane: Hashable
    expires: float  # Unix time


class Updates:
    """The queue of updates: ids increase, and one leaves when the bot asks for a later one.

    Each is serialised once, when it is added; storage, polling and webhook use the same bytes.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.waiting: dict[int, Waiting] = {}  # in the order of the ids
        self.allowed: frozenset[str] = KINDS - ON_REQUEST
        self.chosen = False  # whether the bot named the kinds it wants
        self.next_id = random.randrange(100_000_000, 900_000_000)
        self.on_added: Callable[[int, Hashable], None] | None = None
        self._poll: asyncio.Future[None] | None = None

    def load(self) -> None:
        """Read back what the bot has not acknowledged."""
        kept = self.storage.read("setting").get("updates", {})
        self.allowed = frozenset(kept.get("allowed", self.allowed))
        self.chosen = kept.get("chosen", False)
        self.next_id = kept.get("next_id", self.next_id)
        for body in sorted(self.storage.read("update").values(), key=lambda row: int(row["update_id"])):
            kind = next(name for name in body if name != "update_id")
            expires = time.time() + LIFETIMES.get(kind, DAY)
            self.waiting[body["update_id"]] = Waiting(orjson.dumps(body), lane(kind, body[kind]), expires)
            self.next_id = max(self.next_id, body["update_id"] + 1)
        if not self.storage.closed_well:
            self.next_id += ID_GAP
        self.keep_settings()

    def keep_settings(self) -> None:
        """Write down the next id and what the bot asked for."""
        settings = {"allowed": list(self.allowed), "chosen": self.chosen, "next_id": self.next_id}
        self.storage.put("setting", "updates", settings)

    def add(self, kind: str, body: dict[str, Any]) -> int | None:
        """Queue an update of one kind and return its id; None where the bot did not ask for the kind."""
        if kind not in self.allowed:
            return None
        update_id = self.next_id
        self.next_id += 1
        raw = orjson.dumps({"update_id": update_id, kind: body})
        update = Waiting(raw, lane(kind, body), time.time() + LIFETIMES.get(kind, DAY))
        self.waiting[update_id] = update
        self.storage.put("update", str(update_id), raw)
        if self.on_added is not None:
            self.on_added(update_id, update.lane)
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        return update_id

    def find(self, update_id: int) -> bytes | None:
        """Return an update as JSON; None where it was taken or is too old."""
        update = self.waiting.get(update_id)
        if update is not None and update.expires < time.time():
            self.forget(update_id)
            return None
        return update.raw if update else None

    def forget(self, update_id: int) -> None:
        """Take out an update that the bot has."""
        if self.waiting.pop(update_id, None) is not None:
            self.storage.delete("update", str(update_id))
            self.keep_settings()

    def clear(self) -> None:
        """Drop everything that waits."""
        for update_id in list(self.waiting):
            self.forget(update_id)

    def allow(self, kinds: list[str]) -> None:
        """Set which kinds the bot asks for; an empty list stands for Telegram's default."""
        self.chosen = bool(kinds)
        self.allowed = frozenset(kinds) if kinds else KINDS - ON_REQUEST
        self.keep_settings()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[bytes]:
        """Return waiting updates from an offset on, after at most so many seconds.

        A poll that waits is ended by the next one.

        Raises:
            ApiError: 409, in the poll that was ended.
        """
        self.end_poll(ApiError(409, TERMINATED))
        self._acknowledge(offset)
        found = self._first(limit)
        if not found and seconds > 0:
            await self._wait(min(seconds, MAX_TIMEOUT))
            found = self._first(limit)
        return found

    def _first(self, limit: int) -> list[bytes]:
        found: list[bytes] = []
        now = time.time()
        expired = []
        for update_id, update in self.waiting.items():
            if update.expires < now:
                expired.append(update_id)
                continue
            found.append(update.raw)
            if len(found) == limit:
                break
        for update_id in expired:
            self.forget(update_id)
        return found

    def _acknowledge(self, offset: int) -> None:
        """Forget the updates below an offset; a negative one leaves that many of the newest."""
        if offset < 0:
            gone = list(self.waiting)[:offset]
        elif offset > self.next_id + MAX_AHEAD:
            return
        else:
            gone = []
            for update_id in self.waiting:
                if update_id >= offset:
                    break
                gone.append(update_id)
        for update_id in gone:
            self.forget(update_id)

    async def _wait(self, seconds: float) -> None:
        self._poll = waiter = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            pass
        finally:
            if self._poll is waiter:
                self._poll = None

    def end_poll(self, error: ApiError) -> None:
        """End the poll that waits, if one does, with an error."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(error)
        self._poll = None


def lane(kind: str, body: dict[str, Any]) -> Hashable:
    """Return what an update must stay in order with: its chat, or for queries the person who asks.

    >>> lane("callback_query", {"from": {"id": 7}, "message": {"chat": {"id": 5}}})
    ('callback_query', 7)
    """
    if kind in LIFETIMES or kind == "chosen_inline_result":
        return kind, body["from"]["id"]
    chat_id: int = body["chat"]["id"]
    return chat_id
