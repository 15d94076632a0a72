"""How updates reach whoever answers them: in order within a chat, side by side over chats, none lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.connection import connect
from bot.dead_letters import DeadLetters
from bot.delivery import TRIES
from bot.dispatcher import Dispatcher
from bot.inbox import Inbox, chat_of
from bot.maintenance import MaintenanceMode
from bot.shards import Shards
from bot.turn import Turn
from tests.conftest import Valkey

Answer = Callable[[dict[str, Any]], Any]


def update(number: int, chat: int) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": chat}}}


class Answerer:
    """Answers with a function of the test."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.apologies: list[int] = []

    async def answer(self, content: dict[str, Any], turn: Turn) -> None:
        await self._answer(content)

    async def apologise(self, content: dict[str, Any], turn: Turn, error: Exception | None) -> str:
        self.apologies.append(content["update_id"])
        return "REF4"


def dispatcher(redis: Redis, answer: Answer) -> Dispatcher:
    return Dispatcher(
        Inbox(redis), Shards(redis), DeadLetters(redis), Answerer(answer), MaintenanceMode(redis)
    )


@asynccontextmanager
async def dispatching(redis: Redis, answer: Answer) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher(redis, answer).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def empty(inbox: Inbox) -> None:
    async with asyncio.timeout(10):
        while await inbox.waiting():
            await asyncio.sleep(0.01)


async def test_a_chats_updates_are_answered_in_order_while_other_chats_go_on(redis_client: Redis) -> None:
    inbox, answered, slow = Inbox(redis_client), [], asyncio.Event()

    async def answer(content: dict[str, Any]) -> None:
        if content["update_id"] == 0:
            await slow.wait()
        answered.append(content["update_id"])

    async with dispatching(redis_client, answer):
        await inbox.put([update(0, 1), update(1, 1), update(2, 2), update(3, 1)])
        await until(lambda: answered == [2])
        slow.set()
        await until(lambda: answered == [2, 0, 1, 3])


async def test_a_chat_with_many_updates_that_wait_holds_up_no_other(redis_client: Redis) -> None:
    inbox, answered = Inbox(redis_client), []

    async def answer(content: dict[str, Any]) -> None:
        if chat_of(content) == 1:
            await asyncio.Event().wait()
        answered.append(content["update_id"])

    async with dispatching(redis_client, answer):
        await inbox.put([update(number, 1) for number in range(1500)] + [update(2000, 2)])
        await until(lambda: answered == [2000])


async def test_an_update_that_always_fails_is_tried_three_times_and_lies_among_the_dead_letters(
    redis_client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    inbox, answered, tries = Inbox(redis_client), [], []

    async def answer(content: dict[str, Any]) -> None:
        if content["update_id"] == 0:
            tries.append(0)
            raise ValueError("somebody's words")
        answered.append(content["update_id"])

    async with dispatching(redis_client, answer):
        await inbox.put([update(0, 1), update(1, 1)])
        await until(lambda: answered == [1])
        await empty(inbox)
    assert len(tries) == TRIES
    assert "words" not in caplog.text
    (letter,) = await DeadLetters(redis_client).list()
    assert (letter.update, letter.reference, letter.reason) == (update(0, 1), "REF4", "ValueError")


async def test_a_failure_that_passes_is_nobodys_business(redis_client: Redis) -> None:
    inbox, tries = Inbox(redis_client), []

    async def answer(content: dict[str, Any]) -> None:
        tries.append(content["update_id"])
        if len(tries) == 1:
            raise OSError

    async with dispatching(redis_client, answer):
        await inbox.put([update(0, 1)])
        await until(lambda: tries == [0, 0])
        await empty(inbox)
    assert await DeadLetters(redis_client).list() == []


async def test_an_update_for_which_not_even_an_apology_can_be_said_is_kept_and_comes_no_more(
    redis_client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    inbox, tried = Inbox(redis_client), []

    async def answer(content: dict[str, Any]) -> None:
        tried.append(content["update_id"])
        if content["update_id"] == 0:
            raise ValueError("somebody's words")

    class Speechless(Answerer):
        async def apologise(self, content: dict[str, Any], turn: Turn, error: Exception | None) -> str:
            raise KeyError("somebody's words")

    letters = DeadLetters(redis_client)
    mode = MaintenanceMode(redis_client)
    speechless = Dispatcher(inbox, Shards(redis_client), letters, Speechless(answer), mode)
    running = asyncio.create_task(speechless.run())
    await inbox.put([update(0, 1), update(1, 1)])
    await empty(inbox)
    assert tried == [0] * TRIES + [1]
    assert [letter.reason for letter in await letters.list()] == ["ValueError"]
    assert "words" not in caplog.text
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_what_was_in_flight_when_the_process_ended_is_answered_by_the_next(redis_client: Redis) -> None:
    inbox, first, second = Inbox(redis_client), [], []

    async def never(content: dict[str, Any]) -> None:
        first.append(content["update_id"])
        await asyncio.Event().wait()

    async def answer(content: dict[str, Any]) -> None:
        second.append(content["update_id"])

    async with dispatching(redis_client, never):
        await inbox.put([update(0, 1), update(1, 1)])
        await until(lambda: first == [0])
    async with dispatching(redis_client, answer):
        await until(lambda: second == [0, 1], 3)  # at once: the shards were given back
        await empty(inbox)


async def test_everything_goes_on_by_itself_when_redis_was_killed_and_comes_back(own_valkey: Valkey) -> None:
    redis = connect(own_valkey.url)
    inbox, answered = Inbox(redis), []

    async def answer(content: dict[str, Any]) -> None:
        await redis.ping()
        answered.append(content["update_id"])

    async with dispatching(redis, answer):
        await inbox.put([update(0, 1)])
        await until(lambda: answered == [0])
        own_valkey.kill()
        await asyncio.sleep(1)
        own_valkey.start()
        await inbox.put([update(1, 1)])
        await until(lambda: 1 in answered, 20)
    assert answered == [0, 1]
    await redis.aclose()


async def test_replicas_share_the_chats_and_one_takes_over_what_another_gives(redis_client: Redis) -> None:
    inbox = Inbox(redis_client)
    by: dict[str, list[int]] = {"first": [], "second": []}

    def answering(name: str) -> Answer:
        async def answer(content: dict[str, Any]) -> None:
            by[name].append(content["update_id"])

        return answer

    async def put(first: int) -> None:
        await inbox.put([update(number, number % 40) for number in range(first, first + 80)])

    second = dispatching(redis_client, answering("second"))
    async with dispatching(redis_client, answering("first")):
        await put(0)
        await until(lambda: len(by["first"]) == 80)
        await second.__aenter__()
        async with asyncio.timeout(15):
            number = 1000
            while not by["second"] or len(by["second"]) < 200:
                await put(number := number + 100)
                await asyncio.sleep(0.1)
            await empty(inbox)
    before = len(by["second"])
    await put(100_000)
    await until(lambda: len(by["second"]) == before + 80, 5)
    await second.__aexit__(None, None, None)
    answered = by["first"] + by["second"]
    assert len(answered) == len(set(answered))
