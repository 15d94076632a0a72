"""One update on its way to its answer: how many may be under way, and whether it is still ours to give."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

from bot.shards import ShardLost, Shards
from handlers.messages import Sent
from ml.writes import Write

ANSWERS_AT_ONCE = 8  # between the start of a send and its acknowledgement: a kill -9 repeats no more
UPLOADS_AT_ONCE = 4  # pictures and files, which take long


class Slots:
    """How many answers of this process may be between the start of their send and their acknowledgement."""

    def __init__(self) -> None:
        self.answers = asyncio.Semaphore(ANSWERS_AT_ONCE)
        self.uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)


class Free:
    """The turn of what answers no update, such as the progress of a training: nothing of it is repeated."""

    def earlier(self) -> Sent | None:
        """Return nothing: this is no second try."""
        return None

    def note(self, sent: Sent) -> None:
        """Forget what was sent."""

    async def begin(self, *, upload: bool = False) -> None:
        """Send at once."""

    def pause(self) -> None:
        """Hold nothing up."""

    def cut_off(self) -> None:
        """Have the call fail: nobody else makes it."""

    @contextlib.contextmanager
    def clock_stopped(self) -> Iterator[None]:
        """Be under no time limit."""
        yield


@dataclass
class Turn(Free):
    """The turn of an update, from when it is taken up until it is acknowledged.

    A slot is held from the first send to the acknowledgement, and let go while Telegram makes us wait.
    A second try at the update sends nothing again that the first has sent.
    """

    slots: Slots
    shards: Shards
    shard: int
    epoch: int
    close: Write | None = None  # what acknowledges the update, for whoever writes its last word
    closed: bool = False  # whether that was done
    unreadable: dict[str, str] = field(default_factory=dict)  # records, and the reference of each
    clock: asyncio.Timeout | None = None  # how long the answer may take; waiting for Telegram is left out
    _slot: asyncio.Semaphore | None = None
    _sent: list[Sent] = field(default_factory=list)
    _repeated: int = 0

    @property
    def crowded(self) -> bool:
        """Whether answers wait for others to be sent."""
        return self.slots.answers.locked()

    @property
    def sending(self) -> bool:
        """Whether an answer may be on its way."""
        return self._slot is not None

    def again(self) -> None:
        """Begin another try."""
        self._repeated = 0

    def over(self) -> None:
        """Have the next answer sent whatever the tries have sent."""
        self._repeated = len(self._sent)

    def anew(self) -> None:
        """Forget what the tries have sent: the answer itself was none of it."""
        self._sent.clear()

    def earlier(self) -> Sent | None:
        """Return what an earlier try has sent at this place."""
        if self._repeated < len(self._sent):
            self._repeated += 1
            return self._sent[self._repeated - 1]
        return None

    def note(self, sent: Sent) -> None:
        """Remember what was sent."""
        self._sent.append(sent)
        self._repeated = len(self._sent)

    async def begin(self, *, upload: bool = False) -> None:
        """Wait for a slot, and make sure that the answer is still ours to give.

        Raises:
            ShardLost: It is another replica's.
        """
        if self._slot is None:
            slot = self.slots.uploads if upload else self.slots.answers
            await slot.acquire()
            self._slot = slot
        await self.shards.confirm(self.shard, self.epoch)

    def pause(self) -> None:
        """Let others send while Telegram makes this answer wait, or when it is acknowledged."""
        slot, self._slot = self._slot, None
        if slot is not None:
            slot.release()

    def cut_off(self) -> None:
        """Leave the update to whoever owns its shard now.

        Raises:
            ShardLost: Always.
        """
        raise ShardLost

    @contextlib.contextmanager
    def clock_stopped(self) -> Iterator[None]:
        """Wait for Telegram without using up the time that the answer may take."""
        clock = self.clock
        if clock is None or clock.when() is None:
            yield
            return
        loop = asyncio.get_running_loop()
        left = (clock.when() or 0.0) - loop.time()
        clock.reschedule(None)
        try:
            yield
        finally:
            clock.reschedule(loop.time() + left)

    def within(self, seconds: float) -> _Within:
        """Give the answer a time limit: `async with` raises TimeoutError where it takes longer."""
        return _Within(self, seconds)


class _Within:
    """A class, since a generator that does the same costs three times as much for every update."""

    def __init__(self, turn: Turn, seconds: float) -> None:
        self._turn, self._limit = turn, asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        self._turn.clock = await self._limit.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turn.clock = None  # what is sent from here on, a refusal for instance, has none
        await self._limit.__aexit__(kind, error, trace)
