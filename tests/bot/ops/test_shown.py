"""What the operators' page is told: ids, counts and names of models, never what people wrote."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.audit import AuditLog
from bot.dead_letters import DEAD
from bot.ops.guard import CSRF_HEADER
from bot.sandbox import scene
from ml.mood import Mood, Tagged
from tests.bot.ops.operated import Operated

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUP = -100_123
SECRET = "unmistakable"
ROUTES = ("chats", "models", "model?owner=&name=sentiment", "letters", "mood?chat=1&days=7")
CHANGES = ("letters/replay", "fit", "signout")


@pytest_asyncio.fixture(loop_scope="module")
async def page(bot: Operated, http: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser with an open page, which sends its word along."""
    async with http.post(f"{bot.url}/ops/api/signin", json={"code": await bot.code()}) as response:
        assert response.status == 200
    async with http.get(f"{bot.url}/ops/api/session") as response:
        http.headers[CSRF_HEADER] = (await response.json())["csrf"]
    yield http


async def get(http: aiohttp.ClientSession, bot: Operated, call: str) -> tuple[int, Any]:
    async with http.get(f"{bot.url}/ops/api/{call}") as response:
        return response.status, await response.json()


async def post(http: aiohttp.ClientSession, bot: Operated, call: str, **body: Any) -> tuple[int, Any]:
    async with http.post(f"{bot.url}/ops/api/{call}", json=body) as response:
        return response.status, await response.json()


async def count(bot: Operated, people: int, messages: int, *, chat: int = GROUP, hours_ago: int = 1) -> None:
    """Count messages of some people, each with a tone."""
    mood, at = Mood(bot.redis), int(time.time()) - 3600 * hours_ago
    for number in range(messages):
        label = ("negative", "positive", "positive")[number % 3]
        place = at * 1000 + number
        await mood.count(Tagged(chat, 0, place, number % people + 1, at, f"{SECRET} {number}", label))


async def test_every_call_is_an_operators_alone(bot: Operated, http: aiohttp.ClientSession) -> None:
    for call in ROUTES:
        assert (await get(http, bot, call))[0] == 401, call
    for call in CHANGES:
        assert (await post(http, bot, call))[0] == 401, call


async def test_every_change_needs_the_word_of_the_page(bot: Operated, page: aiohttp.ClientSession) -> None:
    del page.headers[CSRF_HEADER]
    for call in CHANGES:
        assert (await post(page, bot, call, text="1,2 2,3"))[0] == 403, call


async def test_chats_are_shown_by_id_and_counts_without_titles(
    bot: Operated, page: aiohttp.ClientSession
) -> None:
    await bot.world.ask(f"/new {SECRET} junk fine", chat=scene.ADA)
    await count(bot, 6, 12)
    status, told = await get(page, bot, "chats")
    assert status == 200
    held = {chat["id"]: chat for chat in told["chats"]}
    assert (held[GROUP]["messages"], held[scene.ADA]["models"], held[scene.ADA]["kind"]) == (12, 1, "private")
    assert SECRET not in str(told)
    assert "Ada" not in str(told)
    (_, found) = await get(page, bot, f"chats?id={str(GROUP)[:6]}")
    assert [chat["id"] for chat in found["chats"]] == [GROUP]
    assert (await get(page, bot, "chats?id=*"))[0] == 400


async def test_a_model_is_shown_with_its_figures_and_curves(
    bot: Operated, page: aiohttp.ClientSession
) -> None:
    _, listed = await get(page, bot, "models")
    assert [one["name"] for one in listed if not one["owner"]] == ["sentiment"]
    status, card = await get(page, bot, "model?owner=&name=sentiment")
    assert status == 200
    assert 0.5 < card["figures"]["accuracy"] < 1
    assert len(card["roc"]) == len(card["precision_recall"]) == len(card["confusion"]) == 3
    assert card["roc"][0]["x"][0] == 0
    for wrong in (
        "owner=&name=none",
        "owner=1&name=none",
        "owner=..%2F..&name=x",
        "owner=%00&name=%2Fetc",
        "",
    ):
        assert (await get(page, bot, f"model?{wrong}"))[0] == 404, wrong


