"""Inline mode, a mention as a guest, and the menus, through the real Bot API of the sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from bot.connection import connect
from bot.flood import LIMIT
from bot.menu import ADMINS, GROUP, PRIVATE
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Chat
from handlers.texts import Texts
from tests.bot.conftest import World
from tests.bot.ops.test_prometheus import figures
from tests.conftest import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = -1_008_000


async def inline(world: World, text: str, person: int = scene.ADA) -> dict[str, Any]:
    query = await world.sandbox.ask_inline(person, text)
    answer: dict[str, Any] = await asyncio.wait_for(query.answer, 30)
    return answer


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        ("I love this so much", "🙂 positive", "“I love this so much”\n🙂 positive"),
        ("fit 1,2 2,4 3,6.3", "y = ", "n = 3"),
        ("拟合 1,2 2,4 3,6.3", "y = ", "n = 3"),
        ("fit", "That is no fit yet", "fit 1,2 2,4 3,6"),
        ("fit 1,2 1,3 1,4", "That is no fit yet", ""),
    ],
)
async def test_an_inline_query_gets_its_answer_for_the_asker_alone(
    world: World, text: str, title: str, words: str
) -> None:
    answer = await inline(world, text)
    assert answer["is_personal"]
    (result,) = answer["results"]
    assert result["title"].startswith(title)
    assert words in result["input_message_content"]["message_text"]
    post = world.sandbox.people.choose_inline(scene.ADA, scene.GROUP, result)
    assert post.body["via_bot"]["username"] == "tonefit_bot"


async def test_an_empty_inline_query_says_what_can_be_written(world: World) -> None:
    answer = await inline(world, " ")
    assert answer["results"] == []
    assert answer["button"]["text"] == "Write a text for its tone, or for example: fit 1,2 2,4 3,6"
    assert (await inline(world, "x" * 5000))["results"]  # Telegram cuts at 256 characters


async def test_inline_answers_are_in_the_language_of_the_asker(world: World) -> None:
    (result,) = (await inline(world, "今天真开心，太棒了", scene.XIAOMING))["results"]
    assert "积极" in result["title"]


async def test_a_guest_mention_is_about_the_message_that_it_replies_to(world: World) -> None:
    club = scene.CLUB
    said = await world.sandbox.say(scene.GRACE, club, "zq8planted this is terrible, I hate it so much")
    asked = await world.sandbox.say(scene.ADA, club, "@tonefit_bot", reply_to=said["message_id"])
    told = await world.sandbox.reply_to(asked, 30)
    assert "negative" in told["text"]
    assert told["guest_bot_caller_user"]["id"] == scene.ADA
    points = await world.sandbox.say(scene.GRACE, club, "1,2 2,4 3,6.3")
    fitted = await world.sandbox.say(scene.ADA, club, "@tonefit_bot fit", reply_to=points["message_id"])
    assert "n = 3" in (await world.sandbox.reply_to(fitted, 30))["text"]
    own = await world.sandbox.say(scene.ADA, club, "@tonefit_bot I love this so much")
    assert "positive" in (await world.sandbox.reply_to(own, 30))["text"]
    empty = await world.sandbox.say(scene.ADA, club, "@tonefit_bot")
    assert (await world.sandbox.reply_to(empty, 30))["text"].startswith("Write a text for its tone")
    await nothing_kept(world, "zq8planted")


async def nothing_kept(world: World, text: str) -> None:
    """Look through every key for a text, and for the chat that the bot is not in."""
    client: redis.asyncio.Redis = connect(world.redis_url)
    try:
        await client.config_set("rdbcompression", "no")
        async with asyncio.timeout(30):
            while await client.xlen(f"tonefit:inbox:{scene.ADA % 16}") or await held(client, text):
                await asyncio.sleep(0.05)  # the update leaves the inbox when it is answered
        assert not [key async for key in client.scan_iter(f"*{scene.CLUB}*")]
    finally:
        await asyncio.wait_for(client.aclose(), 5)


async def held(client: redis.asyncio.Redis, text: str) -> list[str]:
    dumps = {key: await client.dump(key) async for key in client.scan_iter()}
    return [key.decode() for key, content in dumps.items() if text.encode() in key + (content or b"")]


@pytest.mark.asyncio(loop_scope="function")
async def test_who_asks_too_much_is_told_once_and_what_is_sent_is_counted_without_a_word(
    redis_client: redis.asyncio.Redis, redis_url: str, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"TONEFIT_OPS_LISTEN": f"127.0.0.1:{port}", "TONEFIT_LIMITS": "telegram"}
    async with Sandbox() as sandbox:
        world = World(sandbox, redis_url, tmp_path, settings)
        await world.start()
        try:
            await redis_client.set(LIMIT, 1)
            answers = [
                await inline(world, text) for text in ("I love it", "I love this", "fit 1,2 2,4 3,6.3")
            ]
            for answer in answers:
                sandbox.people.choose_inline(scene.ADA, scene.GROUP, answer["results"][0])
            told = await inline(world, "I love that")
            assert told["results"] == []
            assert told["button"]["text"].startswith("That was a lot at once.")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for((await sandbox.ask_inline(scene.ADA, "once more")).answer, 1.5)
            assert (await inline(world, "I love it", scene.GRACE))["results"]
            members = {scene.ADA: "creator", scene.GRACE: "member"}
            sandbox.add_chat(Chat(ELSEWHERE, "supergroup", "Elsewhere", members=members))
            said = [
                await sandbox.say(scene.GRACE, ELSEWHERE, f"@tonefit_bot I love this {word}")
                for word in ("much", "more", "most")
            ]
            assert "positive" in (await sandbox.reply_to(said[0], 30))["text"]
            assert (await sandbox.reply_to(said[1], 30))["text"].startswith("That was a lot at once.")
            await asyncio.sleep(1)
            assert len(sandbox.messages(ELSEWHERE)) == 5
            seen = await figures(f"http://127.0.0.1:{port}")
            assert seen["tonefit_inline_chosen_total,tone"] == 2
            assert seen["tonefit_inline_chosen_total,fit"] == 1
            assert seen["tonefit_commands_total,inline,answered"] == 4
            assert seen["tonefit_commands_total,inline,refused"] == 2
        finally:
            world.end()


async def test_each_kind_of_chat_has_its_menu_in_both_languages_and_stale_ones_go(world: World) -> None:
    world.end()
    menus = world.sandbox.world.profile["commands"]
    stale = {"command": "old", "description": "Old"}
    menus |= {key: [stale] for key in list(menus)}
    await world.sandbox.say(scene.ADA, scene.ADA, "/help")
    await world.start()
    async with asyncio.timeout(30):
        while any(stale in menu for menu in menus.values()) or len(menus) < 6:
            await asyncio.sleep(0.05)
    names = [tuple(line["command"] for line in menu) for menu in menus.values()]
    assert sorted(names) == sorted([PRIVATE, PRIVATE, GROUP, GROUP, ADMINS, ADMINS])
    assert (len(PRIVATE), len(GROUP), len(ADMINS)) == (12, 6, 10)
    texts = {
        line["description"] for menu in menus.values() for line in menu if line["command"] == "sentiment"
    }
    assert texts == {Texts("en")("the tone of a text"), Texts("zh")("the tone of a text")}
