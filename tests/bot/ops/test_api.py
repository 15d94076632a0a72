"""The HTTP API: what programs get with a key, and what they do not get without."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.ops.api_keys import ApiKeys
from bot.sandbox import scene
from ml import keys
from tests.bot.ops.operated import Operated

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = 50  # of each call, by schemathesis
CALLS = ("classify", "fit", "jobs", "jobs/{id}")
Answer = tuple[int, dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def key(bot: Operated) -> str:
    """A key that may ask often, of Ada's private chat."""
    return await ApiKeys(bot.redis).new("tests", scene.ADA, 100_000)


@pytest_asyncio.fixture(loop_scope="module")
async def api(http: aiohttp.ClientSession, key: str) -> AsyncIterator[aiohttp.ClientSession]:
    http.headers["Authorization"] = f"Bearer {key}"
    yield http


async def post(http: aiohttp.ClientSession, bot: Operated, call: str, body: Any) -> Answer:
    async with http.post(f"{bot.url}/api/v1/{call}", json=body) as response:
        return response.status, await response.json()


async def get(http: aiohttp.ClientSession, bot: Operated, call: str) -> Answer:
    async with http.get(f"{bot.url}/api/v1/{call}") as response:
        return response.status, await response.json()


async def test_texts_get_the_labels_that_the_bot_gives_them(
    bot: Operated, api: aiohttp.ClientSession
) -> None:
    texts = ["What a wonderful day, I love it", "This is awful", ""]
    status, said = await post(api, bot, "classify", {"texts": texts})
    assert (status, said["model"]) == (200, "sentiment")
    assert [one["label"] for one in said["predictions"][:2]] == ["positive", "negative"]
    for one in said["predictions"]:
        assert sum(one["probabilities"].values()) == pytest.approx(1)
        assert list(one["probabilities"]) == ["negative", "neutral", "positive"]


async def test_a_fit_has_the_digits_of_the_command_line(bot: Operated, api: aiohttp.ClientSession) -> None:
    status, said = await post(api, bot, "fit", {"text": "ci=90 predict=10 1,2 2,4.1 3,5.9 4,8.2"})
    assert (status, said["n"], said["terms"][0]) == (200, 4, "1")
    assert said["coefficients"] == pytest.approx([-0.05, 2.04], rel=1e-12)
    assert said["predictions"] == pytest.approx([20.35], rel=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,1 1,2 1,3", "needs at least two different values"),
        ("1,1", "needs at least"),
        ("hello", "no number"),
        ("linear", "There are no points"),
        ("", "There are no points"),
        ("poly2 frobnicate=3 1,2 2,3", "I do not know the option"),
        ("x,y\n1,2\n2,cat\n3,4", "cat"),
    ],
)
async def test_points_without_a_fit_are_refused_in_the_words_of_the_chat(
    bot: Operated, api: aiohttp.ClientSession, text: str, words: str
) -> None:
    status, said = await post(api, bot, "fit", {"text": text})
    assert (status, said["status"], said["title"]) == (409, 409, "Conflict")
    assert words in said["detail"]


async def test_a_key_sees_its_own_chats_models_and_trainings_and_no_others(
    bot: Operated, api: aiohttp.ClientSession
) -> None:
    await bot.world.ask("/new post junk fine")
    lines = "\n".join(f"{word}: text number {n} {word}" for n in range(8) for word in ("junk", "fine"))
    await bot.world.ask(f"/teach post\n{lines}")
    await bot.world.ask("/train post")
    status, said = await get(api, bot, "jobs")
    assert status == 200
    (job,) = [job for job in said["jobs"] if job["model"] == "post"]
    assert (job["state"], job["place"]) == ("queued", 1)
    assert (await get(api, bot, f"jobs/{job['id']}"))[1]["id"] == job["id"]
    assert (await post(api, bot, "classify", {"texts": ["a"], "model": "post"}))[0] == 404  # not trained yet
    for chat in (scene.GRACE, None):
        api.headers["Authorization"] = f"Bearer {await ApiKeys(bot.redis).new(f'other-{chat}', chat)}"
        assert await get(api, bot, "jobs") == (200, {"jobs": []})
        assert (await get(api, bot, f"jobs/{job['id']}"))[0] == 404
    await bot.world.ask("/cancel")


