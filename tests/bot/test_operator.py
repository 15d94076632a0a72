"""What becomes of operators' commands in the whole bot, and of everybody else's who writes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio

from bot.connection import connect
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from tests.bot.conftest import World
from tests.bot.test_waiting_and_moving import written
from tests.conftest import Valkey

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPERATOR = scene.ADA
UNKNOWN = "I do not know this command. /help shows what I can do."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A bot with an operator."""
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    valkey.start()
    async with Sandbox() as sandbox:
        environment = {"TONEFIT_OPERATORS": str(OPERATOR)}
        running = World(sandbox, valkey.url, tmp_path_factory.mktemp("bot"), environment)
        await running.start()
        yield running
        running.end()
    valkey.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis_of(world: World) -> AsyncIterator[redis.asyncio.Redis]:
    client = connect(world.redis_url)
    yield client
    await client.aclose()


async def order(world: World, text: str) -> str:
    return str((await world.ask(text))["text"])


async def silent(world: World, person: int, chat: int, text: str) -> bool:
    """Say whether a message gets no answer, by one that comes behind it and does."""
    said = await world.sandbox.say(person, chat, text)
    await world.ask("/s what a wonderful day", person=scene.GRACE, chat=chat)
    return not answers(world, said)


def answers(world: World, said: dict[str, Any]) -> list[dict[str, Any]]:
    posts = world.sandbox.world.chats[said["chat"]["id"]].posts.values()
    replied = (post.body.get("reply_to_message") or {} for post in posts)
    return [quoted for quoted in replied if quoted.get("message_id") == said["message_id"]]


async def test_an_operator_sees_the_screen(world: World) -> None:
    assert (await order(world, "/op")).startswith("Tonefit ")
    assert "/op block ID" in await order(world, "/op help")


async def test_a_non_operator_gets_what_an_unknown_command_gets(world: World) -> None:
    for text in ("/op", "/op block 1", "/op@tonefit_bot say all hello", "/nonsense"):
        answer = await world.ask(text, person=scene.GRACE)
        assert answer["text"] == UNKNOWN
        assert "reply_markup" not in answer
    for person in (scene.GRACE, OPERATOR):
        whole = await world.ask("/help", person=person)
        assert "/op " not in whole["text"]
        of_nothing = await world.ask("/help nonsense", person=person)
        assert (await world.ask("/help op", person=person))["text"] == of_nothing["text"]


async def test_in_a_group_it_is_as_unknown_as_any_other_even_to_an_operator(world: World) -> None:
    for person in (OPERATOR, scene.GRACE):
        assert await silent(world, person, scene.GROUP, "/op")
        named = await world.ask("/op@tonefit_bot", person=person, chat=scene.GROUP)
        assert named["text"] == UNKNOWN


async def test_an_anonymous_admin_is_no_operator(world: World) -> None:
    said = await world.sandbox.say(OPERATOR, scene.GROUP, "/op@tonefit_bot", name=scene.GROUP)
    assert (await world.sandbox.reply_to(said, 20))["text"] == UNKNOWN


async def test_a_forwarded_command_and_one_below_a_file_are_nobodys_orders(world: World) -> None:
    said = await world.sandbox.say(scene.GRACE, scene.GROUP, "/op block 1")
    passed_on = await world.sandbox.forward(OPERATOR, OPERATOR, scene.GROUP, said["message_id"])
    assert (await world.sandbox.reply_to(passed_on, 20))["text"] == UNKNOWN
    below = await world.send_file("a.csv", b"a,b\n1,2\n", caption="/op block 1")
    assert below["text"] == UNKNOWN


async def test_a_forged_press_changes_nothing_and_is_answered_like_one_of_no_button(world: World) -> None:
    answer = await world.ask("/start", person=scene.GRACE)
    posts = world.sandbox.world.chats[scene.GRACE].posts
    rows = posts[answer["message_id"]].body["reply_markup"]["inline_keyboard"]
    for data in ("op:status", "op:queue:pause", "op:say:go:ABCDEF", "nonsense:1"):
        rows.append([{"text": "forged", "callback_data": data}])
        query = await world.sandbox.press(scene.GRACE, scene.GRACE, answer["message_id"], data)
        assert not (await asyncio.wait_for(query.answer, 20)).get("text")
    assert posts[answer["message_id"]].body["text"] == answer["text"]


