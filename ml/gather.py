"""Calls that come at the same time, made as one: a crowd of updates costs Redis and us few round trips."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gather(Generic[Item, Result]):
    """The first call starts at once; what comes while it is under way goes together into the next.

    An item is dealt with even where its caller is cancelled meanwhile.

    Args:
        call: Takes the items of many callers and gives each its result, in order.
        delay: Seconds that the first waits for others, once there are many: who comes alone waits for nobody.
        longest: Seconds up to which it waits `delay` for each that was there beside another the last time, so
            that a crowd that grows makes larger calls; as long as `delay` where it is not given.
    """

    def __init__(
        self,
        call: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        *,
        delay: float = 0.0,
        longest: float | None = None,
        most: int = 500,
    ) -> None:
        self._call = call
        self._delay = delay
        self._longest = delay if longest is None else longest
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._serving: asyncio.Task[None] | None = None
        self._beside = 0  # how many were there beside another the last time

    async def __call__(self, item: Item) -> Result:
        """Return the result of one item.

        Raises:
            Exception: What the call raised goes to everybody who took part in it.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(min(self._longest, self._delay * self._beside))
                taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(taken)
                self._beside = len(taken) - 1
        finally:
            self._serving = None

    async def _answer(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._call([item for item, _ in taken])
        except BaseException as failure:
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(failure) if isinstance(failure, Exception) else answer.cancel()
            if not isinstance(failure, Exception):
                raise
            return
        for (_, answer), result in zip(taken, results, strict=True):
            if not answer.done():
                answer.set_result(result)