async def test_an_untrained_model_is_shown_without_figures(
    bot: Operated, page: aiohttp.ClientSession
) -> None:
    await bot.world.ask("/new untrained junk fine")
    await bot.world.ask("/teach untrained junk buy now")
    _, card = await get(page, bot, f"model?owner={scene.ADA}&name=untrained")
    assert (card["summary"]["version"], card["examples"], card["figures"]) == (None, {"junk": 1}, {})


async def test_a_dead_letter_is_shown_without_its_words_and_replayed_once(
    bot: Operated, page: aiohttp.ClientSession
) -> None:
    await bot.bury("7F3K", f"/sentiment {SECRET} and wonderful")
    _, letters = await get(page, bot, "letters")
    (letter,) = [one for one in letters if one["reference"] == "7F3K"]
    assert (letter["kind"], letter["chat"], letter["reason"]) == ("message", scene.ADA, "ValueError")
    assert SECRET not in str(letters)
    before = len(bot.world.sandbox.calls_of("sendMessage"))
    assert await post(page, bot, "letters/replay", id=letter["id"]) == (200, {})
    assert (await post(page, bot, "letters/replay", id=letter["id"]))[0] == 404
    assert await bot.redis.xlen(DEAD) == 0
    (entry,) = await AuditLog(bot.redis).last(1)
    assert entry.command == f"[page] letters/replay {letter['id']}"
    deadline = time.monotonic() + 20
    while len(bot.world.sandbox.calls_of("sendMessage")) == before:
        assert time.monotonic() < deadline
        await get(page, bot, "letters")
    for wrong in ("+", "*", "-", "0-0 0", 7, None):
        assert (await post(page, bot, "letters/replay", id=wrong))[0] == 400, wrong
    assert SECRET not in bot.world.log


async def test_the_mood_of_a_chat_is_that_of_the_command_and_hides_what_few_wrote(
    bot: Operated, page: aiohttp.ClientSession
) -> None:
    await count(bot, 6, 30, chat=-77, hours_ago=1)
    await count(bot, 2, 4, chat=-77, hours_ago=60)
    _, mood = await get(page, bot, "mood?chat=-77&days=7&lang=en")
    assert mood["labels"] == ["negative", "neutral", "positive"]
    assert mood["words"].startswith("34 messages of 6 people: positive")
    shown = [one for one in mood["stretches"] if one["shares"]]
    hidden = [one for one in mood["stretches"] if one["messages"] and not one["shares"]]
    assert [round(sum(one["shares"]), 9) for one in shown] == [1] * len(shown)
    assert [one["messages"] for one in hidden] == [4]
    await count(bot, 4, 40, chat=-78)
    _, few = await get(page, bot, "mood?chat=-78&days=7")
    assert (few["words"], [one for one in few["stretches"] if one["shares"]]) == ("", [])
    assert (await get(page, bot, "mood?chat=-77&days=7&lang=zh-CN"))[1]["words"].startswith("6 人")
    for wrong in ("chat=x&days=7", "chat=1&days=8", "chat=&days=7", "chat=1", f"chat={'9' * 30}&days=7"):
        assert (await get(page, bot, f"mood?{wrong}"))[0] == 400, wrong


async def test_points_of_the_playground_are_read_as_in_a_chat(
    bot: Operated, page: aiohttp.ClientSession
) -> None:
    status, played = await post(page, bot, "fit", text="1，2；2，4；3，6.1", lang="en")
    assert (status, played["fit"]["n"]) == (200, 3)
    assert played["words"].startswith("y = 2.05x")
    assert played["picture"].startswith("iVBOR")  # a PNG in base64
    status, refused = await post(page, bot, "fit", text="1,2", lang="zh")
    assert (status, "数据点" in refused["detail"] or "个点" in refused["detail"]) == (409, True)
    assert (await post(page, bot, "fit", text=5))[0] == 400
    assert (await post(page, bot, "fit", text="1 " * 150_000))[0] == 409
