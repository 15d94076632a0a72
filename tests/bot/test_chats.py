"""`/chats`: a group and a channel set from private, by who rules them at that very moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox import scene
from bot.sandbox.state import Chat
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = -1_009_000


def data(card: dict[str, Any]) -> list[str]:
    rows = card.get("reply_markup", {}).get("inline_keyboard", [])
    return [button.get("callback_data", "") for row in rows for button in row]


async def until_listed(world: World, person: int, group: int, listed: bool = True) -> dict[str, Any]:
    """Ask for one's chats until a group is among them, or no more, and return the card."""
    async with asyncio.timeout(30):
        while (f"chats:{group}" in data(card := await world.ask("/chats", person=person))) is not listed:
            await asyncio.sleep(0.1)
    return card


async def press(world: World, card: dict[str, Any], pressed: str, person: int = scene.ADA) -> str:
    query = await world.sandbox.press(person, person, card["message_id"], pressed)
    return str((await asyncio.wait_for(query.answer, 30))["text"])


def text(world: World, person: int, card: dict[str, Any]) -> str:
    return str(world.sandbox.world.chats[person].posts[card["message_id"]].body["text"])


async def test_a_group_is_set_from_private_by_who_rules_it_now(world: World) -> None:
    sandbox = world.sandbox
    assert "I know no group" in (await world.ask("/chats", person=scene.GRACE))["text"]
    people = {scene.ADA: "creator", scene.GRACE: "administrator", sandbox.world.bot_id: "administrator"}
    sandbox.add_chat(Chat(PLACE, "supergroup", "Far tea", members=people))
    setup = await world.ask("/setup", chat=PLACE)
    urls = [b.get("url", "") for row in setup["reply_markup"]["inline_keyboard"] for b in row]
    assert any(url.endswith(f"?start=set_{PLACE}") for url in urls)
    card = await until_listed(world, scene.GRACE, PLACE)  # noted when the answer is out
    await press(world, card, f"chats:{PLACE}", scene.GRACE)
    assert text(world, scene.GRACE, card).startswith("Far tea\nTagging is off")
    await press(world, card, f"chats:{PLACE}:do:tagging", scene.GRACE)
    await press(world, card, f"chats:{PLACE}:tagging:react", scene.GRACE)
    assert text(world, scene.GRACE, card).startswith("Far tea\nTagging is react")
    await press(world, card, f"chats:{PLACE}", scene.GRACE)
    await press(world, card, f"chats:{PLACE}:do:digest", scene.GRACE)
    await press(world, card, f"chats:{PLACE}:digest:daily", scene.GRACE)
    assert "09:00" in (await world.ask("/digest", chat=PLACE))["text"]
    sandbox.set_role(PLACE, scene.GRACE, "member")
    await press(world, card, f"chats:{PLACE}", scene.GRACE)
    async with asyncio.timeout(30):  # roles are remembered for some seconds
        while await press(world, card, f"chats:{PLACE}:do:tagging", scene.GRACE) == "":
            await press(world, card, f"chats:{PLACE}", scene.GRACE)
            await asyncio.sleep(0.2)
    assert "Tagging is react" in (await world.ask("/tagging", chat=PLACE))["text"]
    assert "You are no admin there" in (await world.ask(f"/start set_{PLACE}", person=scene.GRACE))["text"]
    assert "You are no admin there" in (await world.ask("/tagging off", person=scene.GRACE))["text"]


@pytest.mark.parametrize(
    ("command", "words", "said", "shown"),
    [
        ("tagging", "reply min=0.9 model=sentiment", "model=sentiment min=0.9", "Tagging is reply"),
        ("digest", "weekly fri 18:30 tz=Asia/Shanghai", "every Friday at 18:30 (Asia/Shanghai)", "18:30"),
        ("alert", "negative>0.3 over=2h min=10", "more than 30 % of the messages of 2 hours", "30 %"),
        ("map", "😁=positive", "😁 positive", "😁 positive"),
        ("use", "sentiment", "/classify without a name now uses “sentiment” here.", "sentiment"),
    ],
)
async def test_every_setting_is_written_in_private_and_holds_in_the_group(
    world: World, command: str, words: str, said: str, shown: str
) -> None:
    people = {scene.ADA: "creator", world.sandbox.world.bot_id: "administrator"}
    world.sandbox.add_chat(Chat(PLACE - 2, "supergroup", "Written tea", members=people))
    card = await world.ask(f"/start set_{PLACE - 2}")
    await press(world, card, f"chats:{PLACE - 2}:do:{command}")
    asked = text(world, scene.ADA, card)
    assert f"/{command} " in asked  # how it is written, here or there
    assert said in (await world.ask(words))["text"]
    assert shown in (await world.ask(f"/{command}", chat=PLACE - 2))["text"]
    assert "positive" in (await world.ask("I love this so much"))["text"]  # the question is closed
    again = await world.ask(f"/{command} {words}")
    if command != "use":  # which is a command of private chats too
        assert again["text"].startswith("Written tea\n")
        assert said in again["text"]


