"""When a call may be made: Telegram's caps, counted in Redis for all replicas, the urgent calls first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from enum import IntEnum
from typing import Any, cast

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import Redis
from redis.exceptions import RedisError

OVERALL = RateLimitItemPerSecond(28)  # of about 30: on their way two seconds' calls may move together
PER_CHAT = RateLimitItemPerSecond(1)
PER_GROUP = RateLimitItemPerMinute(20)
REACTIONS = RateLimitItemPerSecond(20)  # a second in all: what people asked for has the other places
REACTIONS_PER_CHAT = RateLimitItemPerSecond(3)
UNASKED_PER_GROUP = RateLimitItemPerMinute(10)  # of the 20 a minute, likewise
PREFIX = "tonefit:limits"
COST = "tonefit:cost:"  # string with a TTL: what a message to a group costs of its 20 a minute
HIGHEST_COST = 8
RECOVERY = 120  # seconds without a refusal until a group's budget is twice as large again
LONGEST_LOOK = 1.0  # seconds between two questions for a free place
SHORTEST_LOOK = 0.03

# Double a group's cost. KEYS: cost; ARGV: highest, seconds
RAISE = """
local cost = math.min(ARGV[1], 2 * (redis.call('GET', KEYS[1]) or 1))
redis.call('SET', KEYS[1], string.format('%d', cost), 'EX', ARGV[2] * cost)
"""


class Lane(IntEnum):
    """How urgent a call is, the most urgent first."""

    BUTTON = 0
    REPLY = 1
    EDIT = 2
    DIGEST = 3
    REACTION = 4


class Limiter:
    """Lets calls through as fast as Telegram takes them.

    A call first waits for its chat, one behind the other, then with all others for one of the 28 places a
    second, which go by lane. A refusal by Telegram halves a group's budget for a while.

    Args:
        redis: Where all replicas count.
        enforced: False lets everything through: a Bot API server of one's own has no such caps.
    """

    def __init__(self, redis: Redis, *, enforced: bool = True) -> None:
        self._redis = redis
        self._enforced = enforced
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=PREFIX,
            connection_pool=cast("Any", redis.connection_pool),
        )
        self._windows = MovingWindowRateLimiter(storage)
        self._raise = redis.register_script(RAISE)
        self._chats: dict[int, _Line] = {}
        self._line = _Line()

    @property
    def open(self) -> bool:
        """Whether nothing is limited."""
        return not self._enforced

    async def wait(self, chat: int | None, lane: Lane) -> None:
        """Wait for leave to make a call; `chat` is None for one that is about no chat."""
        if not self._enforced:
            return
        if chat is not None:
            line = self._chats.setdefault(chat, _Line())
            try:
                async with line.turn(lane):
                    await self._pass(PER_CHAT, str(chat))
                    if chat < 0:
                        await self._pass(PER_GROUP, str(chat), await self._cost(chat))
            finally:
                if line.empty:
                    self._chats.pop(chat, None)
        async with self._line.turn(lane):
            await self._pass(OVERALL, "all")

    async def free(self, chat: int, lane: Lane) -> bool:
        """Take a place for a call that may as well be left out; False where none is free now."""
        if not self._enforced:
            return True
        if chat in self._chats or not self._line.empty:
            return False
        budgets: list[tuple[RateLimitItem, str]] = [(OVERALL, "all")]
        if lane is Lane.REACTION:  # Telegram does not count it among a chat's messages
            budgets = [(REACTIONS_PER_CHAT, f"reactions:{chat}"), (REACTIONS, "reactions"), *budgets]
        elif chat < 0:
            unasked = (UNASKED_PER_GROUP, f"unasked:{chat}")
            budgets = [(PER_CHAT, str(chat)), unasked, (PER_GROUP, str(chat)), *budgets]
        else:
            budgets = [(PER_CHAT, str(chat)), *budgets]
        for item, name in budgets:
            if not await self._hit(item, name):
                return False
        return True

    async def refused(self, chat: int | None) -> None:
        """Note that Telegram refused a message: a group's budget is smaller than it should be."""
        if chat is not None and chat < 0 and self._enforced:
            try:
                await self._raise(keys=[f"{COST}{chat}"], args=[HIGHEST_COST, RECOVERY])
            except (RedisError, TimeoutError):
                return

    async def _cost(self, chat: int) -> int:
        """Return what a message costs of a group's budget: 1, or more for a while after a refusal."""
        try:
            held: Any = await self._redis.get(f"{COST}{chat}")
            if held is None:
                return 1
            left = await self._redis.ttl(f"{COST}{chat}")
        except (RedisError, TimeoutError):
            return 1
        return max(1, min(int(held), -(-left // RECOVERY)))

    async def _pass(self, item: RateLimitItem, name: str, cost: int = 1) -> None:
        while not await self._hit(item, name, cost):  # noqa: ASYNC110 - the count is in Redis
            await asyncio.sleep(await self._until_free(item, name))

    async def _hit(self, item: RateLimitItem, name: str, cost: int = 1) -> bool:
        try:
            return await self._windows.hit(item, name, cost=cost)
        except (RedisError, StorageError, TimeoutError):
            await asyncio.sleep(1 / OVERALL.amount)  # without Redis nobody counts: slowly on
            return True

    async def _until_free(self, item: RateLimitItem, name: str) -> float:
        try:
            stats = await self._windows.get_window_stats(item, name)
        except (RedisError, StorageError, TimeoutError):
            return LONGEST_LOOK
        return min(LONGEST_LOOK, max(SHORTEST_LOOK, stats.reset_time - time.time()))


class _Line:
    """A queue before one door: one at a time, by lane and then by arrival."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Lane, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._busy = False

    @property
    def empty(self) -> bool:
        """Whether nobody is in the line or at its door."""
        return not self._busy and not self._waiting

    def turn(self, lane: Lane) -> _Place:
        """Return a place: `async with` waits until it is the first."""
        return _Place(self, lane)

    async def enter(self, lane: Lane) -> None:
        """Wait until all that are more urgent, or came before, have passed."""
        if not self._busy:
            self._busy = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (lane, next(self._numbers), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Call the next."""
        while self._waiting:
            _, _, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._busy = False


class _Place:
    def __init__(self, line: _Line, lane: Lane) -> None:
        self._line, self._lane = line, lane

    async def __aenter__(self) -> None:
        await self._line.enter(self._lane)

    async def __aexit__(self, *_: object) -> None:
        self._line.leave()