async def test_without_a_key_nothing_is_answered_but_the_document(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    for wrong in (
        {},
        {"Authorization": "Bearer made-up"},
        {"Authorization": "Basic dDp0"},
        {"Authorization": ""},
    ):
        async with http.get(f"{bot.url}/api/v1/jobs", headers=wrong) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (await get(http, bot, "openapi.json"))[1]["openapi"] == "3.1.0"


async def test_a_revoked_key_is_out_at_once_and_redis_never_held_it(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    secret = await ApiKeys(bot.redis).new("short")
    http.headers["Authorization"] = f"Bearer {secret}"
    assert (await get(http, bot, "jobs"))[0] == 200
    held = await bot.redis.hgetall(keys.API_KEYS)
    assert secret.encode() not in b"".join([*held, *held.values()])
    assert await ApiKeys(bot.redis).revoke("short")
    assert (await get(http, bot, "jobs"))[0] == 401
    assert not await ApiKeys(bot.redis).revoke("short")


async def test_a_key_asks_as_often_as_it_may_a_minute_on_all_its_connections(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    http.headers["Authorization"] = f"Bearer {await ApiKeys(bot.redis).new('slow', per_minute=5)}"
    answers = await asyncio.gather(*(get(http, bot, "jobs") for _ in range(9)))
    assert sorted(status for status, _ in answers) == [200] * 5 + [429] * 4
    async with http.get(f"{bot.url}/api/v1/jobs") as response:
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert (await response.json())["detail"] == "This key may ask 5 times a minute."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'"texts"', 400),
        (b"{}", 400),
        (b'{"texts": []}', 400),
        (b'{"texts": ["a"], "modle": "x"}', 400),
        (b'{"texts": [1]}', 400),
        (b'{"texts": ["\xff"]}', 400),
        (b'{"texts": ["\\ud800"]}', 400),
        (b'{"texts": ["' + b"a" * 2001 + b'"]}', 400),
        (b'{"texts": ' + b"[" * 100_000, 400),
        (b'{"texts": ["a"], "model": "none-of-these"}', 404),
        (b'{"texts": ["' + b"a" * 3_200_000 + b'"]}', 413),
    ],
)
async def test_a_wrong_body_is_a_problem_that_quotes_nothing_of_it(
    bot: Operated, api: aiohttp.ClientSession, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    async with api.post(f"{bot.url}/api/v1/classify", data=body, headers=headers) as response:
        assert (response.status, response.content_type) == (status, "application/problem+json")
        assert (await response.json())["status"] == status


async def test_a_body_without_its_length_is_bounded_too(bot: Operated, api: aiohttp.ClientSession) -> None:
    async def too_much() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"a" * 100_000

    headers = {"Content-Type": "application/json"}
    try:
        async with api.post(f"{bot.url}/api/v1/fit", data=too_much(), headers=headers) as response:
            assert response.status == 413
    except aiohttp.ClientConnectionError:
        pass  # it was cut off while it still sent


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nothing", "/api/v2/fit", "/api/v1/jobs/../keys"])
async def test_what_does_not_exist_is_a_problem_too(
    bot: Operated, api: aiohttp.ClientSession, path: str
) -> None:
    async with api.get(f"{bot.url}{path}") as response:
        assert (response.status, response.content_type) == (404, "application/problem+json")
    async with api.delete(f"{bot.url}/api/v1/fit") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")


async def test_texts_of_programs_reach_no_log(bot: Operated, api: aiohttp.ClientSession) -> None:
    await post(api, bot, "classify", {"texts": ["an unmistakable sentence"]})
    await post(api, bot, "fit", {"text": "1,2 2,unmistakable"})
    await post(api, bot, "classify", {"unmistakable": ["unmistakable"]})
    assert "unmistakable" not in bot.world.log


async def test_what_the_schema_forbids_is_never_told_to_be_too_long(
    bot: Operated, api: aiohttp.ClientSession
) -> None:
    body = b'{"text": "' + b"\\ud83d\\ude42" * 200_001 + b'"}'  # the longest way to write the signs
    headers = {"Content-Type": "application/json"}
    async with api.post(f"{bot.url}/api/v1/fit", data=body, headers=headers) as response:
        assert (response.status, (await response.json())["errors"]) == (
            400,
            ["text: String should have at most 200000 characters"],
        )


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_document_is_true(bot: Operated, key: str, tmp_path: Path) -> None:
    """Every check of schemathesis as its defaults have it, over what it makes up from the document."""
    found = await asyncio.to_thread(examine, f"{bot.url}/api/v1/openapi.json", key, tmp_path)
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    assert f"Tested: {len(CALLS)}" in found.stdout, found.stdout[-3000:]


def examine(address: str, key: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run schemathesis as anybody would who has the address and a key."""
    headers = ["--header", f"Authorization: Bearer {key}"]
    how = ["--max-examples", str(CASES), "--seed", "1", "--no-color"]
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", address, *headers, *how],
        cwd=folder,  # where no settings of its lie
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
