"""Intake by webhook."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from redis.asyncio import Redis

from bot.inbox import FIRST, Inbox, shard_of
from bot.web import SECRET_HEADER, Webhook, secret_of
from tests.conftest import free_port

SECRET = secret_of("1:token")
HEADERS = {SECRET_HEADER: SECRET}


@pytest.fixture
async def url(redis_client: Redis) -> AsyncIterator[str]:
    inbox = Inbox(redis_client)
    listen = f"127.0.0.1:{free_port()}"
    webhook = Webhook(inbox, "https://bot.example/tonefit/hook", listen, SECRET)
    await webhook.start()
    yield f"http://{listen}/tonefit/hook"
    await webhook.stop()


async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status


async def test_an_update_is_in_the_inbox_before_it_is_acknowledged(url: str, redis_client: Redis) -> None:
    assert await post(url, b'{"update_id": 1}', HEADERS) == 200
    assert await Inbox(redis_client).waiting() == 1


async def test_half_a_sign_in_an_update_keeps_nothing_out(url: str, redis_client: Redis) -> None:
    body = rb'{"update_id": 1, "message": {"chat": {"id": 7}, "text": "well \ud83d done"}}'
    assert await post(url, body, HEADERS) == 200
    (entry,) = await Inbox(redis_client).read({shard_of(7): FIRST})
    assert entry.update["message"]["text"] == "well ? done"


FORGED = ["wrong", "", SECRET + "x", SECRET[:-1], SECRET.upper(), SECRET * 50, "ü", "\t"]


@pytest.mark.parametrize("headers", [{}, *({SECRET_HEADER: forged} for forged in FORGED)])
async def test_nobody_else_can_post_updates(url: str, redis_client: Redis, headers: dict[str, str]) -> None:
    assert await post(url, b'{"update_id": 1}', headers) == 403
    assert await Inbox(redis_client).waiting() == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"7", b'{"update_id": "x"}', b"[" * 5_000])
async def test_what_is_no_update_is_refused(url: str, body: bytes) -> None:
    assert await post(url, body, HEADERS) == 400


@pytest.mark.parametrize("update_id", ["-1", "true", "1.5", "1e400", str(2**53)])
async def test_an_id_that_no_update_has_does_not_stop_those_that_come_with_it(
    url: str, redis_client: Redis, update_id: str
) -> None:
    bodies = [f'{{"update_id": {each}}}'.encode() for each in ("1", update_id, "2")]
    assert await asyncio.gather(*(post(url, body, HEADERS) for body in bodies)) == [200, 400, 200]
    assert await Inbox(redis_client).waiting() == 2


async def test_a_body_over_the_limit_is_refused(url: str) -> None:
    assert await post(url, b'{"update_id": 1, "x": "' + b"x" * 2_000_000 + b'"}', HEADERS) == 413


async def test_a_body_that_does_not_end_is_refused_by_its_size_or_by_its_secret(url: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"update_id": 1, "x": "'
        for _ in range(64):
            yield b"x" * 65_536
            await asyncio.sleep(0)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session:
        async with session.post(url, data=endless(), headers=HEADERS) as answer:
            assert answer.status == 413
        async with session.post(url, data=endless(), headers={SECRET_HEADER: "wrong"}) as answer:
            assert answer.status == 403


async def test_another_path_is_not_there(url: str) -> None:
    assert await post(url + "/more", b"{}", HEADERS) == 404


async def test_nothing_but_a_post_is_taken(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.put(url, data=b"{}", headers=HEADERS) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_telegram_is_asked_to_come_again_while_redis_is_away() -> None:
    away = Redis(port=free_port())
    listen = f"127.0.0.1:{free_port()}"
    webhook = Webhook(Inbox(away), "https://bot.example/hook", listen, SECRET)
    await webhook.start()
    assert await post(f"http://{listen}/hook", b'{"update_id": 1}', HEADERS) == 503
    await webhook.stop()
