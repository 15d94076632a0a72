"""What people meet when a command waited long, when they send too much, and when their group moves."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import redis.asyncio

from bot.dead_letters import DEAD
from bot.flood import LIMIT
from bot.inbox import Inbox
from bot.sandbox import scene
from bot.sandbox.state import Chat
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = 3600  # seconds


async def written(world: World, seconds_ago: int, text: str, person: int = scene.ADA) -> dict[str, Any]:
    """Write something that the bot hears of only now."""
    chat = world.sandbox.world.chats[person]
    body: dict[str, Any] = {"from": world.sandbox.world.full_user(person), "text": text}
    post = world.sandbox.world.add_post(chat, body, person)
    post.body["date"] = int(time.time()) - seconds_ago
    world.sandbox.backend.updates.add("message", post.body)
    return post.body


def press_of(card: dict[str, Any], label: str) -> str:
    (row,) = card["reply_markup"]["inline_keyboard"]
    return next(button["callback_data"] for button in row if button["text"] == label)


async def test_a_command_that_waited_long_is_offered_and_run_when_it_is_still_wanted(world: World) -> None:
    said = await written(world, HOUR, "/s what a wonderful day, I love it")
    card = await world.sandbox.reply_to(said, 15)
    assert card["text"] == "I was away when you sent this. Still want it?\n/s what a wonderful day, I love it"
    await world.sandbox.press(scene.ADA, scene.ADA, card["message_id"], press_of(card, "Yes"))
    async with asyncio.timeout(15):
        while "positive" not in str(world.sandbox.messages(scene.ADA)[-1].get("text")):
            await asyncio.sleep(0.05)
    answer = world.sandbox.messages(scene.ADA)[-1]
    assert answer["reply_to_message"]["message_id"] == said["message_id"]


async def test_a_command_that_is_not_wanted_any_more_is_left_undone_and_words_need_no_question(
    world: World,
) -> None:
    card = await world.sandbox.reply_to(await written(world, HOUR, "/models"), 15)
    pressed = await world.sandbox.press(scene.ADA, scene.ADA, card["message_id"], press_of(card, "No"))
    await asyncio.wait_for(pressed.answer, 15)
    assert (
        world.sandbox.world.chats[scene.ADA].posts[card["message_id"]].body["text"] == "Left undone: /models"
    )
    words = await world.sandbox.reply_to(await written(world, HOUR, "I love it"), 15)
    assert "positive" in words["text"]


async def test_a_chinese_reader_is_asked_in_chinese(world: World) -> None:
    said = await written(world, HOUR, "/s 今天真好", scene.XIAOMING)
    assert "现在还需要吗" in (await world.sandbox.reply_to(said, 15))["text"]


@pytest.mark.asyncio(loop_scope="function")
async def test_who_sends_too_much_hears_it_once_and_then_nothing(
    still_world: World, redis_client: redis.asyncio.Redis
) -> None:
    still_world.environment = {"TONEFIT_LIMITS": "telegram"}
    await redis_client.set(LIMIT, 2)
    await still_world.start()
    for number in range(2):
        await still_world.ask(f"/s I love number {number}")
    assert "a lot at once" in (await still_world.ask("/s I love number 2"))["text"]
    said = await still_world.sandbox.say(scene.ADA, scene.ADA, "/s I love number 3")
    other = await still_world.ask("/s I love it too", person=scene.GRACE)
    assert "positive" in other["text"]
    replied = [post.get("reply_to_message", {}) for post in still_world.sandbox.messages(scene.ADA)]
    assert said["message_id"] not in [quoted.get("message_id") for quoted in replied]


async def test_a_group_that_becomes_a_supergroup_keeps_its_language_its_models_and_what_was_asked(
    world: World,
) -> None:
    members = {scene.ADA: "creator", world.sandbox.world.bot_id: "administrator"}
    world.sandbox.add_chat(Chat(-77, "group", "Tea", members=members))
    await world.ask("/new mail junk fine", chat=-77)
    await world.ask("/lang zh", chat=-77)
    new = world.sandbox.migrate(-77)
    shown = await world.ask("/models", chat=new)
    assert "mail" in shown["text"]
    assert "语气" in (await world.ask("/help", chat=new))["text"]


@pytest.mark.asyncio(loop_scope="function")
async def test_under_telegrams_limits_too_a_press_and_a_refusal_are_answered_once(
    still_world: World, redis_client: redis.asyncio.Redis
) -> None:
    still_world.environment = {"TONEFIT_LIMITS": "telegram"}
    await still_world.start()
    judged = await still_world.ask("/s what a wonderful day, I love it")
    pressed = await still_world.sandbox.press(
        scene.ADA, scene.ADA, judged["message_id"], press_of(judged, "Why?")
    )
    await asyncio.wait_for(pressed.answer, 30)
    assert "no number" in (await still_world.ask("/fit 1,2 2,abc 3,4"))["text"]
    async with asyncio.timeout(30):
        while await Inbox(redis_client).waiting():
            await asyncio.sleep(0.05)
    said = [post.get("text", "") for post in still_world.sandbox.messages(scene.ADA)]
    assert sum(text.startswith("Why positive") for text in said) == 1
    assert sum("no number" in text for text in said) == 1
    assert await redis_client.xlen(DEAD) == 0  # nothing was given up
