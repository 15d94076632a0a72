"""Gives the updates of the inbox to whoever answers them: in order within a chat, side by side over chats."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Coroutine
from typing import Any

from redis.exceptions import RedisError

from bot.dead_letters import DeadLetters
from bot.delivery import Answerer, Delivery
from bot.inbox import FIRST, Entry, Inbox, written_at
from bot.maintenance import MaintenanceMode
from bot.metrics import Metrics
from bot.patience import whatever_happens, with_redis
from bot.shards import Division, ShardLost, Shards, Taken
from bot.turn import Slots, Turn
from ml.lease import RENEWAL
from ml.stream import Pause

log = logging.getLogger(__name__)

TAKEN_AHEAD = 25_000  # updates held in memory, more than the intake lets lie: no chat stands before another
DRAIN_TIMEOUT = 1.5  # seconds for answers in flight when the bot stops, or a shard goes to another replica
SENDING_TIMEOUT = 30.0  # seconds more for those that are being sent, more than a request may take
ENDING_TIMEOUT = 1.0  # the same when the bot stops
HUNGRY = 0.5  # seconds between two looks for shards of a replica that died, while some are missing


class Dispatcher:
    """One queue a chat; an update is acknowledged right after its answer."""

    def __init__(
        self,
        inbox: Inbox,
        shards: Shards,
        dead_letters: DeadLetters,
        answerer: Answerer,
        maintenance: MaintenanceMode,
        metrics: Metrics | None = None,
    ) -> None:
        self._inbox = inbox
        self._shards = shards
        self._delivery = Delivery(inbox, dead_letters, answerer, maintenance, metrics or Metrics())
        self._slots = Slots()
        self._known: dict[int, str] = {}  # shard to the last id that was read
        self._suspects: dict[int, _Suspects] = {}  # of shards whose last owner crashed
        self._queues: dict[int, deque[Entry]] = {}  # by chat
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._turns: dict[int, Turn] = {}  # of the chats' first updates
        self._held: set[str] = set()
        self._leaving: set[int] = set()
        self._goodbyes: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer until cancelled, and let other replicas go on at once."""
        keeping = asyncio.create_task(self._keep_shards(), name="shards")
        try:
            await self._read()
        finally:
            keeping.cancel()
            await whatever_happens(self._end())

    async def _end(self) -> None:
        held = self._shards.held
        await self._let_go(held, ENDING_TIMEOUT)
        try:
            async with asyncio.timeout(1):
                await self._shards.release(held, ending=True)
        except (RedisError, TimeoutError):
            log.info("the shards were not given back; they are free when the lease has run out")

    async def _keep_shards(self) -> None:
        """Renew the lease, and follow how the shards are divided."""
        pause = Pause()
        while True:
            try:
                division = await self._shards.beat()
                pause.over()
            except RedisError as failure:
                await pause.wait(failure)
                continue
            self._follow(division)
            await asyncio.sleep(HUNGRY if division.excess else RENEWAL)

    def _follow(self, division: Division) -> None:
        for shard in division.lost:
            log.warning("shard %s is another replica's", shard)
            self._known.pop(shard, None)
            self._drop(shard)
        for taken in division.taken:
            self._take_over(taken)
        for shard in sorted(self._known)[: max(0, division.excess - len(self._leaving))]:
            self._leaving.add(shard)
            self._known.pop(shard)
            goodbye = asyncio.create_task(self._give(shard))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)

    def _take_over(self, taken: Taken) -> None:
        self._known[taken.shard] = FIRST
        if taken.crashed:
            log.info("shard %s is taken over from a replica that is gone", taken.shard)
            self._suspects[taken.shard] = _Suspects(taken.at)

    async def _give(self, shard: int) -> None:
        """Give a shard to a replica that has fewer."""
        try:
            await self._let_go([shard], SENDING_TIMEOUT)
            await with_redis(lambda: self._shards.release([shard]), (RedisError,))
        finally:
            self._leaving.discard(shard)

    async def _let_go(self, shards: Collection[int], patience: float) -> None:
        """Begin nothing more of shards; wait for what is being answered, longer for what is being sent."""
        for shard in shards:
            self._known.pop(shard, None)
        chats = [chat for chat, queue in self._queues.items() if queue and queue[0].shard in shards]
        for chat in chats:
            self._keep_first(chat)
        running = {self._tasks[chat]: chat for chat in chats}
        if not running:
            return
        _, slow = await asyncio.wait(running, timeout=DRAIN_TIMEOUT)
        for task in slow:
            self._cancel_unless_sending(running[task])
        if slow:
            await asyncio.wait(slow, timeout=patience)

    def _drop(self, shard: int) -> None:
        """Forget the updates of a shard that was lost; an answer on its way ends by itself."""
        for chat, queue in list(self._queues.items()):
            if not queue or queue[0].shard != shard:
                continue
            self._keep_first(chat)
            self._cancel_unless_sending(chat)

    def _cancel_unless_sending(self, chat: int) -> None:
        turn = self._turns.get(chat)
        if turn is None or not turn.sending:
            self._tasks[chat].cancel()

    def _keep_first(self, chat: int) -> None:
        """Forget what a chat has waiting; the first is being answered."""
        queue = self._queues[chat]
        while len(queue) > 1:
            last = queue.pop()
            self._held.discard(last.name)

    async def _read(self) -> None:
        """Put what comes into the queues of the chats."""
        pause = Pause()
        while True:
            if not self._known or len(self._held) >= TAKEN_AHEAD:
                await asyncio.sleep(0.02)
                continue
            after = dict(self._known)
            try:
                entries = await self._inbox.read(after)
                pause.over()
            except RedisError as failure:
                await pause.wait(failure)
                # A server that lost its last second shows answered updates again.
                self._known = dict.fromkeys(self._known, FIRST)
                continue
            for entry in entries:
                # Where a shard went, or went and came back, while we waited, it is read from its beginning.
                if self._known.get(entry.shard) == after[entry.shard]:
                    self._known[entry.shard] = after[entry.shard] = entry.id
                    self._queue(entry)

    def _queue(self, entry: Entry) -> None:
        key = entry.name
        if key in self._held:
            return
        if self._delivery.answered(entry):
            self._start(self._delivery.acknowledge(entry))
            return
        self._held.add(key)
        waiting = self._queues.get(entry.chat)
        if waiting is not None:
            waiting.append(entry)
            return
        self._queues[entry.chat] = deque([entry])
        self._tasks[entry.chat] = asyncio.create_task(self._work(entry.chat))

    def _start(self, acknowledgement: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(acknowledgement)
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)

    async def _work(self, chat: int) -> None:
        """Answer the updates of one chat, one after the other."""
        waiting = self._queues[chat]
        try:
            while waiting:
                await self._deliver(waiting[0])
                entry = waiting.popleft()
                self._held.discard(entry.name)
        except ShardLost:
            return
        finally:
            self._held.difference_update(entry.name for entry in waiting)
            if waiting and waiting[0].shard in self._known:  # it came back meanwhile
                self._known[waiting[0].shard] = FIRST
            del self._queues[chat], self._tasks[chat]

    async def _deliver(self, entry: Entry) -> None:
        epoch = self._shards.epoch(entry.shard)
        turn = Turn(self._slots, self._shards, entry.shard, epoch, self._inbox.closing(entry))
        self._turns[entry.chat] = turn
        suspects = self._suspects.get(entry.shard)
        try:
            await self._delivery.deliver(entry, turn, suspect=suspects is not None and suspects.take(entry))
        finally:
            turn.pause()
            del self._turns[entry.chat]


class _Suspects:
    """The updates of a shard that were begun when its owner crashed: at most the first of each chat."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._chats: set[int] = set()

    def take(self, entry: Entry) -> bool:
        """Say whether an update is one of them; ask once for each, in order."""
        if written_at(entry.id) > self._at or entry.chat in self._chats:
            return False
        self._chats.add(entry.chat)
        return True
