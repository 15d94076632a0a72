"""How one update is answered and acknowledged: its tries, and what becomes of one that cannot be answered."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Any, Protocol

from redis.exceptions import RedisError

from bot.dead_letters import DeadLetters
from bot.inbox import Entry, Inbox, written_at
from bot.logs import traceback_without_values
from bot.maintenance import Held, MaintenanceMode
from bot.metrics import Metrics
from bot.patience import with_redis
from bot.shards import ShardLost
from bot.turn import Turn
from handlers.errors import new_reference
from ml.gather import Gather

log = logging.getLogger(__name__)

TRIES = 3  # of an update that raises, or over which a process dies
KNOWN_AFTER = 0.1  # seconds; that a maintenance is over is known here within one
REMEMBERED = 8_192  # answered updates: a server that lost its last second shows them again


class Answerer(Protocol):
    """Who answers an update."""

    async def answer(self, update: dict[str, Any], turn: Turn) -> None:
        """Answer an update; a second try sends nothing again that the first has sent.

        Raises:
            Held: It is to be answered when the maintenance is over.
        """

    async def apologise(self, update: dict[str, Any], turn: Turn, error: Exception | None) -> str:
        """Tell the chat that an update could not be answered and return the reference that it was given.

        `error` is what the last try raised, None where processes died over it.
        """


class Delivery:
    """Brings each update to its answer; it is acknowledged right after, or becomes a dead letter."""

    def __init__(
        self,
        inbox: Inbox,
        dead_letters: DeadLetters,
        answerer: Answerer,
        maintenance: MaintenanceMode,
        metrics: Metrics,
    ) -> None:
        self._inbox = inbox
        self._maintenance = maintenance
        self._metrics = metrics
        self._dead_letters = dead_letters
        self._answerer = answerer
        self._gathered: Gather[Entry, None] = Gather(self._acknowledge_all)
        self._alone = asyncio.Lock()  # held by an update over which two processes died
        self._answered: OrderedDict[str, None] = OrderedDict()

    def answered(self, entry: Entry) -> bool:
        """Whether an update was answered here lately, be it acknowledged or not."""
        return entry.name in self._answered

    async def acknowledge(self, entry: Entry) -> None:
        """Take an answered update out of the inbox, however long Redis is away."""
        await with_redis(lambda: self._gathered(entry), (RedisError,))

    async def deliver(self, entry: Entry, turn: Turn, *, suspect: bool) -> None:
        """Answer an update and acknowledge it, or give it up.

        Args:
            entry: The update.
            turn: Our right to answer it.
            suspect: Whether a process may have died over it.

        Raises:
            ShardLost: It is another replica's to answer.
        """
        if not suspect:
            await self._answer(entry, turn)
            return
        crashes = await with_redis(lambda: self._inbox.begun_before(entry), (RedisError,))
        if crashes >= TRIES:
            await self._give_up(entry, turn, None)
        elif crashes == TRIES - 1:
            async with self._alone:  # what is answered beside it must not die with it
                await self._answer(entry, turn)
        else:
            await self._answer(entry, turn)

    async def _answer(self, entry: Entry, turn: Turn) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                answered = await self._answer_or_hold(entry, turn)
                break
            except ShardLost:
                raise
            except Exception as error:
                if attempt == TRIES or isinstance(error, TimeoutError):
                    await self._give_up(entry, turn, error)
                    return
                kind = type(error).__name__
                log.info("update %s failed (%s), trying again", entry.update.get("update_id"), kind)
        self._remember(entry)
        if not answered:
            self._metrics.updates.labels("held").inc()
            return
        self._metrics.dealt_with("answered", written_at(entry.id))
        if not turn.closed:
            await self.acknowledge(entry)

    async def _answer_or_hold(self, entry: Entry, turn: Turn) -> bool:
        """Answer, or move an update to those that are held, which is False."""
        while True:
            try:
                await with_redis(lambda: self._once(entry, turn))
                return True
            except Held:
                if await with_redis(lambda: self._maintenance.hold(entry), (RedisError,)):
                    return False
                turn.anew()
                await asyncio.sleep(KNOWN_AFTER)

    async def _once(self, entry: Entry, turn: Turn) -> None:
        turn.again()  # Redis may have gone away in the middle of a try
        await self._answerer.answer(entry.update, turn)

    async def _give_up(self, entry: Entry, turn: Turn, error: Exception | None) -> None:
        """Say a reference and keep the update as a dead letter: it would fail again tomorrow."""
        try:
            reference = await with_redis(
                lambda: self._answerer.apologise(entry.update, turn, error), (RedisError,)
            )
        except ShardLost:
            raise
        except Exception as fault:
            # Nothing but the end of this update is left: it must not come again for ever.
            reference = new_reference()
            reason = traceback_without_values(fault)
            log.error("no word of fault %s could be said\n%s", reference, reason)
        reason = type(error).__name__ if error is not None else "crashed"
        await with_redis(lambda: self._dead_letters.bury(entry, reference, reason), (RedisError,))
        self._remember(entry)
        self._metrics.dealt_with("dead", written_at(entry.id))

    def _remember(self, entry: Entry) -> None:
        self._answered[entry.name] = None
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)

    async def _acknowledge_all(self, entries: list[Entry]) -> list[None]:
        await self._inbox.acknowledge(entries)
        return [None] * len(entries)