async def test_a_refused_attempt_leaves_no_trace_among_the_operators_commands(
    world: World, redis_of: redis.asyncio.Redis
) -> None:
    before = await redis_of.xlen("tonefit:audit")
    await world.ask("/op block 1", person=scene.GRACE)
    assert await redis_of.xlen("tonefit:audit") == before
    await world.ask("/op flood 50")
    assert await redis_of.xlen("tonefit:audit") == before + 1


async def test_who_is_blocked_is_answered_nowhere_until_unblocked(world: World) -> None:
    blocked = scene.GRACE
    card = await world.ask("/s what a wonderful day", person=blocked)
    right = card["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert "gets no answers" in await order(world, f"/op block {blocked} 1h floods")
    said = await world.sandbox.say(blocked, blocked, "/s what a wonderful day")
    in_group = await world.sandbox.say(blocked, scene.GROUP, "/s what a wonderful day")
    pressed = await world.sandbox.press(blocked, blocked, card["message_id"], right)
    await world.ask("/s lovely", chat=scene.GROUP)
    await world.ask("/s lovely")
    await asyncio.sleep(0.5)
    assert not answers(world, said)
    assert not answers(world, in_group)
    assert not pressed.answer.done()
    assert "gets answers again" in await order(world, f"/op unblock {blocked}")
    assert "positive" in (await world.ask("/s what a wonderful day, I love it", person=blocked))["text"]


async def test_a_blocked_group_is_silent(world: World) -> None:
    await order(world, f"/op block {scene.GROUP}")
    said = await world.sandbox.say(scene.GRACE, scene.GROUP, "/s what a wonderful day")
    await world.ask("/s lovely", person=scene.GRACE)
    await asyncio.sleep(0.3)
    assert not answers(world, said)
    await order(world, f"/op unblock {scene.GROUP}")
    assert "positive" in (await world.ask("/s I love it", person=scene.GRACE, chat=scene.GROUP))["text"]


async def test_during_a_maintenance_people_are_told_once_and_answered_when_it_is_over(world: World) -> None:
    sentence = "Back in ten minutes."
    before = await world.ask("/s what a wonderful day", person=scene.XIAOMING)
    right = before["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert sentence in await order(world, f'/op maintenance on "{sentence}"')
    first = await world.sandbox.say(scene.GRACE, scene.GRACE, "/s what a wonderful day, I love it")
    second = await world.sandbox.say(scene.GRACE, scene.GRACE, "this is terrible, I hate it")
    assert (await world.sandbox.reply_to(first, 20))["text"] == sentence
    pressed = await world.sandbox.press(scene.XIAOMING, scene.XIAOMING, before["message_id"], right)
    assert (await asyncio.wait_for(pressed.answer, 20))["text"] == sentence
    inline = await world.sandbox.ask_inline(scene.GRACE, "lovely")
    assert (await asyncio.wait_for(inline.answer, 20))["button"]["text"] == sentence
    in_group = await world.sandbox.say(scene.GRACE, scene.GROUP, "/s@tonefit_bot I love it so much")
    assert (await world.sandbox.reply_to(in_group, 20))["text"] == sentence
    assert "positive" in (await world.ask("/s what a wonderful day, I love it"))["text"]  # an operator
    assert "updates held: 3" in await order(world, "/op")
    assert not answers(world, second)
    assert "3 held updates" in await order(world, "/op maintenance off")
    assert "negative" in (await world.sandbox.reply_to(second, 20))["text"]
    async with asyncio.timeout(20):
        while len(answers(world, first)) < 2 or len(answers(world, in_group)) < 2:
            await asyncio.sleep(0.05)
    posts, bot = world.sandbox.world.chats[scene.GRACE].posts.values(), world.sandbox.world.bot_id
    texts = [post.body.get("text", "") for post in posts if post.author == bot]
    after = texts[texts.index(sentence) + 1 :]
    assert ["positive" in after[0], "negative" in after[1]] == [True, True]  # in their order
    assert texts.count(sentence) == 1
    assert "updates held" not in await order(world, "/op")


async def test_an_old_command_is_offered_again_after_a_maintenance_and_an_operators_only_to_operators(
    world: World,
) -> None:
    await order(world, "/op maintenance on Back soon.")
    held = await written(world, 3600, "/s what a wonderful day", scene.XIAOMING)
    forged = await written(world, 3600, "/op block 1", scene.GRACE)
    for said in (held, forged):
        assert (await world.sandbox.reply_to(said, 20))["text"] == "Back soon."
    await order(world, "/op maintenance off")
    async with asyncio.timeout(20):
        while len(answers(world, held)) < 2 or len(answers(world, forged)) < 2:
            await asyncio.sleep(0.05)
    assert "现在还需要吗" in str((await world.sandbox.reply_to(held, 20))["text"])
    assert (await world.sandbox.reply_to(forged, 20))["text"] == UNKNOWN
    own = await written(world, 3600, "/op flood 60", OPERATOR)
    assert str((await world.sandbox.reply_to(own, 20))["text"]).startswith("I was away")


async def test_an_announcement_reaches_everybody_once_and_its_end_is_told(world: World) -> None:
    text = "We have a new home."
    shown = await world.sandbox.say(OPERATOR, OPERATOR, f"/op say all {text}")
    card = await until(lambda: said_by_bot(world, OPERATOR, "Within ten minutes"))
    code = card.partition("/op say ")[2][:6]
    assert await silent(world, scene.GRACE, scene.GROUP, f"/op say {code}")
    assert (await world.ask(f"/op say {code}", person=scene.GRACE))["text"] == UNKNOWN
    assert not said_by_bot(world, scene.GRACE, text)
    assert "have it" in await order(world, f"/op say {code}")
    for chat in (scene.GRACE, scene.XIAOMING, scene.GROUP):
        await until(lambda chat=chat: said_by_bot(world, chat, text))
    assert await until(lambda: said_by_bot(world, OPERATOR, "Sent.\n"))
    for chat in (scene.GRACE, scene.XIAOMING, scene.GROUP):
        posts = world.sandbox.world.chats[chat].posts.values()
        assert [post.body.get("text") for post in posts].count(text) == 1
    assert shown["message_id"]


async def test_the_log_of_one_chat_is_written_in_detail_with_the_id_of_each_result(world: World) -> None:
    assert f"{scene.GRACE}: debug" in await order(world, f"/op log level {scene.GRACE} debug")
    answer = await world.ask("/s what a wonderful day, I love it", person=scene.GRACE)
    result = answer["reply_markup"]["inline_keyboard"][0][0]["callback_data"].partition(":")[2]
    await world.ask("/s what a wonderful day, I love it", person=scene.XIAOMING)
    assert "alike" in await order(world, f"/op log level {scene.GRACE} default")
    lines = [json.loads(line) for line in world.log.splitlines() if line.startswith("{")]
    told = [line for line in lines if line["level"] == "debug" and "sentiment" in line["event"]]
    assert {line["chat"] for line in told} == {scene.GRACE}
    assert {line["result"] for line in told} == {result}
    assert "wonderful" not in world.log


def said_by_bot(world: World, chat: int, part: str) -> str:
    """Return the latest text of the bot that holds some words, empty without any."""
    posts = world.sandbox.world.chats[chat].posts.values()
    texts = [post.body.get("text", "") for post in posts if post.author == world.sandbox.world.bot_id]
    return next((text for text in reversed(texts) if part in text), "")


async def until(found: Callable[[], str], seconds: float = 20) -> str:
    """Wait until something was said, and return it."""
    async with asyncio.timeout(seconds):
        while not (said := found()):
            await asyncio.sleep(0.05)
    return said