async def test_learning_that_begins_from_private_is_announced_in_the_group(world: World) -> None:
    people = {scene.ADA: "creator", world.sandbox.world.bot_id: "administrator"}
    group = world.sandbox.add_chat(Chat(PLACE - 3, "supergroup", "Class", members=people)).id
    await world.ask("/new tone positive negative", chat=group)
    card = await world.ask(f"/start set_{group}")
    await press(world, card, f"chats:{group}:do:learn")
    await press(world, card, f"chats:{group}:learn:on")
    assert text(world, scene.ADA, card).startswith("Class\nI learn from your reactions here")
    notice = world.sandbox.messages(group)[-1]["text"]
    assert "texts are kept for 24 h" in notice
    await press(world, card, f"chats:{group}:learn:off")
    world.sandbox.set_role(group, world.sandbox.world.bot_id, "restricted")
    refused = await world.ask("/learn on")
    assert "learn only where I can announce it" in refused["text"]
    world.sandbox.set_role(group, world.sandbox.world.bot_id, "administrator")
    assert "I do not learn" in (await world.ask("/learn", chat=group))["text"]


async def test_the_mood_and_the_doctor_of_a_group_answer_in_private(world: World) -> None:
    people = {scene.ADA: "creator", world.sandbox.world.bot_id: "member"}
    group = world.sandbox.add_chat(Chat(PLACE - 4, "supergroup", "Ill tea", members=people)).id
    card = await world.ask(f"/start set_{group}")
    await press(world, card, f"chats:{group}:do:doctor")
    assert "privacy mode is on" in text(world, scene.ADA, card)
    assert "Nothing is counted here" in (await world.ask("/mood 7d"))["text"]
    await press(world, card, f"chats:{group}")
    await press(world, card, f"chats:{group}:do:leave")
    await press(world, card, f"chats:{group}:leave:yes")
    async with asyncio.timeout(30):
        while world.sandbox.world.chats[group].role(world.sandbox.world.bot_id) != "left":
            await asyncio.sleep(0.05)
    assert world.sandbox.messages(group) == []


async def test_a_group_is_listed_once_something_was_heard_in_it(world: World) -> None:
    people = {scene.XIAOMING: "creator", world.sandbox.world.bot_id: "administrator"}
    group = world.sandbox.add_chat(Chat(PLACE - 5, "supergroup", "Old tea", members=people)).id
    await world.sandbox.say(scene.XIAOMING, group, "nobody has set anything here")
    card = await until_listed(world, scene.XIAOMING, group)
    rows = card["reply_markup"]["inline_keyboard"]
    assert [button["text"] for row in rows for button in row] == ["Old tea"]


async def test_a_channel_is_listed_as_soon_as_the_bot_is_added_and_no_more_once_it_is_taken_out(
    world: World,
) -> None:
    bot = world.sandbox.world.bot_id
    channel = world.sandbox.add_chat(Chat(PLACE - 6, "channel", "News", members={scene.GRACE: "creator"})).id
    world.sandbox.set_role(channel, bot, "administrator", scene.GRACE)
    await until_listed(world, scene.GRACE, channel)
    world.sandbox.set_role(channel, bot, "kicked", scene.GRACE)
    await until_listed(world, scene.GRACE, channel, listed=False)


async def test_a_deep_link_opens_the_chat_and_a_wrong_one_none(world: World) -> None:
    people = {scene.ADA: "creator", world.sandbox.world.bot_id: "administrator"}
    world.sandbox.add_chat(Chat(PLACE - 1, "supergroup", "Near tea", members=people))
    assert (await world.ask(f"/start set_{PLACE - 1}"))["text"].startswith("Near tea")
    for wrong in ("set_-1", "set_x", "set_"):
        assert "You are no admin there" in (await world.ask(f"/start {wrong}"))["text"]
    assert "in private" in (await world.ask("/chats", chat=PLACE - 1))["text"]
    await world.ask("/lang zh", chat=PLACE - 1)
