"""How updates reach whoever answers them: in order within a chat, side by side over chats, none lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.connection import connect
from bot.dispatcher import Dispatcher, chat_of
from bot.inbox import Inbox
from tests.conftest import Valkey

Answer = Callable[[dict[str, Any]], Any]


def update(number: int, chat: int) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": chat}}}


@asynccontextmanager
async def dispatching(inbox: Inbox, answer: Answer) -> AsyncIterator[None]:
    task = asyncio.create_task(Dispatcher(inbox, answer).run())
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


async def test_a_chats_updates_are_answered_in_order_while_other_chats_go_on(redis_client: Redis) -> None:
    inbox, answered, slow = Inbox(redis_client), [], asyncio.Event()

    async def answer(content: dict[str, Any]) -> None:
        if content["update_id"] == 0:
            await slow.wait()
        answered.append(content["update_id"])

    async with dispatching(inbox, answer):
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

    async with dispatching(inbox, answer):
        await inbox.put([update(number, 1) for number in range(1500)] + [update(2000, 2)])
        await until(lambda: answered == [2000])


async def test_an_update_that_always_fails_holds_up_nobody_and_its_text_stays_out_of_the_log(
    redis_client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    inbox, answered = Inbox(redis_client), []

    async def answer(content: dict[str, Any]) -> None:
        if content["update_id"] == 0:
            raise ValueError("somebody's words")
        answered.append(content["update_id"])

    async with dispatching(inbox, answer):
        await inbox.put([update(0, 1), update(1, 1)])
        await until(lambda: answered == [1])
    assert await inbox.waiting() == 0
    assert "ValueError" in caplog.text
    assert "words" not in caplog.text


async def test_what_was_in_flight_when_the_process_ended_is_answered_by_the_next(redis_client: Redis) -> None:
    inbox, first, second = Inbox(redis_client), [], []

    async def never(content: dict[str, Any]) -> None:
        first.append(content["update_id"])
        await asyncio.Event().wait()

    async def answer(content: dict[str, Any]) -> None:
        second.append(content["update_id"])

    task = asyncio.create_task(Dispatcher(inbox, never).run())
    await inbox.put([update(0, 1), update(1, 1)])
    await until(lambda: first == [0])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    async with dispatching(inbox, answer):
        await until(lambda: second == [0, 1])
    assert await inbox.waiting() == 0


async def test_everything_goes_on_by_itself_when_redis_was_killed_and_comes_back(own_valkey: Valkey) -> None:
    redis = connect(own_valkey.url)
    inbox, answered = Inbox(redis), []

    async def answer(content: dict[str, Any]) -> None:
        await redis.ping()
        answered.append(content["update_id"])

    async with dispatching(inbox, answer):
        await inbox.put([update(0, 1)])
        await until(lambda: answered == [0])
        own_valkey.kill()
        await asyncio.sleep(1)
        own_valkey.start()
        await inbox.put([update(1, 1)])
        await until(lambda: 1 in answered, 20)
    await redis.aclose()


@pytest.mark.parametrize(
    ("content", "chat"),
    [
        (update(1, 42), 42),
        ({"update_id": 1, "callback_query": {"from": {"id": 7}, "message": {"chat": {"id": 42}}}}, 42),
        ({"update_id": 1, "inline_query": {"from": {"id": 7}}}, 7),
        ({"update_id": 1}, 0),
        ({"update_id": 1, "message": 5}, 0),
        ({"update_id": 1, "message": {"chat": {"id": None}}}, 0),
        ({"update_id": 1, "message": {"chat": "x"}}, 0),
    ],
)
def test_an_update_belongs_to_the_order_of_its_chat(content: dict[str, Any], chat: int) -> None:
    assert chat_of(content) == chat
